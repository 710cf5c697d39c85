"""Retention in the store: what is too old goes; who is silent leaves, who gave a sign since doesn't."""

from datetime import timedelta

import test_store
from test_signups import joined, wish
from test_store import LATER, NOW, approved, row, take

from newsletter.model import Answer, Event, Happening, Notice, Receipt, Subscriber
from newsletter.store import Gone, Limits, Store, Worker

HERE = Worker.here()
YEARS = NOW + timedelta(days=800)
EVERYTHING = Limits(YEARS, YEARS, YEARS)

migrated, quick_disk, store = test_store.migrated, test_store.quick_disk, test_store.store


def numbers(store: Store, after: int = 0) -> list[int]:
    return [who.number for who in store.retention.due(YEARS, after=after)]


def test_who_gave_no_sign_is_due_in_order_until_asked(store: Store) -> None:
    take(store, *[row(f"n{n}@example.org", "associations", "public") for n in range(5)])
    store.subscribers.leave("n1@example.org", at=LATER)
    store.subscribers.leave("n2@example.org", "public", at=LATER)
    store.subscribers.erase("n3@example.org", at=LATER)
    assert numbers(store) == [1, 3, 5]
    assert numbers(store, after=1) == [3, 5]
    assert store.retention.due(NOW) == []
    store.retention.asked(store.retention.due(YEARS)[:2], at=LATER, origin="courriel")
    assert numbers(store) == [5]


def test_only_who_is_silent_still_leaves(store: Store) -> None:
    take(store, *[row(f"n{n}@example.org") for n in range(4)])
    store.retention.asked(store.retention.due(YEARS), at=LATER, origin="courriel")
    assert store.retention.silent(LATER) == []
    silent = store.retention.silent(YEARS)
    assert [who.number for who in silent] == [1, 2, 3, 4]
    store.subscribers.renew(2, at=LATER + timedelta(days=1), origin="page")
    store.subscribers.leave(3, at=LATER)
    assert store.retention.end(silent, at=YEARS) == 2
    assert store.retention.end(silent, at=YEARS) == 0
    assert [reader.status for reader in store.subscribers.all()] == ["left", "active", "left", "left"]
    assert take(store, row("n0@example.org")) == (0, 0, 0, 1, 0)


def test_a_page_is_not_the_end(store: Store) -> None:
    take(store, *[row(f"n{n}@example.org") for n in range(1203)])
    found, last = [], 0
    while page := store.retention.due(YEARS, after=last):
        found += page
        last = page[-1].number
    assert [who.number for who in found] == list(range(1, 1204))


def test_only_notices_that_were_taken_reached_anybody(store: Store) -> None:
    for about, answer in (("a", Answer.ACCEPTED), ("b", Answer.REFUSED), ("c", Answer.UNCERTAIN), ("d", None)):
        store.notices.put(Notice("renewal", about, "n@example.org", "Objet", "Texte"), at=NOW)
        handed = store.notices.hand_over(HERE, at=NOW) if answer else None
        if handed and answer:
            store.notices.settle(handed, Receipt(handed.delivery, answer), at=NOW)
    assert store.retention.reached(["a", "b", "c", "d", "e"]) == {"a"}
    assert store.retention.reached([]) == frozenset()


def test_what_is_old_goes_and_a_count_changes_nothing(store: Store) -> None:
    take(store, row("n0@example.org"))
    store.signups.ask(wish("n1@example.org"), at=NOW)
    joined(store, wish("n2@example.org"), NOW)
    number = store.ledger.create("2021-12", "public", approved(store).letters["public"], at=NOW)
    store.ledger.fill(number, at=NOW)
    lease = store.ledger.lease(number, HERE, at=NOW)
    assert lease
    (window,) = lease.windows(9)
    one, other = (who.delivery for who in store.ledger.hand_over(window, at=NOW))
    store.ledger.settle([Receipt(one, Answer.ACCEPTED, "250", "r"), Receipt(other, Answer.ACCEPTED)], at=NOW)
    store.ledger.finish(number, at=NOW)
    store.events.record([Event("e", one, Happening.BOUNCED, NOW, "5.1.1", "<n0@example.org> inconnu")], at=NOW)
    store.notices.put(Notice("link", "1", "n0@example.org", "Objet", "Texte"), at=NOW)
    young = Limits(NOW, NOW, NOW)
    assert store.retention.sweep(young) == Gone(0, 0, 0)
    counted = store.retention.sweep(EVERYTHING, keep=True)
    assert counted == Gone(signups=2, notices=0, words=2)
    assert store.retention.sweep(EVERYTHING) == counted
    assert store.retention.sweep(EVERYTHING) == Gone(0, 0, 0)
    assert [event.reason for event in store.events.of(one)] == [""]
    assert store.subscribers.show("n0@example.org") == Subscriber("n0@example.org", audiences=("public",))
