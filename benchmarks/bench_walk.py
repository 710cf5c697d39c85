"""The sample month, stage by stage: files to tables, tables to items, items to two letters, letters to findings.

Medians of five runs after imports, in milliseconds.
"""

import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from newsletter import catalogue, checks, composer, config, fetch, loaders
from newsletter.model import Letter
from newsletter.pipeline.reading import terms

ROOT = Path(__file__).parent.parent
RUNS = 5


def main() -> None:
    """Prints a line per stage, and the whole."""
    settings = config.load(ROOT / "config.toml")
    month = date(2021, 12, 1)
    send_at = settings.schedule.send_at(month, settings.town.zone)
    documents = [
        (d, s)
        for s in settings.sources
        for d in fetch.gather(s, settings.folder, fetching=terms(settings, send_at)).documents
    ]
    read = [(loaders.read(d, s, as_of=send_at).tables, s) for d, s in documents]
    tables = [(table, source) for found, source in read for table in found]
    items = catalogue.build(tables, as_of=send_at, audiences=settings.audiences).items

    def letters() -> list[Letter]:
        return [
            composer.compose(
                items,
                name,
                composer.Issue(month, send_at, settings.town, settings.site.address, stanza, settings.templates),
            )
            for name, stanza in settings.audiences.items()
        ]

    composed = letters()
    stages: dict[str, Callable[[], Any]] = {
        "loaders": lambda: [loaders.read(d, s, as_of=send_at) for d, s in documents],
        "catalogue": lambda: catalogue.build(tables, as_of=send_at, audiences=settings.audiences),
        "composer, both letters": letters,
        "checks, both letters": lambda: [checks.look(x, site_url=settings.site.address) for x in composed],
    }
    total = 0.0
    for name, stage in stages.items():
        took = median(stage)
        total += took
        print(f"{name:24} {took:7.0f} ms")
    print(f"{'data/ to two letters':24} {total:7.0f} ms   ({len(items)} items)")


def median(stage: Callable[[], Any]) -> float:
    """Milliseconds, the median of the runs."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        stage()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


if __name__ == "__main__":
    main()
