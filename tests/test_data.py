"""The sample month and its settings: what `make demo` shows first is whole, honest and worth reading."""

import csv
import re
from collections import Counter
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from PIL import Image
from pydantic import BaseModel

from newsletter import audience, catalogue, config, dates, fetch, loaders, timetable
from newsletter.config import (
    Audience,
    Config,
    Delivery,
    Fetch,
    People,
    Retention,
    Returns,
    Schedule,
    SendGrid,
    Site,
    Smtp,
    Source,
    Store,
    Town,
)
from newsletter.model import Catalogue, Document, Exchange, Item, Kind, Problem, Status

ROOT = Path(__file__).parent.parent
FETCHING = fetch.Fetching(ROOT / "var" / "feeds", datetime(2021, 12, 1, tzinfo=UTC), offline=True)
DATA = ROOT / "data"
PARIS = config.Town().zone
SETTINGS = (ROOT / "config.toml").read_text(encoding="utf-8")
STANZAS: dict[str, type[BaseModel]] = {
    "town": Town, "site": Site, "[sources]": Source, "audiences.public": Audience, "audiences.associations": Audience,
    "fetch": Fetch, "schedule": Schedule, "people": People, "store": Store, "delivery": Delivery, "delivery.smtp": Smtp,
    "delivery.sendgrid": SendGrid, "delivery.mailbox": Returns, "retention": Retention,
}  # fmt: skip
LINE = re.compile(r"(?:# )?(\w+) = [^#]*(?:\"[^\"]*\"[^#]*)*(#.*)?")
# What the minutes of 25 November 2021 say, and what an invented person, place or thing is marked with.
FACTS = {
    "Administrer la plateforme nous.malakoff.fr",
    "Appel à candidatures : deux membres du bureau pour la commission d’attribution des subventions",
    "Campagne de subvention de fonctionnement",
    "Création de vidéo avec un smartphone",
    "Prochain bureau du CLVA",
    "Questionnaire de bilan du Forum de rentrée",
    "Se servir de nous.malakoff.fr",
    "Une salle ressources bientôt ouverte à la Maison de la vie associative",
    "nous.malakoff.fr : un groupe dédié aux associations",
}
INVENTED = "(exemple)"
NAMED = {  # by the minutes
    "Agir pour la solidarité internationale à Malakoff-Asiam", "Arts&Bien-être",
    "Association des amis de la Maison des arts-AAMAM", "Au coin de l'impasse", "Bureau du CLVA", "Cercle de Systema",
    "Coopérative alimentaire auto-gérée de Malakoff", "Malakfé", "Scarabé-e", "Ville de Malakoff",
}  # fmt: skip


