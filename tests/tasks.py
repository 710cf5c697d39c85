"""What processes are asked to do in tests of `apart`: good, slow, greedy, hostile."""

import os
import resource
import signal
import subprocess
import sys
import time
from fcntl import F_GETFL, fcntl
from pathlib import Path

from newsletter.apart import beside
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
    """Where the answer goes: of the pipes, beside 0, 1 and 2, the one that is written to."""
    named = [path for path in Path("/proc/self/fd").iterdir() if int(path.name) > 2 and path.is_symlink()]
    pipes = [int(path.name) for path in named if str(path.readlink()).startswith("pipe:")]
    return next(one for one in pipes if fcntl(one, F_GETFL) & os.O_ACCMODE == os.O_WRONLY)


def mother() -> int:
    """Leaves a child behind."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid


def slipping(how: str) -> str:
    """Breaks while what broke is being told; the first takes its time."""
    if how == "first":
        time.sleep(0.5)
        return how
    raise Untellable


class Untellable(NewsletterError):
    def __str__(self) -> str:
        raise KeyError("claire@exemple.example")


def several() -> list[str]:
    return beside("la composition d’une lettre", slipping, [("first",), ("second",)])


def loaded() -> tuple[bool, str]:
    return "json.tool" in sys.modules, sys.path[0]


def warmed() -> None:
    import json.tool  # noqa: F401


def limits() -> tuple[int, tuple[str, ...]]:
    return resource.getrlimit(resource.RLIMIT_AS)[0], tuple(name for name in os.environ if name == "SMTP_PASSWORD")


def told_and_endless(where: str) -> None:
    Path(where).write_text(str(os.getpid()))
    time.sleep(60)
