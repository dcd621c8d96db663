"""What becomes of a resident's proposals when they close their account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from pbvote.rooms.proposals.errors import ProposalsOpen
from pbvote.rooms.proposals.models import CoAuthor, Document, Picture, Proposal, ProposalRevision
from pbvote.rooms.proposals.names import masked
from pbvote.rooms.proposals.status import UNDECIDED, Status


def part_from(tx: Session, resident_id: int, *, email: str, at: datetime) -> None:
    """Drafts lose every word; what was decided stays without the account, under the name that was public.

    Co-authorships end, and invitations to the address are forgotten.

    Raises:
        ProposalsOpen: a proposal waits for its decision, and nobody could be asked for a correction.
    """
    rows = tx.scalars(select(Proposal).where(Proposal.proposer_id == resident_id).with_for_update())
    for row in rows.all():
        if row.status in UNDECIDED:
            raise ProposalsOpen()
        if row.status == Status.DRAFT:
            _empty(tx, row, at=at)
        elif not row.name_shown:
            row.proposer_name = masked(row.proposer_name)
        row.proposer_id = None
    known = select(CoAuthor).where(or_(CoAuthor.resident_id == resident_id, CoAuthor.email == email))
    for each in tx.scalars(known):
        each.email, each.name, each.resident_id = f"left:{each.id}", "", None
        each.removed_at = each.removed_at or at


def _empty(tx: Session, row: Proposal, *, at: datetime) -> None:
    row.title = row.summary = row.description_md = row.place = row.proposer_name = row.reason = ""
    row.typed, row.latitude, row.longitude = {}, None, None
    row.asked, row.replies, row.edits, row.aside, row.guardian, row.minor = [], {}, {}, {}, {}, False
    row.status, row.changed_at = Status.WITHDRAWN.value, at
    tx.execute(delete(ProposalRevision).where(ProposalRevision.proposal_id == row.id))
    for kept in (Picture, Document):
        tx.execute(delete(kept).where(kept.proposal_id == row.id))
