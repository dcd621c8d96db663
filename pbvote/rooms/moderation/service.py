"""Officers decide on the proposals of their agency's calls; the proposer hears of it by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.rules.stage import Act
from pbvote.core.types import Actor, Role
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.calls import mail
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.engagement import queries as engagement
from pbvote.rooms.moderation import queries
from pbvote.rooms.moderation.errors import (
    CorrectionDate,
    DecisionInvalid,
    EndorsementsFew,
    PartUnknown,
    ProposalChanged,
    ReasonMissing,
    TrackUnknown,
)
from pbvote.rooms.moderation.models import Decision
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals import service as proposals_service
from pbvote.rooms.proposals.changes import Change, since_correction
from pbvote.rooms.proposals.errors import ProposalUnknown
from pbvote.rooms.proposals.parts import PARTS
from pbvote.rooms.proposals.queries import ProposalView, RevisionView
from pbvote.rooms.proposals.status import DECISIONS, Move, Status
from pbvote.typed.dates import plain_text
from pbvote.typed.texts import line, prose, quoted, text_findings

_LONGEST_REASON = 2000
_LONGEST_LABEL = 40
_TEMPLATES = {
    Move.ACCEPT: MailTemplate.PROPOSAL_ACCEPTED,
    Move.CORRECT: MailTemplate.PROPOSAL_CORRECTION,
    Move.REJECT: MailTemplate.PROPOSAL_REJECTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A proposal as the officer who decides on it sees it.

    ``over_budget``: it costs more than its district has, so that it could never win (a warning).
    ``changed``: what is different since the last request for a correction. ``endorsed``: how many
    residents endorse it.
    """

    call: CallView
    proposal: ProposalView
    decisions: tuple[queries.DecisionView, ...]
    revisions: tuple[RevisionView, ...]
    over_budget: bool
    changed: tuple[Change, ...]
    endorsed: int


def queue(rt: Runtime, actor: Actor, call_id: str) -> tuple[CallView, queries.Queue]:
    """The call and its queue, for officers of its agency.

    Raises:
        CallUnknown, RoleNeeded: another agency's, or without the role.
    """
    with rt.read_main() as tx:
        call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
        return call, queries.queue(tx, call_id)


def case(rt: Runtime, actor: Actor, proposal_id: int) -> Case:
    """One proposal with its history, for officers of its call's agency.

    Raises:
        ProposalUnknown: none, a draft, or another agency's.
        RoleNeeded: without the role.
    """
    with rt.read_main() as tx:
        call, proposal = _own(tx, actor, proposal_id)
        revisions = tuple(proposals.revisions(tx, proposal_id))
        return Case(
            call=call,
            proposal=proposal,
            decisions=tuple(queries.decisions_on(tx, proposal_id)),
            revisions=revisions,
            over_budget=proposal.cost_twd > call.rules.district(proposal.district).budget_twd,
            changed=since_correction(revisions),
            endorsed=engagement.endorsed(tx, [proposal_id])[proposal_id],
        )


def decide(
    rt: Runtime,
    actor: Actor,
    proposal_id: int,
    *,
    decision: str,
    reason: str = "",
    correct_until: datetime | None = None,
    parts: tuple[str, ...] = (),
    seen: int | None = None,
) -> ProposalView:
    """Accept, ask for a correction until a date, or reject; the proposer gets the reason by mail.

    ``parts``: what the correction is about (:data:`~pbvote.rooms.proposals.parts.PARTS`); none: all of it.
    ``seen``: the revision that the officer read; a change since then stops the decision.

    Raises:
        InvalidInput: no such decision, reason or date missing.
        ProposalUnknown, RoleNeeded: not this officer's.
        ProposalChanged, EndorsementsFew, WrongStatus, StageClosed: the state of things forbids it.
    """
    now = rt.clock()
    with rt.main() as tx:
        call, before = _own(tx, actor, proposal_id)
        call.require(Act.MODERATE, now)
        reason = prose(reason)
        move = _checked(decision, reason, correct_until, parts, call=call, now=now)
        if move is Move.ACCEPT:
            _require_endorsements(tx, call, before)
        after = proposals_service.apply_decision(
            tx,
            proposal_id,
            decision=move,
            reason=reason,
            correct_until=correct_until,
            actor=actor,
            at=now,
            parts=parts,
        )
        current = after.revision - 1  # read under the row's lock
        if seen is not None and seen != current:
            raise ProposalChanged(seen=seen, current=current)
        tx.add(
            Decision(
                call_id=call.id,
                proposal_id=proposal_id,
                revision=current,
                decision=move.value,
                reason=reason,
                correct_until=after.correct_until,
                officer_id=actor.id,
                at=now,
            )
        )
        activity.record(
            tx,
            actor,
            Activity(f"moderation.{move.value}"),
            at=now,
            call_id=call.id,
            subject=str(proposal_id),
            before=before.status.value,
            reason=reason,
        )
        _tell_proposer(tx, call, after, template=_TEMPLATES[move], at=now)
        return after


