"""Apart: a function in a process of its own, within limits of time and memory; its value out, or one French sentence.

What a stranger's file can break breaks there, and what only reading and composing need is never in the service.

    Task    what is done: a function of a module, what it is given, how long it may take
    Apart   does tasks, a fresh process each, forked from one that stands ready once a first task was asked for

    us  ─ Apart ── socket ──►  _Stand (imports, `warm`)  ─ fork ─►  keeper  ─ fork ─►  the task
         └───────────── a pipe for the question, a pipe for the answer ─────────────────┘

The one that stands ready sees no question and no file. The keeper says how the task ended, and ends what it has left.
Whatever the process answers, only plain values, days, paths and values of `model` are made of it. All end with us, also
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
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, is_dataclass
from enum import Enum
from functools import partial
from importlib import import_module
from io import BytesIO
from pathlib import Path
from socket import recv_fds, send_fds, socket, socketpair
from threading import BoundedSemaphore, Lock, Thread, Timer
from types import TracebackType
from typing import Any, BinaryIO, Generic, Self, TypeVar, cast
from zoneinfo import ZoneInfo

from newsletter import errors
from newsletter.errors import NewsletterError, Unfinished

MEMORY = 3 * 2**29, 2**31  # bytes a process may ask for: ours, and what it may give one of its own (300 MB are usual)
LARGEST = 256 * 2**20  # bytes of an answer
STATUS = 4  # bytes after it
READY = 120.0  # seconds to get ready in, on a machine that is busy
REST = 600.0  # seconds a process stands ready without a task
ALONE = {"OPENBLAS_NUM_THREADS": "1"}  # who forks has no threads
AT_ONCE = 2
START = "import sys; sys.path.append(sys.argv[1]); from newsletter import apart; apart.main(*sys.argv[2:])"
KEYS = ("SMTP_PASSWORD", "IMAP_PASSWORD", "SENDGRID_API_KEY")  # what reading and composing have no use for
SLOW = "{what} a pris plus de {seconds:g} secondes, et a été arrêtée : réessayez ; sinon, allégez les fichiers"
LARGE = "{what} demande trop de mémoire, et a été arrêtée : allégez le plus gros des fichiers, puis réessayez"
DIED = "{what} s’est arrêtée au milieu ({how}) : réessayez ; si cela recommence, prévenez qui tient le service"
TOLD = ["SourceUnreadable", "TemplateError", "ApprovalRefused", "NotYet", "NotAllowed", "StoreError", "TransportError"]
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
    """Does tasks in processes of their own. `warm`, of `words`: done once beforehand; no task need wait for it."""

    def __init__(self, warm: Callable[..., object] | None = None, *words: str, rest: float = REST) -> None:
        self._warm, self._words, self._rest = warm, words, rest
        self._lock, self._turn = Lock(), BoundedSemaphore(AT_ONCE)
        self._stand: _Stand | None = None
        self._timer: Timer | None = None

    def do(self, task: Task[T]) -> T:
        """Its value. Raises what it raises, and Unfinished: too long, too large, or its process died."""
        with self._turn:
            return _value(task, _asked(task, self._standing()))

    def close(self) -> None:
        """Nobody stands ready any more; a task that is being done is."""
        with self._lock:
            self._dismiss()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _standing(self) -> "_Worker | None":
        """A process for a task, of the one that stands ready for a while. None: there can be none just now."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
            try:
                if self._stand is None or not self._stand.stands:
                    self._dismiss()
                    self._stand = _Stand(self._warm, self._words)
                worker = self._stand.fork()
            except OSError as error:  # it died, or is late and would answer the next one; or the system has no more
                log.warning("apart_not_ready reason=%s", type(error).__name__)
                self._dismiss()
                return None
            self._timer = Timer(self._rest, self._let_go, (self._stand,))
            self._timer.daemon = True
            self._timer.start()
            return worker

    def _let_go(self, stand: "_Stand") -> None:
        with self._lock:
            if self._stand is stand:
                self._dismiss()

    def _dismiss(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._stand:
            self._stand.dismiss()
        self._stand = self._timer = None


class _Stand:
    """The process that has everything ready, and forks for each task."""

    def __init__(self, warm: Callable[..., object] | None, words: Sequence[str]) -> None:
        named = [f"{warm.__module__}:{warm.__qualname__}", *words] if warm else []
        root = str(Path(__file__).parent.parent)
        ours, theirs = socketpair()
        with ExitStack() as undo, theirs:
            undo.enter_context(ours).settimeout(READY)
            # -P: the folder we stand in is the town's, and holds what strangers have sent.
            self.process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-P", "-X", "utf8", "-c", START, root, str(theirs.fileno()), *named],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={name: value for name, value in os.environ.items() if name not in KEYS} | ALONE,
            )
            undo.pop_all()
        self._socket = ours

    @property
    def stands(self) -> bool:
        """Whether it is there."""
        return self.process.poll() is None

    def fork(self) -> "_Worker":
        """A process for one task. Raises OSError: it died, or never gets ready."""
        ends: list[int] = []
        try:
            ends += os.pipe()
            ends += os.pipe()
            asked, asking, answering, answers = ends
            send_fds(self._socket, [b"."], [asked, answers])
            pid = int.from_bytes(self._socket.recv(8), "big")
            if not pid:
                raise ConnectionResetError
            ends = [asked, answers]
            return _Worker(pid, os.fdopen(asking, "wb"), os.fdopen(answering, "rb"))
        finally:
            for end in ends:
                os.close(end)

    def dismiss(self) -> None:
        """It ends; what it has forked goes on."""
        self._socket.close()
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


