"""The commands of who keeps the service."""

import json
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests import commands

PARIS = ZoneInfo("Europe/Paris")


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a working folder; never a traceback."""
    done = commands.newsletter(folder, *words, env={"TZ": "UTC", **environment})
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_schedule_says_what_will_happen_for_a_year(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[schedule]\nsend = "1 09:00"\n', encoding="utf-8")
    done = run(tmp_path, "schedule", "--json")
    steps = json.loads(done.stdout)["steps"]
    assert done.returncode == 0
    assert {tuple(step) for step in steps} == {("edition", "step", "at")}
    sends = [step for step in steps if step["step"] == "send"]
    assert len(sends) == 12
    for step in sends:
        at = datetime.fromisoformat(step["at"])
        assert f"{at:%Y-%m}" == step["edition"]
        assert step["at"] == datetime(at.year, at.month, 1, 9, tzinfo=PARIS).isoformat()
    moments = [datetime.fromisoformat(step["at"]) for step in steps]
    assert moments == sorted(moments)
    assert timedelta() <= moments[0] - datetime.now(PARIS) < timedelta(days=31)
    assert not (tmp_path / "var").exists(), "looking makes nothing"


def test_schedule_speaks_french(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    said = run(tmp_path, "schedule").stdout
    assert "répétition" in said
    assert "mar. " in said
