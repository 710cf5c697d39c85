"""Rows in, items and problems out: what is read, what is said of the rest, what is merged, and that no row is lost."""

import re
import string
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import catalogue
from newsletter.catalogue import texts, urls, words
from newsletter.config import ASSOCIATIONS, PUBLIC, Audience, Source
from newsletter.model import (
    Catalogue,
    Exchange,
    Image,
    Item,
    Kind,
    Occurrence,
    Origin,
    Problem,
    Skip,
    Status,
    Table,
)

PARIS = ZoneInfo("Europe/Paris")
AS_OF = datetime(2021, 11, 25, 9, tzinfo=PARIS)
LETTERS = {"public": PUBLIC, "associations": ASSOCIATIONS}
BOTH = ("associations", "public")
QUIET = ("contact_missing",)  # said of most rows here, which hold only what is tried
EVENTS = Source(path="agenda.xlsx", silence=QUIET)
CALLS = Source(path="appels.csv", kind=Kind.CALL, silence=QUIET)
TRAININGS = Source(path="formations.ods", kind=Kind.TRAINING, silence=QUIET)
EXCHANGES = Source(path="entraide.csv", kind=Kind.EXCHANGE, silence=QUIET)
NEWS = Source(path="infos.txt", kind=Kind.NEWS, silence=QUIET)
SATURDAY = date(2021, 12, 4)
MIDNIGHT = datetime.combine(SATURDAY, time())
HEADERS = {
    "title": "Intitulé", "kind": "Type", "association": "Association", "date": "Date(s)", "date_end": "Date fin",
    "hours": "Horaires", "start": "Heure début", "end": "Heure fin", "deadline": "Date limite", "place": "Lieu",
    "price": "Tarif", "audiences": "Diffusion", "contact": "Contact", "email": "Courriel", "phone": "Téléphone",
    "url": "Lien", "description": "Descriptif", "image": "Image", "image_alt": "Texte de l'image", "status": "Statut",
    "exchange": "Sorte", "themes": "Thème", "publish_from": "À publier du", "publish_until": "au", "places": "Places",
    "speaker": "Intervenant·e", "occurrences": "occurrences",
}  # fmt: skip


def table(
    rows: Sequence[Mapping[str, Any]], file: str = "agenda.xlsx", sheet: str | None = "Agenda", **more: Any
) -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["title"]
    frame = pd.DataFrame(
        [[row.get(name) for name in names] for row in rows], columns=names, dtype=object, index=range(2, 2 + len(rows))
    )
    headers = {name: HEADERS[name] for name in names}
    return Table(file, sheet, frame, headers, rows=len(rows) + len(more.get("skipped", ())), **more)


def build(*rows: Mapping[str, Any], source: Source = EVENTS, letters: Mapping[str, Audience] = LETTERS) -> Catalogue:
    return catalogue.build([(table(rows), source)], as_of=AS_OF, audiences=letters)


def event(title: Any = "Fête (exemple)", **cells: Any) -> dict[str, Any]:
    return {"title": title, "date": SATURDAY, **cells}


def one(*rows: Mapping[str, Any], source: Source = EVENTS, letters: Mapping[str, Audience] = LETTERS) -> Item:
    (item,) = build(*rows, source=source, letters=letters).items
    return item


def said(*rows: Mapping[str, Any], source: Source = EVENTS) -> list[tuple[str, str | None, str | None, str]]:
    """The problems: severity, column, value, code."""
    return [(p.severity, p.column, p.found, p.code) for p in build(*rows, source=source).problems]


def the_problem(*rows: Mapping[str, Any], source: Source = EVENTS) -> Problem:
    (problem,) = build(*rows, source=source).problems
    return problem


# A row and its cells


def test_a_row_becomes_an_item_with_its_origin() -> None:
    cells = {"association": "Scarabé-e ", "place": "Salle des fêtes", "price": "Gratuit", "url": "coop.example"}
    item = one(event("Atelier vélo (exemple)", hours="14h30", description="Apportez votre vélo.", **cells))
    assert item.kind is Kind.EVENT
    assert item.title == "Atelier vélo (exemple)"
    assert item.occurrences == (Occurrence(datetime(2021, 12, 4, 14, 30, tzinfo=PARIS)),)
    assert (item.association, item.place, item.price) == ("Scarabé-e", "Salle des fêtes", "Gratuit")
    assert (item.url, item.description) == ("https://coop.example", "Apportez votre vélo.")
    assert item.audiences == BOTH
    assert item.sources == (Origin("agenda.xlsx", "Agenda", 2),)
    assert re.fullmatch("[0-9a-f]{12}", item.id)


def test_a_row_without_title_is_refused_under_the_title_s_own_header() -> None:
    problem = the_problem({"title": None, "date": SATURDAY})
    assert str(problem) == (
        "agenda.xlsx, feuille « Agenda », ligne 2, colonne « Intitulé » : "
        "ligne sans titre : tapez un titre, ou effacez toute la ligne"
    )
    assert problem.severity == "error"


@pytest.mark.parametrize("nothing", ["", "  ", "-", "—", "N/A", "null", float("nan"), pd.NaT, "néant"])
def test_a_cell_that_says_nothing_is_empty(nothing: object) -> None:
    assert said({"title": nothing, "date": SATURDAY}) == [("error", "Intitulé", None, "title_missing")]
    assert one(event(place=nothing)).place is None


@pytest.mark.parametrize("source", [EVENTS, TRAININGS, Source(path="r", kind=Kind.MEETING)])
def test_what_takes_place_needs_a_day(source: Source) -> None:
    problem = the_problem({"title": "Concert de rentrée (exemple)", "date": None, "hours": "20h"}, source=source)
    assert (problem.severity, problem.column, problem.code) == ("error", "Date(s)", "date_missing")
    assert problem.wanted == "pas de date : tapez par exemple « 12/12/2021 » ou « mi-janvier 2022 »"


@pytest.mark.parametrize("source", [CALLS, EXCHANGES, NEWS])
def test_what_does_not_take_place_needs_no_day(source: Source) -> None:
    assert one({"title": "Au fil de l'eau (exemple)"}, source=source).occurrences == ()


def test_all_that_is_wrong_with_a_row_is_said_at_once() -> None:
    assert said({"title": None, "date": None, "url": "javascript:alert(1)", "status": "bof"}) == [
        ("error", "Intitulé", None, "title_missing"),
        ("error", "Date(s)", None, "date_missing"),
        ("warning", "Statut", "bof", "status"),
        ("warning", "Lien", "javascript:alert(1)", "url"),
    ]


