"""Sign-ups: nobody reads before their mailbox has said yes, once; and who comes back comes back by their own word."""

from datetime import datetime, timedelta

import pytest
import test_store
from test_store import NOW, gone, row, take

from newsletter.model import Choice, SignupState, Subscriber, Wish
from newsletter.store import EVERY, OTHERS, Store

SOON = NOW + timedelta(minutes=5)
LATER = NOW + timedelta(days=30)
LEA = "lea@example.org"


migrated, quick_disk, store = test_store.migrated, test_store.quick_disk, test_store.store


def wish(address: str = LEA, *audiences: str, first_name: str | None = None, themes: tuple[str, ...] = ()) -> Wish:
    return Wish(address, audiences or ("public",), "J’accepte (v1)", "formulaire en ligne", first_name, themes)


def asked(store: Store, wanted: Wish, at: datetime = NOW) -> str:
    nonce = store.signups.ask(wanted, at=at)
    assert nonce
    return nonce


def joined(store: Store, wanted: Wish, at: datetime = NOW) -> int:
    number = store.signups.confirm(asked(store, wanted, at), at=at + timedelta(minutes=5))
    assert number
    return number


def out(store: Store, address: str = LEA) -> set[str]:
    known = store.subscribers.known(address)
    return set() if known is None else {left.audience for left in known.suppressions}


def test_who_asks_reads_once_the_mailbox_has_said_yes(store: Store) -> None:
    nonce = asked(store, wish(LEA, "associations", "public", first_name="Léa", themes=("culture",)))
    assert store.subscribers.show(LEA) is None
    assert store.subscribers.count() == {}
    assert len(nonce) == 32
    number = store.signups.confirm(nonce, at=SOON)
    assert number == store.subscribers.number("LEA@Example.org")
    lea = Subscriber(LEA, "Léa", "active", ("associations", "public"), ("culture",))
    assert store.subscribers.get(number or 0) == lea
    lines = store.subscribers.history(LEA)
    assert [(line.audience, line.act, line.at, line.wording) for line in lines] == [
        ("associations", "given", SOON, "J’accepte (v1)"),
        ("public", "given", SOON, "J’accepte (v1)"),
    ]
    assert {line.origin for line in lines} == {
        "formulaire en ligne, demandé le 01/12/2021 à 08:00 UTC, confirmé le 01/12/2021 à 08:05 UTC"
    }


def test_a_confirmation_counts_once(store: Store) -> None:
    nonce = asked(store, wish())
    assert [store.signups.confirm(nonce, at=SOON) for _ in range(3)] == [1, None, None]
    assert len(store.subscribers.history(LEA)) == 1
    signup = store.signups.get(nonce)
    assert signup
    assert (signup.wish, signup.state, signup.asked_at, signup.confirmed_at) == (
        wish(),
        SignupState.CONFIRMED,
        NOW,
        SOON,
    )


@pytest.mark.parametrize("nonce", ["", "0" * 32, "x", "'; DROP TABLE signups; --", "é" * 40])
def test_a_nonce_nobody_made_is_nothing(store: Store, nonce: str) -> None:
    assert store.signups.get(nonce) is None
    assert store.signups.confirm(nonce, at=NOW) is None


@pytest.mark.parametrize(("after", "counts"), [(timedelta(days=7, seconds=-1), True), (timedelta(days=7), False)])
def test_a_confirmation_counts_for_seven_days(store: Store, after: timedelta, counts: bool) -> None:
    assert (store.signups.confirm(asked(store, wish()), at=NOW + after) is not None) is counts


def test_a_newer_wish_replaces_the_one_that_waits(store: Store) -> None:
    first, second = asked(store, wish()), asked(store, wish("LEA@example.org", "associations"), SOON)
    waiting = store.signups.get(first)
    assert waiting
    assert waiting.state is SignupState.REPLACED
    assert store.signups.confirm(first, at=SOON) is None
    assert store.signups.confirm(second, at=SOON) == 1
    assert store.subscribers.count() == {"associations": 1}


def test_a_mailbox_gets_five_mails_a_day_and_others_theirs(store: Store) -> None:
    spellings = ["lea@example.org", "Lea@example.org", "LEA@EXAMPLE.ORG", "lea@Example.org", "leA@example.org"]
    for address in spellings:
        asked(store, wish(address))
    assert store.signups.ask(wish(), at=NOW + timedelta(hours=23)) is None
    assert store.signups.ask(wish("jean@example.org"), at=NOW)
    assert store.signups.ask(wish(), at=NOW + timedelta(hours=24))


def test_the_same_is_answered_whoever_is_known(store: Store) -> None:
    take(store, row("abonnee@example.org"), gone("partie@example.org"))
    store.subscribers.erase("effacee@example.org", at=NOW)
    for name in ("abonnee", "partie", "effacee", "inconnue"):
        asked_for = [store.signups.ask(wish(f"{name}@example.org"), at=NOW) for _ in range(6)]
        assert [nonce is not None for nonce in asked_for] == [True] * 5 + [False]


def test_what_is_known_is_added_to_and_never_lost(store: Store) -> None:
    take(store, row(LEA, "associations", first_name="Léa", themes=("sport",)))
    assert joined(store, wish("LEA@example.org", themes=("culture", "sport"))) == 1
    assert store.subscribers.get(1) == Subscriber(
        LEA, "Léa", "active", ("associations", "public"), ("sport", "culture")
    )


