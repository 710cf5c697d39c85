"""A file of any suffix → a workbook of openpyxl to mark: as it is when it is one already, else its values."""

import csv
import io
import re
import warnings
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import PurePath
from typing import Any

import openpyxl
import python_calamine
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from newsletter.errors import SourceUnreadable
from newsletter.loaders import text
from newsletter.loaders.cells import clean
from newsletter.loaders.giveback import kept
from newsletter.loaders.giveback.places import known
from newsletter.loaders.grid import Cells
from newsletter.loaders.headers import LOOKED_AT
from newsletter.loaders.written import put
from newsletter.model import Document

TEXTS = {".csv", ".tsv", ".txt"}
# What openpyxl raises on workbooks it doesn't understand, though others do.
BROKEN = (
    InvalidFileException, zipfile.BadZipFile, ValueError, TypeError, KeyError, IndexError, AttributeError, SyntaxError,
    OSError, NotImplementedError, RecursionError, EOFError, zlib.error,
)  # fmt: skip
STYLE_LOST = "la mise en forme, les formules et les listes (ce classeur s'ouvre mal : seules ses valeurs sont reprises)"
VALUES_ONLY = "la mise en forme, les formules et les listes : seules les valeurs sont reprises"
FORMATS: dict[type, str] = {datetime: "dd/mm/yyyy hh:mm", date: "dd/mm/yyyy", time: "hh:mm", timedelta: "[h]:mm"}
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
MOST_CELLS = 2_000_000
MOST_ROWS, MOST_COLUMNS = 2**20, 2**14
NARROWEST, WIDEST = 9, 50
LINE, MOST_LINES = 15, 12
PALE = PatternFill("solid", fgColor="FFE4EBEF")


@dataclass(slots=True)
class Copy:
    """A workbook, what of the original it lacks, and what its formulas gave (see `kept`).

    `titles`: what a sheet is called in the original → here, where a name takes 31 characters and no slash.
    """

    book: Any
    lost: list[str] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    results: kept.Results = field(default_factory=dict)


def as_it_is(content: bytes) -> Copy:
    """An .xlsx or .xlsm, with all that can be kept of it. Raises one of BROKEN."""
    original = kept.Original(content)
    if original.merged() > MOST_CELLS:  # openpyxl makes a cell of each
        raise InvalidFileException
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it leaves out: `kept` says it in French
        book = openpyxl.load_workbook(io.BytesIO(content), rich_text=True)
    if not book.worksheets:
        raise InvalidFileException
    original.restore_lists(book)
    kept.quote(book)
    return Copy(book, original.lost(book), results=original.results())


def typed(document: Document) -> Copy:
    """A text table: each record on the row of its number, each field as it was typed."""
    book = openpyxl.Workbook()
    book.active.title = _title(PurePath(document.name).stem)
    separator, content = text.separator_of(text.decode(document.content).replace("\x00", ""))
    try:
        _fill(book.active, list(text.records(io.StringIO(content, newline=""), separator)))
    except csv.Error:
        raise SourceUnreadable("un guillemet ouvert n'est jamais fermé, enregistrez à nouveau le tableau") from None
    return Copy(book)


def values(content: bytes, lost: str) -> Copy:
    """The values of a workbook in another format, all its sheets, the hidden ones hidden."""
    try:
        source = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        book, titles = openpyxl.Workbook(), {}
        book.remove(book.active)
        for told in source.sheets_metadata:
            if told.typ == python_calamine.SheetTypeEnum.WorkSheet:
                sheet = book.create_sheet(_title(told.name))
                titles[told.name] = sheet.title
                sheet.sheet_state = "visible" if told.visible == python_calamine.SheetVisibleEnum.Visible else "hidden"
                _copy(source.get_sheet_by_name(told.name), sheet)
    except (python_calamine.CalamineError, OSError):
        raise SourceUnreadable("ce classeur est abîmé, une copie annotée ne peut pas être faite") from None
    return Copy(book, [lost], titles)


def _title(written: str) -> str:
    return NOT_IN_NAMES.sub(" ", written).strip(" '")[:31] or "Tableau"


def _copy(source: python_calamine.CalamineSheet, sheet: Any) -> None:
    if source.start is None:
        return
    top, left = source.start
    before: Cells = [None] * left
    _fill(
        sheet,
        [(number, before + [clean(cell) for cell in row]) for number, row in enumerate(source.iter_rows(), top + 1)],
    )
    for (first, start), (last, end) in source.merged_cell_ranges or ():
        if last <= sheet.max_row and end <= sheet.max_column:
            sheet.merge_cells(start_row=first + 1, start_column=start + 1, end_row=last + 1, end_column=end + 1)


def _fill(sheet: Any, rows: list[tuple[int, Cells]]) -> None:
    """Writes rows under their numbers, as wide and as high as they are read best, their header in bold."""
    wide = max((len(cells) for _, cells in rows), default=0) > MOST_COLUMNS
    if wide or sum(len(cells) for _, cells in rows) > MOST_CELLS or (rows and rows[-1][0] > MOST_ROWS):
        raise SourceUnreadable("trop de cellules pour une copie annotée, coupez ce fichier en plusieurs")
    widths: dict[int, int] = {}
    for number, cells in rows:
        alone = sum(cell is not None for cell in cells) < 2  # a banner, a note: it may run over its neighbours
        for column, value in enumerate(cells, 1):
            if value is not None:
                long = _write(sheet.cell(number, column), value)
                widths[column] = max(widths.get(column, NARROWEST), 0 if alone else min(long + 2, WIDEST))
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = width
    for number, cells in rows:
        _fit(sheet, number, cells, widths)
    header = max(rows[:LOOKED_AT], key=lambda row: known(row[1]), default=None)
    if header and known(header[1]) > 1:
        for cell in sheet[header[0]]:
            cell.font, cell.fill = Font(name=cell.font.name, size=cell.font.sz, bold=True), PALE
        sheet.freeze_panes = f"A{header[0] + 1}"


def _write(cell: Any, value: object) -> int:
    """Writes a value as it was typed, and says how wide it is."""
    if isinstance(value, str):
        put(cell, value)
        return max(map(len, value.split("\n")))
    cell.value = value
    cell.number_format = FORMATS.get(type(value), "General")
    return len(FORMATS.get(type(value), str(value)))


def _fit(sheet: Any, number: int, cells: Cells, widths: dict[int, int]) -> None:
    """Wraps the texts of a row that are wider than their column, and makes the row as high as it takes."""
    filled = {column: value for column, value in enumerate(cells, 1) if value is not None}
    lines = {column: _lines(value, widths[column]) for column, value in filled.items()}
    if len(filled) > 1 and max(lines.values()) > 1:
        sheet.row_dimensions[number].height = LINE * min(max(lines.values()), MOST_LINES) + 3
        for column, count in lines.items():
            sheet.cell(number, column).alignment = Alignment(vertical="top", wrap_text=count > 1)


def _lines(value: object, width: int) -> int:
    return sum(1 + len(line) // width for line in value.split("\n")) if isinstance(value, str) else 1
