"""A whole text to a `Phrase`: entries of days and hours, bounds, exceptions, and what wasn't understood.

Any text enters; a phrase leaves, always. Which calendar days it means is not asked here.
"""

from collections.abc import Callable
from datetime import tzinfo
from functools import lru_cache

from newsletter.dates import common, days, hours, rules
from newsletter.dates.draft import Draft
from newsletter.dates.lexer import fold
from newsletter.dates.parts import Hours, Phrase, Point, Rule, Skips, Stretch

SEPARATORS = {"and", ",", ";", "/", "-", ".", ":", "'", "le", "de", "a", "between", "about", "within"}


def _separator(draft: Draft) -> bool:
    if draft.step().kind in ("and", ";"):
        draft.apart = True
    return True


def _pass(draft: Draft) -> bool:
    draft.step()
    return True


def _span(draft: Draft) -> bool:
    start = draft.at
    found = days.span(draft)
    if found is None:
        return False
    if isinstance(found, Stretch):
        draft.keep_days(found)
        return True
    return _point(draft, start, found)


def _point(draft: Draft, start: int, found: int) -> bool:
    first, point = draft.tokens[start], draft.points[found]
    if first.kind == "num" and point.unit == "year" and not _may_be_a_year(draft, start):
        draft.points.pop()
        draft.at = start
        return False
    if first.kind == "weekdays":
        draft.plural = first.value
    elif draft.plural is not None and point.unit == "day" and point.weekday is None:
        draft.points[found] = point._replace(weekday=draft.plural)
    if _in_list(draft, start, found):
        draft.keep_days(found)
        if point.hour is not None:
            draft.keep_hours(Hours(point.hour, _moment_end(draft)))
    return True


def _may_be_a_year(draft: Draft, start: int) -> bool:
    """Whether four digits alone may be a year: at the start, or in a list; not after a whole date."""
    return start == 0 or draft.tokens[start - 1].kind in ("and", "/", "-", "within", "filler", "about", "from", "until")


def _in_list(draft: Draft, start: int, found: int) -> bool:
    """Whether a point is one more; in « janvier : 4, 11 » and « le 4 du mois de janvier » the month is only lent."""
    listed = draft.entries[-1][0]
    before = listed[-1] if listed and isinstance(listed[-1], int) else None
    if before is None:
        return True
    former, latter = draft.points[before], draft.points[found]
    if _bare(latter) and _lent(former):
        listed.pop()
    elif _bare(former) and draft.tokens[start - 1].kind == "/" and (latter.number or 0) - (former.number or 0) != 1:
        draft.note("slash", draft.tokens[start - 2].start, draft.tokens[draft.at - 1].end)
    return not (_bare(former) and _lent(latter))


def _bare(point: Point) -> bool:
    return point.unit == "day" and point.month is None


def _lent(point: Point) -> bool:
    return point.unit == "month" and not point.part


def _moment_end(draft: Draft) -> int | None:
    """« 2021-12-04T14:30 - 17:00 »."""
    mark = draft.at
    token = draft.take("clock") if draft.take("-", "a", "/") else None
    if token is None:
        draft.at = mark
        return None
    return int(token.value)


def _rule(draft: Draft) -> bool:
    found = rules.rule(draft)
    if found is None:
        return False
    if not _names_the_day(draft, found):
        draft.plural = None
        _add_rule(draft, found)
    return True


def _names_the_day(draft: Draft, found: Rule) -> bool:
    """« 4 décembre 2021 (samedi) »: the weekday belongs to the day before it."""
    listed, times = draft.entries[-1]
    place = listed[-1] if listed and isinstance(listed[-1], int) and not (times or draft.apart or found.sure) else None
    if place is None or draft.points[place].unit != "day" or draft.points[place].weekday is not None:
        return False
    draft.points[place] = draft.points[place]._replace(weekday=found.weekdays[0])
    return True


def _add_rule(draft: Draft, found: Rule) -> None:
    """« tous les 15 jours » may stand apart from its weekday, before or after it."""
    pending = draft.entries[-1][0]
    if not (found.weekdays or found.days):
        draft.every = max(draft.every, found.every)
        if any(isinstance(element, Rule) for element in pending):
            return
    if pending and isinstance(pending[-1], Rule) and not (pending[-1].weekdays or pending[-1].days):
        pending[-1] = found
        return
    draft.keep_days(found)


def _week_of(draft: Draft) -> bool:
    """« week-end du 4 et 5 décembre »: the days say it all."""
    if draft.peek().value not in ("week", "weekend") or draft.kind(1) not in ("de", "le"):
        return False
    draft.step()
    return True


def _frequency(draft: Draft) -> bool:
    """« tous les mois »: how often, but not which day."""
    mark, start = draft.at, draft.step().start
    draft.skip("le")
    unit = draft.take("unit")
    if unit is None:
        draft.at = mark
        return False
    draft.note("frequency", start, unit.end)
    return True


def _halves(draft: Draft) -> bool:
    found = rules.halves(draft)
    if found is not None:
        _add_rule(draft, found)
    return found is not None


def _hours(draft: Draft) -> bool:
    found = hours.hours(draft)
    if found is not None:
        draft.keep_hours(found)
    return found is not None


