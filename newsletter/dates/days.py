"""Days as people write them: « samedi 4 décembre 2021 », « mi-février », « du 10 au 12 », « semaine du 6 ».

A cursor enters; points and stretches leave, or None with the cursor where it was. What is missing (a month, a year)
stays missing: `settle` finds it.
"""

from newsletter.dates.cursor import Cursor
from newsletter.dates.lexer import Token
from newsletter.dates.parts import Point, Stretch

BETWEEN = {
    "le", "de", "and", ",", ";", ":", "/", "-", "a", "about", "within", "until", "from", "between", "except", "(",
}  # fmt: skip


def span(cursor: Cursor) -> int | Stretch | None:
    """A point, or a stretch from one to another."""
    between = "between" in (cursor.before(), cursor.tokens[cursor.at - 2].kind if cursor.at > 1 else "")
    first = point(cursor)
    if first is None:
        return None
    return _stretch(cursor, first, between) or cursor.add(first)


def point(cursor: Cursor) -> Point | None:
    """A day, or an approximate one."""
    return day(cursor) or about(cursor)


def day(cursor: Cursor) -> Point | None:
    """One day of which at least the number is written."""
    mark = cursor.at
    within = cursor.before() == "within"
    loose = bool(cursor.take("about"))
    cursor.skip("le", "de", "a") if loose else cursor.skip("le")
    weekday = _weekday(cursor)
    found = _figures(cursor, weekday) or _spelt(cursor, weekday)
    if found is None:
        cursor.at = mark
        return None
    return found._replace(loose=loose, part="within" if within else "") if loose or within else found


def _weekday(cursor: Cursor) -> int | None:
    token = cursor.take("weekday", "weekdays")
    if token is None:
        return None
    cursor.skip(".", ",", "le", "relative")
    return int(token.value)


def _figures(cursor: Cursor, weekday: int | None) -> Point | None:
    """« 04/12/2021 », « 2021-12-04T14:30Z »."""
    if token := cursor.take("date"):
        number, month, year, short = token.value
        return Point("day", number, month, year, weekday, short=short)
    if cursor.before() in ("until", "from", "within") and cursor.take("feast"):
        return Point("day", 25, 12)
    if token := cursor.take("moment"):
        moment = token.value
        minutes = moment.hour * 60 + moment.minute
        return Point("day", moment.day, moment.month, moment.year, weekday, hour=minutes or None)
    return None


def _spelt(cursor: Cursor, weekday: int | None) -> Point | None:
    """« 4 décembre 2021 », « 1er », « 4-déc-21 »; the number alone when it can't be anything else."""
    token = cursor.peek()
    if not (token.kind == "num" and token.end - token.start <= 2) and token[:2] != ("ordinal", 1):
        return None
    bare = weekday is None and cursor.before() not in BETWEEN and cursor.at > 0
    cursor.step()
    mark = cursor.at
    cursor.skip("-", ".", "/", "le")
    if month := cursor.take("month"):
        return Point("day", token.value, month.value, _year(cursor, after_day=True), weekday)
    cursor.at = mark
    if bare or cursor.kind() in ("unknown", "num", "unit") or _opening_hour(cursor, weekday):
        return None
    return Point("day", token.value, None, None, weekday)


def _opening_hour(cursor: Cursor, weekday: int | None) -> bool:
    """Whether the number just passed is the start of « 9-17h », « de 9 à 17h »."""
    if cursor.kind(1) not in ("clock", "badclock") or cursor.kind() not in ("-", "a", "and"):
        return False
    lead = cursor.tokens[cursor.at - 2] if cursor.at > 1 else None
    if cursor.kind() == "-":
        return weekday is None or not cursor.spaced()
    wanted = "de" if cursor.kind() == "a" else "entre"
    return lead is not None and lead.value == wanted


def _year(cursor: Cursor, after_day: bool) -> int | None:
    """The year after a month, with what may stand between."""
    mark = cursor.at
    cursor.skip(".", ",", "-", "/", "'", "de")
    token = cursor.take("num")
    if token is not None and token.end - token.start == 4:
        return int(token.value)
    if token is not None and token.end - token.start == 2 and _ends_a_date(cursor, token, after_day):
        return 2000 + int(token.value)
    cursor.at = mark
    return None


def _ends_a_date(cursor: Cursor, token: Token, after_day: bool) -> bool:
    """Whether two digits after a month are its year rather than a day or an hour."""
    joined = cursor.tokens[cursor.at - 2].kind in ("-", "/", "'") and token.start == cursor.tokens[cursor.at - 2].end
    if not joined and (not after_day or cursor.tokens[cursor.at - 2].kind == ","):
        return False
    hours = cursor.kind() == "-" and cursor.kind(1) == "clock"
    return not hours and cursor.kind() not in ("month", "clock", "unknown", "num") and token.value >= 18


def _stretch(cursor: Cursor, first: Point, between: bool) -> Stretch | None:
    mark, seen = cursor.at, len(cursor.notes)
    opens = first.hour if first.hour is not None else _hour(cursor)
    if cursor.take("a", "until", "-", *(["and"] if between else []), *(["/"] if first.unit != "day" else [])):
        last = point(cursor)
        if last is not None:
            closes = last.hour if last.hour is not None else _hour(cursor) if opens is not None else None
            if opens is None or closes is not None or last.month is not None or last.weekday is not None:
                return Stretch(cursor.add(first), cursor.add(last), opens, closes)
    elif cursor.kind() == "/" and first.year and first.month and cursor.kind(1) in ("date", "moment"):
        cursor.step()
        last = day(cursor)
        if last is not None:
            return Stretch(cursor.add(first), cursor.add(last), opens, last.hour)
    cursor.at = mark
    del cursor.notes[seen:]
    return None


