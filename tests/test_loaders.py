import io
import time as clock
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font
from PIL import Image as Picture
from shapes import SHAPES, Shape
from workbooks import Sheet, drawn, locked, ods, part, repacked, text, xls, xlsx, zipped

from newsletter import loaders
from newsletter.config import Source
from newsletter.errors import SourceUnreadable
from newsletter.loaders import Load
from newsletter.loaders.columns import ITEMS, SUBSCRIBERS
from newsletter.loaders.matching import key
from newsletter.model import Document, Image

AS_OF = datetime(2021, 11, 25, 9, tzinfo=ZoneInfo("Europe/Paris"))

AFTERNOON = datetime.fromisoformat("2021-12-04T14:30")
AGENDA = [["Titre", "Date", "Lieu"], ["Jeux", "3/12/2021", "Café"]]


def read(name: str, content: bytes, **stanza: object) -> Load:
    return loaders.read(Document(name, content), Source(path=name, **stanza), as_of=AS_OF)  # type: ignore[arg-type]


def first(load: Load) -> dict[str, object]:
    return next(load.tables[0].records())[1]


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def titles(load: Load) -> dict[int, object]:
    return {origin.row or 0: row["title"] for table in load.tables for origin, row in table.records()}


def skipped(load: Load) -> dict[int, str]:
    return {skip.row: skip.reason for table in load.tables for skip in table.skipped}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_tables_as_people_draw_them(shape: Shape) -> None:
    load = read("agenda.xlsx", xlsx(Sheet("Feuille", drawn(shape.drawing), shape.merges)), kind=shape.kind)
    assert load.problems == ()
    assert titles(load) == shape.rows
    assert skipped(load) == shape.skipped
    headers = {field: header for table in load.tables for field, header in table.headers.items()}
    assert {field: headers.get(field) for field in shape.fields} == shape.fields
    assert {row: day for table in load.tables for row, day in table.months.items()} == shape.months
    assert load.tables[0].unread == shape.unread
    for table in load.tables:
        assert table.rows == len(table.frame) + len(table.skipped)
        for row, fields in shape.values.items():
            assert {field: table.frame.at[row, field] for field in fields} == fields


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        ("  Concert \u00a0", "Concert"),
        ("Cafe\u0301", "Café"),
        ("deux\r\nlignes", "deux\nlignes"),
        ("\u200bConcert\ufeff", "Concert"),
        ("   ", None),
        (12.0, 12),
        (12.5, 12.5),
        (True, True),
        ("01000", "01000"),
        ("#REF!", "#REF!"),
        (date(2021, 12, 4), date(2021, 12, 4)),
        (AFTERNOON, AFTERNOON),
        (time(9, 30), time(9, 30)),
    ],
)
@pytest.mark.parametrize("write", [xlsx, ods])
def test_cells_come_as_typed(write: Callable[[Sheet], bytes], typed: object, given: object) -> None:
    content = write(Sheet("F", [["Titre", "Date", "Lieu"], ["Jeux", typed, "Café"]]))
    load = read("a.ods" if write is ods else "a.xlsx", content)
    value = load.tables[0].frame.at[2, "date"]
    assert (type(value), value) == (type(given), given)


def test_a_workbook_of_excel_97_is_read() -> None:
    load = read("a.xls", xls(Sheet("Été", [["Titre", "Date", "Places"], ["Concert à l’été", 44527, 12.5]])))
    assert load.tables[0].sheet == "Été"
    assert first(load) == {"title": "Concert à l’été", "date": 44527, "places": 12.5}


def test_a_workbook_that_counts_from_1904_says_so() -> None:
    sheet = Sheet("F", [["Titre", "Date"], ["Jeux", date(2021, 12, 3)], ["Troc", 43000]])
    table = read("a.xlsx", xlsx(sheet, date_1904=True)).tables[0]
    assert table.date_1904
    assert table.frame["date"].tolist() == [date(2021, 12, 3), 43000]
    assert not read("a.xlsx", xlsx(sheet)).tables[0].date_1904


