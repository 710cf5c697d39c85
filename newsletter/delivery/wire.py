"""SMTP's own talk on a socket: lines out, replies in. No command is known here, nothing is kept or shown of an address.

All that can go wrong with a connection is one exception, Dropped; who catches it knows what was on its way.
"""

import contextlib
import re
import select
import socket
import ssl
from dataclasses import dataclass

REPLY = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?")
LINE_MAX = 2048
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
        words = " ".join(line for line in self.lines if line)
        return SOMEONE.sub("<…>", UNPRINTABLE.sub(" ", f"{self.code} {words}"))[:SHOWN_MAX].strip()


class Wire:
    """A connected socket. `open` is False once it is cut, or once the server said 421: write no more."""

    def __init__(self, connected: socket.socket, timeout: float) -> None:
        self.open = True
        self._socket = connected
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

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Goes on in TLS. Raises OSError."""
        self._socket = context.wrap_socket(self._socket, server_hostname=host)

    def write(self, content: bytes) -> None:
        """Sends all of it, or raises Dropped: then its last byte has not left. What came before can still be read."""
        try:
            self._socket.sendall(content)
        except OSError as error:
            self.open = False
            raise Dropped.by(error) from None

    def read(self, patience: float = 1.0) -> Reply:
        """The next reply, waited for `patience` times as long as usual."""
        self._socket.settimeout(self._timeout * patience)
        lines: list[str] = []
        while len(lines) < LINES_MAX:
            match = REPLY.fullmatch(self._line())
            if match is None:
                break
            lines.append((match[3] or b"").decode("utf-8", "replace"))
            if match[2] != b"-":
                self.open = self.open and int(match[1]) != 421
                return Reply(int(match[1]), tuple(lines))
        self.close()
        raise Dropped("une réponse qui n'est pas du SMTP")

    def command(self, line: str) -> Reply:
        """One command and its reply."""
        self.write(f"{line}\r\n".encode())
        return self.read()

    def close(self) -> None:
        """Lets go of the connection."""
        self.open = False
        with contextlib.suppress(OSError):
            self._socket.close()

    def _line(self) -> bytes:
        while (end := self._received.find(b"\n")) < 0:
            more = self._receive() if len(self._received) <= LINE_MAX else b""
            if not more:
                self.close()
                raise Dropped("la connexion est coupée" if len(self._received) <= LINE_MAX else "une réponse sans fin")
            self._received += more
        line = bytes(self._received[:end]).rstrip(b"\r")
        del self._received[: end + 1]
        return line

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(8192)
        except OSError as error:
            self.close()
            raise Dropped.by(error) from None
