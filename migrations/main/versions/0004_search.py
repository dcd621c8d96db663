"""What searches read of a proposal, folded: width, case, invisible characters, 臺 and 台"""

import sqlalchemy as sa
from alembic import op

from pbvote.rooms.proposals.models import searchable

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AT_ONCE = 500


def upgrade() -> None:
    with op.batch_alter_table("proposals_proposal") as batch_op:
        batch_op.add_column(sa.Column("folded_short", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("folded_long", sa.String(), server_default="", nullable=False))
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """Old rows are found as new ones are."""
    proposal = sa.table(
        "proposals_proposal",
        *(
            sa.column(name)
            for name in ("id", "title", "summary", "place", "description_md", "folded_short", "folded_long")
        ),
    )
    texts = sa.select(
        proposal.c.id, proposal.c.title, proposal.c.summary, proposal.c.place, proposal.c.description_md
    ).order_by(proposal.c.id)
    last = 0
    while rows := connection.execute(texts.where(proposal.c.id > last).limit(_AT_ONCE)).all():
        for row in rows:
            short, long = searchable(*(text or "" for text in row[1:]))
            values = {"folded_short": short, "folded_long": long}
            connection.execute(proposal.update().where(proposal.c.id == row[0]).values(**values))
        last = rows[-1][0]


def downgrade() -> None:
    with op.batch_alter_table("proposals_proposal") as batch_op:
        batch_op.drop_column("folded_long")
        batch_op.drop_column("folded_short")