@pytest.mark.parametrize(
    "written",
    [
        '=HYPERLINK("http://mechant.example";"cliquez")',
        "=A1&B1",
        "=1+1",
        "=cmd|' /C calc'!A0",
        "=Feuille2!B4",
        "= SOMME(A1:A4)",
        "=-A2",
        "#REF!",
        "#N/A",
    ],
)
def test_a_formula_is_never_a_title(written: str) -> None:
    assert said(event(written)) == [("error", "Intitulé", written, "formula")]


@pytest.mark.parametrize("written", ["=AUJOURDHUI()", "#REF!"])
def test_a_formula_is_no_day(written: str) -> None:
    assert said(event(date=written)) == [("error", "Date(s)", written, "formula")]
    assert said(event(date=written), source=NEWS) == [("warning", "Date(s)", written, "formula")]


def test_a_formula_elsewhere_is_left_out_and_said() -> None:
    catalogue_ = build(event(description="=WEBSERVICE(A1)", place="#VALEUR!"))
    assert (catalogue_.items[0].description, catalogue_.items[0].place) == (None, None)
    assert [p.wanted for p in catalogue_.problems] == [
        "le calcul de cette cellule a échoué : tapez le texte lui-même",
        "c'est une formule, pas un texte : tapez le texte lui-même",
    ]


@pytest.mark.parametrize(
    "title", ["= égalité = (exemple)", "+ de 60 ans (exemple)", "- 18 ans", "@rts (exemple)", "=> ici"]
)
def test_text_that_only_begins_like_a_formula_is_text(title: str) -> None:
    assert one(event(title)).title == title


def test_a_very_long_title_is_printed_with_a_warning() -> None:
    problem = the_problem(event("a" * 121))
    assert (problem.severity, problem.code) == ("warning", "title_long")
    assert problem.wanted == "titre très long (121 caractères) : gardez-en 120 au plus, le reste va dans le texte"
    assert said(event("a" * 120)) == []


@pytest.mark.parametrize(
    "written", ["=" + " " * 20_000 + "x", "(annulé" * 3_000, "a@" * 10_000, "<p " * 7_000, "é, " * 7_000]
)
def test_hostile_cells_cost_no_more_than_others(written: str) -> None:
    start = process_time()
    build({name: written for name in HEADERS if name not in ("occurrences", "image", "date")})
    assert process_time() - start < 2


def test_a_cell_of_a_million_characters_is_cut_and_said() -> None:
    found = build(event(description="<!--" * 250_000))
    assert len(found.items[0].description or "") == 20_000
    assert [(p.code, len(p.found or "")) for p in found.problems] == [("text_long", 300)]


# Texts


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Visite commentée <exposition> & goûter", "Visite commentée <exposition> & goûter"),
        ("Cherche bénévoles\nle samedi", "Cherche bénévoles le samedi"),
        ("  Deux   espaces\tici ", "Deux espaces ici"),
        ("<b>Concert</b> de <em>Noël</em>", "Concert de Noël"),
        ("F&ecirc;te de l&#39;&eacute;t&eacute; &amp; bal", "Fête de l'été & bal"),
        ("R&D; et &inconnue;", "R&D; et &inconnue;"),
        ("5 < 6 > 4", "5 < 6 > 4"),
        ("a&lt;b&gt;c", "a<b>c"),
        ("Bienvenue\u00a0!", "Bienvenue\u00a0!"),
        ("«\u00a0Oui\u00a0»", "«\u00a0Oui\u00a0»"),
        ("1\u202f500\u00a0€", "1\u202f500\u00a0€"),
        ("\u00a0collé\u00a0du\u00a0web\u00a0", "collé du web"),
        ("invi\u200bsible\u202e\x00\ufeff \ud800fin", "invisible fin"),
        ("coupé\u00adment", "coupément"),
        ("👩‍🌾 jardin", "👩‍🌾 jardin"),
    ],
)
def test_titles_as_people_and_sites_write_them(written: str, printed: str) -> None:
    assert texts.tidy(written) == printed


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Un.\n\n\n\nDeux. \n Trois.", "Un.\n\nDeux.\nTrois."),
        ("Un.\r\nDeux.\u2028Trois.\x85Quatre.", "Un.\nDeux.\nTrois.\nQuatre."),
        ("<p>Un\nmême\nalinéa.</p><p>Deux.<br/>Trois.</p>", "Un même alinéa.\n\nDeux.\nTrois."),
        ("<ul>\n<li>thé</li>\n<li>café</li>\n</ul>", "• thé\n• café"),
        ("<a href='https://a.example/x?a=1&amp;b=2'>ici</a>", "ici (https://a.example/x?a=1&b=2)"),
        ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
        ('<a href="javascript:alert(1)">ici</a>', "ici"),
        ("<style>p {}</style>Vu<script>alert(1)</script>", "Vu"),
        ("avant<!-- <p>caché</p> -->après", "avantaprès"),
        ("<script>jamais fermé", ""),
        ("<o:p>Word</o:p> <font color=red>rouge</font>", "Word rouge"),
        ("ligne <i>une</i>\nligne deux", "ligne une\nligne deux"),
    ],
)
def test_paragraphs_keep_their_lines_and_lose_their_markup(written: str, printed: str) -> None:
    assert texts.paragraphs(written) == printed


@pytest.mark.parametrize(
    ("one_text", "other"),
    [
        ("Atelier RÉPARATION de vélos", "atelier réparation de velos"),
        ("L’Œuvre & l'été", "l'oeuvre et l'ete"),
        ("Jeux (exemple)", "Jeux, exemple."),
        ("  Fête  ", "fête"),
    ],
)
def test_texts_that_are_the_same_when_compared(one_text: str, other: str) -> None:
    assert texts.fold(one_text) == texts.fold(other)


def test_numbers_and_dates_are_texts_as_the_spreadsheet_shows_them() -> None:
    values = [12.0, 3.5, 7, True, date(2021, 12, 4), MIDNIGHT, datetime(2021, 12, 4, 9, 5, tzinfo=PARIS), time(14, 30)]
    shown = ["12", "3,5", "7", "VRAI", "04/12/2021", "04/12/2021", "04/12/2021 9h05", "14h30"]
    assert [texts.show(value) for value in values] == shown
    assert texts.show(timedelta(hours=26, minutes=5)) == "26h05"


