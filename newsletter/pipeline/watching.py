"""Watch: before anything leaves, whether this is still the database, and the machine, that it left from last time."""

from collections.abc import Callable
from datetime import datetime

from newsletter.config import Config
from newsletter.store import RESTORED, Epoch, Store, Watched, Worker


def look_back(
    config: Config, store: Store, worker: Worker, at: datetime, ticks: Callable[[], float] | None = None
) -> tuple[Watched, str | None]:
    """The ledger to hand over from; and why all was held, when it was. An old copy's notices are uncertain too."""
    ledger = store.watched(Epoch(config.var / "epoch", worker.boot, ticks))
    held = ledger.look_back(worker, at=at)
    if held == RESTORED:
        store.notices.doubt_unfinished(held, at=at)
    return ledger, held
