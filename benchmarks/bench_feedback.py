"""Events of SendGrid's webhook, from a signed request to the disk (SQLite): events a second, one process; through the
verbs, then through the very route of a server on 127.0.0.1, four requests at once.

    python -m benchmarks.bench_feedback [--readers 20000] [--runs 5]

Requests hold some 700 KB of events, as SendGrid's do: each copy is processed and delivered, one in 100 bounces, one in
1,000 complains, and every request is told a second time (they are: three times on average).
"""

import argparse
import base64
import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from newsletter import feedback
from newsletter.config import Config, Delivery, SendGrid, Site, Town
from newsletter.model import Answer, DeliveryState, Receipt
from newsletter.store import Heard, Store, Worker
from tests import hook_server
from tests import mailing_office as office

SECRET = ec.generate_private_key(ec.SECP256R1())
KEY = base64.b64encode(SECRET.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
LATER = office.NOW + timedelta(hours=1)
STAMP = str(int(LATER.timestamp()))
REQUEST = 1500
AT_ONCE = 4
BOUNCE = {"status": "5.1.1", "type": "bounce", "reason": "550 5.1.1 no such user"}


def copies(store: Store, count: int) -> list[str]:
    """Accepted, all of them."""
    number, found = office.mailing(store, count), list[str]()
    while lease := store.ledger.lease(number, Worker.here(), at=office.NOW, size=10_000):
        for window in lease.windows(1000):
            gone = [who.delivery for who in store.ledger.hand_over(window, at=office.NOW)]
            store.ledger.settle([Receipt(copy, Answer.ACCEPTED, "", "réf") for copy in gone], at=office.NOW)
            found += gone
    return found


def told(names: list[str]) -> Iterator[dict[str, Any]]:
    for number, name in enumerate(names):
        kinds = ["processed", "bounce" if number % 100 == 7 else "delivered", *(["spamreport"] * (number % 1000 == 3))]
        for kind in kinds:
            yield {
                "email": f"lecteur{number}@asso.example", "event": kind, "delivery": name, "timestamp": int(STAMP) - 60,
                "sg_event_id": base64.urlsafe_b64encode(f"{kind}-{name}-LRzXl_NHStOGhQ4k".encode()).decode(),
                "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
                "smtp-id": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>", "ip": "192.0.2.1", "tls": 1,
                "response": "250 2.0.0 OK 1638864000 a1b2c3-20020a05600c", "category": [],
                **(BOUNCE if kind == "bounce" else {}),
            }  # fmt: skip


def requests(names: list[str]) -> list[tuple[bytes, str]]:
    events = list(told(names))
    bodies = [json.dumps(events[at : at + REQUEST]).encode() + b"\r\n" for at in range(0, len(events), REQUEST)]
    sign = ec.ECDSA(hashes.SHA256())
    return [(body, base64.b64encode(SECRET.sign(STAMP.encode() + body, sign)).decode()) for body in bodies]


def run(count: int) -> tuple[float, float, Heard, float]:
    """Events a second the first time, the second time; what was heard; the share of time spent before the store."""
    with tempfile.TemporaryDirectory() as folder, Store.open("sqlite:///x.db", Path(folder)) as store:
        posted, heard, rates, reading = requests(copies(store, count)), Heard(), list[float](), 0.0
        for _ in range(2):
            before, number = time.perf_counter(), 0
            for body, signature in posted:
                start = time.perf_counter()
                events = feedback.hear(body, signature, STAMP, KEY, at=LATER)
                reading += time.perf_counter() - start
                heard += store.events.record(events, at=LATER)
                number += len(events)
            rates.append(number / (time.perf_counter() - before))
        total = number / rates[0] + number / rates[1]
        return rates[0], rates[1], heard, reading / total


def posted(port: int, requests: list[tuple[bytes, str]]) -> None:
    """On one connection, one after the other."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        for body, _ in requests:
            line.request("POST", hook_server.PATH, body, hook_server.signed(body, LATER))
            answer = line.getresponse()
            answer.read()
            assert answer.status == 204, answer.status


def through_the_route(count: int) -> float:
    """Events a second."""
    with tempfile.TemporaryDirectory() as folder, Store.open("sqlite:///x.db", Path(folder)) as store:
        told_of = requests(copies(store, count))
        config = Config(
            folder=Path(folder),
            town=Town(sender="asso@malakoff.example"),
            site=Site(url="https://lettre.malakoff.example"),
            delivery=Delivery(sendgrid=SendGrid(webhook_key=hook_server.KEY)),
        )
        with hook_server.serving(config, store, lambda: LATER) as port, ThreadPoolExecutor(AT_ONCE) as posting:
            before = time.perf_counter()
            list(posting.map(lambda part: posted(port, part), [told_of[n::AT_ONCE] for n in range(AT_ONCE)]))
            seconds = time.perf_counter() - before
        kept = store.ledger.counts(store.ledger.mailings("2021-12")[0].id)
        assert kept[DeliveryState.ACCEPTED] == 0
        return sum(len(json.loads(body)) for body, _ in told_of) / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    runs = [run(options.readers) for _ in range(options.runs)]
    route = [through_the_route(options.readers) for _ in range(options.runs)]
    for name, rates in (
        ("new", [one[0] for one in runs]),
        ("told again", [one[1] for one in runs]),
        ("by the route", route),
    ):
        print(f"{name:12} {statistics.median(rates):9,.0f} events/s ({min(rates):,.0f} to {max(rates):,.0f})")
    print(f"{runs[0][2]}; {statistics.median(one[3] for one in runs):.0%} of the time is signatures and JSON")


if __name__ == "__main__":
    main()
