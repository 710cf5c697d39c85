"""The store: a database by its address, editions nobody changes after they were approved, readers who stay gone."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from newsletter.errors import ApprovalRefused, StoreError
from newsletter.model import EditionState, Entry, Letter, Origin, Subscriber
from newsletter.store import Edition, Store, database
from newsletter.store.database import Database
from newsletter.store.folding import fold
from newsletter.store.intake import GROUP
from newsletter.store.subscribers import PAGE

NOW = datetime(2021, 12, 1, 8, 0, tzinfo=UTC)
SEND_AT = datetime(2021, 12, 7, 9, 0, tzinfo=timezone(timedelta(hours=1)))
LATER = NOW + timedelta(days=1)
URL = "sqlite:///var/newsletter.db"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    Store.open(URL, folder).close()
    return file_of(folder)


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits that a killed process survives, but not the machine: these tests are many."""
    monkeypatch.setattr(database, "LASTING", "OFF")
    monkeypatch.setattr(database, "QUICK", "OFF")


@pytest.fixture
def store(tmp_path: Path, migrated: Path, quick_disk: None) -> Iterator[Store]:
    file_of(tmp_path).parent.mkdir()
    shutil.copy(migrated, file_of(tmp_path))
    with Store.open(URL, tmp_path) as opened:
        yield opened


def file_of(folder: Path) -> Path:
    return folder / "var" / "newsletter.db"


def letter(audience: str = "public", text: str = "Bonjour", items: tuple[str, ...] = ("a", "b")) -> Letter:
    return Letter(audience, "Décembre", "Ce mois-ci", f"<p>{text} !</p>", text, "<mjml/>", items)


def drafted(store: Store, month: str = "2021-12", /, **letters: Letter) -> Edition:
    letters = letters or {"public": letter(), "associations": letter("associations")}
    return store.editions.draft(month, letters, rules="{}", send_at=SEND_AT, at=NOW)


def approved(store: Store, month: str = "2021-12", /, **letters: Letter) -> Edition:
    edition = drafted(store, month, **letters)
    return store.editions.approve(month, edition.digest, by="Awa (exemple)", at=NOW)


# ---- opening ---------------------------------------------------------------------------------------------------------


def test_a_relative_path_starts_at_the_folder_and_is_made(tmp_path: Path) -> None:
    Store.open("sqlite:///var/deep/x.db", tmp_path).close()
    assert (tmp_path / "var" / "deep" / "x.db").is_file()


def test_an_absolute_path_is_what_it_says(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path}/x.db", Path("/nowhere")).close()
    assert (tmp_path / "x.db").is_file()


def test_what_was_kept_is_there_when_it_opens_again(tmp_path: Path) -> None:
    with Store.open(URL, tmp_path) as store:
        before, key = approved(store), store.secret("suppression")
    with Store.open(URL, tmp_path) as store:
        assert store.editions.get("2021-12") == before
        assert store.secret("suppression") == key
        assert len(key) == 32
        assert store.secret("another") != key


def test_a_commit_is_on_disk_and_readers_do_not_wait(tmp_path: Path) -> None:
    Store.open(URL, tmp_path).close()
    database = Database(URL, tmp_path)
    with database.writing(lasting=False) as writing:
        assert writing.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    with database.writing() as writing, database.reading() as reading:
        assert writing.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert reading.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert reading.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        writing.exec_driver_sql("DELETE FROM keys")
        assert reading.exec_driver_sql("SELECT count(*) FROM keys").scalar() == 1
    database.close()


