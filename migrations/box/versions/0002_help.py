"""The box knows whom its voters can ask"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A vote of before has nothing to say until the worker tells it."""
    op.add_column("ballotbox_vote", sa.Column("help", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """The pages link to the call's page instead."""
    with op.batch_alter_table("ballotbox_vote") as batch:
        batch.drop_column("help")
