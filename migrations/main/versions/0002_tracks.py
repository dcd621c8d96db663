"""Tracks (組別) and labels of projects of which one at most wins (擇一)"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("proposals_proposal") as batch_op:
        batch_op.add_column(sa.Column("track", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("exclusive", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("proposals_proposal") as batch_op:
        batch_op.drop_column("exclusive")
        batch_op.drop_column("track")
