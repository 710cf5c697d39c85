"""Departures: what a person has sent, which leaves some minutes later unless somebody undoes it before.

    asked → undone              by a person, or by what voids the approval
          → begun → done        by whoever delivers, once it is time

Undoing and beginning are each an UPDATE that names what it expects: of the two one wins.
Never here: a copy that leaves.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, select, update

from newsletter.errors import ApprovalRefused
from newsletter.model import EditionState
from newsletter.model.studio import Deed, Departure, Person
from newsletter.store.audit import record
from newsletter.store.database import Database
from newsletter.store.editions import AGREED, Edition, edition_of, lock, move_edition, void
from newsletter.store.tables_studio import departures

TO_UNDO = timedelta(minutes=10)
ALL = [departures.c[name] for name in Departure.__slots__]
WAITING = departures.c.undone_at.is_(None) & departures.c.begun_at.is_(None)
UNFINISHED = departures.c.undone_at.is_(None) & departures.c.done_at.is_(None)


class Departures:
    """What is about to leave."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, month: str, digest: str, by: Person, *, at: datetime) -> Departure:
        """It leaves in ten minutes; asked again meanwhile, it is the same departure.

        Raises ApprovalRefused when it isn't approved, when the approved digest is another, or when it is leaving.
        """
        with self._database.writing() as connection:
            lock(connection, month)
            edition = edition_of(connection, month)
            if waiting := _first(connection, (departures.c.month == month) & UNFINISHED):
                return waiting
            _may_leave(edition, month, digest)
            row = {"month": month, "digest": digest, "by": by.name, "asked_at": at, "leaves_at": at + TO_UNDO}
            number = connection.scalar(departures.insert().returning(departures.c.id), row)
            move_edition(connection, month, AGREED, EditionState.SCHEDULED, at)
            record(connection, Deed(at, by.name, by.role, "send", month, digest))
            return _one(connection, number or 0)

    def undo(self, month: str, by: Person, *, at: datetime) -> bool:
        """It doesn't leave. False: there is none, or it has begun.

        The edition is approved again; when its planned time is over it is a draft: nothing takes it up by itself.
        """
        mine = (departures.c.month == month) & WAITING
        with self._database.writing() as connection:
            lock(connection, month)
            undone = update(departures).where(mine).values(undone_at=at, undone_by=by.name)
            digest = connection.scalar(undone.returning(departures.c.digest))
            if digest is None:
                return False
            edition = edition_of(connection, month)
            if edition is not None and edition.send_at <= at + TO_UNDO:
                void(connection, month, at)
            else:
                move_edition(connection, month, (EditionState.SCHEDULED,), EditionState.APPROVED, at)
            record(connection, Deed(at, by.name, by.role, "undo", month, digest))
        return True

    def waiting(self, month: str) -> Departure | None:
        """What was sent and can still be undone."""
        with self._database.reading() as connection:
            return _first(connection, (departures.c.month == month) & WAITING)

    def of(self, month: str) -> list[Departure]:
        """Every departure there was, the oldest first."""
        rows = select(*ALL).where(departures.c.month == month).order_by(departures.c.id)
        with self._database.reading() as connection:
            return [Departure(*row) for row in connection.execute(rows)]

    def begin(self, *, at: datetime) -> list[Departure]:
        """Those that leave now: nobody undoes them any more. What was begun and isn't done, too: it goes on."""
        due = WAITING & (departures.c.leaves_at <= at)
        unfinished = UNFINISHED & departures.c.begun_at.is_not(None)
        with self._database.reading() as connection:
            if _first(connection, due | unfinished) is None:
                return []
        with self._database.writing() as connection:
            connection.execute(update(departures).where(due).values(begun_at=at))
            rows = connection.execute(select(*ALL).where(unfinished).order_by(departures.c.id))
            return [Departure(*row) for row in rows]

    def end(self, number: int, *, at: datetime) -> bool:
        """Nothing of it waits any more. Whether it had begun, and hadn't ended."""
        begun = (departures.c.id == number) & departures.c.begun_at.is_not(None) & departures.c.done_at.is_(None)
        with self._database.writing() as connection:
            return connection.execute(update(departures).where(begun).values(done_at=at)).rowcount > 0


def _may_leave(edition: Edition | None, month: str, digest: str) -> None:
    if edition is None or edition.state not in AGREED:
        raise ApprovalRefused(f"l’édition {month} n’est pas approuvée, ou part déjà : rechargez la page")
    if edition.digest != digest:
        raise ApprovalRefused(f"l’édition {month} a changé depuis ce que vous avez vu : rechargez la page")


def _first(connection: Connection, which: ColumnElement[bool]) -> Departure | None:
    row = connection.execute(select(*ALL).where(which).order_by(departures.c.id).limit(1)).first()
    return None if row is None else Departure(*row)


def _one(connection: Connection, number: int) -> Departure:
    return Departure(*connection.execute(select(*ALL).where(departures.c.id == number)).one())