def _hour(cursor: Cursor) -> int | None:
    """The hour beside one end of a stretch, unless hours of their own stand there."""
    mark = cursor.at
    cursor.skip("a", ",", "from", ":", "de", "(")
    token = cursor.take("clock")
    cursor.skip(")")
    following = cursor.kind(1) if cursor.kind() in ("-", "a", "until", "/", "and") else ""
    if token is not None and following not in ("clock", "badclock"):
        return int(token.value)
    cursor.at = mark
    return None


def about(cursor: Cursor) -> Point | None:
    """A month, a season, a year, a fortnight or a week, or a part of one."""
    mark = cursor.at
    cursor.skip("about", "le")
    found = _part(cursor) or _piece(cursor) or _whole(cursor, "")
    if found is None:
        cursor.at = mark
    return found


def _part(cursor: Cursor) -> Point | None:
    """« début février », « mi-2022 », « dans le courant de l'année »."""
    mark = cursor.at
    if token := cursor.take("part"):
        cursor.skip("-", "de", "le")
        if cursor.kind() == "unit" and cursor.peek().value == "month":
            cursor.step()
            cursor.skip("de")
        if found := _whole(cursor, token.value, alone=True):
            return found
        found = _piece(cursor)
        if found is not None and found.unit in ("quarter", "half"):
            return found._replace(part=token.value)
    cursor.at = mark
    return None


def _whole(cursor: Cursor, part: str, alone: bool = False) -> Point | None:
    """A month, a season or a year. `alone`: « l'année » without its number is enough."""
    mark = cursor.at
    if month := cursor.take("month"):
        if month.value == 9 and cursor.kind() == "de" and cursor.kind(1) == "month":  # « rentrée de janvier »
            cursor.step()
            month = cursor.step()
        return Point("month", None, month.value, _year(cursor, after_day=False), None, part)
    if token := cursor.take("month_year"):
        return Point("month", None, token.value[0], token.value[1], None, part)
    if cursor.kind() == "season":
        return _season(cursor, part)
    if cursor.kind() == "unit" and cursor.peek().value == "month":  # « le mois de mars »
        cursor.step()
        cursor.skip("de")
        if cursor.kind() == "month":
            return _whole(cursor, part)
    elif found := _years(cursor, part, alone):
        return found
    cursor.at = mark
    return None


def _season(cursor: Cursor, part: str) -> Point:
    """« printemps 2022 », « hiver 2021-2022 »; « hiver 2022 » may be two."""
    season = cursor.step()
    year = _year(cursor, after_day=False)
    if year and season.value == 3:
        following = cursor.kind() in ("-", "/") and cursor.kind(1) == "num"
        if following and str(year + 1).endswith(str(cursor.peek(1).value)):
            cursor.at += 2
        else:
            cursor.note("winter", season.start, cursor.tokens[cursor.at - 1].end)
    return Point("season", season.value, None, year, None, part)


def _years(cursor: Cursor, part: str, alone: bool) -> Point | None:
    named = cursor.kind() == "unit" and cursor.peek().value == "year"
    if named:
        cursor.step()
    school = named and cursor.kind() == "filler" and cursor.step().value == "scolaire"
    token = cursor.peek()
    if token.kind == "num" and token.end - token.start == 4:
        cursor.step()
        if school and cursor.take("-", "/") and cursor.kind() == "num":
            cursor.step()
        return Point("school" if school else "year", None, None, token.value, None, part)
    return Point("school" if school else "year", part=part) if named and (alone or school) else None


PIECES = {"fortnight": "month", "week": "month", "weekend": "month", "quarter": "year", "half": "year"}


def _piece(cursor: Cursor) -> Point | None:
    """« 1re quinzaine de mars », « 2e trimestre 2022 », « semaine du 6 décembre », « semaine 50 »."""
    mark = cursor.at
    rank = cursor.take("ordinal") if cursor.kind(1) == "unit" else None
    unit = cursor.take("unit")
    found = None
    if unit is not None and rank is not None and unit.value in PIECES:
        cursor.skip("de", "le")
        found = _of(_whole(cursor, "", alone=True), unit.value, rank.value)
    elif unit is not None and rank is None and unit.value in ("week", "weekend"):
        found = _week(cursor, unit.value)
    if found is None:
        cursor.at = mark
    return found


def _of(whole: Point | None, unit: str, rank: int) -> Point | None:
    """The piece of that rank of a month or a year."""
    if whole is None and PIECES[unit] == "year":
        whole = Point("year")
    if whole is None or whole.unit != PIECES[unit]:
        return None
    if unit == "quarter" and rank in (1, 2, 3, 4, -1):
        return whole._replace(unit="quarter", number=4 if rank == -1 else rank)
    if unit == "half" and rank in (1, 2, -1):
        return whole._replace(unit="half", number=2 if rank == -1 else rank)
    if whole.unit == "year" or not -1 <= rank <= 5:
        return None
    return whole._replace(part=f"{unit}{rank}")


def _week(cursor: Cursor, unit: str) -> Point | None:
    """The week, or the week-end, of a day; the week of that number. « week-end du 4 et 5 » is left to be a list."""
    token = cursor.peek()
    if unit == "week" and token.kind == "num" and 1 <= token.value <= 53:
        cursor.step()
        cursor.skip("de")
        year = cursor.take("num") if cursor.peek().end - cursor.peek().start == 4 else None
        return Point("isoweek", token.value, None, year.value if year else None)
    cursor.skip("de", "le")
    of = day(cursor)
    listed = cursor.kind() in ("and", "a", "-", "/") and cursor.kind(1) in ("num", "date", "weekday", "le")
    if of is None or listed:
        return None
    return of._replace(unit="week") if unit == "week" else of._replace(unit="weekend")
