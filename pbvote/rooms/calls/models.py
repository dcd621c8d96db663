"""The table of calls (徵件主題)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pbvote.platform.db import Instant, MainBase


class Call(MainBase):
    """A call: what the officer typed (``draft``), and what was published (``ruleset``, ``notice``).

    ``draft`` keeps every typed value as it was typed, so that nothing entered is ever lost;
    ``ruleset`` and ``notice`` are set once, at publication. ``translations``: by language, then by the digest
    of the Chinese text; under ``replaced`` what stood before, with the time that it ended.
    """

    __tablename__ = "calls_call"
    __table_args__ = (
        CheckConstraint("progress BETWEEN 0 AND 4", name="progress"),
        CheckConstraint("progress = 0 OR published_at IS NOT NULL", name="published"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("accounts_agency.id"), index=True)
    title: Mapped[str] = mapped_column(default="")
    title_en: Mapped[str] = mapped_column(default="")
    description_md: Mapped[str] = mapped_column(default="")
    contact: Mapped[str] = mapped_column(default="")
    draft: Mapped[dict[str, str]] = mapped_column(JSON)
    ruleset: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    notice: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    translations: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    progress: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    created_at: Mapped[datetime] = mapped_column(Instant)
