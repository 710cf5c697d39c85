"""A mailbox of bounces, read by IMAP: what is unread in, events out, each mail marked read once its event is kept."""

import imaplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.errors import TransportError
from newsletter.feedback.mails import SIZE_MAX, read
from newsletter.model import Event

SECONDS = 30.0
MAILS_MAX = 1000  # at once


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where it is. `secure`: TLS from the first byte, as it should be anywhere but on this machine."""

    host: str
    user: str
    password: str = field(repr=False)
    port: int = 993
    folder: str = "INBOX"
    secure: bool = True


def collect(box: Mailbox, domain: str, *, at: datetime, take: Callable[[Event], None]) -> int:
    """Gives `take` what each unread mail says; a mail is read only when `take` is done. How many were looked at.

    Raises TransportError when the mailbox can't be opened.
    """
    try:
        server = _opened(box)
    except (OSError, imaplib.IMAP4.error) as error:
        raise TransportError(f"la boîte des retours ({box.host}) ne s’ouvre pas : {_said(error)}") from None
    try:
        return _read_all(server, domain, at, take)
    except (OSError, imaplib.IMAP4.error) as error:
        raise TransportError(f"la boîte des retours ({box.host}) ne se lit pas : {_said(error)}") from None
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()


def _opened(box: Mailbox) -> imaplib.IMAP4:
    server: imaplib.IMAP4
    if box.secure:
        server = imaplib.IMAP4_SSL(box.host, box.port, ssl_context=ssl.create_default_context(), timeout=SECONDS)
    else:
        server = imaplib.IMAP4(box.host, box.port, timeout=SECONDS)
    server.login(box.user, box.password)
    quoted = box.folder.replace("\\", "\\\\").replace('"', '\\"')
    if server.select(f'"{quoted}"')[0] != "OK":
        raise imaplib.IMAP4.error("ce dossier n’existe pas")
    return server


def _read_all(server: imaplib.IMAP4, domain: str, at: datetime, take: Callable[[Event], None]) -> int:
    numbers = (server.uid("SEARCH", "UNSEEN")[1][0] or b"").split()[:MAILS_MAX]
    for number in numbers:
        fetched = server.uid("FETCH", number.decode(), f"(BODY.PEEK[]<0.{SIZE_MAX}>)")[1]
        content = next((part[1] for part in fetched if isinstance(part, tuple)), b"")
        if event := read(content, domain, at=at):
            take(event)
        server.uid("STORE", number.decode(), "+FLAGS.SILENT", r"(\Seen)")
    return len(numbers)


def _said(error: Exception) -> str:
    words = str(error)
    return "connexion refusée" if isinstance(error, ConnectionRefusedError) else words[:200]
