"""Mailings as a whole: who gets a copy when one letter counts for both."""

from datetime import UTC, datetime

import pytest
import test_store
from test_store import LATER, approved, letter, row, take

from newsletter.model import Letter
from newsletter.store import Store, Worker

NOW = datetime(2021, 12, 7, 8, tzinfo=UTC)

migrated, quick_disk, store = test_store.migrated, test_store.quick_disk, test_store.store


def town(store: Store) -> dict[str, Letter]:
    """Two read both letters, one of each reads one; somebody left each letter once."""
    letters = {"public": letter(), "associations": letter("associations")}
    approved(store, **letters)
    take(store, row("lea@example.org", "associations", "public"), row("jean@example.org", "associations", "public"))
    take(store, row("public@example.org"), row("asso@example.org", "associations"))
    take(store, row("sortie@example.org", "associations", "public"), row("sorti@example.org", "associations", "public"))
    store.subscribers.leave("sortie@example.org", "associations", at=LATER)
    store.subscribers.leave("sorti@example.org", "public", at=LATER)
    return letters


def copies(store: Store, one: Letter, both: str | None, chunk: int) -> set[str]:
    number = store.ledger.create("2021-12", one.audience, one.digest, at=NOW)
    made = store.ledger.fill(number, at=NOW, both=both, chunk=chunk)
    lease = store.ledger.lease(number, Worker.here(), at=NOW)
    found = {who.address.partition("@")[0] for who in lease.recipients} if lease else set()
    assert made == len(found)
    return found


@pytest.mark.parametrize("chunk", [1, 100])
@pytest.mark.parametrize(
    ("both", "public", "associations"),
    [
        (None, {"lea", "jean", "public", "sortie"}, {"lea", "jean", "asso", "sorti"}),
        ("associations", {"public", "sortie"}, {"lea", "jean", "asso", "sorti"}),
        ("public", {"lea", "jean", "public", "sortie"}, {"asso", "sorti"}),
    ],
)
def test_who_reads_both_gets_the_one_that_counts(
    store: Store, both: str | None, public: set[str], associations: set[str], chunk: int
) -> None:
    letters = town(store)
    assert store.subscribers.count(both) == {"associations": len(associations), "public": len(public)}
    assert copies(store, letters["public"], both, chunk) == public
    assert copies(store, letters["associations"], both, chunk) == associations


def test_the_rules_are_those_of_the_letters_drafted_last(store: Store) -> None:
    assert store.editions.rules("2021-12") is None
    approved(store)
    assert store.editions.rules("2021-12") == "{}"
    store.editions.draft("2021-12", {"public": letter()}, rules='{"both": "public"}', send_at=NOW, at=LATER)
    assert store.editions.rules("2021-12") == '{"both": "public"}'
