"""The codes of problems: each one explained to staff, and silenced where they ask; errors never are."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from newsletter import config
from newsletter.cli import app
from newsletter.errors import ConfigError
from newsletter.loaders import calendar
from newsletter.model.codes import ERRORS, WARNINGS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
FIRST = {"error", "warning"}  # dates name the code first, the others last
LAST = {"warn", "refuse", "say", "cell", "problem", "_problem", "_warning", "Problem"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for room in ("loaders", "catalogue", "dates", "fetch", "pipeline"):
        for path in (ROOT / "newsletter" / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    yield name, node


def said(node: ast.expr) -> set[str]:
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def codes_in_the_source() -> set[str]:
    found = {"formula", "url", *(f"event_{fault}" for fault in (*calendar.FAULTS, *calendar.WARNINGS))}
    for name, call in calls():
        if name in FIRST and len(call.args) > 1:
            found |= said(call.args[0])
        if name in {"Cell", "Link"} and len(call.args) == 3:
            found |= said(call.args[2])
        if name in LAST and len(call.args) > 1:
            found |= said(call.args[-1])
    return {code for code in found if re.fullmatch("[a-z_]+", code)}


def test_every_code_that_is_said_is_listed_and_none_that_is_not() -> None:
    assert codes_in_the_source() == WARNINGS | ERRORS


def test_every_code_is_explained_to_staff_with_its_severity() -> None:
    explained = dict(re.findall(r"^### `([a-z_]+)`\n\*\*([^*]+)\.\*\*", PAGE, re.MULTILINE))
    assert len(explained) == len(re.findall(r"^### ", PAGE, re.MULTILINE))
    assert {code for code, severity in explained.items() if severity == "Erreur"} == ERRORS
    others = {code: severity for code, severity in explained.items() if severity != "Erreur"}
    assert set(others.values()) == {"Avertissement", "Erreur ou avertissement"}
    assert set(others) == WARNINGS


# Silence

ROWS = "Titre;Date;Lien\nFête (exemple);4/12/2021;http://a.example\nFête (exemple);4/12/2021;\nBal (exemple);;\n"


def codes(folder: Path, stanza: str) -> list[str]:
    (folder / "agenda.csv").write_text(ROWS, encoding="utf-8")
    (folder / "config.toml").write_text(f'[[sources]]\npath = "agenda.csv"\n{stanza}', encoding="utf-8")
    done = CliRunner().invoke(
        app, ["--config", str(folder / "config.toml"), "check", "--json", "--as-of", "2021-12-01"]
    )
    return [problem["code"] for problem in json.loads(done.stdout)["problems"]]


def test_a_warning_is_silenced_for_its_source_and_the_rows_are_merged_all_the_same(tmp_path: Path) -> None:
    assert codes(tmp_path, "") == ["url_http", "merged", "date_missing"]
    assert codes(tmp_path, 'silence = ["merged"]') == ["url_http", "date_missing"]
    assert codes(tmp_path, 'silence = ["merged", "url_http", "unreadable"]') == ["date_missing"]


def test_what_loaders_say_is_silenced_too(tmp_path: Path) -> None:
    stanza = '[[sources]]\npath = "b.csv"\n'
    (tmp_path / "b.csv").write_text("Titre;Date\nFÃªte;4/12/2021\n", encoding="utf-8")
    assert "mojibake" in codes(tmp_path, stanza)
    assert "mojibake" not in codes(tmp_path, stanza + 'silence = ["mojibake"]')


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("date_missing", "sources[1].silence[1] : « date_missing » est une erreur, qui ne se tait pas"),
        ("merge", "« merge » n'est pas le code d'un avertissement ; vouliez-vous « merged » ?"),
        ("zzz", "codes connus : ambiguous, association, audiences, "),
    ],
)
def test_an_error_and_an_unknown_code_cannot_be_silenced(tmp_path: Path, code: str, sentence: str) -> None:
    (tmp_path / "config.toml").write_text(f'[[sources]]\npath = "a"\nsilence = ["{code}"]\n', encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        config.load(tmp_path / "config.toml")
    assert sentence in str(refused.value)
