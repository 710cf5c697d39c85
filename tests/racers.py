"""What racing processes do, in a module of its own: it is quick to import, and each of them does. See test_racing."""

import fcntl
import os
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter.model.steps import StepState
from newsletter.store import Store, Worker
from newsletter.store.leading import Leader

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
STEPS = [f"J+{number}" for number in range(24)]


def write(folder: Path, *words: object) -> None:
    """A line that stays, whoever is killed next."""
    with (folder / "lines").open("a") as file:
        file.write(" ".join(map(str, words)) + "\n")


def mind(number: int, url: str, folder: Path, pause: float, giving_up: bool) -> None:
    """Claims what there is, in an order of its own, and settles it, until nothing is open."""
    chance, worker = random.Random(number), Worker.here()
    with Store.open(url, folder) as store:
        open_ = STEPS.copy()
        while open_:
            store.steps.recover(worker, at=NOW)
            for key in chance.sample(open_, len(open_)):
                if giving_up and number % 2:
                    store.steps.give_up("2026-12", key, StepState.SKIPPED, "", planned_at=NOW, at=NOW)
                    if store.steps.known(["2026-12"])["2026-12", key].state is StepState.SKIPPED:
                        write(folder, "skipped", key)
                elif claim := store.steps.claim("2026-12", key, worker, planned_at=NOW, at=NOW):
                    write(folder, "begun", key, claim.tries)
                    time.sleep(pause * chance.random())
                    if store.steps.settle(claim, StepState.DONE, str(number), at=NOW):
                        write(folder, "settled", key)
            known = store.steps.known(["2026-12"])
            open_ = [
                key for key in STEPS if (note := known.get(("2026-12", key))) is None or note.state is StepState.DOING
            ]


def since(number: int, url: str, folder: Path) -> None:
    with Store.open(url, folder) as store:
        write(folder, "since", store.steps.started(at=NOW + timedelta(seconds=number)).isoformat())


def lead(number: int, url: str, folder: Path, turns: int) -> None:
    """Leads so many times, each for a moment; says so when another leads at the same time."""
    while turns:
        leader = Leader(url, folder)
        if leader.leads():
            alone = os.open(folder / "alone", os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                write(folder, "two", number)
            write(folder, "led", number)
            turns -= 1
            time.sleep(0.001)
            os.close(alone)
        leader.close()
        time.sleep(0.001)


def stay(number: int, url: str, folder: Path) -> None:
    """Leads for as long as it lives."""
    leader = Leader(url, folder)
    while not leader.leads():
        time.sleep(0.005)
    write(folder, "led", number)
    while leader.leads():
        time.sleep(0.005)
