"""Reminders that the clock causes: drafts not handed in, corrections due, voting opens, last day, results.

Every reminder leaves a mark in the same transaction as its mail, so that none goes out twice. Mail about
the vote goes to whoever asked to follow: nobody knows who has voted, so nobody is reminded for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.rules.stage import Stage
from pbvote.core.types import TAIPEI
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.calls import mail
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.engagement import queries
from pbvote.rooms.engagement.models import Follow, ReminderSent
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.status import Status
from pbvote.typed.dates import plain_text

DRAFT_BEFORE: Final = timedelta(days=3)
DRAFT_RESTS: Final = timedelta(hours=12)
"""Nobody is reminded of what they are writing just now."""
CORRECTION_BEFORE: Final = timedelta(days=2)
LAST_DAY: Final = timedelta(days=1)


def post_due(rt: Runtime) -> int:
    """Put every reminder that is due into the outbox, once; returns how many mails that is.

    The worker asks every second: calls about which nothing is due cost no query of their own.
    """
    now = rt.clock()
    followed: dict[str, set[int]] = {}
    with rt.read_main() as tx:
        listed = calls.list_published(tx)
        told = {
            (row[0], row[1])
            for row in tx.execute(
                select(ReminderSent.call_id, ReminderSent.kind).where(ReminderSent.subject == 0)
            )
        }
        for row in tx.execute(select(Follow.call_id, Follow.proposal_id).where(Follow.proposal_id > 0)):
            followed.setdefault(row[0], set()).add(row[1])
    posted = 0
    for call in listed:
        stage = call.stage(now)
        posted += _to_writers(rt, call, stage, now)
        if stage is not Stage.CERTIFIED and call.id in followed:
            posted += _decided(rt, call, followed[call.id], now)
        kind = _about_the_vote(call, stage, now)
        if kind and (call.id, kind) not in told:
            posted += _to_followers(rt, call, kind, now)
    return posted


def _to_writers(rt: Runtime, call: CallView, stage: Stage, now: datetime) -> int:
    closes = call.rules.timeline.proposals_close_at
    posted = 0
    if stage is Stage.COLLECTING and closes and now >= closes - DRAFT_BEFORE:
        posted += _drafts(rt, call, now)
    if stage in {Stage.COLLECTING, Stage.MODERATION}:
        posted += _corrections(rt, call, now)
    return posted


def _about_the_vote(call: CallView, stage: Stage, now: datetime) -> MailTemplate | None:
    """The reminder that the vote's stage calls for now, or nothing."""
    if stage is Stage.VOTING:
        last = now >= call.rules.timeline.issue_until - LAST_DAY
        return MailTemplate.VOTE_LAST_DAY if last else MailTemplate.VOTE_OPENS
    return MailTemplate.VOTE_RESULTS if stage is Stage.CERTIFIED else None


def _is_new(tx: Session, call: CallView, kind: str, subject: int, now: datetime) -> bool:
    """Whether this reminder is still to be sent; if so it is marked as sent."""
    query = select(ReminderSent.id).where(
        ReminderSent.call_id == call.id, ReminderSent.kind == kind, ReminderSent.subject == subject
    )
    if tx.scalar(query) is not None:
        return False
    tx.add(ReminderSent(call_id=call.id, kind=kind, subject=subject, at=now))
    return True


def _sent(rt: Runtime, call: CallView, kind: str) -> set[int]:
    with rt.read_main() as tx:
        rows = tx.scalars(
            select(ReminderSent.subject).where(ReminderSent.call_id == call.id, ReminderSent.kind == kind)
        )
        return set(rows)


def _drafts(rt: Runtime, call: CallView, now: datetime) -> int:
    with rt.read_main() as tx:
        waiting = proposals.drafts_of_call(tx, call.id)
    waiting = [draft for draft in waiting if draft.typed and now - draft.changed_at >= DRAFT_RESTS]
    return _to_proposers(rt, call, MailTemplate.DRAFT_UNSENT, waiting, now)


