"""The workbook given back: the cells at fault marked, the mend said, all else as it was."""

import io
import random
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image as Picture
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from PIL import Image
from workbooks import Sheet, ods, xls

from newsletter import loaders
from newsletter.config import Source
from newsletter.errors import SourceUnreadable
from newsletter.loaders import giveback, sandbox
from newsletter.loaders.giveback import copying, marks, opening
from newsletter.loaders.giveback.summary import COLUMNS, HEADER, TITLE
from newsletter.model import Document, Kind, Origin, Problem, Severity

DATA = Path(__file__).parent.parent / "data"
AS_OF = datetime(2021, 12, 1, 9, tzinfo=ZoneInfo("Europe/Paris"))
RED, AMBER = (marks.LOOKS[severity].fill for severity in ("error", "warning"))
FILE, SHEET = "agenda.xlsx", "Agenda"


def agenda(change: Callable[[Any], None] = lambda sheet: None) -> bytes:
    """A workbook as staff keep it: a banner, a header on row 3, three rows."""
    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    sheet["A1"] = "AGENDA DES ASSOCIATIONS"
    for row in (
        [],
        ["Titre", "Date", "Horaires", "Lieu", "Contact"],
        ["Loto (exemple)", date(2021, 12, 4), time(14, 30), "Salle des fêtes", "loto@asso.example"],
        ["Chorale (exemple)", "31/11/2021", "20h", "Église", None],
        [None, date(2021, 12, 18), "18h", "Gymnase", "=1+1"],
    ):
        sheet.append(row)
    change(sheet)
    return saved(book)


def saved(book: Any) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def with_parts(content: bytes, parts: Mapping[str, bytes | Callable[[bytes], bytes]]) -> bytes:
    """The same archive with parts changed or added."""
    wanted = dict(parts)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            part = wanted.pop(name, old.read(name))
            new.writestr(name, part if isinstance(part, bytes) else part(old.read(name)))
        for name, part in wanted.items():
            assert isinstance(part, bytes)
            new.writestr(name, part)
    return made.getvalue()


def problem(
    row: int | None, column: str | None = None, wanted: str = "tapez autre chose", severity: Severity = "error"
) -> Problem:
    return Problem(Origin(FILE, SHEET, row), column, None, wanted, severity, "test")


def given_back(content: bytes, *problems: Problem, name: str = FILE, suffix: str = ".xlsx") -> Any:
    """The copy, opened, made in this process."""
    _, copy = copying.annotated(copying.Order(Document(name, content), suffix, problems))
    return load_workbook(io.BytesIO(copy), rich_text=True)


def marked(sheet: Any) -> dict[str, str]:
    """Cell → its comment, of the cells in our colours."""
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb in (RED, AMBER)]
    return {cell.coordinate: cell.comment.text for cell in cells}


# ---- marks -----------------------------------------------------------------------------------------------------------


def test_the_cell_at_fault_is_coloured_and_says_the_mend() -> None:
    wanted = "cette date n'existe pas : novembre a 30 jours"
    book = given_back(agenda(), problem(5, "Date", wanted), problem(6, "Contact", "voyez ceci", "warning"))
    sheet = book[SHEET]
    assert marked(sheet) == {
        "B5": "▸ Erreur : Cette date n'existe pas : novembre a 30 jours",
        "E6": "▸ À voir : Voyez ceci",
    }
    assert (sheet["B5"].fill.fgColor.rgb, sheet["E6"].fill.fgColor.rgb) == (RED, AMBER)
    assert sheet["B5"].comment.author == "Newsletter"
    assert sheet["B5"].value == "31/11/2021"


def test_severities_differ_by_more_than_their_colour() -> None:
    book = given_back(agenda(), problem(5, "Date"), problem(6, "Date", severity="warning"))
    sheet = book[SHEET]
    assert sheet["B5"].border.left.style != sheet["B6"].border.left.style
    assert [sheet[cell].comment.text.split(" : ")[0] for cell in ("B5", "B6")] == ["▸ Erreur", "▸ À voir"]


