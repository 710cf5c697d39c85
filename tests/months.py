"""A month with the real service, from the call for news to the last report, its clock sped up, killed in every step.

    python -m benchmarks.month [--speed 3600] [--readers 2000]

`newsletter run` is killed with SIGKILL as soon as the database says that a step is being done (the send: as soon as
some copies have left and some have not), and started again at once, as systemd does. Somebody approves in between.
What is told afterwards: each step once, no mail twice, none missing but what is uncertain, no address in any log.
"""

import argparse
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path

from newsletter import config, pipeline
from newsletter.model import DeliveryState, Entry, NoticeState, Origin
from newsletter.model.steps import StepState
from newsletter.pipeline import monthly
from newsletter.store import Store
from newsletter.timetable import Name, Step, of_month

MONTH = datetime(2021, 12, 1, tzinfo=UTC).date()
STAFF, BUREAU = "staff@malakoff.example", "bureau@malakoff.example"
PEOPLE = f"""[people]
staff = ["{STAFF}"]
bureau = ["{BUREAU}"]
collect = ["asso1@malakoff.example", "asso2@malakoff.example"]

"""
SECRET = "un-secret-que-personne-ne-doit-lire"
BEFORE_COLLECT = timedelta(hours=6)
STARTING = timedelta(seconds=4)  # of this machine, which the service has before that
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


@dataclass
class Trial:
    """What is tried, and what came of it."""

    folder: Path
    speed: float
    kills: Sequence[str]
    changes: Sequence[tuple[str, str]] = ()
    begins: timedelta | None = None  # before the send, all approved; else before the first step
    look: float = 0.001  # seconds between two looks at what it does
    killed: dict[str, str] = field(default_factory=dict)
    starts: int = 0
    log: str = ""
    seconds: float = 0.0
    stopping: float = 0.0

    def run(self, readers: int, patience: float) -> None:
        """The whole month. TimeoutError when it takes longer than `patience` seconds."""
        self._prepare(readers)
        began, self._since = time.monotonic(), datetime.now(UTC) + STARTING
        try:
            self._start()
            self._live(began + patience)
            stop = time.monotonic()
            self._process.terminate()
            self._status = self._process.wait(30)
            self.stopping, self.seconds = time.monotonic() - stop, time.monotonic() - began
        finally:
            self._process.kill()
            self._process.wait()
            self.log = (self.folder / "log").read_text("utf-8")

    @property
    def outbox(self) -> Path:
        """Where every mail is."""
        return self.folder / "var" / "outbox"

    @property
    def now(self) -> datetime:
        """What the service believes it is."""
        return self._first + (datetime.now(UTC) - self._since) * self.speed

    def _prepare(self, readers: int) -> None:
        pipeline.init(self.folder)
        path = self.folder / "config.toml"
        written = path.read_text("utf-8")
        start, end = written.index("[people]"), written.index("[store]")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        changes = [(written[start:end], PEOPLE), ("port = 8000", f"port = {port}"), ("late_by = 24", "late_by = 480")]
        changes += [('approval = "J-1 17:00"', 'approval = "J-3 17:00"')]  # a start on a busy machine takes 16 s: 16 h
        for old, new in [*changes, *self.changes]:
            assert old in written, old
            written = written.replace(old, new, 1)
        path.write_text(written, "utf-8")
        self._config = config.load(path)
        self.steps: list[Step] = of_month(self._config.schedule, MONTH, self._config.town.zone)
        send = next(step for step in self.steps if step.name is Name.SEND)
        self._first = send.at - self.begins if self.begins else self.steps[0].at - BEFORE_COLLECT
        with self._store() as store:
            store.subscribers.take(_entries(readers, self._first), at=self._first, file="abonnes.csv")
            if self.begins:
                approval = pipeline.Approval("Camille (exemple)", None, self._first)
                pipeline.approve(self._config, store, MONTH, approval)
            for step in [step for step in self.steps if step.at < self._first]:
                moments = {"planned_at": step.at, "at": self._first}
                store.steps.give_up(step.edition, step.key, StepState.SKIPPED, "avant l’essai", **moments)

    def _store(self) -> Store:
        return Store.open(self._config.store.url, self.folder)

    def _start(self) -> None:
        first, since = self._first.isoformat(), self._since.isoformat()
        environment = {
            **os.environ,
            "NEWSLETTER_CLOCK": f"{first} {self.speed} {since}",
            "NEWSLETTER_SECRET": SECRET,
            "SMTP_PASSWORD": SECRET,
            "NEWSLETTER_LOG": "debug",
        }
        command = [sys.executable, "-m", "newsletter", "--config", str(self.folder / "config.toml"), "run"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log, stdout=log, env=environment)
        self.starts += 1

    def _live(self, deadline: float) -> None:
        """Kills in each step, once; approves when there is something to approve; until the last report is settled."""
        approved = self.begins is not None
        with closing(sqlite3.connect(self.folder / "var" / "newsletter.db", timeout=30)) as database:
            while True:
                standing = dict(database.execute("SELECT step, state FROM steps WHERE edition = '2021-12'"))
                waiting = database.execute(
                    "SELECT count(*) FROM notices WHERE state IN ('queued', 'sending')"
                ).fetchone()[0]
                if standing.get(self.steps[-1].key) == "done" and not waiting and not self._left_to_kill():
                    return
                if not approved and standing.get("review") == "done":
                    self._approve()
                    approved = True
                if one := next((one for one in self._left_to_kill() if _may_die(database, one, standing)), None):
                    self._kill(one, standing)
                if self._process.poll() is not None:
                    raise AssertionError((self.folder / "log").read_text("utf-8")[-2000:])
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{standing} at {self.now}")
                time.sleep(self.look)

    def _left_to_kill(self) -> list[str]:
        return [one for one in self.kills if one not in self.killed]

    def _kill(self, step: str, standing: dict[str, str]) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.killed[step] = standing.get(step, "")
        self._start()

    def _approve(self) -> None:
        with self._store() as store:
            approval = pipeline.Approval("Camille (exemple)", None, self.now)
            pipeline.approve(self._config, store, MONTH, approval)

    # ---- afterwards --------------------------------------------------------------------------------------------------

    def faults(self) -> list[str]:
        """Whatever is not as it was promised."""
        with self._store() as store:
            notes = {step: note for (_, step), note in store.steps.known(["2021-12"]).items()}
            copies, notices = store.ledger.counts("2021-12"), store.notices.counts()
        letters, others = self._mails()
        doubtful = copies[DeliveryState.UNCERTAIN] + notices[NoticeState.UNCERTAIN]
        needed = [step for step in self.steps if self.begins is None or step.name in (Name.SEND, Name.REPORT)]
        found = [f"not done: {notes.get(step.key)}" for step in needed if notes[step.key].state != "done"]
        order = [notes[step.key].settled_at for step in self.steps if step.key in notes]
        found += ["not in order"] if order != sorted(order, key=str) else []
        found += [f"{count} times: {mail}" for mail, count in (letters + others).items() if count > 1]
        missing = sum(copies.values()) - len(letters)
        found += [f"{missing} copies missing, {doubtful} uncertain"] if not 0 <= missing <= doubtful else []
        title = "Bilan de la lettre de décembre 2021"
        expected = {(STAFF, f"{title}, {monthly.after(after)}") for after in self._config.schedule.report}
        absent = [one for one in expected if one not in others]
        found += [f"no {one}" for one in absent] if len(absent) > notices[NoticeState.UNCERTAIN] else []
        found += [f"in the log: {one}" for one in {*ADDRESS.findall(self.log)}]
        found += ["a secret in the log"] if SECRET in self.log else []
        found += ["a traceback in the log"] if "Traceback" in self.log else []
        return found + ([f"stopped with {self._status}"] if self._status else [])

    def _mails(self) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
        letters: Counter[tuple[str, str]] = Counter()
        others: Counter[tuple[str, str]] = Counter()
        for path in self.outbox.glob("*.eml"):
            mail = BytesHeaderParser(policy=policy.default).parsebytes(path.read_bytes())
            which = letters if mail["List-Unsubscribe"] else others
            which[str(mail["To"]), str(mail["Subject"])] += 1
        return letters, others

    def figures(self) -> str:
        """What happened, in figures."""
        with self._store() as store:
            notes = {step: note for (_, step), note in store.steps.known(["2021-12"]).items()}
            copies, notices = store.ledger.counts("2021-12"), store.notices.counts()
        within = sum(state in ("doing", "sending") for state in self.killed.values())
        lines = [
            f"{step.key:12} planned {step.at:%d/%m %H:%M}  tries {notes[step.key].tries}  {notes[step.key].state:8} "
            f"killed {self.killed.get(step.key, 'no')}"
            for step in self.steps
            if step.key in notes
        ]
        counts = {state.value: count for state, count in copies.items() if count}
        told = {state.value: count for state, count in notices.items() if count}
        days = self.seconds * self.speed / 86_400
        lines += [f"{len(self.killed)} kills, {within} of them in the middle of their step; {self.starts} starts"]
        lines += [f"copies {counts}; notices {told}; {len(list(self.outbox.glob('*.eml')))} files in the outbox"]
        return "\n".join([*lines, f"{days:.1f} days in {self.seconds:.0f} s; stopped in {self.stopping:.1f} s"])


