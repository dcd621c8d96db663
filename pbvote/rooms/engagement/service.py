"""Endorse (連署), comment, answer and report; what each does is public at once and never about a vote."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pbvote.core.errors import raise_findings
from pbvote.core.rules.stage import Act
from pbvote.core.types import Actor, Role
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.calls import mail
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.engagement import queries
from pbvote.rooms.engagement.errors import (
    AuthorNeeded,
    CommentEmpty,
    CommentsMany,
    CommentUnknown,
    EndorsementsClosed,
    NoEndorsements,
    OwnProposal,
    ReportReason,
    ResidentNeeded,
)
from pbvote.rooms.engagement.kinds import CommentKind
from pbvote.rooms.engagement.models import Comment, Endorsement, Report
from pbvote.rooms.proposals import coauthors, store
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.status import UNDECIDED
from pbvote.typed.texts import prose, text_findings

LONGEST_COMMENT = 1000
LONGEST_REASON = 500
COMMENTS_AN_HOUR = 20


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
    call, proposal = _public(tx, actor, proposal_id)
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


def comment(rt: Runtime, actor: Actor, proposal_id: int, *, body: str) -> int:
    """Write a public comment; returns its id.

    Raises:
        InvalidInput: empty, too long, or not to be shown; with the field.
        ResidentNeeded, ProposalUnknown, StageClosed, CommentsMany: not now, or not this person.
    """
    now = rt.clock()
    with rt.main() as tx:
        call, proposal = _public(tx, actor, proposal_id)
        call.require(Act.COMMENT, now)
        return _add(tx, actor, proposal, kind=CommentKind.COMMENT, body=body, at=now).id


def ask(rt: Runtime, actor: Actor, proposal_id: int, *, body: str) -> int:
    """Ask the author something in public; they hear of it by mail. Returns the question's id.

    Raises:
        as for :func:`comment`.
    """
    now = rt.clock()
    with rt.main() as tx:
        call, proposal = _public(tx, actor, proposal_id)
        call.require(Act.COMMENT, now)
        row = _add(tx, actor, proposal, kind=CommentKind.QUESTION, body=body, at=now)
        if proposal.proposer_id not in {None, actor.id}:
            _tell(
                tx,
                proposal.proposer_id,
                MailTemplate.QUESTION_ASKED,
                call=call,
                proposal=proposal,
                row=row,
                at=now,
            )
        return row.id


def answer(rt: Runtime, actor: Actor, comment_id: int, *, body: str) -> int:
    """Answer a question as an author of the proposal; whoever asked hears of it by mail.

    Raises:
        CommentUnknown, AuthorNeeded, StageClosed, InvalidInput, CommentsMany.
    """
    now = rt.clock()
    with rt.main() as tx:
        asked = _visible(tx, comment_id)
        call, proposal = _public(tx, actor, asked.proposal_id)
        call.require(Act.COMMENT, now)
        if asked.kind != CommentKind.QUESTION:
            raise CommentUnknown(comment=comment_id)
        if not proposals.is_author(proposal, actor):
            raise AuthorNeeded()
        row = _add(tx, actor, proposal, kind=CommentKind.ANSWER, body=body, at=now, answers=asked.id)
        if asked.author_id != actor.id:
            _tell(
                tx,
                asked.author_id,
                MailTemplate.QUESTION_ANSWERED,
                call=call,
                proposal=proposal,
                row=row,
                at=now,
            )
        return row.id


def report(rt: Runtime, actor: Actor, comment_id: int, *, reason: str) -> None:
    """Report a comment to the agency; a second report by the same person changes its reason.

    Raises:
        ReportReason, ResidentNeeded, CommentUnknown.
    """
    reason = _reason(reason)
    with rt.main() as tx:
        row = _visible(tx, comment_id)
        _public(tx, actor, row.proposal_id)
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
        proposal = proposals.get(tx, row.proposal_id)
        _tell(tx, row.author_id, MailTemplate.COMMENT_HIDDEN, call=call, proposal=proposal, row=row, at=now)
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
    row = tx.get(Comment, comment_id)
    if row is None:
        raise CommentUnknown(comment=comment_id)
    return calls.get_call_of(tx, actor, Role.OFFICER, call_id=row.call_id), row


def _close_reports(tx: Session, comment_id: int, *, at: datetime) -> None:
    for each in tx.scalars(select(Report).where(Report.comment_id == comment_id, Report.closed_at.is_(None))):
        each.closed_at = at


def _public(tx: Session, actor: Actor, proposal_id: int) -> tuple[CallView, ProposalView]:
    """The call and the proposal, for a resident who may read it."""
    if actor.kind != "resident":
        raise ResidentNeeded()
    call = calls.get_published(tx, proposals.get(tx, proposal_id).call_id)
    return call, proposals.get_public(tx, call.id, proposal_id, readable_from=call.readable_from)


def _visible(tx: Session, comment_id: int) -> Comment:
    row = tx.get(Comment, comment_id)
    if row is None or row.hidden_at is not None:
        raise CommentUnknown(comment=comment_id)
    return row


def _reason(text: str) -> str:
    text = prose(text)
    raise_findings(text_findings(text, field="reason", most=LONGEST_REASON, missing=ReportReason))
    return text


def _add(
    tx: Session,
    actor: Actor,
    proposal: ProposalView,
    *,
    kind: CommentKind,
    body: str,
    at: datetime,
    answers: int | None = None,
) -> Comment:
    body = prose(body)
    raise_findings(text_findings(body, field="body", most=LONGEST_COMMENT, missing=CommentEmpty))
    author = accounts.resident_view(tx, actor.id, hold=True)  # counted below: one comment at a time
    recent = tx.scalar(
        select(func.count())
        .select_from(Comment)
        .where(Comment.author_id == actor.id, Comment.at > at - timedelta(hours=1))
    )
    if (recent or 0) >= COMMENTS_AN_HOUR:
        raise CommentsMany(retry_after=3600)
    row = Comment(
        call_id=proposal.call_id,
        proposal_id=proposal.id,
        author_id=actor.id,
        author_name=author.name,
        kind=kind,
        answers=answers,
        body=body,
        at=at,
    )
    tx.add(row)
    tx.flush()
    return row


def _tell(
    tx: Session,
    resident_id: int | None,
    template: MailTemplate,
    *,
    call: CallView,
    proposal: ProposalView,
    row: Comment,
    at: datetime,
) -> None:
    place = f"projects/{proposal.number}" if proposal.is_project else f"proposals/{proposal.id}"
    mail.tell(
        tx,
        call,
        resident_id,
        template,
        at=at,
        proposal_title=proposal.title,
        path=f"/calls/{call.id}/{place}#comment-{row.id}",
        body=row.body,
        reason=row.hidden_reason,
    )
