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
from dataclasses import dataclass
from typing import Any

from newsletter.delivery.loop import READ, WRITE, Steps, Wait

REPLY_MAX = 65_536
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


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answers."""

    code: int
    lines: tuple[str, ...]

    @property
    def kind(self) -> int:
        """2 done, 3 go on, 4 later, 5 never."""
        return self.code // 100

    def __str__(self) -> str:
        """Its code and words on one line, without any address."""
        shown = f"{self.code} {' '.join(line for line in self.lines if line)}"
        if not (shown.isascii() and shown.isprintable()):
            shown = UNPRINTABLE.sub(" ", shown)
        return (SOMEONE.sub("<…>", shown) if "@" in shown else shown)[:SHOWN_MAX].strip()


class Wire:
    """A socket that never blocks. `open` is False once it is cut, or once the server said 421: write no more."""

    def __init__(self, connecting: socket.socket, timeout: float) -> None:
        self.open = True
        self._socket = connecting
        self._timeout = timeout
        self._received = bytearray()

    @property
    def quiet(self) -> bool:
        """Whether nothing came since the last reply: an unasked word of a server is its farewell."""
        return self.open and not self._received and not select.select([self._socket], [], [], 0)[0]

    @property
    def unread(self) -> bool:
        """Whether more came than the last reply."""
        return bool(self._received)

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
        lines: list[str] = []
        start = 0
        while (end := self._received.find(b"\n", start)) >= 0:
            line = bytes(self._received[start:end]).rstrip(b"\r")
            start = end + 1
            lines.append(line[4:].decode("utf-8", "replace"))
            if line[3:4] == b"-" and line[:3].isdigit() and len(lines) < LINES_MAX:
                continue
            if not (line[:3].isdigit() and b"2" <= line[:1] <= b"5" and line[3:4] in (b"", b" ")):
                self.close()
                raise Dropped("une réponse qui n'est pas du SMTP")
            del self._received[:start]
            code = int(line[:3])
            self.open = self.open and code != 421
            return Reply(code, tuple(lines))
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
        more = b""
        while len(self._received) <= REPLY_MAX:
            try:
                more = self._socket.recv(8192)
                break
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as empty:
                yield from self._until_ready(empty, READ)
            except OSError as error:
                self.close()
                raise Dropped.by(error) from None
        if not more:
            self.close()
            raise Dropped("la connexion est coupée" if len(self._received) <= REPLY_MAX else "une réponse sans fin")
        self._received += more

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
