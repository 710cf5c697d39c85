"""The epoch: how far an installation has got, in a file of its own (`var/epoch`), outside the database.

A database can't know that it is an old copy of itself, nor a machine that it was set back. So whoever hands copies over
says it here too, once it is on disk there and before a byte leaves: which lease, how many of it, when, on which boot,
at which tick of the kernel, in which file (a copy of this one is another). Who comes next compares (watched.py).

It is not waited for: a power cut may leave it behind the database, which is harmless, and never ahead. One block, with
its checksum: of two processes that write and read at once, none reads a half.
Never here: a database, a clock.
"""

import json
import os
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from newsletter.errors import StoreError

BLOCK = 512
TRIES = 5
UNNOTICED = timedelta(minutes=15)  # a clock put right, a machine started again after a power cut
AHEAD = timedelta(minutes=5)  # clocks of two machines
Ticks = Callable[[], float]
Gap = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Sight:
    """The last thing known. `lease`: its word; `gap`: when nobody knows what happened, the last time there was one."""

    lease: str | None
    handed: int
    at: datetime
    boot: str
    ticks: float | None
    gap: Gap | None = None
    copied: bool = False

    def written(self, file: int) -> bytes:
        """A block, for the file of that number."""
        gap = None if self.gap is None else [moment.isoformat() for moment in self.gap]
        said = {**asdict(self), "at": self.at.isoformat(), "gap": gap, "copied": file}
        content = json.dumps(said).encode()
        return b"%08x %s" % (zlib.crc32(content), content.ljust(BLOCK - 10) + b"\n")

    @classmethod
    def read(cls, block: bytes, file: int) -> Self | None:
        """What a block says; None for one that is broken."""
        mark, _, content = block.partition(b" ")
        if mark != b"%08x" % zlib.crc32(content.rstrip()):
            return None
        said = json.loads(content)
        gap = said["gap"] and tuple(map(datetime.fromisoformat, said["gap"]))
        moment = datetime.fromisoformat(said["at"])
        return cls(**{**said, "at": moment, "gap": gap, "copied": said["copied"] != file})


def ticks() -> float:
    """Seconds this boot has lived, asleep or not. A machine set back by an image of itself has lived less."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Epoch:
    """The file. `ticks`: None when `at` is no real clock's."""

    def __init__(self, path: Path, boot: str, ticks: Ticks | None = ticks) -> None:
        self._path = path
        self._boot = boot
        self._ticks = ticks
        self._last: Sight | None = None

    @property
    def boot(self) -> str:
        """This boot of this machine."""
        return self._boot

    def read(self) -> Sight | None:
        """What was written last, by whichever process. None: nothing, or nothing that can be read."""
        for _ in range(TRIES):
            try:
                with self._path.open("rb") as file:
                    block, number = file.read(BLOCK), os.fstat(file.fileno()).st_ino
            except FileNotFoundError:
                return None
            except OSError as error:
                raise self._useless(error) from None
            if sight := Sight.read(block, number):
                return sight
            time.sleep(0.01)
        return None

    def lost(self, since: Sight, at: datetime) -> Gap | None:
        """Time since then that this machine did not live through, as far as its ticks tell. None: it lived it all."""
        if self._ticks is None or since.ticks is None:
            return None
        if since.boot == self._boot:
            end, missing = at, at - since.at - timedelta(seconds=self._ticks() - since.ticks)
        else:
            end = at - timedelta(seconds=self._ticks())
            missing = end - since.at
        return (since.at, end) if missing > UNNOTICED else None

    def strayed(self, at: datetime) -> bool:
        """Whether the clock jumped since this process wrote last, forwards or back."""
        last = self._last
        return last is not None and (at < last.at - AHEAD or self.lost(last, at) is not None)

    def note(self, lease: str | None, handed: int, at: datetime) -> None:
        """So many copies of a lease are handed over. Raises StoreError."""
        self._write(self._sight(lease, handed, at, self._last.gap if self._last else None))

    def begin(self, lease: str | None, handed: int, at: datetime, gap: Gap | None) -> None:
        """The same, on disk when this returns, with the last time there was a gap."""
        self._write(self._sight(lease, handed, at, gap), lasting=True)

    def unknown(self, moment: datetime) -> Gap | None:
        """The gap a moment is in."""
        gap = self._last and self._last.gap
        return gap if gap and gap[0] <= moment <= gap[1] else None

    def _sight(self, lease: str | None, handed: int, at: datetime, gap: Gap | None) -> Sight:
        return Sight(lease, handed, at, self._boot, self._ticks and self._ticks(), gap)

    def _write(self, sight: Sight, *, lasting: bool = False) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.pwrite(file, sight.written(os.fstat(file).st_ino), 0)
                if lasting:
                    os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise self._useless(error) from None
        self._last = sight

    def _useless(self, error: OSError) -> StoreError:
        return StoreError(
            f"{self._path} ne peut être ni lu ni écrit ({error.strerror}) ; sans lui, une copie restaurée ne se "
            "reconnaît pas et rien ne part : vérifiez les droits du dossier"
        )
