"""The ledger: nobody twice, nobody forgotten, whatever crashes; and a word for what can't be known."""

import multiprocessing
import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Literal

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import event

from newsletter.errors import ApprovalRefused
from newsletter.model import (
    Answer,
    DeliveryState,
    EditionState,
    Entry,
    Field,
    Letter,
    MailingState,
    Origin,
    Receipt,
    Recipient,
)
from newsletter.store import Lease, Ledger, Store, Subscribers, Window, Worker, database
from newsletter.store.database import Database
from newsletter.store.folding import Folding

NOW = datetime(2021, 12, 7, 8, 0, tzinfo=UTC)
SOON, LATER = NOW + timedelta(minutes=5), NOW + timedelta(minutes=11)
MONTH, URL = "2021-12", "sqlite:///newsletter.db"
LETTER = Letter("public", "Décembre", "", "<p>Bonjour</p>", "Bonjour", "<mjml/>")
OTHER = replace(LETTER, audience="associations")
HERE = Worker.here()
DEAD = replace(HERE, boot="another boot")
AFAR = replace(HERE, host="another machine")


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    with Store.open(URL, folder) as store:
        letters = {"public": LETTER, "associations": OTHER}
        edition = store.editions.draft(MONTH, letters, rules="{}", send_at=NOW, at=NOW)
        store.editions.approve(MONTH, edition.digest, by="Awa (exemple)", at=NOW)
        store.subscribers.take([reader(n) for n in range(10)], at=NOW, file="abonnes.csv")
    return folder / "newsletter.db"


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits that a killed process survives, but not the machine: these tests are many."""
    monkeypatch.setattr(database, "LASTING", "OFF")
    monkeypatch.setattr(database, "QUICK", "OFF")


@pytest.fixture
def store(tmp_path: Path, migrated: Path, quick_disk: None) -> Iterator[Store]:
    shutil.copy(migrated, tmp_path / "newsletter.db")
    with Store.open(URL, tmp_path) as opened:
        yield opened


def reader(number: int, *audiences: str) -> Entry:
    name = f"Lecteur {number}" if number % 2 else None
    address, read = f"lecteur{number}@example.org", audiences or ("public",)
    return Entry(Origin("abonnes.csv", None, number), address, name, read, (), NOW, "Forum")


def filled(store: Store) -> int:
    mailing = store.ledger.create(MONTH, "public", LETTER.digest, at=NOW)
    store.ledger.fill(mailing, at=NOW)
    return mailing


def leased(store: Store, mailing: int, worker: Worker = HERE, *, at: datetime = NOW, size: int = 1000) -> Lease:
    lease = store.ledger.lease(mailing, worker, at=at, size=size)
    assert lease
    return lease


def handed(store: Store, lease: Lease, *, at: datetime = NOW) -> list[Recipient]:
    return [who for window in lease.windows(100) for who in store.ledger.hand_over(window, at=at)]


def say(store: Store, recipients: list[Recipient], answer: Answer, *, at: datetime = NOW, **more: float) -> int:
    return store.ledger.settle([Receipt(who.delivery, answer, "dit", "réf", **more) for who in recipients], at=at)


def counts(store: Store, which: str | int = MONTH) -> dict[str, int]:
    return {state.value: number for state, number in store.ledger.counts(which).items() if number}


def state(store: Store) -> EditionState:
    edition = store.editions.get(MONTH)
    assert edition
    return edition.state


# ---- mailings --------------------------------------------------------------------------------------------------------


def test_a_mailing_goes_its_way(store: Store) -> None:
    mailing = store.ledger.create(MONTH, "public", LETTER.digest, at=NOW)
    assert store.ledger.mailing(mailing).state is MailingState.FILLING
    assert state(store) is EditionState.SENDING
    assert store.ledger.fill(mailing, at=NOW) == 10
    assert store.ledger.mailing(mailing).state is MailingState.READY
    lease = leased(store, mailing)
    assert store.ledger.mailing(mailing).state is MailingState.SENDING
    assert [(who.address, dict(who.fields)) for who in lease.recipients[:2]] == [
        ("lecteur0@example.org", {}),
        ("lecteur1@example.org", {Field.FIRST_NAME: "Lecteur 1"}),
    ]
    assert not store.ledger.finish(mailing, at=NOW)
    assert say(store, handed(store, lease), Answer.ACCEPTED) == 10
    assert store.ledger.lease(mailing, HERE, at=LATER) is None
    assert store.ledger.finish(mailing, at=SOON)
    assert store.ledger.mailing(mailing).ended_at == SOON
    assert counts(store) == counts(store, mailing) == {"accepted": 10}


def test_a_second_send_delivers_nothing_again(store: Store) -> None:
    mailing = filled(store)
    say(store, handed(store, leased(store, mailing)), Answer.ACCEPTED)
    store.ledger.finish(mailing, at=NOW)
    store.subscribers.take([reader(99)], at=NOW, file="abonnes.csv")
    assert store.ledger.create(MONTH, "public", LETTER.digest, at=LATER) == mailing
    assert store.ledger.fill(mailing, at=LATER) == 10
    assert store.ledger.lease(mailing, HERE, at=LATER) is None
    assert store.ledger.finish(mailing, at=LATER)
    assert store.ledger.mailing(mailing).ended_at == NOW


@pytest.mark.parametrize("digest", ["sha256:" + "0" * 64, OTHER.digest, ""])
def test_only_the_approved_letter_leaves(store: Store, digest: str) -> None:
    with pytest.raises(ApprovalRefused, match="pas celle qui a été approuvée"):
        store.ledger.create(MONTH, "public", digest, at=NOW)
    assert store.ledger.mailings(MONTH) == []
    mailing = filled(store)
    with pytest.raises(ApprovalRefused, match="part déjà avec une autre lettre"):
        store.ledger.create(MONTH, "public", digest, at=NOW)
    assert [known.id for known in store.ledger.mailings(MONTH)] == [mailing]


@pytest.mark.parametrize("state", ["draft", "in review", "sent", "cancelled"])
def test_nothing_leaves_before_it_is_approved_nor_after_it_left(store: Store, tmp_path: Path, state: str) -> None:
    with closing(sqlite3.connect(tmp_path / "newsletter.db", isolation_level=None)) as other:
        other.execute("UPDATE editions SET state = ?", (state,))
    with pytest.raises(ApprovalRefused, match="n’est pas approuvée"):
        store.ledger.create(MONTH, "public", LETTER.digest, at=NOW)
    with pytest.raises(ApprovalRefused, match="n’est pas approuvée"):
        store.ledger.create("2022-01", "public", LETTER.digest, at=NOW)


def test_an_edition_on_its_way_is_not_composed_again(store: Store) -> None:
    filled(store)
    with pytest.raises(ApprovalRefused, match="ne se recompose plus"):
        store.editions.draft(MONTH, {"public": OTHER}, rules="{}", send_at=NOW, at=NOW)


def test_the_edition_is_sent_when_each_of_its_letters_is(store: Store) -> None:
    first, second = filled(store), store.ledger.create(MONTH, "associations", OTHER.digest, at=NOW)
    assert store.ledger.fill(second, at=NOW) == 0
    assert store.ledger.lease(second, HERE, at=NOW) is None
    assert store.ledger.finish(second, at=NOW)
    assert state(store) is EditionState.SENDING
    say(store, handed(store, leased(store, first)), Answer.REFUSED)
    assert store.ledger.finish(first, at=NOW)
    assert state(store) is EditionState.SENT
    assert [mailing.audience for mailing in store.ledger.mailings(MONTH)] == ["associations", "public"]


def test_filling_goes_on_where_a_crash_left_it(store: Store, tmp_path: Path) -> None:
    mailing = store.ledger.create(MONTH, "public", LETTER.digest, at=NOW)
    with closing(sqlite3.connect(tmp_path / "newsletter.db", isolation_level=None)) as other:
        # The third chunk finds the disk full.
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON deliveries WHEN (SELECT count(*) FROM deliveries) >= 6 "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
        with pytest.raises(Exception, match="full"):
            store.ledger.fill(mailing, at=NOW, chunk=3)
        assert counts(store) == {"queued": 6}
        assert store.ledger.lease(mailing, HERE, at=NOW) is None
        assert not store.ledger.finish(mailing, at=NOW)
        other.execute("DROP TRIGGER full")
    assert store.ledger.fill(mailing, at=NOW, chunk=3) == 10
    assert len({who.address for who in leased(store, mailing).recipients}) == 10


def test_only_who_reads_this_letter_gets_it(store: Store) -> None:
    store.subscribers.take([reader(20, "associations"), reader(21, "associations", "public")], at=NOW, file="x.csv")
    store.subscribers.leave("lecteur0@example.org", "public", at=NOW)
    store.subscribers.leave("lecteur1@example.org", at=NOW)
    store.subscribers.leave("lecteur2@example.org", "associations", at=NOW)
    lease = leased(store, filled(store))
    assert [who.address for who in lease.recipients] == [
        f"lecteur{n}@example.org" for n in (2, 3, 4, 5, 6, 7, 8, 9, 21)
    ]


def test_who_joins_while_it_fills_is_in_it_once(store: Store) -> None:
    mailing = store.ledger.create(MONTH, "public", LETTER.digest, at=NOW)
    store.subscribers.take([reader(n) for n in (3, 30)], at=NOW, file="abonnes.csv")
    assert store.ledger.fill(mailing, at=NOW, chunk=4) == 11


def test_a_copy_has_a_name_that_says_nothing(store: Store) -> None:
    names = [who.delivery for who in leased(store, filled(store)).recipients]
    assert len(set(names)) == 10
    assert all(len(name) > 20 and set(name) <= set("0123456789abcdef") for name in names)
    assert len({name[:10] for name in names}) == 10


@pytest.mark.parametrize(
    "words", ["", "inconnu", "é" * 30, "0" * 20, "0" * 21, "f" * 100, "{nonce}", "{nonce}2", "{other}1"]
)
def test_a_name_that_is_no_copys_settles_nothing(store: Store, words: str) -> None:
    away = handed(store, leased(store, filled(store), size=2))
    name = words.format(nonce=away[0].delivery[:20], other=away[1].delivery[:20])
    for many in (1, 30):
        assert say(store, [Recipient(name, "x")] * many, Answer.ACCEPTED) == 0
    assert store.ledger.resolve([name], "drop", by="Awa (exemple)", at=NOW) == 0


def test_a_paused_mailing_hands_nothing_over(store: Store) -> None:
    mailing = filled(store)
    lease = leased(store, mailing)
    assert store.ledger.pause(mailing, "trop de refus")
    assert not store.ledger.pause(mailing, "encore")
    assert store.ledger.mailing(mailing).reason == "trop de refus"
    assert handed(store, lease) == []
    assert store.ledger.lease(mailing, HERE, at=LATER) is None
    assert not store.ledger.finish(mailing, at=LATER)
    assert store.ledger.resume(mailing)
    assert not store.ledger.resume(mailing)
    assert store.ledger.mailing(mailing).reason is None
    assert len(handed(store, leased(store, mailing))) == 10


@pytest.mark.parametrize("fill", [False, True])
def test_a_held_mailing_waits_for_a_person(store: Store, fill: bool) -> None:
    mailing = store.ledger.create(MONTH, "public", LETTER.digest, at=NOW)
    if fill:
        store.ledger.fill(mailing, at=NOW)
    assert store.ledger.hold(mailing, "elle devait partir hier")
    assert store.ledger.lease(mailing, HERE, at=NOW) is None
    assert not store.ledger.finish(mailing, at=NOW)
    assert store.ledger.mailing(mailing).state is MailingState.HELD
    assert store.ledger.resume(mailing)
    assert store.ledger.mailing(mailing).state is (MailingState.READY if fill else MailingState.FILLING)
    assert store.ledger.fill(mailing, at=NOW) == 10
    assert len(handed(store, leased(store, mailing))) == 10


def test_a_mailing_made_too_late_is_held_from_the_start(store: Store) -> None:
    mailing = store.ledger.create(MONTH, "public", LETTER.digest, at=NOW, hold="trop tard")
    assert (store.ledger.mailing(mailing).state, store.ledger.mailing(mailing).reason) == (
        MailingState.HELD,
        "trop tard",
    )
    assert store.ledger.fill(mailing, at=NOW) == 0


def test_cancelling_skips_what_has_not_left(store: Store) -> None:
    mailing = filled(store)
    away = handed(store, leased(store, mailing, size=4))
    lease = leased(store, mailing, size=3)
    assert store.ledger.cancel(mailing, at=SOON)
    assert not store.ledger.cancel(mailing, at=SOON)
    assert handed(store, lease) == []
    say(store, away, Answer.ACCEPTED)
    assert counts(store) == {"accepted": 4, "skipped": 6}
    assert not store.ledger.resume(mailing)
    assert not store.ledger.hold(mailing, "trop tard")
    assert not store.ledger.finish(mailing, at=SOON)
    assert state(store) is EditionState.SENDING
    store.ledger.cancel(store.ledger.create(MONTH, "associations", OTHER.digest, at=NOW), at=SOON)
    assert state(store) is EditionState.CANCELLED


# ---- leases and windows ----------------------------------------------------------------------------------------------


def test_two_workers_never_have_the_same_copy(store: Store) -> None:
    mailing = filled(store)
    mine, theirs = leased(store, mailing, size=6), leased(store, mailing, AFAR, size=6)
    assert (len(mine.recipients), len(theirs.recipients)) == (6, 4)
    assert store.ledger.lease(mailing, HERE, at=SOON) is None
    assert store.ledger.next_free(mailing) == NOW + timedelta(minutes=10)
    assert counts(store) == {"queued": 10}


def test_a_lease_that_ended_is_somebody_elses(store: Store) -> None:
    mailing = filled(store)
    late = leased(store, mailing)
    again = leased(store, mailing, AFAR, at=LATER, size=4)
    assert {who.address for who in handed(store, late, at=LATER)} == {f"lecteur{n}@example.org" for n in range(4, 10)}
    assert counts(store) == {"queued": 4, "sending": 6}
    assert handed(store, again, at=LATER) == list(again.recipients)


def test_a_window_is_handed_over_once(store: Store) -> None:
    lease = leased(store, filled(store))
    windows = list(lease.windows(4))
    assert [len(window.recipients) for window in windows] == [4, 4, 2]
    assert store.ledger.hand_over(windows[0], at=NOW) == list(windows[0].recipients)
    assert store.ledger.hand_over(windows[0], at=NOW) == []
    assert counts(store) == {"queued": 6, "sending": 4}


def test_who_leaves_at_the_last_moment_gets_nothing(store: Store) -> None:
    lease = leased(store, filled(store))
    store.subscribers.leave("lecteur3@example.org", "public", at=SOON)
    store.subscribers.leave("LECTEUR4@example.org", at=SOON)
    store.subscribers.leave("lecteur5@example.org", "associations", at=SOON)
    went = {who.address for who in handed(store, lease, at=SOON)}
    assert went == {f"lecteur{n}@example.org" for n in range(10)} - {"lecteur3@example.org", "lecteur4@example.org"}
    assert counts(store) == {"sending": 8, "skipped": 2}


def test_somebody_erased_since_is_skipped(store: Store, tmp_path: Path) -> None:
    mailing = filled(store)
    lease = leased(store, mailing, size=5)
    with closing(sqlite3.connect(tmp_path / "newsletter.db", isolation_level=None)) as other:
        other.execute("DELETE FROM consents WHERE subscriber_id IN (1, 9)")
        other.execute("DELETE FROM subscriptions WHERE subscriber_id IN (1, 9)")
        other.execute("UPDATE subscribers SET address = NULL, first_name = NULL WHERE id IN (1, 9)")
    assert len(handed(store, lease)) == 4
    rest = leased(store, mailing)
    assert len(rest.recipients) == 5
    assert len(handed(store, rest)) == 4
    assert counts(store) == {"sending": 8, "skipped": 2}


def test_a_lease_that_is_released_frees_what_has_not_left(store: Store) -> None:
    mailing = filled(store)
    lease = leased(store, mailing)
    window = next(lease.windows(4))
    say(store, store.ledger.hand_over(window, at=NOW)[:3], Answer.ACCEPTED)
    store.ledger.release(lease, at=SOON)
    assert counts(store) == {"accepted": 3, "queued": 6, "uncertain": 1}
    assert len(leased(store, mailing, AFAR, at=SOON).recipients) == 6


# ---- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer.ACCEPTED, "accepted"),
        (Answer.REFUSED, "refused"),
        (Answer.UNCERTAIN, "uncertain"),
        (Answer.LATER, "queued"),
    ],
)
def test_answers_settle_what_is_on_its_way_once(store: Store, answer: Answer, state: str) -> None:
    mailing = filled(store)
    away = handed(store, leased(store, mailing, size=4))
    assert say(store, away, answer) == 4
    assert say(store, away, answer) == 0
    assert counts(store) == Counter({state: 4}) + Counter(queued=6)
    assert store.ledger.settle([], at=NOW) == 0
    assert say(store, [Recipient("inconnu", "x")], answer) == 0


def test_an_answer_for_what_has_not_left_changes_nothing(store: Store) -> None:
    mailing = filled(store)
    for answer in Answer:
        assert say(store, list(leased(store, mailing, size=1).recipients), answer) == 0
    assert counts(store) == {"queued": 10}


def test_later_is_later(store: Store, tmp_path: Path) -> None:
    mailing = filled(store)
    say(store, handed(store, leased(store, mailing)), Answer.LATER, retry_after=1800.0)
    assert store.ledger.lease(mailing, HERE, at=NOW + timedelta(seconds=1799)) is None
    assert not store.ledger.finish(mailing, at=LATER)
    again = store.ledger.next_free(mailing)
    assert again == NOW + timedelta(seconds=1800)
    assert len(handed(store, leased(store, mailing, at=again), at=again)) == 10
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as other:
        assert other.execute("SELECT DISTINCT attempts FROM deliveries").fetchall() == [(1,)]


def test_the_same_copy_keeps_its_name_when_it_is_tried_again(store: Store) -> None:
    mailing = filled(store)
    first = handed(store, leased(store, mailing))
    say(store, first, Answer.LATER, retry_after=0.0)
    assert handed(store, leased(store, mailing)) == first


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.REFUSED])
def test_a_providers_word_ends_a_doubt(store: Store, answer: Answer) -> None:
    away = handed(store, leased(store, filled(store)))
    say(store, away, Answer.UNCERTAIN)
    assert say(store, away, Answer.LATER) == 0
    assert say(store, away, answer) == 10
    assert counts(store) == {answer.value: 10}
    assert say(store, away, Answer.UNCERTAIN) == 0


def test_only_handing_over_waits_for_the_disk(migrated: Path, tmp_path: Path) -> None:
    shutil.copy(migrated, tmp_path / "newsletter.db")
    said: list[str] = []
    opened = Database(URL, tmp_path)
    event.listen(opened.engine, "before_cursor_execute", lambda *given: said.append(str(given[2])))
    ledger = Ledger(opened)

    def disk() -> set[str]:
        waits = {statement for statement in said if statement.startswith("PRAGMA synchronous")}
        said.clear()
        return waits

    mailing = ledger.create(MONTH, "public", LETTER.digest, at=NOW)
    assert disk() == {"PRAGMA synchronous=FULL"}
    ledger.fill(mailing, at=NOW)
    lease = ledger.lease(mailing, HERE, at=NOW)
    assert disk() == {"PRAGMA synchronous=NORMAL"}
    going = ledger.hand_over(next(lease.windows(100)), at=NOW) if lease else []
    assert disk() == {"PRAGMA synchronous=FULL"}
    ledger.settle([Receipt(who.delivery, Answer.ACCEPTED) for who in going], at=NOW)
    assert disk() == {"PRAGMA synchronous=NORMAL"}
    opened.close()


# ---- crashes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("worker", "at", "uncertain"),
    [
        (HERE, LATER, 0),
        (replace(HERE, boot="another boot"), NOW, 4),
        (replace(HERE, pid=2**22 + 1), NOW, 4),
        (replace(HERE, started=HERE.started + 1), NOW, 4),
        (AFAR, SOON, 0),
        (AFAR, LATER, 4),
        (replace(HERE, pid=1, started=0), SOON, 0),
        (replace(HERE, pid=1, started=0), LATER, 4),
    ],
    ids=[
        "itself",
        "another boot",
        "no such process",
        "same number, another process",
        "afar, in its lease",
        "afar, over",
        "nobody knows, in its lease",
        "nobody knows, over",
    ],
)
def test_what_a_dead_worker_left_on_its_way_is_uncertain(
    store: Store, worker: Worker, at: datetime, uncertain: int
) -> None:
    mailing = filled(store)
    lease = leased(store, mailing, worker)
    store.ledger.hand_over(next(lease.windows(4)), at=NOW)
    assert store.ledger.recover(HERE, at=at) == uncertain
    assert store.ledger.recover(HERE, at=at) == 0
    assert counts(store) == Counter(sending=4 - uncertain, uncertain=uncertain, queued=6) + Counter()
    free = store.ledger.lease(mailing, HERE, at=at)
    assert len(free.recipients if free else ()) == (6 if uncertain or at == LATER else 0)


def test_the_dead_are_told_from_the_living() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    zombie = replace(HERE, pid=child)
    while HERE.sees_alive(zombie):
        pass
    assert HERE.sees_alive(zombie) is False
    os.waitpid(child, 0)
    assert HERE.sees_alive(zombie) is False
    assert HERE.sees_alive(Worker.here()) is True
    assert HERE.name == f"{os.getpid()}@{HERE.host}"


def test_only_a_person_has_an_uncertain_copy_sent_again(store: Store) -> None:
    mailing = filled(store)
    away = handed(store, leased(store, mailing, DEAD), at=SOON)
    store.ledger.recover(HERE, at=LATER)
    assert store.ledger.lease(mailing, HERE, at=LATER) is None
    assert store.ledger.finish(mailing, at=LATER)
    assert [(copy.delivery, copy.address, copy.audience, copy.since) for copy in store.ledger.uncertain(MONTH)] == [
        (who.delivery, who.address, "public", SOON) for who in away
    ]
    names = [who.delivery for who in away]
    assert store.ledger.resolve(names[:3], "drop", by="Awa (exemple)", at=LATER) == 3
    assert store.ledger.resolve(names[:5], "resend", by="Awa (exemple)", at=LATER) == 2
    assert store.ledger.mailing(mailing).state is MailingState.READY
    assert handed(store, leased(store, mailing, at=LATER), at=LATER) == away[3:5]
    assert store.ledger.resolve(MONTH, "resend", by="Awa (exemple)", at=LATER) == 5
    assert store.ledger.resolve(MONTH, "resend", by="Awa (exemple)", at=LATER) == 0
    assert counts(store) == {"dropped": 3, "queued": 5, "sending": 2}


def test_an_edition_that_was_sent_sends_again_what_a_person_wants(store: Store) -> None:
    mailing = filled(store)
    other = store.ledger.create(MONTH, "associations", OTHER.digest, at=NOW)
    store.ledger.fill(other, at=NOW)
    say(store, handed(store, leased(store, mailing)), Answer.UNCERTAIN)
    assert store.ledger.finish(other, at=NOW)
    assert store.ledger.finish(mailing, at=NOW)
    assert state(store) is EditionState.SENT
    store.ledger.resolve(MONTH, "resend", by="Awa (exemple)", at=LATER)
    assert state(store) is EditionState.SENDING
    say(store, handed(store, leased(store, mailing, at=LATER), at=LATER), Answer.ACCEPTED)
    assert store.ledger.finish(mailing, at=LATER)
    assert state(store) is EditionState.SENT


def test_a_cancelled_mailing_resends_nothing(store: Store) -> None:
    mailing = filled(store)
    say(store, handed(store, leased(store, mailing, size=4)), Answer.UNCERTAIN)
    store.ledger.cancel(mailing, at=SOON)
    assert store.ledger.resolve(MONTH, "resend", by="Awa (exemple)", at=LATER) == 0
    assert store.ledger.resolve(MONTH, "drop", by="Awa (exemple)", at=LATER) == 4


def test_a_restored_copy_sends_nothing_by_itself(store: Store) -> None:
    mailing = filled(store)
    store.ledger.hand_over(next(leased(store, mailing).windows(4)), at=NOW)
    assert store.ledger.hold_unfinished("copie restaurée", at=LATER) == 1
    assert store.ledger.mailing(mailing).reason == "copie restaurée"
    assert counts(store) == {"uncertain": 10}
    assert store.ledger.resume(mailing)
    assert store.ledger.lease(mailing, HERE, at=LATER) is None


def test_what_a_restored_copy_has_as_approved_is_approved_again(store: Store) -> None:
    assert store.ledger.hold_unfinished("copie restaurée", at=LATER) == 0
    assert state(store) is EditionState.DRAFT
    with pytest.raises(ApprovalRefused):
        store.ledger.create(MONTH, "public", LETTER.digest, at=LATER)


def test_a_clock_that_jumps_holds_and_doubts_only_what_is_on_its_way(store: Store) -> None:
    mailing = filled(store)
    store.ledger.hand_over(next(leased(store, mailing).windows(4)), at=NOW)
    assert store.ledger.hold_unfinished("l’horloge a sauté", at=LATER, restored=False) == 1
    assert counts(store) == {"queued": 6, "uncertain": 4}


# ---- two processes, killed -------------------------------------------------------------------------------------------

READERS, WINDOW = 400, 7


def deliver(folder: Path, number: int) -> None:
    """A worker that writes down what it hands over as a server would: before it answers."""
    with Store.open(URL, folder) as store, (folder / f"handed{number}").open("a", buffering=1) as world:
        worker = Worker.here()
        store.ledger.recover(worker, at=NOW)
        mailing = store.ledger.create(MONTH, "public", LETTER.digest, at=NOW)
        store.ledger.fill(mailing, at=NOW, chunk=50)
        while lease := store.ledger.lease(mailing, worker, at=NOW, size=3 * WINDOW):
            for window in lease.windows(WINDOW):
                going = store.ledger.hand_over(window, at=NOW)
                world.writelines(f"{who.address}\n" for who in going)
                store.ledger.settle([Receipt(who.delivery, Answer.ACCEPTED) for who in going], at=NOW)


def test_two_processes_that_are_killed_send_to_nobody_twice_and_forget_nobody(migrated: Path, tmp_path: Path) -> None:
    shutil.copy(migrated, tmp_path / "newsletter.db")
    with Store.open(URL, tmp_path) as store:
        store.subscribers.take([reader(n) for n in range(READERS)], at=NOW, file="abonnes.csv")
    context, moments, kills = multiprocessing.get_context("forkserver"), Random(12), 0
    context.set_forkserver_preload(["newsletter.store"])
    for _ in range(8):
        workers = [context.Process(target=deliver, args=(tmp_path, number)) for number in (1, 2)]
        for worker in workers:
            worker.start()
        workers[0].join(moments.uniform(0.05, 0.5))
        for worker in workers:
            kills += worker.is_alive()
            worker.kill()
            worker.join()
    for number in (1, 2):
        context.Process(target=deliver, args=(tmp_path, number)).start()
    for survivor in multiprocessing.active_children():
        survivor.join()
        assert survivor.exitcode == 0
    sent = Counter(address for path in tmp_path.glob("handed*") for address in path.read_text().split())
    with Store.open(URL, tmp_path) as store:
        known = store.ledger.counts(MONTH)
        doubtful = {copy.address for copy in store.ledger.uncertain(MONTH)}
    assert kills
    assert set(sent.values()) == {1}
    assert set(sent) | doubtful == {f"lecteur{n}@example.org" for n in range(READERS)}
    assert known[DeliveryState.ACCEPTED] + known[DeliveryState.UNCERTAIN] == READERS
    assert known[DeliveryState.UNCERTAIN] <= kills * WINDOW


# ---- whatever happens, in whatever order -----------------------------------------------------------------------------

EVERYBODY = {f"lecteur{n}@example.org" for n in range(10)}
WORKERS = some.integers(0, 2)


class Everything(RuleBasedStateMachine):
    """Three workers (the third is taken for dead by the first), readers who leave, a person, a clock, a backup."""

    migrated: Path
    key: bytes

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.migrated, self.folder / "newsletter.db")
        self.open()
        self.mailing = self.ledger.create(MONTH, "public", LETTER.digest, at=NOW)
        self.ledger.fill(self.mailing, at=NOW)
        self.now = NOW
        self.lives = [0, 0, 0]
        self.windows: list[list[Window]] = [[], [], []]
        self.flying: list[list[Recipient]] = [[], [], []]
        self.may = set(EVERYBODY)
        self.left: set[str] = set()
        self.backup()

    def open(self) -> None:
        self.database = Database(URL, self.folder)
        self.ledger = Ledger(self.database)
        self.readers = Subscribers(self.database, Folding(self.key))

    def worker(self, number: int) -> Worker:
        host, boot = ("a", "b", "a")[number], f"boot {self.lives[number] if number == 0 else 0}"
        return Worker(host, 2**22 + 10 * number + self.lives[number], 1, boot)

    @rule(number=WORKERS, size=some.integers(1, 7), minutes=some.integers(1, 10), window=some.integers(1, 4))
    def leases(self, number: int, size: int, minutes: int, window: int) -> None:
        lease = self.ledger.lease(self.mailing, self.worker(number), at=self.now, size=size, for_seconds=60.0 * minutes)
        self.windows[number] += lease.windows(window) if lease else ()

    @rule(number=WORKERS)
    def hands_over(self, number: int) -> None:
        if self.windows[number]:
            going = self.ledger.hand_over(self.windows[number].pop(0), at=self.now)
            addresses = {who.address for who in going}
            assert len(addresses) == len(going)
            assert addresses <= self.may, "somebody gets it twice"
            assert not addresses & self.left, "somebody gets it after they left"
            self.may -= addresses
            self.flying[number] += going

    @rule(number=WORKERS, answer=some.sampled_from(Answer), copies=some.integers(1, 4), again=some.booleans())
    def is_answered(self, number: int, answer: Answer, copies: int, again: bool) -> None:
        away, self.flying[number] = self.flying[number][:copies], self.flying[number][copies:]
        receipts = [Receipt(who.delivery, answer, retry_after=120.0) for who in away]
        on_their_way = self.in_state("sending")
        for _ in range(1 + again):
            self.ledger.settle(receipts, at=self.now)
        if answer is Answer.LATER:
            self.may |= {who.address for who in away} & on_their_way

    @rule(number=WORKERS)
    def dies(self, number: int) -> None:
        self.lives[number] += 1
        self.windows[number], self.flying[number] = [], []

    @rule(number=WORKERS)
    def looks_for_the_dead(self, number: int) -> None:
        self.ledger.recover(self.worker(number), at=self.now)

    @rule(minutes=some.integers(1, 15))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(address=some.sampled_from(sorted(EVERYBODY)), audience=some.sampled_from(["public", None]))
    def leaves(self, address: str, audience: str | None) -> None:
        self.readers.leave(address, audience, at=self.now)
        self.left.add(address)

    @rule(change=some.sampled_from(["pause", "resume", "finish"]))
    def is_looked_after(self, change: str) -> None:
        if change == "finish":
            self.ledger.finish(self.mailing, at=self.now)
        else:
            getattr(self.ledger, change)(self.mailing)

    @rule(how=some.sampled_from(["resend", "drop"]))
    def resolves(self, how: Literal["resend", "drop"]) -> None:
        doubtful = self.in_state("uncertain")
        self.ledger.resolve(MONTH, how, by="Awa (exemple)", at=self.now)
        self.may |= doubtful if how == "resend" else set()

    @rule()
    def backup(self) -> None:
        names = (self.folder / "newsletter.db", self.folder / "backup.db")
        with closing(sqlite3.connect(names[0])) as now, closing(sqlite3.connect(names[1])) as copy:
            copy.execute("PRAGMA synchronous=OFF")
            now.backup(copy)
        self.left_by_then = set(self.left)

    @rule()
    def is_restored(self) -> None:
        self.database.close()
        (self.folder / "backup.db").replace(self.folder / "newsletter.db")
        self.open()
        self.ledger.hold_unfinished("copie restaurée", at=self.now)
        for number in range(3):
            self.dies(number)
        self.may, self.left = set(), self.left_by_then
        self.backup()

    def in_state(self, state: str) -> set[str]:
        asked = "SELECT address FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id WHERE d.state = ?"
        with closing(sqlite3.connect(self.folder / "newsletter.db")) as other:
            return {address for (address,) in other.execute(asked, (state,))}

    @invariant()
    def nobody_is_lost(self) -> None:
        assert sum(self.ledger.counts(self.mailing).values()) == len(EVERYBODY)
        queued = self.in_state("queued")
        assert queued <= self.may, "somebody would get it twice"

    def teardown(self) -> None:
        for number in range(3):
            self.dies(number)
        self.now += timedelta(hours=1)
        self.ledger.recover(Worker("c", 1, 1, "boot"), at=self.now)
        self.ledger.resume(self.mailing)
        self.ledger.resolve(MONTH, "drop", by="Awa (exemple)", at=self.now)
        while lease := self.ledger.lease(self.mailing, HERE, at=self.now, size=4):
            self.windows[0] = list(lease.windows(3))
            while self.windows[0]:
                self.hands_over(0)
            self.is_answered(0, Answer.ACCEPTED, 10, False)
        assert self.ledger.finish(self.mailing, at=self.now)
        settled = self.in_state("accepted") | self.in_state("refused") | self.in_state("dropped")
        assert self.in_state("skipped") <= self.left
        assert settled | self.in_state("skipped") == EVERYBODY
        self.database.close()
        shutil.rmtree(self.folder)


def test_whatever_happens_nobody_gets_it_twice_and_nobody_is_forgotten(migrated: Path, quick_disk: None) -> None:
    with Store.open(URL, migrated.parent) as store:
        key = store.secret("suppression")
    machine = type("Machine", (Everything,), {"migrated": migrated, "key": key})
    run_state_machine_as_test(machine, settings=settings(max_examples=40, stateful_step_count=30, deadline=None))
