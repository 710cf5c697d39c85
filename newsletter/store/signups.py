"""Sign-ups: wishes of people whose mailbox has not said yes so far. A wish in; a nonce for the link of a mail out.

    pending → confirmed     once, by whoever reads that mailbox, within 7 days
            → replaced      by a newer wish for the same mailbox

Nothing here depends on whether an address is known: who asks can't learn it.
Never here: a mail, a signature, a clock.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Row, func, select, update

from newsletter.model import SignupState, Wish
from newsletter.store.consent import Word, join
from newsletter.store.database import Database, insert_new
from newsletter.store.folding import Folding
from newsletter.store.tables import signups, subscribers

LASTS = timedelta(days=7)
A_DAY = timedelta(days=1)
DAILY = 5  # mails to one mailbox, whoever asks for them
WISH = [signups.c[name] for name in Wish.__slots__]


@dataclass(frozen=True, slots=True)
class Signup:
    """A wish, and what became of it."""

    wish: Wish
    state: SignupState
    asked_at: datetime
    confirmed_at: datetime | None


class Signups:
    """Who asks to read."""

    def __init__(self, database: Database, folding: Folding) -> None:
        self._database = database
        self._folding = folding

    def ask(self, wish: Wish, *, at: datetime) -> str | None:
        """The nonce of a new sign-up, which replaces a pending one. None: that mailbox was asked too often today."""
        mine = signups.c.person == self._folding.person(wish.address)
        nonce = secrets.token_hex(16)
        with self._database.writing() as connection:
            today = select(func.count()).where(mine, signups.c.asked_at > at - A_DAY)
            if (connection.scalar(today) or 0) >= DAILY:
                return None
            pending = update(signups).where(mine, signups.c.state == SignupState.PENDING)
            connection.execute(pending.values(state=SignupState.REPLACED))
            row = {name: getattr(wish, name) for name in Wish.__slots__}
            row |= {"audiences": list(wish.audiences), "themes": list(wish.themes), "asked_at": at}
            row |= {"nonce": nonce, "person": self._folding.person(wish.address), "state": SignupState.PENDING}
            connection.execute(signups.insert(), row)
        return nonce

    def get(self, nonce: str) -> Signup | None:
        """The sign-up a mail leads to. None: unknown, or gone since."""
        columns = (signups.c.state, signups.c.asked_at, signups.c.confirmed_at)
        with self._database.reading() as connection:
            row = connection.execute(select(*WISH, *columns).where(signups.c.nonce == nonce)).first()
            return None if row is None else Signup(_wish(row), row.state, row.asked_at, row.confirmed_at)

    def confirm(self, nonce: str, *, at: datetime) -> int | None:
        """The mailbox has said yes: the number of its subscriber. None: unknown, used, replaced or too old."""
        pending = (signups.c.nonce == nonce) & (signups.c.state == SignupState.PENDING)
        confirming = update(signups).where(pending, signups.c.asked_at > at - LASTS)
        values = {"state": SignupState.CONFIRMED, "confirmed_at": at}
        with self._database.writing() as connection:
            row = connection.execute(
                confirming.values(values).returning(*WISH, signups.c.person, signups.c.asked_at)
            ).first()
            if row is None:
                return None
            wish = _wish(row)
            number = _subscriber(connection, row.person, wish, at)
            origin = f"{wish.origin}, demandé le {_said(row.asked_at)}, confirmé le {_said(at)}"
            join(connection, number, wish.audiences, Word(at, origin, wish.wording))
            return number


def pending(connection: Connection, person: bytes) -> list[Signup]:
    """What somebody asked for lately, the newest first."""
    columns = (signups.c.state, signups.c.asked_at, signups.c.confirmed_at)
    mine = select(*WISH, *columns).where(signups.c.person == person).order_by(signups.c.asked_at.desc())
    return [Signup(_wish(row), row.state, row.asked_at, row.confirmed_at) for row in connection.execute(mine)]


def _wish(row: Row[*tuple[object, ...]]) -> Wish:
    written = {name: getattr(row, name) for name in Wish.__slots__}
    return Wish(**{**written, "audiences": tuple(row.audiences), "themes": tuple(row.themes)})


def _said(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d/%m/%Y à %H:%M} UTC"


def _subscriber(connection: Connection, person: bytes, wish: Wish, at: datetime) -> int:
    """The number of that mailbox, for ever the same; what the wish says of its reader is added to what is known."""
    row = {"address": wish.address, "person": person, "status": "active", "themes": [], "since": at}
    connection.execute(insert_new(connection, subscribers), row)
    columns = (subscribers.c.id, subscribers.c.address, subscribers.c.first_name, subscribers.c.themes)
    known = connection.execute(select(*columns).where(subscribers.c.person == person).with_for_update()).one()
    themes = [*known.themes, *(theme for theme in wish.themes if theme not in known.themes)]
    values = {"first_name": wish.first_name or known.first_name, "themes": themes}
    if known.address is None:  # erased, and back by their own word
        values |= {"address": wish.address, "since": at}
    connection.execute(update(subscribers).where(subscribers.c.id == known.id).values(values))
    number: int = known.id
    return number
