"""Mailings: one letter on its way to one audience. An approved digest in; a copy per subscriber, counts and states out.

    filling → ready → sending ⇄ paused → done     → held (late, restored, too many refusals: waits for a person)

Each change is an UPDATE that names the state it expects. The edition follows: approved → sending → sent.
Never here: a copy's own way (ledger.py), an address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, exists, false, func, literal, select, update

from newsletter.errors import ApprovalRefused
from newsletter.model import DeliveryState, EditionState, MailingState
from newsletter.store.copies import Nonce
from newsletter.store.database import Database, insert_new
from newsletter.store.editions import move_edition
from newsletter.store.tables import (
    EVERY,
    deliveries,
    editions,
    letters,
    mailings,
    subscribers,
    subscriptions,
    suppressions,
)

CHUNK = 20_000
FEW, FEW_OF_ALL = 2, 0.05  # copies that may be given up without a person
MOVING = (MailingState.READY, MailingState.SENDING)
GOING = (MailingState.FILLING, *MOVING)
ENDED = (MailingState.DONE, MailingState.CANCELLED)
UNFINISHED = tuple(state for state in MailingState if state not in ENDED)
ALLOWED = (EditionState.APPROVED, EditionState.SCHEDULED, EditionState.SENDING)


@dataclass(frozen=True, slots=True)
class Mailing:
    """One letter on its way. `reason`: in French, why it is held or paused."""

    id: int
    month: str
    audience: str
    digest: str
    state: MailingState
    reason: str | None
    created_at: datetime
    filled_at: datetime | None
    ended_at: datetime | None
    began_at: datetime | None


COLUMNS = [mailings.c[name] for name in Mailing.__slots__]


class Mailings:
    """Mailings as a whole. `Ledger` adds what happens to their copies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, month: str, audience: str, digest: str, *, at: datetime, hold: str | None = None) -> int:
        """The number of the mailing of that letter: made now, or the one there is. `hold`: made, waiting for a person.

        Raises ApprovalRefused when the letter isn't the approved one.
        """
        with self._database.writing() as connection:
            if known := _existing(connection, month, audience):
                number, sent = known
                if sent != digest:
                    raise ApprovalRefused(f"l’édition {month} part déjà avec une autre lettre pour « {audience} »")
                return number
            _approved(connection, month, audience, digest)
            state = MailingState.HELD if hold else MailingState.FILLING
            row: dict[str, object] = {"month": month, "audience": audience, "digest": digest, "state": state}
            row |= {"reason": hold, "created_at": at, "began_at": at, "filled_to": 0}
            connection.execute(insert_new(connection, mailings), row)
            move_edition(connection, month, ALLOWED, EditionState.SENDING, at)
            made: int = connection.execute(
                select(mailings.c.id).where(mailings.c.month == month, mailings.c.audience == audience)
            ).scalar_one()
            return made

    def fill(self, mailing: int, *, at: datetime, chunk: int = CHUNK, both: str | None = None) -> int:
        """Makes a copy for each who reads this letter now, then the mailing is ready. Goes on where a crash left it.

        `both`: who reads that letter gets it, and no other.
        By ranges of subscribers: 20,000 hold the write lock some 0.1 s, 300,000 at once held it 1.1 s. A chunk that a
        power cut loses is made again.
        """
        while True:
            with self._database.writing(lasting=False) as connection:
                standing = connection.execute(
                    select(mailings.c.audience, mailings.c.filled_to)
                    .where(mailings.c.id == mailing, mailings.c.state == MailingState.FILLING)
                    .with_for_update()
                ).first()
                if standing is None:
                    return _number_of_copies(connection, mailing)
                top = connection.scalar(select(func.coalesce(func.max(subscribers.c.id), 0))) or 0
                high = min(standing.filled_to + chunk, top)
                who = _reading(standing.audience, both)
                connection.execute(_copies(connection, mailing, who, (standing.filled_to, high), at))
                connection.execute(update(mailings).where(mailings.c.id == mailing).values(filled_to=high))
                if high == top:
                    _change(connection, mailing, (MailingState.FILLING,), MailingState.READY, filled_at=at)

    def would_get(self, subscriber: int, audiences: Sequence[str], both: str | None = None) -> tuple[str, ...]:
        """Which of these letters somebody would get, were the mailings filled now."""
        mine = select(subscriptions.c.audience).join_from(
            subscriptions, subscribers, subscribers.c.id == subscriptions.c.subscriber_id
        )
        mine = mine.where(subscribers.c.id == subscriber)
        with self._database.reading() as connection:
            return tuple(name for name in audiences if connection.scalar(mine.where(_reading(name, both))) is not None)

    def mailing(self, number: int) -> Mailing:
        """How a mailing stands."""
        with self._database.reading() as connection:
            return Mailing(*connection.execute(select(*COLUMNS).where(mailings.c.id == number)).one())

    def mailings(self, month: str) -> list[Mailing]:
        """An edition's mailings, by audience."""
        with self._database.reading() as connection:
            rows = connection.execute(select(*COLUMNS).where(mailings.c.month == month).order_by(mailings.c.audience))
            return [Mailing(*row) for row in rows]

    def counts(self, which: str | int) -> dict[DeliveryState, int]:
        """How many copies are in each state, of a mailing or of a month; a state nobody is in is 0."""
        counted = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        if isinstance(which, int):
            counted = counted.where(deliveries.c.mailing_id == which)
        else:
            counted = counted.join(mailings, mailings.c.id == deliveries.c.mailing_id).where(mailings.c.month == which)
        with self._database.reading() as connection:
            found: dict[DeliveryState, int] = dict(connection.execute(counted).all())
        return {state: found.get(state, 0) for state in DeliveryState}

    def pause(self, mailing: int, reason: str | None = None) -> bool:
        """Nothing more is handed over, until `resume`. Whether the state changed, as all of these say."""
        with self._database.writing() as connection:
            return _change(connection, mailing, MOVING, MailingState.PAUSED, reason=reason)

    def hold(self, mailing: int, reason: str) -> bool:
        """Nothing more is handed over, until a person has looked."""
        with self._database.writing() as connection:
            return _change(connection, mailing, UNFINISHED, MailingState.HELD, reason=reason)

    def resume(self, mailing: int, *, at: datetime | None = None) -> bool:
        """A paused mailing sends again; a held one is ready again, or fills on. `at`: who waits is tried then."""
        with self._database.writing() as connection:
            held = (mailings.c.id == mailing) & (mailings.c.state == MailingState.HELD)
            unfilled = held & mailings.c.filled_at.is_(None)
            filling = update(mailings).where(unfilled).values(state=MailingState.FILLING, reason=None)
            resumed = (
                _change(connection, mailing, (MailingState.PAUSED,), MailingState.SENDING, reason=None)
                or connection.execute(filling).rowcount > 0
                or _change(connection, mailing, (MailingState.HELD,), MailingState.READY, reason=None)
            )
            if resumed and at:
                _begin(connection, mailing, at)
            return resumed

    def begin_again(self, mailing: int, *, at: datetime) -> None:
        """A person has it go on: its lateness counts from now."""
        with self._database.writing() as connection:
            _begin(connection, mailing, at)

    def give_up(self, mailing: int, hours: int, *, at: datetime) -> None:
        """What still waits so long after the mailing began is not tried any more by itself.

        A few who were postponed each time are refused, with what was said last: a full mailbox holds nobody up. When
        many wait, or some were never tried, it was not about them: the mailing is held for a person.
        """
        with self._database.writing() as connection:
            standing = select(mailings.c.filled_at).where(mailings.c.id == mailing, mailings.c.state.in_(GOING))
            going = connection.execute(standing.with_for_update()).first()
            if going is None:
                return
            waiting = (deliveries.c.mailing_id == mailing) & (deliveries.c.state == DeliveryState.QUEUED)
            count = connection.scalar(select(func.count()).where(waiting)) or 0
            fresh = connection.scalar(select(func.count()).where(waiting, deliveries.c.attempts == 0))
            copies = _number_of_copies(connection, mailing)
            few = min(max(FEW, int(FEW_OF_ALL * copies)), copies // 2)
            if going.filled_at is None or fresh or count > few:
                reason = (
                    f"{hours} h après le départ, {count if going.filled_at else 'tous les'} exemplaires attendent "
                    "encore ; newsletter resume pour les essayer encore, newsletter cancel pour y renoncer"
                )
                _change(connection, mailing, GOING, MailingState.HELD, reason=reason)
            elif count:
                said = func.coalesce(deliveries.c.detail, "") + f" ; abandonné après {hours} h"
                refused = {"state": DeliveryState.REFUSED, "free_at": None, "settled_at": at, "detail": said}
                connection.execute(update(deliveries).where(waiting).values(refused))

    def cancel(self, mailing: int, *, at: datetime) -> bool:
        """Copies that haven't left won't."""
        with self._database.writing() as connection:
            if not _change(connection, mailing, UNFINISHED, MailingState.CANCELLED, ended_at=at):
                return False
            waiting = (deliveries.c.mailing_id == mailing) & (deliveries.c.state == DeliveryState.QUEUED)
            gone = {"state": DeliveryState.SKIPPED, "free_at": None, "settled_at": at, "detail": "envoi annulé"}
            connection.execute(update(deliveries).where(waiting).values(gone))
            _edition_follows(connection, mailing, at)
            return True

    def finish(self, mailing: int, *, at: datetime) -> bool:
        """Whether the mailing is done: nothing is queued, nothing on its way. What is uncertain waits for a person."""
        with self._database.writing() as connection:
            open_ = exists().where(
                deliveries.c.mailing_id == mailing,
                deliveries.c.state.in_((DeliveryState.QUEUED, DeliveryState.SENDING)),
            )
            done = update(mailings).where(mailings.c.id == mailing, mailings.c.state.in_(MOVING), ~open_)
            if connection.execute(done.values(state=MailingState.DONE, ended_at=at)).rowcount:
                _edition_follows(connection, mailing, at)
            state = connection.scalar(select(mailings.c.state).where(mailings.c.id == mailing))
            return state is MailingState.DONE


def suppressed(person: ColumnElement[bytes], audience: ColumnElement[str] | str) -> ColumnElement[bool]:
    """Whether somebody left that letter, or all."""
    letter = (suppressions.c.audience == audience) | (suppressions.c.audience == EVERY)
    return exists().where(suppressions.c.person == person, letter)


def elsewhere(both: str | None) -> ColumnElement[bool]:
    """Whether a subscription gives no copy, because its reader gets the letter that counts for both."""
    if both is None:
        return false()
    other = subscriptions.alias("other")
    reads = (other.c.subscriber_id == subscriptions.c.subscriber_id) & other.c.ended_at.is_(None)
    return (subscriptions.c.audience != both) & exists().where(other.c.audience == both, reads)


def _reading(audience: str, both: str | None) -> ColumnElement[bool]:
    """Who gets a letter."""
    active = (subscriptions.c.audience == audience) & subscriptions.c.ended_at.is_(None)
    who = active & ~suppressed(subscribers.c.person, audience)
    return who if both in (None, audience) else who & ~elsewhere(both)


def _copies(
    connection: Connection, mailing: int, who: ColumnElement[bool], within: tuple[int, int], at: datetime
) -> Executable:
    values: dict[str, ColumnElement[Any]] = {
        "nonce": Nonce(),
        "mailing_id": literal(mailing),
        "subscriber_id": subscribers.c.id,
        "state": literal(DeliveryState.QUEUED, deliveries.c.state.type),
        "free_at": literal(at, deliveries.c.free_at.type),
        "attempts": literal(0),
    }
    reading = (
        select(*values.values())
        .join_from(subscriptions, subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(who, subscriptions.c.subscriber_id > within[0], subscriptions.c.subscriber_id <= within[1])
        .order_by(subscribers.c.id)
    )
    return insert_new(connection, deliveries).from_select(list(values), reading)


def _number_of_copies(connection: Connection, mailing: int) -> int:
    return connection.scalar(select(func.count()).where(deliveries.c.mailing_id == mailing)) or 0


def _existing(connection: Connection, month: str, audience: str) -> tuple[int, str] | None:
    row = connection.execute(
        select(mailings.c.id, mailings.c.digest).where(mailings.c.month == month, mailings.c.audience == audience)
    ).first()
    return None if row is None else (row.id, row.digest)


def _approved(connection: Connection, month: str, audience: str, digest: str) -> None:
    current = (letters.c.month == editions.c.month) & (letters.c.version == editions.c.version)
    edition = connection.execute(
        select(editions.c.state, letters.c.digest)
        .join(letters, current & (letters.c.audience == audience))
        .where(editions.c.month == month)
        .with_for_update(of=editions)
    ).first()
    if edition is None or edition.state not in ALLOWED:
        raise ApprovalRefused(f"l’édition {month} n’est pas approuvée : rien ne part ; newsletter approve {month}")
    if edition.digest != digest:
        raise ApprovalRefused(f"la lettre « {audience} » de {month} n’est pas celle qui a été approuvée : rien ne part")


def _change(
    connection: Connection, mailing: int, expected: Sequence[MailingState], to: MailingState, **values: object
) -> bool:
    """Whether the mailing was in one of the expected states, and now is in the other."""
    which = update(mailings).where(mailings.c.id == mailing, mailings.c.state.in_(expected))
    return connection.execute(which.values(state=to, **values)).rowcount > 0


def _begin(connection: Connection, mailing: int, at: datetime) -> None:
    connection.execute(
        update(mailings).where(mailings.c.id == mailing, mailings.c.state.in_(UNFINISHED)).values(began_at=at)
    )
    waits = (deliveries.c.mailing_id == mailing) & (deliveries.c.state == DeliveryState.QUEUED)
    waits &= deliveries.c.lease_id.is_(None) & (deliveries.c.free_at > at)
    connection.execute(update(deliveries).where(waits).values(free_at=at))


def _edition_follows(connection: Connection, mailing: int, at: datetime) -> None:
    """When each of its letters has been sent, or won't be, the edition is sent (or cancelled, if none was)."""
    month = connection.execute(select(mailings.c.month).where(mailings.c.id == mailing)).scalar_one()
    current = (letters.c.month == editions.c.month) & (letters.c.version == editions.c.version)
    to_send = connection.scalars(
        select(letters.c.audience).join(editions, current).where(editions.c.month == month)
    ).all()
    ended = connection.execute(
        select(mailings.c.audience, mailings.c.state).where(mailings.c.month == month, mailings.c.state.in_(ENDED))
    )
    states = dict(ended.all())
    if set(to_send) <= set(states):
        sent = MailingState.DONE in states.values()
        to = EditionState.SENT if sent else EditionState.CANCELLED
        move_edition(connection, month, (EditionState.SENDING,), to, at)