def test_failed_formulas_show_as_in_the_spreadsheet() -> None:
    sheet = Sheet("Été & Cie", [["Titre", "Date", "Lieu"], ["Jeux", "#REF!", "#N/A"], ["Troc", "4/12/2021", "#DIV/0!"]])
    frame = read("a.xlsx", xlsx(Sheet("Autre", []), sheet)).tables[0].frame
    assert frame["date"].tolist() == ["#REF!", "4/12/2021"]
    assert frame["place"].tolist() == ["#N/A", "#DIV/0!"]


def test_formulas_never_counted_show_themselves() -> None:
    sheet = Sheet("F", [["Titre", "Date", "Lieu"], ["Jeux", "=A1+1", '=IF(A2="x";"";"")']])
    content = xlsx(sheet)
    page = part(content, "xl/worksheets/sheet1.xml").replace(b'<c r="C2"><f>', b'<c r="C2" t="str"><f>')
    frame = read("a.xlsx", repacked(content, sheet1=page)).tables[0].frame
    assert frame.at[2, "date"] == "=A1+1"
    assert frame.at[2, "place"] is None


def test_a_link_behind_words_is_the_address() -> None:
    book = openpyxl.Workbook()
    for row in [["Titre", "Date", "Lien"], ["Jeux", "3/12", "cliquez ici"], ["Troc", "4/12", "https://troc.example"]]:
        book.active.append(row)
    for place in ("A2", "C2", "C3"):
        book.active[place].hyperlink = "https://jeux.example/?a=1&b=2"
    load = read("a.xlsx", saved(book))
    assert load.tables[0].frame["url"].tolist() == ["https://jeux.example/?a=1&b=2", "https://troc.example"]
    assert titles(load) == {2: "Jeux", 3: "Troc"}


def test_struck_and_hidden_rows_are_read_and_told() -> None:
    book = openpyxl.Workbook()
    for row in [
        ["Titre", "Date", "Lieu"],
        ["Jeux", "3/12", "Café"],
        ["Troc", "4/12", "Salle"],
        ["Bal", "5/12", "Salle"],
    ]:
        book.active.append(row)
    book.active["A2"].font = Font(strike=True)
    book.active["C3"].font = Font(strike=True)
    book.active["B1"].font = Font(bold=True, strike=False)
    book.active.row_dimensions[4].hidden = True
    load = read("a.xlsx", saved(book))
    assert titles(load) == {2: "Jeux", 3: "Troc", 4: "Bal"}
    struck, hidden = load.problems
    assert (struck.code, struck.severity, struck.origin.row, struck.column) == ("struck", "warning", 2, "Titre")
    assert (hidden.code, hidden.severity, hidden.origin.row) == ("hidden_rows", "warning", 4)


def test_a_number_beside_headers_is_no_trouble() -> None:
    rows = [["Titre", "Date", "Lieu", "Tarif", "Contact", 2021], ["Jeux", "3/12", "Café", 2, "Léa", None]]
    assert titles(read("a.xlsx", xlsx(Sheet("F", rows)))) == {2: "Jeux"}


def test_tables_side_by_side_are_two() -> None:
    rows = drawn("Titre | Date | | Formation | Date\nJeux | 3/12 | | Comptabilité | 15/1\nTroc | 4/12")
    load = read("a.xlsx", xlsx(Sheet("F", rows)))
    assert [table.frame["title"].tolist() for table in load.tables] == [["Jeux", "Troc"], ["Comptabilité"]]
    assert [table.rows for table in load.tables] == [2, 1]


# ---- which sheets ---------------------------------------------------------------------------------------------------


def test_hidden_sheets_and_sheets_without_a_table_are_passed_over() -> None:
    notice = Sheet("Notice", [["Comment remplir"], ["Une ligne par évènement, merci."]])
    lists = Sheet("Listes", [["Diffusion", "Type", "Lieu"], ["Tous", "Concert", "Café"]])
    hidden = Sheet("Caché", AGENDA, state="hidden")
    very = Sheet("Très caché", AGENDA, state="veryHidden")
    load = read("a.xlsx", xlsx(notice, lists, hidden, Sheet("Agenda", AGENDA), very))
    assert [table.sheet for table in load.tables] == ["Agenda"]
    assert load.problems == ()


