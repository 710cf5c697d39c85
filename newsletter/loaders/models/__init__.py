"""An empty workbook for staff and associations to fill: what they type in it, `read` reads without a problem.

Enters: a kind, the town's name, the audiences of config.toml. Leaves: the bytes of an .xlsx. Never here: a file, nor a
clock: the example's days have no year, so that they are always to come.

    forms   the columns of each kind, what to type in them, the example row
"""

import io
from collections.abc import Mapping
from itertools import chain
from math import ceil
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.dimensions import ColumnDimension

from newsletter.loaders.models.forms import CHOICES, FORMS, Column, Form
from newsletter.loaders.written import put
from newsletter.model import Kind

if TYPE_CHECKING:
    from newsletter.config import Audience

__all__ = ["model"]

LISTS = "Listes"
HEADER = 4
EXAMPLE = HEADER + 1
RULED, CHECKED = 22, 1_000
ROW = 21
LAST_COLUMN = 16_384
A_PAGE = 175
USUAL = {"public": "Grand public", "associations": "Associations"}
FORMATS = {"date": "[$-40C]ddd dd/mm/yyyy", "time": "hh:mm"}
TOWN, TINT, INK, GREY, RULE, PAPER, WHITE = (
    "FF0B5C7A",
    "FFDDEBF0",
    "FF1F2933",
    "FF5B6770",
    "FFD5DCE1",
    "FFF6F8F9",
    "FFFFFFFF",
)
UNLOCKED = Protection(locked=False)
LEFT = {"horizontal": "left", "indent": 1}
CENTERED = ("date", "time", "number", "Diffusion", "Thème", "Type", "Statut", "Entraide")
FREE = (
    "formatCells", "formatColumns", "formatRows", "insertRows", "deleteRows", "insertHyperlinks", "sort", "autoFilter",
)  # fmt: skip
HELP = (
    "Une ligne par {one}. Les colonnes marquées * sont à remplir. Cliquez dans une case : un message dit quoi taper.",
    "Effacez la ligne d’exemple. Ce que vous tapez est publié : pas d’adresse ni de téléphone personnels sans accord.",
)


def model(kind: Kind, *, town_name: str, audiences: "Mapping[str, Audience]") -> bytes:
    """A workbook with one table to fill, and its lists of choices on a hidden sheet."""
    form = FORMS[kind]
    book = Workbook()
    sheet = book.active
    sheet.title = form.name
    book.properties.creator, book.properties.title = town_name, f"{form.name} : tableau à remplir"
    words = _audiences(audiences)
    choices = _lists(book.create_sheet(LISTS), {"Diffusion": words, **CHOICES}, form)
    _banner(sheet, form, town_name)
    for number, column in enumerate(form.columns, 1):
        _column(sheet, number, column)
        example = words[0] if column.ask == "Diffusion" else form.example.get(column.header)
        _example(sheet.cell(EXAMPLE, number), example)
        sheet.add_data_validation(_check(column, get_column_letter(number), choices))
    _beyond(sheet, len(form.columns) + 1)
    _protect(sheet)
    _print(sheet, form)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _audiences(audiences: "Mapping[str, Audience]") -> tuple[str, ...]:
    """A word for each that the catalogue knows, after the word for all of them."""
    named = [USUAL.get(name) or next(chain(stanza.words, [stanza.title])) for name, stanza in audiences.items()]
    return ("Tous", *named) if len(named) > 1 else tuple(named)


def _lists(sheet: Any, lists: Mapping[str, tuple[str, ...]], form: Form) -> dict[str, str]:
    """Writes what there is to choose from; name → where it stands."""
    sheet.sheet_state = "hidden"
    sheet.protection.sheet = True
    places: dict[str, str] = {}
    for number, name in enumerate([column.ask for column in form.columns if column.ask in lists], 1):
        sheet.cell(1, number, name).font = Font(bold=True)
        for row, word in enumerate(lists[name], 2):
            put(sheet.cell(row, number), word)
        letter = get_column_letter(number)
        places[name] = f"{LISTS}!${letter}$2:${letter}${len(lists[name]) + 1}"
    return places