def test_programs_that_start_together_share_one_database(tmp_path: Path) -> None:
    opening = "import sys; from pathlib import Path; from newsletter.store import Store; sys.stdin.read(1); "
    opening += f"print(Store.open({URL!r}, Path({str(tmp_path)!r})).secret('suppression').hex())"
    started = [
        subprocess.Popen([sys.executable, "-c", opening], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in started:
        assert process.stdin
        process.stdin.write("x")
        process.stdin.flush()
    assert len({process.communicate()[0] for process in started}) == 1
    assert [process.returncode for process in started] == [0, 0, 0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Courriel;Liste\n" * 1000, "n’est pas une base de données"),
        (b"SQLite format 3\x00" + b"\xff" * 4096, "n’est pas une base de données"),
    ],
)
def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x.db").write_bytes(content)
    with pytest.raises(StoreError, match=said):
        Store.open("sqlite:///x.db", tmp_path)
    assert (tmp_path / "x.db").read_bytes() == content


def test_a_folder_in_its_place_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.db").mkdir()
    with pytest.raises(StoreError, match="ne peut pas être ouverte"):
        Store.open("sqlite:///x.db", tmp_path)


def test_a_file_where_the_folder_should_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(StoreError, match="ne peut pas être créé"):
        Store.open(URL, tmp_path)


@pytest.mark.parametrize("url", ["", "newsletter.db", "postgresql://localhost:1/none", "mysql://localhost/x", "x://"])
def test_an_address_that_leads_nowhere_is_a_sentence(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError):
        Store.open(url, tmp_path)


def test_a_database_another_program_keeps_to_itself_is_a_sentence(tmp_path: Path) -> None:
    with Store.open(URL, tmp_path, patience=0.1) as store:
        with closing(sqlite3.connect(file_of(tmp_path), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="occupée par un autre programme"):
                drafted(store)
            assert store.editions.all() == []
        assert drafted(store).state is EditionState.DRAFT


def test_a_database_that_may_not_be_changed_is_a_sentence(tmp_path: Path) -> None:
    Store.open(URL, tmp_path).close()
    database = Database(URL, tmp_path)
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(StoreError, match="ne peut pas être modifiée"), database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM keys")
    database.close()


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="no time zone"):
        store.subscribers.leave("lea@example.org", at=NOW.replace(tzinfo=None))


# ---- editions --------------------------------------------------------------------------------------------------------


def test_a_draft_keeps_its_letters_byte_for_byte(store: Store) -> None:
    composed = {"public": letter(text="à l’été\u202f! \n\n[[text:first_name]]"), "associations": letter("associations")}
    edition = drafted(store, **composed)
    assert edition.state is EditionState.DRAFT
    assert edition.letters == {name: one.digest for name, one in composed.items()}
    assert edition.send_at == SEND_AT
    assert store.editions.letters("2021-12") == composed
    assert store.editions.get("2021-12") == edition
    assert store.editions.get("2022-01") is None


def test_the_same_letters_change_nothing(store: Store) -> None:
    before = approved(store)
    assert drafted(store) == before
    assert before.state is EditionState.APPROVED
    assert [approval.by for approval in before.approvals] == ["Awa (exemple)"]


@pytest.mark.parametrize(
    "change",
    [
        {"letters": {"public": letter(text="Autre"), "associations": letter("associations")}},
        {"letters": {"public": letter()}},
        {"rules": "autres"},
        {"send_at": SEND_AT + timedelta(hours=1)},
    ],
)
def test_other_letters_rules_or_times_void_the_approval(store: Store, change: dict[str, object]) -> None:
    before = approved(store)
    plan: dict[str, Any] = {
        "letters": store.editions.letters("2021-12"),
        "rules": "{}",
        "send_at": SEND_AT,
        **change,
    }
    letters = plan.pop("letters")
    after = store.editions.draft("2021-12", letters, at=LATER, **plan)
    assert (after.state, after.version, after.approvals) == (EditionState.DRAFT, 2, ())
    assert after.digest != before.digest
    with pytest.raises(ApprovalRefused, match="a changé depuis"):
        store.editions.approve("2021-12", before.digest, by="Awa (exemple)", at=LATER)


def test_going_back_to_what_was_approved_does_not_bring_the_approval_back(store: Store) -> None:
    before = approved(store)
    drafted(store, public=letter(text="Autre"))
    again = drafted(store)
    assert again.digest == before.digest
    assert (again.state, again.approvals) == (EditionState.DRAFT, ())


def test_the_zone_a_send_time_is_said_in_changes_nothing(store: Store) -> None:
    before = approved(store)
    letters = store.editions.letters("2021-12")
    assert store.editions.draft("2021-12", letters, rules="{}", send_at=SEND_AT.astimezone(UTC), at=LATER) == before


def test_approval_is_of_one_digest(store: Store) -> None:
    edition = drafted(store)
    with pytest.raises(ApprovalRefused, match="a changé depuis"):
        store.editions.approve("2021-12", "sha256:" + "0" * 64, by="Awa (exemple)", at=NOW)
    assert store.editions.get("2021-12") == edition
    with pytest.raises(ApprovalRefused, match="pas composée"):
        store.editions.approve("2022-01", edition.digest, by="Awa (exemple)", at=NOW)


def test_two_people_approve_when_two_are_needed(store: Store) -> None:
    digest = drafted(store).digest
    states = [
        store.editions.approve("2021-12", digest, by=name, at=NOW, needed=2).state
        for name in ("Awa (exemple)", "Awa (exemple)", "Bilal (exemple)")
    ]
    assert states == [EditionState.IN_REVIEW, EditionState.IN_REVIEW, EditionState.APPROVED]
    edition = store.editions.get("2021-12")
    assert edition
    assert [approval.by for approval in edition.approvals] == ["Awa (exemple)", "Bilal (exemple)"]


@pytest.mark.parametrize("column", ["subject", "html", "text", "online"])
def test_bytes_that_were_tampered_with_are_not_sent_nor_approved(store: Store, tmp_path: Path, column: str) -> None:
    edition = approved(store, public=replace(letter(), online="<p>Tout</p>"))
    with closing(sqlite3.connect(file_of(tmp_path), isolation_level=None)) as other:
        other.execute(f"UPDATE contents SET {column} = {column} || ' ' WHERE audience = 'public'")
    with pytest.raises(ApprovalRefused, match="n’est plus celle"):
        store.editions.letters("2021-12")
    with pytest.raises(ApprovalRefused, match="n’est plus celle"):
        store.editions.approve("2021-12", edition.digest, by="Bilal (exemple)", at=NOW)


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM letters WHERE audience = 'public'",
        "UPDATE versions SET rules = 'autres'",
        "UPDATE versions SET send_at = '2021-12-06T08:00:00.000000Z'",
        "UPDATE versions SET digest = 'sha256:0'",
        "UPDATE letters SET digest = (SELECT digest FROM contents WHERE audience = 'public')",
    ],
)
def test_what_goes_with_the_bytes_is_frozen_too(store: Store, tmp_path: Path, tampering: str) -> None:
    approved(store)
    with closing(sqlite3.connect(file_of(tmp_path), isolation_level=None)) as other:
        other.execute(tampering)
    with pytest.raises(ApprovalRefused, match="n’est plus celle"):
        store.editions.letters("2021-12")


