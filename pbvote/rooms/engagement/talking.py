"""Comments, questions and answers: written, answered once below, edited for a while, deleted by their author.

An answer stands below a comment or a question, never below another answer. Whoever is answered hears of it by
mail, and so does the proposer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pbvote.core.errors import raise_findings
from pbvote.core.rules.stage import Act
from pbvote.core.types import Actor, Role
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.accounts import notices
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.calls import mail
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.engagement.errors import (
    CommentEmpty,
    CommentNotYours,
    CommentSettled,
    CommentsMany,
    CommentUnknown,
    ResidentNeeded,
)
from pbvote.rooms.engagement.kinds import EDITED_FOR, CommentKind, Voice
from pbvote.rooms.engagement.models import Comment, CommentVersion, Report
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.typed.texts import prose, text_findings

LONGEST_COMMENT: Final = 1000
COMMENTS_AN_HOUR: Final = 20


def comment(rt: Runtime, actor: Actor, proposal_id: int, *, body: str) -> int:
    """Write a public comment; returns its id.

    Raises:
        InvalidInput: empty, too long, or not to be shown; with the field.
        ResidentNeeded, ProposalUnknown, StageClosed, CommentsMany: not now, or not this person.
    """
    now = rt.clock()
    with rt.main() as tx:
        call, proposal = public(tx, actor, proposal_id)
        call.require(Act.COMMENT, now)
        return _add(tx, actor, proposal, kind=CommentKind.COMMENT, body=body, at=now).id


def ask(rt: Runtime, actor: Actor, proposal_id: int, *, body: str) -> int:
    """Ask the author something in public; they hear of it by mail. Returns the question's id.

    Raises:
        as for :func:`comment`.
    """
    now = rt.clock()
    with rt.main() as tx:
        call, proposal = public(tx, actor, proposal_id)
        call.require(Act.COMMENT, now)
        row = _add(tx, actor, proposal, kind=CommentKind.QUESTION, body=body, at=now)
        if proposal.proposer_id not in {None, actor.id}:
            tell(
                rt,
                tx,
                proposal.proposer_id,
                MailTemplate.QUESTION_ASKED,
                call=call,
                proposal=proposal,
                row=row,
            )
        return row.id


def answer(rt: Runtime, actor: Actor, comment_id: int, *, body: str) -> int:
    """Answer a comment or a question, as a resident or for the call's agency; returns the answer's id.

    Whoever wrote what is answered hears of it by mail, and so does the proposer.

    Raises:
        CommentUnknown: none that can be answered. RoleNeeded, NotYours: staff, but not of this agency.
        ResidentNeeded, StageClosed, InvalidInput, CommentsMany: as for :func:`comment`.
    """
    now = rt.clock()
    with rt.main() as tx:
        asked = _held(tx, comment_id)
        if asked.answers is not None:
            raise CommentUnknown(comment=comment_id)
        if actor.kind == "officer":
            call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=asked.call_id)
            proposal = proposals.get_public(tx, call.id, asked.proposal_id, readable_from=call.readable_from)
            voice = Voice.AGENCY
        else:
            call, proposal = public(tx, actor, asked.proposal_id)
            voice = Voice.AUTHOR if proposals.is_author(proposal, actor) else Voice.RESIDENT
        call.require(Act.COMMENT, now)
        row = _add(
            tx,
            actor,
            proposal,
            kind=CommentKind.ANSWER,
            body=body,
            at=now,
            answers=asked,
            voice=voice,
            call=call,
        )
        _tell_of_answer(rt, tx, actor, call=call, proposal=proposal, asked=asked, row=row)
        return row.id


def _tell_of_answer(
    rt: Runtime,
    tx: Session,
    actor: Actor,
    *,
    call: CallView,
    proposal: ProposalView,
    asked: Comment,
    row: Comment,
) -> None:
    by = actor.id if actor.kind == "resident" else 0
    if asked.author_id and asked.author_id != by:
        question = asked.kind == CommentKind.QUESTION and row.voice == Voice.AUTHOR
        template = MailTemplate.QUESTION_ANSWERED if question else MailTemplate.COMMENT_ANSWERED
        tell(rt, tx, asked.author_id, template, call=call, proposal=proposal, row=row)
    if proposal.proposer_id not in {None, by, asked.author_id}:
        tell(
            rt,
            tx,
            proposal.proposer_id,
            MailTemplate.PROPOSAL_ANSWERED,
            call=call,
            proposal=proposal,
            row=row,
        )


def edit(rt: Runtime, actor: Actor, comment_id: int, *, body: str) -> None:
    """Write a comment anew within :data:`EDITED_FOR`; what it said before is kept for officers.

    Raises:
        CommentUnknown, CommentNotYours, CommentSettled: none to edit, another's, or too late.
        StageClosed, InvalidInput: as for :func:`comment`.
    """
    now = rt.clock()
    with rt.main() as tx:
        row = _held(tx, comment_id)
        call = _of_writer(tx, actor, row)
        call.require(Act.COMMENT, now)
        if now >= row.at + EDITED_FOR:
            raise CommentSettled(minutes=int(EDITED_FOR.total_seconds()) // 60)
        text = _body(body)
        if text == row.body:
            return
        tx.add(CommentVersion(comment_id=row.id, body=row.body, until_at=now))
        row.body, row.edited_at = text, now
        if row.voice == Voice.AGENCY:
            activity.record(
                tx, actor, Activity.COMMENT_EDIT, at=now, call_id=call.id, subject=str(comment_id)
            )


def delete(rt: Runtime, actor: Actor, comment_id: int) -> None:
    """Delete one's own comment: its text and name leave the database, mail not yet sent included.

    Raises:
        CommentUnknown, CommentNotYours: none to delete, or another's; an agency hides instead.
    """
    with rt.main() as tx:
        row = _held(tx, comment_id)
        if actor.kind != "resident" or row.author_id != actor.id:
            raise CommentNotYours()
        erase(tx, row, at=rt.clock())


def delete_all_of(tx: Session, resident_id: int, *, at: datetime) -> None:
    """Delete everything that a resident ever wrote, hidden or not, in the caller's transaction."""
    for row in tx.scalars(
        select(Comment).where(Comment.author_id == resident_id, Comment.deleted_at.is_(None))
    ):
        erase(tx, row, at=at)


