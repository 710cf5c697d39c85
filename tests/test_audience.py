"""The audience: rows as people type them become entries, or problems that name the cell and the mend."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from newsletter import audience, loaders
from newsletter.config import ASSOCIATIONS, PUBLIC, Audience, Source
from newsletter.model import Document, Entry, Origin, Problem, Table

PARIS = ZoneInfo("Europe/Paris")
AS_OF = datetime(2021, 12, 1, 9, 0, tzinfo=PARIS)
BOTH = {"public": PUBLIC, "associations": ASSOCIATIONS}
HEADERS = {
    "address": "Courriel",
    "first_name": "Prénom",
    "last_name": "Nom",
    "audiences": "Liste",
    "consented_at": "Inscrit le",
    "consent": "Origine du consentement",
    "wording": "Texte présenté",
    "themes": "Thèmes",
    "status": "Statut",
}
GOOD: dict[str, object] = {
    "address": "lea@example.org",
    "first_name": "Léa",
    "audiences": "Grand public",
    "consented_at": "12/09/2021",
    "consent": "Forum, bulletin papier",
}


def listed(*rows: Mapping[str, object], headers: Mapping[str, str] = HEADERS) -> Table:
    fields = [field for field in HEADERS if any(field in row for row in rows)]
    frame = pd.DataFrame(
        [[row.get(field) for field in fields] for row in rows],
        columns=fields,
        index=range(2, 2 + len(rows)),
        dtype=object,
    )
    return Table("abonnes.xlsx", "Liste", frame, {f: headers[f] for f in fields if f in headers}, len(rows))


def read(*rows: Mapping[str, object], headers: Mapping[str, str] = HEADERS) -> tuple[list[Entry], list[Problem]]:
    return audience.read([listed(*rows, headers=headers)], audiences=BOTH, as_of=AS_OF)


def taken(**cells: object) -> Entry:
    entries, problems = read({**GOOD, **cells})
    assert not problems
    return entries[0]


def refused(**cells: object) -> Problem:
    entries, problems = read({**GOOD, **cells})
    assert not entries
    assert len(problems) == 1
    assert problems[0].severity == "error"
    return problems[0]


SAMPLE = """Courriel;Prénom;Nom;Liste;Inscrit le;Origine du consentement;Thèmes
lea@example.org;Léa;Durand;Grand public;12/09/2021;Forum de rentrée, bulletin papier;culture, sport
LEA@example.org;Léa;Durand;Associations;13/09/2021;Formulaire en ligne;
tresorier@malakfe.example;;;Associations;01/10/2021;Adhésion CLVA;
pas-une-adresse;Jean;;Grand public;01/10/2021;Forum;
élodie@exemple.fr;Élodie;O'Brien;Grand public;02/10/2021;Forum;solidarité
sans.consentement@example.org;Ali;;Grand public;;;
parti@example.org;Zoé;;Désinscrit;;;
inject@example.org;"Eve
Bcc: victime@example.org";;Grand public;02/10/2021;Forum;
long@example.org;{{ config }};<script>alert(1)</script>;Tous;02/10/2021;Forum;culture
"""


def test_a_list_as_a_town_keeps_it() -> None:
    document = Document("abonnes.csv", SAMPLE.encode())
    load = loaders.read(document, Source(path="abonnes.csv"), as_of=AS_OF, vocabulary="subscribers")
    entries, problems = audience.read(load.tables, audiences=BOTH, as_of=AS_OF)
    assert [(entry.origin.row, entry.address, entry.audiences, entry.left) for entry in entries] == [
        (2, "lea@example.org", ("public",), False),
        (3, "LEA@example.org", ("associations",), False),
        (4, "tresorier@malakfe.example", ("associations",), False),
        (6, "élodie@exemple.fr", ("public",), False),
        (8, "parti@example.org", (), True),
        (10, "long@example.org", ("associations", "public"), False),
    ]
    assert [(problem.origin.row, problem.column) for problem in problems] == [
        (5, "Courriel"),
        (7, "Inscrit le"),
        (7, "Origine du consentement"),
        (9, "Prénom"),
    ]
    assert {problem.severity for problem in problems} == {"error"}
    assert entries[0].themes == ("culture", "sport")
    assert entries[-1].first_name == "{{ config }}"


# ---- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("lea@example.org", "lea@example.org"),
        ("  lea@example.org ", "lea@example.org"),
        ("\u200blea@example.org\u00a0", "lea@example.org"),
        ("Lea.Durand+Lettre@Example.ORG", "Lea.Durand+Lettre@example.org"),
        ("mailto:lea@example.org", "lea@example.org"),
        ("Léa Durand <lea@example.org>", "lea@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("élodie@exemple.fr", "élodie@exemple.fr"),
        ("e\u0301lodie@exemple.fr", "élodie@exemple.fr"),
        ("lea@mairie-été.example", "lea@mairie-été.example"),
        ("lea@xn--mairie-t-h1ab.example", "lea@mairie-été.example"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("a@b.co", "a@b.co"),
    ],
)
def test_addresses_that_are_kept(written: str, kept: str) -> None:
    assert taken(address=written).address == kept


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        (None, "l’adresse manque"),
        ("", "l’adresse manque"),
        ("pas-une-adresse", "il manque « @ »"),
        ("lea@localhost", "par exemple « .fr »"),
        ("lea@example", "par exemple « .fr »"),
        ("lea@example.org, jean@example.org", "une seule par ligne"),
        ("lea@example.org;jean", "une seule par ligne"),
        ("lea@@example.org", "une seule par ligne"),
        ("lea durand@example.org", "lettre par lettre"),
        (".lea@example.org", "lettre par lettre"),
        ("lea..durand@example.org", "lettre par lettre"),
        ("lea@-example.org", "lettre par lettre"),
        ("lea@example..org", "lettre par lettre"),
        ("lea@example.test", "lettre par lettre"),
        ("lea@[127.0.0.1]", "lettre par lettre"),
        (f"{'a' * 65}@example.org", "lettre par lettre"),
        ("lea@example.org\nBcc: jean@example.org", "une seule par ligne"),
        ("lea\r\n@example.org", "lettre par lettre"),
        ("lea\x00@example.org", "lettre par lettre"),
        ("=HYPERLINK(1)", "il manque « @ »"),
        (612345678, "il manque « @ »"),
    ],
)
def test_addresses_that_are_refused(written: object, mend: str) -> None:
    problem = refused(address=written)
    assert problem.column == "Courriel"
    assert mend in problem.wanted


ATOM, LABEL = some.text("abZ09-_+'", max_size=4), some.text("abZ9-", max_size=4)
ALMOST_PLAIN = some.builds(
    "{}@{}.{}".format,
    some.lists(ATOM, min_size=1, max_size=3).map(".".join),
    some.lists(LABEL, min_size=1, max_size=3).map(".".join),
    some.sampled_from(["fr", "example", "org", "local", "arpa", "F9", "c"]),
)


def judged(address: str) -> str | None:
    try:
        return validate_email(address, check_deliverability=False, strict=True).normalized
    except EmailNotValidError:
        return None


@given(ALMOST_PLAIN)
@example("a@b.example")
@example(f"{'a' * 64}@example.org")
@example(f"a@{'b' * 63}.org")
@example("-a@b.fr")
def test_the_fast_path_says_what_the_slow_one_would(address: str) -> None:
    kept, fault = audience.check(address)
    assert judged(address) == (None if fault else kept)


@pytest.mark.parametrize("name", ["{{ config }}", "<script>alert(1)</script>", "=1+1", "O'Brien", "Zoé & Cie", "李"])
def test_a_name_is_kept_as_it_is(name: str) -> None:
    assert taken(first_name=name).first_name == name


def test_a_name_is_on_one_line_with_single_spaces() -> None:
    assert taken(first_name="  Anne  Marie\u00a0").first_name == "Anne Marie"
    assert taken(first_name="  ").first_name is None


@pytest.mark.parametrize("field", ["first_name", "last_name"])
@pytest.mark.parametrize(
    "name", ["Eve\nBcc: x", "Eve\rBcc: x", "Eve\r\n\r\ntexte", "E\x00ve", "E\x1bve", "\u202eeve", "a\u2028b"]
)
def test_a_name_that_breaks_its_line_is_refused(field: str, name: str) -> None:
    problem = refused(**{field: name})
    assert problem.column == HEADERS[field]
    assert problem.code == "control"


def test_a_name_of_ten_thousand_letters_is_refused_shortly() -> None:
    problem = refused(first_name="a" * 10_000)
    assert "10000 caractères" in problem.wanted
    assert len(problem.found or "") < 70


# ---- what ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Grand public", ("public",)),
        ("grand  PUBLIC", ("public",)),
        ("Habitants", ("public",)),
        ("habitante", ("public",)),
        ("Associations", ("associations",)),
        ("asso", ("associations",)),
        ("La lettre des associations", ("associations",)),
        ("public", ("public",)),
        ("Tous", ("associations", "public")),
        ("les deux", ("associations", "public")),
        ("Grand public, associations", ("associations", "public")),
        ("Associations et grand public", ("associations", "public")),
        ("Associations\nGrand public", ("associations", "public")),
        ("associations / associations", ("associations",)),
    ],
)
def test_letters_as_people_name_them(written: str, meant: tuple[str, ...]) -> None:
    assert taken(audiences=written).audiences == meant


@pytest.mark.parametrize("written", ["Bureau de poste", "Grand public, pêche", "aucune", None, "", ",", 3])
def test_a_letter_that_is_not_known_is_an_error_with_those_that_are(written: object) -> None:
    problem = refused(audiences=written)
    assert problem.column == "Liste"
    assert "« Grand public », « Associations » ou « Tous »" in problem.wanted


def test_an_audience_of_the_town_is_known_by_its_own_words() -> None:
    stanza = Audience(title="La lettre des commerçants", words=("commerces", "boutiques"))
    entries, problems = audience.read(
        [listed({**GOOD, "audiences": "Boutiques, commercants, tous"}, {**GOOD, "audiences": "boutiques"})],
        audiences={**BOTH, "commercants": stanza},
        as_of=AS_OF,
    )
    assert [entry.audiences for entry in entries] == [("associations", "commercants", "public"), ("commercants",)]
    assert not problems


@pytest.mark.parametrize(
    "cells",
    [
        {"audiences": "Désinscrit"},
        {"audiences": "désinscrite"},
        {"audiences": "Désabonné·e"},
        {"audiences": "Désinscrit le 12/09/2021"},
        {"audiences": "s'est désabonnée"},
        {"audiences": "Grand public, désinscrit"},
        {"audiences": "ne veut plus recevoir"},
        {"status": "Désinscrit"},
        {"status": "a quitté la ville"},
        {"status": "STOP"},
        {"status": "inactif"},
        {"status": False},
    ],
)
def test_who_left_needs_no_more_than_an_address(cells: Mapping[str, object]) -> None:
    entries, problems = read({"address": "parti@example.org", "consent": None, "consented_at": None, **cells})
    assert not problems
    assert entries == [
        Entry(Origin("abonnes.xlsx", "Liste", 2), "parti@example.org", None, (), (), None, "", left=True)
    ]


@pytest.mark.parametrize(
    ("header", "cell", "left"),
    [
        ("Désinscrit", "oui", True),
        ("Désinscrit", "x", True),
        ("Désinscrit", True, True),
        ("Désinscrit le", "12/09/2021", True),
        ("Désinscrit le", date(2021, 9, 12), True),
        ("Désinscrit", "non", False),
        ("Désinscrit", None, False),
        ("Actif", "oui", False),
        ("Actif", 1.0, False),
        ("Actif", "non", True),
        ("Actif", 0, True),
        ("Statut", "abonnée", False),
    ],
)
def test_a_column_that_says_who_left(header: str, cell: object, left: bool) -> None:
    entries, problems = read({**GOOD, "status": cell}, headers={**HEADERS, "status": header})
    assert not problems
    assert entries[0].left is left


def test_a_status_nobody_understands_is_not_taken_for_a_yes() -> None:
    assert refused(status="à voir avec Jeanne").column == "Statut"


def test_who_left_with_a_spoilt_address_is_an_error() -> None:
    assert refused(address="parti", audiences="Désinscrit").column == "Courriel"


# ---- when and how they agreed ----------------------------------------------------------------------------------------


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2021, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12/09/2021", utc(9, 11, 22)),
        ("12/01/2021", utc(1, 11, 23)),
        ("2021-09-12", utc(9, 11, 22)),
        ("12 septembre 2021 à 14h30", utc(9, 12, 12, 30)),
        (date(2021, 9, 12), utc(9, 11, 22)),
        (datetime.combine(date(2021, 9, 12), time(14, 30)), utc(9, 12, 12, 30)),
        (utc(9, 12, 14, 30), utc(9, 12, 14, 30)),
        (44451, utc(9, 11, 22)),
        ("01/12/2021", utc(11, 30, 23)),
    ],
)
def test_days_of_consent(written: object, meant: datetime) -> None:
    assert taken(consented_at=written).consented_at == meant


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        (None, "la date du consentement manque"),
        ("31/02/2021", "cette date n"),
        ("hier", ""),
        ("12/09/2022", "pas encore venu"),
        ("12/09", "pas encore venu"),
        ("septembre 2021", "un jour, et un seul"),
        ("les 12 et 13 septembre 2021", "un jour, et un seul"),
    ],
)
def test_days_of_consent_that_are_refused(written: object, mend: str) -> None:
    problem = refused(consented_at=written)
    assert problem.column == "Inscrit le"
    assert mend in problem.wanted


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        (None, "l’origine du consentement manque"),
        ("-", "l’origine du consentement manque"),
        ("Inconnu", "l’origine du consentement manque"),
        ("oui", "dites comment"),
        (True, "dites comment"),
        ("non", "n’a pas donné son accord"),
        (False, "n’a pas donné son accord"),
        ("refus", "n’a pas donné son accord"),
    ],
)
def test_a_consent_without_an_origin_is_refused(written: object, mend: str) -> None:
    problem = refused(consent=written)
    assert problem.column == "Origine du consentement"
    assert mend in problem.wanted


def test_the_proof_is_kept_on_one_line() -> None:
    entry = taken(consent="Forum de\nrentrée\x00, n° 12", wording="J’accepte\nde recevoir la lettre")
    assert entry.consent == "Forum de rentrée , n° 12"
    assert entry.wording == "J’accepte de recevoir la lettre"


def test_themes_are_a_list_without_doubles() -> None:
    assert taken(themes="Culture, sport ; culture / Bien-être,").themes == ("Culture", "sport", "Bien-être")


# ---- whole lists -----------------------------------------------------------------------------------------------------


def test_every_fault_of_a_row_is_said() -> None:
    _, problems = read({"address": "x", "first_name": "a\nb", "audiences": "?", "consented_at": "", "consent": ""})
    assert [problem.column for problem in problems] == [HEADERS[f] for f in (
        "address", "audiences", "first_name", "consented_at", "consent",
    )]  # fmt: skip


@pytest.mark.parametrize("missing", ["address", "audiences", "consented_at", "consent"])
def test_a_missing_column_is_said_once(missing: str) -> None:
    rows = [{field: value for field, value in GOOD.items() if field != missing}] * 3
    entries, problems = read(*rows)
    assert not entries
    assert [(problem.origin, problem.column) for problem in problems] == [(Origin("abonnes.xlsx", "Liste"), None)]
    assert problems[0].wanted.startswith("une colonne manque")


def test_a_list_of_those_who_left_needs_no_proof_columns() -> None:
    rows = [{"address": f"parti{n}@example.org", "audiences": "Désinscrit"} for n in range(3)]
    entries, problems = read(*rows)
    assert [entry.left for entry in entries] == [True] * 3
    assert not problems


def test_an_empty_list_is_nothing() -> None:
    assert audience.read([], audiences=BOTH, as_of=AS_OF) == ([], [])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a new checkout first lists all letters
@given(
    some.dictionaries(
        some.sampled_from(list(HEADERS)),
        some.none() | some.text() | some.integers() | some.floats() | some.booleans() | some.dates() | some.datetimes(),
    )
)
def test_whatever_is_in_the_cells_a_row_is_an_entry_or_a_problem(row: dict[str, object]) -> None:
    entries, problems = read({"address": None, **row})
    assert bool(entries) != bool(problems)
    for entry in entries:
        assert entry.left or (entry.audiences and entry.consented_at and entry.consent)
