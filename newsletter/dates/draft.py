"""A phrase being filled: which days and hours go together, as they are read from left to right.

Elements and hours enter in reading order; a `Phrase` leaves. No token is looked at here, but what nobody understood.
"""

from datetime import tzinfo

from newsletter.dates.cursor import Cursor
from newsletter.dates.lexer import tokens
from newsletter.dates.parts import Element, Entry, Hours, Phrase, Rule, Skips, Stretch

CODES = {
    "num": "number", "badclock": "badclock", "unset": "unset", "endless": "endless", "relative": "relative",
    "vacations": "vacations", "ordinal": "number",
    "monthly": "frequency", "weekly": "frequency", "until": "bound", "from": "bound",
}  # fmt: skip


class Draft(Cursor):
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
        """All that was kept."""
        entries = tuple(Entry(tuple(found), tuple(times)) for found, times in self.entries if found or times)
        if self.every > 1:
            entries = tuple(_every(entry, self.every) for entry in entries)
        return Phrase(entries, tuple(self.points), self.since, self.until, self.skips, tuple(self.notes))

    def keep_days(self, element: Element) -> None:
        """Days after hours begin a new entry, but for those that bound a rule: « tous les mardis à 18h, en mars »."""
        found, times = self.entries[-1]
        bounds = not self.apart and not isinstance(element, Rule) and any(isinstance(e, Rule) for e in found)
        if found and times and not self.hours_first and not (bounds and self._wide(element)):
            self.entries.append(([], []))
        self.entries[-1][0].append(element)
        self.apart = self.unread = False

    def keep_hours(self, said: Hours) -> None:
        """Hours go with the days before them; with those after them when hours came first."""
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

    def keep_skips(self, more: Skips) -> None:
        """Exceptions hold for the whole phrase."""
        kept = self.skips
        self.skips = Skips(
            kept.points + more.points,
            kept.spans + _shifted(more.spans, len(kept.points)),
            kept.weekdays + more.weekdays,
            kept.holidays or more.holidays,
        )

    def unknown(self) -> None:
        """Passes what nobody read, and notes it; words that follow each other are one note."""
        token = self.step()
        code = CODES.get(token.kind, "words")
        if code == "words" and self.unread and self.notes:
            self.notes[-1] = (self.notes[-1][0], self.notes[-1][1], token.end)
        else:
            self.note(code, token.start, token.end)
        self.unread = code in ("words", "bound")


def _every(entry: Entry, every: int) -> Entry:
    """« un mardi sur deux », said apart from the weekday."""
    return entry._replace(days=tuple(d._replace(every=every) if isinstance(d, Rule) else d for d in entry.days))


def _shifted(spans: tuple[int | Stretch, ...], by: int) -> tuple[int | Stretch, ...]:
    return tuple(s + by if isinstance(s, int) else s._replace(first=s.first + by, last=s.last + by) for s in spans)
