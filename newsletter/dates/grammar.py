"""A whole text to a `Phrase`: entries of days and hours, bounds, exceptions, and what wasn't understood.

Any text enters; a phrase leaves, always. Which calendar days it means is not asked here.
"""

from collections.abc import Callable
from datetime import tzinfo
from functools import lru_cache

from newsletter.dates import days, hours, rules
from newsletter.dates.cursor import Cursor
from newsletter.dates.lexer import fold, tokens
from newsletter.dates.parts import Element, Entry, Hours, Phrase, Point, Rule, Skips, Stretch

CODES = {
    "num": "number", "badclock": "badclock", "unset": "unset", "endless": "endless", "relative": "relative",
    "vacations": "vacations", "ordinal": "number",
    "monthly": "frequency", "weekly": "frequency", "until": "bound", "from": "bound",
}  # fmt: skip
SEPARATORS = {"and", ",", ";", "/", "-", ".", ":", "'", "le", "de", "a", "between", "about", "within"}


class _Parser(Cursor):
    """The tokens, and the entry that is being filled."""

    def __init__(self, folded: str, zone: tzinfo) -> None:
        super().__init__(tokens(folded, zone))
        self.entries: list[tuple[list[Element], list[Hours]]] = [([], [])]
        self.hours_first = False
        self.apart = False  # an « et », « ; » or a new line since the last element
        self.since: int | None = None
        self.until: int | None = None
        self.skips = Skips()
        self.every = 1
        self.plural: int | None = None  # « les mardis 7 et 14 »
        self.unread = False  # the last note goes on: « salle des fêtes »

    def phrase(self) -> Phrase:
        while self.kind() != "end":
            reader = READERS.get(self.kind())
            if reader is None or not reader(self):
                self.unknown()
        entries = tuple(Entry(tuple(found), tuple(times)) for found, times in self.entries if found or times)
        if self.every > 1:
            entries = tuple(_every(entry, self.every) for entry in entries)
        return Phrase(entries, tuple(self.points), self.since, self.until, self.skips, tuple(self.notes))

    def days(self, element: Element) -> None:
        found, times = self.entries[-1]
        bounds = not self.apart and not isinstance(element, Rule) and any(isinstance(e, Rule) for e in found)
        if found and times and not self.hours_first and not (bounds and self._wide(element)):
            self.entries.append(([], []))
        self.entries[-1][0].append(element)
        self.apart = self.unread = False

    def hours(self, said: Hours) -> None:
        found, times = self.entries[-1]
        if found and times and self.hours_first:
            self.entries.append(([], []))
        elif not found and not times:
            self.hours_first = True
        if said.start is None and self.entries[-1][1] and self.entries[-1][1][-1].end is None:
            said = Hours(self.entries[-1][1].pop().start, said.end)
        self.entries[-1][1].append(said)
        self.apart = self.unread = False

    def _wide(self, element: Element) -> bool:
        """Whether it may bound a rule: a stretch, or more than a day."""
        return isinstance(element, Stretch) or (isinstance(element, int) and self.points[element].unit != "day")

    def skip_also(self, more: Skips) -> None:
        kept = self.skips
        self.skips = Skips(
            kept.points + more.points,
            kept.spans + _shifted(more.spans, len(kept.points)),
            kept.weekdays + more.weekdays,
            kept.holidays or more.holidays,
        )

    def unknown(self) -> None:
        token = self.step()
        code = CODES.get(token.kind, "words")
        if code == "words" and self.unread and self.notes:
            self.notes[-1] = ("words", self.notes[-1][1], token.end)
        else:
            self.note(code, token.start, token.end)
        self.unread = code == "words"


def _every(entry: Entry, every: int) -> Entry:
    """« un mardi sur deux », said apart from the weekday."""
    return entry._replace(days=tuple(d._replace(every=every) if isinstance(d, Rule) else d for d in entry.days))


def _separator(p: _Parser) -> bool:
    if p.step().kind in ("and", ";"):
        p.apart = True
    return True


