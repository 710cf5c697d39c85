"""The service by itself: a day in seconds, killed while it sends. All steps: python -m benchmarks.month."""

from datetime import timedelta
from pathlib import Path

from months import Trial


def test_the_real_service_killed_while_it_sends_goes_on_and_reports(tmp_path: Path) -> None:
    changes = [('report = ["H+1", "J+3"]', 'report = ["H+1"]'), ("late_by = 480", "late_by = 9999")]
    trial = Trial(tmp_path / "town", 7200, ["send"], changes, begins=timedelta(hours=14), look=0.01)
    trial.run(300, patience=240)
    assert trial.faults() == [], trial.figures()
    assert trial.killed == {"send": "sending"}
