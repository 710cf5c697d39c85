"""Renewing: files are others, and somebody looks at the month; it is composed again, once, by one who looks and may.

What somebody agreed to stays as it is, and so does all while a file can't be read: the page says why. Of several
processes on one folder one composes, as each looks under a lock at what was composed last.
"""

import fcntl
import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter import pipeline
from newsletter.errors import NewsletterError
from newsletter.model import EditionState
from newsletter.model.studio import Person
from newsletter.pipeline import studio
from newsletter.web.desk import Office, Stuck
from newsletter.web.studio.room import month_of
from newsletter.web.watch import Mark

OPEN = (EditionState.DRAFT, EditionState.IN_REVIEW)
AGREED = (EditionState.APPROVED, EditionState.SCHEDULED)
RETOUCHED = "un modèle de lettre a changé depuis : l’aperçu est encore celui d’avant"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is to say of a month, in numbers: where it stands, and what files say else."""

    version: int = 0
    arranged: int = 0
    state: str = ""
    changed: int = 0
    problems: int = 0
    stuck: int = 0


def renew(office: Office, month: str, looking: Sequence[Person], marks: tuple[Mark, ...], *, retouched: bool) -> None:
    """Composes the month again, unless nobody who looks may, or somebody agreed to it."""
    edition = office.store.editions.get(month)
    if edition is None or edition.state not in OPEN + AGREED:
        return
    if edition.state in AGREED or edition.approvals or not looking:
        if retouched:
            office.stuck[month] = Stuck(edition.version, RETOUCHED)
        return
    plan = pipeline.Plan(month_of(month), office.clock(), by=looking[0].name, offline=True, by_itself=True)
    try:
        with _once(office.config.var / f"live-{month}", marks) as first:
            if first:
                office.shelf.compose(plan)
    except NewsletterError as fault:
        log.warning("not_renewed edition=%s fault=%s", month, type(fault).__name__)
        office.stuck[month] = Stuck(edition.version, str(fault))
    else:
        office.stuck.pop(month, None)


@contextmanager
def _once(path: Path, marks: tuple[Mark, ...]) -> Iterator[bool]:
    """Whether nobody composed of these very files last. Who comes meanwhile waits."""
    now = hashlib.sha256(repr(marks).encode("utf-8", "surrogatepass")).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        first = kept.read() != now
        yield first
        if first:
            kept.truncate(0)
            kept.write(now)


def standing(office: Office, month: str) -> Standing:
    """Where it stands now."""
    edition = office.store.editions.get(month)
    if edition is None:
        return Standing()
    day, at = month_of(month), office.clock()
    arranged = office.store.arrangements.get(month).version
    catalogue = office.shelf.catalogue(day, at)
    changed = studio.changes(office.config, office.store, day, at, catalogue=catalogue)
    stuck = office.stuck.get(month)
    said = len(stuck.words) if stuck and stuck.version == edition.version else 0
    return Standing(edition.version, arranged, edition.state, len(changed), len(catalogue.problems), said)
