"""The `sendgrid` package's client over connections that stay open. A request's body in, an answer out, or which half
of the exchange failed.

The package opens a connection per call (20 sends, 20 connections), waits for ever, and writes the key and every
address at DEBUG. Here connections are kept, a silence ends, and nothing is written. Nothing is tried twice.
"""

import http.client
import select
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Literal
from urllib.parse import urlsplit

from python_http_client.client import Client, Response
from sendgrid import SendGridAPIClient

from newsletter.errors import TransportError

SECONDS = 30.0


class NotSent(Exception):
    """The last byte of the request never left: it was not taken. In French, why."""


class Unanswered(Exception):
    """All of the request left, and no answer came: nobody knows. In French, why."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose mails, by which door. `url`: another one than the region's."""

    key: str = field(repr=False)
    region: Literal["global", "eu"] = "eu"
    url: str | None = None
    timeout: float = SECONDS


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back, under the names the package asks for."""

    status: int
    body: bytes
    headers: Message

    def getcode(self) -> int:
        """The status."""
        return self.status

    def read(self) -> bytes:
        """The body."""
        return self.body

    def info(self) -> Message:
        """The headers."""
        return self.headers


class Lines:
    """Connections to one host, each used by one call at a time, kept for the next."""

    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port
        self._timeout = timeout
        self._trust = ssl.create_default_context() if self._secure else None
        self._idle: deque[http.client.HTTPConnection] = deque()
        self.opened = 0

    def post(self, path: str, headers: Mapping[str, str], content: bytes) -> Answered:
        """One request and its answer. Raises NotSent, Unanswered, TransportError."""
        line = self._quiet() or self._opened()
        try:
            answer = _asked(line, path, headers, content)
        except BaseException:
            line.close()
            raise
        if line.sock is not None:
            self._idle.append(line)
        return answer

    def close(self) -> None:
        """Lets go of all."""
        while self._idle:
            self._idle.pop().close()

    def _quiet(self) -> http.client.HTTPConnection | None:
        """A kept connection its other end didn't close meanwhile."""
        while True:
            try:
                line = self._idle.pop()
            except IndexError:
                return None
            if line.sock is not None and not select.select([line.sock], [], [], 0)[0]:
                return line
            line.close()

    def _opened(self) -> http.client.HTTPConnection:
        line: http.client.HTTPConnection
        if self._trust is None:
            line = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        else:
            line = http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._trust)
        try:
            line.connect()
        except ssl.SSLCertVerificationError as error:
            raise TransportError(
                f"le certificat de {self._host} n’est pas reconnu ({error.verify_message}) ; "
                "vérifiez delivery.sendgrid.url, et l’heure de cette machine"
            ) from None
        except OSError as error:
            line.close()
            raise NotSent(_why(error)) from None
        self.opened += 1
        return line


def _asked(line: http.client.HTTPConnection, path: str, headers: Mapping[str, str], content: bytes) -> Answered:
    cut: OSError | None = None
    try:
        line.request("POST", path, content, dict(headers))
    except TimeoutError as error:
        raise NotSent(_why(error)) from None
    except OSError as error:
        cut = error  # it may have been refused before its end: then the answer is there
    try:
        response = line.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise (NotSent(_why(cut)) if cut else Unanswered(_why(error))) from None
    return Answered(response.status, _body(response, line), response.headers)


def _body(response: http.client.HTTPResponse, line: http.client.HTTPConnection) -> bytes:
    """The words of an answer; its status counts also when they are cut short."""
    try:
        return response.read()
    except (OSError, http.client.HTTPException):
        line.close()
        return b""


def _why(error: OSError | http.client.HTTPException) -> str:
    if isinstance(error, TimeoutError):
        return "pas de réponse à temps"
    if isinstance(error, socket.gaierror):
        return "ce nom de machine n’est pas connu"
    if isinstance(error, ConnectionRefusedError):
        return "connexion refusée"
    return "la connexion est coupée" if isinstance(error, OSError) else "une réponse qui n’est pas du HTTP"


class Kept(Client):  # type: ignore[misc]  # the package has no types
    """The package's client, but for how a request is posted."""

    def __init__(self, host: str, headers: Mapping[str, str], lines: Lines, path: tuple[str, ...] = ()) -> None:
        super().__init__(host, headers, 3, list(path), timeout=None)
        self._lines = lines

    def _build_client(self, name: str | None = None) -> "Kept":
        path = (*self._url_path, name) if name else self._url_path
        return Kept(self.host, self.request_headers, self._lines, tuple(path))

    def post(self, request_body: bytes) -> Response:
        """In place of the package's: JSON as it is, no opener per call, nothing of the key or the letter for a log."""
        headers = {**self.request_headers, "Content-Type": "application/json"}
        return Response(self._lines.post(urlsplit(self._build_url(None)).path, headers, request_body))


def connect(account: Account) -> tuple[SendGridAPIClient, Lines]:
    """The package's client for an account, and the lines it speaks on. Nothing is opened yet."""
    client = SendGridAPIClient(account.key)
    client.set_sendgrid_data_residency(account.region)
    host = account.url or client.host
    lines = Lines(host, account.timeout)
    client.client = Kept(host, client.client.request_headers, lines)
    return client, lines