def test_a_state_changes_only_from_the_expected_one(store: Store) -> None:
    approved(store)
    move = store.editions.move
    assert not move("2021-12", EditionState.DRAFT, EditionState.IN_REVIEW, at=NOW)
    assert move("2021-12", EditionState.APPROVED, EditionState.SCHEDULED, at=NOW)
    assert not move("2021-12", EditionState.APPROVED, EditionState.SCHEDULED, at=NOW)
    assert move("2021-12", EditionState.SCHEDULED, EditionState.DRAFT, at=NOW)
    edition = store.editions.get("2021-12")
    assert edition
    assert (edition.state, edition.approvals) == (EditionState.DRAFT, ())
    with pytest.raises(ValueError, match="doesn't go"):
        move("2021-12", EditionState.DRAFT, EditionState.SENT, at=NOW)


def test_an_edition_reopened_as_it_was_is_approved_again_by_the_same_person(store: Store) -> None:
    edition = approved(store)
    store.editions.move("2021-12", EditionState.APPROVED, EditionState.DRAFT, at=NOW)
    again = store.editions.approve("2021-12", edition.digest, by="Awa (exemple)", at=LATER)
    assert again.state is EditionState.APPROVED
    assert [(approval.by, approval.at) for approval in again.approvals] == [("Awa (exemple)", LATER)]


@pytest.mark.parametrize("state", ["sending", "sent"])
def test_what_leaves_or_left_is_not_composed_nor_approved_again(store: Store, tmp_path: Path, state: str) -> None:
    edition = approved(store)
    with closing(sqlite3.connect(file_of(tmp_path), isolation_level=None)) as other:
        other.execute("UPDATE editions SET state = ?", (state,))
    assert drafted(store).digest == edition.digest
    with pytest.raises(ApprovalRefused, match="ne se recompose plus"):
        drafted(store, public=letter(text="Autre"))
    with pytest.raises(ApprovalRefused, match="ne s’approuve plus"):
        store.editions.approve("2021-12", edition.digest, by="Awa (exemple)", at=NOW)


def test_a_cancelled_edition_is_a_draft_when_it_is_composed_again(store: Store) -> None:
    approved(store)
    store.editions.move("2021-12", EditionState.APPROVED, EditionState.CANCELLED, at=NOW)
    again = drafted(store)
    assert (again.state, again.approvals) == (EditionState.DRAFT, ())


