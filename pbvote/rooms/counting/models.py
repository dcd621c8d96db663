"""Tables of the count. Nothing in them says how anybody voted; the outcome is written when certified."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from pbvote.platform.db import Instant, MainBase


class Vote(MainBase):
    """A frozen vote and how far it has come (``step`` of :class:`pbvote.rooms.counting.progress.Step`)."""

    __tablename__ = "counting_vote"

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    manifest: Mapped[bytes] = mapped_column(LargeBinary)
    step: Mapped[int]
    small: Mapped[list[str]] = mapped_column(JSON)
    merged: Mapped[dict[str, str]] = mapped_column(JSON)
    frozen_at: Mapped[datetime] = mapped_column(Instant)
    turnout: Mapped[dict[str, int]] = mapped_column(JSON)
    sealed_checkpoint: Mapped[str] = mapped_column(default="")
    checks: Mapped[dict[str, Any]] = mapped_column(JSON)
    outcome: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    certified_at: Mapped[datetime | None] = mapped_column(Instant, default=None)


class Notice(MainBase):
    """A signed notice on its way to the box, such as a withdrawn project."""

    __tablename__ = "counting_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(String(32), index=True)
    statement: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    handed: Mapped[int] = mapped_column(default=0)  # of progress.Handing


class Approval(MainBase):
    """One person certified the result in one role; two people, two roles."""

    __tablename__ = "counting_approval"

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)


class Told(MainBase):
    """What is said of one project of a published result: its standing and its explanation.

    Written once, after the publication; pages read it and count nothing. ``place``: of a runner-up among
    runners-up, else 0. ``found``: the JSON of :class:`pbvote.core.tally.explain.Explanation`.
    """

    __tablename__ = "counting_told"

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    district: Mapped[str]
    standing: Mapped[str]
    place: Mapped[int]
    found: Mapped[dict[str, Any]] = mapped_column(JSON)


class Destruction(MainBase):
    """Keys destroyed after the complaint and appeal periods (銷毀清單, PRA-18)."""

    __tablename__ = "counting_destruction"

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    periods_over_on: Mapped[date]
    keys: Mapped[list[str]] = mapped_column(JSON)