@pytest.mark.parametrize("fill", [RED, AMBER])
def test_marked_cells_can_be_read(fill: str) -> None:
    assert _contrast(marks.INK[2:], fill[2:]) >= 7


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_several_problems_on_a_cell_are_one_comment_in_the_gravest_colour() -> None:
    book = given_back(agenda(), problem(5, "Date", "un", "warning"), problem(5, "Date", "deux"))
    assert marked(book[SHEET]) == {"B5": "▸ À voir : Un\n▸ Erreur : Deux"}
    assert book[SHEET]["B5"].fill.fgColor.rgb == RED


def test_a_comment_that_was_there_is_kept_with_its_author() -> None:
    def commented(sheet: Any) -> None:
        sheet["B5"].comment = Comment("à confirmer avec Awa", "Camille")
        sheet["A4"].comment = Comment("le 12e du nom", "Camille")

    sheet = given_back(agenda(commented), problem(5, "Date"))[SHEET]
    assert sheet["B5"].comment.text == "Camille :\nà confirmer avec Awa\n\n▸ Erreur : Tapez autre chose"
    assert (sheet["A4"].comment.text, sheet["A4"].comment.author) == ("le 12e du nom", "Camille")


def test_a_copy_mended_and_given_in_again_loses_its_old_marks() -> None:
    def commented(sheet: Any) -> None:
        sheet["E4"].comment = Comment("vu", "Camille")

    _, first = copying.annotated(
        copying.Order(
            Document(FILE, agenda(commented)), ".xlsx", [problem(5, "Date"), problem(4, "Contact"), problem(6, "Titre")]
        )
    )
    book = given_back(first, problem(6, "Titre", "encore"))
    assert marked(book[SHEET]) == {"A6": "▸ Erreur : Encore"}
    assert "vu" in book[SHEET]["E4"].comment.text
    assert "▸" not in book[SHEET]["E4"].comment.text
    assert book.sheetnames == [TITLE, SHEET]


# ---- which cell ------------------------------------------------------------------------------------------------------


def two_rows(sheet: Any) -> None:
    sheet.delete_rows(1, 10)
    for row in (["Titre", "Dates", None, "Horaires", None], [None, "de", "à", "de", "à"], ["Loto", 1, 2, 3, 4]):
        sheet.append(row)


def two_tables(sheet: Any) -> None:
    sheet.append([])
    sheet.append(["Lieu", "Date", "Titre"])
    sheet.append(["Gymnase", "31/02/2022", "Tournoi (exemple)"])


def a_word_of_the_header_below(sheet: Any) -> None:
    sheet["D4"] = "Contact"


def merged(sheet: Any) -> None:
    sheet.merge_cells("B5:B6")


def two_contacts(sheet: Any) -> None:
    sheet["D3"], sheet["D5"] = "Contact", "à vérifier"


def rich(sheet: Any) -> None:
    sheet["B3"] = CellRichText([TextBlock(InlineFont(b=True), "Da"), "te"])


def broken_header(sheet: Any) -> None:
    sheet["B3"] = " Date \n(jour) "


PLACES: list[tuple[Callable[[Any], None], int | None, str | None, str | None, str | None]] = [
    (lambda sheet: None, 5, "Date", None, "B5"),
    (lambda sheet: None, 6, None, None, "B6"),  # a row's first cell that holds something
    (lambda sheet: None, 5, "Colonne inconnue", None, "A5"),
    (lambda sheet: None, 3, "Date", None, "B3"),
    (lambda sheet: None, 40, None, None, "A40"),
    (two_rows, 3, "Horaires – à", None, "E3"),
    (two_rows, 3, "Dates – de", None, "B3"),
    (two_rows, 3, "Titre", None, "A3"),
    (two_tables, 9, "Date", None, "B9"),
    (two_tables, 9, "Titre", None, "C9"),
    (two_tables, 5, "Titre", None, "A5"),
    (a_word_of_the_header_below, 5, "Contact", None, "E5"),
    (merged, 6, "Date", None, "B5"),
    (two_contacts, 5, "Contact", "à vérifier", "D5"),
    (rich, 5, "Date", None, "B5"),
    (broken_header, 5, "Date (jour)", None, "B5"),
    (lambda sheet: None, None, None, None, None),
    (lambda sheet: None, 0, "Date", None, None),
    (lambda sheet: None, 2_000_000, "Date", None, None),
]


