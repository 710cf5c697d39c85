"""Bounces and complaints as mails: a report's bytes in, the event of the copy it is about out, or nothing.

A report is believed only when it brings back what only the copy held: its Message-ID in the returned part, or its own
return address (VERP: `bounces+NUMBER@our.domain`). Somebody's holiday is no bounce. Nothing a mail holds raises.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message

from newsletter.feedback import words
from newsletter.model import Event, Happening

SIZE_MAX = 1_000_000  # what is returned comes last, and its headers are all that is looked at
PARTS_MAX = 50
TEXT_MAX = 65_536
ACTIONS = {
    "failed": Happening.BOUNCED,
    "delayed": Happening.DEFERRED,
    "delivered": Happening.DELIVERED,
}
COMPLAINTS = ("abuse", "fraud", "virus", "other")


def read(mail: bytes, domain: str, *, at: datetime) -> Event | None:
    """What a report says of one of our copies. `domain` is the one our Message-IDs are made on."""
    try:
        message = message_from_bytes(mail[:SIZE_MAX], policy=policy.compat32)
        parts = list(_parts(message))
    except (MessageError, RecursionError, ValueError, LookupError):
        return None
    found = _delivery(message, parts, domain)
    if found is None:
        return None
    kind, status, reason = _complaint(parts) or _report(parts) or (None, "", "")
    if kind is None:
        return None
    hard = kind is Happening.BOUNCED and words.for_good(status, reason)
    number = hashlib.sha256(f"{found} {kind} {status} ".encode() + mail).hexdigest()
    return Event(f"mail:{number}", found, kind, at, status, words.shown(reason), hard)


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


def _delivery(message: Message, parts: list[Message], domain: str) -> str | None:
    """The number of the copy: from the returned part, else from the address the report was sent to."""
    ours = re.escape(domain)
    identity = re.compile(rf"^message-id:\s*<([A-Za-z0-9_-]{{1,64}})@{ours}>", re.IGNORECASE | re.MULTILINE)
    for part in parts[1:]:
        kind = part.get_content_type()
        if kind in ("text/rfc822-headers", "message/rfc822-headers"):
            if match := identity.search(_text(part)):
                return match[1]
        elif match := identity.match(f"message-id: {str(part.get('Message-ID', '')).strip()}"):
            return match[1]
    verp = re.compile(rf"(?:^|[\s<,])bounces\+([A-Za-z0-9_-]{{1,64}})@{ours}(?:$|[\s>,])", re.IGNORECASE)
    for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To"):
        for value in message.get_all(name, []):
            if match := verp.search(str(value)):
                return match[1]
    return None
