"""What searches read of a proposal, folded: width, case, invisible characters, 臺 and 台"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AT_ONCE = 500
_DESCRIBED = 1000

# what this release folded; a later one may fold otherwise, and brings a step of its own
_INVISIBLE = re.compile(
    "[\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f"
    "\\u0890\\u0891\\u08e2\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e"
    "\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U000110bd\\U000110cd"
    "\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]"
)


def _narrow(text: str) -> str:
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return " ".join(_INVISIBLE.sub("", text).split())


def _folded(text: str) -> str:
    return _narrow(unicodedata.normalize("NFKC", _narrow(text).casefold())).replace("臺", "台")


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
            title, summary, place, description = (text or "" for text in row[1:])
            short, long = f"{title}\n{summary}\n{place}", description[:_DESCRIBED]
            values = {"folded_short": _folded(short), "folded_long": _folded(long)}
            connection.execute(proposal.update().where(proposal.c.id == row[0]).values(**values))
        last = rows[-1][0]


def downgrade() -> None:
    with op.batch_alter_table("proposals_proposal") as batch_op:
        batch_op.drop_column("folded_long")
        batch_op.drop_column("folded_short")