@dataclass
class _Worker:
    """One process, for one task. `pid`: of its keeper, whose group it is in."""

    pid: int
    asking: BinaryIO
    answering: BinaryIO
    late: bool = False
    ended: bool = False

    def do(self, task: Task[Any]) -> bytes:
        """What it answers, and how it ended in the last bytes."""
        limit = Timer(task.seconds, self._kill)
        limit.daemon = True
        limit.start()
        try:
            with suppress(BrokenPipeError):  # it died: what it leaves tells how
                self.asking.write(pickle.dumps((task.verb, task.given, task.seconds)))
                self.asking.close()
            answer = self.answering.read(LARGEST + 1)
            self.ended = len(answer) <= LARGEST
            return answer
        finally:
            limit.cancel()
            self._end()
            self.leave()

    def leave(self) -> None:
        """Nothing more is said."""
        for pipe in (self.asking, self.answering):
            with suppress(BrokenPipeError):
                pipe.close()

    def _kill(self) -> None:
        self.late = True
        self._end()

    def _end(self) -> None:
        if not self.ended:  # then its number may be another's
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


def _asked(task: Task[Any], worker: "_Worker | None") -> tuple[bytes, int | None, bool]:
    """What a process answers, how it ended if anybody knows, whether its time was over."""
    if worker is None:
        return b"", None, False
    answer = worker.do(task)
    if len(answer) > LARGEST:
        return answer, None, worker.late
    said, how = answer[:-STATUS], answer[-STATUS:]
    return said, int.from_bytes(how, "big", signed=True) if len(how) == STATUS else None, worker.late


def _value(task: Task[T], ended: tuple[bytes, int | None, bool]) -> T:
    answer, code, over = ended
    kind, value = "large", cast(Any, None)
    try:
        if len(answer) <= LARGEST:
            kind, value = _Values(BytesIO(answer)).load()
            value = _told(*value) if kind == "refused" else value
    except Exception as error:  # noqa: BLE001 whatever it wrote, it is no answer
        kind, value = "died", type(error).__name__ if answer else None
    if kind == "done":
        return cast(T, value)
    if kind == "refused":
        raise value
    slow = over or code == -signal.SIGXCPU
    how = " ".join(value.split())[:99] if isinstance(value, str) else f"code {code}"
    kind, sentence = ("slow", SLOW) if slow else ("large", LARGE) if kind == "large" else ("died", DIED)
    log.warning("apart_failed verb=%s how=%s code=%s at=%s", task.verb.__name__, kind, code, how)
    raise Unfinished(sentence.format(what=task.what, seconds=task.seconds, how=how))


