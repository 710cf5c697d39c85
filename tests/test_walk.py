"""The walk, end to end: the sample month in, one approved copy per subscriber out, as a town's IT would run it."""

import email
import json
import shutil
import subprocess
import sys
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests import commands

ROOT = Path(__file__).parent.parent


def newsletter(folder: Path, *words: str, status: int = 0) -> str:
    """Runs the command in a working folder; its standard output."""
    run = commands.newsletter(folder, *words, env={"TZ": "UTC"})
    assert run.returncode == status, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    return run.stdout


def answer(folder: Path, *words: str, status: int = 0) -> Any:
    return json.loads(newsletter(folder, *words, "--json", status=status))


def mails(folder: Path) -> list[EmailMessage]:
    outbox = sorted((folder / "var" / "outbox").glob("*.eml"))
    return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in outbox]  # type: ignore[misc]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("walk") / "lettre"
    command = [sys.executable, "-m", "newsletter", "init", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    newsletter(folder, "subscribers", "import", "data/abonnes.csv")
    return folder


@pytest.fixture(scope="module")
def sent(town: Path) -> Path:
    newsletter(town, "compose", "2021-12")
    newsletter(town, "approve", "2021-12", "--by", "Camille (exemple)")
    newsletter(town, "send", "2021-12")
    return town


def test_the_sources_become_items_and_no_row_is_lost(town: Path) -> None:
    found = answer(town, "check", "--as-of", "2021-12-01T09:00", status=1)
    assert len(found["items"]) >= 25
    assert len({item["kind"] for item in found["items"]}) == 6
    assert sum(item["image"] is not None for item in found["items"]) == 3
    for source in found["sources"]:
        assert source["rows"] == source["items"] + source["merged"] + source["refused"] + len(source["skipped"])
    assert {problem["severity"] for problem in found["problems"]} == {"error", "warning"}


def test_the_same_rows_give_the_same_bytes(town: Path) -> None:
    first = answer(town, "compose", "2021-12")
    again = answer(town, "compose", "2021-12")
    assert first == again
    assert [letter["audience"] for letter in first["letters"]] == ["public", "associations"]
    for letter in first["letters"]:
        assert letter["html_bytes"] < 90_000
        assert [f for f in letter["findings"] if f["severity"] == "error"] == []


def test_each_subscriber_gets_one_copy_of_each_letter_asked_for(sent: Path) -> None:
    copies = mails(sent)
    status = answer(sent, "status")["editions"][0]
    assert status["state"] == "sent"
    assert sum(mailing["accepted"] for mailing in status["mailings"]) == len(copies)
    pairs = {(mail["To"], mail["List-Id"]) for mail in copies}
    assert len(pairs) == len(copies) >= 40


def test_a_copy_is_a_mail_one_can_leave_with_one_click(sent: Path) -> None:
    mail = mails(sent)[0]
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "https://lettre.malakoff.example/" in mail["List-Unsubscribe"]
    assert "mailto:" in mail["List-Unsubscribe"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@malakoff.example>")
    page = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "[[" not in page
    assert "None" not in page


def test_no_two_copies_share_their_way_out(sent: Path) -> None:
    ways = [mail["List-Unsubscribe"].split(">")[0] for mail in mails(sent)]
    assert len(set(ways)) == len(ways)


def test_a_second_send_hands_nothing_over_and_says_so(sent: Path) -> None:
    before = len(mails(sent))
    assert "rien de plus à remettre" in newsletter(sent, "send", "2021-12")
    assert len(mails(sent)) == before


def test_what_is_not_approved_is_not_sent(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lettre"
    shutil.copytree(town, folder, ignore=shutil.ignore_patterns("var"))
    newsletter(folder, "compose", "2021-12")
    newsletter(folder, "send", "2021-12", status=1)
    newsletter(folder, "approve", "2021-12", "--by", "X", "--digest", "sha256:autre", status=1)
    digest = answer(folder, "compose", "2021-12")["digest"]
    newsletter(folder, "approve", "2021-12", "--by", "X", "--digest", digest)


def test_a_row_that_changes_after_approval_is_a_notice(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lettre"
    shutil.copytree(town, folder, ignore=shutil.ignore_patterns("var"))
    approved = newsletter(folder, "approve", "2021-12", "--by", "X")
    calls = folder / "data" / "appels.csv"
    calls.write_bytes(calls.read_bytes().replace(b"Coup de pouce", b"Grand coup de pouce"))
    said = newsletter(folder, "compose", "2021-12")
    assert "ce qui a été approuvé reste tel quel" in said
    digest = approved.split()[-1]
    assert digest in said
    assert answer(folder, "compose", "2021-12", "--reopen")["digest"] != digest
    newsletter(folder, "send", "2021-12", status=1)


def test_a_test_copy_needs_no_approval(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lettre"
    shutil.copytree(town, folder, ignore=shutil.ignore_patterns("var"))
    newsletter(folder, "compose", "2021-12")
    newsletter(folder, "send", "2021-12", "--audience", "public", "--to", "moi@malakoff.example")
    assert [mail["To"] for mail in mails(folder)] == ["moi@malakoff.example"]


def test_a_dry_run_counts_and_sends_nothing(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lettre"
    shutil.copytree(town, folder, ignore=shutil.ignore_patterns("var"))
    newsletter(folder, "subscribers", "import", "data/abonnes.csv")
    newsletter(folder, "approve", "2021-12", "--by", "X")
    assert "exemplaires partiraient" in newsletter(folder, "send", "2021-12", "--dry-run")
    assert mails(folder) == []


def test_compose_writes_pages_that_open_from_disk_with_their_pictures(town: Path, tmp_path: Path) -> None:
    newsletter(town, "compose", "2021-12", "--out", str(tmp_path / "out"))
    page = (tmp_path / "out" / "public.html").read_text(encoding="utf-8")
    names = {part.split('"')[0] for part in page.split('src="images/')[1:]}
    assert names
    assert all((tmp_path / "out" / "images" / name).is_file() for name in names)
    assert {path.suffix for path in (tmp_path / "out").glob("public.*")} == {".html", ".txt", ".mjml", ".eml"}
