"""The studio: the log, accounts, what staff arrange, what is said of drafts, what is about to leave."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.String(27)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds them."""
    _log()
    _accounts()
    _sessions()
    _arrangements()
    _discussion()


def _log() -> None:
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=True),
        sa.Column("digest", sa.String(length=71), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_month", "audit", ["month"])


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("person", sa.LargeBinary(length=32), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("known_as", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("person", name="uq_accounts_person"),
        sa.UniqueConstraint("known_as", name="uq_accounts_known_as"),
        sqlite_autoincrement=True,
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", NUMBER, nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_sessions_account_id_accounts"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_table(
        "entries",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", NUMBER, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_entries"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_entries_account_id_accounts"),
    )
    op.create_index("ix_entries_account_id", "entries", ["account_id"])
    op.create_table(
        "attempts",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("mark", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_mark_kind_at", "attempts", ["mark", "kind", "at"])
    op.create_index("ix_attempts_at", "attempts", ["at"])


def _arrangements() -> None:
    op.create_table(
        "arrangements",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("arrangement", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("month", "version", name="pk_arrangements"),
    )
    op.create_table(
        "readings",
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_readings"),
    )
    op.create_table(
        "bases",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reading", sa.String(length=71), nullable=False),
        sa.Column("arranged", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("month", "version", name="pk_bases"),
        sa.ForeignKeyConstraint(["reading"], ["readings.digest"], name="fk_bases_reading_readings"),
        sa.ForeignKeyConstraint(
            ["month", "version"], ["versions.month", "versions.version"], name="fk_bases_month_versions"
        ),
    )


def _discussion() -> None:
    op.create_table(
        "comments",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=True),
        sa.Column("about", NUMBER, nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("guest", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
        sa.ForeignKeyConstraint(["about"], ["comments.id"], name="fk_comments_about_comments"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_comments_month", "comments", ["month"])
    op.create_table(
        "invitations",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("nonce", name="uq_invitations_nonce"),
    )
    op.create_table(
        "departures",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("leaves_at", MOMENT, nullable=False),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("begun_at", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_departures"),
        sa.ForeignKeyConstraint(["month"], ["editions.month"], name="fk_departures_month_editions"),
    )
    op.create_index("ix_departures_month", "departures", ["month"])


def downgrade() -> None:
    """Drops them."""
    names = ("departures", "invitations", "comments", "bases", "readings", "arrangements", "attempts", "entries")
    for name in (*names, "sessions", "accounts", "audit"):
        op.drop_table(name)
