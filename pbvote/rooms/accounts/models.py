"""Tables of agencies, their staff, and the residents who propose.

No voter is in here: voting needs no account (protocol, S3).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pbvote.platform.db import Flag, Instant, MainBase
from pbvote.rooms.accounts.kinds import Pace


class Agency(MainBase):
    """An agency (機關): a tenant of the service (NDC-06)."""

    __tablename__ = "accounts_agency"
    __table_args__ = (CheckConstraint("level IN ('central', 'county', 'township')", name="level"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    level: Mapped[str]
    county: Mapped[str] = mapped_column(default="")


class StaffAccount(MainBase):
    """An officer, auditor or administrator of one agency; the TOTP secret is in the key store."""

    __tablename__ = "accounts_staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("accounts_agency.id"), index=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(JSON)
    failed: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Instant, default=None)
    active: Mapped[bool] = mapped_column(Flag, default=True)
    last_totp_step: Mapped[int] = mapped_column(default=0)
    session_number: Mapped[int] = mapped_column(default=1, server_default="1")
    session_failed: Mapped[int] = mapped_column(default=0, server_default="0")
    session_paused_until: Mapped[datetime | None] = mapped_column(Instant, default=None)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Resident(MainBase):
    """A resident's contact account: a confirmed mail address and a name, no password.

    ``phone``: a mobile number that its owner confirmed, or nothing; ``texts``: whether the last day to vote
    is told by text message. Who has left keeps a row without name and address: no number is given twice.
    """

    __tablename__ = "accounts_resident"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="zh")
    confirmed_at: Mapped[datetime] = mapped_column(Instant)
    session_number: Mapped[int] = mapped_column(default=1, server_default="1")
    phone: Mapped[str] = mapped_column(default="", server_default="")
    texts: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    left_at: Mapped[datetime | None] = mapped_column(Instant, default=None)


class PaceChosen(MainBase):
    """How soon a resident wants the mail of a subject; no row: at once."""

    __tablename__ = "accounts_pace"
    __table_args__ = (CheckConstraint(f"pace IN ({', '.join(map(repr, map(str, Pace)))})", name="pace"),)

    resident_id: Mapped[int] = mapped_column(ForeignKey("accounts_resident.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    pace: Mapped[str]


class Notice(MainBase):
    """What waits for a resident's next digest; the row goes when the digest stands in the outbox."""

    __tablename__ = "accounts_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("accounts_resident.id"), index=True)
    template: Mapped[str]
    subject: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)


class Confirmation(MainBase):
    """A new mail address or telephone that waits for its owner's word; the newest one of its kind."""

    __tablename__ = "accounts_confirmation"
    __table_args__ = (CheckConstraint("kind IN ('email', 'phone')", name="kind"),)

    resident_id: Mapped[int] = mapped_column(ForeignKey("accounts_resident.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    secret_sha256: Mapped[str]
    misses: Mapped[int] = mapped_column(default=0, server_default="0")
    expires_at: Mapped[datetime] = mapped_column(Instant)


class TextSent(MainBase):
    """When text messages were ordered to a number or from an account, by keyed hash: for their limits."""

    __tablename__ = "accounts_text_sent"

    number_hash: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[list[str]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant, index=True)


class SignInMiss(MainBase):
    """Wrong passwords for a login from a network address, both as keyed hashes."""

    __tablename__ = "accounts_sign_in_miss"

    login_hash: Mapped[str] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(primary_key=True)
    failed: Mapped[int] = mapped_column(default=0)
    paused_until: Mapped[datetime | None] = mapped_column(Instant, default=None)
    at: Mapped[datetime] = mapped_column(Instant)


class SignInLink(MainBase):
    """A link that was mailed; only the digest of its token is kept, and it works once."""

    __tablename__ = "accounts_sign_in_link"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="zh")
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
