"""Events and the ledger: told in any order, any number of times, each moves its copy once and only forwards."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from mailing_office import LETTER as LETTER_OF
from mailing_office import NOW, entries, mailing

from newsletter.model import Answer, DeliveryState, Event, Happening, Receipt
from newsletter.store import Heard, Store, Worker

LATER = NOW + timedelta(hours=1)
COPIES = 6


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[Store]:
    with Store.open("sqlite:///var/newsletter.db", tmp_path) as store:
        yield store


def handed(store: Store, number: int, answer: Answer | None = Answer.ACCEPTED) -> dict[str, str]:
    """Every copy handed over and answered so: the name of each reader's copy."""
    lease = store.ledger.lease(number, Worker.here(), at=NOW)
    assert lease is not None
    (window,) = lease.windows(1000)
    gone = store.ledger.hand_over(window, at=NOW)
    if answer:
        store.ledger.settle([Receipt(who.delivery, answer, "said") for who in gone], at=NOW)
    return {who.address.partition("@")[0]: who.delivery for who in gone}


def event(delivery: str, kind: Happening, number: str = "", **more: object) -> Event:
    made = Event(number or f"{kind}-{delivery}", delivery, kind, LATER)
    return replace(made, **more)  # type: ignore[arg-type] # the fields of an Event


def standing(store: Store) -> dict[str, int]:
    return {state.value: n for state, n in store.ledger.counts("2021-12").items() if n}


@pytest.mark.parametrize("before", [Answer.ACCEPTED, Answer.UNCERTAIN, Answer.LATER, None])
@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ([Happening.PROCESSED], "accepted"),
        ([Happening.PROCESSED, Happening.DELIVERED], "delivered"),
        ([Happening.PROCESSED, Happening.DEFERRED, Happening.DELIVERED], "delivered"),
        ([Happening.PROCESSED, Happening.DELIVERED, Happening.BOUNCED], "bounced"),
        ([Happening.PROCESSED, Happening.BLOCKED], "bounced"),
        ([Happening.DROPPED], "refused"),
        ([Happening.PROCESSED, Happening.DELIVERED, Happening.COMPLAINED], "complained"),
        ([Happening.PROCESSED, Happening.DELIVERED, Happening.UNSUBSCRIBED], "delivered"),
    ],
)
def test_events_settle_a_copy_in_any_order_together_or_apart(
    store: Store, before: Answer | None, kinds: list[Happening], state: str
) -> None:
    copies = iter(handed(store, mailing(store, 12), before).values())
    said: list[list[Event]] = []
    for order in itertools.islice(itertools.permutations(kinds), 6):
        copy = next(copies)
        said.append([event(copy, kind) for kind in order])
    for number, told in enumerate(said):
        for group in [told] if number % 2 else [[one] for one in told]:
            store.events.record(group, at=LATER)
    assert standing(store)[state] >= len(said)
    assert sum(standing(store).values()) == 12
    assert [{*store.events.of(told[0].delivery)} for told in said] == [{*told} for told in said]


def test_what_is_told_again_changes_nothing(store: Store) -> None:
    copies = handed(store, mailing(store, COPIES), Answer.UNCERTAIN)
    told = [event(copy, Happening.PROCESSED) for copy in copies.values()]
    told += [event(copy, Happening.DELIVERED) for copy in copies.values()]
    assert store.events.record(told, at=LATER) == Heard(new=12, moved=12)
    random.Random(5).shuffle(told)
    assert store.events.record(told, at=LATER) == Heard(known=12)
    assert store.events.record([*told[:3], *told[:3]], at=LATER).new == 0
    assert standing(store) == {"delivered": COPIES}
    assert store.ledger.uncertain("2021-12") == []


def test_a_copy_is_known_by_its_own_name_only(store: Store) -> None:
    copies = handed(store, mailing(store, COPIES))
    first, second = list(copies.values())[:2]
    forged = [first[:-1], "lecteur0@asso.example", "1", "", "é", first.upper() + "x", second[:20] + first[20:]]
    said = [event(word, Happening.COMPLAINED, f"e{n}") for n, word in enumerate(forged)]
    assert store.events.record(said, at=LATER) == Heard(strange=len(forged))
    assert standing(store) == {"accepted": COPIES}
    assert store.subscribers.count() == {"public": COPIES}


def test_a_copy_nobody_handed_over_has_no_events(store: Store) -> None:
    lease = store.ledger.lease(mailing(store, COPIES), Worker.here(), at=NOW)
    assert lease is not None
    store.events.record([event(lease.recipients[0].delivery, Happening.DELIVERED)], at=LATER)
    assert standing(store) == {"queued": COPIES}


