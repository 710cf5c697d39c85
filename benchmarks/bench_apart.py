"""From asking to composed, on the sample month: here, in a process started for it, in a fork of one that stands ready.

    python -m benchmarks.bench_apart

Each reads the sources, composes both letters, and keeps them. Seconds on the clock, medians; then what the process held
(RLIMIT_AS is counted in the second figure).
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

from newsletter import config, pipeline
from newsletter.apart import Apart
from newsletter.pipeline import Plan, drafting
from newsletter.store import Store

ROOT = Path(__file__).parent.parent
TIMES = 5
PLAN = Plan(date(2021, 12, 1), datetime(2021, 11, 25, 9, tzinfo=UTC), offline=True)


def timed(work: Callable[[], object]) -> float:
    """The median of some."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)


def held() -> tuple[int, int]:
    """MB this process has held at most: in memory, of addresses."""
    said = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
    return int(said["VmHWM"].split()[0]) // 1000, int(said["VmPeak"].split()[0]) // 1000


def main() -> None:
    """Prints it."""
    with tempfile.TemporaryDirectory() as folder, Apart(drafting.warm) as apart:
        shutil.copytree(ROOT / "data", Path(folder) / "data")
        settings = config.load(ROOT / "config.toml").model_copy(update={"folder": Path(folder)})
        with Store.open(settings.store.url, settings.folder) as store:
            pipeline.compose(settings, store, PLAN)
            print(f"here, everything imported  {timed(lambda: pipeline.compose(settings, store, PLAN)):6.2f} s")

        def cold() -> None:
            with Apart() as one:
                drafting.draft_apart(one, settings, PLAN)

        print(f"a process started for it   {timed(cold):6.2f} s")
        drafting.draft_apart(apart, settings, PLAN)
        print(f"of one that stands ready   {timed(lambda: drafting.draft_apart(apart, settings, PLAN)):6.2f} s")
        resident, addresses = held()
        print(f"all of it here holds {resident} MB at most, {addresses} MB of addresses")


if __name__ == "__main__":
    main()
