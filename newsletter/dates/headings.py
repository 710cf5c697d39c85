"""Month headings: « DÉCEMBRE 2021 » on a row of its own.

A text enters; the first day of its month leaves, or None when it is anything but a month and its year.
"""

import re
from datetime import UTC, date

from newsletter.dates.lexer import fold, tokens
from newsletter.dates.settle import FIRST_YEAR, LAST_YEAR

BEHIND_NOW = 3  # months: a list that begins with September, read in November, is this year's
BEHIND_PREVIOUS = 2  # a list may be in descending order, hardly skip ten months
ORNAMENT = re.compile(r"^[^a-z0-9]+|[^a-z0-9]*(?:\bsuite\b)?[^a-z0-9]*$")


def month(text: str, today: date, previous: date | None) -> date | None:
    """The month, with the year nearest to the heading above, or to today."""
    if len(text) > 60:
        return None
    found = [token for token in tokens(ORNAMENT.sub("", fold(text)), UTC) if token.kind not in (".", "end")]
    if [(token.kind, token.value) for token in found[:2]] in ([("unit", "month"), ("de", w)] for w in ("de", "d")):
        found = found[2:]
    kinds = [token.kind for token in found if token.kind not in ("-", ",", "/", "'")]
    if kinds not in (["month_year"], ["month"], ["month", "num"]) or len(found) > 3:
        return None
    number, year = found[0].value if kinds == ["month_year"] else (found[0].value, None)
    if len(kinds) == 2:
        year = _year(found[-1].value, found[-1].end - found[-1].start)
    if not 1 <= number <= 12 or not (year is None or FIRST_YEAR <= year <= LAST_YEAR):
        return None
    return date(year, number, 1) if year else _nearest(number, today, previous)


def _year(written: int, digits: int) -> int:
    """Two digits or four; anything else is no year (0)."""
    return written if digits == 4 else 2000 + written if digits == 2 else 0


def _nearest(number: int, today: date, previous: date | None) -> date:
    around, behind = (previous, BEHIND_PREVIOUS) if previous else (today, BEHIND_NOW)
    start = around.year * 12 + around.month - 1 - behind
    months = start + (number - 1 - start) % 12
    return date(months // 12, number, 1)
