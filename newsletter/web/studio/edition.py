"""The edition: both letters in frames, and beside them all that staff may change of them without touching the sheets.

Each form names the arrangement it was made from. Of two people who edit at once the second is told, and what they typed
stays on the page, to be saved again. What is saved is composed at once: the frames show it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from newsletter import composer, pipeline
from newsletter.composer import arranging
from newsletter.errors import FormRefused, Overtaken
from newsletter.model import EditionState, Kind, Letter
from newsletter.model.studio import Act, Arranged, Arrangement, Facts
from newsletter.pipeline import studio
from newsletter.pipeline.composing import issue_of
from newsletter.store import Edition
from newsletter.web.studio import home, letters, marks, overtaken, readers
from newsletter.web.studio.letters import View, cut
from newsletter.web.studio.looking import checks
from newsletter.web.studio.renewing import standing
from newsletter.web.studio.room import Inside, Room, go, month_of, to

DONE = {
    "compose": "Les lettres sont composées.",
    "garde": "C’est enregistré, et les lettres sont recomposées.",
    "essai": "L’essai est parti : regardez votre boîte.",
}
FIRM = (EditionState.APPROVED, EditionState.SCHEDULED)
GONE = (EditionState.SENDING, EditionState.SENT)


@dataclass(frozen=True, slots=True)
class Shown:
    """One letter, as the page shows it."""

    audience: str
    subject: str
    preheader: str
    on_phone: tuple[str, str]
    frame: str
    items: int
    size: int


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a section, and what staff made of it."""

    id: str
    facts: Facts
    letters: Sequence[str]
    pinned: bool
    hidden: str | None
    shortened: str | None


def show(request: Request, room: Inside, month: str) -> HTMLResponse:
    """The month's letters, and what may be changed."""
    return page(room, month, View.asked(request.query_params), done=DONE.get(request.query_params.get("fait", "")))


def page(room: Room, month: str, view: View, status: int = 200, **words: Any) -> HTMLResponse:
    """The page, also when something on it has to be told."""
    desk, day = room.desk, month_of(month)
    edition = desk.store.editions.get(month)
    arranged = desk.store.arrangements.get(month)
    frame: dict[str, Any] = {
        "tab": "edition", "month": month, "edition": edition, "arranged": arranged, "view": view, "typed": None,
        "overtaken": None, "line": home.line(desk, day, edition), "firm": edition and edition.state in FIRM,
        "gone": edition and edition.state in GONE,
        "switches": letters.switches(view, lambda one: to(month, after="lettres", **one.query), marks=True),
        "reader": readers.seen(room, month, view.subscriber) if view.subscriber else None, "too_old": readers.OLD,
        "usual": to(month, after="lettres", **view.but(subscriber="").query),
    }  # fmt: skip
    if edition is None:
        return room.page("edition.html", {**frame, "letters": [], **words}, status)
    kept = desk.store.editions.letters(month)
    basis = desk.store.editions.basis(month)
    changes, stands = marks.changed(desk.store, edition), standing(desk.office, month)
    stuck = desk.office.stuck.get(month)  # it may be mended since
    frame |= {
        "letters": [_shown(edition, kept[name], view) for name in _seen(room, kept, frame["reader"])],
        "changes": changes, "labels": studio.LABELS, "stands": stands, "agreed": edition.approvals or frame["firm"],
        "stuck": stuck.words if stuck and stands.stuck else "", "live": json.dumps(asdict(stands)),
        "sections": sections(basis.items, kept, arranged.arrangement),
        "left_out": _left_out(room, month),
        "checks": checks(desk, edition, basis),
        "errors": sum(one.severity == "error" for one in room.desk.office.shelf.catalogue(day, desk.at).problems),
        "phone": (letters.SUBJECT_PHONE, letters.PHONE),
    }  # fmt: skip
    return room.page("edition.html", {**frame, **words}, status)


def _seen(room: Room, kept: Mapping[str, Letter], reader: studio.Received | None) -> list[str]:
    """Every letter, or those that one subscriber gets."""
    ordered = [name for name in room.desk.config.audiences if name in kept]
    return ordered if reader is None else [name for name in ordered if name in reader.letters]


