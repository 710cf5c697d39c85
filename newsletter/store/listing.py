"""Subscribers as a list says them: a line per consent that still counts, so that the list can be read in again.

Never here: a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from newsletter.model import Subscriber
from newsletter.store.tables import consents

Agreement = tuple[datetime | None, str | None, str | None]
NONE: Agreement = (None, None, None)


@dataclass(frozen=True, slots=True)
class Listed:
    """A subscriber, and one consent of theirs: the letters it is for, when and how it was given, to which wording.

    Who reads nothing any more has one line, without letters.
    """

    subscriber: Subscriber
    audiences: tuple[str, ...]
    at: datetime | None
    origin: str | None
    wording: str | None


def agreements(connection: Connection, page: Sequence[tuple[int, Subscriber]]) -> list[Listed]:
    """The lines of these subscribers; each letter with the last consent given to it."""
    columns = (consents.c.subscriber_id, consents.c.audience, consents.c.at, consents.c.origin, consents.c.wording)
    given = select(*columns).where(consents.c.subscriber_id.in_([number for number, _ in page]))
    given = given.where(consents.c.act == "given").order_by(consents.c.at, consents.c.id)
    last: dict[tuple[int, str], Agreement] = {(row[0], row[1]): tuple(row[2:]) for row in connection.execute(given)}
    lines: list[Listed] = []
    for number, subscriber in page:
        by_agreement: dict[Agreement, list[str]] = {}
        for audience in subscriber.audiences:
            by_agreement.setdefault(last.get((number, audience), NONE), []).append(audience)
        for agreement, audiences in (by_agreement or {NONE: []}).items():
            lines.append(Listed(subscriber, tuple(audiences), *agreement))
    return lines
