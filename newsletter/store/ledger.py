"""The ledger: a row per copy, and a word for what can't be known. Nobody twice, nobody forgotten, whatever crashes.

    queued → sending → accepted | refused | uncertain     sending → queued only on "later"
    queued → skipped (left, cancelled since)              uncertain → accepted | refused | queued | dropped

A worker leases queued copies (they stay queued), hands over a small window (`sending`, on disk before a byte leaves,
having looked once more who left), and settles what the transport answers. What a dead worker leaves at `sending` is
uncertain: only a person makes it queued again.
Never here: a mail, a connection to anything but the database.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Text,
    Update,
    bindparam,
    exists,
    func,
    literal,
    select,
    update,
)

from newsletter.model import Answer, DeliveryState, Field, MailingState, Receipt, Recipient
from newsletter.store import copies
from newsletter.store.editions import reopen_approved
from newsletter.store.mailings import GOING, MOVING, UNFINISHED, suppressed
from newsletter.store.resolving import Resolving
from newsletter.store.tables import deliveries, leases, mailings, subscribers, subscriptions
from newsletter.store.workers import Worker

LATER = 300.0  # seconds until the next try, when a relay says "later" and no more
LATEST = 3600.0  # twice as long each time, up to this
QUEUED, SENDING = DeliveryState.QUEUED, DeliveryState.SENDING
STATES = {
    Answer.ACCEPTED: DeliveryState.ACCEPTED,
    Answer.REFUSED: DeliveryState.REFUSED,
    Answer.UNCERTAIN: DeliveryState.UNCERTAIN,
}


@dataclass(frozen=True, slots=True)
class Window:
    """A few copies of a lease, to hand over at once. `rows`: their numbers in the ledger, in the same order."""

    lease: int
    rows: tuple[int, ...]
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class Lease:
    """Copies that are one worker's for a while. They are still queued."""

    id: int
    mailing: int
    ends_at: datetime
    rows: tuple[int, ...]
    recipients: tuple[Recipient, ...]

    def windows(self, size: int) -> Iterator[Window]:
        """All of it, `size` at a time."""
        for start in range(0, len(self.rows), size):
            stop = start + size
            yield Window(self.id, self.rows[start:stop], self.recipients[start:stop])