# Days


@pytest.mark.parametrize("written", ["31/11/2021"])
def test_a_day_that_does_not_exist_refuses_the_row(written: str) -> None:
    problem = the_problem(event(date=written))
    assert (problem.severity, problem.column, problem.found) == ("error", "Date(s)", written)


@pytest.mark.parametrize("source", [CALLS, EXCHANGES, NEWS])
def test_a_day_that_does_not_exist_is_a_warning_where_none_is_needed(source: Source) -> None:
    found = build(event(date="31/11/2021"), source=source)
    assert [item.occurrences for item in found.items] == [()]
    assert [(p.severity, p.column) for p in found.problems] == [("warning", "Date(s)")]


def test_an_end_before_its_start_is_said_in_its_own_column_and_the_start_is_kept() -> None:
    found = build(
        {"title": "Formation à l'envers (exemple)", "date": date(2022, 1, 20), "start": time(18), "end": time(16)}
    )
    assert [(p.severity, p.column, p.found) for p in found.problems] == [("warning", "Heure fin", "16h")]
    assert found.items[0].occurrences == (Occurrence(datetime(2022, 1, 20, 18, tzinfo=PARIS)),)


def test_a_fault_of_a_range_of_hours_is_said_in_the_range_s_column() -> None:
    problem = the_problem(event(hours="18h-16h"))
    assert (problem.column, problem.found) == ("Horaires", "18h-16h")


def test_days_read_from_a_calendar_are_taken_as_they_are() -> None:
    days = (
        Occurrence(datetime(2021, 12, 7, 19, 30, tzinfo=PARIS)),
        Occurrence(datetime(2021, 12, 14, 19, 30, tzinfo=PARIS)),
    )
    assert one({"title": "Chorale (exemple)", "occurrences": days}).occurrences == days
    assert said({"title": "Chorale (exemple)", "occurrences": ()}) == [("error", None, None, "date_missing")]


def test_an_approximate_day_is_kept_as_written() -> None:
    item = one(event(date="mi-janvier 2022"))
    assert item.approximate
    assert item.written == "mi-janvier 2022"
    assert one(event()).written is None


def test_a_day_without_a_year_takes_the_one_of_the_month_s_heading() -> None:
    months = {2: date(2022, 1, 1)}
    found = catalogue.build(
        [(table([event(date="samedi 22 janvier")], months=months), EVENTS)], as_of=AS_OF, audiences=LETTERS
    )
    assert found.items[0].occurrences == (Occurrence(date(2022, 1, 22)),)


def test_a_deadline_looks_back_from_the_row_s_own_day() -> None:
    row = {"title": "Gestes qui sauvent (exemple)", "date": date(2022, 1, 18), "deadline": "10 janvier"}
    deadline = one(row, source=TRAININGS).deadline
    assert deadline
    assert deadline.day == date(2022, 1, 10)


def test_a_deadline_that_can_t_be_read_is_a_warning() -> None:
    found = build({"title": "Appel (exemple)", "deadline": "31/11/2021"}, source=CALLS)
    assert found.items[0].deadline is None
    assert [(p.severity, p.column, p.found) for p in found.problems] == [("warning", "Date limite", "31/11/2021")]


def test_a_call_that_has_just_closed_is_a_warning_but_an_archive_is_none() -> None:
    problem = the_problem({"title": "Appel clos (exemple)", "deadline": "15/10/2021"}, source=CALLS)
    assert (problem.severity, problem.column, problem.code) == ("warning", "Date limite", "deadline_past")
    assert problem.wanted.startswith("date limite passée depuis le 15/10/2021 : ")
    for day in ("25/11/2021", "15/09/2021"):
        assert said({"title": "Appel (exemple)", "deadline": day}, source=CALLS) == []
    assert said({"title": "Appel (exemple)", "deadline": "15/10/2021", "status": "annulé"}, source=CALLS) == []
    assert said({"title": "Stage (exemple)", "date": SATURDAY, "deadline": "15/10/2021"}, source=TRAININGS) == []


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        ({}, ["contact_missing"]),
        ({"phone": "01 46 00 00 00"}, []),
        ({"url": "coop.example"}, []),
        ({"description": "Écrire à bureau@coop.example."}, []),
        ({"description": "Appeler le 01.46.00.00.00."}, []),
        ({"description": "Venez nombreux."}, ["contact_missing"]),
        ({"date": date(2021, 11, 2)}, []),
        ({"status": "annulé"}, []),
        ({"kind": "Évènement"}, []),
    ],
)
def test_what_readers_answer_needs_somewhere_to_answer(cells: Mapping[str, object], codes: list[str]) -> None:
    source = Source(path="formations.ods", kind=Kind.TRAINING)
    row = {"title": "Compta (exemple)", "date": SATURDAY, **cells}
    assert [code for *_, code in said(row, source=source)] == codes


def test_a_row_told_twice_answers_for_both() -> None:
    source = Source(path="formations.ods", kind=Kind.TRAINING)
    assert [code for *_, code in said(event(), event(contact="a@coop.example"), source=source)] == ["merged"]


def test_a_deadline_after_the_event_is_a_warning() -> None:
    assert [p.code for p in build(event(deadline=date(2021, 12, 24))).problems] == ["deadline_after"]
    assert said(event(deadline=SATURDAY)) == []


def test_a_call_without_end_says_so_in_its_text() -> None:
    item = one({"title": "Fonds (exemple)", "deadline": "Au fil de l'eau", "description": "Toujours."}, source=CALLS)
    assert (item.deadline, item.description) == (None, "Toujours.\nDate limite : Au fil de l'eau.")


def test_hours_without_a_day_are_not_lost() -> None:
    assert one({"title": "Local (exemple)", "hours": "19h–22h"}, source=EXCHANGES).description == "Horaires : 19h–22h."
    assert one({"title": "Local (exemple)", "start": time(19)}, source=EXCHANGES).description == "Horaires : 19h."


def test_an_end_alone_is_a_deadline_where_no_day_is_needed() -> None:
    deadline = one({"title": "Local (exemple)", "date_end": "30/06/2022"}, source=EXCHANGES).deadline
    assert deadline
    assert deadline.day == date(2022, 6, 30)


