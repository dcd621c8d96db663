"""Tables of endorsements, comments, reports, followers and the reminders that were sent.

Nothing here is about voting: who has voted is known to nobody outside the registrar.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pbvote.platform.db import Instant, MainBase
from pbvote.rooms.engagement.kinds import CommentKind, Voice


class Endorsement(MainBase):
    """One resident's endorsement (連署) of a proposal; public as a number only."""

    __tablename__ = "engagement_endorsement"
    __table_args__ = (UniqueConstraint("proposal_id", "resident_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"))
    resident_id: Mapped[int] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(Instant)


class Comment(MainBase):
    """A comment, a question to the author, or an answer to one of them.

    Hiding keeps it for the record. Who deletes their own leaves an empty row, so that answers keep their
    place and the hour's limit still counts it. ``author_id`` is 0 where an agency answers.
    """

    __tablename__ = "engagement_comment"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(map(repr, map(str, CommentKind)))})", name="kind"),
        CheckConstraint(f"(kind = '{CommentKind.ANSWER}') = (answers IS NOT NULL)", name="answers"),
        Index(None, "proposal_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(index=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"))
    author_id: Mapped[int] = mapped_column(index=True)
    author_name: Mapped[str]
    kind: Mapped[str]  # of CommentKind
    answers: Mapped[int | None] = mapped_column(ForeignKey("engagement_comment.id"))
    body: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    hidden_at: Mapped[datetime | None] = mapped_column(Instant)
    hidden_reason: Mapped[str] = mapped_column(default="")
    voice: Mapped[str] = mapped_column(default=Voice.RESIDENT, server_default=Voice.RESIDENT.value)
    edited_at: Mapped[datetime | None] = mapped_column(Instant)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)


class CommentVersion(MainBase):
    """What a comment said before it was edited; only officers who judge a report read it."""

    __tablename__ = "engagement_comment_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("engagement_comment.id"), index=True)
    body: Mapped[str]
    until_at: Mapped[datetime] = mapped_column(Instant)


class Report(MainBase):
    """Somebody's report (檢舉) of a comment; closed when an officer has decided."""

    __tablename__ = "engagement_report"
    __table_args__ = (UniqueConstraint("comment_id", "resident_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("engagement_comment.id"))
    resident_id: Mapped[int]
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class Follow(MainBase):
    """A resident who asked for mail about a call, or about one of its proposals (0: the whole call)."""

    __tablename__ = "engagement_follow"
    __table_args__ = (UniqueConstraint("resident_id", "call_id", "proposal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(index=True)
    call_id: Mapped[str] = mapped_column(index=True)
    proposal_id: Mapped[int] = mapped_column(default=0, server_default="0")
    at: Mapped[datetime] = mapped_column(Instant)


class ReminderSent(MainBase):
    """A reminder that went out (or was found needless), so that no second round sends it again."""

    __tablename__ = "engagement_notice"
    __table_args__ = (UniqueConstraint("call_id", "kind", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[int] = mapped_column(default=0, server_default="0")
    at: Mapped[datetime] = mapped_column(Instant)
