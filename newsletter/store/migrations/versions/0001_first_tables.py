"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.String(27)
STATE = sa.String(16)


def upgrade() -> None:
    """Makes them all."""
    _contents()
    _editions()
    _letters()
    _readers()
    _consents()
    _mailings()
    _deliveries()


def _contents() -> None:
    """Secrets, and letters by their digest."""
    op.create_table(
        "keys",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_keys"),
    )
    op.create_table(
        "contents",
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("audience", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("preheader", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mjml", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_contents"),
    )


def _editions() -> None:
    """A month, and each version of it."""
    op.create_table(
        "editions",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("month", name="pk_editions"),
    )
    op.create_table(
        "versions",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("send_at", MOMENT, nullable=False),
        sa.Column("drafted_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["month"], ["editions.month"], name="fk_versions_month_editions"),
        sa.PrimaryKeyConstraint("month", "version", name="pk_versions"),
    )


def _letters() -> None:
    """What a version holds, and who approved it."""
    op.create_table(
        "letters",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("audience", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("printed", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["contents.digest"], name="fk_letters_digest_contents"),
        sa.ForeignKeyConstraint(
            ["month", "version"], ["versions.month", "versions.version"], name="fk_letters_month_versions"
        ),
        sa.PrimaryKeyConstraint("month", "version", "audience", name="pk_letters"),
    )
    op.create_table(
        "approvals",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("approved_at", MOMENT, nullable=False),
        sa.Column("voided_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["month", "version"], ["versions.month", "versions.version"], name="fk_approvals_month_versions"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
    )


def _readers() -> None:
    """Who reads what."""
    op.create_table(
        "subscribers",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("person", sa.LargeBinary(length=32), nullable=False),
        sa.Column("first_name", sa.Text()),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("themes", sa.JSON(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscribers"),
        sa.UniqueConstraint("person", name="uq_subscribers_person"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscriptions",
        sa.Column("audience", sa.String(length=64), nullable=False),
        sa.Column("subscriber_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name="fk_subscriptions_subscriber_id_subscribers"
        ),
        sa.PrimaryKeyConstraint("audience", "subscriber_id", name="pk_subscriptions"),
    )
    op.create_index("ix_subscriptions_subscriber_id", "subscriptions", ["subscriber_id"], unique=False)


def _consents() -> None:
    """Since they agreed, until they left."""
    op.create_table(
        "consents",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column("audience", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text()),
        sa.Column("file", sa.Text()),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_consents_subscriber_id_subscribers"),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_subscriber_id_audience", "consents", ["subscriber_id", "audience"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("person", sa.LargeBinary(length=32), nullable=False),
        sa.Column("audience", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person", "audience", name="pk_suppressions"),
    )


def _mailings() -> None:
    """Letters on their way, and who carries them."""
    op.create_table(
        "mailings",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("audience", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("filled_to", NUMBER, nullable=False),
        sa.Column("filled_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.ForeignKeyConstraint(["digest"], ["contents.digest"], name="fk_mailings_digest_contents"),
        sa.ForeignKeyConstraint(["month"], ["editions.month"], name="fk_mailings_month_editions"),
        sa.PrimaryKeyConstraint("id", name="pk_mailings"),
        sa.UniqueConstraint("month", "audience", name="uq_mailings_month_audience"),
    )
    op.create_table(
        "leases",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("mailing_id", NUMBER, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started", NUMBER, nullable=False),
        sa.Column("boot", sa.String(length=36), nullable=False),
        sa.Column("leased_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailings.id"], name="fk_leases_mailing_id_mailings"),
        sa.PrimaryKeyConstraint("id", name="pk_leases"),
        sqlite_autoincrement=True,
    )


def _deliveries() -> None:
    """A copy per subscriber."""
    op.create_table(
        "deliveries",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("nonce", sa.String(length=20), nullable=False),
        sa.Column("mailing_id", NUMBER, nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("lease_id", NUMBER),
        sa.Column("free_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("handed_at", MOMENT),
        sa.Column("settled_at", MOMENT),
        sa.Column("detail", sa.Text()),
        sa.Column("reference", sa.Text()),
        sa.ForeignKeyConstraint(["lease_id"], ["leases.id"], name="fk_deliveries_lease_id_leases"),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailings.id"], name="fk_deliveries_mailing_id_mailings"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_deliveries_subscriber_id_subscribers"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("subscriber_id", "mailing_id", name="uq_deliveries_subscriber_id_mailing_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_deliveries_mailing_id_state_free_at", "deliveries", ["mailing_id", "state", "free_at"], unique=False
    )


def downgrade() -> None:
    """Drops them all."""
    for table in (
        "deliveries",
        "leases",
        "mailings",
        "suppressions",
        "consents",
        "subscriptions",
        "subscribers",
        "approvals",
        "letters",
        "versions",
        "editions",
        "contents",
        "keys",
    ):
        op.drop_table(table)
