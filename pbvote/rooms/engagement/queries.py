"""Endorsements, comments and followers as pages read them: frozen views, no writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pbvote.core.types import Actor
from pbvote.rooms.engagement.kinds import EDITED_FOR, CommentKind, Voice
from pbvote.rooms.engagement.models import Comment, CommentVersion, Endorsement, Follow, Report
from pbvote.rooms.proposals.names import masked


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView:
    """A comment or question with its answers; a hidden one has the reason instead of a text."""

    id: int
    proposal_id: int
    kind: CommentKind
    author_id: int
    public_name: str
    body: str
    at: datetime
    hidden_reason: str
    voice: Voice = Voice.RESIDENT
    edited_at: datetime | None = None
    deleted: bool = False
    answers: tuple[CommentView, ...] = ()

    @property
    def hidden(self) -> bool:
        """Whether an officer has hidden it."""
        return bool(self.hidden_reason)

    @property
    def edited_until(self) -> datetime:
        """Until when whoever wrote it may write it anew."""
        return self.at + EDITED_FOR

    def is_by(self, actor: Actor | None) -> bool:
        """Whether this resident wrote it."""
        return actor is not None and actor.kind == "resident" and actor.id == self.author_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A comment that waits for an officer, with what it said before and the reasons that people gave."""

    comment: CommentView
    body: str
    earlier: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowView:
    """A subscription of a resident; ``proposal_id`` 0 means the whole call."""

    call_id: str
    proposal_id: int


def _view(row: Comment, answers: tuple[CommentView, ...] = ()) -> CommentView:
    return CommentView(
        id=row.id,
        proposal_id=row.proposal_id,
        kind=CommentKind(row.kind),
        author_id=row.author_id,
        public_name=row.author_name if row.voice == Voice.AGENCY else masked(row.author_name),
        body="" if row.hidden_at else row.body,
        at=row.at,
        hidden_reason=row.hidden_reason if row.hidden_at else "",
        voice=Voice(row.voice),
        edited_at=row.edited_at,
        deleted=row.deleted_at is not None,
        answers=answers,
    )


def comments(tx: Session, proposal_id: int) -> list[CommentView]:
    """Everything said under a proposal, oldest first, answers below what they answer.

    What was deleted is left out; where somebody has answered it, its place stays.
    """
    rows = list(tx.scalars(select(Comment).where(Comment.proposal_id == proposal_id).order_by(Comment.id)))
    answers: dict[int, list[CommentView]] = {}
    for row in rows:
        if row.answers is not None and row.deleted_at is None:
            answers.setdefault(row.answers, []).append(_view(row))
    return [
        _view(row, tuple(answers.get(row.id, ())))
        for row in rows
        if row.answers is None and (row.deleted_at is None or row.id in answers)
    ]


def comment_of(tx: Session, comment_id: int) -> CommentView | None:
    """One comment, or None."""
    row = tx.get(Comment, comment_id)
    return _view(row) if row else None


def endorsed(tx: Session, proposal_ids: Iterable[int]) -> Counter[int]:
    """How many residents endorse each proposal."""
    rows = tx.execute(
        select(Endorsement.proposal_id, func.count())
        .where(Endorsement.proposal_id.in_(list(proposal_ids)))
        .group_by(Endorsement.proposal_id)
    )
    return Counter({proposal_id: int(count) for proposal_id, count in rows})


def endorses(tx: Session, resident_id: int, proposal_id: int) -> bool:
    """Whether the resident endorses the proposal."""
    query = select(Endorsement.id).where(
        Endorsement.resident_id == resident_id, Endorsement.proposal_id == proposal_id
    )
    return tx.scalar(query) is not None


def follows(tx: Session, resident_id: int) -> list[FollowView]:
    """What a resident follows, newest first."""
    rows = tx.scalars(select(Follow).where(Follow.resident_id == resident_id).order_by(Follow.id.desc()))
    return [FollowView(call_id=row.call_id, proposal_id=row.proposal_id) for row in rows]


def comments_by(tx: Session, resident_id: int) -> int:
    """How many comments a resident has written and not deleted."""
    query = select(func.count()).where(Comment.author_id == resident_id, Comment.deleted_at.is_(None))
    return tx.scalar(query) or 0


def endorsements_by(tx: Session, resident_id: int) -> int:
    """How many proposals a resident endorses."""
    query = select(func.count()).select_from(Endorsement).where(Endorsement.resident_id == resident_id)
    return tx.scalar(query) or 0


def reported(tx: Session, call_id: str) -> list[Reported]:
    """Comments of a call with an open report, the longest waiting first."""
    rows = tx.execute(
        select(Comment, Report.reason)
        .join(Report, Report.comment_id == Comment.id)
        .where(Comment.call_id == call_id, Report.closed_at.is_(None))
        .order_by(Report.id)
    )
    found: dict[int, tuple[Comment, list[str]]] = {}
    for row, reason in rows:
        found.setdefault(row.id, (row, []))[1].append(reason)
    earlier: dict[int, list[str]] = {}
    for version in tx.scalars(
        select(CommentVersion).where(CommentVersion.comment_id.in_(found)).order_by(CommentVersion.id)
    ):
        earlier.setdefault(version.comment_id, []).append(version.body)
    return [
        Reported(
            comment=_view(row), body=row.body, earlier=tuple(earlier.get(row.id, ())), reasons=tuple(reasons)
        )
        for row, reasons in found.values()
    ]


def followers(tx: Session, call_id: str, *, proposal_id: int = 0, since: datetime | None = None) -> list[int]:
    """The residents who follow a call or anything in it, or the one proposal; by id.

    ``since``: only who followed by then.
    """
    query = select(Follow.resident_id).where(Follow.call_id == call_id)
    if proposal_id:
        query = query.where(Follow.proposal_id == proposal_id)
    if since is not None:
        query = query.where(Follow.at <= since)
    return sorted(set(tx.scalars(query)))


def followers_of_project(
    tx: Session, call_id: str, proposal_id: int, *, of_the_call: bool = False
) -> list[int]:
    """The residents who follow one proposal, by id; ``of_the_call``: and those who follow its whole call."""
    wanted = (proposal_id, 0) if of_the_call else (proposal_id,)
    query = select(Follow.resident_id).where(Follow.call_id == call_id, Follow.proposal_id.in_(wanted))
    return sorted(set(tx.scalars(query)))
