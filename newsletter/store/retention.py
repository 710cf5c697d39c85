"""Retention: what is too old goes; who hasn't been heard of for long is asked whether they go on, and leaves if silent.

The last sign of somebody is the newest line of their history that is their own: given, changed or renewed.
Never here: how old is too old, a mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, case, delete, exists, func, or_, select, update

from newsletter.model import NoticeState, SignupState
from newsletter.store.consent import Word, depart, note_all
from newsletter.store.database import Database
from newsletter.store.tables import (
    EVERY,
    consents,
    deliveries,
    events,
    mailings,
    notices,
    signups,
    subscribers,
    subscriptions,
)

PAGE = 500
SILENT = "sans réponse à « Voulez-vous continuer ? »"
LEAVING = (NoticeState.QUEUED, NoticeState.SENDING)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is older goes: sign-ups, whom notices went to, what mail servers said."""

    signups: datetime
    notices: datetime
    events: datetime


@dataclass(frozen=True, slots=True)
class Gone:
    """How many rows went, or would: sign-ups, notices' addresses, words of mail servers."""

    signups: int
    notices: int
    words: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """A reader, their last sign, and when they were last asked whether they go on."""

    number: int
    sign_at: datetime
    asked_at: datetime | None


class Retention:
    """What isn't kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sweep(self, limits: Limits, *, keep: bool = False) -> Gone:
        """Deletes what is too old, and what was said since of who was erased. `keep`: only counts it."""
        with self._database.trying() if keep else self._database.writing() as connection:
            gone = Gone(
                _signups(connection, limits.signups),
                _notices(connection, limits.notices),
                _words(connection, limits.events),
            )
        if not keep and gone != Gone(0, 0, 0):
            self._database.tidy()
        return gone

    def due(self, before: datetime, *, after: int = 0) -> list[Quiet]:
        """Readers without a sign since then, and not asked since their last: some, in order, after that number."""
        with self._database.reading() as connection:
            return _quiet(connection, (before > SIGN) & or_(ASKED.is_(None), ASKED < SIGN), after)

    def of(self, number: int) -> Quiet | None:
        """How somebody who reads something stands. None: they read nothing."""
        with self._database.reading() as connection:
            found = _quiet(connection, or_(SIGN.is_not(None), ASKED.is_not(None)), number - 1, 1)
        return next((one for one in found if one.number == number), None)

    def asked(self, readers: Sequence[Quiet], *, at: datetime, origin: str) -> None:
        """They were asked whether they go on: it is in their history."""
        with self._database.writing() as connection:
            note_all(connection, [who.number for who in readers], EVERY, "asked", Word(at, origin))

    def silent(self, before: datetime, *, after: int = 0) -> list[Quiet]:
        """Readers who were asked before then, without a sign since: some, in order, after that number."""
        with self._database.reading() as connection:
            return _quiet(connection, (before > ASKED) & (SIGN < ASKED), after)

    def reached(self, abouts: Sequence[str]) -> frozenset[str]:
        """Of the notices about these things, those that were taken by a mail server."""
        taken = notices.c.about.in_(abouts) & (notices.c.state == NoticeState.ACCEPTED)
        with self._database.reading() as connection:
            return frozenset(connection.scalars(select(notices.c.about).where(taken)))

    def end(self, silent: Sequence[Quiet], *, at: datetime) -> int:
        """Ends the letters of those who are silent still, and no list brings them back; how many they are."""
        with self._database.writing() as connection:
            still = [who for one in silent for who in _quiet(connection, SIGN < ASKED, one.number - 1, 1) if who == one]
            mine = subscribers.c.id.in_([who.number for who in still])
            people = connection.scalars(select(subscribers.c.person).where(mine).order_by(subscribers.c.id)).all()
            return sum(depart(connection, person, None, reason=SILENT, at=at) for person in people)


def _last(*acts: str) -> ColumnElement[Any]:
    return func.max(case((consents.c.act.in_(acts), consents.c.at)))


SIGN, ASKED = _last("given", "changed", "renewed"), _last("asked")


def _quiet(connection: Connection, which: ColumnElement[bool], after: int, size: int = PAGE) -> list[Quiet]:
    """Some of those who read something."""
    active = subscriptions.c.ended_at.is_(None)
    reads = exists().where(subscriptions.c.subscriber_id == consents.c.subscriber_id, active)
    found = (
        select(consents.c.subscriber_id, SIGN, ASKED)
        .where(consents.c.subscriber_id > after, reads)
        .group_by(consents.c.subscriber_id)
        .having(which)
        .order_by(consents.c.subscriber_id)
        .limit(size)
    )
    return [Quiet(*row) for row in connection.execute(found)]


def _signups(connection: Connection, before: datetime) -> int:
    old = signups.c.asked_at < before
    kept = (signups.c.state == SignupState.CONFIRMED) & (signups.c.confirmed_at >= before)
    return connection.execute(delete(signups).where(old, ~func.coalesce(kept, False))).rowcount


def _notices(connection: Connection, before: datetime) -> int:
    """That it was sent stays, so that it isn't again."""
    old = notices.c.address.is_not(None) & (notices.c.created_at < before) & notices.c.state.not_in(LEAVING)
    nobody = {"person": None, "address": None, "subject": "", "text": "", "html": None}
    return connection.execute(update(notices).where(old).values(**nobody, detail=None, reference=None)).rowcount


def _words(connection: Connection, before: datetime) -> int:
    """What mail servers said, in their words, which often hold the address: of old copies, and of who was erased."""
    old = select(mailings.c.id).where(mailings.c.ended_at < before)
    erased = select(subscribers.c.id).where(subscribers.c.address.is_(None))
    said = deliveries.c.detail.is_not(None) | deliveries.c.reference.is_not(None)
    copies = update(deliveries).where(said).values(detail=None, reference=None)
    theirs = select(deliveries.c.id).where(deliveries.c.subscriber_id.in_(erased))
    heard = update(events).where(events.c.reason != "").values(reason="")
    every: tuple[Update, ...] = (
        copies.where(deliveries.c.mailing_id.in_(old)),
        copies.where(deliveries.c.subscriber_id.in_(erased)),
        heard.where(events.c.recorded_at < before),
        heard.where(events.c.delivery_id.in_(theirs)),
    )
    return sum(connection.execute(one).rowcount for one in every)
