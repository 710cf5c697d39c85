"""Points to calendar days: months and years that aren't written, days that don't exist.

The points of a phrase and what is known of the row enter; a span of days for each leaves, with faults. No clock:
today is an argument.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from newsletter.dates import faults, seasons
from newsletter.dates.faults import Fault
from newsletter.dates.parts import Point

Span = tuple[date, date]
FIRST_YEAR, LAST_YEAR = 1970, 2099  # an agenda speaks of no other; no arithmetic overflows there
DAY = timedelta(1)
AROUND = timedelta(3)  # « vers le 15 »
LATELY = timedelta(92)  # how far back a weekday may tell the year
MONTH_BEFORE = {"day": 31, "month": 31, "week": 31, "weekend": 31}  # « du 30 décembre au 2 janvier » under January
HALF_YEAR = timedelta(183)


class Setting(NamedTuple):
    """What is known beside the text: the day it is read, the month heading above it, the row's own date."""

    today: date
    near: date | None = None
    before: date | None = None
    deadline: bool = False


class Refused(Exception):
    """A point that is no day: the fault says why. It never leaves the room."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def settle(points: Sequence[Point], openers: frozenset[int], setting: Setting) -> tuple[list[Span], list[Fault]]:
    """A span per point, in order. Raises Refused for a day that doesn't exist."""
    if len(points) == 1 and points[0].year is not None and points[0].month is not None:
        return _whole(points[0], setting)
    dated, same_year = _months(points, setting)
    for point in dated:
        _check(point)
    spans = _years(dated, same_year, openers, setting)
    found = [fault for point, span in zip(dated, spans, strict=True) for fault in _doubts(point, span, setting)]
    if setting.near is None and setting.before is None and all(point.year is None for point in points):
        past = bool(spans) and all(last < setting.today for _, last in spans)
        if past and any(point.weekday is not None for point in points):
            found.append(faults.past_by_weekday(max(spans)[0]))
    return spans, found


def _whole(point: Point, setting: Setting) -> tuple[list[Span], list[Fault]]:
    """The most frequent case: one point that lacks neither month nor year."""
    _check(point)
    span = _in_year(point, point.year or 0)
    return [span], _doubts(point, span, setting)


def _months(points: Sequence[Point], setting: Setting) -> tuple[list[Point], dict[int, int]]:
    """Fills the months that only another day has: « 3 et 4 mars », « vendredi 3 décembre, samedi 4 »."""
    dated, same_year = list(points), dict[int, int]()
    for n in reversed(range(len(dated))):
        point = dated[n]
        if point.month is None and point.unit in ("day", "week", "weekend"):
            source = _lender(dated, n)
            if source is not None:
                dated[n] = point._replace(month=dated[source].month, year=dated[source].year)
                same_year[n] = source
            elif setting.near is not None:
                dated[n] = point._replace(month=setting.near.month, year=setting.near.year)
            else:
                raise Refused(faults.month_missing(point.number or 0, point.weekday, setting.today))
    return dated, same_year


def _lender(points: list[Point], n: int) -> int | None:
    """Whose month a bare number takes: the next one's; the one before, when a weekday says a new day goes on there."""
    following = next((i for i in range(n + 1, len(points)) if points[i].month), None)
    preceding = next((i for i in reversed(range(n)) if points[i].month), None)
    if following is None or preceding is None:
        return preceding if following is None else following
    goes_on = (points[n].number or 0) > (points[preceding].number or 99)
    return preceding if goes_on and points[n].weekday is not None else following


def _check(point: Point) -> None:
    """Refuses what no year has."""
    if point.year is not None and not FIRST_YEAR <= point.year <= LAST_YEAR:
        raise Refused(faults.implausible(point.year))
    if point.month is None:
        return
    number = point.number if point.unit != "month" and point.number is not None else 1
    if not 1 <= point.month <= 12 or not 1 <= number <= monthrange(2024, point.month)[1]:
        raise Refused(faults.impossible(number, point.month, point.year))


def _years(points: list[Point], same_year: dict[int, int], openers: frozenset[int], setting: Setting) -> list[Span]:
    """Goes back from the last year known, then on from it; days that took another's month take its year."""
    spans: dict[int, Span] = {}
    own = [n for n in range(len(points)) if n not in same_year]
    if own and all(points[n].year is None for n in own):
        spans[own[-1]] = _without_year(points[own[-1]], _latest(points, same_year, own[-1]), setting)
    following: int | None = None
    for n in reversed(own):
        if (year := points[n].year) is not None:
            spans[n] = _in_year(points[n], year)
        elif following is not None:
            spans[n] = _back(points[n], spans[following], n in openers, points[following].year, setting)
        elif n not in spans:
            continue
        following = n
    for before, n in pairwise(own):
        if n not in spans:
            spans[n] = _from(points[n], spans[before][0])
    for n in sorted(same_year, reverse=True):
        spans[n] = _in_year(points[n], spans[same_year[n]][0].year)
    return [spans[n] for n in range(len(points))]


def _latest(points: list[Point], same_year: dict[int, int], n: int) -> Point:
    """The latest day of its list: « les 3, 10 et 17 décembre » isn't over on the 5th."""
    numbers = [points[m].number or 0 for m, source in same_year.items() if source == n and points[m].unit == "day"]
    return points[n]._replace(number=max([*numbers, points[n].number or 0])) if points[n].unit == "day" else points[n]


