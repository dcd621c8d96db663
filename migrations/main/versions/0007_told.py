"""What is said of every project of a result is stored; the worker fills it in for results of before"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is stored yet: votes that are done stand one step before it, and the worker goes on."""
    op.create_table(
        "counting_told",
        sa.Column("call_id", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
    )


def downgrade() -> None:
    """The step before is the last one again."""
    op.drop_table("counting_told")
    vote = sa.table("counting_vote", sa.column("step", sa.Integer))
    op.execute(vote.update().where(vote.c.step > 7).values(step=7))
