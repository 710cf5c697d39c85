"""Apart: a function in a process of its own, within limits of time and memory; its value out, or one French sentence.

What a stranger's file can break breaks there, and what only reading and composing need is never in the service.

    Task    what is done: a function of a module, what it is given, how long it may take
    Apart   does tasks, a fresh process each; with `warm`, the next one stands ready once a first task was done

Whatever the process answers, only plain values, days, paths and values of `model` are made of it. It ends with us, also
when we are killed. Never here: what is done.
"""

import logging
import os
import pickle
import resource
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, is_dataclass
from enum import Enum
from importlib import import_module
from io import BytesIO
from pathlib import Path
from threading import BoundedSemaphore, Lock, Thread, Timer
from types import TracebackType
from typing import Any, BinaryIO, Generic, Self, TypeVar, cast
from zoneinfo import ZoneInfo

from newsletter.errors import (
    ApprovalRefused,
    ConfigError,
    FormRefused,
    NewsletterError,
    NotAllowed,
    NotYet,
    SourceUnreadable,
    StoreError,
    TemplateError,
    TransportError,
    Unfinished,
)

MEMORY = 3 * 2**29, 2**31  # bytes a process may ask for: ours, and what it may give one of its own (300 MB are usual)
LARGEST = 256 * 2**20  # bytes of an answer
REST = 600.0  # seconds a process stands ready
AT_ONCE = 2
START = "import sys; sys.path.append(sys.argv[1]); from newsletter import apart; apart.main(*sys.argv[2:])"
KEYS = ("SMTP_PASSWORD", "IMAP_PASSWORD", "SENDGRID_API_KEY")  # what reading and composing have no use for
SLOW = "{what} a pris plus de {seconds:g} secondes, et a été arrêtée : réessayez ; sinon, allégez les fichiers"
LARGE = "{what} demande trop de mémoire, et a été arrêtée : allégez le plus gros des fichiers, puis réessayez"
DIED = "{what} s’est arrêtée au milieu ({how}) : réessayez ; si cela recommence, prévenez qui tient le service"
PLAIN = {
    ("datetime", "date"), ("datetime", "datetime"), ("datetime", "time"), ("datetime", "timedelta"),
    ("datetime", "timezone"), ("pathlib", "PosixPath"), ("pathlib._local", "PosixPath"), (__name__, "zone"),
}  # fmt: skip

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """`verb`: a function of a module, called with `given`. `what`: « la lecture des fichiers »; sentences begin so."""

    what: str
    verb: Callable[..., T]
    given: tuple[object, ...] = ()
    seconds: float = 60.0


class Apart:
    """Does tasks in processes of their own. `warm`: what one does beforehand, so that its task needn't wait for it."""

    def __init__(self, warm: Callable[[], object] | None = None, rest: float = REST) -> None:
        self._warm, self._rest = warm, rest
        self._lock, self._turn = Lock(), BoundedSemaphore(AT_ONCE)
        self._spare: _Worker | None = None
        self._timer: Timer | None = None
        self._closed = False

    def do(self, task: Task[T]) -> T:
        """Its value. Raises what it raises, and Unfinished: too long, too large, or its process died."""
        with self._turn:
            worker = self._taken() or _Worker(self._warm)
            try:
                return _value(task, worker.do(task))
            finally:
                self._prepare()

    def close(self) -> None:
        """Nobody stands ready any more."""
        self._closed = True
        if spare := self._taken():
            spare.dismiss()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _taken(self) -> "_Worker | None":
        with self._lock:
            spare, self._spare = self._spare, None
            if self._timer:
                self._timer.cancel()
        if spare and not spare.stands:
            spare.dismiss()
            return None
        return spare

    def _prepare(self) -> None:
        """Somebody stands ready, for a while."""
        with self._lock:
            if self._warm is None or self._spare or self._closed:
                return
            self._spare = _Worker(self._warm)
            self._timer = Timer(self._rest, self._let_go, (self._spare,))
            self._timer.daemon = True
            self._timer.start()

    def _let_go(self, spare: "_Worker") -> None:
        with self._lock:
            if self._spare is not spare:
                return
            self._spare = None
        spare.dismiss()