def test_an_item_is_published_to_the_last_day_of_an_approximate_one() -> None:
    item = one(
        {"title": "Info (exemple)", "publish_from": "01/12/2021", "publish_until": "mi-janvier 2022"}, source=NEWS
    )
    assert (item.publish_from, item.publish_until) == (date(2021, 12, 1), date(2022, 1, 20))
    assert not item.approximate


def test_a_publication_that_would_end_before_it_begins_is_a_warning() -> None:
    found = build({"title": "Info (exemple)", "publish_from": "01/12/2021", "publish_until": "30/11/2021"}, source=NEWS)
    assert [(p.column, p.found, p.code) for p in found.problems] == [("au", "30/11/2021", "publish")]
    assert found.items[0].publish_until is None


# The narrow columns


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Évènement", Kind.EVENT),
        ("événements", Kind.EVENT),
        ("Appel à projets", Kind.CALL),
        ("APPEL A CANDIDATURES", Kind.CALL),
        ("Subvention", Kind.CALL),
        ("Formation", Kind.TRAINING),
        ("réunion", Kind.MEETING),
        ("Rencontre", Kind.MEETING),
        ("Entraide", Kind.EXCHANGE),
        ("Offre", Kind.EXCHANGE),
        ("Info", Kind.NEWS),
        ("Actualités", Kind.NEWS),
        ("Formation / atelier", Kind.TRAINING),
        ("Concert", Kind.EVENT),
        ("Sport", Kind.EVENT),
    ],
)
def test_types_as_people_type_them(written: str, kind: Kind) -> None:
    found = build(event(kind=written))
    assert [item.kind for item in found.items] == [kind]
    assert found.problems == ()


def test_a_sort_of_event_becomes_a_theme() -> None:
    assert one(event(kind="Concert", themes="musique ; Écologie, musique")).themes == ("Concert", "Écologie", "musique")
    assert one(event(kind="Formation / atelier")).themes == ("atelier",)


def test_a_misspelt_type_is_asked_about() -> None:
    problem = the_problem(event(kind="Fomation"))
    assert (problem.severity, problem.found, problem.code) == ("warning", "Fomation", "kind")
    assert problem.wanted == "type inconnu : vouliez-vous « Formation » ? La ligne est lue comme « Évènement »"


def test_a_type_that_means_nothing_lists_those_that_do() -> None:
    assert the_problem(event(kind="12 ??")).wanted == (
        "type inconnu : tapez « Évènement », « Appel à projets », « Formation », « Rencontre », « Entraide » "
        "ou « Information ». La ligne est lue comme « Évènement »"
    )


@pytest.mark.parametrize(
    ("written", "names"),
    [
        (None, BOTH),
        ("Tous", BOTH),
        ("tout public", BOTH),
        ("Grand public", ("public",)),
        ("PUBLIC", ("public",)),
        ("habitant·e·s", ("public",)),
        ("habitant(e)s", ("public",)),
        ("Habitants du quartier nord", ("public",)),
        ("Associations", ("associations",)),
        ("asso", ("associations",)),
        ("CLVA", ("associations",)),
        ("interne", ("associations",)),
        ("Bureau du CLVA", ("associations",)),
        ("réservé aux associations", ("associations",)),
        ("associations et habitants", BOTH),
        ("Grand public ; Associations", BOTH),
        ("public/assos", BOTH),
        ("La lettre des habitants", ("public",)),
        ("Enfants dès 6 ans", BOTH),
        ("oui", BOTH),
    ],
)
def test_audiences_as_people_type_them(written: str | None, names: tuple[str, ...]) -> None:
    found = build(event(audiences=written))
    assert found.items[0].audiences == names
    assert found.problems == ()


@pytest.mark.parametrize(
    ("written", "description"),
    [("Bureau du CLVA", "Pour : Bureau du CLVA."), ("Enfants dès 6 ans", "Pour : Enfants dès 6 ans."), ("CLVA", None)],
)
def test_a_narrower_audience_is_printed(written: str, description: str | None) -> None:
    assert one(event(audiences=written)).description == description


@pytest.mark.parametrize("written", ["les Martiens", "tous sauf les associations", "pas les habitants"])
def test_an_unknown_audience_gets_the_default_and_a_warning(written: str) -> None:
    found = build(event(audiences=written))
    assert found.items[0].audiences == BOTH
    assert found.items[0].description == f"Pour : {written}."
    assert [(p.severity, p.column, p.found, p.wanted) for p in found.problems] == [
        ("warning", "Diffusion", written, "diffusion inconnue : tapez « Tous », « Grand public » ou « Associations »")
    ]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (EVENTS, BOTH),
        (NEWS, BOTH),
        (CALLS, ("associations",)),
        (TRAININGS, ("associations",)),
        (EXCHANGES, ("associations",)),
        (Source(path="x", kind=Kind.CALL, audiences=("public",)), ("public",)),
    ],
)
def test_audiences_when_a_row_says_nothing(source: Source, names: tuple[str, ...]) -> None:
    assert one(event(), source=source).audiences == names


def test_an_audience_is_a_stanza_with_its_own_words() -> None:
    letters = {
        "jeunes": Audience(title="La lettre des jeunes", words=("11-25 ans", "collégiens et lycéens")),
        **LETTERS,
    }
    for written in ("jeunes", "la lettre des jeunes", "11-25 ans", "Collégiens et lycéens"):
        assert one(event(audiences=written), letters=letters).audiences == ("jeunes",)
    assert one(event(audiences="tous"), letters=letters).audiences == ("associations", "jeunes", "public")
    only = {"public": PUBLIC}
    assert one(event(), source=CALLS, letters=only).audiences == ("public",)


@pytest.mark.parametrize(
    ("column", "written"), [("audiences", "ne pas diffuser"), ("audiences", "Non"), ("status", "Brouillon")]
)
def test_what_is_not_to_be_published_is_refused(column: str, written: str) -> None:
    assert said(event(**{column: written})) == [("error", HEADERS[column], written, "unpublished")]


@pytest.mark.parametrize(
    ("written", "status", "description"),
    [
        (None, Status.CONFIRMED, None),
        ("Confirmée", Status.CONFIRMED, None),
        ("prévu", Status.CONFIRMED, None),
        ("reprogrammé", Status.CONFIRMED, None),
        ("ANNULÉ", Status.CANCELLED, None),
        ("annulé·e", Status.CANCELLED, None),
        ("CANCELLED", Status.CANCELLED, None),
        ("Reporté au 15 janvier", Status.POSTPONED, "Reporté au 15 janvier."),
        ("complet", Status.FULL, None),
        ("Complet (liste d'attente)", Status.FULL, "Complet (liste d'attente)."),
        ("à confirmer", Status.CONFIRMED, "À confirmer."),
    ],
)
def test_statuses_as_people_type_them(written: str | None, status: Status, description: str | None) -> None:
    found = build(event(status=written))
    assert (found.items[0].status, found.items[0].description) == (status, description)
    assert found.problems == ()