def test_a_table_without_a_title_is_told_even_beside_another() -> None:
    meetings = Sheet("Réunions", [["Date", "Heure", "Lieu"], ["3/12/2021", "19h", "Café"]])
    load = read("a.xlsx", xlsx(Sheet("Agenda", AGENDA), meetings))
    assert len(load.tables) == 1
    [problem] = load.problems
    assert (problem.origin.sheet, problem.origin.row, problem.code) == ("Réunions", 1, "title_column")
    assert "« Date », « Heure », « Lieu »" in problem.wanted
    assert "columns = {title" in problem.wanted


def test_the_stanza_names_the_sheet() -> None:
    content = xlsx(
        Sheet("Agenda", AGENDA), Sheet("Archives", [["Titre", "Date"], ["Vieux", "1/1/2020"]], state="hidden")
    )
    assert titles(read("a.xlsx", content, sheet="ARCHIVES ")) == {2: "Vieux"}
    [problem] = read("a.xlsx", content, sheet="Décembre").problems
    assert "« Agenda », « Archives »" in problem.wanted
    notice = xlsx(Sheet("Agenda", AGENDA), Sheet("Notice", [["Bonjour"]]))
    [problem] = read("a.xlsx", notice, sheet="Notice").problems
    assert (problem.code, problem.origin.sheet) == ("header", "Notice")


def test_a_sheet_named_after_a_month_gives_it_to_its_rows() -> None:
    table = read("a.xlsx", xlsx(Sheet("Janvier 2022", [["Titre", "Date"], ["Galette", "samedi 8"]]))).tables[0]
    assert table.months == {2: date(2022, 1, 1)}


@pytest.mark.parametrize(
    ("rows", "code", "said"),
    [
        ([["Bonjour"], ["Une notice, et rien d'autre."]], "header", "aucune ligne d'en-tête trouvée"),
        ([["Couleur", "Taille", "Poids"], ["rouge", "12", "3"]], "header", "« Couleur », « Taille », « Poids »"),
        ([["Association", "Date", "Lieu"], ["Malakfé", "3/12/2021", "Café"]], "title_column", "« Association »"),
        (
            [
                ["", "Semaine 1", "Semaine 2"],
                ["Janvier", "Jeux", ""],
                ["Février", "", "Troc"],
                ["Mars", "", ""],
                ["Avril"],
            ],
            "planning",
            "une ligne par évènement",
        ),
        ([["", "Lundi", "Mardi", "Mercredi", "Jeudi"], ["9h", "Yoga", "", "", "Danse"]], "planning", "planning"),
        ([["Salle", "S48", "S49", "S50", "S51"], ["Café", "x", "", "x", ""]], "planning", "planning"),
        (
            [
                ["Numéro de billet", "Nom participant", "Prénom participant", "Email payeur", "Tarif"],
                ["1", "A", "B", "c", "5"],
            ],
            "people",
            "HelloAsso",
        ),
        (
            [["Nom", "Prénom", "Date de naissance", "Courriel"], ["A", "B", "1/1/2000", "c"]],
            "people",
            "liste de personnes",
        ),
        ([], "empty", "rien n'est écrit"),
    ],
)
def test_what_is_no_table_of_items_is_told(rows: list[list[object]], code: str, said: str) -> None:
    load = read("a.xlsx", xlsx(Sheet("Feuille", rows)))
    assert load.tables == ()
    [problem] = load.problems
    assert (problem.severity, problem.code, problem.origin.sheet) == ("error", code, "Feuille")
    assert said in problem.wanted


def test_what_lies_far_below_the_table_is_told_and_not_read() -> None:
    content = xlsx(Sheet("F", AGENDA))
    page = part(content, "xl/worksheets/sheet1.xml").replace(
        b"</sheetData>", b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    )
    load = read("a.xlsx", repacked(content, sheet1=page))
    assert titles(load) == {2: "Jeux"}
    [problem] = load.problems
    assert (problem.origin.row, problem.code) == (1048576, "far")


# ---- the stanza's columns -------------------------------------------------------------------------------------------