class _Worker:
    """One process, for one task."""

    def __init__(self, warm: Callable[[], object] | None) -> None:
        named = [f"{warm.__module__}:{warm.__qualname__}"] if warm else []
        root = str(Path(__file__).parent.parent)
        # -P: the folder we stand in is the town's, and holds what strangers have sent.
        self._process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-P", "-X", "utf8", "-c", START, root, *named],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if name not in KEYS},
        )

    @property
    def stands(self) -> bool:
        """Whether it is there."""
        return self._process.poll() is None

    def do(self, task: Task[Any]) -> tuple[bytes, int, bool]:
        """What it answers, how it ended, whether its time was over."""
        late = Timer(task.seconds, self._kill)
        late.daemon = True
        late.start()
        try:
            answer = self._asked(pickle.dumps((task.verb, task.given, task.seconds)))
        finally:
            over = not late.is_alive()
            late.cancel()
            self.dismiss()
        return answer, self._process.returncode, over

    def dismiss(self) -> None:
        """It ends, with all it has started."""
        self._kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait()

    def _asked(self, question: bytes) -> bytes:
        asking, answering = self._process.stdin, self._process.stdout
        assert asking, answering
        with suppress(BrokenPipeError):  # it died: what it leaves tells how
            asking.write(question)
            asking.close()
        return answering.read(LARGEST + 1) if answering else b""

    def _kill(self) -> None:
        if self._process.returncode is None:  # once it is waited for, its number may be another's
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _value(task: Task[T], ended: tuple[bytes, int, bool]) -> T:
    answer, code, over = ended
    kind, value = "large", cast(Any, None)
    try:
        if len(answer) <= LARGEST:
            kind, value = _Values(BytesIO(answer)).load()
    except Exception as error:  # noqa: BLE001 whatever it wrote, it is no answer
        kind, value = "died", type(error).__name__ if answer else None
    if kind == "done":
        return cast(T, value)
    if kind == "refused":
        raise _told(*value)
    if over or -code == signal.SIGXCPU:
        kind = "slow"
    log.warning("apart_failed verb=%s how=%s code=%d at=%s", task.verb.__name__, kind, code, value)
    sentence = {"slow": SLOW, "large": LARGE}.get(kind, DIED)
    raise Unfinished(sentence.format(what=task.what, seconds=task.seconds, how=value or f"code {code}"))


def _told(name: str, lines: list[str]) -> NewsletterError:
    """What was raised there, here."""
    for every in (ConfigError, FormRefused):
        if name == every.__name__:
            return every(lines)
    plain = (SourceUnreadable, TemplateError, ApprovalRefused, NotYet, NotAllowed, StoreError, TransportError)
    return next((kind for kind in plain if kind.__name__ == name), Unfinished)("\n".join(lines))


class _Values(pickle.Unpickler):
    """Plain values, days, paths, and values of `model`: no other class is ever looked up."""

    def find_class(self, module: str, name: str) -> Any:
        """The class. Raises UnpicklingError."""
        if (module, name) in PLAIN:
            return getattr(import_module(module), name)
        if module.startswith("newsletter.model."):
            found = getattr(import_module(module), name, None)
            if isinstance(found, type) and found.__module__ == module and _is_value(found):
                return found
        raise pickle.UnpicklingError(f"{module}.{name}")


def _is_value(kind: type) -> bool:
    return is_dataclass(kind) or issubclass(kind, Enum)


def zone(key: str) -> ZoneInfo:
    """A time zone, by its name."""
    return ZoneInfo(key)


def main(warm: str = "") -> None:
    """In the process: gets ready, waits for its task, answers, ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    resource.setrlimit(resource.RLIMIT_AS, MEMORY)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if warm:
        module, _, name = warm.partition(":")
        getattr(import_module(module), name)()
    question = sys.stdin.buffer.read()
    if not question:  # we are not needed
        return
    Thread(target=_end_with, args=(answers,), daemon=True).start()
    verb, given, seconds = pickle.loads(question)  # noqa: S301 it is ours
    spent = resource.getrusage(resource.RUSAGE_SELF)
    most = int(spent.ru_utime + spent.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))
    answers.write(_answer(verb, given))
    answers.flush()
    os._exit(0)


def _answer(verb: Callable[..., object], given: tuple[object, ...]) -> bytes:
    try:
        return _written("done", verb(*given))
    except NewsletterError as error:
        lines = list(getattr(error, "faults", ())) or [str(error)]
        return _written("refused", (type(error).__name__, lines))
    except MemoryError:
        return _written("large", None)
    except Exception as error:  # noqa: BLE001 who asked is told of it
        return _written("died", f"{type(error).__name__} {_place(error)}")


def _written(kind: str, value: object) -> bytes:
    out = BytesIO()
    writer = pickle.Pickler(out)
    writer.dispatch_table = {ZoneInfo: lambda one: (zone, (one.key,))}  # by itself it would ask for `getattr`
    writer.dump((kind, value))
    return out.getvalue()


def _place(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def _end_with(answers: BinaryIO) -> None:
    """Ends when nobody waits for the answer any more."""
    watch = select.poll()
    watch.register(answers, 0)
    watch.poll()
    os._exit(1)
