"""`newsletter preview`: the studio on this machine, opened once by the link it prints."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from newsletter import pipeline
from tests.test_web_run import answer, free


def test_its_link_opens_the_studio_once_at_the_month_asked_for(tmp_path: Path) -> None:
    port, town = free(), tmp_path / "ville"
    pipeline.init(town)
    command = [sys.executable, "-m", "newsletter", "--config", str(town / "config.toml"), "preview", "2021-12"]
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout
        link = process.stdout.readline().strip()
        assert link.startswith(f"http://127.0.0.1:{port}/studio/entrer/")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client:
            page = answer(client, link).text
            csrf = re.search('name="csrf" value="([^"]+)"', page)
            assert csrf
            come = client.post(link, data={"csrf": csrf[1]})
            assert come.headers["location"] == "/studio/2021-12"
            assert "Décembre 2021" in client.get("/studio/2021-12").text
            assert client.post(link, data={"csrf": csrf[1]}).status_code == 410
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()


def test_what_is_no_month_is_a_sentence(tmp_path: Path) -> None:
    town = tmp_path / "ville"
    pipeline.init(town)
    command = [sys.executable, "-m", "newsletter", "--config", str(town / "config.toml"), "preview", "décembre"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "n'est pas un mois" in done.stderr
