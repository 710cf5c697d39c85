"""The command: two processes share the numbers; what fails is kept under var/fuzz/, to be read again by --replay."""

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from benchmarks.fuzz.inputs import draw
from benchmarks.fuzz.judge import Judge, limited

KEPT = Path(__file__).parent.parent.parent / "var" / "fuzz"
PROCESSES = 2
EVERY = 20  # seconds between two lines
SILENCE = 120  # seconds after which a process is taken for dead


def main() -> None:
    """Parses, runs, says how it went; 1 when something failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz", description="Mutated files through every reader."
    )
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=120, help="stop after that long")
    parser.add_argument("--replay", type=int, metavar="NUMBER", help="one input again, in this process")
    parser.add_argument("--from", dest="first", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        work(asked.seed, range(asked.first, asked.inputs, PROCESSES))
    elif asked.replay is not None:
        replay(asked.seed, asked.replay)
    else:
        sys.exit(1 if Run(asked.seed, asked.inputs, time.monotonic() + asked.minutes * 60).go() else 0)


def work(seed: int, numbers: range) -> None:
    """A process: a line for what begins and a line for what it came to, since the next one may be its death."""
    warnings.simplefilter("error")
    judge = Judge()
    with limited():
        for number in numbers:
            print(number, flush=True)
            given = draw(seed, number)
            outcome = judge.look(given)
            if outcome.faults:
                keep(seed, number, outcome.faults)
            told = [given.sort, outcome.answer, outcome.rows, round(outcome.seconds, 3), outcome.faults[:1]]
            print(json.dumps(told), flush=True)
    judge.close()


def keep(seed: int, number: int, faults: list[str]) -> None:
    """The file and what is wrong with it."""
    KEPT.mkdir(parents=True, exist_ok=True)
    given = draw(seed, number)
    stem = f"{seed}-{number}"
    (KEPT / f"{stem}{Path(given.document.name).suffix[:8]}").write_bytes(given.document.content)
    asked = f"{given.source!r} {given.vocabulary} name={given.document.name!r} suffix={given.document.suffix!r}"
    (KEPT / f"{stem}.faults.txt").write_text("\n".join((asked, *faults)), encoding="utf-8", errors="backslashreplace")


def replay(seed: int, number: int) -> None:
    """One input, and all that is wrong with it."""
    given = draw(seed, number)
    judge = Judge()
    outcome = judge.look(given)
    judge.close()
    keep(seed, number, outcome.faults)
    print(given.document.name, given.sort, len(given.document.content), outcome.answer, f"{outcome.seconds:.2f} s")
    print("\n".join(outcome.faults) or "nothing wrong")


@dataclass
class Run:
    """The whole of it: the processes, and what they have said so far."""

    seed: int
    inputs: int
    until: float
    done: Counter[str] = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)
    rows: int = 0
    slowest: tuple[float, int] = (0.0, -1)

    def go(self) -> int:
        """Until all is read or time is up. How many failed."""
        started = said = time.monotonic()
        workers = [_Worker(self.seed, first, self.inputs) for first in range(PROCESSES)]
        while any(worker.alive for worker in workers) and time.monotonic() < self.until:
            time.sleep(0.2)
            for worker in workers:
                worker.hear(self)
            if time.monotonic() - said > EVERY:
                said = time.monotonic()
                print(self.line(said - started), flush=True)
        for worker in workers:
            worker.stop()
        print(self.line(time.monotonic() - started))
        print(", ".join(f"{what}: {times:,}" for what, times in sorted(self.done.items())))
        for number, fault in sorted(self.failed.items()):
            print(f"{number}: {fault.strip().splitlines()[-1][:200]}")
        return len(self.failed)

    def line(self, seconds: float) -> str:
        """Where it stands."""
        total = self.done.total()
        return (
            f"{total:,} inputs of seed {self.seed}, {self.rows:,} rows, {len(self.failed)} failed, {seconds:.0f} s "
            f"({total / max(seconds, 1):.0f}/s), slowest {self.slowest[0]:.2f} s (nº {self.slowest[1]})"
        )

    def note(self, number: int, told: list[object]) -> None:
        """One more."""
        sort, answer, rows, seconds, faults = told
        self.done[f"{sort} {answer}"] += 1
        self.rows += int(str(rows))
        self.slowest = max(self.slowest, (float(str(seconds)), number))
        if isinstance(faults, list) and faults:
            self.failed[number] = str(faults[0])


class _Worker:
    """A process, started again after the input that killed it."""

    def __init__(self, seed: int, first: int, inputs: int) -> None:
        self.seed, self.next, self.inputs = seed, first, inputs
        self.at: int | None = None
        self.rest = b""
        self.heard = time.monotonic()
        self.errors: IO[bytes] = (KEPT.parent / f"fuzz-{first}.log").open("ab")
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes] | None":
        if self.next >= self.inputs:
            return None
        asked = ["--seed", str(self.seed), "--from", str(self.next), "--inputs", str(self.inputs), "--worker"]
        command = [sys.executable, "-m", "benchmarks.fuzz", *asked]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors)
        if process.stdout is not None:
            os.set_blocking(process.stdout.fileno(), False)
        return process

    @property
    def alive(self) -> bool:
        """Whether something may still come."""
        return self.process is not None

    def hear(self, run: Run) -> None:
        """What it has said since; after a death, another takes the next number."""
        if self.process is None or self.process.stdout is None:
            return
        ended = self.process.poll()
        said = self.process.stdout.read() or b""
        if said:
            self.heard = time.monotonic()
        *lines, self.rest = (self.rest + said).split(b"\n")
        for line in lines:
            if line.isdigit():
                self.at = int(line)
            elif self.at is not None:
                run.note(self.at, json.loads(line))
                self.next, self.at = self.at + PROCESSES, None
        if ended is None and time.monotonic() - self.heard > SILENCE:
            self.process.kill()
        elif ended is not None:
            self._bury(run, ended)

    def _bury(self, run: Run, code: int) -> None:
        if self.at is not None:
            keep(run.seed, self.at, [f"the process died: {code}"])
            run.note(self.at, ["?", "died", 0, 0.0, [f"the process died: {code}"]])
            self.next, self.at = self.at + PROCESSES, None
        elif code and self.next < self.inputs:
            raise SystemExit(f"a worker can't start: {self.errors.name}")
        self.rest = b""
        self.process = self._start()

    def stop(self) -> None:
        """Ends what is left of it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.errors.close()


main()