class Ledger(Resolving):
    """Every copy of every mailing."""

    def lease(
        self,
        mailing: int,
        worker: Worker,
        *,
        at: datetime,
        size: int = 1000,
        for_seconds: float = 600.0,
        word: str | None = None,
    ) -> Lease | None:
        """Copies that nobody has now, for this worker until the lease ends. None: there are none (`next_free`).

        `word`: what the epoch knows it by.
        """
        ends_at = at + timedelta(seconds=for_seconds)
        with self._database.writing(lasting=False) as connection:
            # First: of two workers that both look at the row, neither could change it then (PostgreSQL: a deadlock).
            moving = update(mailings).where(mailings.c.id == mailing, mailings.c.state == MailingState.READY)
            connection.execute(moving.values(state=MailingState.SENDING))
            if not _going(connection, mailing):
                return None
            rows = _free(connection, mailing, at, size)
            if not rows:
                return None
            lease = _new_lease(connection, mailing, worker, (at, ends_at), word)
            numbers = tuple([number for number, *_ in rows])
            leased = update(deliveries).where(copies.among(deliveries.c.id, numbers))
            connection.execute(leased.values(lease_id=lease, free_at=ends_at))
        return Lease(lease, mailing, ends_at, numbers, tuple([_recipient(*row) for row in rows]))

    def next_free(self, mailing: int) -> datetime | None:
        """When a copy can next be leased; None when none is queued."""
        first = select(func.min(deliveries.c.free_at)).where(
            deliveries.c.mailing_id == mailing, deliveries.c.state == QUEUED
        )
        with self._database.reading() as connection:
            return connection.execute(first).scalar_one_or_none()

    def hand_over(self, window: Window, *, at: datetime) -> list[Recipient]:
        """Marks the window `sending`, on disk when this returns: these may leave now, and no others.

        Who left since is skipped; copies that are no longer this lease's are not touched; when the mailing is paused,
        held or cancelled, none leaves.
        """
        mine = {"rows": copies.listed(window.rows), "lease": window.lease, "now": at}
        with self._database.writing() as connection:
            audience = _going(
                connection, select(leases.c.mailing_id).where(leases.c.id == window.lease).scalar_subquery()
            )
            if audience is None:
                connection.execute(FREE, mine)
                return []
            handed = set(connection.scalars(HAND_OVER, {**mine, "letter": audience}))
            connection.execute(CARRIED, {"carrier": window.lease, "copies": len(handed), "now": at})
            if len(handed) < len(window.rows):
                connection.execute(SKIP, mine)
        return [who for row, who in zip(window.rows, window.recipients, strict=True) if row in handed]

    def settle(self, receipts: Iterable[Receipt], *, at: datetime) -> int:
        """Writes down what was answered, in one commit; how many copies that changed. The same again changes none.

        An answer that a power cut loses leaves its copy uncertain.
        """
        receipts = list(receipts)
        alike: dict[tuple[object, int], list[Receipt]] = {}
        few: dict[Answer, list[dict[str, object]]] = {}
        with self._database.writing(lasting=False) as connection:
            tries = _tries(connection, receipts)
            for receipt in receipts:
                words = (receipt.answer, receipt.detail, receipt.reference, receipt.retry_after)
                alike.setdefault((words, _tried(receipt, tries)), []).append(receipt)
            changed = 0
            for (_, tried), group in alike.items():
                said = _answered(group[0], at, tried)
                if len(group) < ALIKE:
                    few.setdefault(group[0].answer, []).extend({**_one(receipt), **said} for receipt in group)
                    continue
                settling = _settling(group[0].answer, copies.named(receipt.delivery for receipt in group))
                changed += connection.execute(settling, said).rowcount
            for answer, rows in few.items():
                changed += connection.execute(SETTLE[answer], rows).rowcount
            return changed

    def release(self, lease: Lease, *, at: datetime) -> None:
        """Ends a lease: what is still queued is free; what was handed over and never settled is uncertain."""
        mine = copies.among(deliveries.c.id, lease.rows) & (deliveries.c.lease_id == lease.id)
        with self._database.writing() as connection:
            waiting = update(deliveries).where(mine, deliveries.c.state == QUEUED)
            connection.execute(waiting.values(lease_id=None, free_at=at))
            _doubt(connection, mine, "l’envoi s’est interrompu", at)

    def recover(self, worker: Worker, *, at: datetime) -> int:
        """Looks for what dead workers left: `sending` is uncertain, only leased is free. How many are uncertain now.

        Nothing can be seen of another machine's worker: it is dead when its lease has ended. What PostgreSQL still does
        for a dead one is left for the next look: to wait for it was a deadlock.
        """
        with self._database.writing() as connection:
            dead = [lease for lease in _held_leases(connection, at) if _dead(lease, worker, at)]
            doubtful = 0
            for lease in dead:
                left = deliveries.c.id.in_(_left_by(connection, lease))
                doubtful += _doubt(connection, left, "l’envoi s’est arrêté en chemin", at)
                waiting = left & (deliveries.c.state == QUEUED) & (deliveries.c.free_at == lease.ends_at)
                connection.execute(update(deliveries).where(waiting).values(lease_id=None, free_at=at))
            return doubtful

    def hold_unfinished(self, reason: str, *, at: datetime, restored: bool = True) -> int:
        """Holds every mailing that nobody has stopped, for a person; how many. What is on its way is uncertain.

        A restored copy doesn't know what happened since it was made: what it has as queued is uncertain too, also of
        mailings that were stopped, and what it has as approved is a draft again.
        """
        doubtful, known = ((QUEUED, SENDING), UNFINISHED) if restored else ((SENDING,), GOING)
        with self._database.writing() as connection:
            holding = update(mailings).where(mailings.c.state.in_(known)).returning(mailings.c.id)
            held = {"state": MailingState.HELD, "reason": reason}
            unfinished = connection.scalars(holding.values(held)).all()
            for mailing in unfinished:
                for state in doubtful:
                    _in_order(connection, (deliveries.c.mailing_id == mailing) & (deliveries.c.state == state))
                    _doubt(connection, deliveries.c.mailing_id == mailing, reason, at, was=state)
            if restored:
                reopen_approved(connection, at)
            return len(unfinished)

    def reader(self, delivery: str) -> copies.Reader | None:
        """Who a copy is for, and of which letter; None: no copy has that name."""
        with self._database.reading() as connection:
            return copies.reader(connection, delivery)