def test_a_stanza_names_columns() -> None:
    rows = [["Quoi donc", "Titre", "Date"], ["Jeux", "interne", "3/12/2021"]]
    load = read("a.csv", text(rows), columns={"title": "quoi  DONC"})
    assert titles(load) == {2: "Jeux"}
    assert load.tables[0].unread == ("Titre",)
    assert load.problems == ()


def test_a_stanza_that_names_what_is_not_there_is_told() -> None:
    load = read("a.csv", text(AGENDA), columns={"titel": "Titre", "place": "Salle"})
    unknown, missing = load.problems
    assert "vouliez-vous « title » ?" in unknown.wanted
    assert "aucune colonne ne s'appelle « Salle » ; le fichier a « Titre », « Date », « Lieu »" in missing.wanted


@pytest.mark.parametrize("vocabulary", [ITEMS, SUBSCRIBERS], ids=["items", "subscribers"])
def test_a_word_names_one_field_only(vocabulary: dict[str, tuple[str, ...]]) -> None:
    fields: dict[str, set[str]] = {}
    for field, words in vocabulary.items():
        for word in words:
            fields.setdefault(key(word), set()).add(field)
    assert {word: names for word, names in fields.items() if len(names) > 1} == {}


def test_subscribers_have_words_of_their_own() -> None:
    rows = [
        ["Horodateur", "Adresse e-mail", "Prénom", "Nom", "Liste", "Origine du consentement", "Centres d'intérêt"],
        ["12/09/2021", "lea@x.example", "Léa", "Durand", "Tous", "Forum", "culture"],
    ]
    load = loaders.read(Document("a.csv", text(rows)), Source(path="a.csv"), as_of=AS_OF, vocabulary="subscribers")
    assert load.problems == ()
    assert first(load) == {
        "consented_at": "12/09/2021", "address": "lea@x.example", "first_name": "Léa", "last_name": "Durand",
        "audiences": "Tous", "consent": "Forum", "themes": "culture",
    }  # fmt: skip
    rows[0][1] = "Ville"
    refused = loaders.read(Document("a.csv", text(rows)), Source(path="a.csv"), as_of=AS_OF, vocabulary="subscribers")
    assert "Courriel" in refused.problems[0].wanted


@pytest.mark.parametrize(
    ("header", "typed", "status"),
    [
        ("À publier ?", "non", "Ne pas publier"),
        ("À publier ?", "Oui", None),
        ("Annulé", "x", "Annulé"),
        ("Annulé ?", "non", None),
        ("Maintenu", "NON", "Annulé"),
        ("Complet", "oui", "Complet"),
        ("Statut", "oui", "oui"),
        ("Annulé / reporté", "reporté", "reporté"),
    ],
)
def test_ticks_are_put_in_words(header: str, typed: str, status: str | None) -> None:
    load = read("a.csv", text([["Titre", "Date", header], ["Jeux", "3/12", typed]]))
    assert load.tables[0].frame.at[2, "status"] == status


def test_columns_that_complete_each_other_are_put_together() -> None:
    rows = [
        ["Titre", "Date 1", "Date 2", "Salle", "Adresse", "Mail", "Courriel"],
        ["Jeux", date(2021, 12, 3), "10/12/2021", "Café", "1 rue du Bal", None, "b@x.example"],
    ]
    load = read("a.xlsx", xlsx(Sheet("F", rows)))
    assert first(load) == {
        "title": "Jeux", "date": "03/12/2021 et 10/12/2021", "place": "Café, 1 rue du Bal", "email": "b@x.example",
    }  # fmt: skip


