"""PostgreSQL: the tests of the store again, on the other database; and what only several processes at once can show."""

import inspect
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import postgres
import psycopg
import pytest
import test_accounts
import test_erasing
import test_events
import test_intake
import test_ledger
import test_mailings
import test_noticing
import test_retention
import test_signups
import test_store
import test_studio_store
from mailing_office import NOW, mailing

from newsletter.errors import StoreError
from newsletter.model import Answer, Event, Happening, Receipt
from newsletter.store import Store, Worker, copies

HERE = Worker.here()


def approved(store: Store) -> None:
    """What the tests of the ledger begin with."""
    letters = {"public": test_ledger.LETTER, "associations": test_ledger.OTHER}
    edition = store.editions.draft(test_ledger.MONTH, letters, rules="{}", send_at=test_ledger.NOW, at=test_ledger.NOW)
    store.editions.approve(test_ledger.MONTH, edition.digest, by="Awa (exemple)", at=test_ledger.NOW)
    store.subscribers.take([test_ledger.reader(n) for n in range(10)], at=test_ledger.NOW, file="abonnes.csv")


@pytest.fixture(name="store")
def _store(request: pytest.FixtureRequest) -> Iterator[Store]:
    with Store.open(postgres.clean(), Path()) as store:
        if inspect.getmodule(request.function) is test_ledger:
            approved(store)
        yield store


def _of_any_database(module: ModuleType) -> dict[str, Any]:
    """Its tests that know nothing of a file."""
    tests = {name: test for name, test in vars(module).items() if name.startswith("test_") and callable(test)}
    return {
        name: test
        for name, test in tests.items()
        if "store" in (asks := inspect.signature(test).parameters) and "tmp_path" not in asks
    }


MODULES = (
    test_erasing,
    test_events,
    test_intake,
    test_ledger,
    test_mailings,
    test_noticing,
    test_retention,
    test_signups,
    test_store,
    test_accounts,
    test_studio_store,
)
AGAIN = {name: test for module in MODULES for name, test in _of_any_database(module).items()}
globals().update(AGAIN)


def test_all_the_stores_tests_are_run_again() -> None:
    assert len(AGAIN) > 60


def test_a_database_is_made_and_found_again() -> None:
    address = postgres.empty()
    with Store.open(address, Path()) as store:
        secret = store.secret("suppression")
    with Store.open(address, Path()) as store:
        assert store.secret("suppression") == secret


def test_a_database_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(StoreError):
        Store.open(postgres.empty().replace("/test_", "/nowhere_"), Path())


def at_once(*works: Callable[[], None]) -> None:
    """Each in a thread, from one signal; what one raises is raised."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        gate.wait()
        work()

    with ThreadPoolExecutor(len(works)) as threads:
        for running in [threads.submit(run, work) for work in works]:
            running.result()


def test_several_workers_share_a_mailing_and_nobody_is_handed_over_twice(store: Store) -> None:
    number, gone = mailing(store, 3000), list[str]()

    def work() -> None:
        while lease := store.ledger.lease(number, HERE, at=NOW, size=200):
            for window in lease.windows(50):
                handed = store.ledger.hand_over(window, at=NOW)
                gone.extend(who.delivery for who in handed)
                store.ledger.settle([Receipt(who.delivery, Answer.ACCEPTED) for who in handed], at=NOW)
            store.ledger.release(lease, at=NOW)

    at_once(work, work, work, work)
    assert (len(gone), max(Counter(gone).values())) == (3000, 1)
    assert store.ledger.finish(number, at=NOW)


def test_several_workers_share_the_notices_and_each_is_handed_over_once(store: Store) -> None:
    for number in range(200):
        store.notices.put(test_noticing.notice(number), at=NOW)
    gone = list[str]()

    def work() -> None:
        while handed := store.notices.hand_over(HERE, at=NOW):
            gone.append(handed.notice.about)
            store.notices.settle(handed, Receipt(handed.delivery, Answer.ACCEPTED), at=NOW)

    at_once(work, work, work, work)
    assert (len(gone), len(set(gone))) == (200, 200)


def test_a_webhook_told_to_several_at_once_counts_once_while_copies_are_settled(store: Store) -> None:
    number = mailing(store, 600)
    lease = store.ledger.lease(number, HERE, at=NOW)
    assert lease is not None
    (window,) = lease.windows(1000)
    copies = [who.delivery for who in store.ledger.hand_over(window, at=NOW)]
    later = NOW + timedelta(minutes=1)
    said = [
        Event(f"{kind}{copy}", copy, kind, later)
        for copy in copies
        for kind in (Happening.PROCESSED, Happening.DELIVERED)
    ]
    new: list[int] = []

    def hear(events: list[Event]) -> None:
        for start in range(0, len(events), 300):
            new.append(store.events.record(events[start : start + 300], at=later).new)

    def settle() -> None:
        for start in range(0, len(copies), 50):
            some = [Receipt(copy, Answer.ACCEPTED, "", "réf") for copy in copies[start : start + 50]]
            store.ledger.settle(some, at=later)

    at_once(lambda: hear(said), lambda: hear(said[::-1]), lambda: hear(said), settle)
    assert sum(new) == len(said)
    assert {state.value: n for state, n in store.ledger.counts(number).items() if n} == {"delivered": 600}


def test_what_the_database_still_does_for_a_dead_worker_is_left_for_the_next_look(store: Store) -> None:
    address = store._database.url.render_as_string(hide_password=False)
    number = mailing(store, 30)
    lease = store.ledger.lease(number, test_ledger.DEAD, at=NOW)
    assert lease is not None
    away = store.ledger.hand_over(next(lease.windows(10)), at=NOW)
    with psycopg.connect(address) as dead, Store.open(f"{address}&options=-c%20lock_timeout=2000", Path()) as other:
        busy = [copies.split(who.delivery)[0] for who in away[3:6]]
        dead.execute("SELECT 1 FROM deliveries WHERE id = ANY(%s) FOR UPDATE", (busy,))
        assert other.ledger.recover(HERE, at=NOW) == 7
    assert store.ledger.recover(HERE, at=NOW) == 3
    counts = {state.value: n for state, n in store.ledger.counts(number).items() if n}
    assert counts == {"queued": 20, "uncertain": 10}
