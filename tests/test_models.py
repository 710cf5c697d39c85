"""The workbooks staff start from: what one types in them is what is read."""

import io
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from PIL import Image

from newsletter import catalogue, loaders
from newsletter.config import ASSOCIATIONS, PUBLIC, Audience, Source
from newsletter.loaders.models import EXAMPLE, HEADER, LISTS, model
from newsletter.loaders.models.forms import CHOICES, FORMS, Column
from newsletter.model import Document, Exchange, Item, Kind, Problem, Status, Table

PARIS = ZoneInfo("Europe/Paris")
AS_OF = datetime(2026, 12, 1, 9, tzinfo=PARIS)
USUAL = {"public": PUBLIC, "associations": ASSOCIATIONS}
THREE = {**USUAL, "ecoles": Audience(title="La lettre des écoles", words=("Écoles",))}
every_kind = pytest.mark.parametrize("kind", list(Kind))


def book_of(kind: Kind, audiences: Mapping[str, Audience] = USUAL) -> Any:
    return load_workbook(io.BytesIO(model(kind, town_name="Ville (exemple)", audiences=audiences)))


def filled(kind: Kind, cells: Mapping[str, object], audiences: Mapping[str, Audience] = USUAL) -> bytes:
    """The model with those cells in place of its example's."""
    book = book_of(kind, audiences)
    for cell in book.worksheets[0][EXAMPLE]:
        header = book.worksheets[0].cell(HEADER, cell.column).value
        looks = cell.number_format
        cell.value = cells.get(header)
        cell.number_format = looks
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def read(
    content: bytes, kind: Kind, folder: Path | None = None, as_of: datetime = AS_OF, audiences: Any = USUAL
) -> tuple[Table, tuple[Item, ...], list[Problem]]:
    source = Source(path="modele.xlsx", kind=kind)
    load = loaders.read(Document("modele.xlsx", content, folder), source, as_of=as_of)
    built = catalogue.build([(table, source) for table in load.tables], as_of=as_of, audiences=audiences)
    (table,) = load.tables
    return table, built.items, [*load.problems, *built.problems]


@every_kind
@pytest.mark.parametrize("month", [1, 6, 12])
def test_the_example_is_an_item_whenever_it_is_read(kind: Kind, month: int) -> None:
    content = model(kind, town_name="Ville (exemple)", audiences=USUAL)
    table, items, problems = read(content, kind, as_of=datetime(2027, month, 15, 9, tzinfo=PARIS))
    assert (problems, table.rows, table.skipped) == ([], 1, ())
    (item,) = items
    assert (item.kind, item.audiences) == (kind, ("associations", "public"))
    assert item.title.endswith("(exemple)")
    assert item.description
    assert item.contact


@every_kind
def test_every_column_is_read(kind: Kind) -> None:
    table, _, _ = read(model(kind, town_name="Ville (exemple)", audiences=USUAL), kind)
    assert sorted(table.headers.values()) == sorted(column.header for column in FORMS[kind].columns)
    assert table.unread == ()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=PARIS)