# ---- text files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_text_in_any_encoding_with_any_separator(encoding: str, separator: str, end: str) -> None:
    rows = [["Titre", "Date", "Descriptif"], ["Cœur de ville – à 5 €", "3/12/2021", "Un, deux; trois | quatre"]]
    load = read("a.csv", text(rows, separator, encoding, end))
    assert load.problems == ()
    assert first(load) == dict(zip(("title", "date", "description"), rows[1], strict=True))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('Titre;Date\n"Jeux\nde société";3/12\nTroc;4/12\n', {2: "Jeux\nde société", 3: "Troc"}),
        ("Titre,Date\n\nJeux,3/12\n\n\n", {3: "Jeux"}),
        ("sep=;\nTitre;Date\nJeux;3/12\n", {2: "Jeux"}),
        ('Titre;Code\n="10004";="0712"\n', {2: "10004"}),
        ('Titre,Date\n"=HYPERLINK(""http://evil.example"";""cliquez"")",3/12\n',
         {2: '=HYPERLINK("http://evil.example";"cliquez")'}),
        ("Titre;Date\nJeux\u0085suite\u2028fin;3/12\n", {2: "Jeux\u0085suite\u2028fin"}),
        ("Titre;Date\nJe\x00ux;3/12\n", {2: "Jeux"}),
        ("Titre;Texte\nUn, deux, trois;a, b, c\nQuatre, cinq;d, e, f\n", {2: "Un, deux, trois", 3: "Quatre, cinq"}),
        ("Titre\nJeux\nTroc\n", {2: "Jeux", 3: "Troc"}),
        ("Titre;Date\nJeux;3/12;;;\n", {2: "Jeux"}),
        ("Titre;Date;Lieu\nJeux\n", {2: "Jeux"}),
    ],
)  # fmt: skip
def test_records_of_text_files(content: str, expected: dict[int, str]) -> None:
    load = read("a.csv", content.encode(), kind="news")
    assert load.problems == ()
    assert titles(load) == expected


def test_a_row_of_too_many_cells_is_told() -> None:
    load = read("a.csv", b"Titre;Date;Lieu\nJeux;3/12;Caf\xc3\xa9;la suite\nTroc;4/12;Salle\n")
    [problem] = load.problems
    assert (problem.origin.row, problem.found, problem.code) == (2, "la suite", "ragged")
    assert titles(load) == {2: "Jeux", 3: "Troc"}


def test_a_quote_left_open_is_told() -> None:
    load = read("a.csv", b'Titre;Date;Lieu\n"Jeux;3/12;Cafe\nTroc;4/12;Salle\nBal;5/12;Salle\n')
    [problem] = load.problems
    assert (problem.origin.row, problem.severity, problem.code) == (2, "error", "quote")


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("RÃ©union", "Réunion"),
        ("lâ€™atelier", "l’atelier"),
        ("dÂ\u00a0: 5", None),
        ("D‚pôt", None),
        ("\ufffdt\ufffd", None),
    ],
)
def test_broken_accents_are_told_and_left(written: str, mended: str | None) -> None:
    load = read("a.csv", text([["Titre", "Date"], [f"{written} du soir", "3/12"]]))
    [problem] = load.problems
    assert (problem.severity, problem.code, problem.origin.row, problem.column) == ("warning", "mojibake", 2, "Titre")
    assert mended is None or f"« {mended} du soir »" in problem.wanted
    assert titles(load) == {2: f"{written} du soir"}


def test_honest_accents_are_not_told() -> None:
    rows = [["Titre", "Date"], ["Âge d’or – « ÉTÉ » à Noël… l‚ 50 € Ã", "3/12"]]
    assert read("a.csv", text(rows)).problems == ()


def test_bytes_no_encoding_has_are_told() -> None:
    [problem] = read("a.csv", b"Titre;Date\nCaf\x81\xe9;3/12\n").problems
    assert problem.code == "mojibake"


CELLS = st.sampled_from(
    [None, None, "Jeux", "3/12/2021", "Décembre 2021", "JANVIER", "NB : merci", "Total", "12", "Titre", "Date", "Lieu",
     "Formation", "Une remarque assez longue pour n'être pas un titre, et qui finit par un point.", "Semaine du 6"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=12))
def test_no_row_vanishes(rows: list[list[str | None]]) -> None:
    load = read("a.csv", text([["Titre", "Date", "Lieu", "Note"], *rows]))
    filled = {number for number, row in enumerate(rows, 2) if any(row)}
    told: set[int] = {problem.origin.row for problem in load.problems if problem.origin.row}
    heads = {
        number for number, row in enumerate(rows, 2) if {"Titre", "Date", "Lieu"} <= set(row) or "Formation" in row
    }
    seen: list[int] = []
    for table in load.tables:
        assert table.rows == len(table.frame) + len(table.skipped)
        seen += [*table.frame.index, *(skip.row for skip in table.skipped)]
    assert len(seen) == len(set(seen))
    assert filled - set(seen) - told <= heads


