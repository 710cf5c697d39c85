"""The tables of the studio, beside those of `tables`: who makes an edition, what they change, say and do.

    audit                         who did what to which digest; each line seals those before it
    accounts ← sessions, entries  who may come in; the sessions that last, the links that open one
    attempts                      to come in, that failed
    arrangements                  what staff change of an edition, a line per change
    readings ← bases              what the items of a version said, and how it was arranged
    comments, invitations         what is said of a draft, and by whom of the bureau
    departures                    what a person has sent, while it can be undone

Leaves: tables. Never here: a query, a password, a token: only what they are hashed to.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from newsletter.store.tables import METADATA, NUMBER, Moment

audit = Table(
    "audit",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("act", String(32), nullable=False),
    Column("month", String(7), index=True),
    Column("digest", String(71)),
    Column("detail", Text, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
    sqlite_autoincrement=True,
)

accounts = Table(
    "accounts",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("person", LargeBinary(32), unique=True),
    Column("address", Text),
    Column("name", Text, nullable=False),
    Column("known_as", Text, nullable=False, unique=True),  # the name as it is compared
    Column("role", String(16), nullable=False),
    Column("password", Text),
    Column("made_at", Moment, nullable=False),
    Column("removed_at", Moment),
    sqlite_autoincrement=True,
)
sessions = Table(
    "sessions",
    METADATA,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("account_id", NUMBER, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("began_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)
entries = Table(
    "entries",
    METADATA,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("account_id", NUMBER, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("used_at", Moment),
)
attempts = Table(
    "attempts",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("mark", LargeBinary(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Index(None, "mark", "kind", "at"),
)

arrangements = Table(
    "arrangements",
    METADATA,
    Column("month", String(7), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("arrangement", JSON, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
readings = Table(
    "readings",
    METADATA,
    Column("digest", String(71), primary_key=True),
    Column("facts", JSON, nullable=False),
)
bases = Table(
    "bases",
    METADATA,
    Column("month", String(7), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("reading", String(71), ForeignKey("readings.digest"), nullable=False),
    Column("arranged", Integer, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("by", Text, nullable=False),
    ForeignKeyConstraint(["month", "version"], ["versions.month", "versions.version"]),
)

comments = Table(
    "comments",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("month", String(7), nullable=False, index=True),
    Column("item", String(64)),
    Column("about", NUMBER, ForeignKey("comments.id")),
    Column("by", Text, nullable=False),
    Column("guest", Boolean, nullable=False),
    Column("words", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("closed_by", Text),
    Column("closed_at", Moment),
    sqlite_autoincrement=True,
)
invitations = Table(
    "invitations",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("nonce", String(32), nullable=False, unique=True),
    Column("month", String(7), nullable=False),
    Column("name", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("ended_at", Moment),
)
departures = Table(
    "departures",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("month", String(7), ForeignKey("editions.month"), nullable=False, index=True),
    Column("digest", String(71), nullable=False),
    Column("by", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("leaves_at", Moment, nullable=False),
    Column("undone_by", Text),
    Column("undone_at", Moment),
    Column("begun_at", Moment),
    Column("done_at", Moment),
)
