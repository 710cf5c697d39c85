"""Versions: what an edition was at each time it was composed, what of, and who agreed to it. Nothing of it changes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from newsletter.store.tables import approvals, letters, versions
from newsletter.store.tables_studio import bases


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who agreed to a version, when; and when that ended."""

    by: str
    at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Version:
    """What an edition was at some time: nobody changes it any more. `by`: who had it composed, when that is known.

    `arranged`: the number of the arrangement it was made with. `reading`: the digest of what its items said.
    """

    number: int
    digest: str
    send_at: datetime
    drafted_at: datetime
    by: str
    arranged: int
    reading: str | None
    letters: tuple[str, ...]
    agreed: tuple[Agreed, ...] = ()

    @property
    def approved(self) -> bool:
        """Whether somebody agrees to it still."""
        return any(one.ended_at is None for one in self.agreed)


def versions_of(connection: Connection, month: str) -> list[Version]:
    """Every version there was, the first one first."""
    made = (bases.c.month == versions.c.month) & (bases.c.version == versions.c.version)
    kept = (versions.c.version, versions.c.digest, versions.c.send_at, versions.c.drafted_at)
    rows = (
        select(*kept, bases.c.by, bases.c.arranged, bases.c.reading)
        .outerjoin_from(versions, bases, made)
        .where(versions.c.month == month)
        .order_by(versions.c.version)
    )
    agreed, printed = _agreed(connection, month), _letters(connection, month)
    return [
        Version(
            row.version, row.digest, row.send_at, row.drafted_at, row.by or "", row.arranged or 0, row.reading,
            tuple(printed.get(row.version, [])), tuple(agreed.get(row.version, [])),
        )
        for row in connection.execute(rows)
    ]  # fmt: skip


def _agreed(connection: Connection, month: str) -> dict[int, list[Agreed]]:
    found: dict[int, list[Agreed]] = {}
    columns = (approvals.c.version, approvals.c.approver, approvals.c.approved_at, approvals.c.voided_at)
    for row in connection.execute(select(*columns).where(approvals.c.month == month).order_by(approvals.c.id)):
        found.setdefault(row.version, []).append(Agreed(row.approver, row.approved_at, row.voided_at))
    return found


def _letters(connection: Connection, month: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    columns = (letters.c.version, letters.c.audience)
    for row in connection.execute(select(*columns).where(letters.c.month == month).order_by(letters.c.audience)):
        found.setdefault(row.version, []).append(row.audience)
    return found
