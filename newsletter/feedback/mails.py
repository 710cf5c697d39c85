"""Mails that come back: bytes in, the event of the copy it is about out, or nothing. Nothing a mail holds raises.

A report (RFC 3464, 5965) is believed only when it brings back what only the copy held: its Message-ID in the returned
part, or its own return address (`returns+NUMBER@our.domain`, which a server may have put in lower case). A wish to
leave is believed for its signed token (leaving.py). Somebody's holiday is neither.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message

from newsletter.feedback import words
from newsletter.feedback.leaving import leaving
from newsletter.model import Event, Happening
from newsletter.tokens import Signer

SIZE_MAX = 1_000_000  # what is returned comes last, and its headers are all that is looked at
PARTS_MAX = 50
TEXT_MAX = 65_536
ACTIONS = {
    "failed": Happening.BOUNCED,
    "delayed": Happening.DEFERRED,
    "delivered": Happening.DELIVERED,
}
COMPLAINTS = ("abuse", "fraud", "virus", "other")


@dataclass(frozen=True, slots=True)
class Ours:
    """What proves that a mail is about our copy: the domain of Message-IDs, the address of returns, the signer."""

    domain: str
    returns: str | None
    signer: Signer


def read(mail: bytes, ours: Ours, *, at: datetime) -> Event | None:
    """What a mail says of one of our copies."""
    try:
        message = message_from_bytes(mail[:SIZE_MAX], policy=policy.compat32)
        parts = list(_parts(message))
        return _reported(mail, message, parts, ours, at=at) or _left(mail, message, ours, at)
    except (MessageError, RecursionError, ValueError, LookupError):
        return None


def _reported(mail: bytes, message: Message, parts: list[Message], ours: Ours, *, at: datetime) -> Event | None:
    kind, status, reason = _complaint(parts) or _report(parts) or (None, "", "")
    found = None if kind is None else _delivery(message, parts, ours)
    if kind is None or found is None:
        return None
    hard = kind is Happening.BOUNCED and words.for_good(status, reason)
    return Event(_number(mail, found, kind, status), found, kind, at, status, words.shown(reason), hard)


def _left(mail: bytes, message: Message, ours: Ours, at: datetime) -> Event | None:
    found = leaving(message, ours.signer)
    if found is None:
        return None
    kind = Happening.UNSUBSCRIBED
    return Event(_number(mail, found, kind), found, kind, at, reason="demande par courriel")


def _number(mail: bytes, *said: str) -> str:
    """The same mail is the same event."""
    return f"mail:{hashlib.sha256(' '.join((*said, '')).encode() + mail).hexdigest()}"


def _parts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= PARTS_MAX:
            return
        yield part


def _report(parts: list[Message]) -> tuple[Happening, str, str] | None:
    """RFC 3464, the worst that is said of any recipient: a copy has one."""
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            for fields in _blocks(part):
                kind = ACTIONS.get(_first(fields, "action"))
                if kind:
                    said = fields.get("diagnostic-code", "").partition(";")[2] or fields.get("diagnostic-code", "")
                    status = words.status(fields.get("status", ""), said)
                    return _judged(kind, status), status, said.strip() or status
    return None


def _judged(kind: Happening, status: str) -> Happening:
    """What failed for a reason of ours, or for a while, is blocked."""
    return Happening.BLOCKED if kind is Happening.BOUNCED and not words.for_good(status) else kind


def _complaint(parts: list[Message]) -> tuple[Happening, str, str] | None:
    """RFC 5965."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            for fields in _blocks(part):
                if _first(fields, "feedback-type") in COMPLAINTS:
                    return Happening.COMPLAINED, "", f"plainte : {_first(fields, 'feedback-type')}"
    return None


def _first(fields: dict[str, str], name: str) -> str:
    """The word of a field, without a comment."""
    return (fields.get(name, "").split("(")[0].split() or [""])[0].lower()


def _blocks(part: Message) -> Iterator[dict[str, str]]:
    """Its groups of fields, whether the parser took them for messages or for text."""
    content = part.get_payload()
    groups = content if isinstance(content, list) else [part]
    for group in groups:
        if isinstance(group, Message):
            fields = {name.lower(): re.sub(r"\s+", " ", str(value)) for name, value in group.items()}
            yield fields
            for block in re.split(r"\n\s*\n", _text(group)):
                yield _fields(block)


def _fields(block: str) -> dict[str, str]:
    lines = re.sub(r"\r?\n[ \t]+", " ", block).splitlines()
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _text(part: Message) -> str:
    if part.is_multipart():
        return ""
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError):
        return ""
    return content[:TEXT_MAX].decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _delivery(message: Message, parts: list[Message], ours: Ours) -> str | None:
    """The number of the copy: from the returned part, else from the address the report was sent to."""
    identity = re.compile(
        rf"^message-id:\s*<([A-Za-z0-9_-]{{1,64}})@{re.escape(ours.domain)}>", re.IGNORECASE | re.MULTILINE
    )
    for part in parts[1:]:
        for written in (f"message-id: {str(part.get('Message-ID', '')).strip()}", _headers(part)):
            if match := identity.search(written):
                return match[1].lower()
    return _return_address(message, parts, ours.returns)


def _headers(part: Message) -> str:
    return _text(part) if part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers") else ""


def _return_address(message: Message, parts: list[Message], returns: str | None) -> str | None:
    if returns is None:
        return None
    local, _, domain = map(re.escape, returns.rpartition("@"))
    verp = re.compile(rf"(?:^|[\s<,]){local}\+([A-Za-z0-9_-]{{1,64}})@{domain}(?:$|[\s>,])", re.IGNORECASE)
    for value in _addresses(message, parts):
        if match := verp.search(value):
            return match[1].lower()
    return None


def _addresses(message: Message, parts: list[Message]) -> Iterator[str]:
    """Where a copy's own return address may stand: who the report was sent to, who sent what is returned."""
    for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To"):
        yield from (str(value) for value in message.get_all(name, []))
    for part in parts[1:]:
        yield str(part.get("Return-Path", ""))
        if part.get_content_type() == "message/feedback-report":
            yield from (fields.get("original-mail-from", "") for fields in _blocks(part))
