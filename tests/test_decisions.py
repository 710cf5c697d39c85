"""What staff said of two rows that look alike: kept, obeyed, whatever becomes of the rows' places."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from newsletter.cli import app
from newsletter.errors import ConfigError
from newsletter.store import Store

NOW = datetime(2021, 12, 1, 8, 0, tzinfo=UTC)
URL = "sqlite:///var/newsletter.db"


# Kept


def test_the_last_word_on_two_rows_counts_in_whatever_order_they_are_named(tmp_path: Path) -> None:
    with Store.open(URL, tmp_path) as store:
        assert store.decisions.all() == {}
        store.decisions.say("b" * 12, "a" * 12, "same", "Léa (exemple)", NOW)
        store.decisions.say("a" * 12, "c" * 12, "different", "Léa (exemple)", NOW)
        store.decisions.say("a" * 12, "b" * 12, "different", "Jo (exemple)", NOW)
    with Store.open(URL, tmp_path) as store:
        assert store.decisions.all() == {
            frozenset(("a" * 12, "b" * 12)): "different",
            frozenset(("a" * 12, "c" * 12)): "different",
        }


# Said and obeyed

AGENDA = (
    "Titre;Date;Lieu\nMarché de Noël;4/12/2021;Place (exemple)\nMarché de Noël solidaire;4/12/2021;Place (exemple)\n"
)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    (tmp_path / "agenda.csv").write_text(AGENDA, encoding="utf-8")
    (tmp_path / "config.toml").write_text('[[sources]]\npath = "agenda.csv"\n', encoding="utf-8")
    return tmp_path


def run(town: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(town / "config.toml"), *words])


def titles(town: Path) -> list[str]:
    answer = json.loads(run(town, "check", "--json", "--as-of", "2021-12-01").stdout)
    return [item["title"] for item in answer["items"]]


def test_the_command_that_a_warning_shows_joins_or_parts_the_rows_for_good(town: Path) -> None:
    shown = run(town, "check", "--as-of", "2021-12-01").stdout
    ids = shown.split("newsletter same ")[1].split(" ; ")[0].split()
    assert len(titles(town)) == 2

    assert "la même chose" in run(town, "same", *ids, "--by", "Léa (exemple)").stdout
    assert titles(town) == ["Marché de Noël solidaire"]
    (town / "agenda.csv").rename(town / "rentrée.csv")
    (town / "config.toml").write_text('[[sources]]\npath = "rentrée.csv"\n', encoding="utf-8")
    assert len(titles(town)) == 1

    assert "deux choses" in run(town, "different", *reversed(ids)).stdout
    assert len(titles(town)) == 2
    assert "Aucun problème." in run(town, "check", "--as-of", "2021-12-01").stdout


def test_letters_are_composed_as_staff_said(town: Path) -> None:
    shown = run(town, "check", "--as-of", "2021-12-01").stdout
    ids = shown.split("newsletter same ")[1].split(" ; ")[0].split()
    counts = []
    for word in ("different", "same"):
        run(town, word, *ids)
        answer = json.loads(run(town, "compose", "2021-12", "--as-of", "2021-12-01", "--json").stdout)
        counts.append([letter["items"] for letter in answer["letters"]])
    assert counts == [[2, 2], [1, 1]]


def test_looking_makes_no_database(town: Path) -> None:
    run(town, "check", "--as-of", "2021-12-01")
    assert not (town / "var" / "newsletter.db").exists()


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (("a" * 12, "ligne 3"), "« ligne 3 » n'est pas un identifiant"),
        (("a" * 12, "a" * 12), "deux fois le même"),
        (("a" * 12, "A" * 12), "recopiez les deux que « newsletter check » montre"),
    ],
)
def test_what_is_no_id_is_a_sentence_and_nothing_is_kept(town: Path, ids: tuple[str, str], said: str) -> None:
    stopped = run(town, "same", *ids)
    assert isinstance(stopped.exception, ConfigError)
    assert said in str(stopped.exception)
    with Store.open(URL, town) as store:
        assert store.decisions.all() == {}
