"""What the ledger costs: readers taken in; copies made, leased, handed over and settled, all on disk.

python -m benchmarks.bench_ledger [READERS]
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from newsletter.model import Answer, Entry, Letter, Origin, Receipt
from newsletter.store import Store, Worker

NOW = datetime(2021, 12, 7, 8, 0, tzinfo=UTC)
MONTH = "2021-12"
LETTERS = {name: Letter(name, "Décembre", "", "<p>Bonjour</p>", "Bonjour", "<mjml/>") for name in ("1000", "50", "1")}
ORIGIN = Origin("abonnes.csv", None, 2)


def readers(number: int) -> Iterator[Entry]:
    """Addresses in no order, as lists have them."""
    for n in range(number):
        address = f"lecteur{n * 7_368_787 % 10_000_019}@courriel{n % 97}.example"
        yield Entry(ORIGIN, address, "Camille", tuple(LETTERS), ("culture",), NOW, "Forum, bulletin papier")


def timed(what: str, rows: int, work: Callable[..., object], *given: object) -> None:
    """Runs it once and prints rows per second."""
    started, cpu = time.perf_counter(), time.process_time()
    work(*given)
    seconds, busy = time.perf_counter() - started, time.process_time() - cpu
    print(f"{what:<50}{rows / seconds:>9,.0f} /s {1e6 * seconds / rows:7.1f} µs a row, {1e6 * busy / rows:5.1f} of CPU")


def take(store: Store, number: int) -> None:
    """A list taken in."""
    store.subscribers.take(readers(number), at=NOW, file="abonnes.csv")


def fill(store: Store, mailing: int) -> None:
    """A mailing's copies made."""
    store.ledger.fill(mailing, at=NOW)


def send(store: Store, mailing: int, window: int) -> None:
    """A mailing over a transport that answers at once."""
    worker = Worker.here()
    while lease := store.ledger.lease(mailing, worker, at=NOW, size=max(1000, window)):
        for few in lease.windows(window):
            going = store.ledger.hand_over(few, at=NOW)
            store.ledger.settle([Receipt(who.delivery, Answer.ACCEPTED, "250 ok", "x1") for who in going], at=NOW)
    assert store.ledger.finish(mailing, at=NOW)


def main(number: int = 100_000) -> None:
    """A town of that many readers."""
    with tempfile.TemporaryDirectory() as folder, Store.open("sqlite:///newsletter.db", Path(folder)) as store:
        edition = store.editions.draft(MONTH, LETTERS, rules="", send_at=NOW, at=NOW)
        store.editions.approve(MONTH, edition.digest, by="Awa (exemple)", at=NOW)
        timed("taken in, 3 letters and 3 consents each", number, take, store, number)
        timed("taken in again, nothing new", min(number, 20_000), take, store, min(number, 20_000))
        for window in (1000, 50):
            letter = LETTERS[str(window)]
            mailing = store.ledger.create(MONTH, letter.audience, letter.digest, at=NOW)
            timed("filled, INSERT … SELECT by 20,000", number, fill, store, mailing)
            timed(f"leased, handed over and settled by {window}", number, send, store, mailing, window)
        timed("counted", 2 * number, store.ledger.counts, MONTH)
        size = (Path(folder) / "newsletter.db").stat().st_size
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"database {size / 1e6:.0f} MB, peak memory {memory:.0f} MB")


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:2]])