@pytest.mark.parametrize(
    ("written", "title", "status"),
    [
        ("[ANNULÉ] Concert", "Concert", Status.CANCELLED),
        ("Concert (reporté) (exemple)", "Concert (exemple)", Status.POSTPONED),
        ("ANNULÉ - Concert", "Concert", Status.CANCELLED),
        ("Annulé : concert", "concert", Status.CANCELLED),
        ("COMPLET ! Atelier vélo", "Atelier vélo", Status.FULL),
        ("COMPLET Atelier vélo", "Atelier vélo", Status.FULL),
        ("Atelier vélo – complet", "Atelier vélo", Status.FULL),
        ("Complet-veston : atelier couture", "Complet-veston : atelier couture", None),
        ("Petit déjeuner complet", "Petit déjeuner complet", None),
        ("COMPLET DE NOËL", "COMPLET DE NOËL", None),
        ("[ANNULÉ]", "[ANNULÉ]", None),
        ("Stage (débutants)", "Stage (débutants)", None),
    ],
)
def test_a_title_may_say_the_status(written: str, title: str, status: Status | None) -> None:
    assert words.marked_title(written) == (title, status)


def test_a_title_is_followed_when_the_status_column_says_otherwise() -> None:
    found = build(event("[ANNULÉ] Bal (exemple)", status="Confirmé"))
    assert (found.items[0].title, found.items[0].status) == ("Bal (exemple)", Status.CANCELLED)
    assert [(p.severity, p.code) for p in found.problems] == [("warning", "status")]


@pytest.mark.parametrize(
    ("cells", "exchange"),
    [
        ({"exchange": "Offre"}, Exchange.OFFER),
        ({"exchange": "prêt"}, Exchange.OFFER),
        ({"exchange": "Demande"}, Exchange.REQUEST),
        ({"exchange": "Recherche de local"}, Exchange.REQUEST),
        ({"exchange": "Partage"}, Exchange.SHARE),
        ({"exchange": "mutualisation"}, Exchange.SHARE),
        ({"kind": "Offre"}, Exchange.OFFER),
        ({"kind": "prêt"}, Exchange.OFFER),
        ({"title": "Cherche bénévoles (exemple)"}, Exchange.REQUEST),
        ({"title": "Une grange vide (exemple)"}, None),
        ({"kind": "Entraide", "exchange": "Demande"}, Exchange.REQUEST),
    ],
)
def test_exchanges_as_people_type_them(cells: Mapping[str, str], exchange: Exchange | None) -> None:
    found = build({"title": "20 chaises (exemple)", **cells}, source=EXCHANGES)
    assert [item.exchange for item in found.items] == [exchange]
    assert found.problems == ()


def test_an_unknown_sort_of_exchange_is_a_warning() -> None:
    row = {"title": "20 chaises (exemple)", "exchange": "bidule"}
    assert said(row, source=EXCHANGES) == [("warning", "Sorte", "bidule", "exchange")]


def test_only_exchanges_are_offers() -> None:
    assert one(event(kind="Entraide", exchange="Demande")).exchange is Exchange.REQUEST
    assert one(event("Offre de Noël (exemple)", exchange="Offre"), source=NEWS).kind is Kind.EXCHANGE
    assert one(event("Demande de subvention (exemple)")).exchange is None


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Entrée libre", "Entrée libre"),
        ("8 € / séance", "8 € / séance"),
        (5, "5\u00a0€"),
        (5.0, "5\u00a0€"),
        (3.5, "3,50\u00a0€"),
        ("3,5", "3,50\u00a0€"),
        (1500, "1\u202f500\u00a0€"),
        (0, "Gratuit"),
        ("20k€", "20k€"),
    ],
)
def test_prices_as_people_type_them(written: object, printed: str) -> None:
    assert one(event(price=written)).price == printed


@pytest.mark.parametrize(
    ("written", "printed"), [("oui", "Gratuit"), (True, "Gratuit"), ("non", None), ("Sur don", "Sur don")]
)
def test_a_column_that_asks_whether_it_is_free(written: object, printed: str | None) -> None:
    frame = table([event(price=written)])
    asked = Table(frame.file, frame.sheet, frame.frame, {**frame.headers, "price": "Gratuit ?"}, 1)
    assert catalogue.build([(asked, EVENTS)], as_of=AS_OF, audiences=LETTERS).items[0].price == printed


def test_who_to_ask_is_said_once() -> None:
    item = one(event(contact="Léa (exemple) lea@coop.example", email="lea@coop.example", phone=146000000.0))
    assert item.contact == "Léa (exemple) lea@coop.example, 01 46 00 00 00"


@pytest.mark.parametrize(
    ("cells", "description"),
    [
        ({"places": 12.0}, "12 places."),
        ({"places": 1}, "1 place."),
        ({"places": "beaucoup"}, "Places : beaucoup."),
        ({"places": "12 places max."}, "12 places max."),
        ({"speaker": "Protection civile"}, "Avec Protection civile."),
        ({"speaker": "par Jo (exemple)"}, "Par Jo (exemple)."),
        (
            {"places": 8, "speaker": "Jo (exemple)", "description": "À l'étage."},
            "À l'étage.\n8 places. Avec Jo (exemple).",
        ),
    ],
)
def test_what_has_no_column_in_a_letter_is_told_in_the_text(cells: Mapping[str, object], description: str) -> None:
    assert one(event(**cells), source=TRAININGS).description == description


def test_an_image_without_words_takes_the_title_and_is_a_warning() -> None:
    image = Image(Path("fete.jpg"), "a1.jpg", "", 600, 400)
    found = build(event(image=image))
    assert found.items[0].image == Image(Path("fete.jpg"), "a1.jpg", "Fête (exemple)", 600, 400)
    assert [(p.severity, p.column, p.found, p.code) for p in found.problems] == [
        ("warning", "Image", "fete.jpg", "image_alt")
    ]
    described = one(event(image=image, image_alt="Un manège, le soir")).image
    assert described
    assert described.alt == "Un manège, le soir"


