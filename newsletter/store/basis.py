"""What a version was made of: what its items said, what staff had arranged, who had it composed.

What items say is kept under its digest: versions that differ only in what was arranged share it.
Never here: an item, a letter.
"""

import hashlib
import json

from sqlalchemy import Connection, delete, select

from newsletter.model import Finding
from newsletter.model.studio import NO_BASIS, Basis
from newsletter.store.database import insert_new
from newsletter.store.tables_studio import arrangements, bases, readings


def keep(connection: Connection, month: str, version: int, basis: Basis) -> None:
    """Keeps it with its version; the last word counts, as the same bytes may be composed again of other things."""
    if basis is NO_BASIS:
        return
    items = {id_: dict(facts) for id_, facts in basis.items.items()}
    written = json.dumps(items, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = f"sha256:{hashlib.sha256(written.encode()).hexdigest()}"
    connection.execute(insert_new(connection, readings), {"digest": digest, "facts": items})
    connection.execute(delete(bases).where(bases.c.month == month, bases.c.version == version))
    findings = [[finding.severity, finding.code, finding.message] for finding in basis.findings]
    row = {"month": month, "version": version, "reading": digest, "arranged": basis.arranged, "by": basis.by}
    connection.execute(bases.insert(), {**row, "findings": findings})


def read(connection: Connection, month: str, version: int) -> Basis:
    """What that version was made of, as far as it was kept."""
    found = select(readings.c.facts, bases.c.arranged, bases.c.by, bases.c.findings)
    found = found.join(bases, bases.c.reading == readings.c.digest)
    row = connection.execute(found.where(bases.c.month == month, bases.c.version == version)).first()
    if row is None:
        return NO_BASIS
    return Basis(row.facts, row.arranged, row.by, tuple(Finding(*finding) for finding in row.findings))


def titles(connection: Connection, month: str, ids: set[str]) -> dict[str, str]:
    """What these items were called when they were last read for that month."""
    kept = select(bases.c.reading).where(bases.c.month == month).order_by(bases.c.version.desc())
    found: dict[str, str] = {}
    for reading in dict.fromkeys(connection.scalars(kept)):
        if ids <= found.keys():
            break
        items = connection.scalar(select(readings.c.facts).where(readings.c.digest == reading)) or {}
        for id_ in ids & items.keys():
            found.setdefault(id_, items[id_].get("title", id_))
    return found


def arranged(connection: Connection, month: str) -> int:
    """The number of the month's last arrangement; 0 when there is none."""
    numbers = select(arrangements.c.version).where(arrangements.c.month == month)
    return connection.scalar(numbers.order_by(arrangements.c.version.desc()).limit(1)) or 0
