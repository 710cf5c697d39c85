"""What a text says, before the calendar is asked: points, stretches, rules, hours.

Values only. A point is referred to by its place in `Phrase.points`, so that years missing here are found there.
"""

from typing import Literal, NamedTuple

Unit = Literal["day", "month", "season", "quarter", "half", "year", "school", "week", "weekend", "isoweek"]
Note = tuple[str, int, int]  # a code, and where in the folded text


class Point(NamedTuple):
    """A day, or the days an approximate word may mean. `number`: the day; which season, quarter, half or week."""

    unit: Unit
    number: int | None = None
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    part: str = ""
    loose: bool = False
    hour: int | None = None
    short: bool = False  # its year was written in two digits


class Stretch(NamedTuple):
    """« du … au … »: the places of two points, with the hours said beside each."""

    first: int
    last: int
    opens: int | None = None
    closes: int | None = None


class Rule(NamedTuple):
    """Days that come back. Weekdays every so many weeks; with ordinals, in each month; `days` of each month.

    `sure` is false for a weekday standing alone, which may be one day.
    """

    weekdays: tuple[int, ...] = ()
    every: int = 1
    ordinals: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    sure: bool = True


class Hours(NamedTuple):
    """Minutes since midnight; an end may be 24:00. No start: « jusqu'à 18h »."""

    start: int | None
    end: int | None = None


Element = int | Stretch | Rule


class Entry(NamedTuple):
    """Days, and the hours that go with each of them."""

    days: tuple[Element, ...] = ()
    hours: tuple[Hours, ...] = ()


class Skips(NamedTuple):
    """« sauf … »: days and stretches by their place in `points`, weekdays, public holidays."""

    points: tuple[Point, ...] = ()
    spans: tuple[int | Stretch, ...] = ()
    weekdays: tuple[int, ...] = ()
    holidays: bool = False

    def __bool__(self) -> bool:
        return self.holidays or bool(self.spans or self.weekdays or self.points)


class Phrase(NamedTuple):
    """A whole text. `since` and `until` are places of points; `unset`: it says that the date isn't known yet."""

    entries: tuple[Entry, ...] = ()
    points: tuple[Point, ...] = ()
    since: int | None = None
    until: int | None = None
    skips: Skips = Skips()
    notes: tuple[Note, ...] = ()
