"""French dates, as people type them in a town's spreadsheets.

A cell enters (text, date, datetime, time, number) with what is known of its row; occurrences, a deadline or a month
leave, with faults that say what to type. Nothing is raised, whatever is typed; nothing is guessed in silence; the
clock is never read: `as_of` is an argument, and its zone the town's.

    common the usual forms → Phrase
    lexer  text → tokens      grammar (days, rules, hours)  tokens → Phrase      cells  other values → Phrase
    settle points → days      unfold  Phrase → slots        moments slots → occurrences      faults  the sentences
"""

from datetime import UTC, date, datetime

from newsletter.dates import cells, headings, reading
from newsletter.dates.faults import Fault
from newsletter.dates.reading import Cell, Reading
from newsletter.dates.settle import FIRST_YEAR, LAST_YEAR, Setting
from newsletter.model import Deadline

EARLIEST, LATEST = date(FIRST_YEAR + 1, 1, 1), date(LAST_YEAR - 1, 12, 31)

__all__ = ["Fault", "Reading", "month_heading", "read", "read_deadline"]


def read(
    written: object,
    *,
    as_of: datetime,
    near: date | None = None,
    end: object = None,
    times: tuple[object, object] = (None, None),
    date_1904: bool = False,
) -> Reading:
    """The occurrences that a date cell means, completed by the cells of its last day and of its hours.

    `near` is the month heading above the row. `times`: a start or a whole range, and an end.
    """
    if cells.empty(written):
        return Reading()
    cell = Cell(written, as_of.tzinfo or UTC, end, times, date_1904)
    setting = Setting(_sane(as_of), near and _sane(near))
    return reading.kept(cell, setting) if cell.plain() else reading.read(cell, setting)


def read_deadline(
    written: object, *, as_of: datetime, near: date | None = None, before: date | None = None, date_1904: bool = False
) -> tuple[Deadline | None, tuple[Fault, ...]]:
    """The last day to answer. `before` is the row's own first day: a year that isn't written is found from it."""
    if cells.empty(written):
        return None, ()
    cell = Cell(written, as_of.tzinfo or UTC, date_1904=date_1904)
    setting = Setting(_sane(as_of), near and _sane(near), before and _sane(before), deadline=True)
    return reading.deadline(cell, setting)


def month_heading(text: str, *, as_of: datetime, previous: date | None = None) -> date | None:
    """The first day of the month that a text is, and nothing else than a month; None otherwise."""
    return headings.month(text, _sane(as_of), previous and _sane(previous))


def _sane(moment: date) -> date:
    """The day, within the years an agenda speaks of, so that nothing overflows."""
    return min(max(date(moment.year, moment.month, moment.day), EARLIEST), LATEST)