def _corrections(rt: Runtime, call: CallView, now: datetime) -> int:
    with rt.read_main() as tx:
        waiting = proposals.list_of_call(tx, call.id, Status.CORRECTION)
    posted = 0
    for proposal in waiting:
        due = proposal.correct_until
        if due and due - CORRECTION_BEFORE <= now < due:
            # more time makes a new date, and a new reminder
            kind = f"correction-due:{due.date().isoformat()}"
            posted += _to_proposers(rt, call, kind, [proposal], now)
    return posted


def _to_proposers(
    rt: Runtime, call: CallView, kind: str, found: Iterable[ProposalView], now: datetime
) -> int:
    done = _sent(rt, call, kind)
    posted = 0
    for proposal in found:
        if proposal.id in done or proposal.proposer_id is None:
            continue
        with rt.main() as tx:
            if not _is_new(tx, call, kind, proposal.id, now):
                continue
            _post(
                tx, call, proposal.proposer_id, MailTemplate(kind.partition(":")[0]), now, proposal=proposal
            )
        posted += 1
    return posted


def _decided(rt: Runtime, call: CallView, followed: set[int], now: datetime) -> int:
    """Followers of a proposal hear of the decision on it."""
    with rt.read_main() as tx:
        decided = proposals.list_of_call(tx, call.id, Status.ACCEPTED, Status.REJECTED)
    kinds = {status: f"proposal-decided:{status.value}" for status in (Status.ACCEPTED, Status.REJECTED)}
    told = {status: _sent(rt, call, kind) for status, kind in kinds.items()}
    posted = 0
    for proposal in decided:
        kind = kinds[proposal.status]
        if proposal.id not in followed - told[proposal.status]:
            continue
        with rt.main() as tx:
            if not _is_new(tx, call, kind, proposal.id, now):
                continue
            for resident_id in queries.followers(
                tx, call.id, proposal_id=proposal.id, since=proposal.changed_at
            ):
                if resident_id != proposal.proposer_id:
                    _post(
                        tx,
                        call,
                        resident_id,
                        MailTemplate.PROPOSAL_DECIDED,
                        now,
                        proposal=proposal,
                        following=True,
                    )
                    posted += 1
    return posted


def _to_followers(rt: Runtime, call: CallView, kind: MailTemplate, now: datetime) -> int:
    with rt.main() as tx:
        if not _is_new(tx, call, kind, 0, now):
            return 0
        followers = queries.followers(tx, call.id)
        for resident_id in followers:
            _post(tx, call, resident_id, kind, now, following=True)
        return len(followers)


def _in_short(value: datetime) -> dict[str, str]:
    """A moment by language for a text message: ``12月14日17:00``, ``14 Dec 17:00``."""
    local = value.astimezone(TAIPEI)
    return {"zh": f"{local.month}月{local.day}日{local:%H:%M}", "en": f"{local.day} {local:%b %H:%M}"}


def _taipei(value: datetime | None) -> str:
    return plain_text(value) if value else ""


def _post(
    tx: Session,
    call: CallView,
    resident_id: int,
    template: MailTemplate,
    now: datetime,
    *,
    proposal: ProposalView | None = None,
    following: bool = False,
) -> None:
    """One mail; ``following``: it carries the link that ends all mail about the call."""
    timeline = call.rules.timeline
    needed_by = {
        MailTemplate.VOTE_LAST_DAY: timeline.issue_until,
        MailTemplate.DRAFT_UNSENT: timeline.proposals_close_at,
        MailTemplate.CORRECTION_DUE: proposal.correct_until if proposal else None,
    }
    mail.tell(
        tx,
        call,
        resident_id,
        template,
        at=now,
        closes_at=_taipei(timeline.proposals_close_at),
        issue_until=_taipei(timeline.issue_until),
        until_short=_in_short(timeline.issue_until),
        proposal_title=proposal.title if proposal else "",
        proposal_id=proposal.id if proposal else 0,
        accepted=bool(proposal and proposal.status is Status.ACCEPTED),
        correct_until=_taipei(proposal.correct_until) if proposal else "",
        reason=proposal.reason if proposal else "",
        needed_by=needed_by.get(template),
        following=following,
    )