# What staff type under each header, and what becomes of it.
TYPED: Mapping[str, tuple[object, Callable[[Item], object], object]] = {
    "Titre *": ("Bal d’hiver (exemple)", lambda item: item.title, "Bal d’hiver (exemple)"),
    "Association": ("Les Valseurs (exemple)", lambda item: item.association, "Les Valseurs (exemple)"),
    "Organisé par": ("Vie associative (exemple)", lambda item: item.association, "Vie associative (exemple)"),
    "Organisme": ("Fondation (exemple)", lambda item: item.association, "Fondation (exemple)"),
    "Type": ("Rencontre", lambda item: item.kind, Kind.MEETING),
    "Date *": (date(2026, 12, 12), lambda item: item.occurrences[0].start, at(12, 14, 30)),
    "Date fin": (date(2026, 12, 13), lambda item: item.occurrences[-1].start, at(13, 14, 30)),
    "Heure début": (time(14, 30), lambda item: item.occurrences[0].start, at(12, 14, 30)),
    "Heure fin": (time(17), lambda item: item.occurrences[0].end, at(12, 17)),
    "Lieu": ("Salle des fêtes", lambda item: item.place, "Salle des fêtes"),
    "Tarif": (5, lambda item: item.price, "5\u00a0€"),
    "Montant": ("jusqu’à 1 500 €", lambda item: item.price, "jusqu’à 1 500 €"),
    "Descriptif": ("Un bal.\nVenez !", lambda item: (item.description or "")[:15], "Un bal.\nVenez !"),
    "Contact": ("bal@asso.example", lambda item: item.contact, "bal@asso.example"),
    "Lien": ("https://bal.example", lambda item: item.url, "https://bal.example"),
    "Diffusion": ("Associations", lambda item: item.audiences, ("associations",)),
    "Thème": ("Culture, danse", lambda item: item.themes, ("Culture", "danse")),
    "Statut": ("Reporté", lambda item: item.status, Status.POSTPONED),
    "Offre ou demande *": ("Demande", lambda item: item.exchange, Exchange.REQUEST),
    "Image": ("affiche.png", lambda item: item.image and item.image.path.name, "affiche.png"),
    "Légende": ("Des danseurs", lambda item: item.image and item.image.alt, "Des danseurs"),
    "À publier du": (date(2026, 12, 1), lambda item: item.publish_from, date(2026, 12, 1)),
    "À publier jusqu’au": (date(2026, 12, 31), lambda item: item.publish_until, date(2026, 12, 31)),
    "Date limite": (date(2026, 12, 9), lambda item: item.deadline and item.deadline.day, date(2026, 12, 9)),
    "Date limite d’inscription": (
        date(2026, 12, 9), lambda item: item.deadline and item.deadline.day, date(2026, 12, 9)
    ),
    "Intervenant·e": ("Awa Diop (exemple)", lambda item: "Awa Diop (exemple)" in (item.description or ""), True),
    "Nombre de places": (12, lambda item: "12 places." in (item.description or ""), True),
}  # fmt: skip


@every_kind
def test_a_model_filled_is_read_as_it_was_filled(kind: Kind, tmp_path: Path) -> None:
    Image.new("RGB", (400, 300), "navy").save(tmp_path / "affiche.png")
    headers = [column.header for column in FORMS[kind].columns]
    content = filled(kind, {header: TYPED[header][0] for header in headers})
    _, (item,), problems = read(content, kind, tmp_path)
    assert problems == []
    assert {header: TYPED[header][1](item) for header in headers} == {header: TYPED[header][2] for header in headers}


LISTED = [
    (kind, column) for kind, form in FORMS.items() for column in form.columns if column.ask in (*CHOICES, "Diffusion")
]
THINGS = (
    "Concert", "Brocante", "Tournoi", "Lecture", "Chantier", "Loto", "Balade", "Marché", "Théâtre", "Couture", "Échecs",
    "Yoga",
)  # fmt: skip


@pytest.mark.parametrize(("kind", "column"), LISTED, ids=[f"{kind}-{column.header}" for kind, column in LISTED])
def test_every_word_of_a_list_is_understood(kind: Kind, column: Column) -> None:
    book = book_of(kind, THREE)
    words = choices(book, column.header)
    for row, (word, thing) in enumerate(zip(words, THINGS, strict=False), EXAMPLE):
        told = {
            "Titre *": f"{thing} (exemple)",
            "Date *": date(2026, 12, row),
            "Offre ou demande *": "Offre",
            "Contact": "a@b.example",
        }
        for cell in book.worksheets[0][HEADER]:
            book.worksheets[0].cell(row, cell.column).value = {**told, column.header: word}.get(cell.value)
    made = io.BytesIO()
    book.save(made)
    _, items, problems = read(made.getvalue(), kind, audiences=THREE)
    assert (len(items), problems) == (len(words), [])


