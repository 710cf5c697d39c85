"""The directory of associations: initials at length, misspellings asked about, strangers left alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from newsletter.cli import app

AMIS = "Association des amis de la Maison des arts (exemple)"
DIRECTORY = f"Nom;Sigle;Président\n{AMIS};AAMAM;Jo\nAmicale sportive (exemple);ASIAM;Léa\nClub 1 (exemple);CLUB;\n"


def check(folder: Path, *associations: str, directory: str | None = DIRECTORY, silence: str = "") -> Any:
    rows = "".join(f"Fête {n};{n + 1}/12/2021;{name}\n" for n, name in enumerate(associations))
    (folder / "agenda.csv").write_text(f"Titre;Date;Association\n{rows}", encoding="utf-8")
    if directory is not None:
        (folder / "annuaire.csv").write_text(directory, encoding="utf-8")
    town = '[town]\ndirectory = "annuaire.csv"\n'
    (folder / "config.toml").write_text(f'{town}[[sources]]\npath = "agenda.csv"\n{silence}', encoding="utf-8")
    words = ("check", "--json", "--as-of", "2021-12-01")
    done = CliRunner().invoke(app, ["--config", str(folder / "config.toml"), *words])
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("AAMAM", AMIS),
        ("aamam", AMIS),
        (AMIS.upper(), AMIS),
        ("AAMAM et ASIAM", f"{AMIS} et Amicale sportive (exemple)"),
        ("AAMAM & ASIAM", f"{AMIS} et Amicale sportive (exemple)"),
        ("Malakfé", "Malakfé"),
        ("AAMAM et Malakfé", "AAMAM et Malakfé"),
        ("Club 2 (exemple)", "Club 2 (exemple)"),
    ],
)
def test_a_name_as_people_write_it_is_printed_as_the_directory_has_it(
    tmp_path: Path, written: str, printed: str
) -> None:
    answer = check(tmp_path, written)
    assert [item["association"] for item in answer["items"]] == [printed]
    assert answer["problems"] == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Association des amis de la Maison des art (exemple)", AMIS),
        ("Assocation des amis de la maison des arts (exemple)", AMIS),
        ("AAMAN", AMIS),
        ("Amicale sportiv (exemple)", "Amicale sportive (exemple)"),
    ],
)
def test_a_misspelling_is_printed_as_typed_and_asked_about(tmp_path: Path, written: str, meant: str) -> None:
    answer = check(tmp_path, written)
    assert [item["association"] for item in answer["items"]] == [written]
    (problem,) = answer["problems"]
    assert (problem["severity"], problem["column"], problem["code"]) == ("warning", "Association", "association")
    assert problem["message"] == f"association inconnue de l'annuaire : vouliez-vous « {meant} » ?"
    assert check(tmp_path, written, silence='silence = ["association"]')["problems"] == []


def test_initials_and_the_full_name_are_one_organiser(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(f"Titre;Date;Association\nFête 0;1/12/2021;{AMIS}\n", encoding="utf-8")
    answer = check(tmp_path, "AAMAM", silence='[[sources]]\npath = "b.csv"\n')
    assert [len(item["sources"]) for item in answer["items"]] == [2]


def test_initials_of_two_associations_are_left_as_typed(tmp_path: Path) -> None:
    answer = check(tmp_path, "ABC", directory="Nom;Sigle\nAmis du bois (exemple);ABC\nArts du cirque (exemple);ABC\n")
    assert [item["association"] for item in answer["items"]] == ["ABC"]


@pytest.mark.parametrize(
    ("directory", "said"), [(None, "annuaire.csv"), ("Ville;Code\nMalakoff;92240\n", "« Nom »"), ("", "vide")]
)
def test_without_a_directory_that_can_be_read_names_are_left_and_it_is_said(
    tmp_path: Path, directory: str | None, said: str
) -> None:
    answer = check(tmp_path, "AAMAM", directory=directory)
    assert [item["association"] for item in answer["items"]] == ["AAMAM"]
    (problem,) = answer["problems"]
    assert problem["severity"] == "error"
    assert said in problem["message"]
