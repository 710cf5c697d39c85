"""The nouns and states everyone shares. Values only: no file, no network, no clock, no library but the standard one.

Edition   draft → in review → approved → scheduled → sending → sent     any but sent → cancelled; reopened → draft
Mailing   filling → ready → sending ⇄ paused → done                     → held (waits for a person) → ready | cancelled
Delivery  queued → sending → accepted | refused | uncertain             sending → queued only on "later"
          queued → skipped (left, suppressed, cancelled since)    uncertain → accepted | refused | queued | dropped
          accepted → delivered → bounced | complained                   in any order, late ones too
Notice    queued → sending → accepted | refused | uncertain             sending → queued only on "later"
Sign-up   pending → confirmed | replaced (asked for again)
"""

from newsletter.model.events import Event, Happening
from newsletter.model.items import (
    Catalogue,
    Deadline,
    Document,
    Exchange,
    Image,
    Item,
    Kind,
    Occurrence,
    Origin,
    Problem,
    Severity,
    Skip,
    SourceCount,
    Status,
    Table,
)
from newsletter.model.letters import MARK, EditionState, Field, Finding, LeftOut, Letter, edition_digest
from newsletter.model.mail import (
    Answer,
    Choice,
    Consent,
    DeliveryState,
    Entry,
    MailingState,
    Message,
    Notice,
    NoticeState,
    Receipt,
    Recipient,
    SignupState,
    Subscriber,
    Wish,
)

__all__ = [
    "MARK",
    "Answer",
    "Catalogue",
    "Choice",
    "Consent",
    "Deadline",
    "DeliveryState",
    "Document",
    "EditionState",
    "Entry",
    "Event",
    "Exchange",
    "Field",
    "Finding",
    "Happening",
    "Image",
    "Item",
    "Kind",
    "LeftOut",
    "Letter",
    "MailingState",
    "Message",
    "Notice",
    "NoticeState",
    "Occurrence",
    "Origin",
    "Problem",
    "Receipt",
    "Recipient",
    "Severity",
    "SignupState",
    "Skip",
    "SourceCount",
    "Status",
    "Subscriber",
    "Table",
    "Wish",
    "edition_digest",
]
