"""Searches find a variant character where the usual one stands, and the other way round"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AT_ONCE = 500
_VARIANTS = str.maketrans(
    "厠裏着羣峯綫塲牀鷄衆温汚舘吿菓傢佈週菸噉豔灾",
    "廁裡著群峰線場床雞眾溫污館告果家布周煙啖艷災",
)


def upgrade() -> None:
    """Old rows are found as new ones are."""
    connection = op.get_bind()
    proposal = sa.table(
        "proposals_proposal", *(sa.column(name) for name in ("id", "folded_short", "folded_long"))
    )
    texts = sa.select(proposal).order_by(proposal.c.id)
    last = 0
    while rows := connection.execute(texts.where(proposal.c.id > last).limit(_AT_ONCE)).all():
        for row in rows:
            values = {
                "folded_short": row.folded_short.translate(_VARIANTS),
                "folded_long": row.folded_long.translate(_VARIANTS),
            }
            if values != {"folded_short": row.folded_short, "folded_long": row.folded_long}:
                connection.execute(proposal.update().where(proposal.c.id == row.id).values(**values))
        last = rows[-1].id


def downgrade() -> None:
    """What was written with other letters stays so: only searches read it."""
