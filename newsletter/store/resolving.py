"""What a person settles of copies nobody knows about: who they are; sent again, or dropped. Nothing else sends them.

Never here: an uncertain copy that is made one (ledger.py), or ends by a provider's word (events.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, bindparam, select, update

from newsletter.model import DeliveryState, EditionState, MailingState
from newsletter.store import copies
from newsletter.store.editions import move_edition
from newsletter.store.mailings import Mailings
from newsletter.store.tables import deliveries, mailings, subscribers


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A copy that was handed over, and whose answer nobody saw. `address` is None when it was erased since."""

    delivery: str
    address: str | None
    audience: str
    since: datetime


class Resolving(Mailings):
    """Mailings, and what of them is uncertain."""

    def uncertain(self, month: str) -> list[Uncertain]:
        """Whose copies nobody knows about."""
        doubtful = (
            select(
                deliveries.c.id, deliveries.c.nonce, subscribers.c.address, mailings.c.audience, deliveries.c.handed_at
            )
            .join(mailings, mailings.c.id == deliveries.c.mailing_id)
            .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
            .where(mailings.c.month == month, deliveries.c.state == DeliveryState.UNCERTAIN)
            .order_by(mailings.c.audience, deliveries.c.id)
        )
        with self._database.reading() as connection:
            return [Uncertain(copies.name(row.id, row.nonce), *row[2:]) for row in connection.execute(doubtful)]

    def resolve(self, which: str | Sequence[str], how: Literal["resend", "drop"], *, by: str, at: datetime) -> int:
        """A person settles what is uncertain, of a month or of these copies; how many. Nothing else sends it again."""
        with self._database.writing() as connection:
            resolved = 0
            for mailing, numbers in _doubtful(connection, which).items():
                if how == "drop":
                    values = {"state": DeliveryState.DROPPED, "settled_at": at, "detail": f"abandonné par {by}"}
                else:
                    queued = {"state": DeliveryState.QUEUED, "free_at": at, "lease_id": None, "attempts": 0}
                    values = {**queued, "detail": f"renvoyé par {by}"}
                    if not _reopen(connection, mailing, at):
                        continue
                still = update(deliveries).where(deliveries.c.id == bindparam("copy"))
                still = still.where(deliveries.c.state == DeliveryState.UNCERTAIN).values(values)
                resolved += connection.execute(still, [{"copy": number} for number in numbers]).rowcount
            return resolved


def _doubtful(connection: Connection, which: str | Sequence[str]) -> dict[int, list[int]]:
    """Uncertain copies by their mailing."""
    found = select(deliveries.c.mailing_id, deliveries.c.id).where(deliveries.c.state == DeliveryState.UNCERTAIN)
    if isinstance(which, str):
        found = found.join(mailings, mailings.c.id == deliveries.c.mailing_id).where(mailings.c.month == which)
    else:
        found = found.where(copies.named(which))
    by_mailing: dict[int, list[int]] = {}
    for mailing, number in connection.execute(found.order_by(deliveries.c.id)):
        by_mailing.setdefault(mailing, []).append(number)
    return by_mailing


def _reopen(connection: Connection, mailing: int, at: datetime) -> bool:
    """A mailing that was done has something to send again. One that is cancelled stays so."""
    standing = select(mailings.c.month, mailings.c.state).where(mailings.c.id == mailing).with_for_update()
    month, state = connection.execute(standing).one()
    again: dict[str, object] = {"began_at": at}
    if state is MailingState.DONE:
        again |= {"state": MailingState.READY, "ended_at": None}
        move_edition(connection, month, (EditionState.SENT,), EditionState.SENDING, at)
    connection.execute(update(mailings).where(mailings.c.id == mailing).values(again))
    return state is not MailingState.CANCELLED