# ---- what can't be read ---------------------------------------------------------------------------------------------

GOOD = xlsx(Sheet("F", AGENDA))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", b"", "vide"),
        ("a.csv", b"\xef\xbb\xbf \r\n\r\n", "vide"),
        ("a.xlsx", GOOD[: len(GOOD) // 2], "tronqué"),
        ("a.xlsx", GOOD[:-30], "tronqué"),
        ("a.xlsx", b"<html><body><table><tr><td>Titre</td></tr></table>", "page web"),
        ("a.xls", b"\r\n\t<!DOCTYPE html>\n<html></html>", "page web"),
        ("a.xlsx", locked(), "mot de passe"),
        ("a.ods", ods(Sheet("F", AGENDA), manifest="<x><manifest:encryption-data/></x>"), "mot de passe"),
        ("a.xlsx", bytes(range(256)) * 20, "abîmé"),
        ("a.csv", bytes(range(256)) * 20, "pas un texte"),
        ("a.csv", "Titre;Date".encode("utf-16-le"), "pas un texte"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), "abîmé"),
        ("a.xlsx", zipped({"word/document.xml": "<x/>"}), "Word"),
        ("a.xlsx", zipped({"notes.txt": "bonjour"}), "archive zip"),
        ("a.ods", zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "document texte"),
        ("a.pdf", b"%PDF-1.4", "PDF"),
        ("a.doc", b"Bonjour", "« .doc »"),
        ("a.docx", b"PK\x03\x04", "tronqué"),
        ("agenda", b"Titre;Date", "ne dit pas la nature"),
        ("a.json", b'{"lignes": 3}', "JSON"),
        ("a.xml", b'<?xml version="1.0"?><Workbook/>', "XML"),
        ("a.ics", b"Titre;Date", "iCalendar"),
        ("a.png", b"\x89PNG\r\n", "image"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_in_one_sentence(name: str, content: bytes, said: str) -> None:
    with pytest.raises(SourceUnreadable) as error:
        read(name, content)
    sentence = str(error.value)
    assert sentence.startswith(name)
    assert said in sentence
    assert "\n" not in sentence
    assert "enregistrez" in sentence or "remplissez" in sentence or "exportez" in sentence


@pytest.mark.parametrize("name", ["a.xls", "a.csv", "a.txt", "a.xlsm"])
def test_a_workbook_is_known_by_its_bytes_whatever_its_name(name: str) -> None:
    assert titles(read(name, GOOD)) == {2: "Jeux"}


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.tsv", "a.txt"])
def test_a_text_is_known_by_its_bytes_whatever_its_name(name: str) -> None:
    assert titles(read(name, text(AGENDA, "\t"))) == {2: "Jeux"}


# ---- hostile files: each its sentence, within five seconds ----------------------------------------------------------


def _sheet(rows: str) -> bytes:
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return f'<?xml version="1.0"?><worksheet {main}><sheetData>{rows}</sheetData></worksheet>'.encode()


def _wide(columns: int) -> str:
    from openpyxl.utils import get_column_letter

    return "".join(f'<c r="{get_column_letter(n)}1"><v>1</v></c>' for n in range(1, columns + 1))


def refusal(name: str, content: bytes) -> str:
    """What is said of a file nothing is read of."""
    try:
        load = read(name, content)
    except SourceUnreadable as error:
        return str(error)
    assert not load.tables
    return " ".join(problem.wanted for problem in load.problems)


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b']><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    b'<c r="A1" t="inlineStr"><is><t>&m;</t></is></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    "content",
    [
        repacked(GOOD, sheet1=_sheet('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>')),
        repacked(GOOD, sheet1=_sheet("<row r='1'><c r='A1'><v>1</v></c><c r='XFD1048576'><v>1</v></c></row>")),
        repacked(GOOD, sheet1=_sheet('<row r="1"><c r="A1"><v>1</v></c><c r="ZZZ99999999"><v>1</v></c></row>')),
        repacked(GOOD, sheet1=_sheet(f'<row r="1">{_wide(16_000)}</row>')),
        repacked(GOOD, sheet1=b" " * (210 * 2**20)),
        repacked(GOOD, sheet1=_sheet("<row>" + "<c><v>1</v></c>" * 5_000_000 + "</row>")),
        repacked(GOOD, sheet1=ENTITIES),
        repacked(GOOD, **{"../../etc/passwd": "x"}),
        repacked(GOOD, sheet1=b"<worksheet>" + b"<a>" * 500_000),
    ],
    ids=["far corner", "far corner, other quotes", "beyond all columns", "16,000 columns", "zip bomb", "5 M cells",
         "entity bomb", "path trick", "deep nesting"],
)  # fmt: skip
def test_a_hostile_workbook_gets_its_sentence_in_time(content: bytes) -> None:
    start = clock.monotonic()
    assert refusal("a.xlsx", content)
    assert clock.monotonic() - start < 10  # 5 s on a quiet machine


def test_a_lying_dimension_does_no_harm() -> None:
    page = part(GOOD, "xl/worksheets/sheet1.xml").replace(b'ref="A1:C2"', b'ref="A1:XFD1048576"')
    assert b"XFD1048576" in page
    assert titles(read("a.xlsx", repacked(GOOD, sheet1=page))) == {2: "Jeux"}


def test_a_huge_cell_is_told_and_left_out() -> None:
    load = read("a.csv", text([["Titre", "Date", "Texte"], ["Jeux", "3/12", "x" * 10_000_000]]))
    [problem] = load.problems
    assert (problem.code, problem.origin.row, problem.column) == ("cell_huge", 2, "Texte")
    assert load.tables[0].frame.at[2, "description"] is None


def test_cells_beyond_what_a_reader_of_text_takes_are_refused() -> None:
    with pytest.raises(SourceUnreadable, match="guillemet"):
        read("a.csv", b'Titre;Date\n"' + b"x" * 21_000_000)


# ---- pictures -------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "dépôt"
    (inside / "images").mkdir(parents=True)
    Picture.new("RGB", (80, 40), "red").save(inside / "velo.jpg")
    Picture.new("RGB", (80, 40), "blue").save(inside / "images" / "bal.png")
    Picture.new("RGB", (80, 40), "green").save(tmp_path / "dehors.jpg")
    (inside / "lien.jpg").symlink_to(tmp_path / "dehors.jpg")
    (inside / "notes.jpg").write_text("bonjour")
    return inside


def _picture(written: str, folder: Path | None) -> tuple[object, Load]:
    rows = [["Titre", "Date", "Photo", "Légende"], ["Jeux", "3/12", written, "Un vélo"]]
    load = loaders.read(Document("a.csv", text(rows), folder), Source(path="a.csv"), as_of=AS_OF)
    return load.tables[0].frame.at[2, "image"], load


@pytest.mark.parametrize("written", ["velo.jpg", "bal.png", "images/bal.png", "./velo.jpg"])
def test_an_image_is_found_in_the_folder(folder: Path, written: str) -> None:
    image, load = _picture(written, folder)
    assert isinstance(image, Image)
    assert (image.alt, image.width, image.height) == ("Un vélo", 80, 40)
    assert load.problems == ()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("absente.jpg", "aucune image de ce nom"),
        ("../dehors.jpg", "seul nom"),
        ("/etc/passwd", "seul nom"),
        ("..\\dehors.jpg", "seul nom"),
        ("lien.jpg", "hors du dossier"),
        ("https://x.example/velo.jpg", "déposez le fichier"),
        ("notes.jpg", "JPEG"),
        ("images", "aucune image"),
        ("x" * 300 + ".jpg", "aucune image"),
    ],
)
def test_an_image_that_is_not_there_is_told(folder: Path, written: str, said: str) -> None:
    image, load = _picture(written, folder)
    assert image is None
    [problem] = load.problems
    assert (problem.severity, problem.column, problem.origin.row, problem.code) == ("warning", "Photo", 2, "image")
    assert said in problem.wanted
