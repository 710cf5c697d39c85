"""Hours as people write them: « 14h30 », « de 9 à 17 heures », « 10h-12h et 14h-18h », « jusqu'à minuit ».

A cursor enters; `Hours` leave, or None with the cursor where it was.
"""

from newsletter.dates.cursor import Cursor
from newsletter.dates.parts import Hours


def hours(cursor: Cursor) -> Hours | None:
    """A start with its end when there is one."""
    mark = cursor.at
    between = cursor.before() == "between"
    start = _clock(cursor)
    if start is None:
        cursor.at = mark
        return None
    return Hours(start, _end(cursor, between))


def until(cursor: Cursor) -> Hours | None:
    """What follows « jusqu'à », when it is an hour."""
    end = _number(cursor)
    return None if end is None else Hours(None, end)


def _clock(cursor: Cursor) -> int | None:
    """An hour; a bare number only when an hour with its unit follows (« 9-17h »)."""
    token = cursor.peek()
    if token.kind == "clock":
        return int(cursor.step().value)
    if token.kind == "num" and token.value <= 24 and cursor.kind(1) in ("-", "a", "and") and cursor.kind(2) == "clock":
        return int(cursor.step().value) * 60
    return None


def _end(cursor: Cursor, between: bool) -> int | None:
    mark = cursor.at
    cursor.skip("daypart", ",") if cursor.kind(1) == "until" else None
    if cursor.kind() == "clock":  # « 10h 12h », pasted from two columns
        cursor.note("adjacent", cursor.tokens[cursor.at - 1].start, cursor.peek().end)
        return int(cursor.step().value)
    if cursor.take("a", "-", "/", "until", *(["and"] if between else [])):
        cursor.skip("a", "le")
        end = _number(cursor)
        if end is not None:
            return end
    cursor.at = mark
    return None


def _number(cursor: Cursor) -> int | None:
    """An hour, or the bare number of « 14h à 18 »."""
    token = cursor.peek()
    if token.kind == "clock":
        return int(cursor.step().value)
    if token.kind == "num" and token.value <= 24 and cursor.kind(1) in ("end", ",", ";", "and", ")", ".", "le"):
        follows_hour = cursor.at > 1 and cursor.tokens[cursor.at - 2].kind == "clock"
        return int(cursor.step().value) * 60 if follows_hour else None
    return None
