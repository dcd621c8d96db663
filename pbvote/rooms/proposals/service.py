"""What proposers do with their proposals, and what the freeze does with the accepted ones.

A draft keeps whatever was typed, complete or not; submitting checks everything::

    proposal = save_draft(rt, actor, call_id, {"title": "兒童遊戲場", "cost_twd": "30萬"})
    submit(rt, actor, proposal.id)      # raises SeveralErrors; the draft stays as it was
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pbvote.core.errors import raise_findings
from pbvote.core.letters import folded
from pbvote.core.rules.stage import Act
from pbvote.core.types import SYSTEM, Actor
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.calls import mail
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.proposals import store, together
from pbvote.rooms.proposals.consent import How, keep_consent, number_findings
from pbvote.rooms.proposals.content import FIELDS, OWNERS_FIELDS, kept
from pbvote.rooms.proposals.documents import attach_document, describe_documents, remove_document
from pbvote.rooms.proposals.errors import (
    ConsentOutstanding,
    CorrectionLate,
    DraftsMany,
    DraftStale,
    NumbersDisagree,
    OwnerOnly,
    ProposalsMany,
    ProposalUnknown,
    WrongStatus,
)
from pbvote.rooms.proposals.gallery import arrange_pictures
from pbvote.rooms.proposals.models import Proposal
from pbvote.rooms.proposals.parts import replies_of
from pbvote.rooms.proposals.pictures import attach_picture, remove_picture
from pbvote.rooms.proposals.queries import ProposalView, view
from pbvote.rooms.proposals.readiness import ready
from pbvote.rooms.proposals.status import EDITABLE, Move, Status, after
from pbvote.rooms.proposals.workshop import (
    enter_workshop_proposal,
    import_workshop_table,
    revise_workshop_proposal,
    withdraw_workshop_proposal,
)
from pbvote.typed.dates import plain_text
from pbvote.typed.texts import line

MOST_DRAFTS = 20
"""Drafts of one resident in one call; more than anybody writes by hand."""

__all__ = [
    "apply_decision",
    "arrange_pictures",
    "attach_document",
    "attach_picture",
    "describe_documents",
    "enter_workshop_proposal",
    "import_workshop_table",
    "remove_document",
    "remove_picture",
    "revise",
    "revise_workshop_proposal",
    "save_draft",
    "set_numbers",
    "submit",
    "withdraw",
    "withdraw_project",
    "withdraw_workshop_proposal",
]


def save_draft(
    rt: Runtime,
    actor: Actor,
    call_id: str,
    values: Mapping[str, str],
    *,
    proposal_id: int | None = None,
    part: tuple[str, ...] = FIELDS,
    name: str = "",
    seen: int | None = None,
    form: str = "",
) -> ProposalView:
    """Keep the typed values as typed; without ``proposal_id`` a new draft begins.

    ``part`` names the fields that ``values`` stand for: those are replaced, all others stay. An existing
    draft can be kept at any time, even after the intake has closed; only a new one needs the stage. What
    was handed in stands until :func:`submit` or :func:`revise`. ``name``: what the part is called;
    ``seen``: the number of its last change when it was opened (:mod:`pbvote.rooms.proposals.together`).
    ``form``: what names the page on which a new draft is begun; sent twice, it is one draft.

    Raises:
        DraftStale: another author has changed it since; what was typed is set aside, and kept.
        IdentityNumberTyped: one stands where a representative is named; nothing is kept.
        OwnerOnly: a co-author at what the proposer decides.
        TextTooLong: far more than any field takes.
        StageClosed, DraftsMany: a new draft outside the intake, or one too many.
        ProposalUnknown: somebody else's.
        WrongStatus: decided already.
    """
    now = rt.clock()
    raise_findings(number_findings(values))
    typed = kept(values, part)
    with rt.main() as tx:
        if proposal_id is None and form:
            proposal_id = store.begun(tx, actor, call_id, form)
        row = (
            _new_draft(tx, actor, call_id, at=now)
            if proposal_id is None
            else _draft(tx, actor, call_id, proposal_id, part)
        )
        before = {} if proposal_id is None else view(row).values
        current = {field: before[field] for field in part if before.get(field)}
        stale = typed != current and together.is_stale(row, actor, name, seen)
        if stale:
            together.set_aside(row, actor.id, name, typed, at=now)
        else:
            _keep(row, actor, before, typed, part, name=name, at=now)
        if proposal_id is None:
            store.name_form(row, form)
        tx.flush()
        after_all = view(row)
    if stale:
        last = together.last_edit(after_all, name)
        raise DraftStale(who=last.who if last else "")
    return after_all


def _draft(tx: Session, actor: Actor, call_id: str, proposal_id: int, part: tuple[str, ...]) -> Proposal:
    """The row of an author's draft, held."""
    row = store.locked_author(tx, actor, proposal_id)
    if row.call_id != call_id:
        raise ProposalUnknown(proposal=proposal_id)
    if Status(row.status) not in EDITABLE:
        raise WrongStatus(status=row.status, move=Move.REVISE.value)
    if row.proposer_id != actor.id and not OWNERS_FIELDS.isdisjoint(part):
        raise OwnerOnly()
    return row