def _told(name: str, lines: list[str]) -> NewsletterError:
    """What was raised there, here."""
    if name in ("ConfigError", "FormRefused"):
        return errors.ConfigError(lines) if name == "ConfigError" else errors.FormRefused(lines)
    kind = getattr(errors, name) if name in TOLD else Unfinished
    return cast(NewsletterError, kind("\n".join(lines)))


class _Values(pickle.Unpickler):
    """Plain values, days, paths, and values of `model`: no other class is ever looked up, and none is changed."""

    def find_class(self, module: str, name: str) -> Any:
        """The class, or what makes its values. Raises UnpicklingError."""
        if (module, name) in PLAIN:
            found = getattr(import_module(module), name)
            return found if module == "datetime" else partial(found)  # into these an answer could write
        if module.startswith("newsletter.model."):
            found = getattr(import_module(module), name, None)
            if isinstance(found, type) and found.__module__ == module and _is_value(found):
                return found
        raise pickle.UnpicklingError(f"{module}.{name}")


def _is_value(kind: type) -> bool:
    """Whether its values may be made. What an answer writes into any goes by `__setstate__`: members have none."""
    if issubclass(kind, Enum) and not hasattr(kind, "__setstate__"):
        type.__setattr__(kind, "__setstate__", None)
    return hasattr(kind, "__setstate__") and (is_dataclass(kind) or issubclass(kind, Enum))


def zone(key: str) -> ZoneInfo:
    """A time zone, by its name."""
    return ZoneInfo(key)


def main(number: str, warm: str = "", *words: str) -> None:
    """In the process that stands ready: a fork for each two pipes that come by that socket, until nobody is there."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if warm:
        module, _, name = warm.partition(":")
        getattr(import_module(module), name)(*words)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for keepers
    with socket(fileno=int(number)) as asked:
        while pipes := recv_fds(asked, 1, 2)[1]:
            keeper = os.fork()
            if keeper == 0:
                asked.close()
                _keep(*pipes)
            for pipe in pipes:
                os.close(pipe)
            asked.sendall(keeper.to_bytes(8, "big"))


def _keep(question: int, answers: int) -> None:
    """Has the task done, says how it ended, and ends with all it has started."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    worker = os.fork()
    if worker == 0:
        _work(question, answers)
    os.close(question)
    _, status = os.waitpid(worker, 0)
    with suppress(BrokenPipeError):
        os.write(answers, os.waitstatus_to_exitcode(status).to_bytes(STATUS, "big", signed=True))
    os.killpg(0, signal.SIGKILL)


def _work(question: int, answers: int) -> None:
    """Waits for its task, answers, ends."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, MEMORY)
        with os.fdopen(question, "rb") as asked, os.fdopen(answers, "wb") as out:
            Thread(target=_end_with, args=(out,), daemon=True).start()
            verb, given, seconds = pickle.load(asked)  # noqa: S301 it is ours
            most = int(seconds) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))
            out.write(_answer(verb, given))
            out.flush()
            os._exit(0)
    finally:
        os._exit(1)


def beside(what: str, verb: Callable[..., T], many: Sequence[tuple[object, ...]]) -> list[T]:
    """In a task: the verb on each, beside one another, in forks of this process but for the first. Raises as `do`."""
    others = [_begun(verb, given) for given in many[1:]]
    first = [verb(*given) for given in many[:1]]
    return first + [_value(Task(what, verb), _read(*other)) for other in others]


def _begun(verb: Callable[..., object], given: tuple[object, ...]) -> tuple[int, int]:
    """A process that does it, and where its answer comes from."""
    answer, answers = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(answers, "wb") as out:
                out.write(_answer(verb, given))
            os._exit(0)
        finally:  # whatever happens, it goes on with nothing of who it is a copy of
            os._exit(1)
    os.close(answers)
    return child, answer


def _read(child: int, answer: int) -> tuple[bytes, int | None, bool]:
    with os.fdopen(answer, "rb") as said:
        words = said.read()
    return words, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), False


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