def test_a_first_try_that_went_through_after_all_is_not_sent_again(store: Store) -> None:
    number = mailing(store, COPIES)
    copies = handed(store, number, Answer.UNCERTAIN)
    store.ledger.resolve("2021-12", "resend", by="Awa (exemple)", at=LATER)
    store.events.record([event(copies["lecteur1"], Happening.PROCESSED)], at=LATER)
    lease = store.ledger.lease(number, Worker.here(), at=LATER)
    assert lease is not None
    assert copies["lecteur1"] not in {who.delivery for who in lease.recipients}
    assert len(lease.recipients) == COPIES - 1


def test_a_complaint_ends_everything_at_once_and_nothing_brings_them_back(store: Store) -> None:
    copies = handed(store, mailing(store, COPIES))
    heard = store.events.record([event(copies["lecteur1"], Happening.COMPLAINED)], at=LATER)
    assert (heard.left, standing(store)) == (1, {"accepted": COPIES - 1, "complained": 1})
    assert store.subscribers.count() == {"public": COPIES - 1}
    assert store.subscribers.take(entries(COPIES), at=LATER, file="again.csv").suppressed == 1
    assert [change.origin for change in store.subscribers.history("lecteur1@asso.example")][-1] == "plainte"


def test_an_unsubscription_at_the_provider_ends_that_letter(store: Store) -> None:
    copies = handed(store, mailing(store, COPIES))
    assert store.events.record([event(copies["lecteur1"], Happening.UNSUBSCRIBED)], at=LATER).left == 1
    assert store.subscribers.count() == {"public": COPIES - 1}
    assert standing(store) == {"accepted": COPIES}


def months(store: Store, told: list[tuple[Happening, bool]], bounces: int = 3) -> bool:
    """Whether the reader still gets letters after months of which each ends so."""
    store.subscribers.take(entries(1), at=NOW, file="abonnes.csv")
    for index, (kind, hard) in enumerate(told):
        month = f"2022-{index + 1:02}"
        edition = store.editions.draft(month, {"public": LETTER_OF}, rules="{}", send_at=NOW, at=NOW)
        store.editions.approve(month, edition.digest, by="Camille (exemple)", at=NOW)
        number = store.ledger.create(month, "public", LETTER_OF.digest, at=NOW)
        if not store.ledger.fill(number, at=NOW):
            return False
        (copy,) = handed(store, number).values()
        store.events.record([event(copy, kind, f"e{index}", hard=hard)], at=LATER, bounces=bounces)
    return store.subscribers.count() == {"public": 1}


LOST, OURS, LATE, FINE = (
    (Happening.BOUNCED, True),
    (Happening.BLOCKED, False),
    (Happening.DEFERRED, False),
    (Happening.DELIVERED, False),
)


@pytest.mark.parametrize(
    ("told", "stays"),
    [
        ([LOST, LOST], True),
        ([LOST, LOST, LOST], False),
        ([LOST, LOST, FINE, LOST], True),
        ([LOST, LOST, FINE, LOST, LOST], True),
        ([FINE, LOST, LOST, LOST], False),
        ([OURS] * 6, True),
        ([LATE] * 6, True),
        ([(Happening.DROPPED, True)] * 3, False),
        ([(Happening.DROPPED, False)] * 3, True),
    ],
)
def test_a_mailbox_that_is_lost_month_after_month_is_written_to_no_more(
    store: Store, told: list[tuple[Happening, bool]], stays: bool
) -> None:
    assert months(store, told) is stays


@pytest.mark.parametrize(("bounces", "stays"), [(1, False), (2, True)])
def test_how_many_bounces_is_a_setting(store: Store, bounces: int, stays: bool) -> None:
    assert months(store, [LOST], bounces) is stays


def test_two_bounces_of_one_copy_are_one(store: Store) -> None:
    copies = handed(store, mailing(store, COPIES))
    told = [event(copies["lecteur1"], Happening.BOUNCED, f"e{n}", hard=True) for n in range(5)]
    assert store.events.record(told, at=LATER, bounces=3).left == 0


def test_many_events_are_heard_in_groups(store: Store) -> None:
    copies = handed(store, mailing(store, 900))
    told = [event(copy, kind) for kind in (Happening.PROCESSED, Happening.DELIVERED) for copy in copies.values()]
    told += [event("nobody", Happening.DELIVERED, f"x{n}") for n in range(500)]
    assert store.events.record(iter(told), at=LATER) == Heard(new=1800, strange=500, moved=900)
    assert standing(store) == {DeliveryState.DELIVERED.value: 900}