def test_what_is_new_is_new_since_the_last_edition_that_was_approved(store: Store) -> None:
    approved(store, "2021-10", public=letter(items=("a",)))
    approved(store, "2021-11", public=letter(items=("a", "b")), associations=letter("associations", items=("c",)))
    drafted(store, "2021-12", public=letter(items=("d",)))
    assert store.editions.printed("public", "2021-11") == {"a"}
    assert store.editions.printed("public", "2021-12") == {"a", "b"}
    assert store.editions.printed("public", "2022-01") == {"a", "b"}
    assert store.editions.printed("associations", "2022-01") == {"c"}
    assert store.editions.printed("public", "2021-10") == frozenset()
    assert [edition.month for edition in store.editions.all()] == ["2021-10", "2021-11", "2021-12"]


# ---- subscribers -----------------------------------------------------------------------------------------------------


def row(address: str, *audiences: str, **more: object) -> Entry:
    known: dict[str, Any] = {"first_name": None, "themes": (), "consented_at": NOW, "consent": "Forum", **more}
    return Entry(Origin("abonnes.csv", None, 2), address, audiences=audiences or ("public",), **known)


def gone(address: str) -> Entry:
    return Entry(Origin("abonnes.csv", None, 8), address, None, (), (), None, "", left=True)


def take(store: Store, *entries: Entry) -> tuple[int, ...]:
    taken = store.subscribers.take(entries, at=LATER, file="abonnes.csv")
    return (taken.added, taken.updated, taken.unchanged, taken.suppressed, taken.left)


@pytest.mark.parametrize(
    "other",
    [
        "lea@example.org",
        "LEA@Example.Org",
        " lea@example.org ",
        "Le\u0301a@mairie-été.example",
        "léa@xn--mairie-t-h1ab.example",
        "LÉA@MAIRIE-ÉTÉ.EXAMPLE",
    ],
)
def test_one_mailbox_is_one_subscriber_however_it_is_typed(store: Store, other: str) -> None:
    first = "lea@example.org" if "example.org" in other.lower() else "léa@mairie-été.example"
    assert take(store, row(first), row(other, "associations")) == (1, 1, 0, 0, 0)
    assert take(store, row(other, "associations"), row(first)) == (0, 0, 2, 0, 0)
    assert list(store.subscribers.all()) == [Subscriber(first, audiences=("associations", "public"))]
    assert store.subscribers.show(other) == store.subscribers.show(first)


@pytest.mark.parametrize("address", ["lea@xn--\xff.example", "lea@xn--a.example", "lea", "", "@"])
def test_folding_takes_whatever_there_is(address: str) -> None:
    assert fold(address) == address


def test_a_list_is_taken_in(store: Store) -> None:
    entries = [
        row("lea@example.org", first_name="Léa", themes=("culture", "sport")),
        row("LEA@example.org", "associations", first_name="Léa", consent="Formulaire"),
        row("eve@example.org", "associations", "public", first_name="{{ config }}", wording="J’accepte"),
        gone("parti@example.org"),
    ]
    assert take(store, *entries) == (2, 1, 0, 0, 1)
    lea = Subscriber("lea@example.org", "Léa", "active", ("associations", "public"), ("culture", "sport"))
    assert store.subscribers.show("Lea@Example.org") == lea
    assert store.subscribers.show("parti@example.org") == Subscriber("parti@example.org", status="left")
    assert store.subscribers.show("inconnu@example.org") is None
    assert store.subscribers.count() == {"associations": 2, "public": 2}
    assert [
        (line.audience, line.act, line.at, line.origin) for line in store.subscribers.history("lea@example.org")
    ] == [
        ("public", "given", NOW, "Forum"),
        ("associations", "given", NOW, "Formulaire"),
    ]
    assert {line.wording for line in store.subscribers.history("eve@example.org")} == {"J’accepte"}


def test_the_same_list_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    entries = [row("lea@example.org", first_name="Léa", themes=("culture",)), row("LEA@example.org", "associations")]
    entries += [row("jean@example.org"), gone("parti@example.org")]
    take(store, *entries)
    before = everything(tmp_path)
    assert take(store, *entries) == (0, 0, 4, 0, 0)
    assert everything(tmp_path) == before


def everything(folder: Path) -> list[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(file_of(folder))) as other:
        names = ("subscribers", "subscriptions", "consents", "suppressions")
        return [other.execute(f"SELECT * FROM {name}").fetchall() for name in names]


def test_a_list_adds_and_never_replaces(store: Store) -> None:
    take(store, row("lea@example.org", first_name="Léa", themes=("culture",)))
    again = row("LEA@example.org", first_name="LEA", themes=("sport",), consent="Formulaire")
    assert take(store, again) == (0, 1, 0, 0, 0)
    assert store.subscribers.show("lea@example.org") == Subscriber(
        "lea@example.org", "Léa", "active", ("public",), ("culture", "sport")
    )
    assert [line.origin for line in store.subscribers.history("lea@example.org")] == ["Forum", "Formulaire"]


