"""What SendGrid posts, through the real route of a real server: kept, then 204; or refused, and said in the log."""

import json
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import mailing_office
import pytest
from hook_server import KEY, PATH, serving, signed
from mailing_office import NOW

from newsletter.config import Config, Delivery, SendGrid, Site, Town
from newsletter.model import Answer, Receipt
from newsletter.store import Store, Worker
from newsletter.web import hooks

LATER = NOW + timedelta(hours=1)


def settings(folder: Path, key: str | None = KEY) -> Config:
    return Config(
        folder=folder,
        town=Town(sender="asso@malakoff.example"),
        site=Site(url="https://lettre.malakoff.example"),
        delivery=Delivery(sendgrid=SendGrid(webhook_key=key), bounces=1),
    )


@pytest.fixture(scope="module", name="ready")
def _ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mailing that is ready, to be copied: making its tables takes longer than all the rest."""
    folder = tmp_path_factory.mktemp("ready")
    with mailing_office.office(folder, 4):
        return folder


@pytest.fixture(name="store")
def _store(tmp_path: Path, ready: Path) -> Iterator[Store]:
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    with mailing_office.office(tmp_path) as (store, number):
        lease = store.ledger.lease(number, Worker.here(), at=NOW)
        assert lease is not None
        (window,) = lease.windows(10)
        gone = [reader.delivery for reader in store.ledger.hand_over(window, at=NOW)]
        store.ledger.settle([Receipt(copy, Answer.ACCEPTED) for copy in gone], at=NOW)
        yield store


@pytest.fixture(name="url")
def _url(tmp_path: Path, store: Store) -> Iterator[str]:
    with serving(settings(tmp_path), store, lambda: LATER) as port:
        yield f"http://127.0.0.1:{port}{PATH}"


def post(url: str, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.post(url, content=body, headers=signed(body, LATER) if headers is None else headers, trust_env=False)


def names(folder: Path) -> list[str]:
    """The copies' numbers."""
    with closing(sqlite3.connect(folder / "var" / "newsletter.db")) as database:
        return [f"{nonce}{number:x}" for number, nonce in database.execute("SELECT id, nonce FROM deliveries")]


def told(name: str, kind: str = "delivered", **more: Any) -> dict[str, Any]:
    return {"event": kind, "sg_event_id": f"{kind}-{name}", "delivery": name, "timestamp": 1638865000, **more}


def counts(store: Store) -> dict[str, int]:
    (mailing,) = store.ledger.mailings("2021-12")
    return {str(state): count for state, count in store.ledger.counts(mailing.id).items() if count}


def test_events_are_kept_then_answered(url: str, store: Store, tmp_path: Path) -> None:
    one, two, three, _ = names(tmp_path)
    body = json.dumps(
        [
            told(one),
            told(two, "bounce", status="5.1.1", reason="550 5.1.1 <x@y.example>"),
            told(three, "spamreport"),
            told("0" * 21),
            {"event": "open", "email": "x@y.example"},
        ]
    ).encode()
    for _ in range(3):  # they come three times on average
        answer = post(url, body)
        assert (answer.status_code, answer.content) == (204, b"")
    assert counts(store) == {"accepted": 1, "delivered": 1, "bounced": 1, "complained": 1}
    assert store.subscribers.count() == {"public": 2}  # one complained, one is no mailbox: delivery.bounces = 1


@pytest.mark.parametrize("headers", [{}, {hooks.SIGNATURE: "x", hooks.TIMESTAMP: "y"}, signed(b"[{}]", LATER)])
def test_what_sendgrid_did_not_sign_is_refused(
    url: str, store: Store, tmp_path: Path, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps([told(names(tmp_path)[0], "spamreport")]).encode()
    answer = post(url, body, headers)
    assert answer.status_code == 403
    assert counts(store) == {"accepted": 4}
    assert "webhook_refused" in caplog.text
    assert "signés" in caplog.text


def test_what_is_larger_than_sendgrid_ever_sends_is_not_read(url: str) -> None:
    assert post(url, b"[" + b" " * 1_100_000 + b"]").status_code == 413
    assert post(url, b"[" + b" " * 800_000 + b"]").status_code == 204


@pytest.mark.parametrize("verb", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_a_post_says_something(url: str, verb: str) -> None:
    assert httpx.request(verb, url, trust_env=False).status_code == 405


@pytest.mark.parametrize("key", [None, "MFkw"])
def test_without_a_key_nothing_is_there_and_the_log_says_why(
    tmp_path: Path, store: Store, key: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(settings(tmp_path, key), store, lambda: LATER) as port:
        assert post(f"http://127.0.0.1:{port}{PATH}", b"[]").status_code == 404
    assert "delivery.sendgrid.webhook_key" in caplog.text
    assert [record.levelno for record in caplog.records if "webhook" in record.getMessage()] == [logging.ERROR]


def test_what_could_not_be_kept_is_asked_for_again(tmp_path: Path, store: Store) -> None:
    body = json.dumps([told(names(tmp_path)[0])]).encode()
    with serving(settings(tmp_path), store, lambda: LATER) as port:
        url = f"http://127.0.0.1:{port}{PATH}"
        store.close()
        (tmp_path / "var" / "newsletter.db").rename(tmp_path / "elsewhere.db")
        (tmp_path / "var" / "newsletter.db").mkdir()
        assert post(url, body).status_code >= 500
        (tmp_path / "var" / "newsletter.db").rmdir()
        (tmp_path / "elsewhere.db").rename(tmp_path / "var" / "newsletter.db")
        assert post(url, body).status_code == 204
    assert counts(store) == {"accepted": 3, "delivered": 1}
