"""Workers: which process holds a lease, on which boot of which machine; and whether it can still be alive."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that delivers. `started`: when, in the kernel's ticks: a process number is given again, this isn't."""

    host: str
    pid: int
    started: int
    boot: str

    @classmethod
    def here(cls) -> Self:
        """This process."""
        boot = BOOT.read_text().strip() if BOOT.exists() else ""
        return cls(socket.gethostname(), os.getpid(), _started(os.getpid()) or 0, boot)

    @property
    def name(self) -> str:
        """pid@host."""
        return f"{self.pid}@{self.host}"

    def sees_alive(self, other: "Worker") -> bool | None:
        """Whether the other can still be at work; None when it can't be known from here."""
        if other == self:
            return True
        if other.host != self.host or not other.started:
            return None
        return other.boot == self.boot and _started(other.pid) == other.started

    def sees_dead(self, other: "Worker", ends_at: datetime, at: datetime) -> bool:
        """Whether the other will not go on. What can't be seen from here is believed until its lease has ended."""
        alive = self.sees_alive(other)
        return ends_at <= at if alive is None else not alive


def _started(pid: int) -> int | None:
    """When a process started, in ticks since the boot; None when there is none (a zombie is none)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])
