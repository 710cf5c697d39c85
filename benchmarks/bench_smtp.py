"""Letters by SMTP, the ledger on, beside Postfix's own smtp-source, both against smtp-sink on 127.0.0.1.

    python -m benchmarks.bench_smtp [--mails 10000] [--runs 5] [--sessions 4]

smtp-source and smtp-sink come with Debian's package `postfix`; no daemon is needed. They are looked for in PATH, then
in the folder POSTFIX, where the package may just be unpacked. The contenders take turns: all see the same machine.
"""

import argparse
import os
import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.bench_mime import HTML, LETTER, readers
from newsletter.delivery import deliver, eml
from newsletter.delivery.relay import Relay
from newsletter.delivery.smtp import Smtp
from newsletter.model import Answer, Recipient
from newsletter.store import Ledger, Store, Worker
from tests import mailing_office as office


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=f"{os.environ.get('POSTFIX', '')}/usr/sbin")
    if found is None:
        sys.exit(f"{name} is missing: apt install postfix, or unpack the package and set POSTFIX to the folder")
    return found


def environment() -> dict[str, str]:
    return {**os.environ, "LD_LIBRARY_PATH": f"{os.environ.get('POSTFIX', '')}/usr/lib/postfix"}


@contextmanager
def sink() -> Iterator[int]:
    """smtp-sink on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen([tool("smtp-sink"), *user, f"127.0.0.1:{port}", "1000"], env=environment())
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


class Watched:
    """The ledger, with the seconds spent in each of its verbs."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.seconds: dict[str, float] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        verb = getattr(self._ledger, name)

        def timed(*values: Any, **named: Any) -> Any:
            before = time.perf_counter()
            try:
                return verb(*values, **named)
            finally:
                self.seconds[name] = self.seconds.get(name, 0) + time.perf_counter() - before

        return timed


class Contest:
    """The same mails by each contender. A run answers with its seconds."""

    def __init__(self, port: int, mails: int, sessions: int) -> None:
        self.port, self.mails, self.sessions = port, mails, sessions
        self.people = list(islice(readers(), 1000))
        self.size = len(eml(LETTER, self.people[0]))
        self.where: dict[str, float] = {}
        self.cpu: list[float] = []

    def smtp_source(self) -> float:
        size, count = str(self.size), str(self.mails)
        addresses = ["-f", "asso@malakoff.example", "-t", "lecteur@asso.example"]
        command = [tool("smtp-source"), "-d", "-s", str(self.sessions), "-m", count, "-l", size, *addresses]
        before = time.perf_counter()
        subprocess.run([*command, f"127.0.0.1:{self.port}"], check=True, env=environment())
        return time.perf_counter() - before

    def transport(self) -> Smtp:
        return Smtp(Relay("127.0.0.1", self.port, "none"), connections=self.sessions)

    def alone(self) -> float:
        """Our transport, without a ledger."""
        with closing(self.transport()) as transport:
            before, accepted, start = time.perf_counter(), 0, 0
            while start < self.mails:
                stop = min(self.mails, start + transport.batch_size)
                window = [self.people[n % 1000] for n in range(start, stop)]
                accepted += sum(receipt.answer is Answer.ACCEPTED for receipt in transport.send(LETTER, window))
                start = stop
            assert accepted == self.mails
            return time.perf_counter() - before

    def with_the_ledger(self) -> float:
        """All of it: leased, handed over, sent, settled, on SQLite."""
        letter = replace(office.LETTER, html=HTML, text=LETTER.text)
        with (
            tempfile.TemporaryDirectory() as folder,
            Store.open("sqlite:///var/newsletter.db", Path(folder)) as store,
            closing(self.transport()) as transport,
        ):
            number = office.mailing(store, self.mails, letter)
            ledger = Watched(store.ledger)
            before, cpu = time.perf_counter(), time.process_time()
            clocks: Any = {"worker": Worker.here(), "at": lambda: office.NOW, "fields": office.links}
            deliver(number, LETTER, ledger, transport, **clocks)  # type: ignore[arg-type] # the ledger, watched
            seconds, self.where = time.perf_counter() - before, ledger.seconds
            self.cpu.append((time.process_time() - cpu) / self.mails * 1e6)
            assert store.ledger.finish(number, at=office.NOW)
            return seconds

    def smtplib(self) -> float:
        """The standard library, the same bytes made the same way: one connection, a tenth of the mails."""
        few: Sequence[Recipient] = self.people[: max(1, self.mails // 10)]
        with smtplib.SMTP("127.0.0.1", self.port) as client:
            before = time.perf_counter()
            for reader in few:
                client.sendmail("asso@malakoff.example", [reader.address], eml(LETTER, reader))
            return (time.perf_counter() - before) * self.mails / len(few)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=4)
    options = parser.parse_args()
    with sink() as port:
        contest = Contest(port, options.mails, options.sessions)
        contenders = [contest.smtp_source, contest.with_the_ledger, contest.alone, contest.smtplib]
        rates: dict[str, list[float]] = {run.__name__: [] for run in contenders}
        for _ in range(options.runs):
            for run in contenders:
                rates[run.__name__].append(options.mails / run())
    print(
        f"{options.mails:,} mails of {contest.size:,} bytes, {options.sessions} sessions, {options.runs} runs in turn"
    )
    for name, found in rates.items():
        ratios = [ours / theirs for ours, theirs in zip(found, rates["smtp_source"], strict=True)]
        print(
            f"{name:16} {statistics.median(found):7,.0f} mails/s ({min(found):,.0f} to {max(found):,.0f})   "
            f"{statistics.median(ratios):.2f} × smtp-source ({min(ratios):.2f} to {max(ratios):.2f})"
        )
    spent = ", ".join(f"{verb} {seconds / options.mails * 1e6:.0f} µs" for verb, seconds in contest.where.items())
    print(f"with the ledger, a mail: {statistics.median(contest.cpu):.0f} µs of CPU; {spent} (two windows overlap)")


if __name__ == "__main__":
    main()
