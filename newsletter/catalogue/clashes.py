"""Two different things in one place at one time → a warning on the row that came later.

Only what can still be mended (from `as_of` on), with hours, in exactly the same place, by other people.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from newsletter.catalogue.drafts import Draft
from newsletter.catalogue.join import where
from newsletter.catalogue.texts import fold, show
from newsletter.model import Status

# Places that many can share.
SHARED = re.compile(
    r"\b(?:en ligne|visio|visioconference|zoom|teams|jitsi|internet|a distance|a definir|a preciser|a confirmer|"
    r"a venir|divers|differents|plusieurs|partout|toute la ville|centre ville|quartier|place|parc|square|jardin|"
    r"rue|stade)\b"
)


class Use(NamedTuple):
    """A place taken for a time; `number` is the draft's place in the order of the sources."""

    start: datetime
    end: datetime
    number: int


def warn(drafts: Sequence[Draft]) -> None:
    """Once per pair of rows."""
    warned: set[tuple[int, int]] = set()
    for one, other in _overlaps(_uses(drafts)):
        pair = min(one.number, other.number), max(one.number, other.number)
        first, later = drafts[pair[0]], drafts[pair[1]]
        if pair not in warned and _strangers(first, later):
            warned.add(pair)
            _say(first, later, max(one.start, other.start))


def _uses(drafts: Sequence[Draft]) -> Iterable[list[Use]]:
    places: dict[str, list[Use]] = {}
    for number, draft in enumerate(drafts):
        place = fold(draft.item.place or "")
        taken = draft.item.status in (Status.CONFIRMED, Status.FULL)
        if not place or not taken or SHARED.search(place):
            continue
        for occurrence in draft.item.occurrences:
            start, end = occurrence.start, occurrence.end
            if isinstance(start, datetime) and start >= draft.row.setting.as_of and not occurrence.approximate:
                until = end if isinstance(end, datetime) else start + timedelta(minutes=1)
                places.setdefault(place, []).append(Use(start, until, number))
    return places.values()


def _overlaps(uses: Iterable[list[Use]]) -> Iterator[tuple[Use, Use]]:
    """Each use with the one, among those begun before, that lasts longest."""
    for place in uses:
        longest: Use | None = None
        for use in sorted(place):
            if longest and use.start < longest.end:
                yield longest, use
            longest = use if longest is None or use.end > longest.end else longest


def _strangers(first: Draft, later: Draft) -> bool:
    """One association may do two things at once in its own room, and what may be told twice has been asked already."""
    hosts = [fold(draft.item.association or "") for draft in (first, later)]
    return first.name != later.name and later.asked is not first and (hosts[0] != hosts[1] or not hosts[0])


def _say(first: Draft, later: Draft, moment: datetime) -> None:
    taken = f"déjà pris le {show(moment.date())} à {show(moment.time())} par « {first.item.title} »"
    other = where(first.row.origin, later.row.origin)
    later.row.warn("place", f"ce lieu est {taken} ({other}) : changez l'heure ou le lieu de l'un des deux", "clash")