MINE = (
    copies.among(deliveries.c.id, bindparam("rows", type_=Text()))
    & (deliveries.c.lease_id == bindparam("lease"))
    & (deliveries.c.state == QUEUED)
)
STILL_READS = exists().where(
    subscriptions.c.audience == bindparam("letter"),
    subscriptions.c.subscriber_id == deliveries.c.subscriber_id,
    subscriptions.c.ended_at.is_(None),
    subscribers.c.id == deliveries.c.subscriber_id,
    ~suppressed(subscribers.c.person, bindparam("letter")),
)
HAND_OVER = (
    update(deliveries)
    .where(MINE, STILL_READS)
    .values(state=SENDING, free_at=None, handed_at=bindparam("now"))
    .returning(deliveries.c.id)
)
SKIP = (
    update(deliveries)
    .where(MINE)
    .values(state=DeliveryState.SKIPPED, free_at=None, settled_at=bindparam("now"), detail="désinscription")
)
CARRIED = (
    update(leases)
    .where(leases.c.id == bindparam("carrier"))
    .values(handed=leases.c.handed + bindparam("copies"), last_at=bindparam("now"))
)
FREE = update(deliveries).where(MINE).values(lease_id=None, free_at=bindparam("now"))


def _settling(answer: Answer, which: ColumnElement[bool]) -> Update:
    """The states an answer is for. A provider's word also ends a doubt, but for "later": it may be another try's."""
    expected = deliveries.c.state == SENDING
    if answer in (Answer.ACCEPTED, Answer.REFUSED):
        expected = expected | (deliveries.c.state == DeliveryState.UNCERTAIN)
    settling = update(deliveries).where(which, expected)
    if answer is Answer.LATER:
        again: dict[str, Any] = {
            "free_at": bindparam("again_at"),
            "attempts": deliveries.c.attempts + 1,
            "lease_id": None,
        }
        return settling.values(state=QUEUED, detail=bindparam("said"), **again)
    answered: dict[str, Any] = {"settled_at": bindparam("answered_at"), "reference": bindparam("name")}
    return settling.values(state=STATES[answer], detail=bindparam("said"), **answered)


ONE = (deliveries.c.id == bindparam("copy")) & (deliveries.c.nonce == bindparam("word"))
SETTLE = {answer: _settling(answer, ONE) for answer in Answer}
ALIKE = 20  # copies answered in the same words: one UPDATE, 4 times as fast as a row at a time


def _tries(connection: Connection, receipts: Sequence[Receipt]) -> dict[int, int]:
    """How often each copy was postponed before, when one is again. On PostgreSQL, locks them in everyone's order."""
    if connection.dialect.name == "sqlite" and not any(receipt.answer is Answer.LATER for receipt in receipts):
        return {}
    known = select(deliveries.c.id, deliveries.c.attempts).where(copies.named(one.delivery for one in receipts))
    rows = connection.execute(known.order_by(deliveries.c.id).with_for_update())
    return {row.id: row.attempts for row in rows}


def _tried(receipt: Receipt, tries: dict[int, int]) -> int:
    return tries.get(copies.split(receipt.delivery)[0], 0) if receipt.answer is Answer.LATER else 0


