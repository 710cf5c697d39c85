"""A mailbox read by IMAP: what is unread goes out as bytes, one mail after the other.

A mail that is understood is marked as read, or moved, once whoever took it has kept it. The others stay as they are for
a person: unread, in their place; a flag nobody sees says that they were looked at, where the server keeps such flags.
All ends in time: a server that says nothing, and one that never ends. Never here: what a mail means.
"""

import imaplib
import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Timer
from typing import Any, Literal

from newsletter.errors import TransportError
from newsletter.feedback import words
from newsletter.feedback.mails import SIZE_MAX

MAILS_MAX = 1000  # at once, the newest
LOOKED_AT = "Newsletter-Looked-At"
SILENT, UNMARKED = "ne donne pas les messages", "ne marque pas les messages comme lus"
FOREIGN = re.compile(r"[^ -~]+")  # what a folder's name has in base64 (RFC 3501, 5.1.3)
Take = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where it is, how one comes in, and where what is understood goes. `authority`: certificates to trust.

    `timeout`: the longest silence; `longest`: the longest visit; both in seconds.
    """

    host: str
    user: str
    password: str = field(repr=False)
    port: int = 993
    security: Literal["none", "starttls", "tls"] = "tls"
    folder: str = "INBOX"
    done: str | None = None
    authority: str | None = None
    timeout: float = 30.0
    longest: float = 600.0

    @property
    def nearby(self) -> bool:
        """Whether what is said to it stays on this machine."""
        with suppress(ValueError):
            return ip_address(self.host).is_loopback
        return self.host == "localhost"


@dataclass(frozen=True, slots=True)
class Visit:
    """How many mails were looked at, and how many of them were understood."""

    looked: int = 0
    understood: int = 0


def collect(box: Mailbox, take: Take) -> Visit:
    """Gives `take` each unread mail; True says that it is understood and kept. Raises TransportError."""
    if box.security == "none" and not box.nearby:
        raise TransportError(
            f"aucun mot de passe ne part en clair vers {box.host} ; mettez delivery.mailbox.security à « tls »"
        )
    with _sentences(box, "ne répond pas"):
        server = _reached(box)
    with _within(box.longest, server), _leaving(server):
        with _sentences(box, "n’ouvre pas la boîte"):
            _logged_in(server, box)
        with _sentences(box, f"n’ouvre pas le dossier « {box.folder} »"):
            marks = _selected(server, box.folder)
        return _looked_through(server, box, take, marks)


def _reached(box: Mailbox) -> imaplib.IMAP4:
    if box.security == "none":
        return imaplib.IMAP4(box.host, box.port, timeout=box.timeout)
    trust = ssl.create_default_context(cafile=box.authority)
    if box.security == "tls":
        return imaplib.IMAP4_SSL(box.host, box.port, ssl_context=trust, timeout=box.timeout)
    server = imaplib.IMAP4(box.host, box.port, timeout=box.timeout)
    try:
        server.starttls(trust)
    except BaseException:
        with suppress(OSError):
            server.shutdown()
        raise
    return server


def _logged_in(server: imaplib.IMAP4, box: Mailbox) -> None:
    """By AUTHENTICATE where it is offered: LOGIN takes ASCII only."""
    if "AUTH=PLAIN" in server.capabilities:
        server.authenticate("PLAIN", lambda _: f"\0{box.user}\0{box.password}".encode())
    elif (box.user + box.password).isascii():
        server.login(box.user, box.password)
    else:
        raise imaplib.IMAP4.error("il ne prend ni nom ni mot de passe accentué")


def _selected(server: imaplib.IMAP4, folder: str) -> bool:
    """Opens the folder; whether the server keeps a flag of ours."""
    _done(server.select(_named(folder)))
    return b"\\*" in b" ".join(kept for kept in server.response("PERMANENTFLAGS")[1] if kept)


def _looked_through(server: imaplib.IMAP4, box: Mailbox, take: Take, marks: bool) -> Visit:
    visit = Visit()
    for number in _unread(server, box, marks):
        with _sentences(box, SILENT):
            fetched = _done(server.uid("FETCH", number, f"(BODY.PEEK[]<0.{SIZE_MAX}>)"))
        content = next((part[1] for part in fetched if isinstance(part, tuple)), None)
        if content is None:  # somebody took it away meanwhile
            continue
        understood = take(content)
        with _sentences(box, f"ne range pas les messages dans « {box.done} »" if box.done else UNMARKED):
            if understood:
                _put_away(server, number, box.done)
            elif marks:
                _done(server.uid("STORE", number, "+FLAGS.SILENT", f"({LOOKED_AT})"))
        visit = Visit(visit.looked + 1, visit.understood + understood)
    return visit


def _unread(server: imaplib.IMAP4, box: Mailbox, marks: bool) -> list[str]:
    unread = ["UNSEEN", "UNKEYWORD", LOOKED_AT] if marks else ["UNSEEN"]
    with _sentences(box, SILENT):
        found = _done(server.uid("SEARCH", *unread))
    return [number.decode("ascii", "replace") for number in (found[0] or b"").split()][-MAILS_MAX:]


def _put_away(server: imaplib.IMAP4, number: str, folder: str | None) -> None:
    if folder is None:
        _done(server.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)"))
        return
    moves = "MOVE" in server.capabilities
    way = "MOVE" if moves else "COPY"
    if server.uid(way, number, _named(folder))[0] != "OK":
        server.create(_named(folder))
        _done(server.uid(way, number, _named(folder)))
    if not moves:
        _done(server.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen \Deleted)"))


def _done(answered: tuple[str, list[Any]]) -> list[Any]:
    """What was answered. Raises IMAP4.error for a no."""
    if answered[0] != "OK":
        raise imaplib.IMAP4.error(b" ".join(part for part in answered[1] if isinstance(part, bytes)))
    return answered[1]


def _named(folder: str) -> str:
    """A folder's name as the wire has it: quoted, in the UTF-7 of mailboxes."""
    encoded = FOREIGN.sub(_base64, folder.replace("&", "&-"))
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _base64(foreign: re.Match[str]) -> str:
    return f"&{b64encode(foreign[0].encode('utf-16-be')).decode().rstrip('=').replace('/', ',')}-"


@contextmanager
def _within(seconds: float, server: imaplib.IMAP4) -> Iterator[None]:
    """Cuts the line then: a server that says a letter now and then would never be too late."""

    def cut() -> None:
        with suppress(OSError):
            server.socket().shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _leaving(server: imaplib.IMAP4) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()
        with suppress(OSError):
            server.shutdown()


@contextmanager
def _sentences(box: Mailbox, otherwise: str) -> Iterator[None]:
    """What the system or the server says, in our words."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise TransportError(
            f"le certificat de {box.host} n’est pas reconnu ({error.verify_message}) ; vérifiez delivery.mailbox.host"
        ) from None
    except (OSError, imaplib.IMAP4.error) as error:
        raise TransportError(
            f"le serveur de courrier {box.host}:{box.port} {otherwise} ({_said(error)}) ; "
            "vérifiez delivery.mailbox, et IMAP_PASSWORD"
        ) from None


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "pas de réponse à temps"
    if isinstance(error, socket.gaierror):
        return "ce nom de machine n’est pas connu"
    if isinstance(error, ConnectionRefusedError):
        return "connexion refusée"
    if isinstance(error, imaplib.IMAP4.abort | OSError):
        return "la connexion est coupée"
    told = error.args[0] if error.args else ""
    return (
        words.shown(told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)) or "sans dire pourquoi"
    )
