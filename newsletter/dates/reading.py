"""One row's cells to its occurrences, or to its deadline: the rooms of `dates` one after another.

A `Cell` and its setting enter; a `Reading` or a deadline leaves. Nothing is raised.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from functools import lru_cache
from typing import NamedTuple

from newsletter.dates import cells, faults, lexer
from newsletter.dates.faults import About, Fault
from newsletter.dates.judge import judge
from newsletter.dates.moments import CLOSED, NIGHT, Clock, Opening, Timed
from newsletter.dates.parts import Entry, Hours, Phrase, Rule, Stretch
from newsletter.dates.settle import Refused, Setting
from newsletter.dates.unfold import Slot, slots
from newsletter.model import Deadline, Occurrence

PLAIN = (str, type(None), date)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cell of days says. With an error among the faults, no occurrence."""

    occurrences: tuple[Occurrence, ...] = ()
    faults: tuple[Fault, ...] = ()


class Cell(NamedTuple):
    """A date cell with those that complete it, in the town's zone."""

    written: object
    zone: tzinfo
    end: object = None
    times: tuple[object, object] = (None, None)
    date_1904: bool = False

    def plain(self) -> bool:
        """Whether equal cells mean the same, so that a reading can be kept (1, 1.0 and True are equal)."""
        start, end = self.times
        return _is_plain(self.written) and _is_plain(self.end) and _is_plain(start) and _is_plain(end)


def _is_plain(value: object) -> bool:
    return type(value) in PLAIN or (type(value) in (datetime, time) and getattr(value, "tzinfo", None) is None)


@lru_cache(maxsize=2048)
def kept(cell: Cell, setting: Setting) -> Reading:
    """`read`, remembered."""
    return read(cell, setting)


def read(cell: Cell, setting: Setting) -> Reading:
    """The occurrences, or why there are none."""
    try:
        phrase = cells.day_phrase(cell.written, cell.zone, cell.date_1904)
        found = judge(cell.written, phrase)
        days, doubts = _with_end(cell, phrase, setting)
    except Refused as refusal:
        return Reading((), (refusal.fault,))
    opening, hour_faults = (_kept_opening if cell.plain() else _opening)(cell.times, cell.zone)
    if not cells.empty(cell.end):
        days = [_in_one_piece(slot, opening) for slot in days]
    clock = Clock(cell.zone, opening)
    occurrences = clock.occurrences(days)
    return Reading(occurrences, tuple(dict.fromkeys([*found, *doubts, *hour_faults, *clock.faults])))


def deadline(cell: Cell, setting: Setting) -> tuple[Deadline | None, tuple[Fault, ...]]:
    """The last of the days the cell means."""
    try:
        phrase = cells.day_phrase(cell.written, cell.zone, cell.date_1904)
        if _open_ended(phrase):
            return None, ()
        found = judge(cell.written, phrase)
        if any(isinstance(day, Rule) for entry in phrase.entries for day in entry.days):
            raise Refused(faults.no_deadline_rule())
        days, doubts = slots(phrase, setting)
    except Refused as refusal:
        return None, (refusal.fault,)
    last = max(days, key=lambda slot: slot.last)
    written = cell.written.strip() if isinstance(cell.written, str) else faults.spoken(last.last, False)
    return Deadline(last.last, written, last.approximate), tuple(dict.fromkeys([*found, *doubts]))


def _open_ended(phrase: Phrase) -> bool:
    """« au fil de l'eau », « - »: no last day, and nothing wrong."""
    codes = {code for code, _, _ in phrase.notes}
    return codes <= {"endless"} and phrase == Phrase(notes=phrase.notes)


def _with_end(cell: Cell, phrase: Phrase, setting: Setting) -> tuple[list[Slot], list[Fault]]:
    """The days, up to those of the cell of the last day. A bad one is a warning: the date alone is kept."""
    if cells.empty(cell.end):
        return slots(phrase, setting)
    try:
        ending = cells.day_phrase(cell.end, cell.zone, cell.date_1904)
        found = judge(cell.end, ending)
        joined = _joined(phrase, ending)
        if joined is not None:
            days, doubts = slots(joined, setting)
            return days, found + doubts
        last = slots(ending, setting)[0][-1].last
    except Refused as refusal:
        days, doubts = slots(phrase, setting)
        return days, [*doubts, faults.end_refused(refusal.fault.message)]
    days, doubts = slots(phrase, setting)
    if last != max(slot.last for slot in days):
        doubts.append(faults.end_twice(max(slot.last for slot in days), last))
    return days, doubts


