"""Sessions that end on the server, and misses at the staff's door per address"""

import sqlalchemy as sa
from alembic import op


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts_sign_in_miss",
        sa.Column("login_hash", sa.String(), nullable=False),
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("login_hash", "address_hash", name=op.f("pk_accounts_sign_in_miss")),
    )
    with op.batch_alter_table("accounts_staff") as batch_op:
        batch_op.add_column(sa.Column("session_number", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("session_failed", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("session_paused_until", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("accounts_resident") as batch_op:
        batch_op.add_column(sa.Column("session_number", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("accounts_resident") as batch_op:
        batch_op.drop_column("session_number")
    with op.batch_alter_table("accounts_staff") as batch_op:
        batch_op.drop_column("session_paused_until")
        batch_op.drop_column("session_failed")
        batch_op.drop_column("session_number")
    op.drop_table("accounts_sign_in_miss")
