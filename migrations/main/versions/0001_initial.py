"""initial"""

import sqlalchemy as sa
from alembic import op


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts_agency",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("county", sa.String(), nullable=False),
        sa.CheckConstraint(
            "level IN ('central', 'county', 'township')", name=op.f("ck_accounts_agency_level")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_agency")),
        sa.UniqueConstraint("slug", name=op.f("uq_accounts_agency_slug")),
    )
    op.create_table(
        "accounts_resident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_resident")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_resident_email")),
    )
    op.create_table(
        "accounts_sign_in_link",
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_accounts_sign_in_link")),
    )
    with op.batch_alter_table("accounts_sign_in_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounts_sign_in_link_email"), ["email"], unique=False)

    op.create_table(
        "activity_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_entry")),
    )
    with op.batch_alter_table("activity_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_entry_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_entry_call_id"), ["call_id"], unique=False)

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
    op.create_table(
        "counting_approval",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "role", name=op.f("pk_counting_approval")),
    )
    op.create_table(
        "counting_destruction",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("periods_over_on", sa.Date(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_counting_destruction")),
    )
    op.create_table(
        "counting_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("handed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counting_notice")),
    )
    with op.batch_alter_table("counting_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_counting_notice_call_id"), ["call_id"], unique=False)

    op.create_table(
        "counting_vote",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("small", sa.JSON(), nullable=False),
        sa.Column("merged", sa.JSON(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turnout", sa.JSON(), nullable=False),
        sa.Column("sealed_checkpoint", sa.String(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.Column("certified_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_counting_vote")),
    )
    op.create_table(
        "moderation_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("correct_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decision = 'accept' OR reason != ''", name=op.f("ck_moderation_decision_reason")),
        sa.CheckConstraint(
            "decision IN ('accept', 'correct', 'reject')", name=op.f("ck_moderation_decision_decision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_decision")),
    )
    with op.batch_alter_table("moderation_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderation_decision_call_id"), ["call_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_moderation_decision_proposal_id"), ["proposal_id"], unique=False)

    op.create_table(
        "outbox_lease",
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("duty", name=op.f("pk_outbox_lease")),
    )
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_message_due_at"), ["due_at"], unique=False)

    op.create_table(
        "proposals_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("proposer_id", sa.Integer(), nullable=True),
        sa.Column("proposer_name", sa.String(), nullable=False),
        sa.Column("name_shown", sa.Boolean(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("description_md", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("cost_twd", sa.Integer(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("correct_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("workshop", sa.JSON(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "number IS NULL OR status IN ('accepted', 'withdrawn')", name=op.f("ck_proposals_proposal_number")
        ),
        sa.CheckConstraint(
            "status != 'correction' OR correct_until IS NOT NULL",
            name=op.f("ck_proposals_proposal_correction"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'correction', 'accepted', 'rejected', 'withdrawn')",
            name=op.f("ck_proposals_proposal_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals_proposal")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_proposals_proposal_call_id_number")),
    )
    with op.batch_alter_table("proposals_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposals_proposal_call_id"), ["call_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_proposals_proposal_call_id_status"), ["call_id", "status"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_proposals_proposal_proposer_id"), ["proposer_id"], unique=False)

    op.create_table(
        "registrar_assistance",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "day", "kind", name=op.f("pk_registrar_assistance")),
    )
    op.create_table(
        "registrar_attempt",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "subject", name=op.f("pk_registrar_attempt")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("registrar_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registrar_attempt_person"), ["person"], unique=False)

    op.create_table(
        "registrar_issuance",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("voter_record", sa.LargeBinary(), nullable=False),
        sa.Column("style", sa.String(), nullable=False),
        sa.Column("blinded_hash", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "voter_record", name=op.f("pk_registrar_issuance")),
        sa.UniqueConstraint(
            "call_id", "blinded_hash", name=op.f("uq_registrar_issuance_call_id_blinded_hash")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("registrar_issuance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registrar_issuance_batch"), ["batch"], unique=False)

    op.create_table(
        "registrar_manifest",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("election_hash", sa.LargeBinary(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("flushed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_registrar_manifest")),
    )
    op.create_table(
        "registrar_notice",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrar_notice")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "registrar_poll",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_registrar_poll")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "registrar_roll",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("person_key", sa.LargeBinary(), nullable=False),
        sa.Column("check_hash", sa.LargeBinary(), nullable=False),
        sa.Column("style", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("with_code", sa.Integer(), nullable=False),
        sa.Column("principal", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("call_id", "person_key", name=op.f("pk_registrar_roll")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "registrar_style_merge",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("style", sa.String(), nullable=False),
        sa.Column("into_style", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "style", name=op.f("pk_registrar_style_merge")),
    )
    op.create_table(
        "accounts_staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("last_totp_step", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["accounts_agency.id"], name=op.f("fk_accounts_staff_agency_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_accounts_staff_login")),
    )
    with op.batch_alter_table("accounts_staff", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounts_staff_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "calls_call",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("description_md", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("ruleset", sa.JSON(), nullable=False),
        sa.Column("notice", sa.JSON(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("progress = 0 OR published_at IS NOT NULL", name=op.f("ck_calls_call_published")),
        sa.CheckConstraint("progress BETWEEN 0 AND 4", name=op.f("ck_calls_call_progress")),
        sa.ForeignKeyConstraint(["agency_id"], ["accounts_agency.id"], name=op.f("fk_calls_call_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls_call")),
    )
    with op.batch_alter_table("calls_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calls_call_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "proposals_picture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("alt", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals_proposal.id"], name=op.f("fk_proposals_picture_proposal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals_picture")),
        sa.UniqueConstraint("proposal_id", "sha256", name=op.f("uq_proposals_picture_proposal_id_sha256")),
    )
    with op.batch_alter_table("proposals_picture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposals_picture_proposal_id"), ["proposal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposals_picture_sha256"), ["sha256"], unique=False)

    op.create_table(
        "proposals_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("move", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals_proposal.id"], name=op.f("fk_proposals_revision_proposal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals_revision")),
        sa.UniqueConstraint("proposal_id", "number", name=op.f("uq_proposals_revision_proposal_id_number")),
    )


def downgrade() -> None:
    op.drop_table("proposals_revision")
    with op.batch_alter_table("proposals_picture", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposals_picture_sha256"))
        batch_op.drop_index(batch_op.f("ix_proposals_picture_proposal_id"))

    op.drop_table("proposals_picture")
    with op.batch_alter_table("calls_call", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calls_call_agency_id"))

    op.drop_table("calls_call")
    with op.batch_alter_table("accounts_staff", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_staff_agency_id"))

    op.drop_table("accounts_staff")
    op.drop_table("registrar_style_merge")
    op.drop_table("registrar_roll")
    op.drop_table("registrar_poll")
    op.drop_table("registrar_notice")
    op.drop_table("registrar_manifest")
    with op.batch_alter_table("registrar_issuance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registrar_issuance_batch"))

    op.drop_table("registrar_issuance")
    with op.batch_alter_table("registrar_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registrar_attempt_person"))

    op.drop_table("registrar_attempt")
    op.drop_table("registrar_assistance")
    with op.batch_alter_table("proposals_proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposals_proposal_proposer_id"))
        batch_op.drop_index(batch_op.f("ix_proposals_proposal_call_id_status"))
        batch_op.drop_index(batch_op.f("ix_proposals_proposal_call_id"))

    op.drop_table("proposals_proposal")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_message_due_at"))

    op.drop_table("outbox_message")
    op.drop_table("outbox_lease")
    with op.batch_alter_table("moderation_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_moderation_decision_proposal_id"))
        batch_op.drop_index(batch_op.f("ix_moderation_decision_call_id"))

    op.drop_table("moderation_decision")
    op.drop_table("counting_vote")
    with op.batch_alter_table("counting_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_counting_notice_call_id"))

    op.drop_table("counting_notice")
    op.drop_table("counting_destruction")
    op.drop_table("counting_approval")
    op.drop_table("bulletin_tile")
    with op.batch_alter_table("bulletin_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_bulletin_entry_call_id_hash")

    op.drop_table("bulletin_entry")
    op.drop_table("bulletin_checkpoint")
    with op.batch_alter_table("activity_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activity_entry_call_id"))
        batch_op.drop_index(batch_op.f("ix_activity_entry_agency_id"))

    op.drop_table("activity_entry")
    with op.batch_alter_table("accounts_sign_in_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_sign_in_link_email"))

    op.drop_table("accounts_sign_in_link")
    op.drop_table("accounts_resident")
    op.drop_table("accounts_agency")