def test_who_left_is_not_brought_back_by_a_list(store: Store) -> None:
    take(store, row("lea@example.org", "associations", "public"))
    assert store.subscribers.leave("LEA@example.org", at=LATER)
    newer = row("Lea@example.org", "associations", "public", consented_at=LATER, consent="Formulaire")
    taken = store.subscribers.take([newer], at=LATER, file="abonnes.csv")
    assert taken.suppressed == 1
    assert [(problem.severity, problem.origin.row) for problem in taken.problems] == [("warning", 2)]
    assert "désinscrite" in taken.problems[0].wanted
    assert store.subscribers.show("lea@example.org") == Subscriber("lea@example.org", status="left")
    assert store.subscribers.count() == {}


def test_who_left_one_letter_keeps_the_other(store: Store) -> None:
    take(store, row("lea@example.org", "associations", "public"))
    assert store.subscribers.leave("lea@example.org", "public", at=LATER, reason="lien de désinscription")
    assert store.subscribers.show("lea@example.org") == Subscriber("lea@example.org", audiences=("associations",))
    taken = store.subscribers.take([row("lea@example.org", "associations", "public")], at=LATER, file="abonnes.csv")
    assert (taken.unchanged, len(taken.problems)) == (1, 1)
    assert take(store, row("lea@example.org", "public")) == (0, 0, 0, 1, 0)
    assert store.subscribers.count() == {"associations": 1}
    assert [(line.act, line.audience, line.origin) for line in store.subscribers.history("lea@example.org")] == [
        ("given", "associations", "Forum"),
        ("given", "public", "Forum"),
        ("withdrawn", "public", "lien de désinscription"),
    ]


def test_leaving_works_again_and_again_and_for_strangers(store: Store) -> None:
    take(store, row("lea@example.org"))
    leave = store.subscribers.leave
    assert [leave("lea@example.org", "public", at=LATER) for _ in range(3)] == [True, False, False]
    assert [leave("jamais@example.org", at=LATER) for _ in range(2)] == [True, False]
    assert take(store, row("jamais@example.org")) == (0, 0, 0, 1, 0)
    assert leave(1, at=LATER)
    assert not leave(99, at=LATER)
    assert len(store.subscribers.history("lea@example.org")) == 2


def test_a_list_that_says_who_left_ends_what_they_read(store: Store) -> None:
    take(store, row("lea@example.org", "associations", "public"), row("jean@example.org"))
    assert take(store, row("lea@example.org"), gone("LEA@example.org"), row("lea@example.org")) == (0, 0, 1, 1, 1)
    assert store.subscribers.count() == {"public": 1}
    assert [line.act for line in store.subscribers.history("lea@example.org")] == ["given", "given"] + ["withdrawn"] * 2


def test_who_joins_and_leaves_in_one_list_has_left(store: Store) -> None:
    assert take(store, row("lea@example.org"), gone("lea@example.org")) == (1, 0, 0, 0, 1)
    assert store.subscribers.show("lea@example.org") == Subscriber("lea@example.org", status="left")


def test_a_suppression_holds_no_address(store: Store, tmp_path: Path) -> None:
    take(store, gone("parti@example.org"))
    store.subscribers.leave("fini@example.org", at=LATER)
    store.close()
    with closing(sqlite3.connect(file_of(tmp_path), isolation_level=None)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = file_of(tmp_path).read_bytes()
    assert b"parti@" not in content
    assert b"fini@" not in content


def test_another_town_makes_other_hashes(tmp_path: Path) -> None:
    marks = []
    for name in ("a", "b"):
        with Store.open(URL, tmp_path / name) as store:
            take(store, gone("parti@example.org"))
        with closing(sqlite3.connect(file_of(tmp_path / name))) as other:
            marks += other.execute("SELECT person FROM suppressions").fetchone()
    assert marks[0] != marks[1]


def test_lists_longer_than_a_page_or_a_group(store: Store) -> None:
    entries = [row(f"lecteur{n}@example.org") for n in range(GROUP + PAGE + 1)]
    assert take(store, *entries) == (len(entries), 0, 0, 0, 0)
    assert take(store, *entries) == (0, 0, len(entries), 0, 0)
    assert [reader.address for reader in store.subscribers.all()] == [entry.address for entry in entries]
