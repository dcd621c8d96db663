"""The queue and the history of decisions: frozen views, no writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.rooms.engagement import queries as engagement
from pbvote.rooms.moderation.models import Decision
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """One decision as the officers of the agency see it."""

    decision: str
    reason: str
    correct_until: datetime | None
    officer_id: int
    at: datetime
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits, and what is done, of one call; drafts belong to their proposers alone."""

    waiting: tuple[ProposalView, ...]
    correcting: tuple[ProposalView, ...]
    decided: tuple[ProposalView, ...]
    endorsed: Mapping[int, int] = field(default_factory=dict)

    @property
    def undecided(self) -> int:
        """How many proposals still block the freeze."""
        return len(self.waiting) + len(self.correcting)


def queue(tx: Session, call_id: str) -> Queue:
    """The call's queue: what waits by time of submission, corrections by their date."""
    found = proposals.list_of_call(tx, call_id, *Status)
    waiting = [p for p in found if p.status is Status.SUBMITTED]
    correcting = [p for p in found if p.status is Status.CORRECTION]
    decided = [p for p in found if p.status in {Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN}]
    return Queue(
        waiting=tuple(sorted(waiting, key=lambda p: (p.submitted_at or p.created_at, p.id))),
        correcting=tuple(sorted(correcting, key=lambda p: (p.correct_until or p.created_at, p.id))),
        decided=tuple(decided),
        endorsed=engagement.endorsed(tx, [p.id for p in found]),
    )


def decisions_on(tx: Session, proposal_id: int) -> list[DecisionView]:
    """Every decision on a proposal, oldest first."""
    rows = tx.scalars(select(Decision).where(Decision.proposal_id == proposal_id).order_by(Decision.id))
    return [
        DecisionView(
            decision=row.decision,
            reason=row.reason,
            correct_until=row.correct_until,
            officer_id=row.officer_id,
            at=row.at,
            revision=row.revision,
        )
        for row in rows
    ]
