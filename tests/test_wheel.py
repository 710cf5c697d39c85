"""An installed wheel works without the checkout: it carries templates, data and settings to start from."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_a_wheel_can_start_a_town_and_compose_its_month(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, check=True, capture_output=True, cwd=ROOT, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    for words in (["init", "ville"], ["--config", "ville/config.toml", "compose", "2021-12"]):
        run = subprocess.run(
            [sys.executable, "-m", "newsletter", *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=env,
            timeout=60,
        )
        assert run.returncode == 0, run.stderr
    assert (tmp_path / "ville" / "var" / "drafts" / "2021-12" / "public.html").is_file()
