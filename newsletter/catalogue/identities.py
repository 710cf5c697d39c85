"""Items → their ids: the same next month for the same rows, whatever the file, its order, and what is around.

Kind, title and association; for what has a day, its first one, so that next month's session is another item. The day of
a series told from now on ("tous les mardis") moves by itself and stays out of it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256

from newsletter.catalogue.drafts import Draft
from newsletter.catalogue.texts import fold
from newsletter.catalogue.when import DATED, day

LENGTH = 12


def identities(drafts: Sequence[Draft]) -> list[str]:
    """One id each, all different. Those alike get what sets them apart added."""
    ids = [_digest(_lasting(draft)) for draft in drafts]
    for tell_apart in (_days, _all):
        alike = Counter(ids)
        ids = [
            _digest([one, *tell_apart(draft)]) if alike[one] > 1 else one
            for one, draft in zip(ids, drafts, strict=True)
        ]
    return _numbered(ids)


def _lasting(draft: Draft) -> list[str]:
    item = draft.item
    first = str(day(item.occurrences[0].start)) if item.kind in DATED and not draft.series else ""
    return [item.kind, draft.name, fold(item.association or ""), first]


def _days(draft: Draft) -> list[str]:
    item = draft.item
    return [*(str(o.start) for o in item.occurrences[:1]), str(item.deadline and item.deadline.day), item.place or ""]


def _all(draft: Draft) -> list[str]:
    item = draft.item
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
