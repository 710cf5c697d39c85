"""The log: who did what to which digest, in the same transaction as what was done.

Lines are added, never changed nor taken away: each is sealed with the one before it, so a line that was changed, or is
missing among the others, breaks every seal after it. Never here: an address, a password, what a comment says.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, Table, func, select

from newsletter.model.studio import Deed, Role
from newsletter.store.database import Database
from newsletter.store.tables_studio import audit

DEED = [audit.c[name] for name in Deed.__slots__]
FIRST = bytes(32)


class Audit:
    """What was done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, deed: Deed) -> None:
        """Writes it down, when nothing else is kept of it."""
        with self._database.writing() as connection:
            record(connection, deed)

    def write_at_most(self, deed: Deed, most: int, since: datetime) -> bool:
        """Writes it down, unless that person has done so as often since then. Whether it did."""
        with self._database.writing() as connection:
            alone(connection, audit)
            mine = (audit.c.by == deed.by) & (audit.c.act == deed.act) & (audit.c.at > since)
            if (connection.scalar(select(func.count()).where(mine)) or 0) >= most:
                return False
            record(connection, deed)
            return True

    def of(self, month: str | None = None) -> list[Deed]:
        """What was done to an edition, or everything, the oldest first."""
        lines = select(*DEED).order_by(audit.c.id)
        if month is not None:
            lines = lines.where(audit.c.month == month)
        with self._database.reading() as connection:
            return [_deed(row) for row in connection.execute(lines)]

    def broken(self) -> int | None:
        """The number of the first line that isn't as it was written, or comes after one that is missing."""
        seal = FIRST
        with self._database.reading() as connection:
            for row in connection.execute(select(audit.c.id, *DEED, audit.c.seal).order_by(audit.c.id)):
                seal = _sealed(seal, _deed(row))
                if seal != row.seal:
                    return int(row.id)
        return None


def record(connection: Connection, deed: Deed) -> None:
    """Writes it down with what this transaction changes: both are kept, or none. The last thing a transaction does."""
    alone(connection, audit)
    last = connection.scalar(select(audit.c.seal).order_by(audit.c.id.desc()).limit(1))
    row = {name: getattr(deed, name) for name in Deed.__slots__}
    connection.execute(audit.insert(), {**row, "seal": _sealed(last or FIRST, deed)})


def alone(connection: Connection, table: Table) -> None:
    """Other writers of that table wait until this transaction ends. SQLite's come one by one anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")


def _deed(row: Row[*tuple[object, ...]]) -> Deed:
    written = {name: getattr(row, name) for name in Deed.__slots__}
    return Deed(**{**written, "role": Role(written["role"])})


def _sealed(before: bytes, deed: Deed) -> bytes:
    return hashlib.sha256(before + b"".join(_parts(deed))).digest()


def _parts(deed: Deed) -> Iterator[bytes]:
    for name in Deed.__slots__:
        value = getattr(deed, name)
        said = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        part = b"" if said is None else str(said).encode()
        yield b"%d:" % (-1 if said is None else len(part)) + part
