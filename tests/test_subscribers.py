"""Subscribers: lists in and out through the pipeline and the commands; what is kept of people, and for how long."""

import csv
import io
import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import connect

import openpyxl
import pytest
import test_audience
import test_store
from test_cli import town
from test_signups import joined, wish
from test_store import everything, file_of, gone, row, take
from typer.testing import CliRunner

from newsletter import pipeline
from newsletter.cli import app
from newsletter.config import Config, Delivery, Retention, Site, Town
from newsletter.errors import ConfigError, SourceUnreadable
from newsletter.loaders import pieces
from newsletter.model import Answer, Notice, NoticeState, Receipt, Subscriber
from newsletter.pipeline import keep_no_more, listing, take_subscribers
from newsletter.store import EVERY, Store, Worker

NOW = datetime(2021, 12, 1, 8, 0, tzinfo=UTC)
SHARED = Path(__file__).parent.parent.parent / "shared" / "inputs" / "abonnes.csv"
HEADER = "Courriel;Prénom;Liste;Inscrit le;Origine du consentement;Thèmes\n"
HERE = Worker.here()

migrated, quick_disk, store = test_store.migrated, test_store.quick_disk, test_store.store


@pytest.fixture
def town_of(tmp_path: Path) -> Config:
    site = Site(url="https://lettre.malakoff.example")
    return Config(folder=tmp_path, site=site, town=Town(sender="Lettre <lettre@malakoff.example>"))


def imported(town_of: Config, store: Store, text: str, *, dry_run: bool = False) -> pipeline.Taking:
    path = town_of.folder / "abonnes.csv"
    path.write_text(text, encoding="utf-8")
    return take_subscribers(town_of, store, path, NOW + timedelta(days=1), dry_run=dry_run)


# ---- in --------------------------------------------------------------------------------------------------------------


LISTS = [test_audience.SAMPLE, *([SHARED.read_text(encoding="utf-8")] if SHARED.exists() else [])]


@pytest.mark.parametrize("text", LISTS, ids=["ours", "theirs"][: len(LISTS)])
def test_a_list_as_a_town_keeps_it(town_of: Config, store: Store, text: str) -> None:
    taking = imported(town_of, store, text)
    lea = Subscriber("lea@example.org", "Léa", "active", ("associations", "public"), ("culture", "sport"))
    assert store.subscribers.show("LEA@example.org") == lea
    assert [line.origin for line in store.subscribers.history("lea@example.org")] == [
        "Forum de rentrée, bulletin papier",
        "Formulaire en ligne",
    ]
    errors = [(problem.origin.row, problem.column) for problem in taking.problems if problem.severity == "error"]
    assert errors == [(5, "Courriel"), (7, "Inscrit le"), (7, "Origine du consentement"), (9, "Prénom")]
    known = store.subscribers.known("parti@example.org")
    assert known
    assert [left.audience for left in known.suppressions] == [EVERY]
    assert store.subscribers.show("sans.consentement@example.org") is None
    assert store.subscribers.show("inject@example.org") is None
    long = store.subscribers.show("long@example.org")
    assert long
    assert long.first_name == "{{ config }}"
    assert (taking.taken.added, taking.taken.updated, taking.taken.left) == (4, 1, 1)


