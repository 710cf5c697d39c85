"""Facts: an item in, what it says in French words out, by field; and what changed between two readings of sources."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from newsletter.model import Item, Occurrence
from newsletter.model.studio import Change, Facts
from newsletter.pipeline.renamed import SOURCE, renamed

LABELS = {
    "title": "Titre", "kind": "Rubrique", "association": "Association", "dates": "Dates", "deadline": "Date limite",
    "place": "Lieu", "price": "Tarif", "description": "Description", "contact": "Contact", "url": "Lien",
    "image": "Image", "status": "État", "exchange": "Entraide", "audiences": "Lettres", "themes": "Thèmes",
    "publish_from": "À publier du", "publish_until": "À publier jusqu’au",
}  # fmt: skip
STATUSES = {"cancelled": "annulé", "postponed": "reporté", "full": "complet"}
GONE = "n’est plus dans les sources"


def facts(item: Item) -> Facts:
    """What it says; an unknown field is not in it."""
    said = {
        "title": item.title,
        "kind": item.kind.value,
        "association": item.association,
        "dates": " ; ".join(map(_occurrence, item.occurrences)),
        "deadline": item.deadline and f"{_moment(item.deadline.day)} (« {item.deadline.written} »)",
        "place": item.place,
        "price": item.price,
        "description": item.description,
        "contact": item.contact,
        "url": item.url,
        "image": item.image and f"{item.image.name} (« {item.image.alt} »)",
        "status": STATUSES.get(item.status.value),
        "exchange": item.exchange and item.exchange.value,
        "audiences": ", ".join(item.audiences),
        "themes": ", ".join(item.themes),
        "publish_from": item.publish_from and _moment(item.publish_from),
        "publish_until": item.publish_until and _moment(item.publish_until),
        SOURCE: str(item.sources[0]) if item.sources else "",
    }
    return {name: value for name, value in said.items() if value}


def differences(before: Mapping[str, Facts], after: Mapping[str, Facts], why: Mapping[str, str]) -> list[Change]:
    """What is new, changed or gone. `why`: of one that is still there and not printed any more.

    A row whose title or day was changed has another id, and is one change.
    """
    moved = renamed(before, after)
    return [*_changes(before, after, moved), *_gone(before, after, {*moved.values()}, why)]


def _changes(before: Mapping[str, Facts], after: Mapping[str, Facts], moved: Mapping[str, str]) -> Iterator[Change]:
    for id_, said in after.items():
        change = Change(id_, _without(before.get(moved.get(id_, id_), {})), _without(said))
        if change.fields:
            yield change


def _gone(
    before: Mapping[str, Facts], after: Mapping[str, Facts], found: set[str], why: Mapping[str, str]
) -> Iterator[Change]:
    for id_, said in before.items():
        if id_ not in after and id_ not in found:
            yield Change(id_, _without(said), {}, why.get(id_, GONE))


def _without(said: Facts) -> Facts:
    return {name: value for name, value in said.items() if name != SOURCE}


def _occurrence(occurrence: Occurrence) -> str:
    about = "vers " if occurrence.approximate else ""
    end = "" if occurrence.end is None else f" – {_moment(occurrence.end)}"
    return f"{about}{_moment(occurrence.start)}{end}"


def _moment(moment: date | datetime) -> str:
    return f"{moment:%d/%m/%Y %H:%M}" if isinstance(moment, datetime) else f"{moment:%d/%m/%Y}"
