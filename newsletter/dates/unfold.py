"""A phrase to slots: the days of its rules, stretches and points, without those it excepts.

A phrase and what is known of the row enter; slots leave in order, with faults. Hours stay as said.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from newsletter.dates import faults, seasons
from newsletter.dates.faults import Fault
from newsletter.dates.parts import Entry, Hours, Phrase, Rule, Stretch
from newsletter.dates.settle import DAY, Refused, Setting, Span, settle

MONTHS_AHEAD = 13  # how far a recurrence without an end runs
MOST = 800  # occurrences in one cell


class Slot(NamedTuple):
    """A day, or all days from one to another. `opens` and `closes` are the hours of a stretch in one piece."""

    first: date
    last: date
    hours: tuple[Hours, ...] = ()
    approximate: bool = False
    opens: int | None = None
    closes: int | None = None
    single: bool = True  # one day said as one day: it has no end of its own


class Calendar:
    """A phrase with the days of its points."""

    def __init__(self, phrase: Phrase, setting: Setting) -> None:
        self.phrase, self.setting = phrase, setting
        stretches = [e for entry in phrase.entries for e in entry.days if isinstance(e, Stretch)]
        openers = {stretch.first for stretch in stretches}
        if phrase.since is not None and phrase.until is not None:
            openers.add(phrase.since)
        self.spans, self.faults = settle(phrase.points, frozenset(openers), setting)
        self.rules = sum(_ruled(entry) for entry in phrase.entries)
        self.bound = phrase.since is not None or phrase.until is not None
        self.windows = [window for entry in phrase.entries if _ruled(entry) for window in self.bounding(entry)]

    def span(self, element: int | Stretch) -> Span:
        """From the first day to the last. Raises Refused when they are the wrong way round."""
        if isinstance(element, int):
            return self.spans[element]
        first, last = self.spans[element.first][0], self.spans[element.last][1]
        if last < first:
            borrowed = self.phrase.points[element.first].month is None
            raise Refused(faults.backwards(first, last, borrowed))
        return first, last

    def wide(self, element: int | Stretch | Rule) -> bool:
        """Whether it may bound a rule."""
        if isinstance(element, int):
            return self.phrase.points[element].unit != "day"
        return isinstance(element, Stretch)

    def bounding(self, entry: Entry) -> list[Span]:
        """The stretches and months that an entry's rules keep to."""
        return [self.span(e) for e in entry.days if not isinstance(e, Rule) and self.wide(e)]

    def approximate(self, element: int | Stretch) -> bool:
        """Whether its days are only about."""
        places = (element,) if isinstance(element, int) else (element.first, element.last)
        points = [self.phrase.points[place] for place in places]
        vague = any(point.unit != "day" or point.loose for point in points)
        return vague or (not self.setting.deadline and any(point.part == "within" for point in points))

    def bounds(self) -> Span:
        """Where rules without a stretch of their own run."""
        since, until = self.phrase.since, self.phrase.until
        start = self.spans[since][0] if since is not None else self.setting.near or self.setting.today
        end = self.spans[until][1] if until is not None else _ahead(self.setting.today, start)
        if end < start and until is not None and self.phrase.points[until].year is None:
            end = end.replace(year=end.year + 1, day=min(end.day, 28) if end.month == 2 else end.day)
        return (start, end) if start <= end or since is not None else (end - 365 * DAY, end)


def slots(phrase: Phrase, setting: Setting) -> tuple[list[Slot], list[Fault]]:
    """All of them. Raises Refused when none can be told."""
    if _is_a_day(phrase):
        [(first, last)], doubts = settle(phrase.points, frozenset(), setting)
        return [Slot(first, last, phrase.entries[0].hours)], doubts
    calendar = Calendar(phrase, setting)
    found = _said(calendar)
    if _gone(calendar, found):
        calendar = Calendar(phrase, setting._replace(today=max(last for _, last in calendar.windows) + DAY))
        found = _said(calendar)
    found = _bounded(calendar, found)
    kept = list(_kept(found, _skipped(calendar, found)))
    if found and not kept:
        raise Refused(faults.nothing_left())
    return _together(kept), calendar.faults