@pytest.mark.parametrize(
    ("audiences", "words"),
    [
        (USUAL, ["Tous", "Grand public", "Associations"]),
        (THREE, ["Tous", "Grand public", "Associations", "Écoles"]),
        ({"public": PUBLIC}, ["Grand public"]),
        ({"a": Audience(title="L’écho"), "b": Audience(title="=1+1")}, ["Tous", "L’écho", "'=1+1"]),
    ],
)
def test_the_letters_to_choose_from_are_those_of_the_settings(
    audiences: Mapping[str, Audience], words: list[str]
) -> None:
    book = book_of(Kind.NEWS, audiences)
    assert choices(book, "Diffusion") == words
    assert book.worksheets[0].cell(EXAMPLE, column_of(book, "Diffusion")).value == words[0]


def column_of(book: Any, header: str) -> int:
    return next(int(cell.column) for cell in book.worksheets[0][HEADER] if cell.value == header)


def choices(book: Any, header: str) -> list[str]:
    """What the list of a column offers, by its formula."""
    letter = get_column_letter(column_of(book, header))
    (rule,) = [
        each for each in book.worksheets[0].data_validations.dataValidation if str(each.sqref).startswith(letter)
    ]
    sheet, _, cells = rule.formula1.partition("!")
    return [cell.value for (cell,) in book[sheet][cells.replace("$", "")]]


@every_kind
def test_each_list_offers_its_words_from_a_hidden_sheet(kind: Kind) -> None:
    book = book_of(kind)
    assert book[LISTS].sheet_state == "hidden"
    for column in FORMS[kind].columns:
        if column.ask in CHOICES:
            assert choices(book, column.header) == list(CHOICES[column.ask])


@every_kind
def test_the_header_is_closed_without_a_password_and_all_below_is_open(kind: Kind) -> None:
    sheet = book_of(kind).worksheets[0]
    assert (sheet.protection.sheet, sheet.protection.password) == (True, None)
    assert not any((sheet.protection.insertRows, sheet.protection.deleteRows, sheet.protection.formatColumns))
    for number in range(1, len(FORMS[kind].columns) + 1):
        letter = get_column_letter(number)
        assert sheet[f"{letter}{HEADER}"].protection.locked
        assert not sheet[f"{letter}{EXAMPLE}"].protection.locked
        assert not sheet.column_dimensions[letter].protection.locked
    beyond = sheet.column_dimensions[get_column_letter(len(FORMS[kind].columns) + 1)]
    assert (beyond.max, beyond.protection.locked) == (16_384, False)


@every_kind
def test_each_column_says_what_to_type(kind: Kind) -> None:
    sheet = book_of(kind).worksheets[0]
    prompts = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    for number, column in enumerate(FORMS[kind].columns, 1):
        letter = get_column_letter(number)
        assert sheet.cell(HEADER, number).comment.text == column.note
        assert prompts[f"{letter}5:{letter}1000"].prompt == column.note
        assert len(column.note) <= 255
        assert len(column.header) <= 32


@every_kind
def test_days_show_their_weekday_and_times_their_minutes(kind: Kind) -> None:
    sheet = book_of(kind).worksheets[0]
    for number, column in enumerate(FORMS[kind].columns, 1):
        wanted = {"date": "[$-40C]ddd dd/mm/yyyy", "time": "hh:mm"}.get(column.ask, "General")
        down = sheet.column_dimensions[get_column_letter(number)]
        assert {sheet.cell(EXAMPLE, number).number_format, down.number_format} == {wanted}


@every_kind
def test_a_model_is_ready_for_the_screen_and_the_printer(kind: Kind) -> None:
    sheet = book_of(kind).worksheets[0]
    assert sheet["A1"].value == f"Ville (exemple) · {FORMS[kind].name}"
    assert sheet.freeze_panes == f"B{EXAMPLE}"
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.print_title_rows, sheet.print_title_cols) == (f"${HEADER}:${HEADER}", "$A:$A")
    assert sheet.cell(EXAMPLE, 1).font.italic


def test_a_town_may_have_any_name() -> None:
    content = model(Kind.NEWS, town_name="=Saint-Ô & <Fils>", audiences=USUAL)
    assert load_workbook(io.BytesIO(content)).worksheets[0]["A1"].value == "'=Saint-Ô & <Fils> · Informations"
    assert read(content, Kind.NEWS)[2] == []