def subscribers() -> list[dict[str, str]]:
    with (DATA / "abonnes.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def written(stanza: str) -> dict[str, str]:
    """The keys under a heading of config.toml, active or not, each with its comment."""
    found: dict[str, str] = {}
    heading = ""
    for line in SETTINGS.splitlines():
        if opened := re.match(r"(?:# )?\[([a-z.]+|\[sources\])\]\s*(?:#.*)?$", line):
            heading = opened[1]
        elif heading == stanza and (key := LINE.fullmatch(line)):
            found.setdefault(key[1], key[2] or "")
    return found


def test_the_settings_can_be_used() -> None:
    settings = config.load(ROOT / "config.toml")
    assert list(settings.audiences) == ["public", "associations"]
    assert settings.site.url is not None
    assert settings.town.sender is not None
    assert settings.town.sender.endswith(".example>")
    assert settings.delivery.transport == "files", "the demo sends nothing to anybody"


@pytest.mark.parametrize("stanza", STANZAS)
def test_every_key_is_shown_and_explained(stanza: str) -> None:
    shown = written(stanza)
    keys = set(STANZAS[stanza].model_fields) - {"smtp", "sendgrid", "mailbox"}
    assert keys == set(shown)
    if stanza != "audiences.associations":  # the same keys as the stanza above it
        assert not [key for key, comment in shown.items() if len(comment) < 8]


def test_every_stanza_is_shown() -> None:
    stanzas = set(Config.model_fields) - {"folder", "both"}
    assert {name.strip("[]").split(".")[0] for name in STANZAS} == stanzas
    assert all(written(name) for name in STANZAS)
    assert len(written("audiences")["both"]) > 8


def test_every_source_is_there() -> None:
    for source in config.load(ROOT / "config.toml").sources:
        assert (ROOT / source.path).is_file(), source.path


def test_forty_people_agreed_to_be_written_to() -> None:
    people = subscribers()
    assert len({person["Courriel"].casefold() for person in people}) == len(people) == 40
    assert Counter(person["Liste"] for person in people) == {"Grand public": 20, "Associations": 12, "Tous": 8}
    for person in people:
        assert person["Courriel"].endswith(".example")
        assert person["Origine du consentement"]
        day, month, year = map(int, person["Inscrit le"].split("/"))
        assert date(2021, 9, 1) < date(year, month, day) < date(2021, 12, 1), person


def test_the_list_of_subscribers_is_read_without_a_problem() -> None:
    settings = config.load(ROOT / "config.toml")
    document = Document("abonnes.csv", (DATA / "abonnes.csv").read_bytes())
    as_of = datetime(2021, 12, 1, 9, tzinfo=PARIS)
    load = loaders.read(document, config.Source(path="abonnes.csv"), as_of=as_of, vocabulary="subscribers")
    entries, problems = audience.read(load.tables, audiences=settings.audiences, as_of=as_of)
    assert not [*load.problems, *problems]
    assert len(entries) == 40
    assert all(entry.consented_at and entry.consent and not entry.left for entry in entries)
    assert sum("public" in entry.audiences for entry in entries) == 28
    assert sum("associations" in entry.audiences for entry in entries) == 20


def test_pictures_are_light_and_wide() -> None:
    pictures = sorted(DATA.glob("images/*.jpg"))
    assert len(pictures) == 3
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.size == (1200, 675), path.name
        assert path.stat().st_size < 120_000, path.name


def test_the_logo_is_a_small_square() -> None:
    logo = config.load(ROOT / "config.toml").town.logo
    assert logo is not None
    with Image.open(ROOT / logo) as picture:
        assert picture.width == picture.height >= 200
    assert (ROOT / logo).stat().st_size < 50_000


@cache
def read() -> tuple[Catalogue, tuple[Problem, ...]]:
    settings = config.load(ROOT / "config.toml")
    as_of = timetable.send_at(settings.schedule, date(2021, 12, 1), settings.town.zone)
    tables = []
    problems: list[Problem] = []
    for source in settings.sources:
        for document in fetch.gather(source, settings.folder, fetching=FETCHING).documents:
            load = loaders.read(document, source, as_of=as_of)
            tables += [(table, source) for table in load.tables]
            problems += load.problems
    built = catalogue.build(tables, as_of=as_of, audiences=settings.audiences)
    return built, (*problems, *built.problems)


def item(title: str) -> Item:
    return next(found for found in read()[0].items if found.title.startswith(title))


def test_the_month_is_full() -> None:
    items = read()[0].items
    assert 30 <= len(items) <= 36
    assert min(Counter(found.kind for found in items)[kind] for kind in Kind) >= 4
    for name in ("public", "associations"):
        assert sum(name in found.audiences for found in items) >= 15
    assert {found.exchange for found in items if found.kind is Kind.EXCHANGE} == set(Exchange)
    assert {found.status for found in items} >= {Status.CONFIRMED, Status.FULL, Status.POSTPONED}


def test_only_the_mistakes_meant_to_be_there_are_found() -> None:
    found = {(problem.severity, problem.code, Path(problem.origin.file).name) for problem in read()[1]}
    assert found == {
        ("warning", "weekday", "agenda.xlsx"),
        ("error", "impossible", "agenda.xlsx"),
        ("error", "title_missing", "agenda.xlsx"),
        ("warning", "merged", "agenda.xlsx"),
        ("warning", "deadline_past", "appels.csv"),
    }
    assert len(read()[1]) == 5


def test_no_row_is_lost_and_no_column_is_left_aside() -> None:
    for source in read()[0].sources:
        assert source.rows == source.items + source.merged + source.refused + len(source.skipped), source.file
        assert not source.unread, source.file


def test_what_is_invented_says_so() -> None:
    titles = {found.title.replace("'", "’") for found in read()[0].items}
    assert {title for title in titles if INVENTED not in title} == {fact.replace("'", "’") for fact in FACTS}
    hosts = {found.association for found in read()[0].items if found.association}
    assert {host for host in hosts if INVENTED not in host} <= NAMED


def test_nobody_real_is_written_to() -> None:
    for found in read()[0].items:
        assert re.fullmatch(r".+@.+\.example", found.contact or "a@b.example"), found.contact
        assert re.match(r"https://(?:nous\.malakoff\.fr$|[\w-]+\.example/)", found.url or "https://a.example/"), (
            found.url
        )


def test_each_text_is_worth_reading_and_soon_read() -> None:
    for found in read()[0].items:
        assert 15 <= len((found.description or "").split()) <= 45, found.title


def test_three_pictures_are_shown_and_described() -> None:
    pictures = [found.image for found in read()[0].items if found.image]
    assert len(pictures) == 3
    assert all(picture.path.is_file() and len(picture.alt) > 40 for picture in pictures)


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Administrer la plateforme", "d'ici fin janvier 2022"),
        ("Se servir de nous.malakoff.fr", "dans le courant de l'année 2022"),
        ("Prochain bureau", "début février 2022"),
        ("Fabrique de masques", "2e quinzaine de janvier 2022"),
    ],
)
def test_what_is_only_about_stays_as_the_town_said_it(title: str, written: str) -> None:
    assert (item(title).written, item(title).approximate) == (written, True)