def _shown(edition: Edition, letter: Letter, view: View) -> Shown:
    phone = cut(letter.subject, letters.SUBJECT_PHONE), cut(letter.preheader, letters.PHONE)
    # Another version has another address: an open page loads it, as soon as it hears of it.
    frame = {**view.query, **({"marque": "oui"} if view.marks else {}), "v": str(edition.version)}
    return Shown(
        letter.audience, letter.subject, letter.preheader, phone,
        to(edition.month, "lettre", letter.audience, **frame), len(letter.items), len(letter.html.encode()),
    )  # fmt: skip


def sections(
    items: Mapping[str, Facts], kept: Mapping[str, Letter], arrangement: Arrangement
) -> list[tuple[str, list[Row]]]:
    """Every item of the letters by section, in the order they are printed; what is hidden comes last in its own."""
    where = _where(kept)
    found: dict[str, list[Row]] = {}
    for kind in Kind:
        usual = [id_ for id_ in where if id_ in items and items[id_]["kind"] == kind]
        hidden = [id_ for id_ in arrangement.hidden if id_ in items and items[id_]["kind"] == kind]
        order = arranging.placed(kind, usual, arrangement)
        ids = dict.fromkeys([*(id_ for id_ in order if id_ not in arrangement.hidden), *hidden])
        if ids:
            found[kind] = [_row(id_, items[id_], where.get(id_, []), arrangement) for id_ in ids]
    return list(found.items())


def _where(kept: Mapping[str, Letter]) -> dict[str, list[str]]:
    """Every item printed, in the order of the letters together, each after what it follows; and in which it is."""
    order: list[str] = []
    for letter in sorted(kept.values(), key=lambda one: -len(one.items)):
        for before, id_ in zip([None, *letter.items], letter.items, strict=False):
            if id_ not in order:
                order.insert(0 if before is None else order.index(before) + 1, id_)
    return {id_: [name for name, letter in kept.items() if id_ in letter.items] for id_ in order}


def _row(id_: str, said: Facts, where: Sequence[str], arrangement: Arrangement) -> Row:
    return Row(id_, said, where, id_ in arrangement.pinned, arrangement.hidden.get(id_), arrangement.shortened.get(id_))


def _left_out(room: Room, month: str) -> list[tuple[str, str, str, str]]:
    """What no letter prints, and why: its title, the reason, the letter, where it was typed."""
    desk, day = room.desk, month_of(month)
    catalogue, plan = desk.office.shelf.catalogue(day, desk.at), pipeline.Plan(day, desk.at)
    arrangement = desk.store.arrangements.get(month).arrangement
    found, printed = [], set()
    for audience in desk.config.audiences:
        selected = composer.select(
            catalogue.items, audience, issue_of(desk.config, desk.store, plan, audience, arrangement)
        )
        printed |= {one.item.id for _, shown in selected.sections for one in shown}
        found += [(left.item, left.reason, audience) for left in selected.left_out]
    return [
        (item.title, reason, audience, str(item.sources[0]) if item.sources else "")
        for item, reason, audience in found
        if item.id not in printed and item.id not in arrangement.hidden and audience in (item.audiences or [audience])
    ]


def compose(room: Inside, month: str) -> Response:
    """Reads every source again, and composes the month."""
    room.desk.office.shelf.forget()
    _compose(room, month, afresh=True)
    return go(to(month, fait="compose"))


def _compose(room: Room, month: str, *, afresh: bool = False) -> None:
    desk, day = room.desk, month_of(month)
    studio.allow(room.who, Act.COMPOSE)
    edition = desk.store.editions.get(month)
    if edition and edition.state in FIRM:
        studio.reopen(desk.config, desk.store, day, room.who, desk.at)
    desk.office.shelf.compose(pipeline.Plan(day, desk.at, offline=not afresh, by=room.who.name))


