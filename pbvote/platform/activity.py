"""The activity log (操作紀錄): who of the staff or proposers did what, in the same transaction.

Check-in, issue and cast write nothing here (protocol, S4 and S6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from pbvote.core.types import Actor
from pbvote.platform.db import Instant, MainBase


class Activity(StrEnum):
    """What can stand in the log; each has a name in :mod:`pbvote.words.activities`."""

    ACCOUNT_RESTORE = "account.restore"
    ACCOUNT_SIGN_IN = "account.sign-in"
    ACCOUNT_SUSPEND = "account.suspend"
    CALL_CREATE = "call.create"
    CALL_NOTICE = "call.notice"
    CALL_PUBLISH = "call.publish"
    CALL_SAVE = "call.save"
    CALL_TRANSLATE = "call.translate"
    COMMENT_ANSWER = "comment.answer"
    COMMENT_EDIT = "comment.edit"
    COMMENT_HIDE = "comment.hide"
    COMMENT_KEEP = "comment.keep"
    DELIVERY_OFFICE = "delivery.office"
    DELIVERY_PHOTO_REMOVE = "delivery.photo-remove"
    DELIVERY_SCHEDULE = "delivery.schedule"
    DELIVERY_UPDATE = "delivery.update"
    EVIDENCE_AUDIT = "evidence.audit"
    KEYS_DESTROY = "keys.destroy"
    MODERATION_ACCEPT = "moderation.accept"
    MODERATION_CLASSIFY = "moderation.classify"
    MODERATION_CONSENT = "moderation.consent"
    MODERATION_CORRECT = "moderation.correct"
    MODERATION_REJECT = "moderation.reject"
    PROJECT_WITHDRAW = "project.withdraw"
    PROPOSAL_COAUTHOR_AGREE = "proposal.coauthor-agree"
    PROPOSAL_COAUTHOR_DECLINE = "proposal.coauthor-decline"
    PROPOSAL_CORRECT = "proposal.correct"
    PROPOSAL_DOCUMENT = "proposal.document"
    PROPOSAL_ENTER_WORKSHOP = "proposal.enter-workshop"
    PROPOSAL_IMPORT_WORKSHOP = "proposal.import-workshop"
    PROPOSAL_INVITE = "proposal.invite"
    PROPOSAL_PICTURE = "proposal.picture"
    PROPOSAL_REVISE = "proposal.revise"
    PROPOSAL_SUBMIT = "proposal.submit"
    PROPOSAL_UNINVITE = "proposal.uninvite"
    PROPOSAL_WITHDRAW = "proposal.withdraw"
    ROLL_CLEAR = "roll.clear"
    ROLL_IMPORT = "roll.import"
    ROLL_STATION_CODES = "roll.station-codes"
    ROLL_UNLOCK = "roll.unlock"
    VOTE_CERTIFY = "vote.certify"
    VOTE_FREEZE = "vote.freeze"
    VOTE_OPEN = "vote.open"
    VOTE_PUBLISH = "vote.publish"


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
    tx: Session,
    actor: Actor,
    act: Activity,
    *,
    at: datetime,
    call_id: str = "",
    subject: str = "",
    **facts: Any,
) -> None:
    """Write one act, with codes and ids, never identities."""
    tx.add(
        ActivityEntry(
            at=at,
            actor_kind=actor.kind,
            actor_id=actor.id,
            agency_id=actor.agency_id,
            act=act.value,
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