@pytest.mark.parametrize(("change", "row", "column", "found", "cell"), PLACES)
def test_the_cell_a_problem_is_about(
    change: Callable[[Any], None], row: int | None, column: str | None, found: str | None, cell: str | None
) -> None:
    told = Problem(Origin(FILE, SHEET, row), column, found, "tapez autre chose")
    book = given_back(agenda(change), told)
    assert list(marked(book[SHEET])) == ([cell] if cell else [])
    assert book[TITLE].cell(HEADER + 1, 2).value == (cell or "feuille")


def test_a_problem_of_the_whole_file_is_listed_without_a_cell() -> None:
    book = given_back(
        agenda(lambda sheet: sheet.parent.create_sheet("Notes")), Problem(Origin(FILE), None, None, "trop")
    )
    assert [cell.value for cell in book[TITLE][HEADER + 1]] == ["Erreur", "fichier", None, None, None, None, "Trop"]
    assert book[TITLE].cell(HEADER + 1, 2).hyperlink is None


# ---- the list --------------------------------------------------------------------------------------------------------


def test_the_first_sheet_lists_the_problems_with_links() -> None:
    told = Problem(Origin(FILE, SHEET, 5), "Date", "31/11/2021", "cette date n'existe pas", "error")
    book = given_back(agenda(), problem(6, "Lieu", "voyez", "warning"), told)
    sheet = book.worksheets[0]
    assert (sheet.title, book.active.title) == (TITLE, TITLE)
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEADER)] == [
        [name for name, _ in COLUMNS],
        ["Erreur", "B5", SHEET, 5, "Date", "31/11/2021", "Cette date n'existe pas"],
        ["À voir", "D6", SHEET, 6, "Lieu", None, "Voyez"],
    ]
    assert [sheet.cell(row, 2).hyperlink.location for row in (5, 6)] == ["'Agenda'!B5", "'Agenda'!D6"]
    assert sheet["A2"].value == (
        "1 erreur : cette ligne ne sera pas imprimée · 1 point à voir : imprimé, mais à vérifier"
    )


def test_the_list_is_ready_for_the_screen_and_the_printer() -> None:
    sheet = given_back(agenda(), problem(5, "Date"))[TITLE]
    assert sheet.freeze_panes == f"A{HEADER + 1}"
    assert sheet.auto_filter.ref == f"A{HEADER}:G{HEADER + 1}"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == f"${HEADER}:${HEADER}"
    assert sheet.row_dimensions[HEADER + 1].height > 15


def test_only_the_list_is_selected() -> None:
    book = given_back(agenda(lambda sheet: sheet.parent.create_sheet("Notes")), problem(5, "Date"))
    assert [sheet.sheet_view.tabSelected for sheet in book.worksheets] == [True, False, False]


def test_a_quote_in_a_sheets_name_does_not_break_its_links() -> None:
    content = agenda(lambda sheet: setattr(sheet, "title", "L'agenda"))
    book = given_back(content, Problem(Origin(FILE, "L'agenda", 5), "Date", None, "non"))
    assert book[TITLE].cell(HEADER + 1, 2).hyperlink.location == "'L''agenda'!B5"


def test_what_is_hidden_is_said_to_be() -> None:
    def hide(sheet: Any) -> None:
        sheet.row_dimensions[5].hidden = True

    assert given_back(agenda(hide), problem(5, "Date"))[TITLE].cell(HEADER + 1, 2).value == "B5 (masquée)"


