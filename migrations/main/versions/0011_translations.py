"""What an agency wrote has translations, kept with its call"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A call of before has none."""
    op.add_column("calls_call", sa.Column("translations", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Without them every reader sees the Chinese text again."""
    with op.batch_alter_table("calls_call") as batch:
        batch.drop_column("translations")
