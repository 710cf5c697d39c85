"""The month by itself: whatever crashes, doubles or jumps, each step once, in order, none after its window."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event
from sqlalchemy.pool import Pool

from newsletter import timetable
from newsletter.config import Config, Schedule
from newsletter.errors import TransportError
from newsletter.model.steps import StepNote, StepState
from newsletter.pipeline.scheduling import Doers, Due, Errand, Outcome, Standing, due, keep_time, look
from newsletter.store import Store, Worker
from newsletter.store.tables import steps
from newsletter.timetable import Name, Step

PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 11, 10, 8, tzinfo=UTC)
SEND = datetime(2026, 12, 1, 8, tzinfo=UTC)
LATE_BY = timedelta(hours=24)
MONTHS = int(os.environ.get("MONTHS", "12"))  # at random: MONTHS=2000 for a long walk


def no_sync(connection: sqlite3.Connection, *_: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(autouse=True)
def quick_disk() -> Iterator[None]:
    event.listen(Pool, "checkout", no_sync)
    yield
    event.remove(Pool, "checkout", no_sync)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open("sqlite:///newsletter.db", tmp_path) as opened:
        yield opened


def process(number: int) -> Worker:
    """A process of a boot of its own: once another one looks, it is dead."""
    return Worker("town", 100 + number, number, f"boot {number}")


class Killed(BaseException):
    """A SIGKILL."""


@dataclass
class Month:
    """A town whose steps are watched: what was done when, in which process, and who is to die, or fail, where."""

    store: Store
    schedule: Schedule = field(default_factory=lambda: Schedule(send="1 09:00"))
    now: datetime = START
    done: list[tuple[Step, datetime]] = field(default_factory=list)
    missed: list[tuple[Step, datetime]] = field(default_factory=list)
    boots: int = 1
    kill: str | None = None
    fail: bool = False
    meanwhile: Callable[[], None] | None = None
    killed: list[Step] = field(default_factory=list)

    @property
    def config(self) -> Config:
        return Config(folder=Path("/nowhere"), schedule=self.schedule)

    def tick(self, worker: Worker | None = None) -> list[StepNote]:
        doers = Doers(dict.fromkeys(Name, self._do), self._miss)
        return keep_time(self.config, self.store, lambda: self.now, doers, worker or process(self.boots))

    def survive(self) -> None:
        """A tick; if the process is killed in it, another one starts."""
        try:
            self.tick()
        except Killed:
            self.kill = None
            self.boots += 1

    def _do(self, errand: Errand) -> Outcome:
        self._die("before")
        if self.meanwhile:
            self.meanwhile()
        if self.fail:
            raise TransportError("le relais ne répond pas")
        if errand.step not in (step for step, _ in self.done):  # as a notice's `about`, or the ledger
            self.done.append((errand.step, self.now))
        self._die("after", errand.step)
        return Outcome(StepState.DONE, "fait")

    def _miss(self, errand: Errand) -> Outcome:
        self._die("before")
        if errand.step not in (step for step, _ in self.missed):
            self.missed.append((errand.step, self.now))
        return Outcome(StepState.HELD if errand.step.name is Name.SEND else StepState.SKIPPED, "trop tard")

    def _die(self, where: str, step: Step | None = None) -> None:
        if self.kill == where:
            self.killed += [step] if step else []
            raise Killed

    def did(self, edition: str = "2026-12") -> list[str]:
        return [step.key for step, _ in self.done if step.edition == edition]


@pytest.fixture
def month(store: Store) -> Month:
    return Month(store)


BEFORE = ["collect", "remind", "draft", "review", "rehearsal", "approval"]


def walk(month: Month, until: datetime, every: timedelta = timedelta(hours=1)) -> None:
    """From moment to moment of the timetable, and by `every` where something fails."""
    stops = {step.at for step in timetable.between(month.schedule, PARIS, month.now, until)} | {until}
    while month.now < until:
        soonest = min(stop for stop in stops if stop > month.now)
        month.now = min(soonest, month.now + every) if month.fail else soonest
        month.tick()


def test_a_month_goes_by_step_by_step(month: Month) -> None:
    walk(month, SEND + timedelta(days=4))
    assert month.did() == [*BEFORE, "send"]  # nothing left: there is nothing to report
    assert all(at == step.at for step, at in month.done)
    assert month.missed == []


def test_the_first_start_does_not_speak_of_what_was_before_it(month: Month) -> None:
    month.now = SEND + timedelta(days=2)
    month.tick()
    assert (month.done, month.missed) == ([], [])


def test_a_first_start_on_the_way_does_what_still_has_time_in_order(month: Month) -> None:
    month.now = SEND - timedelta(days=6)
    month.tick()
    assert month.did() == ["draft", "review"]
    assert month.missed == []


def test_a_missed_week_is_made_up_for_and_what_is_too_late_is_said(month: Month) -> None:
    month.tick()
    month.now = SEND - timedelta(days=3)
    month.tick()
    assert [step.key for step, _ in month.missed] == ["collect", "remind"]
    assert month.did() == ["draft", "review", "rehearsal"]


def test_a_send_that_comes_too_late_is_held(month: Month) -> None:
    walk(month, SEND - timedelta(hours=1))
    month.now = SEND + LATE_BY + timedelta(seconds=1)
    (note,) = [note for note in month.tick() if note.step == "send"]
    assert note.state is StepState.HELD
    assert "send" not in month.did()


def test_the_last_moment_of_the_window_is_in_it(month: Month) -> None:
    walk(month, SEND - timedelta(hours=1))
    month.now = SEND + LATE_BY
    month.tick()
    assert "send" in month.did()


def test_a_half_year_away_is_said_month_by_month(month: Month) -> None:
    month.tick()
    month.now = START + timedelta(days=183)
    month.tick()
    assert {step.edition for step, _ in month.missed} == {f"{m // 12}-{m % 12 + 1:02}" for m in range(24323, 24329)}
    assert month.did("2027-05") == []
    assert [step.key for step, _ in month.missed if step.edition == "2027-02"] == [*BEFORE, "send"]


def test_what_fails_is_tried_again_less_and_less_often_and_holds_up_what_follows(month: Month) -> None:
    month.now, month.fail = SEND - timedelta(days=8, minutes=30), True
    month.tick()
    walk(month, SEND - timedelta(days=8) + timedelta(hours=3), timedelta(minutes=10))
    notes = month.store.steps.known(["2026-12"])
    assert notes["2026-12", "remind"].state is StepState.SKIPPED
    assert notes["2026-12", "draft"].state is StepState.WAITING
    assert notes["2026-12", "draft"].detail == "le relais ne répond pas"
    assert 5 < notes["2026-12", "draft"].tries < 10
    assert ("2026-12", "review") not in notes
    month.fail = False
    walk(month, SEND + timedelta(hours=1))
    assert month.did() == ["draft", "review", "rehearsal", "approval", "send"]


def test_a_failing_step_does_not_hold_up_the_send_past_its_own_time(month: Month) -> None:
    walk(month, SEND - timedelta(hours=17))
    month.fail = True
    walk(month, SEND - timedelta(seconds=1), timedelta(minutes=40))
    month.fail = False
    month.now = SEND + timedelta(seconds=2)
    month.tick()
    assert month.did()[-1] == "send"
    assert [step.key for step, _ in month.missed] == ["approval"]


@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_in_each_step_it_goes_on_and_does_none_twice(month: Month, where: str) -> None:
    for moment in sorted({step.at for step in timetable.of_month(month.schedule, SEND.date().replace(day=1), PARIS)}):
        month.now, month.kill = moment, where
        month.survive()
        month.survive()
    assert month.did() == [*BEFORE, "send"]
    assert month.missed == []
    assert {note.tries for note in month.store.steps.known(["2026-12"]).values()} == {2}


def test_a_second_process_in_the_middle_of_a_step_does_neither_it_nor_the_next(month: Month) -> None:
    month.now = SEND - timedelta(days=12)
    seen: list[list[StepNote]] = []
    here = Worker.here()
    month.meanwhile = lambda: seen.append(Month(month.store, now=month.now + timedelta(minutes=5)).tick(here))
    month.tick(here)
    assert seen == [[]]
    assert month.did() == ["collect"]


def test_what_a_dead_machine_was_doing_is_taken_up_when_its_time_is_over(month: Month) -> None:
    month.now, month.kill = SEND, "before"
    with pytest.raises(Killed):
        month.tick(Worker("another", 7, 0, ""))
    month.kill = None
    month.now = SEND + timedelta(minutes=14)
    month.tick()
    assert month.done == []
    month.now = SEND + timedelta(minutes=16)
    month.tick()
    assert month.did() == ["send"]


def test_who_lost_a_step_does_not_settle_it(store: Store) -> None:
    claim = store.steps.claim("2026-12", "send", process(1), planned_at=SEND, at=SEND)
    assert claim
    store.steps.recover(process(2), at=SEND)
    again = store.steps.claim("2026-12", "send", process(2), planned_at=SEND, at=SEND)
    assert again
    assert not store.steps.settle(claim, StepState.DONE, "", at=SEND)
    assert store.steps.settle(again, StepState.DONE, "", at=SEND)
    assert store.steps.claim("2026-12", "send", process(3), planned_at=SEND, at=SEND + timedelta(days=1)) is None


def test_of_many_who_claim_at_once_one_has_it(tmp_path: Path) -> None:
    gate, won = Barrier(6), []

    def race(number: int) -> None:
        with Store.open("sqlite:///newsletter.db", tmp_path) as own:
            gate.wait()
            for key in BEFORE:
                if own.steps.claim("2026-12", key, process(number), planned_at=SEND, at=SEND):
                    won.append(key)

    Store.open("sqlite:///newsletter.db", tmp_path).close()
    threads = [Thread(target=race, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == sorted(BEFORE)


def test_a_clock_that_was_far_ahead_and_came_back_repeats_nothing_and_blocks_nothing(month: Month) -> None:
    walk(month, SEND - timedelta(days=9))
    month.now, month.fail = SEND - timedelta(days=7), True
    month.tick()
    month.now, month.fail = SEND - timedelta(days=8), False  # a day back: what waited for tomorrow is free
    month.tick()
    assert month.did() == ["collect", "remind", "draft"]
    walk(month, SEND + timedelta(hours=1))
    assert month.did() == [*BEFORE, "send"]


def test_a_report_counts_from_the_real_departure_and_waits_for_one() -> None:
    steps = timetable.of_month(Schedule(send="1 09:00"), SEND.date().replace(day=1), PARIS)
    done = {
        ("2026-12", key): StepNote("2026-12", key, StepState.DONE, SEND, None, 1, SEND, "") for key in [*BEFORE, "send"]
    }

    def keys(left: datetime | None, at: datetime) -> list[tuple[str, bool]]:
        standing = Standing(START, done, {} if left is None else {"2026-12": left})
        return [(one.step.key, one.late) for one in due(steps, standing, at)]

    hour = timedelta(hours=1)
    assert keys(SEND, SEND + hour) == [("report H+1", False)]
    assert keys(SEND + 5 * hour, SEND + 5 * hour) == []
    assert keys(SEND + 5 * hour, SEND + 6 * hour) == [("report H+1", False)]
    assert keys(None, SEND + 99 * hour) == []
    assert keys(SEND + timedelta(days=5), SEND + timedelta(days=8, hours=1)) == [
        ("report H+1", False), ("report J+3", False),
    ]  # fmt: skip


def test_a_step_that_was_not_on_the_timetable_then_was_not_missed(month: Month) -> None:
    """A later version has one more: nobody is told of those that months gone by never had."""
    month.schedule = Schedule(send="1 09:00", remind="J-99 09:00")  # none within this walk
    walk(month, SEND + timedelta(hours=1))
    with month.store.steps._database.writing() as connection:
        connection.execute(delete(steps).where(steps.c.step == "remind"))
    month.schedule, month.missed = Schedule(send="1 09:00"), []
    walk(month, SEND + timedelta(hours=2))
    assert [step.key for step, _ in month.missed if step.edition == "2026-12"] == []


def test_due_is_a_pure_function(month: Month) -> None:
    month.now = SEND
    steps, standing = look(month.config, month.store, SEND)
    first = due(steps, standing, SEND)
    assert first == due(list(steps), standing, SEND)
    assert [one.step.key for one in first if not one.late] == ["draft", "review", "rehearsal", "approval", "send"]
    assert all(isinstance(one, Due) for one in first)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open("sqlite:///newsletter.db", tmp_path_factory.mktemp("town")) as opened:
        yield opened


def empty(store: Store) -> None:
    with store.steps._database.writing() as connection:
        connection.execute(delete(steps))


# ---- months at random ------------------------------------------------------------------------------------------------

moves = st.lists(
    st.tuples(
        st.sampled_from(["tick", "tick", "tick", "double", "kill before", "kill after", "fail", "back"]),
        st.integers(1, 60 * 24 * 3),
    ),
    min_size=10,
    max_size=40,
)
CHANGES = [datetime(2026, 10, 8, tzinfo=UTC), datetime(2027, 3, 8, tzinfo=UTC)]  # before a month of either clock change
NIGHT = Schedule(send="last sunday 02:30", collect="J-7 02:30", draft="J-1 02:30", review="J-0 01:30", report=("H+1",))


PHASES = set(Phase) - {Phase.shrink}  # a month is long; its moves say enough


@settings(max_examples=MONTHS, deadline=None, phases=PHASES)
@given(moves, st.sampled_from([*CHANGES, START]), st.booleans(), st.booleans())
def test_random_months(town: Store, moves: list[tuple[str, int]], start: datetime, days_off: bool, night: bool) -> None:
    empty(town)
    month = Month(town, NIGHT if night else Schedule(send="1 09:00", working_days=days_off), start)
    month.tick()
    wanderings(month, moves)
    _everything_held(month)


def wanderings(month: Month, moves: list[tuple[str, int]]) -> None:
    for what, minutes in moves:
        month.now += timedelta(minutes=-min(minutes, 180) if what == "back" else minutes)
        month.fail = what == "fail"
        month.kill = what.removeprefix("kill ") if what.startswith("kill") else None
        month.meanwhile = None
        if what == "double":
            month.meanwhile = lambda: _other(month)
        month.survive()


def _other(month: Month) -> None:
    """Another live process ticks in the middle of a step."""
    month.meanwhile = None
    month.tick(process(month.boots))


def _everything_held(month: Month) -> None:
    made = [step for step, _ in month.done]
    late = [step for step, _ in month.missed]
    assert len(set(made)) == len(made)
    assert set(made) & set(late) <= set(month.killed), "what is done is not said to be missed"
    for step, at in month.done:
        assert step.at <= at <= step.until
    for step, at in month.missed:
        assert at > step.until
    for edition in {step.edition for step in made}:
        mine = [step for step in made if step.edition == edition]
        assert mine == sorted(mine, key=lambda step: step.at), "in order"
    notes = month.store.steps.known({step.edition for step in [*made, *late]})
    for step in [*made, *late]:
        assert notes[step.edition, step.key].state is not StepState.WAITING or month.fail
