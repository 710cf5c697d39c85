"""Two rows that tell the same thing → one item that keeps both origins. What they don't agree on is said.

Whether they do is merge's to say.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from newsletter.catalogue.drafts import Draft
from newsletter.catalogue.texts import fold
from newsletter.catalogue.when import day
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
LONGEST_SPAN = 400


class Doubt(NamedTuple):
    """What two rows don't agree on: the end of a sentence, and the fields it is about."""

    said: str
    fields: tuple[str, ...]


TIMES = Doubt("des horaires différents", ("start", "hours", "date"))
ENDS = Doubt("des heures de fin différentes", ("end", "hours", "start", "date"))
DAYS = Doubt("des jours différents", ("date",))
PLACES = Doubt("des lieux différents", ("place",))
DEADLINES = Doubt("des dates limites différentes", ("deadline",))
PRICES = Doubt("des tarifs différents", ("price",))
STATUSES = Doubt("des statuts différents", ("status",))


def where(origin: Origin, seen_from: Origin) -> str:
    """The other row, said as briefly as two rows of one sheet allow."""
    row = f"l'évènement n° {origin.row}" if origin.file.lower().endswith(".ics") else f"la ligne {origin.row}"
    if origin.file != seen_from.file:
        return f"{row} de {origin.file}" + (f", feuille « {origin.sheet} »" if origin.sheet else "")
    return row if origin.sheet == seen_from.sheet else f"{row} de la feuille « {origin.sheet} »"


def join(rival: Draft, draft: Draft, said: str) -> None:
    """Merges a later draft into an earlier one, and says so on the later row. `said`: why, and what else to do."""
    draft.row.warn("title", said, "merged")
    for doubt in _doubts(rival.item, draft.item):
        warn(rival, draft, doubt, "corrigez l'une des deux")
    fuller = draft if _fullness(draft.item) > _fullness(rival.item) else rival
    audiences, stated = _audiences(rival, draft), rival.stated or draft.stated
    joined = replace(_united(rival.item, draft.item), audiences=audiences)
    rival.first = rival.first or rival.item
    rival.item = replace(joined, occurrences=fuller.item.occurrences, written=fuller.item.written)
    rival.name = fold(rival.item.title) or rival.item.title
    known = set(map(fold, rival.details))
    rival.details += tuple(detail for detail in draft.details if fold(detail) not in known)
    rival.stated, rival.series = stated, fuller.series


def warn(rival: Draft, draft: Draft, doubt: Doubt, advice: str) -> None:
    """Says on the later row what the two don't agree on."""
    kind, row = draft.item.kind, draft.row
    name = next((name for name in doubt.fields if row.value(name) is not None), doubt.fields[-1])
    same = f"{ARTICLES.get(kind, 'le')} {NOUNS[kind]}"
    other = where(rival.row.origin, row.origin)
    row.warn(name, f"deux lignes disent {doubt.said} pour {same}, celle-ci et {other} : {advice}", "contradiction")


def _united(one: Item, other: Item) -> Item:
    """The fuller text wins, field by field."""
    return replace(
        one,
        title=_title(one.title, other.title),
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
    if differ(one.deadline, other.deadline):
        yield DEADLINES
    if one.price and other.price and fold(one.price) != fold(other.price):
        yield PRICES
    if Status.CONFIRMED not in (one.status, other.status) and one.status is not other.status:
        yield STATUSES


def differ(one: Deadline | None, other: Deadline | None) -> bool:
    """Whether two deadlines are known, and not the same."""
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


def _title(one: str, other: str) -> str:
    """The one that doesn't shout, else the longer."""
    if _shouts(one) != _shouts(other):
        return other if _shouts(one) else one
    return other if len(other) > len(one) and fold(other) != fold(one) else one


def _shouts(title: str) -> bool:
    letters = [letter for letter in title if letter.isalpha()]
    return len(letters) > 4 and sum(letter.isupper() for letter in letters) > len(letters) * 0.6
