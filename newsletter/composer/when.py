"""The occurrences of an item as one would say them: « tous les mardis à 19 h 30, sauf le 28 décembre ».

Occurrences enter in order, one phrase leaves. What is not shown is not said, but for « et d'autres dates ensuite ».
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from newsletter.composer import wording
from newsletter.composer.wording import NARROW, NBSP, listed
from newsletter.model import Occurrence

NIGHT = time(6, 0)  # an end the next day up to then is still the same evening
DAY = timedelta(days=1)
LONGEST_LIST = 8
Hours = tuple[tuple[time, time | None], ...]


@dataclass(frozen=True, slots=True)
class _Days:
    """Some days in words: hours go between `head` and `tail`."""

    head: str
    tail: str = ""

    def at(self, hours: Hours) -> str:
        spoken = listed([wording.hours(*span) for span in hours]) if hours else ""
        joined = f"{self.head} à {spoken}" if spoken and all(end is None for _, end in hours) else self.head
        if spoken and joined is self.head:
            joined = f"{self.head}, {spoken}"
        return f"{joined}, {self.tail}" if self.tail else joined


def phrase(occurrences: Sequence[Occurrence], today: date, goes_on: bool = False) -> str:
    """All of them in one phrase; a year is said when it is not today's."""
    long = [o for o in occurrences if _lasts(o)]
    hours: dict[date, Hours] = {}
    for o in occurrences:
        if not _lasts(o):
            day = _day(o.start)
            hours[day] = hours.get(day, ()) + _hours(o)
    phrases = [_range(o, today) for o in long[:3]]
    phrases += [days.at(at) for days, at in _by_hours(hours, today, goes_on)]
    if len(long) > 3:
        phrases.append(f"et {len(long) - 3} autres périodes")
    return f"{NARROW}; ".join(phrases)


def block(occurrence: Occurrence) -> tuple[str, str, str]:
    """What a thumb scans: weekday, day, month."""
    start = _day(occurrence.start)
    return wording.short_weekdays()[start.weekday()], wording.number(start), wording.short_months()[start.month - 1]


def about(occurrence: Occurrence) -> tuple[str, str, str]:
    """The same of an approximate date, as far as it is known."""
    start, end = _day(occurrence.start), _day(occurrence.end or occurrence.start)
    if (start.year, start.month) == (end.year, end.month):
        return "vers", wording.short_months()[start.month - 1], str(start.year)
    return ("en", str(start.year), "") if start.year == end.year else ("vers", f"{start.year}", f"ou{NBSP}{end.year}")


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _lasts(o: Occurrence) -> bool:
    """Whether it goes over several days, a late evening apart."""
    if o.end is None or _day(o.end) == _day(o.start):
        return False
    late = isinstance(o.end, datetime) and _day(o.end) - _day(o.start) == DAY and o.end.time() <= NIGHT
    return not (late and isinstance(o.start, datetime))


def _hours(o: Occurrence) -> Hours:
    if not isinstance(o.start, datetime):
        return ()
    return ((o.start.time(), o.end.time() if isinstance(o.end, datetime) else None),)


def _range(o: Occurrence, today: date) -> str:
    start, end = _day(o.start), _day(o.end or o.start)
    first, last = wording.weekday(start, end if start.year == end.year else today), wording.weekday(end, today)
    if isinstance(o.start, datetime):
        first += f" à {wording.clock(o.start.time())}"
    if isinstance(o.end, datetime):
        last += f" à {wording.clock(o.end.time())}"
    if not isinstance(o.start, datetime) and end - start == DAY:
        return _few([start, end], today)
    return f"du {_in_range(first, start, end)} au {last}"


def _in_range(first: str, start: date, end: date) -> str:
    """« du vendredi 10 au dimanche 12 décembre »: the month once when it is the same."""
    month = f"{NBSP}{wording.months()[start.month - 1]}"
    return first.replace(month, "", 1) if (start.year, start.month) == (end.year, end.month) else first