def _keep(
    row: Proposal,
    actor: Actor,
    before: Mapping[str, str],
    typed: Mapping[str, str],
    part: tuple[str, ...],
    *,
    name: str,
    at: datetime,
) -> None:
    """Write a part into the draft."""
    current = {field: before[field] for field in part if before.get(field)}
    row.typed = {field: text for field, text in before.items() if field not in part and text} | dict(typed)
    row.changed_at = at
    if row.status == Status.DRAFT:
        row.title = line(row.typed.get("title", ""))
    if name and typed != current:
        together.taken(row, actor, name, current, at=at)
        store.note_edit(row, actor, name, at=at)


def _new_draft(tx: Session, actor: Actor, call_id: str, *, at: datetime) -> Proposal:
    if actor.kind != "resident":
        raise ProposalUnknown()
    calls.get_published(tx, call_id).require(Act.PROPOSE, at)
    proposer = accounts.resident_view(tx, actor.id, hold=True)
    drafts = select(func.count()).where(
        Proposal.call_id == call_id,
        Proposal.proposer_id == actor.id,
        Proposal.status == Status.DRAFT.value,
    )
    if (tx.scalar(drafts) or 0) >= MOST_DRAFTS:
        raise DraftsMany(most=MOST_DRAFTS)
    row = Proposal(
        call_id=call_id,
        proposer_id=actor.id,
        proposer_name=proposer.name,
        created_at=at,
        changed_at=at,
        revision=0,
        status=Status.DRAFT.value,
        pictures=[],
        documents=[],
        edits={},
        aside={},
        guardian={},
        coauthors=[],
    )
    tx.add(row)
    return row


def submit(rt: Runtime, actor: Actor, proposal_id: int) -> ProposalView:
    """Check the kept draft whole and hand it in: a first time, or as the correction asked for.

    Raises:
        InvalidInput: incomplete or outside the rules, every finding with its field.
        StageClosed, CorrectionLate: too late.
        ProposalUnknown, WrongStatus: not this resident's, or not a draft.
    """
    now = rt.clock()
    with rt.main() as tx:
        row = store.locked_own(tx, actor, proposal_id)
        after(Status(row.status), Move.SUBMIT)
        call = store.call_of(tx, row)
        corrected = row.status == Status.CORRECTION
        if not corrected:
            _require_room(rt, tx, actor, row.call_id)
        call.require(Act.CORRECT if corrected else Act.PROPOSE, now)
        if corrected and row.correct_until is not None and now >= row.correct_until:
            raise CorrectionLate(due=row.correct_until.isoformat())
        typed = view(row).values
        store.fill(row, ready(view(row), call.rules))
        keep_consent(row, typed, at=now)
        row.replies = replies_of(typed) if corrected else {}
        row.submitted_at = row.submitted_at or now
        store.move(tx, row, Move.SUBMIT, actor=actor, at=now)
        act = Activity.PROPOSAL_CORRECT if corrected else Activity.PROPOSAL_SUBMIT
        activity.record(tx, actor, act, at=now, call_id=row.call_id, subject=str(row.id))
        _confirm(tx, row, call, template=MailTemplate.PROPOSAL_RECEIVED, at=now)
        return view(row)


def _require_room(rt: Runtime, tx: Session, actor: Actor, call_id: str) -> None:
    """Nobody fills a call's list alone."""
    accounts.resident_view(tx, actor.id, hold=True)
    standing = select(func.count()).where(
        Proposal.call_id == call_id,
        Proposal.proposer_id == actor.id,
        Proposal.submitted_at.is_not(None),
        Proposal.status != Status.WITHDRAWN.value,
    )
    most = rt.settings.vote.proposals_most
    if (tx.scalar(standing) or 0) >= most:
        raise ProposalsMany(most=most)


def revise(rt: Runtime, actor: Actor, proposal_id: int) -> ProposalView:
    """Put the kept draft in the place of what was handed in, while the intake is open.

    Raises:
        InvalidInput: incomplete or outside the rules; the submitted version stands.
        StageClosed, ProposalUnknown, WrongStatus: as for :func:`submit`.
    """
    now = rt.clock()
    with rt.main() as tx:
        row = store.locked_own(tx, actor, proposal_id)
        after(Status(row.status), Move.REVISE)
        call = store.call_of(tx, row)
        call.require(Act.PROPOSE, now)
        typed = view(row).values
        store.fill(row, ready(view(row), call.rules))
        keep_consent(row, typed, at=now)
        store.move(tx, row, Move.REVISE, actor=actor, at=now)
        activity.record(tx, actor, Activity.PROPOSAL_REVISE, at=now, call_id=row.call_id, subject=str(row.id))
        return view(row)


