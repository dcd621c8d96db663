"""initial"""

import sqlalchemy as sa
from alembic import op


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballotbox_batch",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("style", sa.String(length=255), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("flushed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "number", name=op.f("pk_ballotbox_batch")),
    )
    op.create_table(
        "ballotbox_credential",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "credential", name=op.f("pk_ballotbox_credential")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ballotbox_notice",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "position", name=op.f("pk_ballotbox_notice")),
    )
    op.create_table(
        "ballotbox_pending",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("style", sa.String(length=255), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "style", "entry_hash", name=op.f("pk_ballotbox_pending")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ballotbox_vote",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("uncleaned", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_ballotbox_vote")),
    )
    op.create_table(
        "bulletin_checkpoint",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "size", name=op.f("pk_bulletin_checkpoint")),
    )
    op.create_table(
        "bulletin_entry",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "position", name=op.f("pk_bulletin_entry")),
    )
    with op.batch_alter_table("bulletin_entry", schema=None) as batch_op:
        batch_op.create_index("ix_bulletin_entry_call_id_hash", ["call_id", "hash"], unique=False)

    op.create_table(
        "bulletin_tile",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "level", "index", name=op.f("pk_bulletin_tile")),
    )


def downgrade() -> None:
    op.drop_table("bulletin_tile")
    with op.batch_alter_table("bulletin_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_bulletin_entry_call_id_hash")

    op.drop_table("bulletin_entry")
    op.drop_table("bulletin_checkpoint")
    op.drop_table("ballotbox_vote")
    op.drop_table("ballotbox_pending")
    op.drop_table("ballotbox_notice")
    op.drop_table("ballotbox_credential")
    op.drop_table("ballotbox_batch")
