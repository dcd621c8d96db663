"""Every decision ever taken on a proposal; rows are never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pbvote.platform.db import Instant, MainBase


class Decision(MainBase):
    """An officer's decision (審核決定) on one version of a proposal."""

    __tablename__ = "moderation_decision"
    __table_args__ = (
        CheckConstraint("decision IN ('accept', 'correct', 'reject')", name="decision"),
        CheckConstraint("decision = 'accept' OR reason != ''", name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(index=True)
    proposal_id: Mapped[int] = mapped_column(index=True)
    revision: Mapped[int]
    decision: Mapped[str]
    reason: Mapped[str]
    correct_until: Mapped[datetime | None] = mapped_column(Instant)
    officer_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