def _by_hours(hours: dict[date, Hours], today: date, goes_on: bool) -> Iterator[tuple[_Days, Hours]]:
    """Days with the same hours said together; too many kinds of hours are not said."""
    if not hours:
        return
    kinds = list(dict.fromkeys(hours.values()))
    if len(kinds) > 3:
        yield _days(sorted(hours), today, goes_on), ()
        return
    for kind in kinds:
        yield _days(sorted(day for day, own in hours.items() if own == kind), today, goes_on), kind


def _days(days: Sequence[date], today: date, goes_on: bool) -> _Days:
    if len(days) == 1:
        return _Days(wording.weekday(days[0], today), "puis d’autres dates" if goes_on else "")
    runs = list(_runs(days))
    if all(len(run) > 2 for run in runs) and len(runs) <= 3:
        spans = [_range(Occurrence(run[0], run[-1]), today) for run in runs]
        return _Days(listed(spans), "puis d’autres dates" if goes_on else "")
    return _regular(days, today, goes_on) or _list(days, today, goes_on)


def _runs(days: Sequence[date]) -> Iterator[list[date]]:
    for _, run in groupby(enumerate(days), lambda pair: pair[1].toordinal() - pair[0]):
        yield [day for _, day in run]


def _regular(days: Sequence[date], today: date, goes_on: bool) -> _Days | None:
    """« tous les mardis », when they are, a day or two apart."""
    on = sorted({day.weekday() for day in days})
    span = (days[0] + DAY * n for n in range((days[-1] - days[0]).days + 1))
    missing = [day for day in span if day.weekday() in on and day not in set(days)]
    if len(on) > 3 or len(days) < 5 or len(missing) > 2:
        return None
    names = listed([f"{wording.weekdays()[n]}s" for n in on])
    tail = [_until(days, today, goes_on)]
    if missing:
        tail.append(f"sauf {'le' if len(missing) == 1 else 'les'} {_grouped(missing, today)}")
    return _Days(f"tous les {names}", ", ".join(part for part in tail if part))


def _until(days: Sequence[date], today: date, goes_on: bool) -> str:
    soon = (days[0] - today).days <= 7
    first = "" if soon else wording.day(days[0], days[-1] if days[0].year == days[-1].year else today)
    if goes_on:
        return f"à partir du {first}" if first else ""
    last = wording.day(days[-1], today)
    return f"du {first} au {last}" if first else f"jusqu’au {last}"


def _list(days: Sequence[date], today: date, goes_on: bool) -> _Days:
    tail = "puis d’autres dates" if goes_on else ""
    if len(days) > LONGEST_LIST:
        others, last = len(days) - 6, wording.day(days[-1], today)
        return _Days(f"les {_grouped(days[:6], today)}", f"et {others} autres dates jusqu’au {last}")
    if len({day.weekday() for day in days}) == 1 and len(days) > 2:
        return _Days(f"les {wording.weekdays()[days[0].weekday()]}s {_grouped(days, today)}", tail)
    if len(days) <= 3:
        return _Days(_few(days, today), tail)
    return _Days(f"les {_grouped(days, today)}", tail)


def _few(days: Sequence[date], today: date) -> str:
    """« samedi 11 et dimanche 12 décembre »."""
    spoken = []
    for at, day in enumerate(days):
        following = days[at + 1] if at + 1 < len(days) else None
        same = following and (following.year, following.month) == (day.year, day.month)
        full = wording.weekday(day, following if following and following.year == day.year else today)
        spoken.append(f"{wording.weekdays()[day.weekday()]} {wording.number(day)}" if same else full)
    return listed(spoken)


def _grouped(days: Sequence[date], today: date) -> str:
    """« 7, 14 et 21 décembre, puis 4 janvier 2022 »."""
    groups = [list(group) for _, group in groupby(days, lambda day: (day.year, day.month))]
    spoken = []
    for at, group in enumerate(groups):
        following = groups[at + 1][0] if at + 1 < len(groups) else None
        month = wording.months()[group[0].month - 1]
        year = group[0].year
        shown = f" {year}" if year != today.year and (following is None or following.year != year) else ""
        spoken.append(f"{listed([wording.number(day) for day in group])}{NBSP}{month}{shown}")
    return ", puis ".join(spoken)
