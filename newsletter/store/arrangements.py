"""Arrangements: what staff change of an edition without touching the sheets; a numbered line for each change.

A change names the line it was made from. When somebody was quicker it is refused with their name, and nothing is
overwritten. What was approved before is approved no longer, in the same transaction.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from newsletter.errors import Overtaken
from newsletter.model import Kind
from newsletter.model.studio import Arranged, Arrangement, Deed, Person
from newsletter.store.audit import record
from newsletter.store.database import Database, insert_new
from newsletter.store.editions import Voided, lock, void
from newsletter.store.tables_studio import arrangements

LINE = (arrangements.c.arrangement, arrangements.c.version, arrangements.c.by, arrangements.c.at)


class Arrangements:
    """What staff change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, month: str, version: int | None = None) -> Arranged:
        """The arrangement of a month, or an earlier one by its number; number 0 when nobody has arranged anything."""
        with self._database.reading() as connection:
            return _last(connection, month, version)

    def save(
        self, month: str, arrangement: Arrangement, *, seen: int, by: Person, at: datetime
    ) -> tuple[Arranged, Voided]:
        """Keeps it, if `seen` is still the last number; and whose approvals that ends. The same again changes nothing.

        Raises Overtaken when somebody changed it meanwhile, ApprovalRefused when the edition is leaving.
        """
        row = {"month": month, "version": seen + 1, "arrangement": asdict(arrangement), "by": by.name, "at": at}
        with self._database.writing() as connection:
            lock(connection, month)
            now = _last(connection, month)
            if now.version == seen and now.arrangement == arrangement:
                return now, Voided(month)
            adding = insert_new(connection, arrangements).returning(arrangements.c.version)
            if now.version != seen or connection.scalar(adding, row) is None:
                last = _last(connection, month)
                raise Overtaken(last.by, last.at)
            voided = void(connection, month, at)
            record(connection, Deed(at, by.name, by.role, "arrange", month, voided.digest, f"réglage {seen + 1}"))
        return Arranged(arrangement, seen + 1, by.name, at), voided


def _last(connection: Connection, month: str, version: int | None = None) -> Arranged:
    lines = select(*LINE).where(arrangements.c.month == month).order_by(arrangements.c.version.desc()).limit(1)
    if version is not None:
        lines = lines.where(arrangements.c.version == version)
    row = connection.execute(lines).first()
    return Arranged() if row is None else Arranged(_read(row.arrangement), row.version, row.by, row.at)


def _read(written: dict[str, Any]) -> Arrangement:
    order = {Kind(kind): tuple(ids) for kind, ids in written["order"].items()}
    return Arrangement(**{**written, "order": order, "pinned": tuple(written["pinned"])})