def _banner(sheet: Any, form: Form, town_name: str) -> None:
    put(sheet["A1"], f"{town_name} · {form.name}")
    for number in range(1, len(form.columns) + 1):
        for row, colour in ((1, TOWN), (2, WHITE), (3, WHITE)):
            sheet.cell(row, number).fill = PatternFill("solid", fgColor=colour)
    sheet["A1"].font = Font(name="Calibri", bold=True, size=20, color=WHITE)
    sheet["A1"].alignment = Alignment(vertical="center", **LEFT)
    for row, line in enumerate(HELP, 2):
        put(sheet.cell(row, 1), line.format(one=form.one))
        sheet.cell(row, 1).font = Font(name="Calibri", size=11, color=INK if row == 2 else GREY)
        sheet.cell(row, 1).alignment = Alignment(vertical="center", **LEFT)
    for row, height in ((1, 38), (2, 22), (3, 22), (HEADER, 36), (EXAMPLE, 36)):
        sheet.row_dimensions[row].height = height
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = ROW, True


def _column(sheet: Any, number: int, column: Column) -> None:
    """Its header, its width, and what its cells are like as far down as one may type."""
    head = sheet.cell(HEADER, number)
    put(head, column.header)
    strong = column.required
    head.font = Font(name="Calibri", bold=True, size=11, color=WHITE if strong else INK)
    head.fill = PatternFill("solid", fgColor=TOWN if strong else TINT)
    head.alignment = Alignment(vertical="center", wrap_text=True, **LEFT)
    head.border = Border(bottom=Side(style="medium", color=TOWN), right=Side(style="thin", color=WHITE))
    head.comment = Comment(column.note, "Newsletter", height=30 + 18 * ceil(len(column.note) / 38), width=280)
    down = sheet.column_dimensions[get_column_letter(number)]
    down.width = column.width
    rule = Side(style="thin", color=RULE)
    for place in [down, *(sheet.cell(row, number) for row in range(EXAMPLE, RULED + 1))]:
        place.font = Font(name="Calibri", size=11)
        place.number_format = FORMATS.get(column.ask, "General")
        place.alignment = Alignment(
            vertical="center", wrap_text=True, **({"horizontal": "center"} if column.ask in CENTERED else LEFT)
        )
        place.protection = UNLOCKED
        if place is not down:
            place.border = Border(bottom=rule, right=rule)


def _example(cell: Any, value: object) -> None:
    if isinstance(value, str):
        put(cell, value)
    elif value is not None:
        number_format = cell.number_format
        cell.value = value
        cell.number_format = number_format
    cell.font = Font(name="Calibri", size=11, italic=True, color=GREY)
    cell.fill = PatternFill("solid", fgColor=PAPER)


def _check(column: Column, letter: str, choices: Mapping[str, str]) -> DataValidation:
    """A message that says what to type; a list to choose from, which one may leave."""
    rule = DataValidation(sqref=f"{letter}{EXAMPLE}:{letter}{CHECKED}", allow_blank=True, showInputMessage=True)
    rule.promptTitle, rule.prompt = column.header.rstrip(" *")[:32], column.note[:255]
    if column.ask in choices:
        rule.type, rule.formula1 = "list", choices[column.ask]
        rule.showErrorMessage = column.ask != "Thème"
        rule.errorStyle, rule.errorTitle = "warning", "Ce mot n’est pas dans la liste"
        rule.error = "Choisissez dans la liste, sinon la ligne risque d’être mal comprise. Garder ce mot ?"
    return rule


def _beyond(sheet: Any, first: int) -> None:
    """Columns of their own are open too: they are told as not read, not forbidden."""
    letter = get_column_letter(first)
    rest = ColumnDimension(sheet, index=letter, min=first, max=LAST_COLUMN, width=14)
    rest.protection = UNLOCKED
    sheet.column_dimensions[letter] = rest


def _protect(sheet: Any) -> None:
    """Only banner and header are closed, without a password: against slips, not against people."""
    protection = sheet.protection
    protection.sheet = True
    for forbidden in FREE:
        setattr(protection, forbidden, False)
    sheet.freeze_panes = f"B{EXAMPLE}"
    sheet.sheet_view.selection[0].activeCell = sheet.sheet_view.selection[0].sqref = f"A{EXAMPLE + 1}"


def _print(sheet: Any, form: Form) -> None:
    """Landscape, as many pages across as it takes to stay readable, the header on each."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth = ceil(sum(column.width for column in form.columns) / A_PAGE)
    sheet.page_setup.fitToHeight = 0
    sheet.print_title_rows = f"{HEADER}:{HEADER}"
    sheet.print_title_cols = "A:A"
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5
    sheet.oddFooter.left.text = form.name
    sheet.oddFooter.right.text = "Page &P sur &N"
