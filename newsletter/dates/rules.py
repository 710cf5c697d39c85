"""Days that come back: « tous les mardis et jeudis », « 2e samedi du mois », « un mardi sur deux », « le 15 du mois ».

A cursor enters; a `Rule` leaves, or None with the cursor where it was. Which days these are, `unfold` says.
"""

from newsletter.dates.cursor import Cursor
from newsletter.dates.parts import Rule

EVERY_DAY = tuple(range(7))
WEEKEND = (5, 6)
NAMES = ("weekday", "weekdays")
LIST = ("and", ",", "/", ".", "-")


def rule(cursor: Cursor) -> Rule | None:
    """Whichever of them stands here, after « tous », « chaque », « le » or nothing."""
    mark, seen = cursor.at, len(cursor.notes)
    if cursor.take("daily"):
        return Rule(EVERY_DAY)
    led = bool(cursor.take("each"))
    article = cursor.kind() == "le" or cursor.before() in ("le", "from")
    cursor.skip("le")
    found = (led and (_interval(cursor) or _each_unit(cursor))) or _ordinals(cursor) or _monthdays(cursor)
    found = found or _weekdays(cursor, led or article) or _weekends(cursor, led)
    if not found:
        cursor.at = mark
        del cursor.notes[seen:]
        return None
    return found


def halves(cursor: Cursor) -> Rule | None:
    """« un mardi sur deux », « une semaine sur deux »."""
    kind, value = cursor.peek().value
    days = {"weekday": (value,), "weekdays": (value,), "weekend": WEEKEND, "unit": ()}.get(kind)
    if days is None or (kind == "unit" and value != "week"):
        return None
    cursor.step()
    return Rule(days, every=2)


def _interval(cursor: Cursor) -> Rule | None:
    """« tous les 15 jours », « toutes les deux semaines », then perhaps the weekday."""
    if cursor.kind() not in ("num", "count") or cursor.kind(1) != "unit":
        return None
    count, unit = cursor.peek().value, cursor.peek(1).value
    weeks = {("day", 7): 1, ("day", 8): 1, ("day", 14): 2, ("day", 15): 2}.get((unit, count))
    every = count if unit == "week" and count in (1, 2, 3, 4) else weeks
    if every is None:
        return None
    cursor.at += 2
    return Rule(_following(cursor), every=every)


def _following(cursor: Cursor) -> tuple[int, ...]:
    mark = cursor.at
    cursor.skip("le", ",")
    named = _weekdays(cursor, True)
    if named is None:
        cursor.at = mark
    return named.weekdays if named else ()


def _each_unit(cursor: Cursor) -> Rule | None:
    """« tous les jours », « chaque semaine le mardi », « chaque week-end », « tous les soirs »."""
    token = cursor.peek()
    if token.kind == "daypart":
        cursor.step()
        return Rule(EVERY_DAY)
    if token.kind != "unit" or token.value not in ("day", "week", "weekend"):
        return None
    cursor.step()
    if token.value == "week":
        return Rule(_following(cursor))
    return Rule(EVERY_DAY if token.value == "day" else WEEKEND)


def _weekends(cursor: Cursor, led: bool) -> Rule | None:
    """« les week-ends de décembre »; « week-end » with a day of its own is an approximate date."""
    if cursor.kind() != "unit" or cursor.peek().value != "weekend":
        return None
    article = cursor.tokens[cursor.at - 1].value if cursor.at else ""
    if not led and article not in ("les", "le"):
        return None
    cursor.step()
    return Rule(WEEKEND)


def _ordinals(cursor: Cursor) -> Rule | None:
    """« 1er et 3e mercredi du mois », « dernier dimanche »."""
    mark = cursor.at
    ranks = []
    while cursor.kind() in ("ordinal", "num") and (cursor.kind() == "ordinal" or cursor.kind(1) in (*LIST, "ordinal")):
        ranks.append(int(cursor.step().value))
        if cursor.kind() in LIST:
            cursor.step()
            cursor.skip("le")
    days = _list(cursor) if ranks and all(-2 <= rank <= 5 and rank for rank in ranks) else ()
    if not days or cursor.kind() in ("num", "date"):
        cursor.at = mark
        return None
    cursor.take("monthly")
    return Rule(days, ordinals=tuple(ranks))


def _monthdays(cursor: Cursor) -> Rule | None:
    """« le 15 de chaque mois », « tous les 1er et 15 du mois »."""
    mark = cursor.at
    days = []
    while cursor.kind() == "num" or (cursor.kind() == "ordinal" and cursor.peek().value == 1):
        days.append(int(cursor.step().value))
        if cursor.kind() in ("and", ",", "/"):
            cursor.step()
            cursor.skip("le")
    if days and all(1 <= day <= 31 for day in days) and cursor.take("monthly"):
        return Rule(days=tuple(days))
    cursor.at = mark
    return None


def _weekdays(cursor: Cursor, sure: bool) -> Rule | None:
    """« mardi », « les mardis et jeudis », « du lundi au vendredi »; never « mardi 7 »."""
    mark = cursor.at
    plural = cursor.kind() == "weekdays"
    days = _list(cursor)
    if not days or cursor.kind() in ("date", "moment"):
        cursor.at = mark
        return None
    return Rule(days, sure=sure or plural or len(days) > 1)


def _list(cursor: Cursor) -> tuple[int, ...]:
    """Weekdays one after another, or from one to another."""
    days: list[int] = []
    while (token := cursor.take("weekday", "weekdays")) is not None:
        days.append(token.value)
        mark = cursor.at
        cursor.skip("daypart")
        ranged = _ranged(cursor, listed=len(days) > 1)
        cursor.skip(*LIST, "each", "le", *(["a"] if ranged else []))
        if cursor.kind() not in NAMES or cursor.kind(1) in ("num", "date", "ordinal"):
            cursor.at = mark
            break
        if ranged:
            last = cursor.step().value
            days += [(token.value + step) % 7 for step in range(1, (last - token.value) % 7 + 1)]
            break
    return tuple(dict.fromkeys(days))


def _ranged(cursor: Cursor, listed: bool) -> bool:
    """« lundi au vendredi », « lundi-vendredi »; « lundi - mercredi - vendredi » is a list."""
    several = listed or (cursor.kind(2) == "-" and cursor.kind(3) in NAMES)
    dash = cursor.kind() == "-" and not several
    return (dash or cursor.kind() == "a") and cursor.kind(1) in NAMES
