"""Notices: the outbox of every mail that is no letter. One row is one mail to one mailbox, with the ledger's promises.

    queued → sending → accepted | refused | uncertain     sending → queued only on "later", with a time
    accepted | uncertain → refused when it comes back     uncertain → accepted when somebody says so

`sending`, and who carries it, is on disk before a byte leaves; what a dead worker leaves so is uncertain, and nothing
sends it again. Once a notice has left, its words are forgotten: a link in them opens somebody's choices.
Never here: a mail, a connection to anything but the database.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from newsletter.model import Answer, Event, Happening, Notice, NoticeState, Receipt
from newsletter.store.database import Database, insert_new
from newsletter.store.folding import Folding
from newsletter.store.tables import NONCE, notices
from newsletter.store.workers import Worker

QUEUED, SENDING, UNCERTAIN = NoticeState.QUEUED, NoticeState.SENDING, NoticeState.UNCERTAIN
UNFINISHED = (QUEUED, SENDING)
PATIENCE = timedelta(minutes=10)  # after which a worker of another machine is believed dead
AGAIN, LONGEST = 60.0, 86_400.0  # seconds: the first try after a "later", then twice as long each time, up to a day
GIVE_UP = timedelta(days=7)  # a confirmation that is older is worth nothing
NOTICE = "n"  # before its nonce, when it is named outside; a copy's name is hexadecimal
BACK = (Happening.BOUNCED, Happening.BLOCKED, Happening.DROPPED)
THROUGH = (Happening.PROCESSED, Happening.DELIVERED)
SAID_NOTHING = {"text": "", "html": None}
WORDS = [notices.c[name] for name in Notice.__slots__]


@dataclass(frozen=True, slots=True)
class Handed:
    """A notice that may leave now. `delivery` is what it is called outside: no copy of a letter is called so."""

    id: int
    attempt: int
    delivery: str
    created_at: datetime
    notice: Notice


class Notices:
    """Every mail that is no letter."""

    def __init__(self, database: Database, folding: Folding) -> None:
        self._database = database
        self._folding = folding

    def put(self, notice: Notice, *, at: datetime) -> bool:
        """Takes a notice to send. False when one about the same thing was put before: it stays the only one."""
        row = asdict(notice) | {"nonce": secrets.token_hex(NONCE // 2), "person": self._folding.person(notice.address)}
        row |= {"state": QUEUED, "free_at": at, "attempts": 0, "created_at": at}
        with self._database.writing() as connection:
            adding = insert_new(connection, notices).returning(notices.c.id)
            return connection.execute(adding, row).first() is not None

    def next_free(self) -> datetime | None:
        """When a notice can next leave; None when none is queued."""
        first = select(func.min(notices.c.free_at)).where(notices.c.state == QUEUED)
        with self._database.reading() as connection:
            return connection.execute(first).scalar_one_or_none()

    def hand_over(self, worker: Worker, *, at: datetime) -> Handed | None:
        """The notice that has waited longest, marked `sending` on disk, this worker's alone. None: none can leave."""
        free = select(notices.c.id).where(notices.c.state == QUEUED, notices.c.free_at <= at)
        first = free.order_by(notices.c.free_at, notices.c.id).limit(1).with_for_update(skip_locked=True)
        handing = update(notices).where(notices.c.id == first.scalar_subquery(), notices.c.state == QUEUED)
        sending = {"state": SENDING, "free_at": None, "handed_at": at, "carrier": asdict(worker)}
        handing = handing.values(attempts=notices.c.attempts + 1, **sending)
        columns = (notices.c.id, notices.c.attempts, notices.c.nonce, notices.c.created_at, *WORDS)
        with self._database.writing() as connection:
            row = connection.execute(handing.returning(*columns)).first()
        return None if row is None else Handed(row[0], row[1], f"{NOTICE}{row[2]}", row[3], Notice(*row[4:]))

    def settle(self, handed: Handed, receipt: Receipt, *, at: datetime) -> bool:
        """Writes down what was answered; whether that changed anything. "Later" for a week is a refusal."""
        again = at + timedelta(seconds=max(_pause(handed.attempt), receipt.retry_after or 0.0))
        with self._database.writing(lasting=False) as connection:
            if receipt.answer is not Answer.LATER:
                ending = _end(NoticeState(receipt.answer), at, receipt.detail, reference=receipt.reference)
            elif again < handed.created_at + GIVE_UP:
                ending = {"state": QUEUED, "free_at": again, "carrier": None, "detail": receipt.detail or None}
            else:
                ending = _end(NoticeState.REFUSED, at, f"pas remis en sept jours : {receipt.detail}")
            doubtful = receipt.answer in (Answer.ACCEPTED, Answer.REFUSED)
            return _change(connection, _try(handed), (SENDING, UNCERTAIN) if doubtful else (SENDING,), ending) > 0

    def doubt(self, handed: Handed, *, at: datetime) -> bool:
        """Nobody saw an answer: it is uncertain. Whether that changed anything."""
        with self._database.writing() as connection:
            return _change(connection, _try(handed), (SENDING,), _end(UNCERTAIN, at, "l’envoi s’est interrompu")) > 0

    def hear(self, event: Event, *, at: datetime) -> bool | None:
        """What is said of one that has left; whether that changed anything. None: none is called so."""
        mine = notices.c.nonce == event.delivery.removeprefix(NOTICE)
        with self._database.writing() as connection:
            if connection.scalar(select(notices.c.id).where(mine)) is None:
                return None
            if event.kind in BACK:
                ending = _end(NoticeState.REFUSED, at, event.reason or event.status)
                return _change(connection, mine, (SENDING, UNCERTAIN, NoticeState.ACCEPTED), ending) > 0
            if event.kind in THROUGH:
                return _change(connection, mine, (UNCERTAIN,), _end(NoticeState.ACCEPTED, at, "")) > 0
            return False

    def refused(self, addresses: Sequence[str], *, since: datetime) -> list[tuple[str, str]]:
        """Those put since then that didn't arrive: to which of these mailboxes, and what about."""
        people = [self._folding.person(address) for address in addresses]
        mine = notices.c.person.in_(people) & (notices.c.created_at >= since) & (notices.c.state == NoticeState.REFUSED)
        which = select(notices.c.address, notices.c.subject).where(mine).order_by(notices.c.id)
        with self._database.reading() as connection:
            return [(row.address, row.subject) for row in connection.execute(which)]

    def put_off(self, until: datetime) -> None:
        """Nothing that is queued leaves before then: there is no way out."""
        waiting = update(notices).where(notices.c.state == QUEUED, notices.c.free_at < until)
        with self._database.writing(lasting=False) as connection:
            connection.execute(waiting.values(free_at=until))

    def recover(self, worker: Worker, *, at: datetime) -> int:
        """Looks for what dead workers were carrying: it is uncertain. How many are so now."""
        carried = select(notices.c.id, notices.c.carrier, notices.c.handed_at).where(notices.c.state == SENDING)
        with self._database.reading() as connection:
            rows = connection.execute(carried).all()
        dead = [row.id for row in rows if worker.sees_dead(Worker(**row.carrier), row.handed_at + PATIENCE, at)]
        return self._doubt_all(notices.c.id.in_(dead), (SENDING,), "l’envoi s’est arrêté en chemin", at) if dead else 0

    def doubt_unfinished(self, reason: str, *, at: datetime) -> int:
        """A restored copy doesn't know what left since it was made: all that was to leave is uncertain. How many."""
        return self._doubt_all(notices.c.id > 0, UNFINISHED, reason, at)

    def _doubt_all(self, which: ColumnElement[bool], states: Sequence[NoticeState], why: str, at: datetime) -> int:
        with self._database.writing() as connection:
            return _change(connection, which, states, _end(UNCERTAIN, at, why))

    def counts(self) -> dict[NoticeState, int]:
        """How many are in each state; a state none is in is 0."""
        counted = select(notices.c.state, func.count()).group_by(notices.c.state)
        with self._database.reading() as connection:
            found: dict[NoticeState, int] = dict(connection.execute(counted).all())
        return {state: found.get(state, 0) for state in NoticeState}

    def since(self, address: str, since: datetime) -> int:
        """How many were put for that mailbox since then, whoever asked for them."""
        mine = select(func.count()).where(notices.c.person == self._folding.person(address))
        with self._database.reading() as connection:
            return connection.scalar(mine.where(notices.c.created_at >= since)) or 0

    def forget(self, before: datetime) -> int:
        """Of what ended, and was put before then, only stays that it was sent; how many were forgotten."""
        known = notices.c.address.is_not(None) & (notices.c.created_at < before)
        old = update(notices).where(known, notices.c.state.not_in(UNFINISHED))
        with self._database.writing() as connection:
            return connection.execute(old.values(person=None, address=None, detail=None, reference=None)).rowcount


def _pause(attempt: int) -> float:
    return float(min(AGAIN * 2 ** min(attempt - 1, 20), LONGEST))


def _try(handed: Handed) -> ColumnElement[bool]:
    """This one, and not a later try of it."""
    return (notices.c.id == handed.id) & (notices.c.attempts == handed.attempt)


def _end(state: NoticeState, at: datetime, detail: str, **more: str | None) -> dict[str, Any]:
    ended = {"state": state, "settled_at": at, "free_at": None, "carrier": None, "detail": detail or None}
    return {**ended, **SAID_NOTHING, **more}


def _change(
    connection: Connection, which: ColumnElement[bool], expected: Sequence[NoticeState], values: dict[str, Any]
) -> int:
    changing = update(notices).where(which, notices.c.state.in_(expected))
    return connection.execute(changing.values(values)).rowcount
