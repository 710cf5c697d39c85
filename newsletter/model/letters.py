"""What is composed and approved: letters, their digests, what checks say of them."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.model.items import Item, Severity


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that is not in a letter, and the reason in French."""

    item: Item
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says of a letter. An error blocks approval. `message` is in French; `code` is stable."""

    severity: Severity
    code: str
    message: str


class Field(StrEnum):
    """What differs from reader to reader in a letter that is otherwise the same bytes."""

    FIRST_NAME = "first_name"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    ONLINE = "online"
    UNSUBSCRIBE_BY_MAIL = "unsubscribe_by_mail"  # for a header: a page has UNSUBSCRIBE

    __hash__ = str.__hash__  # Enum's is written in Python, and every copy asks for it twenty times

    @property
    def html(self) -> str:
        """Its mark in the HTML part; the value goes there escaped for HTML."""
        return f"[[html:{self}]]"

    @property
    def text(self) -> str:
        """Its mark in the text part; the value goes there as it is, on one line."""
        return f"[[text:{self}]]"


MARK = re.compile(r"\[\[(?:html|text):\w+\]\]")


@dataclass(frozen=True, slots=True)
class Letter:
    """For one audience: what a reader gets, but for the merge fields. Text ends lines with \\n.

    `online`: the whole page, when the mail had no room for all of it; None: the HTML is the page.
    """

    audience: str
    subject: str
    preheader: str
    html: str
    text: str
    mjml: str
    items: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    online: str | None = None

    @property
    def digest(self) -> str:
        """Of the bytes that are sent: subject, HTML, text; and of the page they lead to, when it is another."""
        digest = hashlib.sha256()
        for part in (self.audience, self.subject, self.html, self.text, *([self.online] if self.online else [])):
            content = part.encode()
            digest.update(b"%d:" % len(content) + content)
        return f"sha256:{digest.hexdigest()}"


class EditionState(StrEnum):
    """Where a month's issue stands."""

    DRAFT = "draft"
    IN_REVIEW = "in review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"


def edition_digest(letters: Sequence[str], rules: str, send_at: datetime) -> str:
    """Of an edition: its letters' digests, the audience rules and the send time: what a person approves."""
    content = "\n".join([*sorted(letters), rules, send_at.isoformat()])
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
