"""What a monitoring program is told: how things stand, in figures; and to the world, nothing."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hook_server import serving
from mailing_office import NOW, office

from newsletter.config import Config, Site, Town
from newsletter.model import Answer, Notice, Receipt
from newsletter.pipeline import standing
from newsletter.pipeline.standing import Pulse
from newsletter.store import Store, Worker
from newsletter.web import gauges
from newsletter.web.gauges import STALE

LATER = NOW + timedelta(hours=1)


def settings(folder: Path) -> Config:
    return Config(
        folder=folder, town=Town(sender="asso@malakoff.example"), site=Site(url="https://lettre.malakoff.example")
    )


@pytest.fixture(name="store", scope="module")
def _store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A mailing of 4 copies, 3 of which have left; a report that waits for half an hour."""
    with office(tmp_path_factory.mktemp("town"), 4) as (store, number):
        store.steps.started(at=NOW)
        lease = store.ledger.lease(number, Worker.here(), at=NOW)
        assert lease is not None
        gone = store.ledger.hand_over(next(lease.windows(3)), at=NOW)
        store.ledger.settle([Receipt(reader.delivery, Answer.ACCEPTED) for reader in gone], at=NOW)
        store.ledger.release(lease, at=NOW)
        store.notices.put(
            Notice("report", "r", "staff@malakoff.example", "Bilan", "Tout va bien\n"), at=LATER - timedelta(minutes=30)
        )
        yield store


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory, store: Store) -> Iterator[httpx.Client]:
    with (
        serving(settings(tmp_path_factory.mktemp("site")), store, lambda: LATER) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client,
    ):
        yield client


def test_a_monitoring_program_is_told_how_late_things_are(site: httpx.Client) -> None:
    answer = site.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"alive": True, "ready": True, "lag": 3600.0})


def test_prometheus_reads_figures_and_no_address(site: httpx.Client) -> None:
    answer = site.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = dict(re.findall(r"^(newsletter_\w+(?:\{.*\})?) (\S+)$", answer.text, re.MULTILINE))
    copies = {name: count for name, count in found.items() if name.startswith("newsletter_copies")}
    assert {
        state: float(copies[f'newsletter_copies{{audience="public",edition="2021-12",state="{state}"}}'])
        for state in ("accepted", "queued", "bounced")
    } == {"accepted": 3, "queued": 1, "bounced": 0}
    assert float(found['newsletter_notices{state="queued"}']) == 1
    assert float(found["newsletter_lag_seconds"]) == 3600
    (due,) = [float(at) for name, at in found.items() if name.startswith("newsletter_next_step_timestamp_seconds")]
    assert datetime.fromtimestamp(due, UTC) >= LATER
    assert "@" not in answer.text
    assert "process_resident_memory_bytes" in answer.text


@pytest.mark.parametrize("path", ["/health", "/metrics"])
@pytest.mark.parametrize(
    ("client", "status"),
    [
        ("8.8.8.8", 404),
        ("2a01:e0a::1", 404),
        ("::ffff:8.8.8.8", 404),
        ("quelqu'un", 404),
        ("10.1.2.3", 200),
        ("fd00::7", 200),
        ("::ffff:192.168.1.2", 200),
    ],
)
def test_to_the_world_they_are_not_there(site: httpx.Client, path: str, client: str, status: int) -> None:
    assert site.get(path, headers={"X-Forwarded-For": client}).status_code == status


def test_a_service_whose_months_nobody_minds_any_more_is_not_ready(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulse = Pulse()
    assert pulse.age(5) is None
    with serving(settings(tmp_path), store, lambda: LATER, pulse) as port:
        url = f"http://127.0.0.1:{port}"
        pulse.beat(time.monotonic())
        assert httpx.get(f"{url}/health", trust_env=False).status_code == 200
        assert "newsletter_seconds_since_tick 0." in httpx.get(f"{url}/metrics", trust_env=False).text
        pulse.beat(time.monotonic() - STALE - 1)
        answer = httpx.get(f"{url}/health", trust_env=False)
        assert (answer.status_code, answer.json()["ready"]) == (503, False)


def test_a_base_that_does_not_answer_is_not_ready(tmp_path: Path) -> None:
    with office(tmp_path, 1) as (store, _), serving(settings(tmp_path), store, lambda: LATER) as port:
        with store._database.writing() as connection:
            connection.exec_driver_sql("DROP TABLE steps")
        answer = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
    assert (answer.status_code, answer.json()) == (503, {"alive": True, "ready": False, "lag": None})


def test_nothing_due_is_no_lag(tmp_path: Path) -> None:
    with Store.open("sqlite:///newsletter.db", tmp_path) as store:
        quiet = NOW + timedelta(days=8)
        store.steps.started(at=quiet)
        assert standing.lag(settings(tmp_path), store, quiet) == 0
        found = standing.figures(settings(tmp_path), store, quiet)
    assert found.copies == {}
    assert found.following is not None
    assert gauges._near("127.0.0.1")