def _may_die(database: sqlite3.Connection, step: str, standing: dict[str, str]) -> bool:
    """Whether this is the moment: the step is being done, or it was done too quickly to be seen."""
    if step != Name.SEND:
        return step in standing
    counts = dict(database.execute("SELECT state, count(*) FROM deliveries GROUP BY state"))
    if counts.get("accepted", 0) > 0 and counts.get("queued", 0) > 0:
        standing[step] = "sending"
        return True
    return standing.get(step) == "done" and not counts.get("queued")


def _entries(count: int, at: datetime) -> Iterator[Entry]:
    day = at - timedelta(days=30)
    for n in range(count):
        audiences = ("public",) if n % 3 else ("public", "associations")
        yield Entry(Origin("abonnes.csv", None, n), f"lecteur{n}@exemple.example", "Zoé", audiences, (), day, "papier")


def main() -> int:
    """Prints it. Not 0 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speed", type=float, default=3600.0)
    parser.add_argument("--readers", type=int, default=2000)
    wanted = parser.parse_args()
    keys = ["collect", "remind", "draft", "review", "rehearsal", "approval", "send", "report H+1", "report J+3"]
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder) / "town", wanted.speed, keys)
        trial.run(wanted.readers, patience=1800)
        faults = trial.faults()
        said = "\n".join(faults) or "each step once, no mail twice, none missing, no address in the logs"
        sys.stdout.write(f"{trial.figures()}\n{said}\n")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
