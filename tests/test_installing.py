"""The systemd unit: what systemd itself says of it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_service import run

from newsletter import config
from newsletter.errors import ConfigError
from newsletter.pipeline.installing import install

ANALYZE = shutil.which("systemd-analyze")


def unit(folder: Path, text: str = "", user: str = "root") -> Path:
    (folder / "config.toml").write_text(text, encoding="utf-8")
    made = folder / "newsletter.service"
    install(config.load(folder / "config.toml"), folder / "config.toml", made, user)
    return made


def test_systemd_finds_nothing_to_say_and_little_exposed(tmp_path: Path) -> None:
    made = unit(tmp_path)
    if ANALYZE is None:
        print("systemd-analyze is not here: the unit was not judged by systemd")  # noqa: T201
        assert "ProtectSystem=strict" in made.read_text()
        return
    verified = subprocess.run([ANALYZE, "verify", made], capture_output=True, text=True, timeout=60)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    judged = subprocess.run(
        [ANALYZE, "security", "--offline=true", made], capture_output=True, text=True, timeout=60, check=True
    )
    exposure = re.search(r"exposure level for newsletter\.service: ([\d.]+)", judged.stdout)
    assert exposure
    assert float(exposure[1]) <= 3.0, judged.stdout


def test_the_command_says_how_to_enable_it_and_enables_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[town]\nname = "Ville % de\\nX"\n', encoding="utf-8")
    done = run(tmp_path, "install", "--user", "lettre")
    assert done.returncode == 0
    assert "systemctl enable --now newsletter.service" in done.stdout
    written = (tmp_path / "newsletter.service").read_text(encoding="utf-8")
    assert f"--config {tmp_path / 'config.toml'} run" in written
    assert "User=lettre" in written
    assert f"ReadWritePaths={tmp_path}\n" in written
    assert "(Ville   de X)" in written
    assert "{" not in written


@pytest.mark.parametrize("user", ["", "a b", "root\nExecStart=/bin/sh", "Élise", "-x"])
def test_a_name_that_is_no_account_is_refused(tmp_path: Path, user: str) -> None:
    with pytest.raises(ConfigError, match="nom de compte"):
        unit(tmp_path, user=user)


def test_a_path_that_systemd_would_misread_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "la lettre %h"
    folder.mkdir()
    with pytest.raises(ConfigError, match="systemd lit mal"):
        unit(folder)
