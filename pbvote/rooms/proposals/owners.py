"""Which proposals show a file of the media folder: who may read the file depends on them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.rooms.proposals.errors import DocumentUnknown, PictureUnknown
from pbvote.rooms.proposals.models import Document, Picture, Proposal
from pbvote.rooms.proposals.queries import ProposalView, view


def owners_of_picture(tx: Session, sha256: str) -> list[ProposalView]:
    """The proposals that show a picture.

    Raises:
        PictureUnknown: none does.
    """
    rows = tx.scalars(
        select(Proposal).join(Picture, Picture.proposal_id == Proposal.id).where(Picture.sha256 == sha256)
    ).all()
    if not rows:
        raise PictureUnknown()
    return [view(row) for row in rows]


def owners_of_document(tx: Session, sha256: str) -> list[ProposalView]:
    """The proposals that have a document.

    Raises:
        DocumentUnknown: none has.
    """
    rows = tx.scalars(
        select(Proposal).join(Document, Document.proposal_id == Proposal.id).where(Document.sha256 == sha256)
    ).all()
    if not rows:
        raise DocumentUnknown()
    return [view(row) for row in rows]