def texts(room: Inside, month: str) -> Response:
    """The subjects, the preheaders, the editorial."""
    desk = room.desk
    month_of(month)  # what is kept of another would stay
    wanted = replace(
        desk.store.arrangements.get(month).arrangement,
        editorial=room.said("editorial").replace("\r\n", "\n"),
        with_editorial=room.said("avec") == "oui",
        subjects={name: room.said(f"objet-{name}") for name in desk.config.audiences},
        preheaders={name: room.said(f"apercu-{name}") for name in desk.config.audiences},
    )
    try:
        _arrange(room, month, wanted)
    except Overtaken as told:
        return page(room, month, View(), 409, typed=wanted, overtaken=told, since=overtaken.since(room, month))
    except FormRefused as told:
        return page(room, month, View(), 422, typed=wanted, faults=told.faults, seen=room.said("vu"))
    return go(to(month, after="textes", fait="garde"))


def item(room: Inside, month: str) -> Response:
    """One item: higher, lower, pinned, hidden, shortened, or as usual again."""
    month_of(month)
    now, id_ = room.desk.store.arrangements.get(month), room.said("annonce")
    wanted = _changed(room, month, now, id_)
    try:
        _arrange(room, month, wanted)
    except Overtaken as told:
        return overtaken.page(room, month, told, already=wanted == now.arrangement)
    return go(to(month, after=f"annonce-{id_}", fait="garde"))


def _arrange(room: Room, month: str, arrangement: Arrangement) -> None:
    desk, seen = room.desk, room.said("vu")
    wanted = studio.Wanted(month, arrangement, int(seen) if seen.isdecimal() and len(seen) < 9 else -1)
    studio.arrange(desk.config, desk.store, wanted, room.who, desk.at)
    _compose(room, month)


def _changed(room: Room, month: str, arranged: Arranged, id_: str) -> Arrangement:
    now, act = arranged.arrangement, room.said("faire")
    if id_ not in room.desk.store.editions.basis(month).items:
        raise FormRefused(["cette annonce n’est plus dans l’édition : rechargez la page"])
    if act in ("monter", "descendre"):
        return _moved(room, month, now, id_, -1 if act == "monter" else 1)
    if act == "placer":
        return _placed(room, month, now, id_, room.said("avant"))
    without = {"pinned": tuple(one for one in now.pinned if one != id_)}
    changes: dict[str, dict[str, Any]] = {
        "epingler": {"pinned": (*without["pinned"], id_)},
        "depingler": without,
        "masquer": {"hidden": {**now.hidden, id_: room.said("raison")}},
        "montrer": {"hidden": {one: why for one, why in now.hidden.items() if one != id_}},
        "raccourcir": {"shortened": {**now.shortened, id_: room.said("mots")}},
        "retablir": {"shortened": {one: words for one, words in now.shortened.items() if one != id_}},
    }
    if act not in changes:
        raise FormRefused(["ce bouton n’existe pas : rechargez la page"])
    return replace(now, **changes[act])


def _moved(room: Room, month: str, now: Arrangement, id_: str, way: int) -> Arrangement:
    """It changes places with the one before or after it in its section, of those that are pinned or of those not."""
    kind, ids = _section(room, month, now, id_)
    if kind is None or not 0 <= ids.index(id_) + way < len(ids):
        return now
    place = ids.index(id_)
    ids[place], ids[place + way] = ids[place + way], ids[place]
    return _in_order(now, kind, ids)


def _placed(room: Room, month: str, now: Arrangement, id_: str, before: str) -> Arrangement:
    """It comes right before another of its section, or last; what is pinned stays before what isn't."""
    kind, ids = _section(room, month, now, id_)
    if kind is None or before == id_ or (before and before not in ids):
        raise FormRefused(["cette annonce n’est plus dans la rubrique : rechargez la page"])
    others = [one for one in ids if one != id_]
    others.insert(others.index(before) if before else len(others), id_)
    return _in_order(now, kind, others)


def _section(room: Room, month: str, now: Arrangement, id_: str) -> tuple[Kind | None, list[str]]:
    """The ids of the section it is shown in, in their order."""
    store = room.desk.store
    for kind, rows in sections(store.editions.basis(month).items, store.editions.letters(month), now):
        ids = [row.id for row in rows if row.hidden is None]
        if id_ in ids:
            return Kind(kind), ids
    return None, []


def _in_order(now: Arrangement, kind: Kind, ids: Sequence[str]) -> Arrangement:
    pinned = tuple(one for one in ids if one in now.pinned) + tuple(one for one in now.pinned if one not in ids)
    return replace(now, order={**now.order, kind: tuple(ids)}, pinned=pinned)