def test_a_source_names_the_association_of_rows_that_don_t() -> None:
    source = Source(path="agenda.ics", association="Malakfé")
    assert one(event(), source=source).association == "Malakfé"
    assert one(event(association="AAMAM"), source=source).association == "AAMAM"


# Links


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://malakfe.example/jeux", "https://malakfe.example/jeux"),
        ("maisondesarts.example", "https://maisondesarts.example"),
        ("www.coop.example/a?b=1&c=2#d", "https://www.coop.example/a?b=1&c=2#d"),
        ("HTTPS://Coop.Example/Été", "https://coop.example/%C3%89t%C3%A9"),
        ("//coop.example", "https://coop.example"),
        ("https:/coop.example", "https://coop.example"),
        ("coop.example:8443/x", "https://coop.example:8443/x"),
        ("https://coop.example:443/", "https://coop.example/"),
        ("https://épicerie.example/à%20table", "https://xn--picerie-9xa.example/%C3%A0%20table"),
        ("https://coop.example/100%", "https://coop.example/100%25"),
        ("<https://coop.example>.", "https://coop.example"),
        ("Inscription : https://coop.example/ici", "https://coop.example/ici"),
        ("voir coop.example", "https://coop.example"),
        ("contact@coop.example", "mailto:contact@coop.example"),
        ("mailto:contact@coop.example?subject=Vélo&bcc=x@y.example", "mailto:contact@coop.example?subject=V%C3%A9lo"),
        ("01 46 00 00 00", "tel:0146000000"),
        ("tel:+33 1 46 00 00 00", "tel:+33146000000"),
        ("https://coop.example/<b>'x\"y", "https://coop.example/%3Cb%3E%27x%22y"),
        ("https://coop.example/a_(b)", "https://coop.example/a_(b)"),
        ("(voir https://coop.example)", "https://coop.example"),
    ],
)
def test_links_as_people_type_them(written: str, url: str) -> None:
    assert urls.read(written) == urls.Link(url)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("javascript:alert(1)", "url"),
        ("JaVaScRiPt:alert(1)", "url"),
        ("data:text/html,x", "url"),
        ("file:///etc/passwd", "url"),
        ("C:\\dossier\\affiche.pdf", "url"),
        ("affiche.pdf", "url"),
        ("Inscription", "url"),
        ("Sur place, à l'accueil", "url"),
        ("https://moi:secret@coop.example", "url"),
        ("https://coop.example@mechant.example", "url"),
        ("https://coop.example\\@mechant.example", "url"),
        ("http://localhost:8000", "url"),
        ("http://192.168.1.1/x", "url"),
        ("https://[::1]/", "url"),
        ("https://[", "url"),
        ("https://coop.example:99999", "url"),
        ("https://" + "a" * 64 + ".example", "url"),
        ("https://coop.example/" + "a" * 2000, "url"),
        ("mailto:personne", "url"),
        ("tel:12", "url"),
        ("https://", "url"),
    ],
)
def test_links_that_no_letter_may_hold(written: str, code: str) -> None:
    link = urls.read(written)
    assert (link.url, link.code) == (None, code)
    assert link.wanted


@pytest.mark.parametrize(
    ("written", "url", "code"),
    [
        ("http://coop.example/a", "http://coop.example/a", "url_http"),
        ("https://a.example et https://b.example", "https://a.example", "urls"),
        ("https://a.example\nhttps://b.example", "https://a.example", "urls"),
        ("https://a.example/mon fichier.pdf", "https://a.example/mon", "urls"),
    ],
)
def test_links_that_need_a_look(written: str, url: str, code: str) -> None:
    link = urls.read(written)
    assert (link.url, link.code) == (url, code)
    assert link.wanted


def test_a_link_that_is_dropped_is_said_in_its_column() -> None:
    problem = the_problem(event(url="javascript:alert(1)"))
    assert str(problem) == (
        "agenda.xlsx, feuille « Agenda », ligne 2, colonne « Lien » : « javascript:alert(1) » — "
        "un lien ne peut pas commencer par « javascript: » : tapez une adresse en https://"
    )
    assert problem.severity == "warning"


# Merging


def test_the_same_event_from_two_rows_is_one_with_both_origins() -> None:
    found = build(
        event(
            "Atelier vélos (exemple)", hours="14h30-17h", place="Maison", audiences="Grand public", description="Venez."
        ),
        event("ATELIER VÉLOS (exemple)", hours="14:30", audiences="Associations", url="velo.example", themes="vélo"),
    )
    (item,) = found.items
    assert item.title == "Atelier vélos (exemple)"
    assert item.audiences == BOTH
    assert (item.place, item.url, item.description, item.themes) == (
        "Maison",
        "https://velo.example",
        "Venez.",
        ("vélo",),
    )
    assert item.occurrences[0].end == datetime(2021, 12, 4, 17, tzinfo=PARIS)
    assert [origin.row for origin in item.sources] == [2, 3]
    assert [(p.severity, p.origin.row, p.code) for p in found.problems] == [("warning", 3, "merged")]
    assert found.problems[0].wanted == (
        "même évènement que la ligne 2 : les deux lignes sont fusionnées ; "
        "distinguez les titres si ce n'est pas la même chose"
    )


def test_the_fuller_row_wins_wherever_it_stands() -> None:
    poor = event("BAL (EXEMPLE)", description="Bal.", place="Malakfé")
    rich = event(
        "Bal (exemple)", hours="20h", description="Un bal pour tous.", place="Malakfé, salle du fond", price="5 €"
    )
    for rows in ((poor, rich), (rich, poor)):
        item = one(*rows)
        assert (item.title, item.description, item.price) == ("Bal (exemple)", "Un bal pour tous.", "5 €")
        assert item.place == "Malakfé, salle du fond"
        assert item.occurrences == (Occurrence(datetime(2021, 12, 4, 20, tzinfo=PARIS)),)
    assert one(poor, rich).id == one(rich, poor).id == one(rich).id


def test_only_stated_audiences_count_when_rows_merge() -> None:
    assert one(event(audiences="Grand public"), event()).audiences == ("public",)
    assert one(event(), event(audiences="Associations")).audiences == ("associations",)
    assert one(event(), event()).audiences == BOTH


def test_sentences_of_both_rows_stay() -> None:
    assert one(event(places=12), event(speaker="Jo (exemple)")).description == "12 places. Avec Jo (exemple)."


