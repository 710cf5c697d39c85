"""All that is known of somebody, from every table: what they have a right to read.

Never here: a change.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from newsletter.model import DeliveryState, Subscriber
from newsletter.store.signups import Signup, pending
from newsletter.store.tables import consents, deliveries, mailings, subscribers, subscriptions, suppressions


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history: given or withdrawn, of an audience; changed, asked or renewed, of every one ("")."""

    audience: str
    act: str
    at: datetime
    origin: str
    wording: str | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One letter, since when it is read, until when."""

    audience: str
    since: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Suppression:
    """Which letter somebody left: EVERY, OTHERS (all but those read now: no list adds any), or one. `said`: why."""

    audience: str
    at: datetime
    reason: str
    said: str | None


@dataclass(frozen=True, slots=True)
class Copy:
    """A letter that was made for somebody, and what became of it."""

    month: str
    audience: str
    state: DeliveryState
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """Everything. `subscriber` is None when the address never subscribed, or was erased."""

    number: int | None
    subscriber: Subscriber | None
    since: datetime | None
    subscriptions: tuple[Subscription, ...]
    consents: tuple[Change, ...]
    suppressions: tuple[Suppression, ...]
    signups: tuple[Signup, ...]
    copies: tuple[Copy, ...]


def look_up(connection: Connection, person: bytes) -> Known | None:
    """All that is known of that mailbox; None: nothing is."""
    row = connection.execute(select(subscribers).where(subscribers.c.person == person)).first()
    out, asked = _suppressions(connection, person), tuple(pending(connection, person))
    if row is None:
        return Known(None, None, None, (), (), out, asked, ()) if out or asked else None
    had = _subscriptions(connection, row.id)
    reads = tuple(sorted(one.audience for one in had if one.ended_at is None))
    subscriber = None
    if row.address is not None:
        subscriber = Subscriber(row.address, row.first_name, row.status, reads, tuple(row.themes))
    lines = tuple(history(connection, row.id))
    return Known(row.id, subscriber, row.since, had, lines, out, asked, _copies(connection, row.id))


def history(connection: Connection, number: int) -> list[Change]:
    """Every change of consent, the oldest first."""
    columns = (consents.c.audience, consents.c.act, consents.c.at, consents.c.origin, consents.c.wording)
    lines = select(*columns).where(consents.c.subscriber_id == number).order_by(consents.c.at, consents.c.id)
    return [Change(*row) for row in connection.execute(lines)]


def _subscriptions(connection: Connection, number: int) -> tuple[Subscription, ...]:
    columns = (subscriptions.c.audience, subscriptions.c.since, subscriptions.c.ended_at)
    mine = select(*columns).where(subscriptions.c.subscriber_id == number).order_by(subscriptions.c.audience)
    return tuple(Subscription(*row) for row in connection.execute(mine))


def _suppressions(connection: Connection, person: bytes) -> tuple[Suppression, ...]:
    columns = (suppressions.c.audience, suppressions.c.at, suppressions.c.reason, suppressions.c.said)
    mine = select(*columns).where(suppressions.c.person == person).order_by(suppressions.c.audience)
    return tuple(Suppression(*row) for row in connection.execute(mine))


def _copies(connection: Connection, number: int) -> tuple[Copy, ...]:
    at = func.coalesce(deliveries.c.settled_at, deliveries.c.handed_at, mailings.c.created_at)
    mine = (
        select(mailings.c.month, mailings.c.audience, deliveries.c.state, at.label("at"))
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .where(deliveries.c.subscriber_id == number)
        .order_by(mailings.c.id)
    )
    return tuple(Copy(*row) for row in connection.execute(mine))