def test_the_commission_is_in_mid_february() -> None:
    deadline = item("Appel à candidatures").deadline
    assert deadline is not None
    assert (deadline.written, deadline.approximate) == ("mi-février 2022", True)


def test_the_choir_sings_on_thursdays_but_not_at_the_end_of_the_year() -> None:
    days = [occurrence.start for occurrence in item("La chorale du jeudi").occurrences]
    assert {day.weekday() for day in days} == {3}
    assert not {(day.month, day.day) for day in days} & {(12, 23), (12, 30)}
    assert len(days) == 13


# ---- the guide ---------------------------------------------------------------------------------------------------

GUIDE = (ROOT / "docs" / "guide-agents.md").read_text(encoding="utf-8")


def rows_under(heading: str) -> list[list[str]]:
    section = GUIDE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:3] == "| `"]


@pytest.mark.parametrize("written", [row[0].strip("`") for row in rows_under("Écrire une date")])
def test_every_date_of_the_guide_can_be_read(written: str) -> None:
    as_of = datetime(2021, 12, 1, 9, tzinfo=PARIS)
    reading = dates.read(written, as_of=as_of)
    assert reading.occurrences
    assert not reading.faults


@pytest.mark.parametrize("hours", re.findall("`([^`]+)`", GUIDE.split("Pour les heures", 1)[1].split("\n", 1)[0]))
def test_every_hour_of_the_guide_can_be_read(hours: str) -> None:
    as_of = datetime(2021, 12, 1, 9, tzinfo=PARIS)
    reading = dates.read("04/12/2021", as_of=as_of, times=(hours, None))
    assert all(isinstance(occurrence.start, datetime) for occurrence in reading.occurrences)
    assert not reading.faults


def columns() -> list[tuple[str, str]]:
    section = GUIDE.split("### Les colonnes\n", 1)[1].split("\n### ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")][2:]
    return [(row[0].strip(), word.strip()) for row in rows for word in row[1].replace("’", "'").split(",")]


@pytest.mark.parametrize(("meaning", "column"), columns())
def test_every_column_of_the_guide_is_understood(meaning: str, column: str) -> None:
    usual = {"le titre": "Titre", "le jour": "Date", "la parution": "À publier du"}
    header = [*(name for said, name in usual.items() if said != meaning or column == "au"), column]
    document = Document("essai.csv", "\n".join([";".join(header), ";".join("x" for _ in header)]).encode())
    load = loaders.read(document, config.Source(path="essai.csv"), as_of=datetime(2021, 12, 1, 9, tzinfo=PARIS))
    assert [table.unread for table in load.tables] == [()]
    assert [len(table.frame.columns) for table in load.tables] == [len(header)]


@pytest.mark.parametrize("sentence", ["le 17 décembre 2021 est un vendredi, pas un jeudi", "ligne sans titre"])
def test_the_guide_speaks_as_the_program_does(sentence: str) -> None:
    assert sentence in GUIDE.replace("\u00a0", " ")
    assert any(sentence in problem.wanted for problem in read()[1])
