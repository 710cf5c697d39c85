"""Subscribers: who reads what, since they agreed, until they left. Addresses live here.

Two spellings of a mailbox are one subscriber: addresses are compared folded, by a keyed hash (`person`), and kept as
typed first. Each change of consent is added to a history. Who left stays out: a suppression outlives everything, ends
the subscriptions in the same commit, and no list brings the address back.
Never here: reading a file.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, select, update

from newsletter.model import Entry, Subscriber
from newsletter.store.database import Database, insert_new
from newsletter.store.intake import Taken, take
from newsletter.store.tables import EVERY, consents, subscribers, subscriptions, suppressions

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history of a consent: given or withdrawn, for which audience, when, how."""

    audience: str
    act: str
    at: datetime
    origin: str
    wording: str | None


class Folding:
    """One mailbox, one mark, however it is typed. The key never leaves the store."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def person(self, address: str) -> bytes:
        """The keyed hash of a folded address: HMAC-SHA256, its first 16 bytes."""
        return hmac.digest(self._key, fold(address).encode(), hashlib.sha256)[:16]


def fold(address: str) -> str:
    """An address as it is compared: NFC, lower case, the domain's accents as letters (not xn--)."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", address.strip()).casefold())
    local, _, domain = folded.rpartition("@")
    if "xn--" not in domain:
        return folded
    try:
        return f"{local}@{domain.encode('ascii').decode('idna')}"
    except UnicodeError:
        return folded


class Subscribers:
    """The readers of every letter."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._folding = Folding(key)

    def take(self, entries: Iterable[Entry], *, at: datetime, file: str) -> Taken:
        """Takes in the good rows of a list. The same list again changes nothing; who left stays out."""
        return take(self._database, self._folding.person, entries, at=at, file=file)

    def show(self, address: str) -> Subscriber | None:
        """Who reads at this address; somebody suppressed before they ever subscribed has no audience."""
        person = self._folding.person(address)
        with self._database.reading() as connection:
            found = list(_readers(connection, subscribers.c.person == person))
            if found:
                return found[0][1]
            left = select(suppressions.c.at).where(suppressions.c.person == person, suppressions.c.audience == EVERY)
            return Subscriber(address, status="left") if connection.scalar(left) else None

    def history(self, address: str) -> list[Change]:
        """Every consent given or withdrawn at this address, the oldest first."""
        lines = (
            select(consents.c.audience, consents.c.act, consents.c.at, consents.c.origin, consents.c.wording)
            .join(subscribers, subscribers.c.id == consents.c.subscriber_id)
            .where(subscribers.c.person == self._folding.person(address))
            .order_by(consents.c.at, consents.c.id)
        )
        with self._database.reading() as connection:
            return [Change(*row) for row in connection.execute(lines)]

    def all(self) -> Iterator[Subscriber]:
        """Every subscriber, in the order they came; page by page, so that a million of them fit."""
        last = 0
        while True:
            with self._database.reading() as connection:
                page = list(_readers(connection, subscribers.c.id > last))
            yield from (subscriber for _, subscriber in page)
            if len(page) < PAGE:
                return
            last = page[-1][0]

    def count(self) -> dict[str, int]:
        """How many read each letter now."""
        active = (
            select(subscriptions.c.audience, func.count())
            .where(subscriptions.c.ended_at.is_(None))
            .group_by(subscriptions.c.audience)
            .order_by(subscriptions.c.audience)
        )
        with self._database.reading() as connection:
            return dict(connection.execute(active).all())

    def leave(
        self, who: str | int, audience: str | None = None, *, at: datetime, reason: str = "désinscription"
    ) -> bool:
        """Somebody (an address, or a subscriber's number) leaves one letter, or all. Whether that changed anything."""
        with self._database.writing() as connection:
            person = self._person(connection, who)
            if person is None:
                return False
            return depart(connection, person, audience, reason=reason, at=at)

    def _person(self, connection: Connection, who: str | int) -> bytes | None:
        if isinstance(who, str):
            return self._folding.person(who)
        return connection.scalar(select(subscribers.c.person).where(subscribers.c.id == who))


def _readers(connection: Connection, which: ColumnElement[bool]) -> Iterator[tuple[int, Subscriber]]:
    """A page of them."""
    columns = (subscribers.c.id, subscribers.c.address, subscribers.c.first_name, subscribers.c.status)
    rows = connection.execute(
        select(*columns, subscribers.c.themes).where(which).order_by(subscribers.c.id).limit(PAGE)
    )
    found = rows.all()
    reads: dict[int, list[str]] = {row.id: [] for row in found}
    active = select(subscriptions.c.subscriber_id, subscriptions.c.audience).where(
        subscriptions.c.subscriber_id.in_(list(reads)), subscriptions.c.ended_at.is_(None)
    )
    for number, audience in connection.execute(active.order_by(subscriptions.c.audience)):
        reads[number].append(audience)
    for row in found:
        yield row.id, Subscriber(row.address, row.first_name, row.status, tuple(reads[row.id]), tuple(row.themes))


def depart(connection: Connection, person: bytes, audience: str | None, *, reason: str, at: datetime) -> bool:
    """Somebody leaves one letter, or all, for good. Whether that changed anything."""
    row = {"person": person, "audience": audience or EVERY, "reason": reason, "at": at}
    adding = insert_new(connection, suppressions).returning(suppressions.c.audience)
    added = connection.execute(adding, row).first() is not None  # PostgreSQL counts no rows of such an INSERT
    return _end(connection, person, audience, reason=reason, at=at) or added


def _end(connection: Connection, person: bytes, audience: str | None, *, reason: str, at: datetime) -> bool:
    """Ends what is read at that address, and says so in the history."""
    subscriber = connection.scalar(select(subscribers.c.id).where(subscribers.c.person == person))
    if subscriber is None:
        return False
    mine = (subscriptions.c.subscriber_id == subscriber) & subscriptions.c.ended_at.is_(None)
    which = mine if audience is None else mine & (subscriptions.c.audience == audience)
    ended = connection.scalars(select(subscriptions.c.audience).where(which).order_by(subscriptions.c.audience)).all()
    connection.execute(update(subscriptions).where(which).values(ended_at=at))
    for name in ended:
        line = {"subscriber_id": subscriber, "audience": name, "act": "withdrawn", "at": at}
        connection.execute(consents.insert(), {**line, "origin": reason, "recorded_at": at})
    gone = (subscribers.c.id == subscriber) & ~exists().where(mine)
    connection.execute(update(subscribers).where(gone).values(status="left"))
    return bool(ended)
