"""What comes back once a copy has left."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds them."""
    op.create_table(
        "events",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("event", sa.String(length=128), nullable=False),
        sa.Column("delivery_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_events_delivery_id_deliveries"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("event", name="uq_events_event"),
    )
    op.create_index("ix_events_delivery_id", "events", ["delivery_id"], unique=False)


def downgrade() -> None:
    """Drops them."""
    op.drop_table("events")
