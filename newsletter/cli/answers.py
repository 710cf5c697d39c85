"""What commands answer as JSON: the shapes that tools outside rely on. Values in, plain dicts out."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.model import (
    Catalogue,
    EditionState,
    Finding,
    Image,
    Item,
    Letter,
    Occurrence,
    Origin,
    Problem,
    SourceCount,
)
from newsletter.pipeline import Composition, Kept
from newsletter.store import Change, Copy, Edition, Signup, Store, Subscription, Suppression
from newsletter.timetable import Step

Json = dict[str, Any]


def check(catalogue: Catalogue, site_url: str) -> Json:
    """Every item, every problem, and where each row went."""
    return {
        "items": [_item(item, site_url) for item in catalogue.items],
        "problems": [_problem(problem) for problem in catalogue.problems],
        "sources": [_source(count) for count in catalogue.sources],
    }


def _item(item: Item, site_url: str) -> Json:
    return {
        "id": item.id,
        "kind": item.kind,
        "title": item.title,
        "association": item.association,
        "place": item.place,
        "url": item.url,
        "contact": item.contact,
        "description": item.description,
        "price": item.price,
        "image": None if item.image is None else _image(item.image, site_url),
        "status": item.status,
        "exchange": item.exchange,
        "publish_from": _moment(item.publish_from),
        "publish_until": _moment(item.publish_until),
        "themes": list(item.themes),
        "audiences": list(item.audiences),
        "approximate": item.approximate,
        "occurrences": [_occurrence(occurrence) for occurrence in item.occurrences],
        "deadline": None if item.deadline is None else _moment(item.deadline.day),
        "sources": [_origin(origin) for origin in item.sources],
    }


def _image(image: Image, site_url: str) -> Json:
    return {"url": image.url(site_url), "alt": image.alt}


def _occurrence(occurrence: Occurrence) -> Json:
    return {"start": _moment(occurrence.start), "end": _moment(occurrence.end)}


def _moment(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _origin(origin: Origin) -> Json:
    return {"file": origin.file, "sheet": origin.sheet, "row": origin.row}


def _problem(problem: Problem) -> Json:
    return {
        "severity": problem.severity,
        **_origin(problem.origin),
        "column": problem.column,
        "value": problem.found,
        "code": problem.code,
        "message": problem.wanted,
    }


def _source(count: SourceCount) -> Json:
    return {
        "file": count.file,
        "sheet": count.sheet,
        "rows": count.rows,
        "items": count.items,
        "merged": count.merged,
        "refused": count.refused,
        "skipped": [{"row": skip.row, "reason": skip.reason} for skip in count.skipped],
    }


def compose(composition: Composition, names: Iterable[str]) -> Json:
    """Each letter: its digest, its weight, what it holds, what was left out, what checks say."""
    edition = composition.edition
    return {
        "edition": edition.month,
        "digest": edition.digest,
        "letters": [_letter(composition.letters[name], composition.findings[name]) for name in names],
    }


def _letter(letter: Letter, findings: Sequence[Finding]) -> Json:
    return {
        "audience": letter.audience,
        "subject": letter.subject,
        "digest": letter.digest,
        "html_bytes": len(letter.html.encode()),
        "items": len(letter.items),
        "left_out": [{"item": left.item.title, "reason": left.reason} for left in letter.left_out],
        "findings": [{"severity": f.severity, "code": f.code, "message": f.message} for f in findings],
    }


def status(store: Store, month: str | None) -> Json:
    """Where each edition and mailing stands: counts per state; one nobody is in is 0."""
    editions = [edition for edition in store.editions.all() if month in (None, edition.month)]
    given_up = {edition.month for edition in editions if edition.state is EditionState.CANCELLED}
    held = [note for note in store.steps.held() if month in (None, note.edition) and note.edition not in given_up]
    return {
        "editions": [_edition(store, edition) for edition in editions],
        "held": [{"edition": note.edition, "step": note.step, "reason": note.detail} for note in held],
    }


def _edition(store: Store, edition: Edition) -> Json:
    return {
        "edition": edition.month,
        "state": edition.state,
        "digest": edition.digest,
        "send_at": edition.send_at.isoformat(),
        "approved_by": [approval.by for approval in edition.approvals],
        "mailings": [
            {
                "audience": mailing.audience,
                "state": mailing.state,
                "reason": mailing.reason,
                **{str(state): count for state, count in store.ledger.counts(mailing.id).items()},
            }
            for mailing in store.ledger.mailings(edition.month)
        ],
    }


def schedule(steps: Iterable[Step], zone: ZoneInfo) -> Json:
    """What will happen, in order."""
    return {
        "steps": [
            {"edition": step.edition, "step": step.name, "at": step.at.astimezone(zone).isoformat()} for step in steps
        ]
    }


def uncertain(store: Store, month: str) -> Json:
    """Whose copies nobody knows about."""
    return {
        "uncertain": [
            {"address": copy.address, "audience": copy.audience, "since": copy.since.isoformat()}
            for copy in store.ledger.uncertain(month)
        ]
    }


def subscriber(store: Store, address: str) -> Json:
    """All that is known of an address."""
    known = store.subscribers.known(address)
    shown = store.subscribers.show(address)
    return {
        "address": address if shown is None or shown.address is None else shown.address,
        "status": "unknown" if shown is None and known is None else shown.status if shown else "asked",
        "first_name": None if shown is None else shown.first_name,
        "since": None if known is None else _moment(known.since),
        "audiences": [] if shown is None else list(shown.audiences),
        "themes": [] if shown is None else list(shown.themes),
        "consents": [] if known is None else [_change(change) for change in known.consents],
        "subscriptions": [] if known is None else [_subscription(one) for one in known.subscriptions],
        "suppressions": [] if known is None else [_suppression(left) for left in known.suppressions],
        "signups": [] if known is None else [_signup(asked) for asked in known.signups],
        "copies": [] if known is None else [_copy(copy) for copy in known.copies],
    }


def _subscription(one: Subscription) -> Json:
    return {"audience": one.audience, "since": one.since.isoformat(), "ended_at": _moment(one.ended_at)}


def _suppression(left: Suppression) -> Json:
    return {"audience": left.audience, "at": left.at.isoformat(), "reason": left.reason, "said": left.said}


def _signup(asked: Signup) -> Json:
    wish = asked.wish
    return {
        "at": asked.asked_at.isoformat(),
        "state": asked.state,
        "confirmed_at": _moment(asked.confirmed_at),
        "first_name": wish.first_name,
        "audiences": list(wish.audiences),
        "themes": list(wish.themes),
        "wording": wish.wording,
        "origin": wish.origin,
    }


def _copy(copy: Copy) -> Json:
    return {"edition": copy.month, "audience": copy.audience, "state": copy.state, "at": copy.at.isoformat()}


def kept(done: Kept) -> Json:
    """What retention did, or would."""
    gone = done.gone
    return {
        "dry_run": not done.done,
        "signups": gone.signups,
        "notices": gone.notices,
        "words": gone.words,
        "asked": done.asked,
        "silent": done.silent,
    }


def _change(change: Change) -> Json:
    return {
        "audience": change.audience,
        "act": change.act,
        "at": change.at.isoformat(),
        "origin": change.origin,
        "wording": change.wording,
    }
