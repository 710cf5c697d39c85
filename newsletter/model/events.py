"""What comes back once a copy has left: a provider's word, a bounce, a complaint."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Happening(StrEnum):
    """What may be said of a copy. `UNKNOWN` is a word we have none for: kept, and nothing follows."""

    PROCESSED = "processed"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    DROPPED = "dropped"
    BLOCKED = "blocked"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one copy. The same `id` is the same event, however often it is told.

    `hard`: it is about the mailbox, which takes no mail (5.x.x), not about us (5.7.x) nor for a while (4.x.x).
    `status` is RFC 3463's; `reason` is what was said, without any address.
    """

    id: str
    delivery: str
    kind: Happening
    at: datetime
    status: str = ""
    reason: str = ""
    hard: bool = False