def withdraw(rt: Runtime, actor: Actor, proposal_id: int) -> ProposalView:
    """Take one's own proposal back, at the latest before the freeze; a draft at any time.

    Raises:
        StageClosed: the list is frozen.
        ProposalUnknown, WrongStatus: not this resident's, or decided against already.
    """
    now = rt.clock()
    with rt.main() as tx:
        row = store.locked_own(tx, actor, proposal_id)
        if row.status != Status.DRAFT:
            store.call_of(tx, row).require(Act.WITHDRAW_PROPOSAL, now)
        store.move(tx, row, Move.WITHDRAW, actor=actor, at=now)
        activity.record(
            tx, actor, Activity.PROPOSAL_WITHDRAW, at=now, call_id=row.call_id, subject=str(row.id)
        )
        return view(row)


def apply_decision(
    tx: Session,
    proposal_id: int,
    *,
    decision: Move,
    reason: str,
    correct_until: datetime | None,
    actor: Actor,
    at: datetime,
    parts: tuple[str, ...] = (),
) -> ProposalView:
    """Write an officer's decision into the proposal; moderation has checked who decides and why.

    Raises:
        WrongStatus: the decision does not apply to the proposal as it stands.
        ConsentOutstanding: a representative's paper is awaited.
    """
    row = store.locked(tx, proposal_id)
    now = view(row)
    if decision is Move.ACCEPT and now.awaits_consent and now.publishes:
        raise ConsentOutstanding()
    row.reason = reason
    row.correct_until = correct_until if decision is Move.CORRECT else None
    if decision is Move.CORRECT:
        row.asked, row.replies = list(parts), {}
    store.move(tx, row, decision, actor=actor, at=at)
    return view(row)


def paper_received(tx: Session, proposal_id: int, *, at: datetime) -> ProposalView:
    """The representative's consent on paper has come to the agency; a second time changes nothing.

    Raises:
        ProposalUnknown: there is none, or no paper is awaited.
    """
    row = store.locked(tx, proposal_id)
    if row.guardian.get("how") != How.PAPER:
        raise ProposalUnknown(proposal=proposal_id)
    row.guardian = {"received_at": at.isoformat()} | row.guardian
    return view(row)


def classify(tx: Session, proposal_id: int, *, track: str, exclusive: str) -> ProposalView:
    """Put a proposal into a track (組別) and under a label of which one project at most wins (擇一).

    Raises:
        ProposalUnknown: there is none.
    """
    row = tx.get(Proposal, proposal_id)
    if row is None:
        raise ProposalUnknown(proposal=proposal_id)
    used = tx.scalars(select(Proposal.exclusive).where(Proposal.call_id == row.call_id).distinct())
    # the same label in another spelling would be another group
    same = next((label for label in used if folded(label) == folded(exclusive)), exclusive)
    row.track, row.exclusive = track, same
    return view(row)


def set_numbers(tx: Session, call_id: str, numbers: Mapping[int, int]) -> None:
    """Give every accepted proposal its number on the ballot: ``{proposal id: number}``.

    The rows are held, so a decision taken at the same moment either comes first and is seen here,
    or comes later and is refused by its stage.

    Raises:
        NumbersDisagree: the ids are not exactly the accepted ones; read them again and retry.
    """
    accepted = tx.scalars(
        select(Proposal)
        .where(Proposal.call_id == call_id, Proposal.status == Status.ACCEPTED.value)
        .order_by(Proposal.id)
        .with_for_update(of=Proposal)
        .execution_options(populate_existing=True)
    ).all()
    if {row.id for row in accepted} != set(numbers):
        raise NumbersDisagree(call=call_id)
    for row in accepted:
        row.number = numbers[row.id]
    tx.flush()


def withdraw_project(
    tx: Session, call_id: str, number: int, *, reason: str, at: datetime, actor: Actor = SYSTEM
) -> ProposalView:
    """Mark a project of the frozen ballot as withdrawn, with the reason that voters read (PRA-06).

    It keeps its number and stays on every list, struck through; its proposer is told by mail.

    Raises:
        ProposalUnknown: the call has no project of that number.
        WrongStatus: withdrawn before.
    """
    row = tx.scalars(
        select(Proposal)
        .where(Proposal.call_id == call_id, Proposal.number == number)
        .with_for_update(of=Proposal)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise ProposalUnknown(proposal=number)
    row.reason = reason
    store.move(tx, row, Move.WITHDRAW_PROJECT, actor=actor, at=at)
    _confirm(tx, row, store.call_of(tx, row), template=MailTemplate.PROJECT_WITHDRAWN, at=at)
    return view(row)


def _confirm(
    tx: Session, row: Proposal, call: calls.CallView, *, template: MailTemplate, at: datetime
) -> None:
    due = call.rules.intake.due(call.rules.timeline)
    mail.tell(
        tx,
        call,
        row.proposer_id,
        template,
        at=at,
        proposal_title=row.title,
        proposal_id=row.id,
        number=row.number or 0,
        reason=row.reason,
        least=call.rules.intake.endorsements_least,
        due=plain_text(due) if due else "",
    )
