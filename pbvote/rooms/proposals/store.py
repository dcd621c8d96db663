"""What every act on a proposal shares: the locked row, the table of moves, the kept version."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.types import Actor
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.proposals.content import Content
from pbvote.rooms.proposals.errors import OwnerOnly, ProposalUnknown
from pbvote.rooms.proposals.models import Proposal, ProposalRevision
from pbvote.rooms.proposals.status import Move, Status, after

_FORM = "form"
"""Where a draft keeps the name of the page that began it."""
_LONGEST_FORM = 64


def locked(tx: Session, proposal_id: int) -> Proposal:
    """The row, held until the transaction ends, so that two acts on one proposal follow each other.

    Raises:
        ProposalUnknown: there is none.
    """
    row = tx.scalars(
        select(Proposal)
        .where(Proposal.id == proposal_id)
        .with_for_update(of=Proposal)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise ProposalUnknown(proposal=proposal_id)
    return row


def begun(tx: Session, actor: Actor, call_id: str, form: str) -> int | None:
    """The resident's draft that this page has begun; their account is held, so that it begins one only."""
    if actor.kind != "resident":
        return None
    accounts.resident_view(tx, actor.id, hold=True)
    drafts = select(Proposal).where(
        Proposal.call_id == call_id,
        Proposal.proposer_id == actor.id,
        Proposal.status == Status.DRAFT.value,
    )
    same = (row.id for row in tx.scalars(drafts) if row.typed.get(_FORM) == form[:_LONGEST_FORM])
    return next(same, None)


def name_form(row: Proposal, form: str) -> None:
    """Note in a new draft which page began it."""
    if form:
        row.typed = {**row.typed, _FORM: form[:_LONGEST_FORM]}


def locked_author(tx: Session, actor: Actor, proposal_id: int) -> Proposal:
    """The row, held, of a proposal of which the resident is the proposer or a co-author who has agreed.

    Raises:
        ProposalUnknown: there is none, or it is somebody else's.
    """
    row = locked(tx, proposal_id)
    agreed = {each.resident_id for each in row.coauthors if each.agreed_at and not each.removed_at}
    if actor.kind != "resident" or actor.id not in {row.proposer_id, *agreed}:
        raise ProposalUnknown(proposal=proposal_id)
    return row


def locked_own(tx: Session, actor: Actor, proposal_id: int) -> Proposal:
    """The resident's own row, held.

    Raises:
        ProposalUnknown: there is none, or it is somebody else's.
        OwnerOnly: the resident is a co-author.
    """
    row = locked_author(tx, actor, proposal_id)
    if row.proposer_id != actor.id:
        raise OwnerOnly()
    return row


_PART_OF = {
    **dict.fromkeys(("attach-picture", "remove-picture", "arrange-pictures"), "pictures"),
    **dict.fromkeys(("attach-document", "remove-document", "describe-documents"), "documents"),
}


def note_edit(row: Proposal, actor: Actor, part: str, *, at: datetime) -> None:
    """Remember that the author changed the part last (:mod:`pbvote.rooms.proposals.together`)."""
    every = row.edits.get(part, {})
    newest = max((int(each["n"]) for each in every.values()), default=0)
    row.edits = {**row.edits, part: {**every, str(actor.id): {"n": newest + 1, "at": at.isoformat()}}}


def fill(row: Proposal, content: Content) -> None:
    """Write checked content into the row; the kept draft has served its purpose."""
    row.title = content.title
    row.summary = content.summary
    row.description_md = content.description_md
    row.place = content.place
    row.district = content.district
    row.cost_twd = content.cost_twd
    row.name_shown = content.name_shown
    row.category = content.category
    row.latitude, row.longitude = content.latitude, content.longitude
    row.typed = {}


def move(tx: Session, row: Proposal, step: Move, *, actor: Actor, at: datetime) -> None:
    """Take the row one step along the table and keep the version that results.

    Raises:
        WrongStatus: the table has no such step.
    """
    row.status = after(Status(row.status), step).value
    keep_version(tx, row, step.value, actor=actor, at=at)


def keep_version(tx: Session, row: Proposal, what: str, *, actor: Actor, at: datetime) -> None:
    """Add the row as it now stands to the history."""
    row.revision += 1
    row.changed_at = at
    if what in _PART_OF and actor.kind == "resident":
        note_edit(row, actor, _PART_OF[what], at=at)
    tx.flush()
    tx.add(
        ProposalRevision(
            proposal_id=row.id,
            number=row.revision,
            at=at,
            actor_kind=actor.kind,
            actor_id=actor.id,
            move=what,
            content={
                "title": row.title,
                "summary": row.summary,
                "description_md": row.description_md,
                "place": row.place,
                "district": row.district,
                "cost_twd": row.cost_twd,
                "category": row.category,
                "name_shown": int(row.name_shown),
                "status": row.status,
                "reason": row.reason,
                "consent": (row.guardian or {}).get("how", ""),
                "asked": list(row.asked or ()),
                "replies": dict(row.replies or {}),
                "pictures": [picture.sha256 for picture in row.pictures],
                "documents": [document.sha256 for document in row.documents],
            },
        )
    )


def call_of(tx: Session, row: Proposal) -> calls.CallView:
    """The call that the proposal belongs to."""
    return calls.get_call(tx, row.call_id)
