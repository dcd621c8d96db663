"""Winners are carried out: states, dates, money, photographs, and a history; the worker takes up results"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _instant(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Nothing is taken up yet: the worker finds every result that was certified before."""
    op.create_table(
        "delivery_taken_up",
        sa.Column("call_id", sa.String(32), primary_key=True),
        _instant("at"),
    )
    op.create_table(
        "delivery_project",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("district_name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("granted_twd", sa.BigInteger(), nullable=False),
        sa.Column("certified_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("spent_twd", sa.BigInteger(), nullable=True),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("telephone", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _instant("changed_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('approved', 'tendered', 'building', 'finished', 'cancelled')",
            name=op.f("ck_delivery_project_state"),
        ),
        sa.CheckConstraint("granted_twd >= 0", name=op.f("ck_delivery_project_granted")),
        sa.CheckConstraint("spent_twd IS NULL OR spent_twd >= 0", name=op.f("ck_delivery_project_spent")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_delivery_project_call_id_number")),
    )
    op.create_index("ix_delivery_project_agency_id_due_on", "delivery_project", ["agency_id", "due_on"])
    op.create_index("ix_delivery_project_state_due_on", "delivery_project", ["state", "due_on"])
    op.create_index("ix_delivery_project_district_name", "delivery_project", ["district_name"])
    op.create_table(
        "delivery_milestone",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("delivery_project.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("actual_on", sa.Date(), nullable=True),
        sa.UniqueConstraint("project_id", "position", name=op.f("uq_delivery_milestone_project_id_position")),
    )
    op.create_table(
        "delivery_photo",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("delivery_project.id"), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("alt", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(), nullable=False),
        _instant("at"),
        _instant("removed_at", nullable=True),
        sa.CheckConstraint("moment IN ('before', 'during', 'after')", name=op.f("ck_delivery_photo_moment")),
    )
    op.create_index("ix_delivery_photo_project_id", "delivery_photo", ["project_id"])
    op.create_index("ix_delivery_photo_sha256", "delivery_photo", ["sha256"])
    op.create_table(
        "delivery_change",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("delivery_project.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _instant("at"),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('update', 'schedule', 'office', 'photo-removed')", name=op.f("ck_delivery_change_kind")
        ),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_delivery_change_project_id_number")),
    )


def downgrade() -> None:
    """What was said about the carrying out goes; the results stay."""
    for table in ("change", "photo", "milestone", "project", "taken_up"):
        op.drop_table(f"delivery_{table}")
