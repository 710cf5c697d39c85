"""Intake: a list that is only tried, and a list written down again from what is known."""

import test_store
from test_store import LATER, NOW, gone, row, take

from newsletter.model import Entry
from newsletter.store import Store
from newsletter.store.intake import GROUP

migrated, quick_disk, store = test_store.migrated, test_store.quick_disk, test_store.store


def test_a_list_that_is_only_tried_changes_nothing_whatever_its_length(store: Store) -> None:
    take(store, row("lea@example.org"))
    entries: list[Entry] = [row(f"n{n}@example.org") for n in range(GROUP)]
    entries += [row("n0@example.org", "associations"), row("n1@example.org"), gone("lea@example.org")]
    tried = store.subscribers.take(entries, at=LATER, file="abonnes.csv", keep=False)
    assert (tried.added, tried.updated, tried.unchanged, tried.left) == (GROUP, 1, 1, 1)
    assert [reader.address for reader in store.subscribers.all()] == ["lea@example.org"]
    assert store.subscribers.count() == {"public": 1}
    assert store.subscribers.take(entries, at=LATER, file="abonnes.csv") == tried


def test_a_list_is_written_down_with_the_last_consent_to_each_letter(store: Store) -> None:
    take(store, row("lea@example.org", "associations", "public"), row("parti@example.org"), gone("parti@example.org"))
    take(store, row("lea@example.org", consented_at=LATER, consent="Guichet"))
    store.subscribers.erase("effacee@example.org", at=LATER)
    lines = [(one.subscriber.address, one.audiences, one.at, one.origin) for one in store.subscribers.listed()]
    assert lines == [
        ("lea@example.org", ("associations",), NOW, "Forum"),
        ("lea@example.org", ("public",), LATER, "Guichet"),
        ("parti@example.org", (), None, None),
    ]
