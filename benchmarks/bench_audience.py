"""What a long list of readers costs: a CSV file to subscribers, subscriptions and consents, all on disk.

python -m benchmarks.bench_audience [ROWS [TIMES]]

Each time is a process of its own, so that its peak memory is its own too.
"""

import csv
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from newsletter import config, pipeline
from newsletter.store import Store

NOW = datetime(2021, 12, 1, 8, 0, tzinfo=UTC)
HEADER = ("Courriel", "Prénom", "Nom", "Liste", "Inscrit le", "Origine du consentement", "Thèmes")
NAMES = ("Léa", "Awa", "Jean-Noël", "Zoé", "", "Mehdi", "Anne", "李")
LISTS = ("Grand public", "Associations", "Tous", "Grand public")
ORIGINS = ("Forum de rentrée, bulletin papier", "Formulaire en ligne", "Adhésion à l’association", "Guichet")


def write(path: Path, rows: int) -> None:
    """A list as a town exports it: addresses in no order, a few that aren't plain, a few rows that can't be taken."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(HEADER)
        for n in range(rows):
            address = f"lecteur{n * 7_368_787 % 10_000_019}@courriel{n % 97}.example"
            if n % 1000 == 7:
                address = f"élodie{n}@exemple.fr" if n % 2000 == 7 else f"lecteur{n}"
            name, day = NAMES[n % len(NAMES)], f"{1 + n % 28:02}/{1 + n % 11:02}/2021"
            themes = "culture, sport" if n % 3 else ""
            out.writerow((address, name, "Durand", LISTS[n % 4], day, ORIGINS[n % 4], themes))


def take(folder: Path) -> None:
    """One import; prints seconds, CPU seconds, megabytes and what became of the rows."""
    settings = config.Config(folder=folder)
    started, cpu = time.perf_counter(), time.process_time()
    with Store.open("sqlite:///newsletter.db", folder) as store:
        taking = pipeline.take_subscribers(settings, store, folder / "abonnes.csv", NOW)
    seconds, busy = time.perf_counter() - started, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{seconds} {busy} {memory} {taking.taken.added} {len(taking.problems)}\n")


def main(rows: int = 1_000_000, times: int = 3) -> None:
    """That many rows, each time into an empty database; the median of the times."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder / "abonnes.csv", rows)
        print(f"{rows:,} rows, {(folder / 'abonnes.csv').stat().st_size / 1e6:.0f} MB of CSV")
        measured = []
        for _ in range(times):
            for old in folder.glob("newsletter.db*"):
                old.unlink()
            command = [sys.executable, "-m", "benchmarks.bench_audience", "take", str(folder)]
            answer = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout
            seconds, busy, memory, added, problems = (float(word) for word in answer.split())
            print(
                f"{seconds:6.1f} s ({1e6 * seconds / rows:.1f} µs a row), {busy:.1f} s of CPU, {memory:.0f} MB at "
                f"most: {added:,.0f} added, {problems:,.0f} problems"
            )
            measured.append((seconds, busy, memory))
        middle = [statistics.median(column) for column in zip(*measured, strict=True)]
        size = sum(old.stat().st_size for old in folder.glob("newsletter.db*"))
    print(f"median {middle[0]:.1f} s, {middle[1]:.1f} s of CPU, {middle[2]:.0f} MB; database {size / 1e6:.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["take"]:
        take(Path(sys.argv[2]))
    else:
        main(*[int(argument) for argument in sys.argv[1:3]])
