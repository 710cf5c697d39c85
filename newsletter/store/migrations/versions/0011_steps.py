"""What was done of each month, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.String(27)


def upgrade() -> None:
    """Adds them."""
    op.create_table(
        "steps",
        sa.Column("edition", sa.String(length=7), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("free_at", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.JSON(), nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("edition", "step", name="pk_steps"),
    )


def downgrade() -> None:
    """Drops them."""
    op.drop_table("steps")