def test_a_sheet_of_that_name_that_is_not_ours_stays() -> None:
    def own(sheet: Any) -> None:
        sheet.parent.create_sheet(TITLE)["A1"] = "Ma liste"

    book = given_back(agenda(own), problem(5, "Date"))
    assert len(book.sheetnames) == 3
    assert book[TITLE]["A1"].value == "Ma liste"


def test_too_many_problems_are_counted_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giveback, "MOST", 2)
    some = [problem(5, "Date", "un", "warning"), problem(5, "Lieu", "deux"), problem(6, "Titre", "trois")]
    _, copy = giveback.annotate(Document(FILE, agenda()), some)
    book = load_workbook(io.BytesIO(copy))
    assert list(marked(book[SHEET])) == ["D5", "A6"]  # errors before warnings
    assert "et 1 autre, à revoir" in book[TITLE]["A2"].value


# ---- all else as it was ----------------------------------------------------------------------------------------------


def furnished(sheet: Any) -> None:
    """All that a person may have set up."""
    book = sheet.parent
    sheet["A4"].font = Font(name="Georgia", bold=True, color="FF006100")
    sheet["A4"].fill = PatternFill("solid", fgColor="FFC6EFCE")
    sheet["A4"].alignment = Alignment(wrap_text=True)
    sheet["F4"], sheet["F5"] = "=LEN(A4)", '=IF(A5="","",UPPER(A5))'
    sheet["B4"].number_format = "ddd d mmmm yyyy"
    sheet["G4"] = CellRichText(["un ", TextBlock(InlineFont(b=True), "gras"), " mot"])
    sheet["D4"].hyperlink = "https://salle.example"
    sheet.column_dimensions["A"].width = 41
    sheet.column_dimensions["D"].hidden = True
    sheet.row_dimensions[4].height = 33
    sheet.freeze_panes = "B4"
    sheet.auto_filter.ref = "A3:E6"
    sheet.merge_cells("A1:E1")
    sheet.print_title_rows = "3:3"
    sheet.add_data_validation(DataValidation(type="list", formula1='"oui,non"', sqref="H4:H90"))
    sheet.conditional_formatting.add("A4:A9", CellIsRule(operator="equal", formula=['"x"'], font=Font(bold=True)))
    made = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(made, "PNG")
    sheet.add_image(Picture(made), "J4")
    hidden = book.create_sheet("Listes")
    hidden.sheet_state, hidden["A1"] = "veryHidden", "Culture"
    book.create_sheet("Notes")["A1"] = "ne pas toucher"


def look(cell: Any) -> tuple[object, ...]:
    styles = (cell.font, cell.fill, cell.border, cell.alignment, cell.protection)
    return cell.value, cell.number_format, *map(repr, styles)


def test_formats_formulas_widths_lists_and_pictures_stay() -> None:
    before, after = (
        load_workbook(io.BytesIO(agenda(furnished)), rich_text=True),
        given_back(agenda(furnished), problem(5, "Date")),
    )
    assert after.sheetnames == [TITLE, *before.sheetnames]
    assert [sheet.sheet_state for sheet in after.worksheets[1:]] == ["visible", "veryHidden", "visible"]
    old, new = before[SHEET], after[SHEET]
    for row in old.iter_rows():
        for cell in row:
            if cell.coordinate != "B5":
                assert look(new[cell.coordinate]) == look(cell)
    assert new["F4"].value == "=LEN(A4)"
    assert new["D4"].hyperlink.target == "https://salle.example"
    assert [new.column_dimensions[letter].width for letter in "AB"] == [
        old.column_dimensions[letter].width for letter in "AB"
    ]
    assert (new.column_dimensions["D"].hidden, new.row_dimensions[4].height, new.freeze_panes) == (True, 33, "B4")
    assert (new.auto_filter.ref, new.print_title_rows, str(new.merged_cells)) == ("A3:E6", "$3:$3", "A1:E1")
    assert [(str(rule.sqref), rule.formula1) for rule in new.data_validations.dataValidation] == [
        ("H4:H90", '"oui,non"')
    ]
    assert len(new.conditional_formatting) == 1
    assert len(new._images) == 1


