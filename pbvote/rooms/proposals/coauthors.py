"""Co-authors (共同提案人): named by their mail address, public once they have agreed themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pbvote.core.rules.stage import Act
from pbvote.core.types import Actor
from pbvote.platform import activity, outbox
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts.service import clean_email
from pbvote.rooms.proposals import store
from pbvote.rooms.proposals.errors import (
    CoAuthorSelf,
    CoAuthorsFull,
    InvitationsMany,
    InvitationUnknown,
    WrongStatus,
)
from pbvote.rooms.proposals.models import CoAuthor, Proposal
from pbvote.rooms.proposals.queries import ProposalView, view
from pbvote.rooms.proposals.status import EDITABLE, Status
from pbvote.typed.texts import mailbox_of

MOST_COAUTHORS = 5
INVITATIONS_A_DAY = 10


def invite(rt: Runtime, actor: Actor, proposal_id: int, *, email: str) -> ProposalView:
    """Name a co-author; they get a mail and decide for themselves. A second time changes nothing.

    Raises:
        EmailInvalid, CoAuthorSelf: the address cannot be used.
        CoAuthorsFull, InvitationsMany, WrongStatus, StageClosed, ProposalUnknown.
    """
    address = clean_email(email)
    now = rt.clock()
    with rt.main() as tx:
        row = _editable(tx, rt, actor, proposal_id)
        proposer = accounts.resident_view(tx, actor.id, hold=True)
        if mailbox_of(address) == mailbox_of(proposer.email):
            raise CoAuthorSelf(field="email")
        known = next((each for each in row.coauthors if each.email == address), None)
        if known is not None and known.removed_at is None:
            return view(row)
        if sum(each.removed_at is None for each in row.coauthors) >= MOST_COAUTHORS:
            raise CoAuthorsFull(most=MOST_COAUTHORS)
        if known is not None:
            known.removed_at = None  # one address gets one mail about one proposal, whatever happens
            tx.flush()
            return view(row)
        _require_few(tx, actor, at=now)
        row.coauthors.append(CoAuthor(proposal_id=row.id, email=address, invited_at=now))
        call = store.call_of(tx, row)
        outbox.post(
            tx,
            to=address,
            template=MailTemplate.COAUTHOR_INVITED,
            due_at=now,
            language=proposer.language,
            call_title=call.title_for(proposer.language),
        )
        activity.record(tx, actor, Activity.PROPOSAL_INVITE, at=now, call_id=row.call_id, subject=str(row.id))
        tx.flush()
        return view(row)


def remove(rt: Runtime, actor: Actor, proposal_id: int, coauthor_id: int) -> ProposalView:
    """Take a name off again, agreed or not.

    Raises:
        InvitationUnknown, WrongStatus, StageClosed, ProposalUnknown.
    """
    with rt.main() as tx:
        row = _editable(tx, rt, actor, proposal_id)
        found = next((each for each in row.coauthors if each.id == coauthor_id), None)
        if found is None or found.removed_at is not None:
            raise InvitationUnknown()
        found.removed_at, found.agreed_at = rt.clock(), None
        activity.record(
            tx, actor, Activity.PROPOSAL_UNINVITE, at=rt.clock(), call_id=row.call_id, subject=str(row.id)
        )
        tx.flush()
        return view(row)


def agree(rt: Runtime, actor: Actor, coauthor_id: int) -> ProposalView:
    """Agree to be a co-author: only whoever signed in with the invited address.

    Raises:
        InvitationUnknown: no invitation to this resident.
    """
    with rt.main() as tx:
        return agree_in(tx, actor, coauthor_id, at=rt.clock())


def agree_in(tx: Session, actor: Actor, coauthor_id: int, *, at: datetime) -> ProposalView:
    """:func:`agree` within the caller's transaction."""
    found, row = _invited(tx, actor, coauthor_id)
    resident = accounts.resident_view(tx, actor.id)
    found.resident_id, found.name, found.agreed_at = actor.id, resident.name, at
    activity.record(
        tx, actor, Activity.PROPOSAL_COAUTHOR_AGREE, at=at, call_id=row.call_id, subject=str(row.id)
    )
    tx.flush()
    return view(row)


def decline(rt: Runtime, actor: Actor, coauthor_id: int) -> None:
    """Decline an invitation, or leave a proposal again.

    Raises:
        InvitationUnknown: no invitation to this resident.
    """
    now = rt.clock()
    with rt.main() as tx:
        found, row = _invited(tx, actor, coauthor_id)
        found.removed_at, found.agreed_at = now, None
        activity.record(
            tx, actor, Activity.PROPOSAL_COAUTHOR_DECLINE, at=now, call_id=row.call_id, subject=str(row.id)
        )


def _invited(tx: Session, actor: Actor, coauthor_id: int) -> tuple[CoAuthor, Proposal]:
    found = tx.get(CoAuthor, coauthor_id)
    if actor.kind != "resident" or found is None or found.removed_at is not None:
        raise InvitationUnknown()
    if found.email != accounts.resident_view(tx, actor.id).email:
        raise InvitationUnknown()
    return found, store.locked(tx, found.proposal_id)


def invitations(tx: Session, actor: Actor) -> list[tuple[int, ProposalView]]:
    """The open invitations of a resident: (invitation, proposal)."""
    email = accounts.resident_view(tx, actor.id).email
    rows = tx.scalars(
        select(CoAuthor).where(
            CoAuthor.email == email, CoAuthor.agreed_at.is_(None), CoAuthor.removed_at.is_(None)
        )
    )
    found = []
    for row in rows:
        proposal = tx.get(Proposal, row.proposal_id)
        if proposal is not None and proposal.status != Status.WITHDRAWN:
            found.append((row.id, view(proposal)))
    return found


def coauthored(tx: Session, actor: Actor) -> list[ProposalView]:
    """The proposals that a resident has agreed to be a co-author of, newest first."""
    rows = tx.scalars(
        select(Proposal)
        .join(CoAuthor, CoAuthor.proposal_id == Proposal.id)
        .where(
            CoAuthor.resident_id == actor.id, CoAuthor.agreed_at.is_not(None), CoAuthor.removed_at.is_(None)
        )
        .order_by(Proposal.id.desc())
    )
    return [view(row) for row in rows]


def _require_few(tx: Session, actor: Actor, *, at: datetime) -> None:
    """Nobody sends mail to many strangers through this service."""
    recent = tx.scalar(
        select(func.count())
        .select_from(CoAuthor)
        .join(Proposal, Proposal.id == CoAuthor.proposal_id)
        .where(Proposal.proposer_id == actor.id, CoAuthor.invited_at > at - timedelta(days=1))
    )
    if (recent or 0) >= INVITATIONS_A_DAY:
        raise InvitationsMany(retry_after=86_400)


def _editable(tx: Session, rt: Runtime, actor: Actor, proposal_id: int) -> Proposal:
    row = store.locked_own(tx, actor, proposal_id)
    if Status(row.status) not in EDITABLE:
        raise WrongStatus(status=row.status, move="coauthor")
    act = Act.CORRECT if row.status == Status.CORRECTION else Act.PROPOSE
    store.call_of(tx, row).require(act, rt.clock())
    return row
