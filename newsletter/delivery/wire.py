"""SMTP's own talk on a socket: lines out, replies in. No command is known here, nothing is kept or shown of an address.

All that can go wrong with a connection is one exception, Dropped; who catches it knows what was on its way.
"""

import contextlib
import errno
import os
import re
import select
import socket
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Any

from newsletter.delivery.loop import READ, WRITE, Steps, Wait

LINE_MAX = 2048
QUICK_ACK = getattr(socket, "TCP_QUICKACK", 0)  # Linux only
CODE = re.compile(rb"[2-5]\d\d")
LINES_MAX = 100
SHOWN_MAX = 300
SOMEONE = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
UNPRINTABLE = re.compile(r"[^ -~\u00a1-\ud7ff]+")


class Dropped(Exception):
    """The connection is gone, or speaks no SMTP: what was not answered yet never will be. In French, why."""

    @classmethod
    def by(cls, error: OSError) -> "Dropped":
        """From what the system says, which may hold a name or an address."""
        if isinstance(error, TimeoutError):
            return cls("pas de réponse à temps")
        if isinstance(error, socket.gaierror):
            return cls("ce nom de machine n'est pas connu")
        return cls("connexion refusée" if isinstance(error, ConnectionRefusedError) else "la connexion est coupée")


@dataclass(slots=True)
class Reply:
    """What a server answers: a code, and lines of which most are never looked at."""

    code: int
    lines: list[bytes]

    @property
    def kind(self) -> int:
        """2 done, 3 go on, 4 later, 5 never."""
        return self.code // 100

    @property
    def words(self) -> list[str]:
        """The text of each line."""
        return [line[4:].decode("utf-8", "replace") for line in self.lines]

    def __str__(self) -> str:
        """Its code and words on one line, without any address."""
        shown = f"{self.code} {' '.join(word for word in self.words if word)}"
        if not (shown.isascii() and shown.isprintable()):
            shown = UNPRINTABLE.sub(" ", shown)
        return (SOMEONE.sub("<…>", shown) if "@" in shown else shown)[:SHOWN_MAX].strip()


class Wire:
    """A socket that never blocks. `open` is False once it is cut, or once the server said 421: write no more."""

    def __init__(self, connecting: socket.socket, timeout: float) -> None:
        self.open = True
        self._socket = connecting
        self._timeout = timeout
        self._lines: deque[bytes] = deque()
        self._begun = b""

    @property
    def quiet(self) -> bool:
        """Whether nothing came since the last reply: an unasked word of a server is its farewell."""
        return self.open and not self.unread and not select.select([self._socket], [], [], 0)[0]

    @property
    def unread(self) -> bool:
        """Whether more came than the last reply."""
        return bool(self._lines or self._begun)

    @property
    def here(self) -> str:
        """The address of this end, as EHLO writes one that has no name."""
        host = self._socket.getsockname()[0].partition("%")[0]
        return f"[IPv6:{host}]" if ":" in host else f"[{host}]"

    def secure(self, context: ssl.SSLContext, host: str) -> Steps[None]:
        """Goes on in TLS. Raises OSError."""
        self._socket = secured = context.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)
        while True:
            try:
                return secured.do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as wanted:
                yield from self._until_ready(wanted, READ)

    def write(self, content: bytes) -> Steps[None]:
        """Sends all of it, or raises Dropped: then its last byte has not left. What came before can still be read."""
        left = memoryview(content)
        while True:
            try:
                sent = self._socket.send(left)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as full:
                yield from self._until_ready(full, WRITE)
                continue
            except OSError as error:
                self.open = False
                raise Dropped.by(error) from None
            if sent == len(left):
                return
            left = left[sent:]

    def read(self) -> Steps[Reply]:
        """The next reply."""
        while (reply := self.received()) is None:
            yield from self._receive()
        return reply

    def received(self) -> Reply | None:
        """The next reply, when all of it is here already. Raises Dropped when it is none."""
        lines: list[bytes] = []
        for line in self._lines:
            lines.append(line)
            code, sign = line[:3], line[3:4]
            if not CODE.fullmatch(code) or sign not in b" -" or len(lines) > LINES_MAX:
                self.close()
                raise Dropped("une réponse qui n'est pas du SMTP")
            if sign != b"-":
                for _ in lines:
                    self._lines.popleft()
                number = int(code)
                self.open = self.open and number != 421
                return Reply(number, lines)
        return None

    def command(self, line: str) -> Steps[Reply]:
        """One command and its reply."""
        yield from self.write(f"{line}\r\n".encode())
        return (yield from self.read())

    def leave(self) -> None:
        """Says goodbye when there is someone to hear it, and closes."""
        if self.open:
            with contextlib.suppress(OSError):
                self._socket.send(b"QUIT\r\n")
        self.close()

    def close(self) -> None:
        """Lets go of the connection."""
        self.open = False
        with contextlib.suppress(OSError):
            self._socket.close()

    def _receive(self) -> Steps[None]:
        while True:
            try:
                more = self._socket.recv(8192)
                break
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as empty:
                yield from self._until_ready(empty, READ)
            except OSError as error:
                self.close()
                raise Dropped.by(error) from None
        *lines, self._begun = (self._begun + more).replace(b"\r\n", b"\n").split(b"\n")
        self._lines.extend(lines)
        if not more or len(self._begun) > LINE_MAX:
            self.close()
            raise Dropped("une réponse sans fin" if more else "la connexion est coupée")
        if QUICK_ACK:  # a server with Nagle's algorithm holds its next reply until then, and Linux would take 40 ms
            self._socket.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)

    def _until_ready(self, wanted: OSError, events: int) -> Steps[None]:
        """TLS may have to read before it can write, and the other way round: what was raised says it."""
        if isinstance(wanted, ssl.SSLError):
            events = READ if isinstance(wanted, ssl.SSLWantReadError) else WRITE
        if not (yield Wait(self._socket, events, self._timeout)):
            self.close()
            raise Dropped("pas de réponse à temps")


def connected(host: str, port: int, seconds: float) -> Steps[socket.socket]:
    """A connected socket that never blocks. Raises OSError."""
    problem = OSError("no address")
    for family, kind, protocol, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        trying = socket.socket(family, kind, protocol)
        try:
            yield from _connect(trying, place, seconds)
        except OSError as error:
            trying.close()
            problem = error
        except BaseException:
            trying.close()
            raise
        else:
            return trying
    raise problem


def _connect(trying: socket.socket, place: Any, seconds: float) -> Steps[None]:
    trying.setblocking(False)
    code = trying.connect_ex(place)
    if code == errno.EINPROGRESS:
        came = yield Wait(trying, WRITE, seconds)
        code = trying.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if came else errno.ETIMEDOUT
    if code:
        raise OSError(code, os.strerror(code))
    trying.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
