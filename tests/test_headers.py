"""The words above columns, as town halls write them: a line per table, each header with the field it names."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsletter.config import Source
from newsletter.loaders.grid import Grid
from newsletter.loaders.headers import Finder
from newsletter.loaders.matching import key
from newsletter.loaders.request import Request
from newsletter.model import Document, Kind

AS_OF = datetime(2021, 11, 25, 9, tzinfo=ZoneInfo("Europe/Paris"))
TABLES = (Path(__file__).parent / "headers.txt").read_text(encoding="utf-8")
CASES = [line.partition(": ")[::2] for line in TABLES.strip().split("\n")]


@pytest.mark.parametrize(("kind", "headers"), CASES, ids=[f"{kind}: {headers[:40]}" for kind, headers in CASES])
def test_headers_as_town_halls_write_them(kind: str, headers: str) -> None:
    written = dict(part.partition("=")[::2] for part in headers.split(", "))
    finder = Finder(Request(Document("a.csv", b""), Source(path="a.csv", kind=Kind(kind)), AS_OF))
    header = finder.best(Grid(None, [(1, list(written))]))
    assert header is not None
    assert {text: header.columns.get(column, "") for column, text in enumerate(written)} == written


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Intervenant·e", "INTERVENANTS"),
        ("Organisateur·rice(s)", "organisateurs"),
        ("Date(s) *", "Dates :"),
        ("Adhérent.e.s", "adhérent"),
        ("Évènement", "événements"),
        ("Lieu de l’évènement", "LIEU DE L'EVENEMENT"),
        ("Œuvre", "oeuvres"),
        ("N°\u00a0de tél.", "tél"),
    ],
)
def test_headers_that_are_the_same_word(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("À publier du", "À publier"), ("Date de fin", "Date"), ("Places", "Plans")]
)
def test_headers_that_are_not(one: str, other: str) -> None:
    assert key(one) != key(other)
