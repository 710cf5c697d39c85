"""Letters by SendGrid's API to a local stand-in, the ledger on (SQLite): recipients a second, one process.

    python -m benchmarks.bench_sendgrid [--readers 100000] [--runs 5]

The stand-in is a process of its own that reads each request whole and counts its copies. Also printed: where the time
goes, the memory, and what the package's own client would do with one connection per call.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from sendgrid import SendGridAPIClient

from benchmarks.bench_mime import HTML, LETTER, readers
from benchmarks.bench_smtp import Watched
from newsletter.delivery import deliver
from newsletter.delivery.sendgrid import Account, SendGrid, request
from newsletter.model import Recipient
from newsletter.store import Store, Worker
from tests import mailing_office as office

KEY = "SG.exemple"


@contextmanager
def standin(counts: dict[str, int]) -> Iterator[str]:
    """Its address; what it counted, afterwards."""
    command = [sys.executable, "-m", "tests.sendgrid_standin"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    counts.update(json.loads(process.communicate()[0]))


def memory() -> float:
    """Resident now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


class Run:
    """One mailing, whole."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.where: dict[str, float] = {}
        self.cpu = self.wall = self.top = 0.0
        self.counts: dict[str, int] = {}

    def go(self) -> float:
        """Recipients a second, from the first lease to the last receipt."""
        letter = replace(office.LETTER, html=HTML, text=LETTER.text)
        with tempfile.TemporaryDirectory() as folder, Store.open("sqlite:///x.db", Path(folder)) as store:
            number = office.mailing(store, self.count, letter)
            with standin(self.counts) as url, closing(SendGrid(Account(KEY, url=url))) as transport:
                ledger: Any = Watched(store.ledger)
                ways: Any = {"worker": Worker.here(), "at": lambda: office.NOW, "fields": office.links}
                wall, cpu = time.perf_counter(), time.process_time()
                deliver(number, LETTER, ledger, transport, progress=self._look, **ways)
                self.wall, self.cpu = time.perf_counter() - wall, time.process_time() - cpu
                self.where = ledger.seconds
            assert store.ledger.finish(number, at=office.NOW)
        assert self.counts["copies"] == self.count, self.counts
        return self.count / self.wall

    def _look(self, settled: int) -> None:
        self.top = max(self.top, memory())


def people(count: int) -> list[Recipient]:
    """Readers with as many addresses."""
    return [replace(who, address=f"lecteur{n}@asso.example") for n, who in enumerate(islice(readers(), count))]


def stages() -> None:
    """What making a request costs, alone."""
    draft, crowd = request.draft(LETTER), people(1000)
    before = time.perf_counter()
    body = draft.request([draft.personal(reader) for reader in crowd])
    made = time.perf_counter() - before
    print(f"a request of 1,000: made in {made * 1e3:.1f} ms, {len(body):,} bytes")


def package(count: int) -> None:
    """The package's own client, a connection per call, beside ours; no ledger, no thread."""
    counts: dict[str, int] = {}
    draft, crowd = request.draft(LETTER), people(1000)
    for size in (1, 1000):
        calls = max(1, count // size)
        with standin(counts) as url:
            client = SendGridAPIClient(KEY, host=url)
            before = time.perf_counter()
            for _ in range(calls):
                client.send(json.loads(draft.request([draft.personal(reader) for reader in crowd[:size]])))
            theirs = calls / (time.perf_counter() - before)
        opened = counts["connections"]
        with standin(counts) as url, closing(SendGrid(Account(KEY, url=url))) as transport:
            before = time.perf_counter()
            for _ in range(calls):
                assert len(list(transport.send(LETTER, crowd[:size]))) == size
            ours = calls / (time.perf_counter() - before)
        print(f"{calls} calls of {size}: the package {theirs:,.0f}/s over {opened} connections, "
              f"ours {ours:,.0f}/s over {counts['connections']}, {ours / theirs:.2f} x")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    rates: list[float] = []
    for _ in range(options.runs):
        run = Run(options.readers)
        rates.append(run.go())
        spent = ", ".join(f"{verb} {seconds / run.count * 1e6:.1f}" for verb, seconds in run.where.items())
        print(
            f"{run.count:,} readers: {rates[-1]:,.0f}/s; µs a reader: {run.wall / run.count * 1e6:.1f} in all, "
            f"{run.cpu / run.count * 1e6:.1f} of CPU, {spent}; {run.counts['requests']} requests over "
            f"{run.counts['connections']} connections; {run.top:.0f} MB at most"
        )
    print(f"{statistics.median(rates):,.0f} recipients/s (median; {min(rates):,.0f} to {max(rates):,.0f})")
    stages()
    package(200)


if __name__ == "__main__":
    main()
