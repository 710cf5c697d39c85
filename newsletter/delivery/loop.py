"""One thread for all connections: talks in, talks driven on, each as far as its socket lets it.

A talk is a generator; it yields what it waits for, and is told whether that came in time. A thread per connection was
tried first: with the ledger's thread they fight for the interpreter at every message, 0.7 of this one's speed.
Never here: SMTP, or what a talk is about.
"""

import math
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

Given = TypeVar("Given")


@dataclass(slots=True)
class Wait:
    """For a socket to be ready, or, without one, for a nudge (unless `deaf`); so many seconds at most."""

    socket: socket.socket | None
    events: int = 0
    seconds: float | None = None
    deaf: bool = False


Steps = Generator[Wait, bool, Given]
Talk = Steps[None]


class Loop:
    """Talks begin with `begin`, from any thread. `broken` is told when the thread ends by a fault of ours."""

    def __init__(self, broken: Callable[[], None]) -> None:
        self._broken = broken
        self._waiting: dict[Talk, tuple[Wait, float]] = {}
        self._calls: deque[Callable[[], None]] = deque()
        self._selector = selectors.DefaultSelector()
        self._ear, self._mouth = socket.socketpair()
        self._selector.register(self._ear, READ)
        self._open = True
        self._thread = Thread(target=self._run, name="smtp", daemon=True)
        self._thread.start()

    def begin(self, talk: Talk) -> None:
        """Lets a talk run until it ends."""
        self.call(lambda: self._listen(talk, None, next(talk, None)))

    def call(self, act: Callable[[], None]) -> None:
        """Does something in the thread of the talks, so that nothing they share needs a lock."""
        self._calls.append(act)
        self._mouth.send(b"!")

    def nudge(self) -> None:
        """Wakes the talks that wait for no socket. Only to be called in the thread of the talks."""
        for talk in [talk for talk, (wait, _) in self._waiting.items() if wait.socket is None and not wait.deaf]:
            self._go_on(talk, True)

    def close(self) -> None:
        """Ends the talks where they are, and the thread."""
        self.call(self._end)
        self._thread.join()
        for thing in (self._selector, self._ear, self._mouth):
            thing.close()

    def _run(self) -> None:
        try:
            while self._open:
                self._turn()
        finally:
            if self._open:
                self._broken()

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._patience()):
            if key.data is None:
                self._ear.recv(4096)
            else:
                self._go_on(key.data, True)
        while self._calls:
            self._calls.popleft()()
        now = time.monotonic()
        for talk in [talk for talk, (_, end) in self._waiting.items() if end <= now]:
            self._go_on(talk, False)

    def _patience(self) -> float | None:
        end = min((end for _, end in self._waiting.values()), default=math.inf)
        return None if end == math.inf else max(0.0, end - time.monotonic())

    def _go_on(self, talk: Talk, came: bool) -> None:
        before, _ = self._waiting.pop(talk)
        try:
            wait = talk.send(came)
        except StopIteration:
            wait = None
        self._listen(talk, before, wait)

    def _listen(self, talk: Talk, before: Wait | None, wait: Wait | None) -> None:
        """What the talk waits for now. A socket that is waited for again stays registered: it costs two calls less."""
        was = (before.socket, before.events) if before else (None, 0)
        now = (wait.socket, wait.events) if wait else (None, 0)
        if was != now:
            if was[0] is not None:
                self._selector.unregister(was[0])
            if now[0] is not None:
                self._selector.register(now[0], now[1], talk)
        if wait:
            self._waiting[talk] = wait, math.inf if wait.seconds is None else time.monotonic() + wait.seconds

    def _end(self) -> None:
        self._open = False
        for talk in self._waiting:
            talk.close()