def test_formulas_keep_the_results_they_had() -> None:
    def computed(xml: bytes) -> bytes:
        assert b"<f>LEN(A4)</f><v" in xml
        xml = xml.replace(b"<f>LEN(A4)</f><v></v>", b"<f>LEN(A4)</f><v>14</v>").replace(
            b"<f>LEN(A4)</f><v/>", b"<f>LEN(A4)</f><v>14</v>"
        )
        return (
            xml.replace(b'<c r="F5"><f>', b'<c r="F5" t="str"><f>')
            .replace(b"UPPER(A5))</f><v></v>", b"UPPER(A5))</f><v>CHORALE &amp; CIE</v>")
            .replace(b"UPPER(A5))</f><v/>", b"UPPER(A5))</f><v>CHORALE &amp; CIE</v>")
        )

    content = with_parts(agenda(furnished), {"xl/worksheets/sheet1.xml": computed})
    _, copy = copying.annotated(copying.Order(Document(FILE, content), ".xlsx", [problem(5, "Date")]))
    sheet = load_workbook(io.BytesIO(copy), data_only=True)[SHEET]
    assert (sheet["F4"].value, sheet["F5"].value) == (14, "CHORALE & CIE")


EXTENDED = b"""<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"
 xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"><x14:dataValidations count="1"
 xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:dataValidation type="list" allowBlank="1"
 showErrorMessage="1" xr:uid="{1}" xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision">
<x14:formula1><xm:f>Listes!$A$1:$A$5</xm:f></x14:formula1><xm:sqref>C4:C90 E4</xm:sqref></x14:dataValidation>
</x14:dataValidations></ext></extLst></worksheet>"""


def test_lists_taken_from_another_sheet_stay() -> None:
    content = with_parts(
        agenda(furnished), {"xl/worksheets/sheet1.xml": lambda xml: xml.replace(b"</worksheet>", EXTENDED)}
    )
    rules = given_back(content, problem(5, "Date"))[SHEET].data_validations.dataValidation
    assert [(rule.type, str(rule.sqref), rule.formula1) for rule in rules][1:] == [
        ("list", "C4:C90 E4", "Listes!$A$1:$A$5")
    ]


SHAPE = b'<xdr:wsDr><xdr:twoCellAnchor><xdr:sp macro=""/></xdr:twoCellAnchor></xdr:wsDr>'
PICTURE = b"<xdr:wsDr><xdr:pic><x/></xdr:pic></xdr:wsDr>"
SPARKS = b'<extLst><ext uri="{05C60535}" xmlns:x14="urn:x"><x14:sparklineGroups/></ext></extLst></worksheet>'
LOSSES: list[tuple[dict[str, bytes | Callable[[bytes], bytes]], str]] = [
    ({"xl/vbaProject.bin": b"macro"}, "les macros"),
    ({"xl/drawings/drawing7.xml": SHAPE}, "les formes et les zones de texte"),
    ({"xl/drawings/drawing7.xml": PICTURE}, "1 image"),
    ({"xl/threadedComments/threadedComment1.xml": b"<x/>"}, "les réponses aux commentaires"),
    ({"xl/slicers/slicer1.xml": b"<x/>"}, "les segments"),
    ({"xl/connections.xml": b"<x/>"}, "les liens vers d'autres données"),
    (
        {"xl/worksheets/sheet1.xml": lambda xml: xml.replace(b"</worksheet>", SPARKS)},
        "les petits graphiques dans les cellules",
    ),
]


