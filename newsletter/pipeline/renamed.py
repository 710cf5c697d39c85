"""Renamed: what is gone and what is new between two readings in; which of these are one thing, told otherwise, out.

A row whose title or day was changed has another id. It is found again by where it stands and what it still says; what
could as well be another item is not paired: then one is gone, and the other is new.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter.catalogue.near import MERGE, likeness
from newsletter.catalogue.texts import fold
from newsletter.model.studio import Facts

SOURCE = "source"  # where it was typed: rows move, and that is no change
TELLING = ("dates", "deadline", "description")
OWN = (*TELLING, "place", "price", "url", "contact", "image", "exchange")  # what a row says, beside its title and whose


@dataclass(frozen=True, slots=True)
class _Match:
    """Two that are one; `weight`: of several, which first."""

    old: str
    new: str
    weight: tuple[bool, float, int]


def renamed(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> dict[str, str]:
    """What is new, by its id → what it was called before."""
    lost = {id_: said for id_, said in before.items() if id_ not in after}
    found = {id_: said for id_, said in after.items() if id_ not in before}
    own = _told_once(before) & _told_once(after)
    pairs: dict[str, str] = {}
    for match in sorted(_matches(lost, found, own), key=lambda one: one.weight, reverse=True):
        if match.new not in pairs and match.old not in pairs.values():
            pairs[match.new] = match.old
    return {id_: pairs[id_] for id_ in found if id_ in pairs}


def _told_once(items: Mapping[str, Facts]) -> set[str]:
    """Descriptions that one item has: what several say tells none of them."""
    counts = Counter(said["description"] for said in items.values() if "description" in said)
    return {words for words, count in counts.items() if count == 1}


def _matches(lost: Mapping[str, Facts], found: Mapping[str, Facts], own: set[str]) -> Iterator[_Match]:
    where: dict[object, list[str]] = {}
    for old, then in lost.items():
        for mark in _marks(then):
            where.setdefault(mark, []).append(old)
    for new, now in found.items():
        for old in dict.fromkeys(old for mark in _marks(now) for old in where.get(mark, [])):
            if match := _match(lost[old], now, own):
                yield _Match(old, new, match)


def _marks(said: Facts) -> Iterator[object]:
    """Without one of these in common, two are not one."""
    yield said["kind"], "title", fold(said["title"])
    yield from ((said["kind"], name, said[name]) for name in (SOURCE, *OWN) if name in said)


def _match(then: Facts, now: Facts, own: set[str]) -> tuple[bool, float, int] | None:
    row = SOURCE in now and then.get(SOURCE) == now[SOURCE]
    alike = likeness(fold(then["title"]), fold(now["title"]))
    moved = not row and not _changed(then, now) and then.get("description") in own
    return (row, alike, len(_kept(then, now))) if moved or _one(then, now, alike, row=row) else None


def _one(then: Facts, now: Facts, alike: float, *, row: bool) -> bool:
    """Whether it is the same thing, by its title and what else it says."""
    kept, changed = _kept(then, now), _changed(then, now)
    whose = fold(then.get("association", "")) == fold(now.get("association", ""))
    telling = any(name in TELLING for name in kept)
    if fold(then["title"]) == fold(now["title"]):
        return whose or row or telling
    if row:
        retyped = bool(kept) and (not changed or (telling and len(kept) >= len(changed)))
        return retyped or (whose and alike >= MERGE)
    return whose and telling and alike >= MERGE


def _kept(then: Facts, now: Facts) -> Sequence[str]:
    return [name for name in OWN if name in now and then.get(name) == now[name]]


def _changed(then: Facts, now: Facts) -> Sequence[str]:
    return [name for name in (*OWN, "association") if then.get(name) != now.get(name)]
