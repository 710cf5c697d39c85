"""Which cell a problem is about: its row, and the column under the header it names; the row's first cell otherwise."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from openpyxl.cell.cell import MergedCell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.utils import get_column_letter

from newsletter.loaders.cells import text
from newsletter.loaders.headers import JOINT
from newsletter.loaders.matching import lexicon
from newsletter.loaders.request import Vocabulary
from newsletter.model import Problem

HEADER = 2
VOCABULARIES: tuple[Vocabulary, ...] = ("items", "subscribers")


@dataclass(frozen=True, slots=True)
class Found:
    """A problem and its cell; no cell when it is about a sheet (then `sheet` alone) or the file."""

    problem: Problem
    sheet: str | None = None
    row: int = 0
    column: int = 0
    hidden: bool = False

    @property
    def cell(self) -> str | None:
        """Its cell's name ("C14")."""
        return f"{get_column_letter(self.column)}{self.row}" if self.row else None


def find(book: Any, problems: Sequence[Problem], titles: Mapping[str, str]) -> list[Found]:
    """Every problem with its cell, as sheets, rows and columns come. `titles`: the original's sheets, renamed."""
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    alone = book.worksheets[0].title if len(sheets) == 1 else None
    by_sheet: dict[str | None, list[Problem]] = defaultdict(list)
    for problem in problems:
        title = alone if problem.origin.sheet is None else titles.get(problem.origin.sheet, problem.origin.sheet)
        by_sheet[title if title in sheets else None].append(problem)
    found = [Found(problem) for problem in by_sheet.pop(None, [])]
    for title, sheet in sheets.items():
        if title in by_sheet:
            finder = _Finder(sheet, {problem.column for problem in by_sheet[title] if problem.column})
            told = [finder.place(problem) for problem in by_sheet[title]]
            found += sorted(told, key=lambda one: (one.row, one.column))
    return found


class _Finder:
    """The cells of one sheet, and where the headers are that its problems name."""

    def __init__(self, sheet: Any, columns: set[str]) -> None:
        self.sheet = sheet
        self.rows: dict[int, dict[int, Any]] = defaultdict(dict)
        for (row, column), cell in sheet._cells.items():  # rows of a far cell would be a million: only cells that are
            if cell.value is not None:
                self.rows[row][column] = str(cell.value) if isinstance(cell.value, CellRichText) else cell.value
        self.headers: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.worth: dict[int, int] = {}
        for row in sorted(self.rows):
            for column, value in self.rows[row].items():
                if isinstance(value, str):
                    for name in self._names(columns, row, column, said(value)):
                        self.headers[name].append((row, column))
                        self.worth[row] = self.worth.get(row) or known(self.rows[row].values())

    def place(self, problem: Problem) -> Found:
        """A problem's cell: the first of those it is merged with."""
        row = problem.origin.row
        if row is None or not 1 <= row <= 2**20:
            return Found(problem, self.sheet.title)
        column = self._column(problem, row) or min(self.rows[row], default=1)
        top, left = self._whole(row, column)
        letter = get_column_letter(left)
        hidden = self.sheet.row_dimensions[top].hidden or self.sheet.column_dimensions[letter].hidden
        return Found(problem, self.sheet.title, top, left, bool(hidden) or self.sheet.sheet_state != "visible")

    def _names(self, columns: set[str], row: int, column: int, written: str) -> Iterator[str]:
        """The headers this text may be: itself, or under a group title of the row above."""
        if written in columns:
            yield written
        for name in columns:
            group, joint, sub = name.rpartition(JOINT)
            if joint and sub == written and self._group(row - 1, column) == group:
                yield name

    def _group(self, row: int, column: int) -> str | None:
        left = [place for place in self.rows.get(row, ()) if place <= column]
        return said(self.rows[row][max(left)]) if left else None

    def _column(self, problem: Problem, row: int) -> int | None:
        """The column of the header above; of several, the one that holds what was found."""
        above = [place for place in self.headers.get(problem.column or "", ()) if place[0] <= row]
        if not above:
            return None
        enough = max(HEADER, max(self.worth[place[0]] for place in above) / 2)
        header = max((place[0] for place in above if self.worth[place[0]] >= enough), default=above[-1][0])
        columns = [column for line, column in above if line == header]
        filled = self.rows.get(row, {})
        if problem.found is None or any(shown(filled.get(column)) == problem.found for column in columns):
            return next((column for column in columns if shown(filled.get(column)) == problem.found), columns[0])
        same = [column for column, value in filled.items() if shown(value) == problem.found]
        return same[0] if len(same) == 1 and columns[0] not in filled else columns[0]

    def _whole(self, row: int, column: int) -> tuple[int, int]:
        if isinstance(self.sheet._cells.get((row, column)), MergedCell):
            for merged in self.sheet.merged_cells.ranges:
                if merged.min_row <= row <= merged.max_row and merged.min_col <= column <= merged.max_col:
                    return merged.min_row, merged.min_col
        return row, column


def known(values: Iterable[object]) -> int:
    """How many of a row's texts are headers we know: what tells a header row from one that says a header's word."""
    texts = [said(value) for value in values if isinstance(value, str)]
    return max(sum(bool(lexicon(each).matches(text)) for text in texts) for each in VOCABULARIES)


def said(value: object) -> str:
    """A header as problems name it: on one line, without what no one sees."""
    return " ".join((text(str(value)) or "").removeprefix("'").split())


def shown(value: object) -> str | None:
    """A value as problems show it, near enough to know it again."""
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y}" if value.time() == time() else f"{value:%d/%m/%Y} {value.hour}h{value.minute:02}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, time):
        return f"{value.hour}h{value.minute:02}"
    return None if value is None else text(str(value))
