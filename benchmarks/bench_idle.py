"""The service with nothing to do: how much memory it holds, how much CPU it takes, over time.

    python -m benchmarks.bench_idle [--seconds 30] [--rows 10]

The real process, `newsletter run`, on a folder as `init` makes it, the month's steps far from today. Its pages are
asked once at the start, so that what a first reader costs is in. Read from /proc (Linux).
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter import pipeline

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
PATHS = ("/", "/inscription", "/lettres", "/mon-abonnement", "/health", "/metrics")


@contextmanager
def serving(folder: Path, prepare: Callable[[Path], object] = str) -> Iterator[tuple[int, str]]:
    """A town's service: its process, and where its pages are. `prepare`: its folder, before it starts."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    pipeline.init(folder)
    settings = folder / "config.toml"
    settings.write_text(quiet(settings.read_text("utf-8")).replace("port = 8000", f"port = {port}"), "utf-8")
    prepare(folder)
    command = [sys.executable, "-m", "newsletter", "--config", str(settings), "run"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield process.pid, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def quiet(settings: str) -> str:
    """Every step far from today."""
    far = datetime.now(UTC) + timedelta(days=15)
    return re.sub(
        '"(1|J-[0-9]+) [0-9:]+"',
        lambda step: f'"{min(far.day, 28)} 09:00"' if step[1] == "1" else '"J-1 09:00"',
        settings,
    )


def asked(url: str) -> None:
    """Every page once, as soon as there is somebody to answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(600):
        try:
            opener.open(url, timeout=20).close()
            break
        except OSError:
            time.sleep(0.1)
    for path in PATHS:
        opener.open(url + path, timeout=20).close()


def read(pid: int) -> tuple[float, float]:
    """MB it holds, seconds of CPU it has taken."""
    after = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    held = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) * PAGE
    return held / 1e6, (int(after[11]) + int(after[12])) / TICK


def main() -> None:
    """Prints it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rows", type=int, default=10)
    wanted = parser.parse_args(None if sys.argv[0].endswith("bench_idle.py") else [])
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "town") as (pid, url):
        asked(url)
        time.sleep(5)
        first, used = read(pid)
        print(f"{0:6.0f} s  {first:6.1f} MB")
        began, before, most = time.monotonic(), used, first
        for row in range(1, wanted.rows + 1):
            time.sleep(max(0.0, began + wanted.seconds * row / wanted.rows - time.monotonic()))
            held, now = read(pid)
            most = max(most, held)
            share = (now - before) / (wanted.seconds / wanted.rows)
            print(f"{time.monotonic() - began:6.0f} s  {held:6.1f} MB  CPU {share:.2%}", flush=True)
            before = now
        total = (before - used) / (time.monotonic() - began)
        print(f"at most {most:.1f} MB, {held - first:+.1f} MB from first to last; CPU {total:.2%} of one core")


if __name__ == "__main__":
    main()