# ---- coming back -----------------------------------------------------------------------------------------------------


def test_who_left_every_letter_comes_back_to_those_they_choose_and_no_list_adds_others(store: Store) -> None:
    take(store, row(LEA, "associations", "public"))
    store.subscribers.leave(LEA, at=LATER)
    assert joined(store, wish(), LATER) == 1
    assert store.subscribers.get(1) == Subscriber(LEA, None, "active", ("public",))
    assert out(store) == {OTHERS}
    assert take(store, row(LEA, "associations", consent="Forum 2022")) == (0, 0, 0, 1, 0)
    assert take(store, row(LEA, "associations", "public")) == (0, 0, 1, 0, 0)
    assert store.subscribers.count() == {"public": 1}
    store.subscribers.choose(1, Choice(("associations", "public")), at=LATER, origin="préférences")
    assert store.subscribers.count() == {"associations": 1, "public": 1}
    store.subscribers.leave(1, at=LATER)
    assert out(store) == {EVERY, OTHERS}
    joined(store, wish(LEA, "associations"), LATER + timedelta(days=1))
    assert out(store) == {OTHERS}


def test_who_left_one_letter_comes_back_to_it_alone(store: Store) -> None:
    take(store, row(LEA, "associations", "public"))
    for audience in ("associations", "public"):
        store.subscribers.leave(LEA, audience, at=NOW)
    joined(store, wish())
    assert out(store) == {"associations"}
    assert store.subscribers.count() == {"public": 1}
    assert [line.act for line in store.subscribers.history(LEA)] == ["given"] * 2 + ["withdrawn"] * 2 + ["given"]


# ---- choosing --------------------------------------------------------------------------------------------------------


def choose(store: Store, *audiences: str, themes: tuple[str, ...] = (), first_name: str | None = None) -> bool:
    choice = Choice(audiences, themes, first_name)
    return store.subscribers.choose(1, choice, at=LATER, origin="préférences", wording="J’accepte (v2)")


def test_a_choice_joins_and_leaves_and_describes(store: Store) -> None:
    take(store, row(LEA, "public", first_name="Léa", themes=("sport",)))
    assert choose(store, "associations", themes=("culture",))
    assert store.subscribers.get(1) == Subscriber(LEA, None, "active", ("associations",), ("culture",))
    assert out(store) == {"public"}
    lines = [(line.audience, line.act, line.origin, line.wording) for line in store.subscribers.history(LEA)]
    assert lines[1:] == [
        ("public", "withdrawn", "préférences", None),
        ("associations", "given", "préférences", "J’accepte (v2)"),
        ("", "changed", "préférences", "J’accepte (v2)"),
    ]
    assert not choose(store, "associations", themes=("culture",))
    assert len(store.subscribers.history(LEA)) == 4


def test_who_chooses_nothing_leaves_every_letter(store: Store) -> None:
    take(store, row(LEA, "associations", "public"))
    assert choose(store)
    assert store.subscribers.get(1) == Subscriber(LEA, status="left")
    assert out(store) == {EVERY}
    assert not choose(store)
    assert choose(store, "public")
    assert (out(store), store.subscribers.count()) == ({OTHERS}, {"public": 1})


def test_nobody_and_who_was_erased_choose_nothing(store: Store) -> None:
    assert not choose(store, "public")
    take(store, row(LEA))
    store.subscribers.erase(1, at=NOW)
    assert not choose(store, "public", first_name="Léa")
    assert not store.subscribers.renew(1, at=NOW, origin="courriel")
    store.subscribers.explain(1, None, "Trop de courriels de lea@example.org", at=LATER)
    assert store.subscribers.get(1) is None
    known = store.subscribers.known(1)
    assert known
    assert known.suppressions[0].said is None


def test_a_reason_is_kept_beside_what_was_left(store: Store) -> None:
    take(store, row(LEA, "associations", "public"))
    store.subscribers.explain(1, "public", "Rien ne me concerne", at=LATER)
    store.subscribers.leave(1, "public", at=NOW)
    store.subscribers.explain(1, "public", "  Trop long\n", at=LATER)
    store.subscribers.explain(1, None, "Je déménage", at=LATER)
    known = store.subscribers.known(LEA)
    assert known
    assert [(left.audience, left.said) for left in known.suppressions] == [("public", "Trop long")]
    store.subscribers.explain(1, "public", "x" * 5000, at=LATER)
    known = store.subscribers.known(LEA)
    assert known
    assert len(known.suppressions[0].said or "") == 2000


def test_going_on_is_in_the_history(store: Store) -> None:
    take(store, row(LEA))
    assert store.subscribers.renew(1, at=LATER, origin="courriel du 31/12/2021")
    last = store.subscribers.history(LEA)[-1]
    assert (last.audience, last.act, last.at, last.origin) == (EVERY, "renewed", LATER, "courriel du 31/12/2021")
    store.subscribers.leave(1, at=LATER)
    assert not store.subscribers.renew(1, at=LATER, origin="courriel")
    assert not store.subscribers.renew(7, at=LATER, origin="courriel")
