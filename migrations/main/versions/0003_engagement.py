"""Engagement (連署, 留言, 追蹤), co-authors, categories and the place of a proposal on a map"""

import sqlalchemy as sa
from alembic import op


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "engagement_follow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), server_default="0", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_follow")),
        sa.UniqueConstraint(
            "resident_id",
            "call_id",
            "proposal_id",
            name=op.f("uq_engagement_follow_resident_id_call_id_proposal_id"),
        ),
    )
    with op.batch_alter_table("engagement_follow") as batch_op:
        batch_op.create_index(batch_op.f("ix_engagement_follow_call_id"), ["call_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_engagement_follow_resident_id"), ["resident_id"], unique=False)

    op.create_table(
        "engagement_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.Integer(), server_default="0", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_notice")),
        sa.UniqueConstraint(
            "call_id", "kind", "subject", name=op.f("uq_engagement_notice_call_id_kind_subject")
        ),
    )
    op.create_table(
        "engagement_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'answer') = (answers IS NOT NULL)", name=op.f("ck_engagement_comment_answers")
        ),
        sa.CheckConstraint(
            "kind IN ('comment', 'question', 'answer')", name=op.f("ck_engagement_comment_kind")
        ),
        sa.ForeignKeyConstraint(
            ["answers"], ["engagement_comment.id"], name=op.f("fk_engagement_comment_answers")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals_proposal.id"], name=op.f("fk_engagement_comment_proposal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_comment")),
    )
    with op.batch_alter_table("engagement_comment") as batch_op:
        batch_op.create_index(batch_op.f("ix_engagement_comment_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_engagement_comment_call_id"), ["call_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_engagement_comment_proposal_id_id"), ["proposal_id", "id"], unique=False
        )

    op.create_table(
        "engagement_endorsement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals_proposal.id"], name=op.f("fk_engagement_endorsement_proposal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_endorsement")),
        sa.UniqueConstraint(
            "proposal_id", "resident_id", name=op.f("uq_engagement_endorsement_proposal_id_resident_id")
        ),
    )
    with op.batch_alter_table("engagement_endorsement") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_engagement_endorsement_resident_id"), ["resident_id"], unique=False
        )

    op.create_table(
        "proposals_coauthor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals_proposal.id"], name=op.f("fk_proposals_coauthor_proposal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals_coauthor")),
        sa.UniqueConstraint("proposal_id", "email", name=op.f("uq_proposals_coauthor_proposal_id_email")),
    )
    with op.batch_alter_table("proposals_coauthor") as batch_op:
        batch_op.create_index(batch_op.f("ix_proposals_coauthor_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposals_coauthor_proposal_id"), ["proposal_id"], unique=False)

    op.create_table(
        "engagement_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["engagement_comment.id"], name=op.f("fk_engagement_report_comment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_report")),
        sa.UniqueConstraint(
            "comment_id", "resident_id", name=op.f("uq_engagement_report_comment_id_resident_id")
        ),
    )
    with op.batch_alter_table("proposals_proposal") as batch_op:
        batch_op.add_column(sa.Column("category", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("latitude", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("longitude", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("proposals_proposal") as batch_op:
        batch_op.drop_column("longitude")
        batch_op.drop_column("latitude")
        batch_op.drop_column("category")

    op.drop_table("engagement_report")
    with op.batch_alter_table("proposals_coauthor") as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposals_coauthor_proposal_id"))
        batch_op.drop_index(batch_op.f("ix_proposals_coauthor_email"))

    op.drop_table("proposals_coauthor")
    with op.batch_alter_table("engagement_endorsement") as batch_op:
        batch_op.drop_index(batch_op.f("ix_engagement_endorsement_resident_id"))

    op.drop_table("engagement_endorsement")
    with op.batch_alter_table("engagement_comment") as batch_op:
        batch_op.drop_index(batch_op.f("ix_engagement_comment_proposal_id_id"))
        batch_op.drop_index(batch_op.f("ix_engagement_comment_call_id"))
        batch_op.drop_index(batch_op.f("ix_engagement_comment_author_id"))

    op.drop_table("engagement_comment")
    op.drop_table("engagement_notice")
    with op.batch_alter_table("engagement_follow") as batch_op:
        batch_op.drop_index(batch_op.f("ix_engagement_follow_resident_id"))
        batch_op.drop_index(batch_op.f("ix_engagement_follow_call_id"))

    op.drop_table("engagement_follow")
