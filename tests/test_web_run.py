"""`newsletter run`: it serves, it sends, it says what is wrong, and it stops when asked."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from newsletter import pipeline


@contextmanager
def running(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    if not folder.exists():
        pipeline.init(folder)
    settings = folder / "config.toml"
    written = re.sub(r"(?m)^port = 8000", f"port = {port}", settings.read_text("utf-8"), count=1)
    written = re.sub('"(1|J-[0-9]+) [0-9:]+"', quiet, written)
    settings.write_text(written.replace("https://lettre.malakoff.example", f"http://127.0.0.1:{port}"), "utf-8")
    command = [sys.executable, "-m", "newsletter", "--config", str(settings), "run"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def quiet(moment: re.Match[str]) -> str:
    """The month's steps, far from today."""
    far = datetime.now(UTC) + timedelta(days=15)
    return f'"{min(far.day, 28)} 09:00"' if moment[1] == "1" else '"J-1 09:00"'


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def answer(client: httpx.Client, path: str) -> httpx.Response:
    deadline = time.monotonic() + 60
    while True:
        try:
            return client.get(path)
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_it_serves_it_sends_and_it_stops_when_asked(tmp_path: Path) -> None:
    port, town = free(), tmp_path / "ville"
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20)
    with client, running(town, port) as process:
        since = re.search('name="depuis" value="([^"]+)"', answer(client, "/inscription").text)
        assert since
        form = {"adresse": "lea@exemple.example", "lettres": "public", "depuis": since[1]}
        time.sleep(3)
        assert client.post("/inscription", data=form).status_code == 200
        deadline = time.monotonic() + 60
        while not (mails := list((town / "var" / "outbox").glob("*.eml"))):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert f"http://127.0.0.1:{port}/c/" in mails[0].read_text("utf-8").replace("=\n", "")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "lea@" not in out + err
    assert "/c/" not in out + err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        running(tmp_path / "ville", taken.getsockname()[1]) as process,
    ):
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "n’est pas libre" in err
    assert "Traceback" not in err