def test_a_cancelled_row_cancels_the_other() -> None:
    assert one(event(), event("[ANNULÉ] Fête (exemple)")).status is Status.CANCELLED


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (event(), event("Fête n°2 (exemple)")),
        (event(), event(date=date(2021, 12, 5))),
        (event(association="AAMAM"), event(association="ASIAM")),
        (event(association="AAMAM", hours="10h"), event(association="ASIAM", hours="11h")),
        (event(place="Malakfé", hours="10h"), event(place="Gymnase", hours="14h")),
        (event(), event(kind="Formation")),
    ],
)
def test_what_is_not_the_same_stays_apart(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> None:
    found = build(earlier, later)
    assert len(found.items) == 2
    assert found.problems == ()


@pytest.mark.parametrize(
    ("earlier", "later", "column", "what"),
    [
        (event(hours="10h"), event(hours="14h"), "Horaires", "des horaires différents"),
        (event(place="Malakfé"), event(place="Gymnase"), "Lieu", "des lieux différents"),
    ],
)
def test_two_rows_that_contradict_each_other_are_kept_and_said(
    earlier: Mapping[str, Any], later: Mapping[str, Any], column: str, what: str
) -> None:
    found = build(earlier, later)
    assert len(found.items) == 2
    (problem,) = found.problems
    assert (problem.origin.row, problem.column, problem.code) == (3, column, "contradiction")
    assert problem.wanted == (
        f"deux lignes disent {what} pour le même évènement, celle-ci et la ligne 2 : "
        "corrigez l'une des deux, ou distinguez les titres"
    )


@pytest.mark.parametrize(
    ("earlier", "later", "column", "what"),
    [
        (event(hours="10h-12h"), event(hours="10h-13h"), "Horaires", "des heures de fin différentes"),
        (event(price="5 €"), event(price="6 €"), "Tarif", "des tarifs différents"),
        (event(deadline="01/12/2021"), event(deadline="02/12/2021"), "Date limite", "des dates limites différentes"),
        (event(status="annulé"), event(status="reporté"), "Statut", "des statuts différents"),
    ],
)
def test_what_merged_rows_don_t_agree_on_is_said(
    earlier: Mapping[str, Any], later: Mapping[str, Any], column: str, what: str
) -> None:
    found = build(earlier, later)
    assert len(found.items) == 1
    assert [(p.code, p.column) for p in found.problems] == [("merged", "Intitulé"), ("contradiction", column)]
    assert what in found.problems[1].wanted


def test_days_that_one_row_knows_and_the_other_doesn_t() -> None:
    days = [Occurrence(date(2021, 12, number)) for number in (4, 11, 18)]
    series = {"title": "Chorale (exemple)", "occurrences": tuple(days)}
    assert one({"title": "Chorale (exemple)", "occurrences": (days[0],)}, series).occurrences == tuple(days)
    found = build(series, {"title": "Chorale (exemple)", "occurrences": (days[0], Occurrence(date(2021, 12, 19)))})
    assert found.items[0].occurrences == tuple(days)
    assert [p.code for p in found.problems] == ["merged", "contradiction"]


def test_calls_are_the_same_by_title_and_deadline() -> None:
    call = {"title": "Fonds (exemple)", "deadline": "15/01/2022"}
    assert len(build(call, {**call, "description": "Une page suffit."}, source=CALLS).items) == 1
    found = build(call, {**call, "deadline": "15/02/2022"}, source=CALLS)
    assert len(found.items) == 2
    assert found.problems[0].wanted.startswith("deux lignes disent des dates limites différentes pour le même appel, ")


def test_news_and_exchanges_are_the_same_by_title_and_association() -> None:
    news = {"title": "Prochain bureau (exemple)", "association": "CLVA"}
    assert len(build(news, news, source=NEWS).items) == 1
    assert len(build(news, {**news, "association": "AAMAM"}, source=NEWS).items) == 2
    december = {**news, "publish_from": date(2021, 12, 1), "publish_until": date(2021, 12, 31)}
    february = {**news, "publish_from": date(2022, 2, 1), "publish_until": date(2022, 2, 28)}
    assert len(build(december, february, source=NEWS).items) == 2
    chairs = {"title": "Chaises (exemple)"}
    assert len(build({**chairs, "exchange": "offre"}, {**chairs, "exchange": "demande"}, source=EXCHANGES).items) == 2


def test_rows_merge_across_files() -> None:
    mine = table([event()])
    theirs = table([event()], file="malakfe.ics", sheet=None)
    sheet = table([event()], sheet="Archives")
    found = catalogue.build([(mine, EVENTS), (theirs, EVENTS), (sheet, EVENTS)], as_of=AS_OF, audiences=LETTERS)
    assert [str(origin) for origin in found.items[0].sources] == [
        "agenda.xlsx, feuille « Agenda », ligne 2",
        "malakfe.ics, ligne 2",
        "agenda.xlsx, feuille « Archives », ligne 2",
    ]
    assert [p.wanted.partition(" : ")[0] for p in found.problems] == [
        "même évènement que la ligne 2 de agenda.xlsx, feuille « Agenda »",
        "même évènement que la ligne 2 de la feuille « Agenda »",
    ]
    assert [(count.items, count.merged) for count in found.sources] == [(1, 0), (0, 1), (0, 1)]


# Places taken twice


def test_a_room_taken_twice_at_once_is_a_warning() -> None:
    found = build(
        event("Bal (exemple)", association="AAMAM", place="Salle des fêtes", hours="20h-23h"),
        event("Loto (exemple)", association="ASIAM", place="salle des Fêtes ", hours="21h"),
    )
    (problem,) = found.problems
    assert (problem.severity, problem.column, problem.found, problem.code) == (
        "warning",
        "Lieu",
        "salle des Fêtes ",
        "clash",
    )
    assert problem.wanted == (
        "ce lieu est déjà pris le 04/12/2021 à 21h par « Bal (exemple) » (la ligne 2) : "
        "changez l'heure ou le lieu de l'un des deux"
    )


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"hours": "20h-22h"}, {"hours": "22h"}),
        ({}, {"hours": "21h"}),
        ({"hours": "20h-23h", "place": "Malakfé, salle du fond"}, {"hours": "21h"}),
        ({"hours": "20h-23h", "place": "En ligne"}, {"hours": "21h", "place": "en ligne"}),
        ({"hours": "20h-23h", "status": "annulé"}, {"hours": "21h"}),
        ({"hours": "20h-23h", "association": "AAMAM"}, {"hours": "21h", "association": "AAMAM"}),
        ({"hours": "20h-23h", "date": date(2020, 12, 4)}, {"hours": "21h", "date": date(2020, 12, 4)}),
    ],
)
def test_a_room_that_is_free_is_no_problem(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> None:
    assert (
        said(
            event("Bal (exemple)", **{"place": "Malakfé", **earlier}),
            event("Loto (exemple)", **{"place": "Malakfé", **later}),
        )
        == []
    )


def test_a_pair_that_meets_every_week_is_said_once() -> None:
    weeks = [datetime(2021, 12, 7, 19, tzinfo=PARIS) + timedelta(weeks=number) for number in range(10)]
    days = tuple(Occurrence(week, week + timedelta(hours=2)) for week in weeks)
    rows = [
        {"title": name, "place": "Malakfé", "occurrences": days} for name in ("Chorale (exemple)", "Yoga (exemple)")
    ]
    assert [code for *_, code in said(*rows)] == ["clash"]


# Ids and counts


def ids(*tables: Table) -> dict[str, str]:
    found = catalogue.build([(each, EVENTS) for each in tables], as_of=AS_OF, audiences=LETTERS)
    return {f"{item.title} {item.place or ''}".strip(): item.id for item in found.items}


def test_an_id_stays_whatever_the_file_the_order_and_what_is_around() -> None:
    first, second = event("Fête (exemple)"), event("Bal (exemple)")
    before = ids(table([first, second]))
    after = ids(
        table([event("Nouveau (exemple)")]), table([second], file="b.csv", sheet=None), table([first], sheet="X")
    )
    assert before == {title: after[title] for title in before}
    assert len(set(after.values())) == 3


def test_an_id_stays_when_only_the_text_changes() -> None:
    assert ids(table([event()])) == ids(table([event(description="Mieux dit.", price=5, contact="a@b.example")]))
    assert one(event("FÊTE (exemple)")).id == one(event()).id


@pytest.mark.parametrize("change", [{"date": date(2021, 12, 5)}, {"association": "AAMAM"}, {"kind": "Formation"}])
def test_an_id_changes_with_the_thing(change: Mapping[str, Any]) -> None:
    assert one(event(**change)).id != one(event()).id


def test_a_call_keeps_its_id_when_its_deadline_moves() -> None:
    call = {"title": "Fonds (exemple)", "deadline": "15/01/2022"}
    assert one(call, source=CALLS).id == one({**call, "deadline": "31/01/2022"}, source=CALLS).id


def test_a_series_told_from_now_on_keeps_its_id_next_month() -> None:
    rows = [(table([event(date="tous les mardis à 18h")]), EVENTS)]
    months = [AS_OF, AS_OF + timedelta(days=31)]
    found = [catalogue.build(rows, as_of=month, audiences=LETTERS).items[0] for month in months]
    assert found[0].occurrences[0] != found[1].occurrences[0]
    assert found[0].id == found[1].id


def test_things_alike_have_ids_apart_whatever_their_order() -> None:
    morning, evening = event(place="Malakfé", hours="10h"), event(place="Gymnase", hours="20h")
    assert ids(table([morning, evening])) == ids(table([evening, morning]))
    assert len(set(ids(table([morning, evening])).values())) == 2


def test_problems_stand_in_the_order_of_sources_and_rows() -> None:
    first, second = table([event(), event(title=None), event()]), table([event(title=None)], file="b.csv", sheet=None)
    found = catalogue.build([(first, EVENTS), (second, EVENTS)], as_of=AS_OF, audiences=LETTERS)
    assert [(p.origin.file, p.origin.row, p.code) for p in found.problems] == [
        ("agenda.xlsx", 3, "title_missing"),
        ("agenda.xlsx", 4, "merged"),
        ("b.csv", 2, "title_missing"),
    ]


def test_skipped_rows_and_unread_headers_are_passed_on() -> None:
    skipped = (Skip(5, "titre de mois"),)
    found = catalogue.build(
        [(table([event()], skipped=skipped, unread=("Code",)), EVENTS)], as_of=AS_OF, audiences=LETTERS
    )
    (count,) = found.sources
    assert (count.rows, count.items, count.skipped, count.unread) == (2, 1, skipped, ("Code",))


CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        ["Fête", "FÊTE", "[ANNULÉ] Fête", "31/11/2021", "4/12/2021", "=A1", "tous", "Malakfé", "14h", "offre"]
    ),
    st.dates(date(2021, 11, 1), date(2022, 2, 1)),
    st.dates(date(2021, 11, 1), date(2022, 2, 1)).map(lambda day: datetime.combine(day, time(9, 30))),
    st.times(),
    st.floats(),
    st.integers(-5, 50_000),
    st.booleans(),
)
FIELDS = [name for name in HEADERS if name != "occurrences"]
ROWS = st.lists(st.dictionaries(st.sampled_from(FIELDS), CELLS, max_size=8), max_size=6)
SOURCES = st.sampled_from([EVENTS, CALLS, TRAININGS, EXCHANGES, NEWS])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(ROWS, SOURCES), max_size=3))
def test_no_row_is_ever_lost(sheets: list[tuple[list[dict[str, Any]], Source]]) -> None:
    tables = [(table(rows, file=f"{number}.csv", sheet=None), source) for number, (rows, source) in enumerate(sheets)]
    found = catalogue.build(tables, as_of=AS_OF, audiences=LETTERS)
    for count in found.sources:
        assert count.rows == count.items + count.merged + count.refused + len(count.skipped)
    printed = [origin for item in found.items for origin in item.sources]
    errors = {problem.origin for problem in found.problems if problem.severity == "error"}
    assert len(printed) == len(set(printed))
    assert not errors & set(printed)
    assert len(printed) + len(errors) == sum(count.rows for count in found.sources)
    assert len({item.id for item in found.items}) == len(found.items)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from(string.ascii_letters + string.punctuation + "éà \n\u00a0\\\x01"), max_size=40))
def test_a_link_is_safe_or_none(written: str) -> None:
    url = urls.read(written).url
    assert url is None or re.fullmatch(r"(https?://[a-z0-9]|mailto:|tel:)[!-~]*", url)
    assert url is None or not set(url) & set("<>\"'\\")
