"""Depart: what a person sends leaves ten minutes later; until the first copy does, it can be undone."""

from datetime import date, datetime

from newsletter.config import Config
from newsletter.errors import ApprovalRefused, TransportError
from newsletter.model.studio import Act, Departure, Person
from newsletter.pipeline.arranging import allow
from newsletter.pipeline.composing import name_of
from newsletter.pipeline.mailing import ready
from newsletter.pipeline.monthly import Means
from newsletter.pipeline.sending import Order, Sent, send
from newsletter.store import Store


def ask_to_send(config: Config, store: Store, month: date, seen: str, by: Person, *, at: datetime) -> Departure:
    """It leaves in ten minutes. `seen`: the digest they saw, with its readers and its time.

    Raises ApprovalRefused when that isn't what is approved, ConfigError when nothing can leave, NotAllowed.
    """
    allow(by, Act.SEND)
    ready(config)
    return store.departures.ask(name_of(month), seen, by, at=at)


def undo(store: Store, month: date, by: Person, at: datetime) -> bool:
    """It doesn't leave. False: there is nothing to undo, or it has begun."""
    allow(by, Act.UNDO)
    return store.departures.undo(name_of(month), by, at=at)


def leave_due(config: Config, store: Store, means: Means) -> list[Sent]:
    """Sends what was sent ten minutes ago and not undone; what begins to leave goes on by itself (deliver_due).

    Killed at any time, it goes on at the next call. Raises TransportError while nothing can leave.
    """
    sent: list[Sent] = []
    clock = means.clock
    for departure in store.departures.begin(at=clock()):
        month = date.fromisoformat(f"{departure.month}-01")
        order = Order(month, tuple(config.audiences))
        try:
            sent += send(config, store, order, clock, progress=means.progress, ticks=means.ticks)
        except ApprovalRefused:  # reopened, cancelled, or nobody to read it since: who looks sees that it hasn't left
            store.departures.end(departure.id, at=clock())
            continue
        except TransportError:
            if not store.ledger.mailings(departure.month):
                raise
        store.departures.end(departure.id, at=clock())
    return sent
