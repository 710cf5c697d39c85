"""Who asks to read, and what somebody said when they left."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.String(27)


def upgrade() -> None:
    """Adds them."""
    op.create_table(
        "signups",
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("person", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text()),
        sa.Column("audiences", sa.JSON(), nullable=False),
        sa.Column("themes", sa.JSON(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.PrimaryKeyConstraint("nonce", name="pk_signups"),
    )
    op.create_index("ix_signups_person", "signups", ["person"], unique=False)
    op.create_index("ix_signups_asked_at", "signups", ["asked_at"], unique=False)
    op.add_column("suppressions", sa.Column("said", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drops them."""
    op.drop_column("suppressions", "said")
    op.drop_table("signups")
