"""Erasing somebody: only the keyed hash of their mailbox stays, and that no list brings it back.

What was counted stays counted: their copies stay in the ledger, with nothing in them that names anybody.
Never here: an address.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from newsletter.store.tables import (
    EVERY,
    consents,
    deliveries,
    events,
    notices,
    signups,
    subscribers,
    subscriptions,
    suppressions,
)

ERASED = "effacement"


def erase(connection: Connection, person: bytes, at: datetime) -> bool:
    """Whether anything was there to erase."""
    mine = suppressions.c.person == person
    done = select(suppressions.c.at).where(mine, suppressions.c.audience == EVERY, suppressions.c.reason == ERASED)
    number = connection.scalar(select(subscribers.c.id).where(subscribers.c.person == person).with_for_update())
    asked = connection.execute(delete(signups).where(signups.c.person == person)).rowcount
    connection.execute(delete(notices).where(notices.c.person == person))
    if connection.scalar(done) and not asked:
        return False
    connection.execute(delete(suppressions).where(mine))
    connection.execute(
        suppressions.insert(), {"person": person, "audience": EVERY, "reason": ERASED, "said": None, "at": at}
    )
    if number is not None:
        _forget(connection, number)
    return True


def _forget(connection: Connection, number: int) -> None:
    nobody: dict[str, Any] = {"address": None, "first_name": None, "themes": [], "status": "erased"}
    connection.execute(update(subscribers).where(subscribers.c.id == number).values(nobody))
    for table in (subscriptions, consents):
        connection.execute(delete(table).where(table.c.subscriber_id == number))
    copies = deliveries.c.subscriber_id == number
    mine = select(deliveries.c.id).where(copies).scalar_subquery()
    connection.execute(update(events).where(events.c.delivery_id.in_(mine)).values(reason=""))
    connection.execute(update(deliveries).where(copies).values(detail=None, reference=None))
