"""Consent: how somebody joins letters and leaves them, whichever way they come. A change is a line of the history.

Leaving puts a suppression, which outlives everything and no list lifts. Only the person's own word does: somebody who
had left every letter and chooses some again reads these; the others stay closed to lists (OTHERS).
Never here: an address.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select, update

from newsletter.store.database import insert_new
from newsletter.store.tables import EVERY, OTHERS, consents, subscribers, subscriptions, suppressions


@dataclass(frozen=True, slots=True)
class Word:
    """How somebody said it: when, by which way, to which text."""

    at: datetime
    origin: str
    wording: str | None = None


def join(connection: Connection, number: int, audiences: Collection[str], word: Word) -> None:
    """Somebody's own word: they read these letters, whatever they had left."""
    _lift(connection, number, audiences)
    for audience in sorted(audiences):
        row = {"audience": audience, "subscriber_id": number, "since": word.at}
        connection.execute(insert_new(connection, subscriptions), row)
        mine = (subscriptions.c.audience == audience) & (subscriptions.c.subscriber_id == number)
        again = update(subscriptions).where(mine, subscriptions.c.ended_at.is_not(None))
        connection.execute(again.values(since=word.at, ended_at=None))
        note(connection, number, audience, "given", word)
    reads = exists().where(subscriptions.c.subscriber_id == number, subscriptions.c.ended_at.is_(None))
    connection.execute(update(subscribers).where(subscribers.c.id == number, reads).values(status="active"))


def _lift(connection: Connection, number: int, audiences: Collection[str]) -> None:
    person = select(subscribers.c.person).where(subscribers.c.id == number).scalar_subquery()
    mine = suppressions.c.person == person
    every = mine & (suppressions.c.audience == EVERY)
    if audiences and connection.scalar(select(suppressions.c.at).where(every)):
        connection.execute(delete(suppressions).where(mine, suppressions.c.audience == OTHERS))
        connection.execute(update(suppressions).where(every).values(audience=OTHERS))
    connection.execute(delete(suppressions).where(mine, suppressions.c.audience.in_(audiences)))


def depart(connection: Connection, person: bytes, audience: str | None, *, reason: str, at: datetime) -> bool:
    """Somebody leaves one letter, or all, for good. Whether that changed anything."""
    row = {"person": person, "audience": audience or EVERY, "reason": reason, "at": at}
    adding = insert_new(connection, suppressions).returning(suppressions.c.audience)
    added = connection.execute(adding, row).first() is not None  # PostgreSQL counts no rows of such an INSERT
    return _end(connection, person, audience, Word(at, reason)) or added


def _end(connection: Connection, person: bytes, audience: str | None, word: Word) -> bool:
    """Ends what is read at that address, and says so in the history."""
    subscriber = connection.scalar(select(subscribers.c.id).where(subscribers.c.person == person))
    if subscriber is None:
        return False
    mine = (subscriptions.c.subscriber_id == subscriber) & subscriptions.c.ended_at.is_(None)
    which = mine if audience is None else mine & (subscriptions.c.audience == audience)
    ended = connection.scalars(
        update(subscriptions).where(which).values(ended_at=word.at).returning(subscriptions.c.audience)
    )
    lines = sorted(ended)
    for name in lines:
        note(connection, subscriber, name, "withdrawn", word)
    gone = (subscribers.c.id == subscriber) & (subscribers.c.status == "active") & ~exists().where(mine)
    connection.execute(update(subscribers).where(gone).values(status="left"))
    return bool(lines)


def reads(connection: Connection, number: int) -> frozenset[str]:
    """Which letters a subscriber reads now."""
    now = (subscriptions.c.subscriber_id == number) & subscriptions.c.ended_at.is_(None)
    return frozenset(connection.scalars(select(subscriptions.c.audience).where(now)))


def note(connection: Connection, number: int, audience: str, act: str, word: Word) -> None:
    """A line of the history."""
    note_all(connection, [number], audience, act, word)


def note_all(connection: Connection, numbers: Iterable[int], audience: str, act: str, word: Word) -> None:
    """The same line in the history of each."""
    line = {"audience": audience, "act": act, "at": word.at, "origin": word.origin, "wording": word.wording}
    rows = [{"subscriber_id": number, **line, "recorded_at": word.at} for number in numbers]
    if rows:
        connection.execute(consents.insert(), rows)
