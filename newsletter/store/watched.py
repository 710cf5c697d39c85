"""A ledger that is watched: whatever it hands over is in the epoch too, and both are compared before anything leaves.

What disagrees is held for a person, and what can't be known is uncertain:

- The database doesn't know a lease of the epoch, or fewer copies of it: it is an old copy, put back.
- The epoch lies in another file than the one it was written in, or is gone (SQLite, whose file is beside it): the whole
  folder was put back, or moved.
- The machine did not live through the time that went by: it was off, or an image of it was put back. What was under
  way then may have gone on elsewhere; what should have begun then may have begun. 15 minutes are forgiven: a power cut.
- The last sign of life is still to come: the clock went back.

What nobody can see from here: an image put back with its clock; one less than 15 minutes old; a file system that gives
a folder back as it was, under a machine that runs. With several machines on one PostgreSQL, each knows what it did
itself, and what another did since says that the database is no old copy.
"""

import secrets
from datetime import UTC, datetime

from sqlalchemy import select

from newsletter.model import Recipient
from newsletter.store.database import Database
from newsletter.store.epoch import AHEAD, Epoch, Gap, Sight
from newsletter.store.ledger import Lease, Ledger, Window
from newsletter.store.tables import leases
from newsletter.store.workers import Worker

RESTORED = (
    "la base est une copie plus ancienne que ce qui est déjà parti d’ici, ou son dossier a été déplacé ; voyez qui est "
    "incertain (newsletter resolve), puis reprenez (newsletter resume)"
)
BACK = "l’horloge de cette machine est revenue en arrière ; mettez-la à l’heure, puis reprenez (newsletter resume)"
JUMPED = (
    "l’horloge de cette machine a sauté, ou une image d’elle a été remise en marche ; si des exemplaires ont pu partir "
    "entre-temps, annulez (newsletter cancel), sinon reprenez (newsletter resume)"
)


class Watched(Ledger):
    """The ledger of an installation that keeps an epoch."""

    def __init__(self, database: Database, epoch: Epoch) -> None:
        super().__init__(database)
        self._epoch = epoch
        self._carried: dict[int, tuple[str, int]] = {}

    def look_back(self, worker: Worker, *, at: datetime) -> str | None:
        """Compares, before anything leaves; why all was held, when it was. Whoever looks next finds all in order."""
        seen = self._epoch.read()  # before the database: what is written here was on disk there
        restored = self._restored(seen)
        gap = self._epoch.lost(seen, at) if seen and not self._others(worker, seen.at) else None
        reason = RESTORED if restored else _out_of_time(seen, gap, at)
        if reason:
            self.hold_unfinished(reason, at=at, restored=restored)
        known = self._newest() if restored or seen is None else (seen.lease, seen.handed)
        self._epoch.begin(*known, at, gap or (seen.gap if seen else None))
        return reason

    def adopt(self, *, at: datetime) -> None:
        """A person put this copy back and knows it: from here on it is what is compared."""
        self._epoch.begin(*self._newest(), at, None)

    def unknown(self, moment: datetime) -> str | None:
        """Why nobody knows what happened at that moment; None: it is known. After `look_back`."""
        gap = self._epoch.unknown(moment)
        return _unknown(gap) if gap else None

    def lease(
        self,
        mailing: int,
        worker: Worker,
        *,
        at: datetime,
        size: int = 1000,
        for_seconds: float = 600.0,
        word: str | None = None,
    ) -> Lease | None:
        """As the ledger does."""
        word = word or secrets.token_hex(8)
        lease = super().lease(mailing, worker, at=at, size=size, for_seconds=for_seconds, word=word)
        if lease:
            self._carried[lease.id] = word, 0
        return lease

    def hand_over(self, window: Window, *, at: datetime) -> list[Recipient]:
        """As the ledger does; then it is in the epoch. A clock that jumped holds all instead."""
        if self._epoch.strayed(at):
            self.hold_unfinished(JUMPED, at=at, restored=False)
            return []
        going = super().hand_over(window, at=at)
        if going:
            word, before = self._carried[window.lease]
            self._carried[window.lease] = word, before + len(going)
            self._epoch.note(word, before + len(going), at)
        return going

    def release(self, lease: Lease, *, at: datetime) -> None:
        """As the ledger does."""
        super().release(lease, at=at)
        self._carried.pop(lease.id, None)

    def _restored(self, seen: Sight | None) -> bool:
        if seen is None:
            return self._database.path is not None and self._newest() != (None, 0)
        return (self._database.path is not None and seen.copied) or self._behind(seen)

    def _behind(self, seen: Sight) -> bool:
        """Whether the database has got less far than the epoch."""
        if seen.lease is None:
            return False
        with self._database.reading() as connection:
            handed = connection.scalar(select(leases.c.handed).where(leases.c.word == seen.lease))
        return handed is None or handed < seen.handed

    def _newest(self) -> tuple[str | None, int]:
        """The last lease that is in an epoch, and how many of it are handed over."""
        known = select(leases.c.word, leases.c.handed).where(leases.c.word.is_not(None))
        with self._database.reading() as connection:
            row = connection.execute(known.order_by(leases.c.id.desc()).limit(1)).first()
        return (None, 0) if row is None else (row.word, row.handed)

    def _others(self, worker: Worker, since: datetime) -> bool:
        """Whether another machine handed something over since."""
        theirs = select(leases.c.id).where(leases.c.host != worker.host, leases.c.last_at > since).limit(1)
        with self._database.reading() as connection:
            return connection.scalar(theirs) is not None


def _out_of_time(seen: Sight | None, gap: Gap | None, at: datetime) -> str | None:
    if seen and seen.at > at + AHEAD:
        return BACK
    return _unknown(gap) if gap else None


def _unknown(gap: Gap) -> str:
    start, end = (f"{moment.astimezone(UTC):%d/%m/%Y %H:%M}" for moment in gap)
    return (
        f"personne ne sait ce qui s’est passé entre le {start} et le {end} (UTC) : cette machine était arrêtée, ou une "
        "image d’elle a été remise en marche ; si des exemplaires ont pu partir entre-temps, annulez (newsletter "
        "cancel), sinon reprenez (newsletter resume)"
    )
