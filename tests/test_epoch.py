"""The epoch: an old copy of the database, an image of the machine, a clock that jumps: held, and nobody gets it twice.

On real files: the database is copied while a mailing is under way, the mailing goes on, and the copy is put back.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import postgres
import psycopg
import pytest
from mailing_office import NOW, mailing

from newsletter.errors import StoreError
from newsletter.model import Answer, EditionState, MailingState, Receipt
from newsletter.store import Epoch, Store, Watched, Worker
from newsletter.store.epoch import BLOCK, Sight

READERS, MONTH = 60, "2021-12"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FILES = ("newsletter.db", "newsletter.db-wal", "epoch")


@dataclass
class Machine:
    """An installation in a folder, with a clock of its own; images are taken of it, and put back. `sent`: for ever."""

    url: str
    folder: Path
    now: datetime = NOW
    boot: str = "boot 1"
    started: datetime = NOW - DAY
    slept: timedelta = timedelta()
    host: str = "mairie"
    sent: Counter[str] = field(default_factory=Counter)

    def worker(self) -> Worker:
        return Worker(self.host, 2**22 + 1, 1, self.boot)

    def ticks(self) -> float:
        return (self.now - self.started - self.slept).total_seconds()

    def reboot(self, *, off: timedelta) -> None:
        self.now += off
        self.boot, self.started, self.slept = f"boot of {self.now}", self.now, timedelta()

    def look(self, store: Store) -> Watched:
        ledger = store.watched(Epoch(self.folder / "epoch", self.boot, self.ticks))
        self.held = ledger.look_back(self.worker(), at=self.now)
        return ledger

    def send(self, copies: int = 1000, *, leave: bool = False) -> Counter[str]:
        """What a life of a sender hands over; its last window is answered unless it dies (`leave`)."""
        before = Counter(self.sent)
        with Store.open(self.url, self.folder) as store:
            ledger = self.look(store)
            ledger.recover(self.worker(), at=self.now)
            number = ledger.mailings(MONTH)[0].id
            while copies > 0 and (lease := ledger.lease(number, self.worker(), at=self.now, size=min(copies, 20))):
                for window in lease.windows(5):
                    going = ledger.hand_over(window, at=self.now)
                    self.sent.update(who.address for who in going)
                    copies -= 5
                    if not (leave and copies <= 0):
                        ledger.settle([Receipt(who.delivery, Answer.ACCEPTED) for who in going], at=self.now)
                if not leave:
                    ledger.release(lease, at=self.now)
            ledger.finish(number, at=self.now)
        return self.sent - before

    def image(self, *names: str) -> Callable[[], None]:
        """Copies these files as they are; put back, they are other files of the same content."""
        kept = {name: (self.folder / name).read_bytes() for name in names if (self.folder / name).exists()}

        def put_back() -> None:
            for name in FILES[:2] if names[0] == FILES[0] else ():
                (self.folder / name).unlink(missing_ok=True)
            for name, content in kept.items():
                (self.folder / "copy").write_bytes(content)
                (self.folder / "copy").replace(self.folder / name)

        return put_back

    def snapshot(self) -> Callable[[], None]:
        """The whole machine as it is, its memory too; a file put back is the same file."""
        files, memory = {name: self.folder / name for name in FILES}, (self.boot, self.started)
        kept = {name: path.read_bytes() for name, path in files.items() if path.exists()}
        then = self.now

        def revert() -> None:
            for name, path in files.items():
                if name in kept:
                    path.write_bytes(kept[name])
                else:
                    path.unlink(missing_ok=True)
            self.boot, self.started = memory
            self.slept += self.now - then

        return revert

    def counts(self) -> dict[str, int]:
        with Store.open(self.url, self.folder) as store:
            return {state.value: n for state, n in store.ledger.counts(MONTH).items() if n}

    def state(self) -> MailingState:
        with Store.open(self.url, self.folder) as store:
            return store.ledger.mailings(MONTH)[0].state

    def resume(self) -> None:
        with Store.open(self.url, self.folder) as store:
            assert store.ledger.resume(store.ledger.mailings(MONTH)[0].id, at=self.now)


def made(machine: Machine) -> Machine:
    with Store.open(machine.url, machine.folder) as store:
        mailing(store, READERS)
        store.watched(Epoch(machine.folder / "epoch", machine.boot, machine.ticks)).look_back(machine.worker(), at=NOW)
    return machine


@pytest.fixture(name="machine")
def _machine(tmp_path: Path) -> Machine:
    return made(Machine("sqlite:///newsletter.db", tmp_path))


@pytest.fixture(name="either", params=["sqlite", "postgresql"])
def _either(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return made(Machine("sqlite:///newsletter.db" if request.param == "sqlite" else postgres.clean(), tmp_path))


@pytest.fixture(name="backup")
def _backup(either: Machine) -> Iterator[Callable[[], Callable[[], None]]]:
    """Copies the database of `either` now; what that gives puts it back."""
    if either.url.startswith("sqlite"):
        yield lambda: either.image(*FILES[:2])
        return

    def copy() -> Callable[[], None]:
        with psycopg.connect(either.url, autocommit=True) as connection:
            for table in ("deliveries", "leases", "mailings", "editions"):
                connection.execute(f"DROP TABLE IF EXISTS kept_{table}".encode())
                connection.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}".encode())

        def put_back() -> None:
            with psycopg.connect(either.url) as connection:
                connection.execute("TRUNCATE deliveries, leases, events CASCADE")
                for table in ("editions", "mailings"):
                    change = f"UPDATE {table} t SET state = k.state FROM kept_{table} k WHERE k.month = t.month"
                    connection.execute(change.encode())
                for table in ("leases", "deliveries"):
                    connection.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}".encode())

        return put_back

    yield copy
    with psycopg.connect(either.url, autocommit=True) as connection:
        for table in ("deliveries", "leases", "mailings", "editions"):
            connection.execute(f"DROP TABLE IF EXISTS kept_{table}".encode())


def test_a_mailing_that_nothing_befalls_is_not_held(either: Machine) -> None:
    for minutes in (0, 1, 600):
        either.now += timedelta(minutes=minutes)
        either.send(20)
        assert either.held is None
    assert set(either.sent.values()) == {1}
    assert len(either.sent) == READERS
    assert either.state() is MailingState.DONE


@pytest.mark.parametrize("copies", [5, 60])
def test_an_older_copy_of_the_database_put_back_sends_nothing_twice(
    either: Machine, backup: Callable[[], Callable[[], None]], copies: int
) -> None:
    either.send(20)
    put_back = backup()
    either.send(copies)
    put_back()
    assert either.send() == Counter()
    assert "copie plus ancienne" in str(either.held)
    assert either.state() is MailingState.HELD
    assert either.counts() == {"accepted": 20, "uncertain": 40}
    either.resume()
    assert either.send() == Counter()  # they are uncertain: a person has them sent again, or nobody
    assert either.held is None


def test_a_copy_made_in_the_midst_of_a_lease_is_known_by_its_windows(machine: Machine) -> None:
    machine.send(5, leave=True)
    put_back = machine.image(*FILES[:2])
    machine.send(5, leave=True)
    put_back()
    assert machine.send() == Counter()
    assert machine.state() is MailingState.HELD


def test_a_copy_of_this_very_moment_is_no_older_one(either: Machine, backup: Callable[[], Callable[[], None]]) -> None:
    either.send(20)
    backup()()
    assert len(either.send()) == 40
    assert either.held is None


def test_a_database_older_than_the_mailing_asks_for_approval_again(tmp_path: Path) -> None:
    machine = Machine("sqlite:///newsletter.db", tmp_path)
    with Store.open(machine.url, tmp_path) as store:
        mailing(store, READERS)
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as now:
        now.execute("DELETE FROM deliveries")
        now.execute("DELETE FROM mailings")
        now.execute("UPDATE editions SET state = 'approved'")
        now.commit()
    put_back = machine.image(*FILES[:2])
    with Store.open(machine.url, tmp_path) as store:
        ledger = machine.look(store)
        digest = store.editions.letters(MONTH)["public"].digest
        ledger.fill(ledger.create(MONTH, "public", digest, at=NOW), at=NOW)
    machine.send(10)
    put_back()
    with Store.open(machine.url, tmp_path) as store:
        machine.look(store)
        edition = store.editions.get(MONTH)
        assert edition
        assert edition.state is EditionState.DRAFT
    assert "copie plus ancienne" in str(machine.held)


@pytest.mark.parametrize("names", [FILES, FILES[:2]], ids=["all of it", "the database alone"])
def test_a_folder_put_back_whole_sends_nothing_twice(machine: Machine, names: tuple[str, ...]) -> None:
    machine.send(20)
    put_back = machine.image(*names)
    machine.send(20)
    (machine.folder / "epoch").unlink()
    put_back()
    assert machine.send() == Counter()
    assert machine.state() is MailingState.HELD
    assert machine.counts() == {"accepted": 20, "uncertain": 40}


def test_an_image_of_the_machine_put_back_sends_nothing_twice(machine: Machine) -> None:
    machine.send(20)
    revert = machine.snapshot()
    machine.now += HOUR
    machine.send(20)
    machine.now += HOUR
    revert()
    assert machine.send() == Counter()
    assert "entre le 07/12/2021 08:00 et le 07/12/2021 10:00" in str(machine.held)
    assert machine.counts() == {"accepted": 20, "queued": 40}
    assert machine.state() is MailingState.HELD


def test_an_image_that_is_booted_sends_nothing_twice(machine: Machine) -> None:
    machine.send(20)
    revert = machine.snapshot()
    machine.send(20)
    revert()
    machine.reboot(off=HOUR)
    assert machine.send() == Counter()
    assert machine.state() is MailingState.HELD
    machine.now += DAY
    machine.resume()  # a person says that the machine was only off
    assert len(machine.send()) == 40
    assert machine.held is None


def test_what_should_have_begun_while_nobody_knows_does_not_begin_by_itself(machine: Machine) -> None:
    revert = machine.snapshot()
    machine.now += HOUR
    revert()
    with Store.open(machine.url, machine.folder) as store:
        ledger = machine.look(store)
        assert ledger.unknown(NOW - timedelta(minutes=1)) is None
        assert "personne ne sait" in str(ledger.unknown(NOW + HOUR / 2))
        machine.now += HOUR
        ledger = machine.look(store)  # still unknown the next time
        assert "personne ne sait" in str(ledger.unknown(NOW + HOUR / 2))
        assert ledger.unknown(machine.now) is None


@pytest.mark.parametrize("off", [timedelta(minutes=2), timedelta(minutes=14)])
def test_a_power_cut_holds_nothing_and_what_was_on_its_way_is_uncertain(machine: Machine, off: timedelta) -> None:
    machine.send(20, leave=True)
    machine.reboot(off=off)
    assert len(machine.send()) == 40
    assert machine.held is None
    assert machine.counts() == {"accepted": 55, "uncertain": 5}
    assert set(machine.sent.values()) == {1}


def test_a_machine_that_sleeps_and_wakes_has_lived(machine: Machine) -> None:
    machine.send(20)
    machine.now += DAY
    assert len(machine.send()) == 40
    assert machine.held is None


def test_a_clock_that_went_back_holds_and_one_put_right_by_minutes_does_not(machine: Machine) -> None:
    machine.now += HOUR
    machine.send(20)
    machine.now -= timedelta(minutes=4)
    assert len(machine.send(20)) == 20
    machine.now -= 3 * HOUR
    assert machine.send() == Counter()
    assert "revenue en arrière" in str(machine.held)
    assert machine.state() is MailingState.HELD
    machine.resume()
    assert len(machine.send()) == 20


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_between_two_windows_holds(machine: Machine, jump: timedelta) -> None:
    with Store.open(machine.url, machine.folder) as store:
        ledger = machine.look(store)
        number = ledger.mailings(MONTH)[0].id
        lease = ledger.lease(number, machine.worker(), at=machine.now)
        assert lease
        first, second, *_ = lease.windows(10)
        assert len(ledger.hand_over(first, at=machine.now)) == 10
        machine.now += jump
        machine.slept += jump
        assert ledger.hand_over(second, at=machine.now) == []
    assert machine.state() is MailingState.HELD
    assert machine.counts() == {"uncertain": 10, "queued": 50}


def test_what_is_done_or_paused_is_not_held_by_time(machine: Machine) -> None:
    with Store.open(machine.url, machine.folder) as store:
        machine.look(store).pause(store.ledger.mailings(MONTH)[0].id, "moi")
    machine.reboot(off=DAY)
    machine.send()
    assert machine.state() is MailingState.PAUSED
    machine.resume()
    machine.send()
    machine.reboot(off=DAY)
    machine.send()
    assert machine.state() is MailingState.DONE


def test_two_machines_on_one_database_do_not_hold_each_other(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    here = made(Machine(postgres.clean(), tmp_path / "a"))
    there = replace(here, folder=tmp_path / "b", host="annexe", boot="boot b", sent=here.sent)
    assert len(here.send(20)) == 20
    assert len(there.send(20)) == 20
    there.now = here.now = NOW + HOUR
    there.send(10)
    here.reboot(off=HOUR)  # it was off while the other went on
    assert len(here.send()) == 10
    assert (here.held, there.held) == (None, None)
    assert set(here.sent.values()) == {1}


@pytest.mark.parametrize("content", [b"", b"00000000 {}", b"\0" * BLOCK, b"nothing of ours\n" * 40])
def test_an_epoch_that_cannot_be_read_counts_as_lost(machine: Machine, content: bytes) -> None:
    machine.send(20)
    (machine.folder / "epoch").write_bytes(content)
    assert machine.send() == Counter()
    assert machine.state() is MailingState.HELD


def test_an_epoch_that_cannot_be_written_stops_all_before_anything_leaves(machine: Machine) -> None:
    (machine.folder / "epoch").unlink()
    (machine.folder / "epoch").mkdir()
    with pytest.raises(StoreError, match="epoch"):
        machine.send()
    assert machine.counts() == {"queued": READERS}


def test_a_half_written_block_is_no_word() -> None:
    sight = Sight("ab12", 40, NOW, "boot", 12.5, (NOW - HOUR, NOW))
    block = sight.written(7)
    assert len(block) == BLOCK
    assert Sight.read(block, 7) == sight
    assert Sight.read(block, 8) == replace(sight, copied=True)
    later = replace(sight, handed=45, at=NOW + HOUR).written(7)
    for cut in range(1, BLOCK, 7):
        assert Sight.read(later[:cut] + block[cut:], 7) in (None, sight, replace(sight, handed=45, at=NOW + HOUR))
