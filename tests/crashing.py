"""Kills the sender at random moments, starts it again, and counts: nobody twice, nobody forgotten, few in doubt.

The sender is a process of its own, killed with SIGKILL once so many more copies arrived; the relay, or SendGrid, is a
real server in this process, and keeps a mail before it answers. Prints what it counted (JSON with --json); exit 1 when
a promise of the ledger is broken. `benchmarks/crash.py` runs it at its full size.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import postgres
import sendgrid_standin
import smtp_server
from mailing_office import NOW, links, mailing, message
from sendgrid_standin import DROP_EARLY, DROP_LATE, HANG, KEY, StandIn
from smtp_server import DROP, Server

from newsletter.config import Delivery
from newsletter.delivery import Transport, deliver, open_transport
from newsletter.delivery.files import Files
from newsletter.delivery.relay import Relay
from newsletter.delivery.sendgrid import Account, SendGrid
from newsletter.delivery.smtp import AT_MOST, Smtp
from newsletter.delivery.underway import AT_ONCE
from newsletter.errors import TransportError
from newsletter.model import DeliveryState
from newsletter.store import Epoch, Store, Worker

CONNECTIONS = 4
FAULTS: tuple[tuple[str, str | float], ...] = (
    ("mail", "451 4.3.0 later"),
    ("mail", "421 4.3.2 closing"),
    ("rcpt", "450 4.2.0 greylisted"),
    ("rcpt", "550 5.1.1 nobody here"),
    ("rcpt", DROP),
    ("data", "451 4.3.0 later"),
    ("data", DROP),
    ("content", "452 4.3.1 full"),
    ("content", "421 4.3.2 closing"),
    ("content", DROP),
    ("kept", DROP),
    ("kept", 0.6),  # longer than the sender waits
)
NOT_TAKEN = (429, 500, 503)
PERHAPS_TAKEN = (502, 504, 520)
REFUSED = "personalizations.0.to.0.email"
BATCH = 25  # readers in a request to SendGrid: with 1,000, ten kills would be a mailing


@dataclass(frozen=True)
class Case:
    """What is tried. `speed`: how many times faster than a clock on the wall the sender's runs."""

    url: str
    folder: str
    transport: str
    port: int
    speed: int
    batch: int
    started: float

    def now(self) -> datetime:
        return NOW + timedelta(seconds=(time.time() - self.started) * self.speed)

    def ticks(self) -> float:
        return (self.now() - NOW).total_seconds()

    def open(self) -> Transport:
        if self.transport == "files":
            return open_transport(Delivery(outbox="outbox"), Path(self.folder), {})
        if self.transport == "sendgrid":
            account = Account(KEY, url=f"http://127.0.0.1:{self.port}", timeout=0.5)
            sendgrid = SendGrid(account, pauses=(0.0, 0.05, 0.2))
            sendgrid.batch_size = self.batch
            return sendgrid
        relay = Relay("127.0.0.1", self.port, "none", timeout=0.3)
        return Smtp(relay, connections=CONNECTIONS, pauses=(0.0, 0.05, 0.2))


# ---- the sender -----------------------------------------------------------------------------------------------------


def say(answer: object) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def send(case: Case) -> int:
    """What `newsletter send` does. 0: done; 3: some wait for their time; 4: the relay is left alone; 5: it is held."""
    with Store.open(case.url, Path(case.folder)) as store, closing(case.open()) as transport:
        worker = Worker.here()
        ledger = store.watched(Epoch(Path(case.folder, "epoch"), worker.boot, case.ticks))
        if ledger.look_back(worker, at=case.now()):
            return 5
        number = ledger.mailings("2021-12")[0].id
        ledger.recover(worker, at=case.now())
        try:
            deliver(number, message(), ledger, transport, worker=worker, at=case.now, fields=links)
        except TransportError:
            return 4
        return 0 if ledger.finish(number, at=case.now()) else 3