def _joined(phrase: Phrase, ending: Phrase) -> Phrase | None:
    """A day and its last day are a stretch; a rule runs until it. None when the date has an end already."""
    if len(ending.points) != 1 or phrase.until is not None:
        return None
    point, place = ending.points[0], len(phrase.points)
    points = (*phrase.points, point)
    if any(isinstance(day, Rule) for entry in phrase.entries for day in entry.days):
        return phrase._replace(points=points, until=place)
    if len(phrase.entries) != 1 or phrase.entries[0].days != (0,):
        return None
    opens, closes = _hour(phrase), _hour(ending)
    if opens is None:
        hours = phrase.entries[0].hours or (() if closes is None else (Hours(None, closes),))
        return phrase._replace(entries=(Entry((Stretch(0, place),), hours),), points=points)
    return phrase._replace(entries=(Entry((Stretch(0, place, opens, closes),)),), points=points)


def _hour(phrase: Phrase) -> int | None:
    """The start of a day that has one hour and no end."""
    hours = phrase.entries[0].hours if phrase.entries else ()
    return hours[0].start if len(hours) == 1 and hours[0].end is None else None


def _in_one_piece(slot: Slot, opening: Opening) -> Slot:
    """A first day at 18h and a last day at 16h, each in its column."""
    hours = opening.hours[0] if len(opening.hours) == 1 else None
    if hours is None or hours.end is None or not NIGHT < hours.end < hours.start or slot.hours or slot.single:
        return slot
    return slot._replace(opens=hours.start, closes=hours.end)


def _opening(times: tuple[object, object], zone: tzinfo) -> tuple[Opening, Sequence[Fault]]:
    """What the cells of hours say."""
    if times == (None, None):
        return CLOSED, ()
    found: list[Fault] = []
    start = _hours(times[0], zone, "start", found)
    end = _hours(times[1], zone, "end", found)
    last = _last(end, found)
    by_weekday = tuple(
        (frozenset(day for rule in entry.days if isinstance(rule, Rule) for day in rule.weekdays), _timed(entry.hours))
        for entry in start
        if entry.days
    )
    hours = tuple(timed for entry in start if not entry.days for timed in _timed(entry.hours))
    if any(h.start is None for entry in start for h in entry.hours):
        found.append(faults.hour_missing("start"))
    if last is not None and hours and (by_weekday or len(hours) > 1 or hours[0].end not in (None, last)):
        found.append(faults.two_ends(hours[-1].end or hours[-1].start, last))
    elif last is not None and hours:
        hours = (Timed(hours[0].start, last, "end"),)
    return Opening(hours, by_weekday, None if hours else last), found


@lru_cache(maxsize=2048)
def _kept_opening(times: tuple[object, object], zone: tzinfo) -> tuple[Opening, Sequence[Fault]]:
    """`_opening`, remembered: hours come back more often than days."""
    return _opening(times, zone)


def _hours(value: object, zone: tzinfo, about: About, found: list[Fault]) -> tuple[Entry, ...]:
    if cells.empty(value):
        return ()
    phrase = cells.hour_phrase(value, zone)
    if phrase is None:
        found.append(faults.hours_unreadable(about))
        return ()
    unknown = [note for note in phrase.notes if note[0] in ("words", "relative")]
    if unknown and not any(entry.hours for entry in phrase.entries):
        found.append(faults.hours_unreadable(about))
    elif unknown and isinstance(value, str):
        found.append(faults.words(lexer.original(value, *unknown[0][1:]), about))
    return phrase.entries


def _timed(hours: tuple[Hours, ...]) -> tuple[Timed, ...]:
    return tuple(Timed(h.start, h.end, "start") for h in hours if h.start is not None)


def _last(entries: tuple[Entry, ...], found: list[Fault]) -> int | None:
    """The hour of the end cell: « 18h », or the end of « jusqu'à 18h »."""
    hours = [h for entry in entries for h in entry.hours]
    if not hours:
        return None
    if len(hours) > 1:
        found.append(faults.hours_unreadable("end"))
        return None
    return hours[0].end if hours[0].end is not None else hours[0].start
