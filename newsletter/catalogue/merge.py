"""The same thing told by two rows → one item that keeps both origins. What the two rows don't agree on is said.

Never across kinds, and nothing that is only near: the same title (but for case, accents, punctuation), the same day,
and a place and an association that don't exclude each other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import NamedTuple

from newsletter.catalogue.drafts import Draft
from newsletter.catalogue.texts import fold
from newsletter.catalogue.when import DATED, day
from newsletter.model import Deadline, Item, Kind, Occurrence, Origin, Status

NOUNS = {
    Kind.EVENT: "même évènement",
    Kind.CALL: "même appel",
    Kind.TRAINING: "même formation",
    Kind.MEETING: "même rencontre",
    Kind.EXCHANGE: "même annonce",
    Kind.NEWS: "même information",
}
ARTICLES = {Kind.TRAINING: "la", Kind.MEETING: "la", Kind.EXCHANGE: "la", Kind.NEWS: "la"}
MOST_RIVALS = 40  # of one title and day that a row is compared with, so that the cost stays in proportion to the rows
LONGEST_SPAN = 400


class Doubt(NamedTuple):
    """What two rows don't agree on: the end of a sentence, and the fields it is about."""

    said: str
    fields: tuple[str, ...]


class Verdict(Enum):
    """What two items of one title are to each other. A doubt: the same, it seems, but they contradict each other."""

    SAME = "same"
    OTHER = "other"
    TIMES = "times"
    PLACES = "places"
    DEADLINES = "deadlines"


TIMES = Doubt("des horaires différents", ("start", "hours", "date"))
ENDS = Doubt("des heures de fin différentes", ("end", "hours", "start", "date"))
DAYS = Doubt("des jours différents", ("date",))
PLACES = Doubt("des lieux différents", ("place",))
DEADLINES = Doubt("des dates limites différentes", ("deadline",))
PRICES = Doubt("des tarifs différents", ("price",))
STATUSES = Doubt("des statuts différents", ("status",))
DOUBTS = {Verdict.TIMES: TIMES, Verdict.PLACES: PLACES, Verdict.DEADLINES: DEADLINES}


def merge(drafts: Sequence[Draft]) -> list[Draft]:
    """One draft for each thing, in the order of the first rows that tell it; later rows are warned."""
    rivals: dict[object, list[Draft]] = {}
    kept: list[Draft] = []
    for draft in drafts:
        earlier = rivals.setdefault(_key(draft), [])
        if not _joined(earlier, draft):
            earlier.append(draft)
            kept.append(draft)
    return kept


def where(origin: Origin, seen_from: Origin) -> str:
    """The other row, said as briefly as two rows of one sheet allow."""
    row = f"l'évènement n° {origin.row}" if origin.file.lower().endswith(".ics") else f"la ligne {origin.row}"
    if origin.file != seen_from.file:
        return f"{row} de {origin.file}" + (f", feuille « {origin.sheet} »" if origin.sheet else "")
    return row if origin.sheet == seen_from.sheet else f"{row} de la feuille « {origin.sheet} »"


def compare(earlier: Item, later: Item) -> Verdict:
    """Whether two items of the same kind and title (and day, if they have one) are the same thing."""
    if not compatible(earlier.association, later.association):
        return Verdict.OTHER
    if earlier.kind in DATED:
        return _compare_dated(earlier, later)
    if earlier.kind is Kind.CALL:
        return Verdict.DEADLINES if _differ(earlier.deadline, later.deadline) else Verdict.SAME
    if earlier.exchange and later.exchange and earlier.exchange is not later.exchange:
        return Verdict.OTHER
    return Verdict.OTHER if _never_together(earlier, later) else Verdict.SAME


def compatible(one: str | None, other: str | None) -> bool:
    """« Malakfé » and « Malakfé, salle du fond » don't exclude each other, nor does an empty cell anything."""
    if one is None or other is None or one == other:
        return True
    one, other = f" {fold(one)} ", f" {fold(other)} "
    return one in other or other in one


def _key(draft: Draft) -> object:
    item = draft.item
    if item.kind in DATED:
        return item.kind, draft.name, day(item.occurrences[0].start)
    return item.kind, draft.name, None if item.kind is Kind.CALL else fold(item.association or "")


def _joined(earlier: Sequence[Draft], draft: Draft) -> bool:
    """Puts the draft into the earlier one that is the same, if any; else warns when one contradicts it."""
    doubts: list[tuple[Draft, Doubt]] = []
    for rival in earlier[:MOST_RIVALS]:
        verdict = compare(rival.item, draft.item)
        if verdict is Verdict.SAME:
            _join(rival, draft)
            return True
        if verdict in DOUBTS:
            doubts.append((rival, DOUBTS[verdict]))
    for rival, doubt in doubts[:1]:
        _warn(rival, draft, doubt, "corrigez l'une des deux, ou distinguez les titres")
    return False


def _compare_dated(earlier: Item, later: Item) -> Verdict:
    same_place = compatible(earlier.place, later.place)
    starts = [{o.start for o in item.occurrences if isinstance(o.start, datetime)} for item in (earlier, later)]
    if starts[0] and starts[1] and not starts[0] & starts[1]:
        return Verdict.TIMES if same_place else Verdict.OTHER
    return Verdict.SAME if same_place else Verdict.PLACES