def _pass(p: _Parser) -> bool:
    p.step()
    return True


def _span(p: _Parser) -> bool:
    start = p.at
    found = days.span(p)
    if found is None:
        return False
    first = p.tokens[start]
    if first.kind == "weekdays":
        p.plural = first.value
    elif isinstance(found, int) and p.plural is not None and p.points[found].unit == "day":
        p.points[found] = p.points[found]._replace(weekday=_carried(p.points[found], p.plural))
    if isinstance(found, int):
        if first.kind == "num" and p.points[found].unit == "year" and not _may_be_a_year(p, start):
            p.points.pop()
            p.at = start
            return False
        _in_list(p, start, found)
    p.days(found)
    point = p.points[found] if isinstance(found, int) else None
    if point is not None and point.hour is not None:
        p.hours(Hours(point.hour, _moment_end(p)))
    return True


def _may_be_a_year(p: _Parser, start: int) -> bool:
    """Whether four digits alone may be a year: at the start, or in a list; not after a whole date."""
    return start == 0 or p.tokens[start - 1].kind in ("and", "/", "-", "within", "filler", "about", "from", "until")


def _in_list(p: _Parser, start: int, found: int) -> None:
    """A bare day after « janvier : » only borrows its month; « 3/10 mars » may be a list or a stretch."""
    listed = p.entries[-1][0]
    before = listed[-1] if listed and isinstance(listed[-1], int) else None
    if before is None or p.points[found].unit != "day":
        return
    if p.points[found].month is None and p.points[before].unit == "month" and not p.points[before].part:
        listed.pop()
    bare = p.points[before].unit == "day" and p.points[before].month is None
    if bare and p.tokens[start - 1].kind == "/" and (p.points[found].number or 0) - (p.points[before].number or 0) != 1:
        p.note("slash", p.tokens[start - 2].start, p.tokens[p.at - 1].end)


def _carried(point: Point, plural: int) -> int:
    return plural if point.weekday is None else point.weekday


def _moment_end(p: _Parser) -> int | None:
    mark = p.at
    token = p.take("clock") if p.take("-", "a", "/") else None
    if token is None:
        p.at = mark
        return None
    return int(token.value)


def _rule(p: _Parser) -> bool:
    found = rules.rule(p)
    if found is not None:
        p.plural = None
        _add_rule(p, found)
    return found is not None


def _add_rule(p: _Parser, found: Rule) -> None:
    if found.every > 1 or not (found.weekdays or found.days):
        known = [e for e in p.entries[-1][0] if isinstance(e, Rule)]
        p.every = max(p.every, found.every)
        if known and not found.weekdays:
            return
    pending = p.entries[-1][0]
    if pending and isinstance(pending[-1], Rule) and not (pending[-1].weekdays or pending[-1].days):
        pending[-1] = found
        return
    p.days(found)


def _week_of(p: _Parser) -> bool:
    """« week-end du 4 et 5 décembre »: the days say it all."""
    if p.peek().value not in ("week", "weekend") or p.kind(1) not in ("de", "le"):
        return False
    p.step()
    return True


def _frequency(p: _Parser) -> bool:
    """« tous les mois »: how often, but not which day."""
    mark, start = p.at, p.step().start
    p.skip("le")
    unit = p.take("unit")
    if unit is None:
        p.at = mark
        return False
    p.note("frequency", start, unit.end)
    return True


def _halves(p: _Parser) -> bool:
    found = rules.halves(p)
    if found is not None:
        _add_rule(p, found)
    return True


def _hours(p: _Parser) -> bool:
    found = hours.hours(p)
    if found is not None:
        p.hours(found)
    return found is not None


def _until(p: _Parser) -> bool:
    mark = p.at
    p.step()
    p.skip("le")
    if found := hours.until(p):
        p.hours(found)
        return True
    p.skip("a", "le")
    point = days.point(p)
    if point is None:
        p.at = mark
        return False
    p.until = p.add(point)
    return True


