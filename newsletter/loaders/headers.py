"""Which row is the header, and which column is which field. Enters: rows of cells. Leaves: a `Header`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter.loaders import columns, sides
from newsletter.loaders.grid import Cells, Grid
from newsletter.loaders.matching import GIVEN, STRONG, Lexicon, Match, key, lexicon
from newsletter.loaders.request import Request

LOOKED_AT = 40
JOINT = " – "
TITLE = {"items": "title", "subscribers": "address", "directory": "name"}
WORDS = {"items": columns.ITEMS, "subscribers": columns.SUBSCRIBERS, "directory": columns.DIRECTORY}
FORM = frozenset(map(key, ("Horodateur", "Timestamp")))
SENDER = frozenset(
    map(key, ("Adresse e-mail", "Email address", "Nom d'utilisateur", "Username"))
)  # who filled the form
DATES = frozenset({"date", "date_end", "hours", "start", "deadline", "publish_from", "publish_until"})


@dataclass(frozen=True, slots=True)
class Header:
    """`row`..`last`: where it stands (two rows at most). `fields`: field → its columns, the surest first.

    `columns`: the same the other way. `written`: column → header as typed. `unread`: those that mean nothing to us.
    """

    row: int
    last: int
    fields: Mapping[str, tuple[int, ...]]
    columns: Mapping[int, str]
    written: Mapping[int, str]
    unread: tuple[str, ...]
    cells: tuple[str, ...]
    has_title: bool

    @property
    def worth(self) -> tuple[bool, int]:
        """What makes it a better header than another."""
        return self.has_title, len(self.fields)

    @property
    def tells_when(self) -> bool:
        """Whether its rows are things that take place on a day."""
        return bool({"date", "date_end", "hours", "start"} & self.fields.keys())

    @property
    def is_sure(self) -> bool:
        """Whether nothing but a header says so many of our words."""
        known = len(self.written) - len(self.unread)
        return self.has_title and len(self.fields) > 2 and known * 5 >= len(self.written) * 3

    def by_column(self) -> list[tuple[str, tuple[int, ...]]]:
        """Its fields in the order of their columns."""
        return sorted(self.fields.items(), key=lambda item: item[1][0])

    @property
    def tells_days(self) -> bool:
        """Whether something under it has a day: a table of things that happen, not a list of words."""
        return bool(DATES & self.fields.keys())


class Finder:
    """Finds the headers of one source's grids."""

    def __init__(self, request: Request) -> None:
        self.words: Lexicon = lexicon(request.vocabulary)
        self.kind = request.source.kind
        self.title = TITLE[request.vocabulary]
        known = WORDS[request.vocabulary]
        self.given = {key(header): field for field, header in request.source.columns.items() if field in known}

    def best(self, grid: Grid) -> Header | None:
        """The first row that is surely a header, else the best of the sheet's first rows, or None."""
        rows = grid.rows[:LOOKED_AT]
        found: list[Header] = []
        for index in range(len(rows)):
            here = max(self.at(rows, index), key=lambda header: header.worth, default=None)
            if here and here.is_sure:
                return here
            found += [here] if here else []
        return max(found, key=lambda header: header.worth, default=None)

    def at(self, rows: Sequence[tuple[int, Cells]], index: int) -> Iterator[Header]:
        """The header this row may be, alone or with the next under its group titles."""
        row, cells = rows[index]
        texts = _texts(cells)
        if not texts:
            return
        single = self._header(row, row, texts)
        if single:
            yield single
        if index + 1 < len(rows) and rows[index + 1][0] == row + 1:
            double = _under(texts, _texts(rows[index + 1][1]))
            if double and (header := self._header(row, row + 1, double)) and _richer(header, single):
                yield header

    def _header(self, row: int, last: int, texts: dict[int, str]) -> Header | None:
        fields, read = self._resolve(texts)
        filled = len(texts)
        has_title = self.title in fields
        named = has_title and self._candidates(texts[fields[self.title][0]])[0].rank <= STRONG
        if not (has_title and len(read) * 3 >= filled and (len(fields) > 1 or filled == 1 or named)) and not (
            len(fields) >= 3 and len(read) * 2 >= filled
        ):
            return None
        unread = tuple(text for column, text in texts.items() if column not in read)
        columns_of = {field: tuple(places) for field, places in fields.items()}
        written = {column: " ".join(text.split()) for column, text in texts.items()}
        return Header(row, last, columns_of, read, written, unread, tuple(map(key, texts.values())), has_title)

    def _resolve(self, texts: Mapping[int, str]) -> tuple[dict[str, list[int]], dict[int, str]]:
        """Field → columns, and column → field. Each column is one field's."""
        candidates = {column: self._candidates(text) for column, text in texts.items()}
        if self.title == "title" and FORM & set(map(key, texts.values())):
            candidates = {column: found for column, found in candidates.items() if key(texts[column]) not in SENDER}
        taken: dict[int, str] = {}
        filled: set[str] = set()
        given: set[str] = set()  # the fields that have their column by what the stanza says
        for column, match in _by_rank(candidates):
            if column in taken:
                continue
            if match.field not in filled or (match.rank <= STRONG and match.field not in given):
                taken[column] = match.field
                filled.add(match.field)
                given |= {match.field} if match.rank == GIVEN else set()
        self._find_title(candidates, taken)
        self._sides(texts, taken)
        fields: dict[str, list[int]] = {}
        for column, field in sorted(taken.items(), key=lambda item: (_rank(candidates, item), item[0])):
            fields.setdefault(field, []).append(column)
        return fields, taken

    def _candidates(self, text: str) -> tuple[Match, ...]:
        if field := self.given.get(key(text)):
            return (Match(GIVEN, 0, field),)
        group, _, sub = text.partition(JOINT)
        return self._by_kind(self._joined(text, group, sub) if sub else self.words.matches(text))

    def _joined(self, text: str, group: str, sub: str) -> tuple[Match, ...]:
        """Of a sub-header under its group title: a side of it ("Horaires", "de"), both together, or either alone."""
        of = self.words.matches(group)
        if of and (field := sides.PAIRS.get((of[0].field, self.words.side(sub) or ""))):
            return (Match(STRONG, 0, field),)
        whole, alone = self.words.matches(text), self.words.matches(sub)
        return next((m for m in (whole, alone) if m and m[0].rank <= STRONG), whole or alone or of)

    def _by_kind(self, matches: tuple[Match, ...]) -> tuple[Match, ...]:
        """ "Type" says offer or request where things are exchanged, else which kind of thing it is."""
        if self.kind == "exchange":
            return tuple(Match(m.rank, m.place, "exchange") if m.field == "kind" else m for m in matches)
        return matches

    def _find_title(self, candidates: Mapping[int, tuple[Match, ...]], taken: dict[int, str]) -> None:
        """A weak word for the title ("Programme") takes its column from another field, for want of a better one."""
        if self.title in taken.values():
            return
        wanted = (self.title, "description") if self.kind in sides.UNTITLED else (self.title,)
        for name in wanted:
            for column, match in _by_rank(candidates):
                if match.field == name:
                    taken[column] = self.title
                    return

    def _sides(self, texts: Mapping[int, str], taken: dict[int, str]) -> None:
        """Of what "du" and "au" are: the column before tells, else the kind of the source."""
        before: str | None = None
        for column, text in texts.items():
            side = None if column in taken else self.words.side(text)
            field = self._of(side, before, taken) if side else taken.get(column)
            if side and field and field not in taken.values():
                taken[column] = field
            before = field

    def _of(self, side: str, before: str | None, taken: Mapping[int, str]) -> str | None:
        field = sides.PAIRS.get((before, side)) if before in sides.LEANT_ON else None
        if field and field not in taken.values():
            return field
        if side in ("of", "till"):
            return {"of": "start", "till": "end"}[side]
        field = sides.BY_KIND[self.kind].get(side)
        if field == "date" and "date" in taken.values():
            return "start" if side == "begin" else None
        if field == "date_end" and side == "finish" and "start" in taken.values():
            return "end"
        return field