@pytest.mark.parametrize(("parts", "said"), LOSSES, ids=[said for _, said in LOSSES])
def test_what_the_copy_lacks_is_said(parts: dict[str, Any], said: str) -> None:
    book = given_back(with_parts(agenda(), parts), problem(5, "Date"), name="agenda.xlsm")
    assert book[TITLE]["A3"].value.endswith(f"De l’original, cette copie n’a pas : {said}.")
    assert SHEET in book.sheetnames


def test_nothing_is_said_to_lack_when_nothing_does() -> None:
    assert "n’a pas" not in given_back(agenda(furnished), problem(5, "Date"))[TITLE]["A3"].value


def test_a_workbook_with_macros_comes_back_without() -> None:
    name, copy = giveback.annotate(
        Document("agenda.xlsm", with_parts(agenda(), {"xl/vbaProject.bin": b"macro"})),
        [Problem(Origin("agenda.xlsm", SHEET, 5), "Date", None, "non")],
    )
    assert name == "agenda.xlsx"
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        assert not [part for part in archive.namelist() if "vba" in part]
        assert b"macroEnabled" not in archive.read("[Content_Types].xml")


def test_a_workbook_openpyxl_cannot_open_comes_back_with_its_values() -> None:
    content = with_parts(
        agenda(), {"xl/styles.xml": lambda xml: xml.replace(b"<fills", b"<wrong").replace(b"</fills", b"</wrong")}
    )
    with pytest.raises(opening.BROKEN):
        opening.as_it_is(content)
    book = given_back(content, problem(5, "Date"))
    assert marked(book[SHEET]) == {"B5": "▸ Erreur : Tapez autre chose"}
    assert "seules ses valeurs sont reprises" in book[TITLE]["A3"].value


def test_what_is_read_from_the_copy_is_what_was_read_from_the_original() -> None:
    source = Source(path=FILE, kind=Kind.EVENT)
    content = agenda(furnished)
    _, copy = giveback.annotate(Document(FILE, content), [problem(5, "Date"), problem(6, "Titre"), problem(4)])
    before, after = (loaders.read(Document(FILE, each), source, as_of=AS_OF) for each in (content, copy))
    assert [list(table.records()) for table in after.tables] == [list(table.records()) for table in before.tables]
    assert after.problems == before.problems


# ---- texts and other workbooks ---------------------------------------------------------------------------------------

TYPED = (
    "Titre;Date;Code;Note\r\n"
    '"Loto\r\n(exemple)";04/12/2021;="01000";-5\r\n'
    "\r\n"
    "Chorale (exemple);31/11/2021;01000;=HYPERLINK(\"http://evil.example\")\r\n"
    "Yoga (exemple);;;#N/A\r\n"
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "encoding"), [("appels.csv", "cp1252"), ("appels.txt", "utf-8"), ("a/appels.tsv", "utf-16")]
)
def test_a_text_table_comes_back_as_a_workbook_by_record(name: str, encoding: str) -> None:
    content = TYPED.replace(";", "\t" if name.endswith("tsv") else ";").encode(encoding)
    told = Problem(Origin(name, None, 4), "Date", "31/11/2021", "cette date n'existe pas")
    made, copy = giveback.annotate(Document(name, content), [told])
    book = load_workbook(io.BytesIO(copy))
    sheet = book.worksheets[1]
    assert (made, book.sheetnames) == ("appels.xlsx", [TITLE, "appels"])
    assert marked(sheet) == {"B4": "▸ Erreur : Cette date n'existe pas"}
    assert (sheet["A2"].value, sheet["B2"].value, sheet["C2"].value) == ("Loto\n(exemple)", "04/12/2021", "01000")
    assert sheet.column_dimensions["A"].width > 15
    assert (sheet["A1"].font.bold, sheet.freeze_panes, sheet.row_dimensions[2].height) == (True, "A2", 33)


