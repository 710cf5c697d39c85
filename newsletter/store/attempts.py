"""Attempts to come in: how many of late, by address and by client; too many, and the next isn't looked at.

One is written down before it is judged, so that many at once are as many; who was right has theirs taken off.
Never here: an address, a client: only their keyed hashes.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from newsletter.store.audit import alone
from newsletter.store.database import Database
from newsletter.store.folding import Folding
from newsletter.store.tables_studio import attempts

PASSWORD, LINK = "password", "link"  # kinds of attempts
WITHIN = {PASSWORD: timedelta(minutes=15), LINK: timedelta(hours=1)}
MOST = {"address": 5, "client": 20}
A_DAY = timedelta(days=1)


class Attempts:
    """What failed of late, or is about to."""

    def __init__(self, database: Database, folding: Folding) -> None:
        self._database = database
        self._folding = folding

    def begin(self, kind: str, address: str, client: str, *, at: datetime) -> list[bytes] | None:
        """Counts an attempt: what it is known by. None: there were too many from that client, or for that address."""
        marks = {"address": self._folding.person(address), "client": self._folding.person(f"client {client}")}
        with self._database.writing() as connection:
            alone(connection, attempts)
            connection.execute(delete(attempts).where(attempts.c.at <= at - A_DAY))
            for name, mark in marks.items():
                late = (attempts.c.mark == mark) & (attempts.c.kind == kind) & (attempts.c.at > at - WITHIN[kind])
                if (connection.scalar(select(func.count()).where(late)) or 0) >= MOST[name]:
                    return None
            connection.execute(attempts.insert(), [{"mark": mark, "kind": kind, "at": at} for mark in marks.values()])
        return [marks["address"], marks["client"]]

    def forget(self, attempt: list[bytes]) -> None:
        """It was no failure: the address begins anew, and the client has one less."""
        address, client = attempt
        mine = (attempts.c.mark == client) & (attempts.c.kind == PASSWORD)
        newest = select(func.max(attempts.c.id)).where(mine).scalar_subquery()
        with self._database.writing() as connection:
            connection.execute(delete(attempts).where(attempts.c.mark == address, attempts.c.kind == PASSWORD))
            connection.execute(delete(attempts).where(attempts.c.id == newest))
