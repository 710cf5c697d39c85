"""Events: what providers and mail servers say of copies that left. Events in; states moved, readers gone, counts out.

    uncertain → accepted (processed)     accepted → delivered → bounced → complained     accepted → refused (dropped)

Each is written down once, whatever its order and however often it is told; it moves a copy only forwards. A complaint
or an unsubscription counts from its first hearing. A copy is known by its own number, never by an address.
Never here: an address, a signature.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, or_, select, update

from newsletter.model import DeliveryState, Event, Happening
from newsletter.store import copies
from newsletter.store.consent import depart
from newsletter.store.database import Database, insert_new
from newsletter.store.tables import deliveries, events, mailings, subscribers

GROUP = 1000
BOUNCES = 3
Copy = Row[*tuple[Any, ...]]
Said = tuple[Event, Copy]

# A copy that waits for another try was handed over once: a word of it means that the first try went through after all.
LEFT = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNCERTAIN)
ON_ITS_WAY = (*LEFT, DeliveryState.ACCEPTED)
ARRIVED = (*ON_ITS_WAY, DeliveryState.DELIVERED)
MOVES: Mapping[Happening, tuple[DeliveryState, tuple[DeliveryState, ...]]] = {
    Happening.PROCESSED: (DeliveryState.ACCEPTED, LEFT),
    Happening.DELIVERED: (DeliveryState.DELIVERED, ON_ITS_WAY),
    Happening.DROPPED: (DeliveryState.REFUSED, ON_ITS_WAY),
    Happening.BLOCKED: (DeliveryState.BOUNCED, ARRIVED),
    Happening.BOUNCED: (DeliveryState.BOUNCED, ARRIVED),
    Happening.COMPLAINED: (DeliveryState.COMPLAINED, (*ARRIVED, DeliveryState.BOUNCED, DeliveryState.REFUSED)),
}
ANSWERED = (
    DeliveryState.ACCEPTED,
    DeliveryState.REFUSED,
    DeliveryState.DELIVERED,
    DeliveryState.BOUNCED,
    DeliveryState.COMPLAINED,
)
QUIET = (Happening.PROCESSED, Happening.DELIVERED)  # nothing to keep of their words


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of events: each is new, known or strange (of no copy of ours). `moved`: copies; `left`: readers."""

    new: int = 0
    known: int = 0
    strange: int = 0
    moved: int = 0
    left: int = 0

    def __add__(self, other: "Heard") -> "Heard":
        return Heard(*(getattr(self, name) + getattr(other, name) for name in Heard.__slots__))


