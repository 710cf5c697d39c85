"""Slots to occurrences: each day with its hours, in the town's zone.

Slots and what the cells of hours say enter; occurrences leave in order, with faults. No clock, no text is read here.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from itertools import islice
from typing import NamedTuple

from newsletter.dates import faults
from newsletter.dates.faults import About, Fault
from newsletter.dates.parts import Hours
from newsletter.dates.settle import DAY
from newsletter.dates.unfold import MOST, Slot, each
from newsletter.model import Occurrence

NIGHT = 6 * 60  # an end up to then is the next day's
MIDNIGHT = 24 * 60


def _order(occurrence: Occurrence) -> tuple[date, int]:
    """By day, a whole day before its hours."""
    start = occurrence.start
    if isinstance(start, datetime):
        return start.date(), start.hour * 60 + start.minute
    return start, -1


class Timed(NamedTuple):
    """Hours with the cell to blame for their end."""

    start: int
    end: int | None
    about: About = "date"


class Opening(NamedTuple):
    """What cells of hours say: for every day, or for some weekdays. `end` is the end cell's, where no start stands."""

    hours: tuple[Timed, ...] = ()
    weekdays: tuple[tuple[frozenset[int], tuple[Timed, ...]], ...] = ()
    end: int | None = None

    def on(self, day: date) -> tuple[Timed, ...]:
        """That day's."""
        if self.weekdays:
            return tuple(t for days, hours in self.weekdays if day.weekday() in days for t in hours)
        return self.hours


CLOSED = Opening()


class Clock:
    """Builds the occurrences of one reading, and keeps each fault once."""

    def __init__(self, zone: tzinfo, opening: Opening) -> None:
        self.zone, self.opening = zone, opening
        self.faults: list[Fault] = []

    def occurrences(self, slots: Sequence[Slot]) -> tuple[Occurrence, ...]:
        """All of them, by start; not more than anyone reads."""
        every = (occurrence for slot in slots for occurrence in self._of(slot))
        found = list(islice(every, MOST + 1))
        if len(found) < 2:
            return tuple(found)
        found = list(dict.fromkeys(found))
        if len(found) > MOST:
            self._say(faults.too_many(MOST))
            del found[MOST:]
        return tuple(sorted(found, key=_order))

    def _say(self, fault: Fault) -> None:
        if fault not in self.faults:
            self.faults.append(fault)

    def _of(self, slot: Slot) -> Iterator[Occurrence]:
        if slot.approximate:
            if slot.hours or self.opening != CLOSED:
                self._say(faults.hours_of_about("date" if slot.hours else "start"))
            yield Occurrence(slot.first, slot.last, approximate=True)
        elif slot.opens is not None and slot.first < slot.last:
            yield from self._one_piece(slot, slot.opens)
        else:
            yield from self._days(slot)

    def _one_piece(self, slot: Slot, opens: int) -> Iterator[Occurrence]:
        """« du 10 à 18h au 12 à 16h » is one; without its last hour, the first day's hour and then whole days."""
        if slot.closes is not None:
            yield Occurrence(self._at(slot.first, opens), self._at(slot.last, slot.closes))
        else:
            yield Occurrence(self._at(slot.first, opens))
            yield Occurrence(slot.first + DAY, slot.last if slot.last > slot.first + DAY else None)

    def _days(self, slot: Slot) -> Iterator[Occurrence]:
        if slot.opens is not None:
            slot = slot._replace(hours=(Hours(slot.opens, slot.closes),))
        if not slot.hours and self.opening == CLOSED:
            yield Occurrence(slot.first, None if slot.single else slot.last)
            return
        found = False
        for day in each(slot.first, slot.last):
            for timed in self._hours(slot, day):
                found = True
                yield self._timed(day, timed)
        if not found:
            self._missing(slot)
            yield Occurrence(slot.first, None if slot.single else slot.last)

    def _missing(self, slot: Slot) -> None:
        """Hours were said, but none that starts one of these days."""
        if slot.hours or self.opening.end is not None:
            self._say(faults.hour_missing("date" if slot.hours else "end"))
        if self.opening.weekdays:
            self._say(faults.no_hours_on(slot.first))

    def _hours(self, slot: Slot, day: date) -> Sequence[Timed]:
        """The date's own hours, completed by the cells'."""
        cells = self.opening.on(day)
        own = [Timed(h.start, h.end) for h in slot.hours if h.start is not None]
        if not own:
            return cells
        end = next((t for t in cells if t.start == own[0].start), None)
        if len(own) == 1 and end is not None and end.end is not None and own[0].end in (None, end.end):
            return [end]
        if len(own) == 1 and not cells and self.opening.end is not None and own[0].end is None:
            return [Timed(own[0].start, self.opening.end, "end")]
        said = {(t.start, end) for t in own for end in (t.end, None)}
        if any((t.start, t.end) not in said for t in cells):
            self._say(faults.two_hours(own[0].start, cells[0].start))
        return own

    def _timed(self, day: date, timed: Timed) -> Occurrence:
        start, end = timed.start, timed.end
        if start == MIDNIGHT:
            start = 0
            self._say(faults.midnight(day))
        if end is None or self._wrong(start, end, timed.about):
            return Occurrence(self._at(day, start))
        return Occurrence(self._at(day, start), self._at(day + DAY if end <= start else day, end))

    def _wrong(self, start: int, end: int, about: About) -> bool:
        """An end before its start, in the daytime; or at its start."""
        if start == end or NIGHT < end < start:
            self._say(faults.ends_before(start, end, about))
            return True
        return False

    def _at(self, day: date, minutes: int) -> datetime:
        """Aware; an hour that the clocks skip in March is moved on as clocks are."""
        if minutes >= MIDNIGHT:
            day, minutes = day + DAY, minutes - MIDNIGHT
        moment = datetime.combine(day, time(minutes // 60, minutes % 60), self.zone)
        if moment.utcoffset() == moment.replace(fold=1).utcoffset():  # clocks are not set around it
            return moment
        there = moment.astimezone(UTC).astimezone(self.zone)
        return moment if there.replace(tzinfo=None) == moment.replace(tzinfo=None) else there
