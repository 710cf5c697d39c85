"""What processes are asked to do in tests of `apart`: good, slow, greedy, hostile."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from newsletter.errors import NewsletterError


def ready() -> None:
    """What a process does beforehand."""


def given(value: object) -> object:
    return value


def number() -> int:
    return os.getpid()


def chatty() -> str:
    print("bonjour")  # noqa: T201
    return "value"


def refused(kind: type[NewsletterError], *words: object) -> None:
    raise kind(*words)  # type: ignore[arg-type]


def endless() -> None:
    time.sleep(60)


def busy() -> None:
    while True:
        pass


def greedy() -> int:
    return len(bytearray(4 * 2**30))


def dead() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def broken() -> None:
    raise KeyError("claire@exemple.example")


def lying(answer: bytes) -> None:
    os.write(lying_to(), answer)
    os._exit(0)


def lying_to() -> int:
    """Where the answer goes: the one pipe, beside 0, 1 and 2."""
    pipes = [path for path in Path("/proc/self/fd").iterdir() if int(path.name) > 2]
    return next(int(path.name) for path in pipes if path.is_symlink() and str(path.readlink()).startswith("pipe:"))


def mother() -> int:
    """Leaves a child behind."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid


def loaded() -> tuple[bool, str]:
    return "json.tool" in sys.modules, sys.path[0]


def warmed() -> None:
    import json.tool  # noqa: F401


def limits() -> tuple[int, tuple[str, ...]]:
    return resource.getrlimit(resource.RLIMIT_AS)[0], tuple(name for name in os.environ if name == "SMTP_PASSWORD")


def told_and_endless(where: str) -> None:
    Path(where).write_text(str(os.getpid()))
    time.sleep(60)