class Events:
    """All that was said of copies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, said: Iterable[Event], *, at: datetime, bounces: int = BOUNCES) -> Heard:
        """Writes them down, on disk when this returns, and does what follows from each, once.

        Who complains leaves every letter, who unsubscribes leaves that one; a mailbox whose last `bounces` copies all
        came back for good is written to no more.
        """
        heard = Heard()
        for group in _groups(said):
            with self._database.writing() as connection:
                heard += _Hearing(connection, at, bounces).hear(group)
        return heard

    def of(self, delivery: str) -> list[Event]:
        """What was said of one copy, the oldest first."""
        columns = (events.c.event, events.c.kind, events.c.at, events.c.status, events.c.reason, events.c.hard)
        lines = (
            select(*columns)
            .join(deliveries, deliveries.c.id == events.c.delivery_id)
            .where(copies.named([delivery]))
            .order_by(events.c.at, events.c.id)
        )
        with self._database.reading() as connection:
            return [Event(row.event, delivery, *row[1:]) for row in connection.execute(lines)]


def _groups(said: Iterable[Event]) -> Iterator[dict[str, Event]]:
    rest = iter(said)
    while group := list(islice(rest, GROUP)):
        yield {event.id: event for event in reversed(group)}


class _Hearing:
    """One group in one transaction."""

    def __init__(self, connection: Connection, at: datetime, bounces: int) -> None:
        self._connection = connection
        self._at = at
        self._bounces = bounces

    def hear(self, group: Mapping[str, Event]) -> Heard:
        known = self._copies({event.delivery for event in group.values()})
        ours = [(event, known[event.delivery]) for event in group.values() if event.delivery in known]
        new = self._new(ours)
        moved = sum(self._move(kind, new) for kind in MOVES)
        left = sum(self._leave(event, copy) for event, copy in new)
        left += self._give_up({copy.subscriber_id: copy.person for event, copy in new if event.hard})
        return Heard(len(new), len(ours) - len(new), len(group) - len(ours), moved, left)

    def _copies(self, words: set[str]) -> dict[str, Copy]:
        """Looked up in the order others lock them in."""
        found = (
            select(deliveries.c.id, deliveries.c.nonce, deliveries.c.subscriber_id)
            .add_columns(subscribers.c.person, mailings.c.audience)
            .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
            .join(mailings, mailings.c.id == deliveries.c.mailing_id)
            .where(copies.named(words))
            .order_by(deliveries.c.id)
            .with_for_update(of=deliveries)
        )
        return {copies.name(row.id, row.nonce): row for row in self._connection.execute(found)}

    def _new(self, ours: Sequence[Said]) -> list[Said]:
        """Writes down those nobody told before."""
        if not ours:
            return []
        rows = [
            {
                "event": event.id, "delivery_id": copy.id, "kind": event.kind, "hard": event.hard,
                "status": event.status, "reason": event.reason, "at": event.at, "recorded_at": self._at,
            }
            for event, copy in ours
        ]  # fmt: skip
        written = insert_new(self._connection, events).returning(events.c.event)
        told = set(self._connection.scalars(written, rows))
        return [(event, copy) for event, copy in ours if event.id in told]

    def _move(self, kind: Happening, new: Sequence[Said]) -> int:
        mine = [(event, copy) for event, copy in new if event.kind is kind]
        if not mine:
            return 0
        to, expected = MOVES[kind]
        handed = or_(deliveries.c.state != DeliveryState.QUEUED, deliveries.c.handed_at.is_not(None))
        moving = update(deliveries).where(or_(*(deliveries.c.state == state for state in expected)), handed)
        values = {"state": to, "free_at": None, "settled_at": self._at}
        if kind in QUIET:
            which = deliveries.c.id.in_([copy.id for _, copy in mine])
            return self._connection.execute(moving.where(which).values(values)).rowcount
        moving = moving.where(deliveries.c.id == bindparam("copy")).values(**values, detail=bindparam("said"))
        rows = [{"copy": copy.id, "said": event.reason or event.status or None} for event, copy in mine]
        return self._connection.execute(moving, rows).rowcount

    def _leave(self, event: Event, copy: Copy) -> bool:
        if event.kind is Happening.COMPLAINED:
            return depart(self._connection, copy.person, None, reason="plainte", at=self._at)
        if event.kind is Happening.UNSUBSCRIBED:
            return depart(self._connection, copy.person, copy.audience, reason="désinscription", at=self._at)
        return False

    def _give_up(self, readers: Mapping[int, bytes]) -> int:
        """The mailboxes that take no mail any more."""
        return sum(
            depart(self._connection, person, None, reason="adresse qui ne reçoit plus", at=self._at)
            for number, person in sorted(readers.items())
            if self._all_came_back(number)
        )

    def _all_came_back(self, subscriber: int) -> bool:
        """Looked up mailing by mailing: there is an index for one copy of one mailing, and none by reader."""
        back = exists().where(events.c.delivery_id == deliveries.c.id, events.c.hard.is_(True))
        mine = (deliveries.c.mailing_id == mailings.c.id) & (deliveries.c.subscriber_id == subscriber)
        last = (
            select(back.label("back"))
            .select_from(mailings)
            .join(deliveries, mine)
            .where(deliveries.c.state.in_(ANSWERED))
            .order_by(mailings.c.id.desc())
            .limit(self._bounces)
        )
        found = self._connection.scalars(last).all()
        return len(found) == self._bounces and all(found)