def _is_a_day(phrase: Phrase) -> bool:
    """Whether it is one whole date and nothing else, as most are: then there is no calendar to unfold."""
    if len(phrase.points) != 1 or len(phrase.entries) != 1 or phrase.skips:
        return False
    point, bounded = phrase.points[0], phrase.since is not None or phrase.until is not None
    whole = point.unit == "day" and point.year is not None and not (point.loose or point.part)
    return whole and not bounded and phrase.entries[0].days == (0,)


def _said(calendar: Calendar) -> list[Slot]:
    found: list[Slot] = []
    for entry in calendar.phrase.entries:
        found += _of_entry(calendar, entry, found)
    return found


def _ahead(today: date, start: date) -> date:
    """How far a rule without an end runs; from its own start when that is still further."""
    months = today.year * 12 + today.month - 1 + MONTHS_AHEAD
    year, month = months // 12, months % 12 + 1
    end = date(year, month, min(today.day, monthrange(year, month)[1]))
    return end if start <= end else _ahead(start, start)


def _gone(calendar: Calendar, found: list[Slot]) -> bool:
    """« 3e jeudi de novembre », when it is the 25th: next year's, as its month isn't over but its day is."""
    free = calendar.setting.near is None and all(point.year is None for point in calendar.phrase.points)
    return free and bool(calendar.windows) and all(slot.last < calendar.setting.today for slot in found)


def _ruled(entry: Entry) -> bool:
    return any(isinstance(element, Rule) for element in entry.days)


def _of_entry(calendar: Calendar, entry: Entry, earlier: list[Slot]) -> Iterator[Slot]:
    ruled = _ruled(entry)
    for element in entry.days:
        if isinstance(element, Rule):
            days = _days_of(calendar, entry, element, earlier)
            yield from (Slot(day, day, entry.hours) for day in days)
        elif not (ruled and calendar.wide(element)):
            first, last = calendar.span(element)
            about = calendar.approximate(element)
            slot = Slot(first, last, entry.hours, about, single=isinstance(element, int) and not about)
            if isinstance(element, Stretch):
                slot = slot._replace(opens=element.opens, closes=element.closes)
            yield slot


def _days_of(calendar: Calendar, entry: Entry, rule: Rule, earlier: list[Slot]) -> list[date]:
    windows = calendar.bounding(entry) or calendar.windows
    if not (rule.sure or windows or calendar.bound or calendar.rules > 1):
        if earlier:
            return [_following(calendar, earlier[-1].last, rule.weekdays[0])]
        calendar.faults.append(faults.lone_weekday(rule.weekdays[0], calendar.setting.today))
    windows = windows or [calendar.bounds()]
    rule = _anchored(calendar, rule, windows[0][0])
    days = [day for first, last in windows for day in unfold(rule, first, last)]
    if not days:
        raise Refused(faults.no_such_day(windows[0][0], windows[-1][1]))
    return days


def _following(calendar: Calendar, day: date, weekday: int) -> date:
    """« samedi 4 décembre 10h-18h, dimanche 10h-17h »."""
    found = day + ((weekday - day.weekday() - 1) % 7 + 1) * DAY
    calendar.faults.append(faults.numberless(found))
    return found


def _anchored(calendar: Calendar, rule: Rule, first: date) -> Rule:
    """A weekly rule without its weekday takes the first day's; one week in two needs to know which."""
    known = calendar.phrase.since is not None or bool(calendar.windows)
    if not rule.weekdays and not rule.days:
        if not known:
            raise Refused(faults.weekday_missing())
        rule = rule._replace(weekdays=(first.weekday(),))
    if rule.every > 1 and not known:
        calendar.faults.append(faults.which_week(next(unfold(rule, first, first + 6 * DAY))))
    return rule


def unfold(rule: Rule, first: date, last: date) -> Iterator[date]:
    """The days of a rule from one day to another, both included."""
    if rule.days or rule.ordinals:
        yield from (day for day in _monthly(rule, first, last) if first <= day <= last)
        return
    start: date | None = None
    day = first
    while day <= last:
        if day.weekday() in rule.weekdays:
            start = start or day - day.weekday() * DAY
            if (day - start).days // 7 % rule.every == 0:
                yield day
        day += DAY


