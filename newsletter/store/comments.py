"""Comments: what is said of a draft, or of one of its items; answered, closed. And who of the bureau is asked to read.

An invitation is known by a nonce, which a signed link holds: who opens it may read and comment that month's draft,
under the name they were invited by. Never here: an address, a link, a mail.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from newsletter.errors import FormRefused
from newsletter.model.studio import Comment, Deed, Invitation, Person, Role
from newsletter.store.audit import alone, record
from newsletter.store.database import Database
from newsletter.store.tables_studio import comments, invitations

COMMENT = [comments.c[name] for name in Comment.__slots__]
MOST = 200  # comments of one guest on one draft


class Comments:
    """What is said of drafts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def say(self, month: str, words: str, by: Person, *, at: datetime, item: str | None = None) -> Comment:
        """Somebody says it of the edition, or of one of its items. Raises FormRefused when a guest says too much."""
        said = Comment(0, month, item, None, by.name, by.role is Role.GUEST, words, at)
        with self._database.writing() as connection:
            return _say(connection, said, by)

    def answer(self, number: int, words: str, by: Person, *, at: datetime) -> Comment | None:
        """Somebody answers a comment, which is open again. None: there is no such comment."""
        with self._database.writing() as connection:
            row = connection.execute(select(*COMMENT).where(comments.c.id == number)).first()
            if row is None:
                return None
            first = row.about or row.id  # an answer to an answer is one to what it answers
            said = Comment(0, row.month, row.item, first, by.name, by.role is Role.GUEST, words, at)
            connection.execute(update(comments).where(comments.c.id == first).values(closed_by=None, closed_at=None))
            return _say(connection, said, by)

    def close(self, number: int, by: Person, *, at: datetime) -> bool:
        """It is settled. Whether it was open."""
        open_ = (comments.c.id == number) & comments.c.about.is_(None) & comments.c.closed_at.is_(None)
        closing = update(comments).where(open_).values(closed_by=by.name, closed_at=at).returning(comments.c.month)
        with self._database.writing() as connection:
            month = connection.scalar(closing)
            if month is not None:
                record(connection, Deed(at, by.name, by.role, "close", month, detail=f"remarque {number}"))
        return month is not None

    def of(self, month: str) -> list[tuple[Comment, Sequence[Comment]]]:
        """What is said of an edition, the oldest first, each with its answers."""
        rows = select(*COMMENT).where(comments.c.month == month).order_by(comments.c.id)
        with self._database.reading() as connection:
            said = [Comment(*row) for row in connection.execute(rows)]
        answers: dict[int, list[Comment]] = {one.id: [] for one in said if one.about is None}
        for one in said:
            if one.about is not None:
                answers[one.about].append(one)
        return [(one, answers[one.id]) for one in said if one.about is None]

    def invite(
        self, month: str, names: Sequence[str], by: Person, *, at: datetime, once: datetime | None = None
    ) -> list[tuple[Invitation, str]]:
        """Each is asked to read that month's draft: with the nonce of their link.

        `once`: the time this was planned for; who was asked for that time before has the same invitation.
        """
        with self._database.writing() as connection:
            known = [] if once is None else _asked(connection, month, once)
            made: list[tuple[Invitation, str]] = []
            for name in names:
                again = (one for one in known if one[0].name == name and one not in made)
                made.append(next(again, None) or _invite(connection, month, name, once or at))
            new = [one[0].name for one in made if one not in known]
            if new:
                record(connection, Deed(at, by.name, by.role, "invite", month, detail=", ".join(new)))
        return made

    def invitation(self, nonce: str) -> Invitation | None:
        """Whose link it is. None: unknown, or taken back."""
        columns = (invitations.c.id, invitations.c.month, invitations.c.name, invitations.c.at)
        with self._database.reading() as connection:
            there = (invitations.c.nonce == nonce) & invitations.c.ended_at.is_(None)
            row = connection.execute(select(*columns).where(there)).first()
            return None if row is None else Invitation(*row)

    def invited(self, month: str) -> list[Invitation]:
        """Who was asked to read that month's draft, and may."""
        columns = (invitations.c.id, invitations.c.month, invitations.c.name, invitations.c.at)
        there = (invitations.c.month == month) & invitations.c.ended_at.is_(None)
        with self._database.reading() as connection:
            rows = connection.execute(select(*columns).where(there).order_by(invitations.c.id))
            return [Invitation(*row) for row in rows]

    def uninvite(self, number: int, by: Person, *, at: datetime) -> bool:
        """The link is worth nothing any more. Whether it was."""
        there = (invitations.c.id == number) & invitations.c.ended_at.is_(None)
        ending = update(invitations).where(there).values(ended_at=at).returning(invitations.c.month, invitations.c.name)
        with self._database.writing() as connection:
            row = connection.execute(ending).first()
            if row is not None:
                record(connection, Deed(at, by.name, by.role, "uninvite", row.month, detail=row.name))
        return row is not None


def _asked(connection: Connection, month: str, at: datetime) -> list[tuple[Invitation, str]]:
    alone(connection, invitations)
    columns = (invitations.c.id, invitations.c.month, invitations.c.name, invitations.c.at, invitations.c.nonce)
    there = (invitations.c.month == month) & (invitations.c.at == at)
    rows = connection.execute(select(*columns).where(there).order_by(invitations.c.id))
    return [(Invitation(*row[:4]), row[4]) for row in rows]


def _invite(connection: Connection, month: str, name: str, at: datetime) -> tuple[Invitation, str]:
    nonce = secrets.token_hex(16)
    row = {"nonce": nonce, "month": month, "name": name, "at": at}
    number = connection.scalar(invitations.insert().returning(invitations.c.id), row)
    return Invitation(number or 0, month, name, at), nonce


def _say(connection: Connection, said: Comment, by: Person) -> Comment:
    if said.guest:
        alone(connection, comments)
        mine = (comments.c.month == said.month) & (comments.c.by == said.by) & comments.c.guest
        if (connection.scalar(select(func.count()).where(mine)) or 0) >= MOST:
            raise FormRefused([f"{MOST} remarques au plus par personne ; écrivez au service pour la suite"])
    row = {name: getattr(said, name) for name in Comment.__slots__ if name != "id"}
    number = connection.scalar(comments.insert().returning(comments.c.id), row) or 0
    record(connection, Deed(said.at, by.name, by.role, "comment", said.month, detail=f"remarque {number}"))
    return replace(said, id=number)