def _never_together(earlier: Item, later: Item) -> bool:
    """Whether one is over when the other comes: last month's « Prochain bureau » is not this month's."""
    days = [{day(o.start) for o in item.occurrences} for item in (earlier, later)]
    if days[0] and days[1] and not days[0] & days[1]:
        return True
    ends = earlier.publish_until or date.max, later.publish_until or date.max
    return (earlier.publish_from or date.min) > ends[1] or (later.publish_from or date.min) > ends[0]


def _join(rival: Draft, draft: Draft) -> None:
    """Merges a later draft into an earlier one, and says so on the later row."""
    other = where(rival.row.origin, draft.row.origin)
    again = f"{NOUNS[draft.item.kind]} que {other} : les deux lignes sont fusionnées ; "
    draft.row.warn("title", again + "distinguez les titres si ce n'est pas la même chose", "merged")
    for doubt in _doubts(rival.item, draft.item):
        _warn(rival, draft, doubt, "corrigez l'une des deux")
    fuller = draft if _fullness(draft.item) > _fullness(rival.item) else rival
    audiences, stated = _audiences(rival, draft), rival.stated or draft.stated
    joined = replace(_united(rival.item, draft.item), audiences=audiences)
    rival.item = replace(joined, occurrences=fuller.item.occurrences, written=fuller.item.written)
    said = set(map(fold, rival.details))
    rival.details += tuple(detail for detail in draft.details if fold(detail) not in said)
    rival.stated, rival.series = stated, fuller.series


def _warn(rival: Draft, draft: Draft, doubt: Doubt, advice: str) -> None:
    kind, row = draft.item.kind, draft.row
    name = next((name for name in doubt.fields if row.value(name) is not None), doubt.fields[-1])
    same = f"{ARTICLES.get(kind, 'le')} {NOUNS[kind]}"
    other = where(rival.row.origin, row.origin)
    row.warn(name, f"deux lignes disent {doubt.said} pour {same}, celle-ci et {other} : {advice}", "contradiction")


def _united(one: Item, other: Item) -> Item:
    """The fuller text wins, field by field."""
    return replace(
        one,
        title=other.title if _shouts(one.title) and not _shouts(other.title) else one.title,
        association=_longer(one.association, other.association),
        place=_longer(one.place, other.place),
        url=one.url or other.url,
        contact=one.contact or other.contact,
        description=_longer(one.description, other.description),
        price=one.price or other.price,
        image=one.image or other.image,
        status=other.status if one.status is Status.CONFIRMED else one.status,
        exchange=one.exchange or other.exchange,
        publish_from=min(filter(None, (one.publish_from, other.publish_from)), default=None),
        publish_until=max(filter(None, (one.publish_until, other.publish_until)), default=None),
        themes=tuple(sorted({fold(theme): theme for theme in (*other.themes, *one.themes)}.values(), key=fold)),
        deadline=one.deadline or other.deadline,
        sources=(*one.sources, *other.sources),
    )


def _audiences(rival: Draft, draft: Draft) -> tuple[str, ...]:
    """Those stated by either; both defaults when neither says."""
    said = [one.item.audiences for one in (rival, draft) if one.stated or not (rival.stated or draft.stated)]
    return tuple(sorted({name for names in said for name in names}))


def _doubts(one: Item, other: Item) -> Iterator[Doubt]:
    if _lost(one, other):
        yield DAYS
    ends = [{o.start: o.end for o in item.occurrences if isinstance(o.end, datetime)} for item in (one, other)]
    if any(ends[1][start] != end for start, end in ends[0].items() if start in ends[1]):
        yield ENDS
    if _differ(one.deadline, other.deadline):
        yield DEADLINES
    if one.price and other.price and fold(one.price) != fold(other.price):
        yield PRICES
    if Status.CONFIRMED not in (one.status, other.status) and one.status is not other.status:
        yield STATUSES


def _differ(one: Deadline | None, other: Deadline | None) -> bool:
    return one is not None and other is not None and one.day != other.day


def _lost(one: Item, other: Item) -> bool:
    """Whether each of the two knows a day that the other doesn't."""
    if any(o.approximate for o in (*one.occurrences, *other.occurrences)):
        return False
    days = [{a_day for o in item.occurrences for a_day in _days(o)} for item in (one, other)]
    return bool(days[0] - days[1] and days[1] - days[0])


def _fullness(item: Item) -> tuple[bool, int, int, int]:
    """Sure before about, then more days, more times, more ends."""
    starts = [o for o in item.occurrences if isinstance(o.start, datetime)]
    days = {a_day for o in item.occurrences for a_day in _days(o)}
    sure = bool(item.occurrences) and not any(o.approximate for o in item.occurrences)
    return sure, len(days), len(starts), sum(o.end is not None for o in item.occurrences)


def _days(occurrence: Occurrence) -> Iterator[date]:
    """The days it covers; a night that ends early next morning is one day."""
    first, last = day(occurrence.start), day(occurrence.end or occurrence.start)
    if isinstance(occurrence.end, datetime) and occurrence.end.hour <= 6 and last > first:
        last -= timedelta(1)
    for number in range(min((last - first).days, LONGEST_SPAN) + 1):
        yield first + timedelta(number)


def _longer(one: str | None, other: str | None) -> str | None:
    return other if len(other or "") > len(one or "") else one


def _shouts(title: str) -> bool:
    letters = [letter for letter in title if letter.isalpha()]
    return len(letters) > 4 and sum(letter.isupper() for letter in letters) > len(letters) * 0.6
