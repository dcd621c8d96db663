"""Endorse (連署) and report, and what officers decide on reports; never about a vote."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.errors import raise_findings
from pbvote.core.rules.stage import Act
from pbvote.core.types import Actor, Role
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.accounts import notices
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.engagement import queries, talking
from pbvote.rooms.engagement.errors import (
    CommentUnknown,
    EndorsementsClosed,
    NoEndorsements,
    OwnProposal,
    ReportReason,
)
from pbvote.rooms.engagement.models import Comment, Endorsement, Report
from pbvote.rooms.proposals import coauthors, store
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.status import UNDECIDED
from pbvote.typed.texts import prose, text_findings

LONGEST_REASON = 500


def endorse(rt: Runtime, actor: Actor, proposal_id: int) -> int:
    """Endorse an undecided proposal; a second time changes nothing. Returns how many endorse it now.

    Raises:
        ResidentNeeded, ProposalUnknown: nobody signed in, or not a proposal that is public.
        NoEndorsements, EndorsementsClosed, OwnProposal, StageClosed: the state of things forbids it.
    """
    with rt.main() as tx:
        _require_endorsable(rt, tx, actor, proposal_id)
        if _endorsement(tx, actor, proposal_id) is None:
            tx.add(Endorsement(proposal_id=proposal_id, resident_id=actor.id, at=rt.clock()))
            tx.flush()
        return queries.endorsed(tx, [proposal_id])[proposal_id]


def take_back(rt: Runtime, actor: Actor, proposal_id: int) -> int:
    """Take an endorsement back while endorsements are open; returns how many endorse it now.

    Raises:
        as for :func:`endorse`.
    """
    with rt.main() as tx:
        _require_endorsable(rt, tx, actor, proposal_id)
        row = _endorsement(tx, actor, proposal_id)
        if row is not None:
            tx.delete(row)
            tx.flush()
        return queries.endorsed(tx, [proposal_id])[proposal_id]


def _endorsement(tx: Session, actor: Actor, proposal_id: int) -> Endorsement | None:
    return tx.scalars(
        select(Endorsement).where(Endorsement.proposal_id == proposal_id, Endorsement.resident_id == actor.id)
    ).first()


def _require_endorsable(rt: Runtime, tx: Session, actor: Actor, proposal_id: int) -> None:
    store.locked(tx, proposal_id)  # two presses at once are one endorsement
    call, proposal = talking.public(tx, actor, proposal_id)
    due = call.rules.intake.due(call.rules.timeline)
    if due is None or proposal.status not in UNDECIDED:
        raise NoEndorsements()
    if rt.clock() >= due:
        raise EndorsementsClosed(until=due.isoformat())
    call.require(Act.ENDORSE, rt.clock())
    if proposals.is_author(proposal, actor):
        raise OwnProposal()


def become_coauthor(rt: Runtime, actor: Actor, invitation_id: int) -> ProposalView:
    """Agree to be a co-author; an author's own endorsement does not count, so it is taken back.

    Raises:
        InvitationUnknown: no invitation to this resident.
    """
    with rt.main() as tx:
        proposal = coauthors.agree_in(tx, actor, invitation_id, at=rt.clock())
        row = _endorsement(tx, actor, proposal.id)
        if row is not None:
            tx.delete(row)
        return proposal


def report(rt: Runtime, actor: Actor, comment_id: int, *, reason: str) -> None:
    """Report a comment to the agency; a second report by the same person changes its reason.

    Raises:
        ReportReason, ResidentNeeded, CommentUnknown.
    """
    reason = _reason(reason)
    with rt.main() as tx:
        row = talking.visible(tx, comment_id)
        talking.public(tx, actor, row.proposal_id)
        before = tx.scalars(
            select(Report).where(Report.comment_id == comment_id, Report.resident_id == actor.id)
        ).first()
        if before is None:
            tx.add(Report(comment_id=comment_id, resident_id=actor.id, reason=reason, at=rt.clock()))
        elif before.closed_at is None:
            before.reason = reason


def hide(rt: Runtime, actor: Actor, comment_id: int, *, reason: str) -> None:
    """Hide a comment; the reason stands in its place and goes to its author. Closes its reports.

    Raises:
        ReportReason: no reason.
        CommentUnknown, RoleNeeded: not of this officer's agency.
    """
    now = rt.clock()
    with rt.main() as tx:
        call, row = _of_agency(tx, actor, comment_id)
        row.hidden_reason = _reason(reason)
        row.hidden_at = row.hidden_at or now
        if row.author_id:
            proposal = proposals.get(tx, row.proposal_id)
            notices.withdraw(tx, fact="comment_id", value=comment_id)
            talking.tell(
                rt, tx, row.author_id, MailTemplate.COMMENT_HIDDEN, call=call, proposal=proposal, row=row
            )
        _close_reports(tx, comment_id, at=now)
        activity.record(tx, actor, Activity.COMMENT_HIDE, at=now, call_id=call.id, subject=str(comment_id))


def keep(rt: Runtime, actor: Actor, comment_id: int) -> None:
    """Keep a comment, or show a hidden one again; closes its reports.

    Raises:
        CommentUnknown, RoleNeeded: not of this officer's agency.
    """
    now = rt.clock()
    with rt.main() as tx:
        call, row = _of_agency(tx, actor, comment_id)
        row.hidden_at, row.hidden_reason = None, ""
        _close_reports(tx, comment_id, at=now)
        activity.record(tx, actor, Activity.COMMENT_KEEP, at=now, call_id=call.id, subject=str(comment_id))


def _of_agency(tx: Session, actor: Actor, comment_id: int) -> tuple[CallView, Comment]:
    row = tx.get(Comment, comment_id, with_for_update=True)
    if row is None or row.deleted_at is not None:
        raise CommentUnknown(comment=comment_id)
    return calls.get_call_of(tx, actor, Role.OFFICER, call_id=row.call_id), row


def _close_reports(tx: Session, comment_id: int, *, at: datetime) -> None:
    for each in tx.scalars(select(Report).where(Report.comment_id == comment_id, Report.closed_at.is_(None))):
        each.closed_at = at


def _reason(text: str) -> str:
    text = prose(text)
    raise_findings(text_findings(text, field="reason", most=LONGEST_REASON, missing=ReportReason))
    return text
