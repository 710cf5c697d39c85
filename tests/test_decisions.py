"""What staff said of two rows that look alike: kept, obeyed, whatever becomes of the rows' places."""

from datetime import UTC, datetime
from pathlib import Path

from newsletter.store import Store

NOW = datetime(2021, 12, 1, 8, 0, tzinfo=UTC)
URL = "sqlite:///var/newsletter.db"


# Kept


def test_the_last_word_on_two_rows_counts_in_whatever_order_they_are_named(tmp_path: Path) -> None:
    with Store.open(URL, tmp_path) as store:
        assert store.decisions.all() == {}
        store.decisions.say("b" * 12, "a" * 12, "same", "Léa (exemple)", NOW)
        store.decisions.say("a" * 12, "c" * 12, "different", "Léa (exemple)", NOW)
        store.decisions.say("a" * 12, "b" * 12, "different", "Jo (exemple)", NOW)
    with Store.open(URL, tmp_path) as store:
        assert store.decisions.all() == {
            frozenset(("a" * 12, "b" * 12)): "different",
            frozenset(("a" * 12, "c" * 12)): "different",
        }