def _from(p: _Parser) -> bool:
    mark = p.at
    ago = p.step().value == "depuis"
    p.skip("le", "de")
    if p.kind() == "clock":
        return True
    point = days.point(p)
    if point is None:
        p.at = mark
        return False
    p.since = p.add(point._replace(part="depuis") if ago and point.unit == "day" else point)
    return True


def _except(p: _Parser) -> bool:
    """« sauf les 24 et 31 décembre », « hors vacances scolaires »: until what follows is no day, or isn't joined."""
    start, points, p.points = p.step().start, p.points, []
    spans: list[int | Stretch] = []
    weekdays: tuple[int, ...] = ()
    holidays = vacations = False
    while True:
        mark = p.at
        joined = p.kind() in ("and", ",")
        p.skip("le", "de", "and", ",", "a", ":", "each", "within", "filler")
        if not joined and (spans or weekdays or holidays):
            p.at = mark
            break
        if p.take("holidays"):
            holidays = True
        elif p.kind() == "vacations":
            vacations = True
            p.note("vacations", start, p.step().end)
        elif (found := _excepted(p, bool(weekdays or holidays))) is not None:
            spans.append(found)
        elif (named := rules.rule(p)) is not None and not named.ordinals:
            weekdays += named.weekdays
        else:
            p.at = mark
            break
    skips, p.points = p.points, points
    p.skip_also(Skips(tuple(skips), tuple(spans), weekdays, holidays))
    if not (spans or weekdays or holidays or vacations):
        p.note("words", start, p.tokens[p.at - 1].end)
        p.unread = True
    return True


def _excepted(p: _Parser, weekly: bool) -> int | Stretch | None:
    """A day or a stretch; « sauf le lundi, du 6 au 14 décembre » gives the stretch back to the rule."""
    mark, count = p.at, len(p.points)
    found = days.span(p)
    if weekly and isinstance(found, Stretch):
        p.at = mark
        del p.points[count:]
        return None
    return found


def _shifted(spans: tuple[int | Stretch, ...], by: int) -> tuple[int | Stretch, ...]:
    return tuple(s + by if isinstance(s, int) else s._replace(first=s.first + by, last=s.last + by) for s in spans)


def _aside(p: _Parser) -> bool:
    """« accueil à 13h30 », « durée 2h »: an hour that is not the event's."""
    start = p.step().start
    mark = p.at
    p.skip("aside", "de", "le", "a", ":", "from", "about", "filler")
    if p.take("clock") is None:
        p.at = mark
    p.note("words", start, p.tokens[p.at - 1].end)
    return True


def _open(p: _Parser) -> bool:
    """In brackets after hours, hours are something else."""
    start = p.step().start
    if p.entries[-1][1] and any(p.kind(n) == "clock" for n in range(3)):
        while p.kind() not in ("end", ")"):
            p.step()
        p.note("words", start + 1, p.tokens[p.at - 1].end)
        p.take(")")
    return True


def _moved(p: _Parser) -> bool:
    """« reporté au 12 janvier »: what stood before no longer holds."""
    token = p.step()
    if p.kind() == "a":
        p.entries, p.hours_first, p.plural = [([], [])], False, None
        p.points.clear()
        p.since = p.until = None
    p.note("moved", token.start, token.end)
    return True


def _first(*readers: Callable[[_Parser], bool]) -> Callable[[_Parser], bool]:
    return lambda p: any(reader(p) for reader in readers)


READERS: dict[str, Callable[[_Parser], bool]] = {
    **dict.fromkeys(SEPARATORS, _separator),
    **dict.fromkeys(("filler", "daypart", ")"), _pass),
    **dict.fromkeys(("date", "moment", "month", "month_year", "season", "part"), _span),
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
}


@lru_cache(maxsize=2048)
def parse(text: str, zone: tzinfo) -> Phrase:
    """What the text says."""
    return _Parser(fold(text), zone).phrase()
