"""Items → their ids: the same next month for the same rows, whatever the file, its order, and what is around.

Kind, title and association; for what has a day, its first one, so that next month's session is another item. The day of
a series told from now on ("tous les mardis") moves by itself and stays out of it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from newsletter.catalogue.drafts import Draft
from newsletter.catalogue.texts import fold
from newsletter.catalogue.when import DATED, day
from newsletter.model import Item

LENGTH = 12


def identities(drafts: Sequence[Draft]) -> list[str]:
    """One id each, all different. Those alike get what sets them apart added."""
    ids = [_lasting(draft.item, draft.series) for draft in drafts]
    for tell_apart in (_days, _all):
        alike = Counter(ids)
        ids = [
            _digest([one, *tell_apart(draft.item)]) if alike[one] > 1 else one
            for one, draft in zip(ids, drafts, strict=True)
        ]
    return _numbered(ids)


def names(draft: Draft) -> tuple[str, str]:
    """The ids by which staff may speak of it: alone, and among those alike."""
    one = _lasting(draft.item, draft.series)
    return one, _digest([one, *_days(draft.item)])


def told_apart(rival: Draft, draft: Draft) -> tuple[str, str] | None:
    """Two ids to speak of two rows, when they have some of their own."""
    pair = (rival if rival.first is None else replace(rival, item=rival.first)), draft
    for one, other in zip(*map(names, pair), strict=True):
        if one != other:
            return one, other
    return None


def _lasting(item: Item, series: bool) -> str:
    first = str(day(item.occurrences[0].start)) if item.kind in DATED and not series else ""
    return _digest([item.kind, fold(item.title) or item.title, fold(item.association or ""), first])


def _days(item: Item) -> list[str]:
    return [*(str(o.start) for o in item.occurrences[:1]), str(item.deadline and item.deadline.day), item.place or ""]


def _all(item: Item) -> list[str]:
    return [
        str(part) for part in (item.exchange, item.publish_from, item.publish_until, item.description, item.contact)
    ]


def _numbered(ids: Iterable[str]) -> list[str]:
    """Twins to the last word: told apart by their order, for want of better."""
    seen: Counter[str] = Counter()
    numbered = []
    for one in ids:
        seen[one] += 1
        numbered.append(one if seen[one] == 1 else _digest([one, str(seen[one])]))
    return numbered


def _digest(parts: Iterable[str]) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()[:LENGTH]