def _texts(cells: Cells) -> dict[int, str]:
    """Column → text of a row that holds hardly anything but text, else nothing: headers are words."""
    texts = {column: cell for column, cell in enumerate(cells) if isinstance(cell, str)}
    others = sum(cell is not None for cell in cells) - len(texts)
    return texts if others * 5 <= len(texts) else {}


def _under(groups: Mapping[int, str], subs: Mapping[int, str]) -> dict[int, str]:
    """Two rows as one header, each sub-header with the group title above it; nothing when they don't lie so."""
    if not subs or len(groups) < 2:
        return {}
    joined: dict[int, str] = {}
    group, start = "", -1
    for column in range(max([*groups, *subs]) + 1):
        if column in groups:
            group, start = groups[column], column
        sub = subs.get(column)
        if sub and column in groups and column + 1 in groups:
            return {}
        if sub:
            joined[column] = f"{group}{JOINT}{sub}" if group else sub
        elif column == start:
            joined[column] = group
    return joined


def _richer(double: Header, single: Header | None) -> bool:
    return single is None or double.worth > single.worth


def _by_rank(candidates: Mapping[int, tuple[Match, ...]]) -> list[tuple[int, Match]]:
    every = [(column, match) for column, matches in candidates.items() for match in matches]
    return sorted(every, key=lambda pair: (pair[1].rank, pair[1].place, pair[0]))


def _rank(candidates: Mapping[int, tuple[Match, ...]], item: tuple[int, str]) -> tuple[int, int]:
    column, field = item
    return min(((m.rank, m.place) for m in candidates[column] if m.field == field), default=(9, 0))