def test_a_long_list_gives_what_a_short_one_does(
    town_of: Config, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = imported(town_of, store, test_audience.SAMPLE)
    before = list(store.subscribers.all())
    monkeypatch.setattr(listing, "LONG", 0)
    monkeypatch.setattr(pieces, "PIECE", 3)
    with Store.open("sqlite:///autre/var/newsletter.db", tmp_path) as other:
        long = imported(town_of, other, test_audience.SAMPLE)
        assert list(other.subscribers.all()) == before
    assert (long.taken, long.problems) == (short.taken, short.problems)
    without = "Courriel;Prénom;Liste\n" + "".join(f"n{n}@example.org;;Tous\n" for n in range(9))
    problems = imported(town_of, store, without).problems
    assert [problem.origin.row for problem in problems] == [None, None]
    with pytest.raises(SourceUnreadable):
        take_subscribers(town_of, store, tmp_path / "manque.csv", NOW)


def test_a_try_says_what_would_change_and_changes_nothing(town_of: Config, store: Store) -> None:
    take(store, row("jean@example.org"), row("parti@example.org"))
    before = everything(town_of.folder)
    tried = imported(town_of, store, test_audience.SAMPLE, dry_run=True)
    assert everything(town_of.folder) == before
    taking = imported(town_of, store, test_audience.SAMPLE)
    assert (tried.taken, tried.problems, tried.kept) == (taking.taken, taking.problems, False)
    assert everything(town_of.folder) != before


ACCENTS = HEADER + "élodie@exemple.fr;Élodie;Tous;12/09/2021;Forum;\nlea@été.example;Léa;Tous;12/09/2021;Forum;\n"


def test_an_address_the_transport_cannot_carry_is_kept_and_flagged(town_of: Config, store: Store) -> None:
    assert not imported(town_of, store, ACCENTS).problems
    by_sendgrid = town_of.model_copy(update={"delivery": Delivery(transport="sendgrid")})
    (problem,) = imported(by_sendgrid, store, ACCENTS).problems
    assert (problem.severity, problem.origin.row, problem.column) == ("warning", 2, "Courriel")
    assert "SendGrid" in problem.wanted
    assert store.subscribers.show("élodie@exemple.fr")


# ---- out -------------------------------------------------------------------------------------------------------------

HOSTILE = [
    "=HYPERLINK(1)",
    "+33",
    "-1",
    "@SUM(A1)",
    "{{ config }}",
    "<b>x</b>",
    "O'Brien",
    "'=1",
    "''=2",
    "'a",
    'a"b',
]


def peopled(store: Store) -> None:
    """Readers with every sort of past."""
    take(
        store,
        *[row(f"n{n}@example.org", first_name=name, themes=(name.replace("/", ""),)) for n, name in enumerate(HOSTILE)],
    )
    forum = datetime(2021, 9, 11, 22, tzinfo=UTC)
    take(store, row("lea@example.org", consented_at=forum, consent="Forum, « bulletin »", wording="=J’accepte"))
    take(store, row("lea@example.org", "associations", consent="Guichet"))
    joined(store, wish("awa@example.org", "associations", "public", first_name="Awa"), NOW + timedelta(microseconds=7))
    take(store, gone("sans@example.org"), row("sortie@example.org"), row("deux@example.org", "associations", "public"))
    store.subscribers.leave("sortie@example.org", "public", at=NOW)
    store.subscribers.leave("deux@example.org", "public", at=NOW)
    take(store, row("partie@example.org"), row("effacee@example.org"))
    store.subscribers.leave("partie@example.org", at=NOW)
    store.subscribers.erase("effacee@example.org", at=NOW)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_list_written_out_and_read_in_again_changes_nothing(town_of: Config, store: Store, suffix: str) -> None:
    peopled(store)
    before = everything(town_of.folder)
    path = town_of.folder / f"liste.{suffix}"
    lines = pipeline.export_subscribers(town_of, store, path)
    taking = take_subscribers(town_of, store, path, NOW + timedelta(days=1))
    assert not taking.problems
    assert (taking.taken.unchanged, lines) == (lines, len(HOSTILE) + 6)
    assert everything(town_of.folder) == before
    assert path.stat().st_mode & 0o077 == 0
    assert not list(town_of.folder.glob(".*"))


def test_a_list_written_out_makes_the_same_readers_elsewhere(town_of: Config, store: Store, tmp_path: Path) -> None:
    peopled(store)
    out = io.StringIO()
    pipeline.print_subscribers(town_of, store, out)
    with Store.open("sqlite:///autre.db", tmp_path) as other:
        imported(town_of, other, out.getvalue())
        assert list(other.subscribers.all()) == [
            reader for reader in store.subscribers.all() if reader.status == "active"
        ]
        assert other.subscribers.history("lea@example.org")[0].wording == "=J’accepte"


def test_no_cell_is_a_formula(town_of: Config, store: Store) -> None:
    peopled(store)
    out = io.StringIO()
    pipeline.print_subscribers(town_of, store, out)
    cells = [cell for line in csv.reader(io.StringIO(out.getvalue()[1:]), delimiter=";") for cell in line]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert "'=HYPERLINK(1)" in cells
    assert "effacee@example.org" not in out.getvalue()
    pipeline.export_subscribers(town_of, store, town_of.folder / "liste.xlsx")
    sheet = openpyxl.load_workbook(town_of.folder / "liste.xlsx").active
    assert sheet
    assert {cell.data_type for line in sheet.iter_rows() for cell in line} <= {"s", "n", "inlineStr"}
    assert not [cell for line in sheet.iter_rows(values_only=True) for cell in line if str(cell or "").startswith("=")]


@pytest.mark.parametrize("name", ["liste.pdf", "liste", "nulle-part/liste.csv"])
def test_a_list_that_cannot_be_written_is_a_sentence(town_of: Config, store: Store, name: str) -> None:
    with pytest.raises(ConfigError):
        pipeline.export_subscribers(town_of, store, town_of.folder / name)
    assert not list(town_of.folder.glob("**/*.part"))


# ---- kept no longer --------------------------------------------------------------------------------------------------

YEAR = timedelta(days=366)


def delivered(store: Store, at: datetime, answer: Answer = Answer.ACCEPTED) -> list[str]:
    """Every notice that waits is handed over; their words."""
    texts = []
    while handed := store.notices.hand_over(HERE, at=at):
        texts.append(handed.notice.text)
        store.notices.settle(handed, Receipt(handed.delivery, answer), at=at)
    return texts


def counts(kept: pipeline.Kept) -> tuple[int, int, int]:
    return kept.gone.signups, kept.asked, kept.silent


def test_what_nobody_confirmed_goes_after_a_week(town_of: Config, store: Store) -> None:
    store.signups.ask(wish("jamais@example.org"), at=NOW)
    store.signups.ask(wish("jamais@example.org"), at=NOW + timedelta(days=1))
    joined(store, wish("awa@example.org"), NOW)
    assert counts(keep_no_more(town_of, store, NOW + timedelta(days=7))) == (0, 0, 0)
    tried = keep_no_more(town_of, store, NOW + timedelta(days=8), dry_run=True)
    assert counts(tried) == counts(keep_no_more(town_of, store, NOW + timedelta(days=8))) == (2, 0, 0)
    assert counts(keep_no_more(town_of, store, NOW + timedelta(days=9))) == (1, 0, 0)
    assert store.subscribers.known("jamais@example.org") is None
    with closing(connect(file_of(town_of.folder))) as database:
        assert database.execute("SELECT count(*) FROM signups").fetchone() == (0,)


def test_who_was_not_heard_of_for_a_year_is_asked_once(town_of: Config, store: Store) -> None:
    take(store, row("lea@example.org", "associations", "public", first_name="Léa"), row("partie@example.org"))
    store.subscribers.leave("partie@example.org", at=NOW)
    assert counts(keep_no_more(town_of, store, NOW + timedelta(days=365))) == (0, 0, 0)
    assert counts(keep_no_more(town_of, store, NOW + YEAR, dry_run=True)) == (0, 1, 0)
    assert store.notices.counts()[NoticeState.QUEUED] == 0
    assert counts(keep_no_more(town_of, store, NOW + YEAR)) == (0, 1, 0)
    assert counts(keep_no_more(town_of, store, NOW + YEAR + timedelta(days=1))) == (0, 0, 0)
    (text,) = delivered(store, NOW + YEAR)
    assert "https://lettre.malakoff.example/p/" in text
    assert "/continuer" in text
    assert store.subscribers.history("lea@example.org")[-1].act == "asked"


def test_who_answers_goes_on_for_another_year(town_of: Config, store: Store) -> None:
    take(store, row("lea@example.org"))
    keep_no_more(town_of, store, NOW + YEAR)
    delivered(store, NOW + YEAR)
    store.subscribers.renew(1, at=NOW + YEAR + timedelta(days=3), origin="page")
    assert counts(keep_no_more(town_of, store, NOW + YEAR + timedelta(days=70))) == (0, 0, 0)
    assert counts(keep_no_more(town_of, store, NOW + 2 * YEAR + timedelta(days=4))) == (0, 1, 0)


def test_who_does_not_answer_leaves_and_no_list_brings_them_back(town_of: Config, store: Store) -> None:
    take(store, row("lea@example.org"))
    keep_no_more(town_of, store, NOW + YEAR)
    delivered(store, NOW + YEAR)
    assert counts(keep_no_more(town_of, store, NOW + YEAR + timedelta(days=60))) == (0, 0, 0)
    after = NOW + YEAR + timedelta(days=61)
    assert counts(keep_no_more(town_of, store, after, dry_run=True)) == (0, 0, 1)
    assert store.subscribers.count() == {"public": 1}
    assert counts(keep_no_more(town_of, store, after)) == (0, 0, 1)
    assert counts(keep_no_more(town_of, store, after)) == (0, 0, 0)
    assert store.subscribers.show("lea@example.org") == Subscriber("lea@example.org", status="left")
    last = store.subscribers.history("lea@example.org")[-1]
    assert (last.act, last.origin) == ("withdrawn", "sans réponse à « Voulez-vous continuer ? »")
    assert take(store, row("lea@example.org")) == (0, 0, 0, 1, 0)


@pytest.mark.parametrize("answer", [None, Answer.REFUSED, Answer.UNCERTAIN])
def test_who_never_got_the_question_does_not_leave(town_of: Config, store: Store, answer: Answer | None) -> None:
    take(store, row("lea@example.org"))
    keep_no_more(town_of, store, NOW + YEAR)
    if answer:
        delivered(store, NOW + YEAR, answer)
    assert counts(keep_no_more(town_of, store, NOW + YEAR + timedelta(days=90))) == (0, 0, 0)
    assert store.subscribers.count() == {"public": 1}


def test_nobody_is_asked_when_that_is_the_setting_or_nothing_can_be_sent(town_of: Config, store: Store) -> None:
    take(store, row("lea@example.org"))
    never = town_of.model_copy(update={"retention": Retention(renew_after=0)})
    nowhere = town_of.model_copy(update={"site": Site()})
    for settings in (never, nowhere):
        assert counts(keep_no_more(settings, store, NOW + 3 * YEAR)) == (0, 0, 0)


def test_addresses_of_old_notices_and_words_of_old_copies_go(town_of: Config, store: Store) -> None:
    take(store, *[row(f"n{n}@example.org") for n in range(3)])
    edition = test_store.approved(store)
    number = store.ledger.create("2021-12", "public", edition.letters["public"], at=NOW)
    store.ledger.fill(number, at=NOW)
    lease = store.ledger.lease(number, HERE, at=NOW)
    assert lease
    (window,) = lease.windows(9)
    handed = store.ledger.hand_over(window, at=NOW)
    said = [Receipt(who.delivery, Answer.ACCEPTED, f"250 {who.address}", "réf") for who in handed]
    store.ledger.settle(said, at=NOW)
    store.ledger.finish(number, at=NOW)
    store.notices.put(a_notice("n1@example.org"), at=NOW)
    delivered(store, NOW)
    early = keep_no_more(town_of, store, NOW + timedelta(days=90)).gone
    assert (early.notices, early.words) == (0, 0)
    late = keep_no_more(town_of, store, NOW + timedelta(days=181)).gone
    assert (late.notices, late.words) == (1, 3)
    with closing(connect(file_of(town_of.folder))) as database:
        assert database.execute("SELECT DISTINCT detail, reference FROM deliveries").fetchall() == [(None, None)]
        assert database.execute("SELECT address, person, state FROM notices").fetchall() == [(None, None, "accepted")]


def a_notice(address: str) -> Notice:
    return Notice("link", "link 1", address, "Votre lien", "Bonjour")


def test_what_is_said_late_of_who_was_erased_goes_the_same_day(town_of: Config, store: Store) -> None:
    take(store, row("lea@example.org"))
    edition = test_store.approved(store)
    number = store.ledger.create("2021-12", "public", edition.letters["public"], at=NOW)
    store.ledger.fill(number, at=NOW)
    lease = store.ledger.lease(number, HERE, at=NOW)
    assert lease
    (window,) = lease.windows(9)
    (who,) = store.ledger.hand_over(window, at=NOW)
    store.subscribers.erase("lea@example.org", at=NOW)
    store.ledger.settle([Receipt(who.delivery, Answer.ACCEPTED, "250 <lea@example.org>", "réf")], at=NOW)
    assert keep_no_more(town_of, store, NOW).gone.words == 1
    assert keep_no_more(town_of, store, NOW).gone.words == 0


# ---- commands --------------------------------------------------------------------------------------------------------


def said(folder: Path, *words: str, status: int = 0) -> str:
    """What a command prints."""
    done = CliRunner().invoke(app, ["--config", str(folder / "config.toml"), "subscribers", *words])
    assert done.exit_code == status, done.output
    return done.output


def test_the_commands_tell_a_life_from_a_list_to_oblivion(tmp_path: Path) -> None:
    town(tmp_path)
    file = tmp_path / "liste.csv"
    file.write_text(test_audience.SAMPLE, encoding="utf-8")
    tried = said(tmp_path, "import", str(file), "--dry-run", status=1)
    assert tried.startswith("Essai : rien n'est changé.")
    assert "4 abonnés ajoutés, 1 modifié" in tried
    assert said(tmp_path, "import", str(file), status=1).startswith("liste.csv : 4 abonnés ajoutés, 1 modifié")
    shown = json.loads(said(tmp_path, "show", "LEA@example.org", "--json"))
    assert (shown["address"], shown["status"]) == ("lea@example.org", "active")
    assert shown["audiences"] == ["associations", "public"]
    assert {"at", "origin"} <= shown["consents"][0].keys()
    assert "accord donné · public · Forum de rentrée" in said(tmp_path, "show", "lea@example.org")
    assert len(said(tmp_path, "export").splitlines()) == 6
    assert "5 lignes écrites" in said(tmp_path, "export", str(tmp_path / "tous.xlsx"))
    assert "lea@" not in said(tmp_path, "erase", "lea@example.org")
    assert "effacement" in said(tmp_path, "show", "lea@example.org")
    assert "lea@" not in said(tmp_path, "export")
    kept = json.loads(said(tmp_path, "retention", "--dry-run", "--json"))
    assert kept == {"dry_run": True, "signups": 0, "notices": 0, "words": 0, "asked": 0, "silent": 0}
    assert "0 inscription terminée sans réponse" in said(tmp_path, "retention")


def test_an_export_to_a_pipe_is_utf8_with_the_line_ends_of_a_spreadsheet(tmp_path: Path) -> None:
    town(tmp_path)
    with Store.open("sqlite:///var/newsletter.db", tmp_path) as store:
        take(store, row("lea@example.org", first_name="Léa"))
    command = [sys.executable, "-m", "newsletter", "--config", str(tmp_path / "config.toml"), "subscribers", "export"]
    done = subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.stdout.startswith("\ufeffCourriel;Prénom".encode())
    assert done.stdout.count(b"\r\n") == done.stdout.count(b"\n") == 2
