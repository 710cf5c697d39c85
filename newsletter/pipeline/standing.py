"""Standing: the service in figures, for whoever watches over it: what is due and since when, what waits, what left.

The store and the time in; counts and seconds out, and never an address.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter import timetable
from newsletter.config import Config
from newsletter.model import DeliveryState, EditionState, NoticeState
from newsletter.pipeline.monthly import ON_THE_WAY
from newsletter.pipeline.scheduling import UNSETTLED, due, look
from newsletter.store import Store
from newsletter.timetable import Step

AHEAD = timedelta(days=62)  # the next step is never farther


class Pulse:
    """When the months were last looked at by this process, on whatever clock its door has; and whether it leads."""

    def __init__(self) -> None:
        self._last: float | None = None
        self.leads = False

    def beat(self, now: float) -> None:
        """Somebody looks."""
        self._last = now

    def age(self, now: float) -> float | None:
        """Seconds since then; None: nobody looks here."""
        return None if self._last is None else max(0.0, now - self._last)


@dataclass(frozen=True, slots=True)
class Figures:
    """How things stand. `copies`: of the editions on their way, else of the last one. `lag`: seconds, of the latest."""

    copies: Mapping[tuple[str, str], Mapping[DeliveryState, int]]
    notices: Mapping[NoticeState, int]
    held: int
    following: Step | None
    lag: float


def figures(config: Config, store: Store, at: datetime) -> Figures:
    """All of it."""
    sent = [edition for edition in store.editions.all() if edition.state in (EditionState.SENDING, EditionState.SENT)]
    shown = [edition for edition in sent if edition.state is EditionState.SENDING] or sent[-1:]
    copies = {
        (edition.month, mailing.audience): store.ledger.counts(mailing.id)
        for edition in shown
        for mailing in store.ledger.mailings(edition.month)
    }
    coming = timetable.between(config.schedule, config.town.zone, at, at + AHEAD)
    held = len(store.steps.held())
    return Figures(copies, store.notices.counts(), held, next(iter(coming), None), lag(config, store, at))


def lag(config: Config, store: Store, at: datetime) -> float:
    """For how many seconds the oldest thing that could be done has waited: a step, a notice, a copy."""
    return max([0.0, *((at - since).total_seconds() for since in _waiting(config, store, at))])


def _waiting(config: Config, store: Store, at: datetime) -> Iterator[datetime]:
    """Since when, for each thing."""
    steps, standing = look(config, store, at)
    planned = [one.until - (one.step.until - one.step.at) for one in due(steps, standing, at)]
    planned += [note.planned_at for note in standing.notes.values() if note.state in UNSETTLED]
    yield from (max(moment, standing.since) for moment in planned)
    if first := store.notices.next_free():
        yield first
    for edition in store.editions.all():
        if edition.state is EditionState.SENDING:
            for mailing in store.ledger.mailings(edition.month):
                if mailing.state in ON_THE_WAY and (free := store.ledger.next_free(mailing.id)):
                    yield free