def breed(case: Case) -> None:
    """Forks a sender for each line read, so that a life begins with its work and not with imports."""
    for order in sys.stdin:
        if order.strip() == "start":
            pid = os.fork()
            if pid == 0:
                os.nice(10)  # on a busy machine the killer came too late
                os._exit(send(case))
            say(pid)
        else:
            _, status = os.waitpid(int(order), 0)
            say(-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


class Nursery:
    """The process senders come from."""

    def __init__(self, case: Case) -> None:
        command = [sys.executable, __file__, "--breed", json.dumps(vars(case))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, order: object) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(order, file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


# ---- the killer -----------------------------------------------------------------------------------------------------


@dataclass
class Trial:
    """A mailing, its senders, and where its copies arrive."""

    case: Case
    store: Store
    number: int
    server: Server | StandIn
    nursery: Nursery
    alive: list[int] = field(default_factory=list)
    kills: int = 0
    most_on_their_way: int = 0
    failed: int = 0

    def arrived(self) -> list[str]:
        if self.case.transport == "files":
            return [path.stem.rpartition("-")[2] for path in Path(self.case.folder, "outbox").glob("*.eml")]
        return self.server.deliveries

    def count(self) -> int:
        return len(self.server.mails) if isinstance(self.server, Server) else len(self.arrived())

    def counts(self) -> dict[DeliveryState, int]:
        return self.store.ledger.counts(self.number)

    def life(self, share: int, senders: int) -> None:
        """Senders live until so many more copies arrived, or for a moment if none is meant to; then some die."""
        while len(self.alive) < senders:
            self.alive.append(self.nursery.ask("start"))
        target, end = self.count() + share, time.monotonic() + (2 if share else random.uniform(0, 0.03))
        while time.monotonic() < end and (not share or self.count() < target):
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.01))
        dying = random.sample(self.alive, random.randint(1, len(self.alive)))
        for pid in dying:
            os.kill(pid, signal.SIGKILL)
        for pid in dying:
            self.kills += self.ended(pid) == -signal.SIGKILL
            self.alive.remove(pid)
        self.most_on_their_way = max(self.most_on_their_way, self.counts()[DeliveryState.SENDING])

    def ended(self, pid: int) -> int:
        """How a sender ended. One that fails is no crash of ours."""
        status = self.nursery.ask(pid)
        self.failed += status not in (-signal.SIGKILL, 0, 3, 4)
        return status

    def end(self) -> bool:
        """Whether undisturbed senders bring the mailing to its end."""
        for pid in self.alive:
            self.ended(pid)
        for _ in range(100):
            if self.ended(self.nursery.ask("start")) == 0:
                return True
            time.sleep(0.1)
        return False


def broken(trial: Trial, readers: int, done: bool) -> list[str]:
    """The promises that were not kept."""
    kept, counts = Counter(trial.arrived()), trial.counts()
    doubt = {who.delivery for who in trial.store.ledger.uncertain("2021-12")}
    refused = counts[DeliveryState.REFUSED]
    promises = {
        "the mailing ends": done and not counts[DeliveryState.QUEUED] and not counts[DeliveryState.SENDING],
        "no sender fails or is held": not trial.failed,
        "nobody twice": not [one for one, times in kept.items() if times > 1],
        "nobody forgotten": len(kept.keys() | doubt) + refused == readers,
        "accepted means arrived": counts[DeliveryState.ACCEPTED] == len(kept.keys() - doubt),
    }
    return [promise for promise, held in promises.items() if not held]


def faulty(chance: float) -> Callable[[str, str], str | float | None]:
    """A relay that fails now and then, in every way there is."""
    at = {stage: [action for step, action in FAULTS if step == stage] for stage, _ in FAULTS}

    def fault(stage: str, address: str) -> str | float | None:
        return random.choice(at[stage]) if stage in at and random.random() < chance else None

    return fault


