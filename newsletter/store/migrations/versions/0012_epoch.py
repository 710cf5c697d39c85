"""How far each lease got, to be compared with the epoch; from when a mailing's lateness counts."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.String(27)


def upgrade() -> None:
    """Adds them."""
    op.add_column("leases", sa.Column("word", sa.String(length=16), nullable=True))
    op.add_column("leases", sa.Column("handed", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("leases", sa.Column("last_at", MOMENT, nullable=True))
    op.add_column("mailings", sa.Column("began_at", MOMENT, nullable=True))
    op.execute("UPDATE mailings SET began_at = created_at")


def downgrade() -> None:
    """Drops them."""
    op.drop_column("mailings", "began_at")
    for name in ("last_at", "handed", "word"):
        op.drop_column("leases", name)