def erase(tx: Session, row: Comment, *, at: datetime) -> None:
    """Take text, name and history of a comment out of the database; its place stays."""
    row.body, row.author_name, row.hidden_reason = "", "", ""
    row.hidden_at, row.edited_at, row.deleted_at = None, None, at
    tx.execute(delete_rows(CommentVersion).where(CommentVersion.comment_id == row.id))
    for each in tx.scalars(select(Report).where(Report.comment_id == row.id, Report.closed_at.is_(None))):
        each.closed_at = at
    notices.withdraw(tx, fact="comment_id", value=row.id)


def public(tx: Session, actor: Actor, proposal_id: int) -> tuple[CallView, ProposalView]:
    """The call and the proposal, for a resident who may read it.

    Raises:
        ResidentNeeded, ProposalUnknown.
    """
    if actor.kind != "resident":
        raise ResidentNeeded()
    call = calls.get_published(tx, proposals.get(tx, proposal_id).call_id)
    return call, proposals.get_public(tx, call.id, proposal_id, readable_from=call.readable_from)


def visible(tx: Session, comment_id: int) -> Comment:
    """A comment that everybody reads.

    Raises:
        CommentUnknown: none, hidden or deleted.
    """
    row = tx.get(Comment, comment_id)
    if row is None or row.hidden_at is not None or row.deleted_at is not None:
        raise CommentUnknown(comment=comment_id)
    return row


def _held(tx: Session, comment_id: int) -> Comment:
    """The same, held: an answer and a deletion at once see each other."""
    tx.get(Comment, comment_id, with_for_update=True)
    return visible(tx, comment_id)


def _of_writer(tx: Session, actor: Actor, row: Comment) -> CallView:
    """The call of a comment, for whoever wrote it: the resident, or an officer of the agency."""
    if row.voice == Voice.AGENCY and actor.kind == "officer":
        return calls.get_call_of(tx, actor, Role.OFFICER, call_id=row.call_id)
    if actor.kind != "resident" or row.author_id != actor.id:
        raise CommentNotYours()
    return calls.get_published(tx, row.call_id)


def _body(text: str) -> str:
    body = prose(text)
    raise_findings(text_findings(body, field="body", most=LONGEST_COMMENT, missing=CommentEmpty))
    return body


def _add(
    tx: Session,
    actor: Actor,
    proposal: ProposalView,
    *,
    kind: CommentKind,
    body: str,
    at: datetime,
    answers: Comment | None = None,
    voice: Voice = Voice.RESIDENT,
    call: CallView | None = None,
) -> Comment:
    body = _body(body)
    author_id, name = 0, call.agency.name if call else ""
    if voice is not Voice.AGENCY:
        author = accounts.resident_view(tx, actor.id, hold=True)  # counted below: one comment at a time
        _require_few(tx, actor, at)
        author_id, name = author.id, author.name
    row = Comment(
        call_id=proposal.call_id,
        proposal_id=proposal.id,
        author_id=author_id,
        author_name=name,
        kind=kind,
        voice=voice,
        answers=answers.id if answers else None,
        body=body,
        at=at,
    )
    tx.add(row)
    tx.flush()
    if voice is Voice.AGENCY:
        activity.record(tx, actor, Activity.COMMENT_ANSWER, at=at, call_id=row.call_id, subject=str(row.id))
    return row


def _require_few(tx: Session, actor: Actor, at: datetime) -> None:
    """Whatever was written counts, answers and what was deleted since too."""
    recent = tx.scalar(
        select(func.count())
        .select_from(Comment)
        .where(Comment.author_id == actor.id, Comment.at > at - timedelta(hours=1))
    )
    if (recent or 0) >= COMMENTS_AN_HOUR:
        raise CommentsMany(retry_after=3600)


def tell(
    rt: Runtime,
    tx: Session,
    resident_id: int | None,
    template: MailTemplate,
    *,
    call: CallView,
    proposal: ProposalView,
    row: Comment,
) -> None:
    """A mail about a comment, with its text and the way to it."""
    place = f"projects/{proposal.number}" if proposal.is_project else f"proposals/{proposal.id}"
    mail.tell(
        tx,
        call,
        resident_id,
        template,
        at=rt.clock(),
        proposal_title=proposal.title,
        path=f"/calls/{call.id}/{place}#comment-{row.id}",
        body=row.body,
        reason=row.hidden_reason,
        by_agency=row.voice == Voice.AGENCY,
        comment_id=row.id,
    )