def _until(draft: Draft) -> bool:
    mark = draft.at
    draft.step()
    draft.skip("le")
    if found := hours.until(draft):
        draft.keep_hours(found)
        return True
    draft.skip("a", "le")
    point = days.point(draft)
    if point is None:
        draft.at = mark
        return False
    draft.until = draft.add(point)
    return True


def _from(draft: Draft) -> bool:
    mark = draft.at
    ago = draft.step().value == "depuis"
    draft.skip("le", "de")
    if draft.kind() == "clock":
        return True
    point = days.point(draft)
    if point is None:
        draft.at = mark
        return False
    draft.since = draft.add(point._replace(part="depuis") if ago and point.unit == "day" else point)
    return True


def _except(draft: Draft) -> bool:
    """« sauf les 24 et 31 décembre », « hors vacances scolaires »: until what follows is no day, or isn't joined."""
    start, points, draft.points = draft.step().start, draft.points, []
    spans: list[int | Stretch] = []
    weekdays: tuple[int, ...] = ()
    holidays = vacations = False
    while True:
        mark = draft.at
        joined = draft.kind() in ("and", ",")
        draft.skip("le", "de", "and", ",", "a", ":", "each", "within", "filler")
        if not joined and (spans or weekdays or holidays):
            draft.at = mark
            break
        if draft.take("holidays"):
            holidays = True
        elif draft.kind() == "vacations":
            vacations = True
            draft.note("vacations", start, draft.step().end)
        elif (found := _excepted(draft, bool(weekdays or holidays))) is not None:
            spans.append(found)
        elif (named := rules.rule(draft)) is not None and not named.ordinals:
            weekdays += named.weekdays
        else:
            draft.at = mark
            break
    skips, draft.points = draft.points, points
    draft.keep_skips(Skips(tuple(skips), tuple(spans), weekdays, holidays))
    if not (spans or weekdays or holidays or vacations):
        draft.note("words", start, draft.tokens[draft.at - 1].end)
        draft.unread = True
    return True


def _excepted(draft: Draft, weekly: bool) -> int | Stretch | None:
    """A day or a stretch; « sauf le lundi, du 6 au 14 décembre » gives the stretch back to the rule."""
    mark, count = draft.at, len(draft.points)
    found = days.span(draft)
    if weekly and isinstance(found, Stretch):
        draft.at = mark
        del draft.points[count:]
        return None
    return found


def _aside(draft: Draft) -> bool:
    """« accueil à 13h30 », « durée 2h »: an hour that is not the event's."""
    start = draft.step().start
    mark = draft.at
    draft.skip("aside", "de", "le", "a", ":", "from", "about", "filler")
    if draft.take("clock") is None:
        draft.at = mark
    draft.note("words", start, draft.tokens[draft.at - 1].end)
    return True


def _open(draft: Draft) -> bool:
    """In brackets after hours, hours are something else."""
    start = draft.step().start
    if draft.entries[-1][1] and any(draft.kind(n) == "clock" for n in range(3)):
        while draft.kind() not in ("end", ")"):
            draft.step()
        draft.note("words", start + 1, draft.tokens[draft.at - 1].end)
        draft.take(")")
    return True


def _unset(draft: Draft) -> bool:
    """« horaires à préciser » leaves the day as it is."""
    about_hours = draft.before() == "filler" and draft.tokens[draft.at - 1].value not in ("date", "dates")
    if about_hours:
        draft.step()
    return about_hours


def _moved(draft: Draft) -> bool:
    """« reporté au 12 janvier »: what stood before no longer holds."""
    token = draft.step()
    if draft.kind() == "a":
        draft.entries, draft.hours_first, draft.plural = [([], [])], False, None
        draft.points.clear()
        draft.since = draft.until = None
    draft.note("moved", token.start, token.end)
    return True


def _first(*readers: Callable[[Draft], bool]) -> Callable[[Draft], bool]:
    return lambda draft: any(reader(draft) for reader in readers)


READERS: dict[str, Callable[[Draft], bool]] = {
    **dict.fromkeys(SEPARATORS, _separator),
    **dict.fromkeys(("filler", "daypart", ")"), _pass),
    **dict.fromkeys(("date", "moment", "month", "month_year", "season", "part", "feast"), _span),
    "num": _first(_hours, _rule, _span),
    "ordinal": _first(_rule, _span),
    "weekday": _first(_span, _rule),
    "weekdays": _first(_span, _rule),
    "unit": _first(_rule, _span, _week_of),
    "each": _first(_rule, _frequency),
    "le": _separator,
    "about": _first(_span, _separator),
    "clock": _hours,
    "daily": _rule,
    "halves": _halves,
    "until": _until,
    "from": _from,
    "except": _except,
    "aside": _aside,
    "(": _open,
    "moved": _moved,
    "unset": _unset,
}


@lru_cache(maxsize=2048)
def parse(text: str, zone: tzinfo) -> Phrase:
    """What the text says."""
    folded = fold(text)
    return common.phrase(folded.strip()) or whole(folded, zone)


def whole(folded: str, zone: tzinfo) -> Phrase:
    """What a text of any form says."""
    draft = Draft(folded, zone)
    while draft.kind() != "end":
        reader = READERS.get(draft.kind())
        if reader is None or not reader(draft):
            draft.unknown()
    return draft.phrase()