def classify(rt: Runtime, actor: Actor, proposal_id: int, *, track: str, exclusive: str) -> ProposalView:
    """Put a proposal into a track and under a label of which one project at most wins, before the freeze.

    Raises:
        TrackUnknown, InvalidInput: not one of the call's tracks, or no label.
        ProposalUnknown, RoleNeeded, StageClosed: not this officer's, or too late.
    """
    now = rt.clock()
    label = line(exclusive)
    with rt.main() as tx:
        call, _ = _own(tx, actor, proposal_id)
        call.require(Act.MODERATE, now)
        findings: list[InvalidInput] = []
        if track and track not in {each.id for each in call.rules.tracks}:
            findings.append(TrackUnknown(field="track", value=quoted(track)))
        findings += text_findings(label, field="exclusive", most=_LONGEST_LABEL, missing=None)
        raise_findings(findings)
        after = proposals_service.classify(tx, proposal_id, track=track, exclusive=label)
        activity.record(
            tx,
            actor,
            Activity.MODERATION_CLASSIFY,
            at=now,
            call_id=call.id,
            subject=str(proposal_id),
            track=track,
            exclusive=label,
        )
        return after


def receive_consent(rt: Runtime, actor: Actor, proposal_id: int) -> ProposalView:
    """Note that the paper has come with which a minor's representative consents (PRA-15).

    Raises:
        ProposalUnknown, RoleNeeded: not this officer's, or no paper is awaited.
    """
    now = rt.clock()
    with rt.main() as tx:
        call, _ = _own(tx, actor, proposal_id)
        after = proposals_service.paper_received(tx, proposal_id, at=now)
        activity.record(
            tx, actor, Activity.MODERATION_CONSENT, at=now, call_id=call.id, subject=str(proposal_id)
        )
        return after


def _require_endorsements(tx: Session, call: CallView, proposal: ProposalView) -> None:
    """Enough residents endorse it; what was made at a workshop was signed for there (NDC-04)."""
    least = call.rules.intake.endorsements_least
    found = engagement.endorsed(tx, [proposal.id])[proposal.id]
    if not proposal.workshop and found < least:
        raise EndorsementsFew(least=least, found=found)


def _own(tx: Session, actor: Actor, proposal_id: int) -> tuple[CallView, ProposalView]:
    proposal = proposals.get(tx, proposal_id)
    call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=proposal.call_id)
    if proposal.submitted_at is None or proposal.status is Status.DRAFT:
        raise ProposalUnknown(proposal=proposal_id)
    return call, proposal


def _checked(
    decision: str,
    reason: str,
    correct_until: datetime | None,
    parts: tuple[str, ...],
    *,
    call: CallView,
    now: datetime,
) -> Move:
    """The decision as a move, with everything that it needs."""
    if decision not in {move.value for move in DECISIONS}:
        raise DecisionInvalid(field="decision", value=quoted(decision))
    move = Move(decision)
    findings: list[InvalidInput] = []
    needed = None if move is Move.ACCEPT else ReasonMissing
    findings += text_findings(reason, field="reason", most=_LONGEST_REASON, missing=needed)
    if move is Move.CORRECT:
        latest = call.rules.timeline.moderation_until
        if correct_until is None or not now < correct_until <= latest:
            findings.append(CorrectionDate(field="correct_until", latest=latest.isoformat()))
        findings += [PartUnknown(field="parts", value=quoted(each)) for each in parts if each not in PARTS][
            :1
        ]
    raise_findings(findings)
    return move


def _tell_proposer(
    tx: Session, call: CallView, proposal: ProposalView, *, template: MailTemplate, at: datetime
) -> None:
    due = proposal.correct_until
    mail.tell(
        tx,
        call,
        proposal.proposer_id,
        template,
        at=at,
        proposal_title=proposal.title,
        proposal_id=proposal.id,
        reason=proposal.reason,
        correct_until=plain_text(due) if due else "",
    )
