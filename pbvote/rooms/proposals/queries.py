"""Proposals as others read them: frozen views, no writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from pbvote.core.rules.intake import ReadableFrom
from pbvote.core.types import Actor, CallId, DistrictId, ProjectNumber
from pbvote.rooms.proposals.errors import ProposalUnknown
from pbvote.rooms.proposals.models import Proposal, ProposalRevision
from pbvote.rooms.proposals.names import masked
from pbvote.rooms.proposals.status import UNDECIDED, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """A picture: its address is ``/media/<sha256>.webp``."""

    id: int
    sha256: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """A document: its address is ``/media/<sha256>.pdf``; ``name`` is for its authors alone."""

    id: int
    sha256: str
    name: str
    says: str
    pages: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CoAuthorView:
    """Somebody named as a co-author; ``agreed_at`` is None while the invitation waits."""

    id: int
    email: str
    name: str
    resident_id: int | None
    agreed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """A proposal as it stands; ``public_name`` is the only name that a public page shows."""

    id: int
    call_id: CallId
    proposer_id: int | None
    proposer_name: str
    name_shown: bool
    district: DistrictId
    title: str
    summary: str
    description_md: str
    place: str
    cost_twd: int
    typed: dict[str, str]
    status: Status
    revision: int
    correct_until: datetime | None
    reason: str
    asked: tuple[str, ...]
    replies: dict[str, str]
    edits: dict[str, dict[str, Any]]
    aside: dict[str, dict[str, Any]]
    minor: bool
    guardian: dict[str, str]
    workshop: dict[str, str]
    number: ProjectNumber | None
    track: str
    exclusive: str
    category: str
    latitude: float | None
    longitude: float | None
    coauthors: tuple[CoAuthorView, ...]
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    pictures: tuple[PictureView, ...]
    documents: tuple[DocumentView, ...]

    @property
    def public_name(self) -> str:
        """The proposer's name, masked unless they asked to show it (PRA-15)."""
        names = [self.proposer_name, *(c.name for c in self.coauthors if c.agreed_at)]
        shown = self.name_shown and not self.awaits_consent
        return "、".join(name if shown and not at else masked(name) for at, name in enumerate(names))

    @property
    def awaits_consent(self) -> bool:
        """Whether a minor's representative has not consented yet, or only on paper that has not come."""
        given = self.guardian.get("how") == "form" or "received_at" in self.guardian
        return self.minor and not given

    @property
    def awaits_paper(self) -> bool:
        """Whether that consent is on its way to the agency, on paper."""
        return self.awaits_consent and self.guardian.get("how") == "paper"

    @property
    def publishes(self) -> bool:
        """Whether it shows what a minor may not publish alone: the full name, pictures, documents."""
        return self.name_shown or bool(self.pictures or self.documents)

    @property
    def is_project(self) -> bool:
        """Whether the proposal stands on the frozen ballot."""
        return self.number is not None

    @property
    def values(self) -> dict[str, str]:
        """What an edit form starts from: the kept draft, else what was submitted."""
        if self.typed or self.status is Status.DRAFT:
            return dict(self.typed)
        return self.handed_in

    @property
    def handed_in(self) -> dict[str, str]:
        """What was checked and handed in last, as the form would hold it."""
        return {
            "title": self.title,
            "summary": self.summary,
            "district": self.district,
            "category": self.category,
            "place": self.place,
            "latitude": "" if self.latitude is None else str(self.latitude),
            "longitude": "" if self.longitude is None else str(self.longitude),
            "cost_twd": str(self.cost_twd),
            "description_md": self.description_md,
            "show_name": "1" if self.name_shown else "",
            "minor": "1" if self.minor else "",
            "guardian_how": self.guardian.get("how", ""),
            "guardian_name": self.guardian.get("name", ""),
            "guardian_contact": self.guardian.get("contact", ""),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionView:
    """One version of a proposal."""

    number: int
    at: datetime
    actor_kind: str
    move: str
    content: dict[str, Any]


def view(row: Proposal) -> ProposalView:
    """The view of a row."""
    return ProposalView(
        id=row.id,
        call_id=CallId(row.call_id),
        proposer_id=row.proposer_id,
        proposer_name=row.proposer_name,
        name_shown=row.name_shown,
        district=DistrictId(row.district),
        title=row.title,
        summary=row.summary,
        description_md=row.description_md,
        place=row.place,
        cost_twd=row.cost_twd,
        typed=dict(row.typed),
        status=Status(row.status),
        revision=row.revision,
        correct_until=row.correct_until,
        reason=row.reason,
        asked=tuple(row.asked),
        replies=dict(row.replies),
        edits=dict(row.edits),
        aside=dict(row.aside),
        minor=row.minor,
        guardian=dict(row.guardian),
        workshop=dict(row.workshop),
        number=None if row.number is None else ProjectNumber(row.number),
        track=row.track,
        exclusive=row.exclusive,
        category=row.category,
        latitude=row.latitude,
        longitude=row.longitude,
        coauthors=tuple(
            CoAuthorView(
                id=c.id, email=c.email, name=c.name, resident_id=c.resident_id, agreed_at=c.agreed_at
            )
            for c in row.coauthors
            if c.removed_at is None
        ),
        created_at=row.created_at,
        changed_at=row.changed_at,
        submitted_at=row.submitted_at,
        pictures=tuple(
            PictureView(id=p.id, sha256=p.sha256, alt=p.alt, width=p.width, height=p.height)
            for p in row.pictures
        ),
        documents=tuple(
            DocumentView(id=d.id, sha256=d.sha256, name=d.name, says=d.says, pages=d.pages, size=d.size)
            for d in row.documents
        ),
    )


def public_view(row: Proposal) -> ProposalView:
    """The view of a row for everybody: without what still needs a representative's consent."""
    found = view(row)
    return replace(found, pictures=(), documents=()) if found.awaits_consent else found


def get(tx: Session, proposal_id: int) -> ProposalView:
    """The proposal of that id, whoever asks: check who may see it first.

    Raises:
        ProposalUnknown: there is none.
    """
    row = tx.get(Proposal, proposal_id)
    if row is None:
        raise ProposalUnknown(proposal=proposal_id)
    return view(row)


def is_author(proposal: ProposalView, actor: Actor) -> bool:
    """Whether the actor is the proposer or a co-author who has agreed."""
    agreed = {c.resident_id for c in proposal.coauthors if c.agreed_at}
    return actor.kind == "resident" and actor.id in {proposal.proposer_id, *agreed}


def drafts_of_call(tx: Session, call_id: str) -> list[ProposalView]:
    """Every draft of the call that was never handed in, by id."""
    rows = tx.scalars(
        select(Proposal)
        .where(Proposal.call_id == call_id, Proposal.status == Status.DRAFT.value)
        .order_by(Proposal.id)
    )
    return [view(row) for row in rows]


def get_own(tx: Session, actor: Actor, proposal_id: int) -> ProposalView:
    """The resident's own proposal.

    Raises:
        ProposalUnknown: there is none, or it is somebody else's.
    """
    found = get(tx, proposal_id)
    if actor.kind != "resident" or found.proposer_id != actor.id:
        raise ProposalUnknown(proposal=proposal_id)
    return found


def get_authored(tx: Session, actor: Actor, proposal_id: int) -> ProposalView:
    """A proposal of which the resident is the proposer or a co-author who has agreed.

    Raises:
        ProposalUnknown: there is none, or it is somebody else's.
    """
    found = get(tx, proposal_id)
    if not is_author(found, actor):
        raise ProposalUnknown(proposal=proposal_id)
    return found


def is_public(*, readable_from: ReadableFrom = ReadableFrom.DECISION) -> ColumnElement[bool]:
    """What everybody may read: what was decided, or handed in where residents endorse."""
    on_ballot = (Proposal.status == Status.WITHDRAWN.value) & Proposal.number.is_not(None)
    shown = [
        Status.ACCEPTED,
        Status.REJECTED,
        *(sorted(UNDECIDED) if readable_from is ReadableFrom.SUBMISSION else ()),
    ]
    return or_(Proposal.status.in_([status.value for status in shown]), on_ballot)


def get_public(
    tx: Session, call_id: str, proposal_id: int, *, readable_from: ReadableFrom = ReadableFrom.DECISION
) -> ProposalView:
    """A proposal of this call that the public may read (:func:`is_public`).

    Raises:
        ProposalUnknown: there is none, or it is not public.
    """
    row = tx.scalars(
        select(Proposal).where(
            Proposal.id == proposal_id, Proposal.call_id == call_id, is_public(readable_from=readable_from)
        )
    ).first()
    if row is None:
        raise ProposalUnknown(proposal=proposal_id)
    return public_view(row)


def find_public(
    tx: Session, call_id: str, proposal_id: int, *, readable_from: ReadableFrom
) -> ProposalView | None:
    """The same, or None where nobody may read it any more."""
    try:
        return get_public(tx, call_id, proposal_id, readable_from=readable_from)
    except ProposalUnknown:
        return None


def get_project(tx: Session, call_id: str, number: int) -> ProposalView:
    """The project of that number on the call's ballot.

    Raises:
        ProposalUnknown: there is none.
    """
    row = tx.scalars(select(Proposal).where(Proposal.call_id == call_id, Proposal.number == number)).first()
    if row is None:
        raise ProposalUnknown(proposal=number)
    return view(row)


def projects_of_call(tx: Session, call_id: str) -> list[ProposalView]:
    """Every project of the call's ballot by its number, those withdrawn since too."""
    rows = tx.scalars(
        select(Proposal)
        .where(Proposal.call_id == call_id, Proposal.number.is_not(None))
        .order_by(Proposal.number)
    )
    return [view(row) for row in rows]


def list_of_resident(tx: Session, resident_id: int) -> list[ProposalView]:
    """A resident's own proposals, newest first, drafts included."""
    rows = tx.scalars(
        select(Proposal).where(Proposal.proposer_id == resident_id).order_by(Proposal.id.desc())
    )
    return [view(row) for row in rows]


def list_of_call(tx: Session, call_id: str, *statuses: Status) -> list[ProposalView]:
    """The call's proposals with one of the statuses, by id: those that were once handed in, no drafts."""
    rows = tx.scalars(
        select(Proposal)
        .where(
            Proposal.call_id == call_id,
            Proposal.submitted_at.is_not(None),
            Proposal.status.in_([status.value for status in statuses]),
        )
        .order_by(Proposal.id)
    )
    return [view(row) for row in rows]


def accepted_in_order(tx: Session, call_id: str) -> list[ProposalView]:
    """The accepted proposals, in the order in which they were begun: the freeze numbers them so."""
    return list_of_call(tx, call_id, Status.ACCEPTED)


def undecided(tx: Session, call_id: str) -> list[int]:
    """Ids of proposals that still wait for a decision or a correction: they block the freeze."""
    return list(
        tx.scalars(
            select(Proposal.id)
            .where(Proposal.call_id == call_id, Proposal.status.in_([s.value for s in UNDECIDED]))
            .order_by(Proposal.id)
        )
    )


def count_by_status(tx: Session, call_id: str) -> Counter[Status]:
    """How many proposals of the call that were handed in have each status."""
    rows = tx.execute(
        select(Proposal.status, func.count())
        .where(Proposal.call_id == call_id, Proposal.submitted_at.is_not(None))
        .group_by(Proposal.status)
    )
    return Counter({Status(status): int(count) for status, count in rows})


def of_ids(tx: Session, ids: Iterable[int]) -> dict[int, ProposalView]:
    """These proposals by id, whoever asks; those that are gone are left out."""
    rows = tx.scalars(select(Proposal).where(Proposal.id.in_(sorted(set(ids)))))
    return {row.id: view(row) for row in rows}


def titles(tx: Session, ids: Iterable[int]) -> dict[int, str]:
    """What these proposals are called; those that are gone or were never handed in are left out."""
    handed_in = Proposal.submitted_at.is_not(None)
    rows = tx.execute(select(Proposal.id, Proposal.title).where(Proposal.id.in_(sorted(set(ids))), handed_in))
    return {row.id: row.title for row in rows}


def count_public(tx: Session, call_ids: list[str]) -> Counter[str]:
    """How many accepted proposals or projects each of the calls has."""
    rows = tx.execute(
        select(Proposal.call_id, func.count())
        .where(Proposal.call_id.in_(call_ids), Proposal.status == Status.ACCEPTED.value)
        .group_by(Proposal.call_id)
    )
    return Counter({call_id: int(count) for call_id, count in rows})


def revisions(tx: Session, proposal_id: int) -> list[RevisionView]:
    """Every version of a proposal, oldest first."""
    rows = tx.scalars(
        select(ProposalRevision)
        .where(ProposalRevision.proposal_id == proposal_id)
        .order_by(ProposalRevision.number)
    )
    return [
        RevisionView(number=r.number, at=r.at, actor_kind=r.actor_kind, move=r.move, content=dict(r.content))
        for r in rows
    ]
