"""Racing: several real processes on one database, killed at any moment: each step is one's at a time, one leads."""

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import postgres
import psycopg
import pytest
from racers import STEPS, lead, mind, since, stay

from newsletter.errors import StoreError
from newsletter.model.steps import StepState
from newsletter.store import Store
from newsletter.store.leading import Leader

PROCESSES = 4
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["newsletter.store.leading"])


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    url = "sqlite:///newsletter.db" if request.param == "sqlite" else postgres.clean()
    Store.open(url, tmp_path).close()
    return url


@contextmanager
def racing(work: Callable[..., None], *given: object) -> Iterator[Sequence[BaseProcess]]:
    """So many processes at the same work, with a number each."""
    running = [CONTEXT.Process(target=work, args=(number, *given)) for number in range(PROCESSES)]
    for one in running:
        one.start()
    try:
        yield running
    finally:
        for one in running:
            one.kill()
            one.join()


def lines(folder: Path, word: str) -> list[list[str]]:
    path = folder / "lines"
    written = path.read_text().splitlines() if path.exists() else []
    return [line.split(" ")[1:] for line in written if line.startswith(f"{word} ")]


def states(url: str, folder: Path) -> dict[str, StepState]:
    with Store.open(url, folder) as store:
        return {step: note.state for (_, step), note in store.steps.known(["2026-12"]).items()}


# ---- steps -----------------------------------------------------------------------------------------------------------


def finish(running: Sequence[BaseProcess]) -> None:
    for one in running:
        one.join(60)
    assert [one.exitcode for one in running] == [0] * PROCESSES


def test_of_several_processes_each_step_is_begun_and_settled_once(url: str, tmp_path: Path) -> None:
    with racing(mind, url, tmp_path, 0.0, False) as running:
        finish(running)
    assert Counter(key for key, _ in lines(tmp_path, "begun")) == dict.fromkeys(STEPS, 1)
    assert len(lines(tmp_path, "settled")) == len(STEPS)
    assert states(url, tmp_path) == dict.fromkeys(STEPS, StepState.DONE)


def test_killed_at_any_moment_what_they_did_is_taken_up_by_one(url: str, tmp_path: Path) -> None:
    kills, chance = 0, random.Random(7)
    while set(states(url, tmp_path).values()) != {StepState.DONE} or len(states(url, tmp_path)) < len(STEPS):
        with racing(mind, url, tmp_path, 0.02, False) as running:
            before, end = len(lines(tmp_path, "begun")), time.monotonic() + 20
            while len(lines(tmp_path, "begun")) < before + 10 and any(one.is_alive() for one in running):
                assert time.monotonic() < end
                time.sleep(0.001)
            time.sleep(0.01 * chance.random())
            kills += sum(one.is_alive() for one in running)
    begun = Counter(map(tuple, lines(tmp_path, "begun")))
    assert kills
    assert set(begun.values()) == {1}, "no try of a step is two processes'"
    assert sum(begun.values()) <= len(STEPS) + kills
    assert set(Counter(key for (key,) in lines(tmp_path, "settled")).values()) == {1}
    assert {key for key, _ in begun} == set(STEPS)


def test_what_is_given_up_meanwhile_is_not_settled_as_done(url: str, tmp_path: Path) -> None:
    with racing(mind, url, tmp_path, 0.01, True) as running:
        finish(running)
    ended = states(url, tmp_path)
    done = [key for key, state in ended.items() if state is StepState.DONE]
    assert Counter(key for (key,) in lines(tmp_path, "settled")) == dict.fromkeys(done, 1)
    assert {key for (key,) in lines(tmp_path, "skipped")} == set(STEPS) - set(done)
    assert set(ended.values()) <= {StepState.DONE, StepState.SKIPPED}
    assert len(ended) == len(STEPS)


def test_all_agree_since_when_somebody_watches(url: str, tmp_path: Path) -> None:
    with racing(since, url, tmp_path) as running:
        finish(running)
    said = [at for (at,) in lines(tmp_path, "since")]
    assert (len(said), len(set(said))) == (PROCESSES, 1)


# ---- who leads -------------------------------------------------------------------------------------------------------


def test_never_two_lead_and_all_come_to(url: str, tmp_path: Path) -> None:
    with racing(lead, url, tmp_path, 10) as running:
        finish(running)
    assert lines(tmp_path, "two") == []
    assert Counter(who for (who,) in lines(tmp_path, "led")) == {str(n): 10 for n in range(PROCESSES)}


def test_when_the_one_that_leads_is_killed_another_does_again_and_again(url: str, tmp_path: Path) -> None:
    with racing(stay, url, tmp_path) as running:
        for turn in range(1, PROCESSES + 1):
            end = time.monotonic() + 20
            while len(lines(tmp_path, "led")) < turn:
                assert time.monotonic() < end
                time.sleep(0.005)
            time.sleep(0.05)
            led = [int(who) for (who,) in lines(tmp_path, "led")]
            assert len(led) == turn, "one after the other"
            running[led[-1]].kill()
    assert sorted(led) == list(range(PROCESSES))


def test_who_lost_the_connection_leads_no_more(tmp_path: Path) -> None:
    address = postgres.clean()
    first, second = Leader(address, tmp_path), Leader(address, tmp_path)
    assert first.leads()
    with psycopg.connect(address, autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    end = time.monotonic() + 10
    while not second.leads():
        assert time.monotonic() < end
    with pytest.raises(StoreError):
        first.leads()
    assert not first.leads()
    second.close()
    assert first.leads()
    first.close()
