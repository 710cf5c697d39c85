"""The whole page of a letter that the mail had no room for."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds it."""
    op.add_column("contents", sa.Column("online", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("contents", "online")
