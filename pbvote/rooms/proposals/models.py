"""Tables of the proposals: the proposal as it stands, every version it had, and its pictures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, event, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pbvote.core.letters import loosely
from pbvote.platform.db import Instant, MainBase
from pbvote.rooms.proposals.status import Status

DESCRIBED = 1000
_STATUSES = ", ".join(f"'{status.value}'" for status in Status)


class Proposal(MainBase):
    """A proposal; ``typed`` holds a draft exactly as typed, the columns hold what was checked.

    ``asked`` names the parts that a correction was asked for, ``replies`` holds what the proposer answered by
    part. ``edits``: who changed which part last (:mod:`pbvote.rooms.proposals.together`), ``aside`` what was
    typed at the same time and not taken. ``minor`` and ``guardian``: under 18, and how the representative
    consents (PRA-15).

    ``folded_short`` and ``folded_long`` are what searches read: title, summary and place, and the start of
    the description, in the spelling that the words asked for are brought to as well.
    """

    __tablename__ = "proposals_proposal"
    __table_args__ = (
        CheckConstraint(f"status IN ({_STATUSES})", name="status"),
        CheckConstraint("number IS NULL OR status IN ('accepted', 'withdrawn')", name="number"),
        CheckConstraint("status != 'correction' OR correct_until IS NOT NULL", name="correction"),
        UniqueConstraint("call_id", "number"),
        Index(None, "call_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(index=True)
    proposer_id: Mapped[int | None] = mapped_column(index=True)
    proposer_name: Mapped[str]
    name_shown: Mapped[bool] = mapped_column(default=False)
    district: Mapped[str] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    description_md: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(default="")
    cost_twd: Mapped[int] = mapped_column(default=0)
    typed: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    status: Mapped[str] = mapped_column(default=Status.DRAFT.value)
    revision: Mapped[int] = mapped_column(default=0)
    correct_until: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(default="")
    asked: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    replies: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    edits: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON, default=dict, server_default="{}")
    aside: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON, default=dict, server_default="{}")
    minor: Mapped[bool] = mapped_column(default=False, server_default=false())
    guardian: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    workshop: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    number: Mapped[int | None]
    track: Mapped[str] = mapped_column(default="", server_default="")
    exclusive: Mapped[str] = mapped_column(default="", server_default="")
    category: Mapped[str] = mapped_column(default="", server_default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    folded_short: Mapped[str] = mapped_column(default="", server_default="")
    folded_long: Mapped[str] = mapped_column(default="", server_default="")
    pictures: Mapped[list[Picture]] = relationship(order_by="Picture.position", lazy="selectin")
    documents: Mapped[list[Document]] = relationship(order_by="Document.id", lazy="selectin")
    coauthors: Mapped[list[CoAuthor]] = relationship(order_by="CoAuthor.id", lazy="selectin")


@event.listens_for(Proposal, "before_insert")
@event.listens_for(Proposal, "before_update")
def _fold(_mapper: object, _connection: object, row: Proposal) -> None:
    row.folded_short, row.folded_long = searchable(
        row.title or "", row.summary or "", row.place or "", row.description_md or ""
    )


def searchable(title: str, summary: str, place: str, description: str) -> tuple[str, str]:
    """What searches read of a proposal: its short texts, and the first letters of the long one."""
    return loosely(f"{title}\n{summary}\n{place}"), loosely(description[:DESCRIBED])


class ProposalRevision(MainBase):
    """What a proposal said after each act on it; rows are never changed."""

    __tablename__ = "proposals_revision"
    __table_args__ = (UniqueConstraint("proposal_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    actor_kind: Mapped[str]
    actor_id: Mapped[int]
    move: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)


class CoAuthor(MainBase):
    """Somebody whom the proposer named as a co-author (共同提案人); public once they have agreed."""

    __tablename__ = "proposals_coauthor"
    __table_args__ = (UniqueConstraint("proposal_id", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"), index=True)
    email: Mapped[str] = mapped_column(index=True)
    resident_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(default="")
    invited_at: Mapped[datetime] = mapped_column(Instant)
    agreed_at: Mapped[datetime | None] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)


class Picture(MainBase):
    """A picture of a proposal; its bytes lie in the media folder under their SHA-256."""

    __tablename__ = "proposals_picture"
    __table_args__ = (UniqueConstraint("proposal_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"), index=True)
    sha256: Mapped[str] = mapped_column(index=True)
    alt: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    position: Mapped[int]


class Document(MainBase):
    """A document (PDF) of a proposal; its bytes lie in the media folder under their SHA-256.

    ``name``: what the file was called where it came from, for its authors alone, because it often holds a
    person's name. ``says``: what stands in it, for those who cannot or would not open it.
    """

    __tablename__ = "proposals_document"
    __table_args__ = (UniqueConstraint("proposal_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"), index=True)
    sha256: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    says: Mapped[str]
    pages: Mapped[int]
    size: Mapped[int]
