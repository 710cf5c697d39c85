"""Erasing: only the keyed hash of a mailbox stays, wherever it was written; no list brings it back, the person may."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect

import pytest
import test_store
from mailing_office import NOW, mailing
from test_signups import asked, joined, wish
from test_store import URL, file_of, gone, row, take

from newsletter.model import Answer, DeliveryState, Event, Happening, Notice, Receipt, Subscriber
from newsletter.store import EVERY, OTHERS, Store, Worker

migrated, quick_disk, store = test_store.migrated, test_store.quick_disk, test_store.store
LATER = NOW + timedelta(days=30)
ZOE = "zoe.martin@example.org"
HERE = Worker.here()


def full_life(store: Store) -> int:
    """Somebody of whom every table knows something. The number of the mailing they had."""
    number = mailing(store, 3)
    take(store, row(ZOE, "public", first_name="Zoémie", themes=("culture",), consent="Bulletin de Zoémie"))
    asked(store, wish(ZOE, "associations", first_name="Zoémie"))
    store.subscribers.leave(ZOE, "associations", at=NOW)
    store.subscribers.explain(store.subscribers.number(ZOE) or 0, "associations", f"Ici {ZOE}", at=NOW)
    store.notices.put(Notice("link", "link 1", ZOE, "Bonjour Zoémie", f"Pour {ZOE}"), at=NOW)
    return number


def handed_to(store: Store, number: int, size: int = 1000) -> list[str]:
    lease = store.ledger.lease(number, HERE, at=NOW, size=size)
    assert lease
    (window,) = lease.windows(size)
    return [who.delivery for who in store.ledger.hand_over(window, at=NOW)]


def test_all_that_is_known_is_told_and_then_nothing_is_left_but_the_hash(store: Store) -> None:
    full_life(store)
    known = store.subscribers.known("ZOE.Martin@example.org")
    assert known
    assert known.subscriber == Subscriber(ZOE, "Zoémie", "active", ("public",), ("culture",))
    assert [line.act for line in known.consents] == ["given"]
    assert [(left.audience, left.said) for left in known.suppressions] == [("associations", f"Ici {ZOE}")]
    assert [signup.wish.first_name for signup in known.signups] == ["Zoémie"]
    assert store.subscribers.erase(ZOE, at=LATER)
    known = store.subscribers.known(ZOE)
    assert known
    assert (known.subscriber, known.subscriptions, known.consents, known.signups) == (None, (), (), ())
    assert [(left.audience, left.reason, left.said, left.at) for left in known.suppressions] == [
        (EVERY, "effacement", None, LATER)
    ]
    assert store.subscribers.number(ZOE) is None
    assert not store.subscribers.erase(ZOE, at=LATER)
    assert not store.subscribers.erase(99, at=LATER)


def test_a_waiting_notice_does_not_leave_for_who_was_erased(store: Store) -> None:
    full_life(store)
    store.subscribers.erase(ZOE, at=NOW)
    assert store.notices.hand_over(HERE, at=LATER) is None
    assert store.notices.next_free() is None


def test_a_queued_copy_does_not_leave_for_who_was_erased(store: Store) -> None:
    number = mailing(store, 3)
    assert store.subscribers.erase("lecteur1@asso.example", at=NOW)
    assert len(handed_to(store, number)) == 2
    assert store.ledger.counts(number)[DeliveryState.SKIPPED] == 1


def test_a_copy_leased_before_does_not_leave_for_who_was_erased_since(store: Store) -> None:
    number = mailing(store, 3)
    lease = store.ledger.lease(number, HERE, at=NOW)
    assert lease
    store.subscribers.erase("lecteur1@asso.example", at=NOW)
    (window,) = lease.windows(10)
    assert [who.address for who in store.ledger.hand_over(window, at=NOW)] == [
        "lecteur0@asso.example",
        "lecteur2@asso.example",
    ]


def test_what_was_said_of_copies_is_forgotten_and_they_are_counted_still(store: Store) -> None:
    number = mailing(store, 1)
    address = "lecteur0@asso.example"
    (copy,) = handed_to(store, number)
    store.ledger.settle([Receipt(copy, Answer.ACCEPTED, f"250 <{address}> ok", f"réf {address}")], at=NOW)
    store.events.record([Event("e1", copy, Happening.BOUNCED, NOW, "5.1.1", f"<{address}> inconnu", hard=True)], at=NOW)
    known = store.subscribers.known(address)
    assert known
    assert [(one.month, one.audience, one.state) for one in known.copies] == [("2021-12", "public", "bounced")]
    store.subscribers.erase(address, at=NOW)
    assert [event.reason for event in store.events.of(copy)] == [""]
    assert store.ledger.counts(number)[DeliveryState.BOUNCED] == 1
    assert store.ledger.reader(copy)


def test_no_list_brings_back_who_was_erased(store: Store) -> None:
    full_life(store)
    store.subscribers.erase(ZOE, at=NOW)
    assert take(store, row(ZOE, "associations", "public", consent="Forum 2022")) == (0, 0, 0, 1, 0)
    assert take(store, gone(ZOE)) == (0, 0, 1, 0, 0)
    store.subscribers.leave(ZOE, at=LATER)
    known = store.subscribers.known(ZOE)
    assert known
    assert (known.subscriber, known.suppressions[0].reason) == (None, "effacement")


def test_the_person_comes_back_under_the_same_number(store: Store) -> None:
    full_life(store)
    before = store.subscribers.number(ZOE)
    store.subscribers.erase(ZOE, at=NOW)
    assert joined(store, wish(ZOE, "public", first_name="Zoé"), LATER) == before
    known = store.subscribers.known(ZOE)
    assert known
    assert known.subscriber == Subscriber(ZOE, "Zoé", "active", ("public",))
    assert [line.act for line in known.consents] == ["given"]
    assert {left.audience for left in known.suppressions} == {OTHERS}


def test_who_never_subscribed_can_be_kept_out(store: Store) -> None:
    assert store.subscribers.erase("jamais@example.org", at=NOW)
    assert take(store, row("jamais@example.org")) == (0, 0, 0, 1, 0)


@pytest.mark.parametrize("many", [1, 4000])
def test_no_byte_of_who_was_erased_stays_in_the_file(tmp_path: Path, many: int) -> None:
    with Store.open(URL, tmp_path) as store:
        full_life(store)
        take(store, *[row(f"b{n * 7919 % 4001}@example.org", first_name="Bilal") for n in range(many)])
        assert store.subscribers.erase(ZOE, at=LATER)
        content = b"".join(path.read_bytes() for path in file_of(tmp_path).parent.iterdir())
        assert b"lecteur1@asso.example" in content
        for trace in (b"zoe.martin", b"ZOE.martin", "Zoémie".encode(), b"Zo\\u00e9mie"):
            assert trace not in content
    with closing(connect(file_of(tmp_path))) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
