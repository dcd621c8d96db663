"""The activity log (操作紀錄): who of the staff or proposers did what, in the same transaction.

Check-in, issue and cast write nothing here (protocol, S4 and S6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from pbvote.core.types import Actor
from pbvote.platform.db import Instant, MainBase


class ActivityEntry(MainBase):
    """One act; rows are never changed."""

    __tablename__ = "activity_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_kind: Mapped[str]
    actor_id: Mapped[int]
    agency_id: Mapped[int | None] = mapped_column(index=True)
    act: Mapped[str]
    call_id: Mapped[str] = mapped_column(default="", index=True)
    subject: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityView:
    """An act as the pages show it."""

    at: datetime
    actor_kind: str
    actor_id: int
    act: str
    subject: str
    facts: dict[str, Any]


def record(
    tx: Session, actor: Actor, act: str, *, at: datetime, call_id: str = "", subject: str = "", **facts: Any
) -> None:
    """Write one act: a verb such as ``call.publish``, with codes and ids, never identities."""
    tx.add(
        ActivityEntry(
            at=at,
            actor_kind=actor.kind,
            actor_id=actor.id,
            agency_id=actor.agency_id,
            act=act,
            call_id=call_id,
            subject=subject,
            facts=facts,
        )
    )


def of_call(tx: Session, call_id: str, *, subject: str = "", limit: int = 500) -> list[ActivityView]:
    """The acts of a call, newest first; with ``subject`` those on one thing."""
    query = select(ActivityEntry).where(ActivityEntry.call_id == call_id)
    if subject:
        query = query.where(ActivityEntry.subject == subject)
    rows = tx.scalars(query.order_by(ActivityEntry.id.desc()).limit(limit))
    return [
        ActivityView(
            at=row.at,
            actor_kind=row.actor_kind,
            actor_id=row.actor_id,
            act=row.act,
            subject=row.subject,
            facts=row.facts,
        )
        for row in rows
    ]