def test_texts_that_look_like_formulas_stay_texts() -> None:
    found = "=cmd|' /C calc'!A0"
    told = Problem(Origin("a.csv", None, 4), "Note", found, "+ c'est une formule")
    book = given_back(TYPED.encode(), told, name="a.csv", suffix=".csv")
    cells = [book.worksheets[1]["D4"], book.worksheets[1]["D2"], book[TITLE]["F5"], book[TITLE]["G5"]]
    assert [cell.data_type for cell in cells] == ["s"] * 4
    assert [cell.value[:2] for cell in cells] == ["'=", "'-", "'=", "'+"]
    assert book.worksheets[1]["D5"].data_type == "s"  # not an error of ours


def test_texts_of_a_workbook_that_look_like_formulas_are_kept_as_texts() -> None:
    def typed(sheet: Any) -> None:
        sheet["E5"] = "=SUM(A1)"
        sheet["E5"].data_type = "s"

    cell = given_back(agenda(typed), problem(5, "Date"))[SHEET]["E5"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=SUM(A1)", "s", True)


def test_an_ods_comes_back_with_its_values_and_says_so() -> None:
    content = (DATA / "formations.ods").read_bytes()
    source = Source(path="formations.ods", kind=Kind.TRAINING)
    (table,) = loaders.read(Document("formations.ods", content), source, as_of=AS_OF).tables
    origin, values = next(table.records())
    told = Problem(origin, table.headers["title"], str(values["title"]), "voyez")
    name, copy = giveback.annotate(Document("formations.ods", content), [told])
    book = load_workbook(io.BytesIO(copy))
    (comment,) = marked(book[table.sheet]).items()
    assert (name, book[table.sheet][comment[0]].value) == ("formations.xlsx", values["title"])
    assert "seules les valeurs sont reprises" in book[TITLE]["A3"].value
    assert any(cell.is_date for row in book[table.sheet].iter_rows() for cell in row)


def test_an_old_xls_comes_back_with_its_values() -> None:
    content = xls(Sheet("Été", [["Titre", "Date"], ["Concert à l’été (exemple)", "31/11/2021"]]))
    told = Problem(Origin("a.xls", "Été", 2), "Date", "31/11/2021", "non")
    name, copy = giveback.annotate(Document("a.xls", content), [told])
    sheet = load_workbook(io.BytesIO(copy))["Été"]
    assert (name, sheet["A2"].value, marked(sheet)) == ("a.xlsx", "Concert à l’été (exemple)", {"B2": "▸ Erreur : Non"})


@pytest.mark.parametrize(
    "title", ["Agenda : décembre / janvier", "Un nom de feuille que seul LibreOffice accepte", "'"]
)
def test_a_sheets_name_that_excel_would_refuse_is_shortened(title: str) -> None:
    content = ods(
        Sheet(title, [["Titre", "Date"], ["Loto (exemple)", "31/11/2021"]]), Sheet("Notes", [["x"]], state="hidden")
    )
    book = given_back(content, Problem(Origin("a.ods", title, 2), "Date", None, "non"), name="a.ods", suffix=".ods")
    sheet = book.worksheets[1]
    assert list(marked(sheet)) == ["B2"]
    assert book[TITLE].cell(HEADER + 1, 2).hyperlink.location == f"'{sheet.title}'!B2"
    assert book[TITLE].cell(HEADER + 1, 3).value == title
    assert book.worksheets[2].sheet_state == "hidden"


# ---- hostile ---------------------------------------------------------------------------------------------------------


def test_an_agenda_has_no_cells_to_mark() -> None:
    document = Document("a.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    assert not giveback.takes(document)
    with pytest.raises(SourceUnreadable, match=r"^a\.ics : un agenda \.ics n'a pas de cellules"):
        giveback.annotate(document, [])


def test_other_files_are_not_taken() -> None:
    assert giveback.takes(Document(FILE, agenda()))
    assert giveback.takes(Document("a.csv", b"Titre;Date\n"))
    assert not giveback.takes(Document("a.xlsx", b"%PDF-1.4"))
    assert not giveback.takes(Document("vide.csv", b""))


def test_a_merge_over_the_whole_sheet_costs_only_the_formats() -> None:
    merge = b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    content = with_parts(agenda(), {"xl/worksheets/sheet1.xml": lambda xml: xml.replace(b"</sheetData>", merge)})
    book = given_back(content, problem(5, "Date"))
    assert marked(book[SHEET]) == {"B5": "▸ Erreur : Tapez autre chose"}


def test_what_takes_too_long_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "PATIENCE", 0.01)
    with pytest.raises(SourceUnreadable, match=r"^agenda\.xlsx : .* trop de temps : .* « newsletter check »$"):
        giveback.annotate(Document(FILE, agenda()), [problem(5, "Date")])


def test_a_cell_at_the_end_of_the_world_is_no_trouble() -> None:
    book = load_workbook(io.BytesIO(agenda()))
    book[SHEET]["XFD1048576"] = "ici"
    _, copy = giveback.annotate(Document(FILE, saved(book)), [problem(5, "Date")])
    assert b"XFD1048576" in zipfile.ZipFile(io.BytesIO(copy)).read("xl/worksheets/sheet2.xml")


def test_a_damaged_workbook_is_a_sentence() -> None:
    with pytest.raises(SourceUnreadable, match=r"^agenda\.xlsx : ce classeur est abîmé, .* « newsletter check »$"):
        giveback.annotate(Document(FILE, agenda()[:2000]), [problem(5, "Date")])


def test_broken_workbooks_come_back_or_are_refused_in_words() -> None:
    chance = random.Random(20211125)
    content, refused = agenda(furnished), []
    parts = sorted(zipfile.ZipFile(io.BytesIO(content)).namelist())
    for _ in range(60):
        broken = with_parts(content, {chance.choice(parts): lambda part: scratched(part, chance)})
        try:
            given_back(broken, problem(5, "Date"))
        except SourceUnreadable as error:
            refused.append(str(error))
    assert len(refused) < 30
    assert all("abîmé" in sentence for sentence in refused)


def scratched(part: bytes, chance: random.Random) -> bytes:
    """The part with some bytes changed, taken away or put in."""
    mended = bytearray(part)
    for _ in range(chance.randint(1, 6)):
        at, many = chance.randrange(len(mended)), chance.randint(0, 9)
        mended[at : at + many] = chance.randbytes(chance.randint(0, 9))
    return bytes(mended)


def test_characters_no_file_can_hold_do_not_stop_the_copy() -> None:
    told = Problem(Origin(FILE, SHEET, 5), "Date", "a\x00b\ud800", "non\x07 \udfff")
    _, copy = giveback.annotate(Document(FILE, agenda()), [told])
    book = load_workbook(io.BytesIO(copy))
    assert (book[TITLE]["F5"].value, book[SHEET]["B5"].comment.text) == ("ab", "▸ Erreur : Non")


def test_problems_of_other_files_are_left_out() -> None:
    other = Problem(Origin("autre.xlsx", SHEET, 5), "Date", None, "non")
    _, copy = giveback.annotate(Document(FILE, agenda()), [other])
    book = load_workbook(io.BytesIO(copy))
    assert not marked(book[SHEET])
    assert book[TITLE]["A2"].value == "Rien à corriger."


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("agenda.xlsx", "agenda.xlsx"),
        ("data/agenda.ods", "agenda.xlsx"),
        ("../../etc/passwd.csv", "passwd.xlsx"),
        ("C:\\Dossier\\agenda 2021.xls", "agenda 2021.xlsx"),
        ("..csv", "copie.xlsx"),
        ("a.b.csv", "a.b.xlsx"),
        ('un "titre" : deux?.csv', "un _titre_ _ deux_.xlsx"),
    ],
)
def test_a_copy_has_the_name_of_its_original_in_no_folder(written: str, name: str) -> None:
    assert copying.name(written) == name
