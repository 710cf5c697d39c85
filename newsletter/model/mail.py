"""What leaves, and who it goes to: messages, copies, answers, subscribers and their consent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from newsletter.model.items import Origin
from newsletter.model.letters import Field


class MailingState(StrEnum):
    """Where one letter on its way to one audience stands."""

    FILLING = "filling"
    READY = "ready"
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    HELD = "held"
    CANCELLED = "cancelled"


class DeliveryState(StrEnum):
    """Where one subscriber's copy stands."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"
    DROPPED = "dropped"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True)
class Message:
    """One mail for many mailboxes: the same bytes but for each recipient's merge fields.

    `headers` are constant ones in order (List-Id, Auto-Submitted, …); a value may hold text marks of merge fields,
    as `List-Unsubscribe: <[[text:unsubscribe]]>` does. `domain` is the one Message-IDs are made on. `label` is what an
    outbox calls it ("2021-12-public"). `return_path` is where each copy's bounces come back to, at an address of its
    own ("retours+NUMBER@…"); None: to the sender.
    """

    sender: str
    reply_to: str | None
    subject: str
    html: str | None
    text: str
    domain: str
    date: datetime
    headers: tuple[tuple[str, str], ...] = ()
    label: str = "message"
    return_path: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """One copy to hand over. `delivery` is opaque, random, the same for the same copy: Message-IDs hold it."""

    delivery: str
    address: str
    fields: Mapping[Field, str] = field(default_factory=dict)


class Answer(StrEnum):
    """What a transport may say of one copy."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    LATER = "later"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transport's answer for one copy. `reference` is the provider's own id, `retry_after` seconds (LATER only)."""

    delivery: str
    answer: Answer
    detail: str = ""
    reference: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A reader. `audiences` are those subscribed to now."""

    address: str
    first_name: str | None = None
    status: str = "active"
    audiences: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed to what, when, how, to which wording: the proof (RGPD art. 7-1). `at` is in UTC."""

    address: str
    audience: str
    at: datetime
    origin: str
    wording: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One good row of a list of subscribers. `left`: the row says this person left, so they are suppressed."""

    origin: Origin
    address: str
    first_name: str | None
    audiences: tuple[str, ...]
    themes: tuple[str, ...]
    consented_at: datetime | None
    consent: str
    left: bool = False
    wording: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for on a page, before they have proved that the mailbox is theirs.

    `wording`: which text they agreed to; `origin`: the form it came by.
    """

    address: str
    audiences: tuple[str, ...]
    wording: str
    origin: str
    first_name: str | None = None
    themes: tuple[str, ...] = ()


class SignupState(StrEnum):
    """Where a sign-up stands. Of one mailbox, the newest is pending."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a subscriber chooses now: every letter they read, their themes, the name they are called by."""

    audiences: tuple[str, ...]
    themes: tuple[str, ...] = ()
    first_name: str | None = None


class NoticeState(StrEnum):
    """Where a notice stands."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail that is not a letter: a confirmation, a link, a reminder, a report; to one mailbox.

    `about` says what it is for ("confirmation 3f9a…"): of two about the same thing, one is sent. Text ends lines
    with \\n.
    """

    kind: str
    about: str
    address: str
    subject: str
    text: str
    html: str | None = None
