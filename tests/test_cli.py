"""The commands: their answers, their exit status, and a sentence, never a traceback, for a mistake."""

import json
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests import commands

GOOD = "Titre;Date;Lieu\nBal (exemple);4 décembre 2021;Salle des fêtes\n"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = commands.newsletter(folder, *words)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def town(folder: Path, *sources: str, more: str = "") -> Path:
    stanzas = "".join(f'[[sources]]\npath = "{path}"\n' for path in sources)
    (folder / "config.toml").write_text(f"{more}\n{stanzas}", encoding="utf-8")
    return folder


def _html_in_disguise(path: Path) -> None:
    path.write_text("<html><table><tr><td>Titre</td></tr></table></html>")


def _truncated(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>" * 500)
    path.write_bytes(path.read_bytes()[:200])


def test_offline_reads_no_feed(tmp_path: Path) -> None:
    (tmp_path / "bon.csv").write_text(GOOD, encoding="utf-8")
    town(tmp_path, "https://feed.invalid/agenda?key=secret", "bon.csv")
    done = run(tmp_path, "check", "--json", "--offline", "--as-of", "2021-12-01")
    (problem,) = json.loads(done.stdout)["problems"]
    assert (problem["file"], problem["severity"]) == ("feed.invalid/agenda", "error")
    assert "pas encore de copie" in problem["message"]
    assert "secret" not in done.stdout + done.stderr
    assert run(tmp_path, "compose", "2021-12", "--offline").returncode == 0


BAD = {
    "manque.xlsx": lambda path: None,
    "vide.csv": lambda path: path.write_bytes(b""),
    "dossier.xlsx": lambda path: path.mkdir(),
    "page.xlsx": _html_in_disguise,
    "coupe.xlsx": _truncated,
    "verrouille.xlsx": lambda path: path.write_bytes(
        bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le") * 40
    ),
    "note.csv": lambda path: path.write_text("Merci de remplir ce tableau avant vendredi\n"),
    "sans-titre.csv": lambda path: path.write_text("Date;Lieu;Contact\n4/12/2021;Salle;a@b.example\n"),
    "lettre.pdf": lambda path: path.write_bytes(b"%PDF-1.7 x"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_source_that_cannot_be_read_is_a_problem_and_the_others_are_read(tmp_path: Path, name: str) -> None:
    BAD[name](tmp_path / name)
    (tmp_path / "bon.csv").write_text(GOOD, encoding="utf-8")
    done = run(town(tmp_path, name, "bon.csv"), "check", "--json", "--as-of", "2021-12-01")
    found = json.loads(done.stdout)
    assert [item["title"] for item in found["items"]] == ["Bal (exemple)"]
    errors = [problem for problem in found["problems"] if problem["severity"] == "error"]
    assert [problem["file"] for problem in errors] == [name]
    assert len(errors[0]["message"]) > 20
    assert done.returncode == 1


def test_three_mistakes_in_the_settings_are_three_sentences_and_status_2(tmp_path: Path) -> None:
    done = run(town(tmp_path, more='[town]\ntimezone = "Paris"\n[site]\nport = "x"\n[store]\nurl = "z"\n'), "check")
    assert done.returncode == 2
    assert [line.split(" : ")[0] for line in done.stderr.splitlines()] == ["town.timezone", "site.port", "store.url"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compose", "décembre"), "2021-12"),
        (("compose", "2021-13"), "2021-12"),
        (("check", "--as-of", "hier"), "2021-12-01"),
        (("compose", "2021-12", "--audience", "jeunes"), "public, associations"),
        (("subscribers", "import", "rien.csv"), "rien.csv"),
        (("send", "2021-12"), "site.url"),
    ],
)
def test_a_mistake_on_the_command_line_is_a_sentence(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "bon.csv").write_text(GOOD, encoding="utf-8")
    done = run(town(tmp_path, "bon.csv"), *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_file_without_errors_exits_0_and_says_what_was_read(tmp_path: Path) -> None:
    (tmp_path / "bon.csv").write_text(GOOD, encoding="utf-8")
    done = run(town(tmp_path, "bon.csv"), "check", "--as-of", "2021-12-01")
    assert done.returncode == 0
    assert "bon.csv : 1 ligne = 1 élément" in done.stdout
    assert "Aucun problème." in done.stdout
    assert done.stderr == ""


def test_the_workbook_comes_back_with_the_mend_in_its_cell_and_never_over_itself(tmp_path: Path) -> None:
    bad = GOOD + "Loto (exemple);31/11/2021;Salle\n"
    (tmp_path / "bon.csv").write_text(bad, encoding="utf-8")
    done = run(town(tmp_path, "bon.csv"), "check", "--as-of", "2021-12-01", "--annotate", str(tmp_path / "rendu"))
    assert done.returncode == 1
    assert "bon.csv : les cellules à corriger sont marquées" in done.stderr
    book = openpyxl.load_workbook(tmp_path / "rendu" / "bon.xlsx")
    comments = [c.comment.text for sheet in book for row in sheet.iter_rows() for c in row if c.comment]
    assert any("novembre a 30 jours" in comment for comment in comments)
    assert (tmp_path / "bon.csv").read_text(encoding="utf-8") == bad


def test_a_model_is_read_without_a_problem_and_writes_over_nothing(tmp_path: Path) -> None:
    town(tmp_path, "modele.xlsx")
    assert run(tmp_path, "model", "event", str(tmp_path / "modele.xlsx")).returncode == 0
    found = json.loads(run(tmp_path, "check", "--json").stdout)
    assert (len(found["items"]), found["problems"]) == (1, [])
    assert run(tmp_path, "model", "event", str(tmp_path / "modele.xlsx")).returncode == 2
    assert "event, call" in run(tmp_path, "model", "bal", str(tmp_path / "autre.xlsx")).stderr


def test_init_writes_a_folder_that_works_and_never_over_another(tmp_path: Path) -> None:
    assert run(tmp_path, "init", str(tmp_path / "a")).returncode == 0
    assert (tmp_path / "a" / "config.toml").is_file()
    again = run(tmp_path, "init", str(tmp_path / "a"))
    assert again.returncode == 2
    assert "config.toml" in again.stderr


def test_every_command_is_documented() -> None:
    from newsletter.cli import app, subscribers, users

    page = (Path(__file__).parent.parent / "docs" / "commands.md").read_text(encoding="utf-8")
    names = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    for group, owned in (("subscribers", subscribers.app), ("users", users.app)):
        names += [f"{group} {c.name or c.callback.__name__}" for c in owned.registered_commands if c.callback]
    for name in names:
        assert f"`{name.rstrip('_')}" in page, f"docs/commands.md does not speak of {name}"
