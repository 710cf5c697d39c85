"""The tables. One word per thing, as on the plan of the house; the migrations make them (a test holds both equal).

Leaves: tables. A moment goes in aware and comes out in UTC; a state is kept as its word. Never here: a query.

    keys                                        secrets made once
    editions → versions → letters → contents    what is composed; approvals say who approved which version
    signups                                     who asks to read, until the mailbox has said yes
    subscribers → subscriptions, consents       who reads what, since they agreed; suppressions outlive them
    mailings → deliveries ← leases              a letter on its way, a copy per subscriber, who is carrying it
    deliveries ← events                         what was said of a copy once it had left
    steps                                       what was done of each month, and when
    decisions                                   what staff said of two rows that look alike
    notices                                     the outbox of every mail that is no letter

`person` is the keyed hash of a folded address: it says "the same mailbox" without naming it. A subscriber who is erased
keeps it, and nothing else; so a mailbox has one number for ever, and one copy per number is one copy per mailbox.
"""

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from newsletter.model import DeliveryState, EditionState, Happening, MailingState, NoticeState, SignupState
from newsletter.model.steps import StepState


@lru_cache(1024)
def _written(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC text of one width: it sorts as time does, on every database."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """2021-12-07T08:00:00.000000Z."""
        return None if value is None else _written(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """In UTC."""
        return None if value is None else datetime.fromisoformat(value)


def _word(states: type[StrEnum]) -> Enum:
    return Enum(states, native_enum=False, length=16, values_callable=lambda kinds: [kind.value for kind in kinds])


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
NUMBER = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only for INTEGER
NONCE = 20  # letters
EVERY = ""  # the audience of a suppression that is from all letters
OTHERS = "*"  # of one that keeps lists from adding letters to those that somebody chose when they came back

keys = Table(
    "keys",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
)

contents = Table(
    "contents",
    METADATA,
    Column("digest", String(71), primary_key=True),
    Column("audience", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("mjml", Text, nullable=False),
    Column("online", Text),
)
editions = Table(
    "editions",
    METADATA,
    Column("month", String(7), primary_key=True),
    Column("state", _word(EditionState), nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
versions = Table(
    "versions",
    METADATA,
    Column("month", String(7), ForeignKey("editions.month"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(71), nullable=False),
    Column("rules", Text, nullable=False),
    Column("send_at", Moment, nullable=False),
    Column("drafted_at", Moment, nullable=False),
)
letters = Table(
    "letters",
    METADATA,
    Column("month", String(7), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("audience", String(64), primary_key=True),
    Column("digest", String(71), ForeignKey("contents.digest"), nullable=False),
    Column("printed", JSON, nullable=False),
    ForeignKeyConstraint(["month", "version"], ["versions.month", "versions.version"]),
)
approvals = Table(
    "approvals",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("month", String(7), nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(71), nullable=False),
    Column("approver", Text, nullable=False),
    Column("approved_at", Moment, nullable=False),
    Column("voided_at", Moment),
    ForeignKeyConstraint(["month", "version"], ["versions.month", "versions.version"]),
)

signups = Table(
    "signups",
    METADATA,
    Column("nonce", String(32), primary_key=True),
    Column("person", LargeBinary(32), nullable=False, index=True),
    Column("state", _word(SignupState), nullable=False),
    Column("address", Text, nullable=False),
    Column("first_name", Text),
    Column("audiences", JSON, nullable=False),
    Column("themes", JSON, nullable=False),
    Column("wording", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("asked_at", Moment, nullable=False, index=True),
    Column("confirmed_at", Moment),
)
subscribers = Table(
    "subscribers",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("address", Text),
    Column("person", LargeBinary(32), nullable=False, unique=True),
    Column("first_name", Text),
    Column("status", String(16), nullable=False),
    Column("themes", JSON, nullable=False),
    Column("since", Moment, nullable=False),
    sqlite_autoincrement=True,
)
subscriptions = Table(
    "subscriptions",
    METADATA,
    Column("audience", String(64), primary_key=True),
    Column("subscriber_id", NUMBER, ForeignKey("subscribers.id"), primary_key=True, index=True, autoincrement=False),
    Column("since", Moment, nullable=False),
    Column("ended_at", Moment),
)
consents = Table(
    "consents",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("subscriber_id", NUMBER, ForeignKey("subscribers.id"), nullable=False),
    Column("audience", String(64), nullable=False),
    Column("act", String(16), nullable=False),  # given, withdrawn; of every letter: changed, asked, renewed
    Column("at", Moment, nullable=False),
    Column("origin", Text, nullable=False),
    Column("wording", Text),
    Column("file", Text),
    Column("recorded_at", Moment, nullable=False),
    Index(None, "subscriber_id", "audience"),
)
suppressions = Table(
    "suppressions",
    METADATA,
    Column("person", LargeBinary(32), primary_key=True),
    Column("audience", String(64), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("said", Text),
    Column("at", Moment, nullable=False),
)

mailings = Table(
    "mailings",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("month", String(7), ForeignKey("editions.month"), nullable=False),
    Column("audience", String(64), nullable=False),
    Column("digest", String(71), ForeignKey("contents.digest"), nullable=False),
    Column("state", _word(MailingState), nullable=False),
    Column("reason", Text),
    Column("created_at", Moment, nullable=False),
    Column("filled_to", NUMBER, nullable=False),
    Column("filled_at", Moment),
    Column("began_at", Moment),  # from when lateness counts: when it was made, or a person had it go on
    Column("ended_at", Moment),
    UniqueConstraint("month", "audience"),
)
leases = Table(
    "leases",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("mailing_id", NUMBER, ForeignKey("mailings.id"), nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", NUMBER, nullable=False),
    Column("boot", String(36), nullable=False),
    Column("leased_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("word", String(16)),  # what the epoch knows it by; null when none was kept
    Column("handed", Integer, nullable=False, server_default="0"),
    Column("last_at", Moment),
    sqlite_autoincrement=True,
)
# `free_at`: when a queued copy may next be leased (a lease's end, a relay's "later"); null once it has left.
# No index here is in the order of something random: with two that were (a token, a person), filling a mailing of
# 1,000,000 fell to 17,000 rows/s, as each chunk wrote every page of them again; without, it takes 270,000. So a copy
# is named by its number and a nonce, and found by its number.
deliveries = Table(
    "deliveries",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("nonce", String(NONCE), nullable=False),
    Column("mailing_id", NUMBER, ForeignKey("mailings.id"), nullable=False),
    Column("subscriber_id", NUMBER, ForeignKey("subscribers.id"), nullable=False),
    Column("state", _word(DeliveryState), nullable=False),
    Column("lease_id", NUMBER, ForeignKey("leases.id")),
    Column("free_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("handed_at", Moment),
    Column("settled_at", Moment),
    Column("detail", Text),
    Column("reference", Text),
    UniqueConstraint("subscriber_id", "mailing_id"),
    Index(None, "mailing_id", "state", "free_at"),
    sqlite_autoincrement=True,
)
events = Table(
    "events",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("event", String(128), nullable=False, unique=True),
    Column("delivery_id", NUMBER, ForeignKey("deliveries.id"), nullable=False, index=True),
    Column("kind", _word(Happening), nullable=False),
    Column("hard", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
)
decisions = Table(
    "decisions",
    METADATA,
    Column("one", String(64), primary_key=True),
    Column("other", String(64), primary_key=True),
    Column("word", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
# `carrier`: the worker that hands it over; `free_at`: when it may be handed over, null once it has left. Without its
# address it is all that is kept: that it was sent, so that it isn't again.
notices = Table(
    "notices",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("nonce", String(NONCE), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("about", Text, nullable=False, unique=True),
    Column("person", LargeBinary(32), index=True),
    Column("address", Text),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text),
    Column("state", _word(NoticeState), nullable=False),
    Column("carrier", JSON(none_as_null=True)),
    Column("free_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("handed_at", Moment),
    Column("settled_at", Moment),
    Column("detail", Text),
    Column("reference", Text),
    Index(None, "state", "free_at"),
)
steps = Table(
    "steps",
    METADATA,
    Column("edition", String(7), primary_key=True),
    Column("step", String(32), primary_key=True),
    Column("state", _word(StepState), nullable=False),
    Column("planned_at", Moment, nullable=False),
    Column("free_at", Moment),
    Column("tries", Integer, nullable=False),
    Column("carrier", JSON(none_as_null=True)),
    Column("settled_at", Moment),
    Column("detail", Text, nullable=False),
)
