"""Documents of proposals, corrections by part, drafts written together, minors' representatives"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


_NEW = (
    ("asked", sa.JSON(), "[]"),
    ("replies", sa.JSON(), "{}"),
    ("edits", sa.JSON(), "{}"),
    ("aside", sa.JSON(), "{}"),
    ("minor", sa.Boolean(), sa.false()),
    ("guardian", sa.JSON(), "{}"),
)


def upgrade() -> None:
    for name, kind, default in _NEW:  # not as a batch: other tables name the proposals' rows
        op.add_column("proposals_proposal", sa.Column(name, kind, server_default=default, nullable=False))
    op.create_table(
        "proposals_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("says", sa.String(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposals_proposal.id"],
            name=op.f("fk_proposals_document_proposal_id_proposals_proposal"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals_document")),
        sa.UniqueConstraint("proposal_id", "sha256", name=op.f("uq_proposals_document_proposal_id_sha256")),
    )
    with op.batch_alter_table("proposals_document") as batch_op:
        batch_op.create_index(batch_op.f("ix_proposals_document_proposal_id"), ["proposal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposals_document_sha256"), ["sha256"], unique=False)


def downgrade() -> None:
    op.drop_table("proposals_document")
    for name, _kind, _default in reversed(_NEW):
        op.drop_column("proposals_proposal", name)
