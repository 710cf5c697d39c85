"""Subscribers: who reads what, since they agreed, until they left. Addresses live here.

Two spellings of a mailbox are one subscriber: addresses are compared folded, by a keyed hash (`person`), and kept as
typed first. Each change of consent is added to a history. Who left stays out: a suppression outlives everything, ends
the subscriptions in the same commit, and no list brings the address back.
Never here: reading a file.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from newsletter.model import Choice, Entry, Subscriber
from newsletter.store.consent import Word, depart, join, note, reads
from newsletter.store.database import Database
from newsletter.store.erasing import erase
from newsletter.store.folding import Folding
from newsletter.store.intake import Intake, Taken, take
from newsletter.store.known import Change, Known, history, look_up
from newsletter.store.listing import Listed, agreements
from newsletter.store.mailings import elsewhere
from newsletter.store.tables import EVERY, subscribers, subscriptions, suppressions

PAGE = 1000
LONGEST = 2000  # letters of what somebody says when they leave


class Subscribers:
    """The readers of every letter."""

    def __init__(self, database: Database, folding: Folding) -> None:
        self._database = database
        self._folding = folding

    def take(self, entries: Iterable[Entry], *, at: datetime, file: str, keep: bool = True) -> Taken:
        """Takes in the good rows of a list. The same list again changes nothing; who left stays out.

        Not `keep`: says what would change, and changes nothing; other writers wait until the end.
        """
        return take(self._database, self._folding.person, entries, Intake(at, file, keep))

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
        with self._database.reading() as connection:
            mine = select(subscribers.c.id).where(subscribers.c.person == self._folding.person(address))
            number = connection.scalar(mine)
            return [] if number is None else history(connection, number)

    def known(self, who: str | int) -> Known | None:
        """All that is known of an address or a number; None: nothing is."""
        with self._database.reading() as connection:
            person = self._person(connection, who)
            return None if person is None else look_up(connection, person)

    def number(self, address: str) -> int | None:
        """The number of who reads, or once read, at this address. None: nobody, or erased."""
        mine = (subscribers.c.person == self._folding.person(address)) & subscribers.c.address.is_not(None)
        with self._database.reading() as connection:
            return connection.scalar(select(subscribers.c.id).where(mine))

    def get(self, number: int) -> Subscriber | None:
        """Who has that number. None: nobody, or erased."""
        mine = (subscribers.c.id == number) & subscribers.c.address.is_not(None)
        with self._database.reading() as connection:
            return next((subscriber for _, subscriber in _readers(connection, mine)), None)

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

    def listed(self) -> Iterator[Listed]:
        """Every subscriber with their consents, to be written down: page by page, in the order they came."""
        last = 0
        while True:
            with self._database.reading() as connection:
                page = list(_readers(connection, (subscribers.c.id > last) & subscribers.c.address.is_not(None)))
                lines = agreements(connection, page)
            yield from lines
            if len(page) < PAGE:
                return
            last = page[-1][0]

    def count(self, both: str | None = None) -> dict[str, int]:
        """How many get each letter now. `both`: who reads that one gets it, and no other."""
        active = (
            select(subscriptions.c.audience, func.count())
            .where(subscriptions.c.ended_at.is_(None), ~elsewhere(both))
            .group_by(subscriptions.c.audience)
            .order_by(subscriptions.c.audience)
        )
        with self._database.reading() as connection:
            return dict(connection.execute(active).all())

    def gone(self, audience: str, since: datetime) -> int:
        """How many who read this letter then no longer do, whatever the reason."""
        which = (subscriptions.c.audience == audience) & (subscriptions.c.ended_at >= since)
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).where(which, subscriptions.c.since < since)) or 0

    def leave(
        self, who: str | int, audience: str | None = None, *, at: datetime, reason: str = "désinscription"
    ) -> bool:
        """Somebody (an address, or a subscriber's number) leaves one letter, or all. Whether that changed anything."""
        with self._database.writing() as connection:
            person = self._person(connection, who)
            if person is None:
                return False
            return depart(connection, person, audience, reason=reason, at=at)

    def choose(self, number: int, choice: Choice, *, at: datetime, origin: str, wording: str | None = None) -> bool:
        """Somebody's own choice: the letters they read from now on, their themes, their name. Whether it is another.

        What they no longer choose is left for good; who chooses none leaves every letter.
        """
        word = Word(at, origin, wording)
        with self._database.writing() as connection:
            mine = (subscribers.c.id == number) & subscribers.c.address.is_not(None)
            who = connection.execute(select(subscribers).where(mine).with_for_update()).first()
            if who is None:
                return False
            before, now = reads(connection, number), frozenset(choice.audiences)
            for audience in sorted(before - now) if now else [None] if before else []:
                depart(connection, who.person, audience, reason=origin, at=at)
            if now - before:
                join(connection, number, now - before, word)
            described = (who.first_name, tuple(who.themes)) != (choice.first_name, choice.themes)
            if described:
                values = {"first_name": choice.first_name, "themes": list(choice.themes)}
                connection.execute(update(subscribers).where(subscribers.c.id == number).values(values))
                note(connection, number, EVERY, "changed", word)
            return described or before != now

    def explain(self, number: int, audience: str | None, words: str, *, at: datetime) -> None:
        """Why somebody left that letter, or all, in their words: the last ones count. Kept until they are erased."""
        mine = (subscribers.c.id == number) & subscribers.c.address.is_not(None)
        person = select(subscribers.c.person).where(mine).scalar_subquery()
        left = (suppressions.c.person == person) & (suppressions.c.audience == (audience or EVERY))
        with self._database.writing() as connection:
            said = words.strip()[:LONGEST] or None
            connection.execute(update(suppressions).where(left, suppressions.c.at <= at).values(said=said))

    def renew(self, number: int, *, at: datetime, origin: str) -> bool:
        """Somebody goes on reading, and says so. Whether they read anything."""
        with self._database.writing() as connection:
            if not reads(connection, number):
                return False
            note(connection, number, EVERY, "renewed", Word(at, origin))
            return True

    def erase(self, who: str | int, *, at: datetime) -> bool:
        """Forgets an address, or a number: only its keyed hash stays, and no list brings it back. Whether it was there.

        The person alone can come back, by signing up.
        """
        with self._database.writing() as connection:
            person = self._person(connection, who)
            if person is None or not erase(connection, person, at):
                return False
        self._database.tidy()
        return True

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
    read: dict[int, list[str]] = {row.id: [] for row in found}
    active = select(subscriptions.c.subscriber_id, subscriptions.c.audience).where(
        subscriptions.c.subscriber_id.in_(list(read)), subscriptions.c.ended_at.is_(None)
    )
    for number, audience in connection.execute(active.order_by(subscriptions.c.audience)):
        read[number].append(audience)
    for row in found:
        yield row.id, Subscriber(row.address, row.first_name, row.status, tuple(read[row.id]), tuple(row.themes))
