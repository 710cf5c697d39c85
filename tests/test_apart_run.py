"""The real service: what reading and composing need is never in its process; who works for it goes with it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from newsletter import pipeline
from tests.test_apart import gone
from tests.test_web_run import answer, free

HEAVY = {"pandas", "numpy", "openpyxl", "premailer", "cssutils", "icalendar"}


@contextmanager
def opened(town: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client, str]]:
    """The studio on this machine, each import told; the link that opens it."""
    pipeline.init(town)
    port, told = free(), town / "imports"
    command = [sys.executable, "-X", "importtime", "-m", "newsletter", "--config", str(town / "config.toml")]
    with told.open("wb") as err:
        process = subprocess.Popen(
            [*command, "preview", "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=err,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        assert process.stdout
        link = process.stdout.readline().decode().strip()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            answer(client, link)
            yield process, client, link
    finally:
        process.kill()
        process.communicate()


def children(process: subprocess.Popen[bytes]) -> list[int]:
    tasks = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


def token(page: str) -> str:
    found = re.search('name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_month_composed_in_the_studio_leaves_nothing_of_it_in_the_service(tmp_path: Path) -> None:
    with opened(tmp_path / "ville") as (process, client, link):
        assert children(process) == [], "nobody has come in: nobody works"
        client.post(link, data={"csrf": token(client.get(link).text)})
        csrf = token(client.get("/studio/compte").text)
        said = {"csrf": csrf, "vu": "0", "editorial": "Bonjour à tous", "avec": "oui"}
        assert client.post("/studio/2021-12/textes", data=said).status_code == 303
        assert "Bonjour à tous" in client.get("/studio/2021-12").text
        assert "agenda.xlsx" in client.get("/studio/fichiers").text
        imported = set(re.findall(r"\| +(\S+)$", (tmp_path / "ville" / "imports").read_text("utf-8"), re.MULTILINE))
        assert "newsletter.pipeline.drafting" in imported
        assert not imported & HEAVY
        (spare,) = children(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert gone(spare)