def faulty_sendgrid(chance: float) -> Callable[[dict[str, Any]], Any]:
    """A SendGrid that does."""

    def answer(status: int, place: str | None = None) -> tuple[int, dict[str, str], list[dict[str, str | None]]]:
        return status, {"Retry-After": "0"}, [{"message": "no", "field": place}]

    def fault(body: dict[str, Any]) -> Any:
        if random.random() > chance:
            return None
        if not body:
            return DROP_EARLY
        answers = [answer(status) for status in (*NOT_TAKEN, *PERHAPS_TAKEN)]
        return random.choice([*answers, answer(400, REFUSED), DROP_LATE, HANG])

    return fault


@contextmanager
def serving(options: argparse.Namespace) -> Iterator[Server | StandIn]:
    """Where copies arrive."""
    if options.transport == "sendgrid":
        with sendgrid_standin.serving() as standin:
            standin.fault = faulty_sendgrid(0.05) if options.faults else standin.fault
            yield standin
    else:
        with smtp_server.serving() as server:
            server.fault = faulty(0.01) if options.faults else server.fault
            yield server


@contextmanager
def trial(options: argparse.Namespace) -> Iterator[Trial]:
    speed = 600 if options.faults else 1
    url = postgres.empty() if options.url == "postgresql" else options.url
    with tempfile.TemporaryDirectory() as folder, serving(options) as server:
        case = Case(url, folder, options.transport, server.port, speed, options.batch, time.time())
        nursery = Nursery(case)
        with Store.open(url, Path(folder)) as store, closing(nursery):
            yield Trial(case, store, mailing(store, options.readers), server, nursery)


def in_doubt_at_most(options: argparse.Namespace) -> tuple[int, str]:
    """How many copies a kill may leave in doubt, and what that is."""
    match options.transport:
        case "smtp":
            each, said = AT_MOST * CONNECTIONS, f"{AT_MOST} mails × {CONNECTIONS} connections"
        case "sendgrid":
            each, said = options.batch, f"a request of {options.batch}"
        case _:
            each, said = Files.batch_size, f"{Files.batch_size} files"
    return AT_ONCE * each * options.senders, f"{options.senders} × {AT_ONCE} windows of {said}"


def run(options: argparse.Namespace) -> dict[str, object]:
    began = time.monotonic()
    window, said = in_doubt_at_most(options)
    with trial(options) as on_trial:
        for _ in range(3 * options.kills):  # some senders end just before their kill
            left, queued = options.kills - on_trial.kills, on_trial.counts()[DeliveryState.QUEUED]
            if left <= 0 or not queued:
                break
            share = int(min(random.uniform(0, 2) / left, 0.5) * queued) if random.random() > 0.1 else 0
            on_trial.life(share, options.senders)
        done = on_trial.end()
        counts = on_trial.counts()
        faults = broken(on_trial, options.readers, done)
        if on_trial.most_on_their_way > window:
            faults.append("few in doubt")
        return {
            "kills": on_trial.kills,
            "counts": {state.value: number for state, number in counts.items() if number},
            "arrived": len(on_trial.arrived()),
            "most_in_doubt_by_a_kill": on_trial.most_on_their_way,
            "window": window,
            "which_is": said,
            "seconds": round(time.monotonic() - began, 1),
            "broken": faults,
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--transport", choices=("smtp", "sendgrid", "files"), default="smtp")
    parser.add_argument(
        "--url",
        default="sqlite:///var/newsletter.db",
        help="an empty database; « postgresql »: one of a server of its own",
    )
    parser.add_argument("--senders", type=int, default=1)
    parser.add_argument("--batch", type=int, default=BATCH, help="readers in a request to SendGrid")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--breed", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.breed:
        breed(Case(**json.loads(options.breed)))
        return 0
    random.seed(options.seed)
    result = run(options)
    say(json.dumps(result) if options.json else "\n".join(f"{name:24} {value}" for name, value in result.items()))
    return int(bool(result["broken"]))


if __name__ == "__main__":
    sys.exit(main())