def _answered(receipt: Receipt, at: datetime, tried: int) -> dict[str, object]:
    said = {"said": receipt.detail or None}
    if receipt.answer is Answer.LATER:
        seconds = LATER if receipt.retry_after is None else receipt.retry_after
        patience = max(seconds, min(seconds * 2 ** min(tried, 10), LATEST))
        return {**said, "again_at": at + timedelta(seconds=patience)}
    return {**said, "answered_at": at, "name": receipt.reference}


def _one(receipt: Receipt) -> dict[str, object]:
    number, nonce = copies.split(receipt.delivery)
    return {"copy": number, "word": nonce}


def _going(connection: Connection, mailing: int | ScalarSelect[int]) -> str | None:
    """The audience of a mailing whose copies may leave now."""
    going = select(mailings.c.audience).where(mailings.c.id == mailing, mailings.c.state.in_(MOVING))
    return connection.scalar(going.with_for_update(read=True))


def _free(connection: Connection, mailing: int, at: datetime, size: int) -> Sequence[Row[*tuple[Any, ...]]]:
    free = (
        select(deliveries.c.id, deliveries.c.nonce, subscribers.c.address, subscribers.c.first_name)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(deliveries.c.mailing_id == mailing, deliveries.c.state == QUEUED, deliveries.c.free_at <= at)
        .order_by(deliveries.c.free_at, deliveries.c.id)
        .limit(size)
        .with_for_update(of=deliveries, skip_locked=True)
    )
    return connection.execute(free).all()


def _recipient(number: int, nonce: str, address: str | None, first_name: str | None) -> Recipient:
    fields = {Field.FIRST_NAME: first_name} if first_name else {}
    return Recipient(copies.name(number, nonce), address or "", fields)


def _new_lease(
    connection: Connection, mailing: int, worker: Worker, term: tuple[datetime, datetime], word: str | None
) -> int:
    row = {"mailing_id": mailing, "host": worker.host, "pid": worker.pid, "started": worker.started, "word": word}
    new = leases.insert().returning(leases.c.id)
    row |= {"boot": worker.boot, "leased_at": term[0], "ends_at": term[1]}
    number: int = connection.execute(new, row).scalar_one()
    return number


def _in_order(connection: Connection, which: ColumnElement[bool]) -> None:
    """Locks copies in the order everyone locks them in: of two that lock the same, none waits for the other."""
    if connection.dialect.name != "sqlite":
        connection.execute(select(deliveries.c.id).where(which).order_by(deliveries.c.id).with_for_update())


def _left_by(connection: Connection, lease: Row[*tuple[Any, ...]]) -> Sequence[int]:
    mine = (deliveries.c.mailing_id == lease.mailing_id) & (deliveries.c.lease_id == lease.id)
    left = select(deliveries.c.id).where(mine, deliveries.c.state.in_((QUEUED, SENDING)))
    return connection.scalars(left.order_by(deliveries.c.id).with_for_update(skip_locked=True)).all()


def _held_leases(connection: Connection, at: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """Leases that still run, or whose copies are on their way."""
    on_their_way = (
        select(deliveries.c.lease_id)
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .where(deliveries.c.state == SENDING)
    )
    return connection.execute(select(leases).where((leases.c.ends_at > at) | leases.c.id.in_(on_their_way))).all()


def _dead(lease: Row[*tuple[Any, ...]], worker: Worker, at: datetime) -> bool:
    other = Worker(lease.host, lease.pid, lease.started, lease.boot)
    return worker.sees_dead(other, lease.ends_at, at)


def _doubt(
    connection: Connection, which: ColumnElement[bool], detail: str, at: datetime, was: DeliveryState = SENDING
) -> int:
    doubtful = {"state": DeliveryState.UNCERTAIN, "free_at": None, "lease_id": None, "detail": detail}
    handed = func.coalesce(deliveries.c.handed_at, literal(at, deliveries.c.handed_at.type))
    changing = update(deliveries).where(which, deliveries.c.state == was)
    return connection.execute(changing.values(handed_at=handed, **doubtful)).rowcount
