"""Cells to phrases: whatever a spreadsheet holds where a day or an hour is expected.

Text, dates, datetimes, times and numbers enter; a `Phrase` or hours leave. Other values raise Refused.
"""

import math
import re
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from numbers import Real

from newsletter.dates import faults
from newsletter.dates.grammar import parse
from newsletter.dates.lexer import fold
from newsletter.dates.parts import Entry, Hours, Phrase, Point
from newsletter.dates.settle import Refused

EPOCHS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
SERIALS = (20_000, 80_000)
SERIAL = re.compile(r"[2-7]\d{4}(?:[.,]\d+)?")
LONGEST = 400  # characters: beyond, it is no date
BARE_HOURS = re.compile(r"(\d{1,2})(?: ?(-|a|et|/) ?(\d{1,2}))?")
DOTTED = re.compile(r"(?<![\d/.,])(\d{1,2})[.,](\d\d)(?![\d/.,])")


def empty(value: object) -> bool:
    """Whether there is nothing to read: None, blanks, NaN, NaT."""
    if isinstance(value, str):
        return not value[:1].isalnum() and len(value) <= LONGEST and not fold(value).strip()
    return value is None or value != value


def day_phrase(value: object, zone: tzinfo, date_1904: bool) -> Phrase:
    """What a cell of days says."""
    if isinstance(value, datetime):
        return _moment(value.astimezone(zone) if value.tzinfo else value)
    if isinstance(value, date):
        return _one_day(value, None)
    if isinstance(value, time | timedelta | bool):
        raise Refused(faults.unreadable() if isinstance(value, bool) else faults.day_missing())
    if isinstance(value, Real):
        return _number(float(value), zone, date_1904)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Refused(faults.unreadable())
    stripped = value.strip()
    if SERIAL.fullmatch(stripped):
        return _number(float(stripped.replace(",", ".")), zone, date_1904)
    return parse(value, zone)


def _one_day(day: date, minutes: int | None) -> Phrase:
    hours = () if minutes is None else (Hours(minutes),)
    return Phrase((Entry((0,), hours),), (Point("day", day.day, day.month, day.year),))


def _moment(moment: datetime) -> Phrase:
    """Midnight is how a spreadsheet writes a day without hours. A second before is rounded."""
    moment = moment.replace(tzinfo=None)
    if moment.second >= 30 and moment.year < 9999:
        moment += timedelta(seconds=60 - moment.second)
    minutes = moment.hour * 60 + moment.minute
    return _one_day(moment.date(), minutes or None)


def _number(number: float, zone: tzinfo, date_1904: bool) -> Phrase:
    """A serial day, or figures that a text would hold too (2022, 20211204)."""
    if SERIALS[0] < number < SERIALS[1]:
        days, fraction = divmod(number, 1)
        minutes = round(fraction * 1440)
        day = EPOCHS[date_1904] + timedelta(int(days) + minutes // 1440)
        return _one_day(day, minutes % 1440 or None)
    if math.isfinite(number) and number == int(number) and 0 < number < 1e8:
        return parse(str(int(number)), zone)
    raise Refused(faults.unreadable())


def hour_phrase(value: object, zone: tzinfo) -> Phrase | None:
    """What a cell of hours says; None when it is no hour."""
    if isinstance(value, str):
        return _hours_text(value, zone) if len(value) <= LONGEST else None
    minutes = _minutes(value)
    return None if minutes is None else Phrase((Entry((), (Hours(minutes),)),))


def _minutes(value: object) -> int | None:
    """Of a time, a datetime whose day means nothing, a duration since midnight, a fraction of a day, an hour."""
    if isinstance(value, datetime | time):
        return value.hour * 60 + value.minute
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return minutes if 0 <= minutes <= 1440 else None
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    number = float(value)
    if 0 <= number < 1 or SERIALS[0] < number < SERIALS[1]:
        return round(number % 1 * 1440)
    return int(number) * 60 if 1 <= number <= 24 and number == int(number) else None


@lru_cache(maxsize=2048)
def _hours_text(text: str, zone: tzinfo) -> Phrase | None:
    folded = fold(text).strip()
    if bare := BARE_HOURS.fullmatch(folded):
        start, joined, end = bare.groups()
        text = f"{start}h" if end is None else f"{start}h {joined} {end}h"
    elif DOTTED.search(folded):
        text = DOTTED.sub(r"\1:\2", folded)
    phrase = parse(text, zone)
    return None if phrase.points or any(note[0] in ("number", "badclock") for note in phrase.notes) else phrase