def _without_year(point: Point, latest: Point, setting: Setting) -> Span:
    """The month heading's year; a deadline's: the nearest before the row's own date; else what comes next."""
    start = setting.today if setting.near is None else setting.near - MONTH_BEFORE.get(point.unit, 0) * DAY
    if point.part == "depuis":
        return _until(point, setting.today)
    if setting.before is not None and setting.near is None:
        return _until(point, setting.before)
    span = _in_year(point, _from(latest, start)[0].year) if latest is not point else _from(point, start)
    if setting.before is not None and span[0] > setting.before + HALF_YEAR:
        return _until(point, setting.before)
    if point.unit == "day" and point.weekday not in (None, span[0].weekday()):
        earlier = _span(point, span[0].year - 1)
        if earlier and earlier[0].weekday() == point.weekday and earlier[0] >= start - LATELY:
            return earlier
    return span


def _back(point: Point, following: Span, opens: bool, year: int | None, setting: Setting) -> Span:
    """The last one before what follows; far back, rather the same year's (or the next to come)."""
    span = _until(point, following[1])
    if opens or following[0] - span[1] <= HALF_YEAR:
        return span
    return _from(point, setting.today) if year is None else _in_year(point, following[0].year)


def _from(point: Point, start: date) -> Span:
    """The first one that isn't over at `start`."""
    years = range(max(start.year - 1, FIRST_YEAR), min(start.year + 1, LAST_YEAR) + 1)
    found = [span for year in years if (span := _span(point, year))]
    span = next((span for span in found if span[1] >= start), None)
    return span or _in_year(point, min(start.year + 1, LAST_YEAR))


def _until(point: Point, limit: date) -> Span:
    """The last one that has begun at `limit`."""
    years = range(min(limit.year, LAST_YEAR), max(limit.year - 2, FIRST_YEAR) - 1, -1)
    found = (span for year in years if (span := _span(point, year)))
    return next((span for span in found if span[0] <= limit), None) or _in_year(point, limit.year)


def _in_year(point: Point, year: int) -> Span:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused(faults.implausible(year))
    span = _span(point, year)
    if span is None:
        raise Refused(faults.impossible(point.number or 1, point.month or 2, year))
    return span


def _span(point: Point, year: int) -> Span | None:
    """The days a point means in a year; None when that year hasn't got it."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    if point.unit == "month":
        return _part_of_month(point.part, date(year, point.month or 1, 1))
    if point.unit in ("day", "week", "weekend"):
        return _around(point, year)
    if point.unit == "isoweek":
        monday = date.fromisocalendar(year, min(point.number or 1, 52), 1)
        return monday, monday + 6 * DAY
    if point.unit == "season":
        first, last = seasons.season(point.number or 0, year)
    elif point.unit == "school":
        first, last = date(year, 9, 1), date(year + 1, 7, 7)
    elif point.unit in ("quarter", "half"):
        months = 3 if point.unit == "quarter" else 6
        month = months * (point.number or 1)
        first, last = date(year, month - months + 1, 1), date(year, month, monthrange(year, month)[1])
    return _third(point.part, first, last)


def _around(point: Point, year: int) -> Span | None:
    number, month = point.number or 1, point.month or 1
    if number > monthrange(year, month)[1]:
        return None
    day = date(year, month, number)
    if point.unit == "week":
        return day - day.weekday() * DAY, day + (6 - day.weekday()) * DAY
    if point.unit == "weekend":
        saturday = day + (5 - day.weekday()) * DAY
        return saturday, saturday + DAY
    return (day - AROUND, day + AROUND) if point.loose else (day, day)


def _part_of_month(part: str, first: date) -> Span:
    """« début » is 1 to 10, « mi- » 11 to 20, « fin » the rest; fortnights are 1 to 15 and the rest."""
    last = monthrange(first.year, first.month)[1]
    days = {"": (1, last), "debut": (1, 10), "mi": (11, 20), "fin": (21, last)}
    days |= {"fortnight1": (1, 15), "fortnight2": (16, last), "fortnight-1": (16, last)}
    if part.startswith("weekend"):
        return _weekend(int(part[7:]), first, last)
    if part.startswith("week"):
        rank = int(part[4:])
        start = last - 6 if rank < 0 else 7 * (min(rank, 5) - 1) + 1
        days[part] = (min(start, last), min(start + 6, last))
    start, end = days.get(part, days[""])
    return first.replace(day=start), first.replace(day=end)


def _weekend(rank: int, first: date, last: int) -> Span:
    saturdays = [day for day in range(1, last + 1) if first.replace(day=day).weekday() == 5]
    saturday = first.replace(day=saturdays[rank if rank < 0 else min(rank, len(saturdays)) - 1])
    return saturday, saturday + DAY


def _third(part: str, first: date, last: date) -> Span:
    """« début », « mi- » and « fin » are a third each, of whole months but for a season."""
    if not part:
        return first, last
    n = ("debut", "mi", "fin").index(part)
    if first.day == 1 and (last + DAY).day == 1:
        months = (last.month - first.month + 1) // 3
        month = first.month + n * months
        end = month + months - 1
        return date(first.year, month, 1), date(first.year, end, monthrange(first.year, end)[1])
    third = ((last - first).days + 1) // 3
    return first + n * third * DAY, last if n == 2 else first + ((n + 1) * third - 1) * DAY


def _doubts(point: Point, span: Span, setting: Setting) -> list[Fault]:
    """What to look at in a day that exists."""
    day = span[0]
    if point.unit != "day" or point.loose:
        return []
    found = []
    if point.weekday not in (None, day.weekday()):
        found.append(faults.wrong_weekday(day, point.weekday or 0))
    if point.short and abs(day.year - setting.today.year) > 3:
        found.append(faults.short_year(day))
    return found
