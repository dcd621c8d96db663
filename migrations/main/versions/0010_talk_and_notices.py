"""Answers by neighbours and agencies, edited and deleted comments; choices of mail, digests, telephones"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Answers of before were all by an author of the proposal."""
    _talk()
    _accounts()
    op.add_column("outbox_message", sa.Column("medium", sa.String(), server_default="mail", nullable=False))


def _talk() -> None:
    for column in (
        sa.Column("voice", sa.String(), server_default="resident", nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("engagement_comment", column)
    comment = sa.table("engagement_comment", sa.column("kind"), sa.column("voice"))
    op.execute(comment.update().where(comment.c.kind == "answer").values(voice="author"))
    op.create_table(
        "engagement_comment_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["engagement_comment.id"], name=op.f("fk_engagement_comment_version_comment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_comment_version")),
    )
    op.create_index(
        op.f("ix_engagement_comment_version_comment_id"), "engagement_comment_version", ["comment_id"]
    )


def _accounts() -> None:
    op.add_column("accounts_resident", sa.Column("phone", sa.String(), server_default="", nullable=False))
    op.add_column(
        "accounts_resident", sa.Column("texts", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("accounts_resident", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "accounts_pace",
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("pace", sa.String(), nullable=False),
        sa.CheckConstraint("pace IN ('at-once', 'daily', 'weekly', 'never')", name=op.f("ck_accounts_pace_pace")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["accounts_resident.id"], name=op.f("fk_accounts_pace_resident_id")
        ),
        sa.PrimaryKeyConstraint("resident_id", "subject", name=op.f("pk_accounts_pace")),
    )
    op.create_table(
        "accounts_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["accounts_resident.id"], name=op.f("fk_accounts_notice_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_notice")),
    )
    op.create_index(op.f("ix_accounts_notice_resident_id"), "accounts_notice", ["resident_id"])
    op.create_index(op.f("ix_accounts_notice_due_at"), "accounts_notice", ["due_at"])
    op.create_table(
        "accounts_confirmation",
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("secret_sha256", sa.String(), nullable=False),
        sa.Column("misses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('email', 'phone')", name=op.f("ck_accounts_confirmation_kind")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["accounts_resident.id"], name=op.f("fk_accounts_confirmation_resident_id")
        ),
        sa.PrimaryKeyConstraint("resident_id", "kind", name=op.f("pk_accounts_confirmation")),
    )
    op.create_table(
        "accounts_text_sent",
        sa.Column("number_hash", sa.String(), nullable=False),
        sa.Column("times", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number_hash", name=op.f("pk_accounts_text_sent")),
    )
    op.create_index(op.f("ix_accounts_text_sent_at"), "accounts_text_sent", ["at"])


def downgrade() -> None:
    """What only the new release knows is forgotten; what was deleted is gone for good."""
    op.execute("DELETE FROM outbox_message WHERE medium <> 'mail'")
    op.drop_column("outbox_message", "medium")
    for table in ("accounts_text_sent", "accounts_confirmation", "accounts_notice", "accounts_pace"):
        op.drop_table(table)
    for column in ("left_at", "texts", "phone"):
        op.drop_column("accounts_resident", column)
    op.drop_table("engagement_comment_version")
    for column in ("deleted_at", "edited_at", "voice"):
        op.drop_column("engagement_comment", column)