def _monthly(rule: Rule, first: date, last: date) -> Iterator[date]:
    for months in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        month = date(months // 12, months % 12 + 1, 1)
        length = monthrange(month.year, month.month)[1]
        numbers = [n for n in rule.days if n <= length]
        for ordinal in rule.ordinals:
            for weekday in rule.weekdays:
                same = list(range(1 + (weekday - month.weekday()) % 7, length + 1, 7))
                index = ordinal - 1 if ordinal > 0 else ordinal
                numbers += same[index : index + 1] if index >= 0 else [same[index]]
        yield from (month.replace(day=number) for number in sorted(set(numbers)))


def _bounded(calendar: Calendar, found: list[Slot]) -> list[Slot]:
    """« à partir du … », « jusqu'au … » where no rule used them."""
    phrase, setting = calendar.phrase, calendar.setting
    if (phrase.since is None and phrase.until is None) or any(_ruled(entry) for entry in phrase.entries):
        return found
    hours = next((entry.hours for entry in phrase.entries if not entry.days), ())
    ends = [place for place in (phrase.since, phrase.until) if place is not None]
    about = any(calendar.approximate(place) for place in ends)
    last = calendar.spans[ends[-1]][1]
    if found:
        return _extended(calendar, found)
    if len(ends) == 2:
        first, last = calendar.span(Stretch(ends[0], ends[1]))
        return [Slot(first, last, hours, about, single=False)]
    first = calendar.spans[ends[0]][0]
    if phrase.until is not None and not setting.deadline:
        calendar.faults.append(faults.start_missing())
        return [Slot(min(setting.today, last), last, hours, about, single=False)]
    return [Slot(first, last, hours, about, single=not about)]


def _extended(calendar: Calendar, found: list[Slot]) -> list[Slot]:
    """A day « jusqu'au » another is a stretch."""
    until, since = calendar.phrase.until, calendar.phrase.since
    if until is not None and len(found) == 1 and found[0].first <= calendar.spans[until][1]:
        return [found[0]._replace(last=calendar.spans[until][1], single=False)]
    if since is not None and until is None:
        return [Slot(*calendar.spans[since], found[0].hours), *found]
    raise Refused(faults.unreadable())


def _skipped(calendar: Calendar, found: Sequence[Slot]) -> set[date]:
    """The days « sauf … » takes away. Without a year, they are those of every year."""
    skips = calendar.phrase.skips
    if not found or not skips:
        return set()
    first, last = min(slot.first for slot in found), max(slot.last for slot in found)
    days = {day for day in each(first, last) if day.weekday() in skips.weekdays}
    if skips.holidays:
        days |= {day for year in range(first.year, last.year + 1) for day in seasons.holidays(year)}
    near = first.replace(day=1) if first.replace(day=1) == last.replace(day=1) else None  # « décembre sauf le 28 »
    for year in range(first.year, last.year + 1):
        setting = Setting(max(first, date(year, 1, 1)), near)
        openers = frozenset(span.first for span in skips.spans if isinstance(span, Stretch))
        spans, _ = settle(skips.points, openers, setting)
        for skip in skips.spans:
            places = (skip, skip) if isinstance(skip, int) else (skip.first, skip.last)
            days |= set(each(spans[places[0]][0], spans[places[1]][1]))
    return days


def each(first: date, last: date) -> Iterable[date]:
    """The days from one to another, both included."""
    return (first + n * DAY for n in range((last - first).days + 1))


def _kept(found: Iterable[Slot], skipped: set[date]) -> Iterator[Slot]:
    for slot in found:
        if slot.approximate or not skipped:
            yield slot
            continue
        start: date | None = None
        for day in each(slot.first, slot.last + DAY):
            out = day in skipped or day > slot.last
            if not out and start is None:
                start = day
            elif out and start is not None:
                yield slot._replace(first=start, last=day - DAY)
                start = None


def _together(found: list[Slot]) -> list[Slot]:
    """Days in order, each once; all approximate ones are one span."""
    about = [slot for slot in found if slot.approximate]
    sure = sorted(dict.fromkeys(slot for slot in found if not slot.approximate), key=lambda slot: slot[:2])
    if about:
        span = about[0]._replace(first=min(s.first for s in about), last=max(s.last for s in about))
        return [*sure, span]
    return sure
