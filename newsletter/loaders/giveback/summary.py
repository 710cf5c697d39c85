"""The first sheet of a copy: every problem, with a link to its cell; to be read on the screen or printed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.hyperlink import Hyperlink

from newsletter.loaders.giveback.marks import LOOKS, mend
from newsletter.loaders.giveback.places import Found
from newsletter.loaders.written import MENDS, put

TITLE = MENDS
COLUMNS = (
    ("Gravité", 12),
    ("Cellule", 13),
    ("Feuille", 22),
    ("Ligne", 10),
    ("Colonne", 28),
    ("Valeur", 32),
    ("Ce qu’il faut faire", 70),
)
HEADER = 4
TINTS = {"error": "FF8B1A1A", "warning": "FF6B4700"}
TOWN, PALE, GREY, LINK = "FF0B5C7A", "FFD5DCE1", "FF52606D", "FF0B5C7A"
LINE = 15.5


@dataclass(frozen=True, slots=True)
class About:
    """The original: its name, what of it the copy lacks, and how many problems are too many to be listed."""

    name: str
    lost: tuple[str, ...] = ()
    more: int = 0


def write(book: Any, found: Sequence[Found], about: About) -> None:
    """Adds the sheet before all others, open on it; the one of an earlier copy goes."""
    for sheet in [sheet for sheet in book.worksheets if _is_ours(sheet)]:
        book.remove(sheet)
    for sheet in book._sheets:  # two selected sheets would be typed into at once
        sheet.sheet_view.tabSelected = False
    sheet = book.create_sheet(TITLE, 0)
    sheet.sheet_view.tabSelected, book.active = True, 0
    for view in book.views:
        view.firstSheet = 0
    ordered = sorted(found, key=lambda one: one.problem.severity)
    _head(sheet, ordered, about)
    for number, one in enumerate(ordered, HEADER + 1):
        _line(sheet, number, one)
    _set_up(sheet, HEADER + max(1, len(ordered)), about.name)


def _font(sheet: Any, **look: Any) -> Font:
    """In the letter of the workbook's own cells."""
    usual = sheet.parent._fonts[0]
    return Font(**{"name": usual.name, "size": usual.sz, **look})


def _is_ours(sheet: Any) -> bool:
    return sheet.title.startswith(TITLE) and str(sheet["A1"].value).startswith(f"{TITLE} dans ")


def _head(sheet: Any, found: Sequence[Found], about: About) -> None:
    counts = Counter(one.problem.severity for one in found)
    put(sheet["A1"], f"{TITLE} dans « {about.name} »")
    sheet["A1"].font = _font(sheet, bold=True, size=18, color=TOWN)
    put(sheet["A2"], _counted(counts["error"], counts["warning"], about.more))
    sheet["A2"].font = _font(sheet, bold=True, size=12)
    put(sheet["A3"], _advice(about.lost))
    sheet["A3"].font = _font(sheet, color=GREY)
    for row in (1, 2, 3):
        sheet.cell(row, 1).alignment = Alignment(horizontal="left", vertical="center", wrap_text=row == 3, indent=1)
    sheet.merge_cells(start_row=3, start_column=1, end_row=3, end_column=len(COLUMNS))
    for row, height in (
        (1, 30),
        (2, 20),
        (3, 8 + LINE * _lines(sheet["A3"].value, sum(width for _, width in COLUMNS))),
    ):
        sheet.row_dimensions[row].height = height
    for column, (title, width) in enumerate(COLUMNS, 1):
        cell = sheet.cell(HEADER, column, title)
        cell.font = _font(sheet, bold=True, color="FFFFFFFF")
        cell.fill = PatternFill("solid", fgColor=TOWN)
        cell.alignment = Alignment(horizontal="left", vertical="center", indent=1)
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.row_dimensions[HEADER].height = 22


def _counted(errors: int, warnings: int, more: int) -> str:
    if not errors + warnings:
        return "Rien à corriger."
    said = []
    if errors:
        said.append(
            "1 erreur : cette ligne ne sera pas imprimée"
            if errors == 1
            else f"{errors} erreurs : ces lignes ne seront pas imprimées"
        )
    if warnings:
        said.append(f"{warnings} point{_s(warnings)} à voir : imprimé{_s(warnings)}, mais à vérifier")
    if more:
        said.append(f"et {more} autre{_s(more)}, à revoir une fois ceux-ci corrigés")
    return " · ".join(said)


def _s(count: int) -> str:
    return "s" if count > 1 else ""


def _advice(lost: Sequence[str]) -> str:
    advice = (
        "La colonne « Cellule » mène à chaque cellule, colorée, avec un commentaire qui dit quoi taper. "
        "Corrigez votre propre fichier, puis relancez la vérification : cette copie n’est pas relue."
    )
    return f"{advice}\nDe l’original, cette copie n’a pas : {', '.join(lost)}." if lost else advice


def _line(sheet: Any, row: int, one: Found) -> None:
    problem, look = one.problem, LOOKS[one.problem.severity]
    place = one.cell or ("feuille" if one.sheet else "fichier")
    texts = (
        look.word,
        place,
        problem.origin.sheet or one.sheet or "",
        None,
        problem.column or "",
        problem.found or "",
        mend(problem),
    )
    rule = Border(bottom=Side(style="thin", color=PALE))
    for column, said in enumerate(texts, 1):
        cell = sheet.cell(row, column)
        if said:
            put(cell, said)
        cell.alignment = Alignment(horizontal="left", vertical="center", wrap_text=True, indent=1)
        cell.border = rule
    sheet.cell(row, 4).value = problem.origin.row
    sheet.cell(row, 4).alignment = Alignment(horizontal="center", vertical="center")
    sheet.cell(row, 1).font = _font(sheet, bold=True, color=TINTS[problem.severity])
    sheet.cell(row, 1).fill = PatternFill("solid", fgColor=look.fill)
    _link(sheet.cell(row, 2), one)
    tallest = max(_lines(str(sheet.cell(row, c).value or ""), width) for c, (_, width) in enumerate(COLUMNS, 1))
    sheet.row_dimensions[row].height = 8 + LINE * tallest


def _link(cell: Any, one: Found) -> None:
    if one.sheet is None:
        return
    quoted = one.sheet.replace("'", "''")
    cell.hyperlink = Hyperlink(
        ref=cell.coordinate, location=f"'{quoted}'!{one.cell or 'A1'}", tooltip="Aller à cette cellule"
    )
    cell.font = _font(cell.parent, color=LINK, underline="single", bold=True)
    if one.hidden:
        put(cell, f"{cell.value} (masquée)")


def _lines(written: str, width: float) -> int:
    return sum(max(1, ceil(len(line) / (width * 1.15 - 2))) for line in written.split("\n"))


def _set_up(sheet: Any, last: int, name: str) -> None:
    sheet.freeze_panes = f"A{HEADER + 1}"
    sheet.auto_filter.ref = f"A{HEADER}:{sheet.cell(HEADER, len(COLUMNS)).column_letter}{last}"
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = "FFB42318"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.print_title_rows = f"{HEADER}:{HEADER}"
    sheet.page_margins.top = 0.5
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddFooter.left.text = name.replace("&", "&&")
    sheet.oddFooter.right.text = "Page &P sur &N"
