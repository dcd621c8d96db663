"""What is carried out, as pages read it: one project, its history, its photographs; no writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, raiseload

from pbvote.core.types import CallId
from pbvote.rooms.counting import queries as counting
from pbvote.rooms.delivery import history
from pbvote.rooms.delivery.errors import NotCarriedOut
from pbvote.rooms.delivery.kinds import ChangeKind, Moment, State
from pbvote.rooms.delivery.models import Change, Delivery, Milestone, Photo
from pbvote.rooms.delivery.photos import kept


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoView:
    """A photograph: its address is ``/media/delivery/<sha256>.webp``."""

    id: int
    sha256: str
    alt: str
    width: int
    height: int
    moment: Moment
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneView:
    """A date: of a step, or of a milestone with a title of its own."""

    state: State | None
    title: str
    planned_on: date | None
    actual_on: date | None

    def late_days(self, today: date) -> int:
        """Days between the planned date and the actual one, or today; 0 where it is in time."""
        if self.planned_on is None:
            return 0
        return max(0, ((self.actual_on or today) - self.planned_on).days)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """A winner as it stands. Money in whole NT$; ``spent_twd`` None: not told.

    ``due_on``: the earliest planned date that was not met; ``due_what``: the state or the title it is of.
    ``changed_at`` None: never kept up.
    """

    id: int
    call_id: CallId
    number: int
    proposal_id: int
    agency_id: int
    year: int
    district: str
    title: str
    granted_twd: int
    certified_on: date
    state: State
    since_on: date
    spent_twd: int | None
    office: str
    telephone: str
    due_on: date | None
    due_what: str | None
    version: int
    changed_at: datetime | None
    milestones: tuple[MilestoneView, ...] = ()
    photos: tuple[PhotoView, ...] = ()

    def late_days(self, today: date) -> int:
        """How many days it is overdue; 0 where it is in time or has ended."""
        return max(0, (today - self.due_on).days) if self.due_on else 0

    @property
    def steps(self) -> tuple[MilestoneView, ...]:
        """The steps after the result, in their order."""
        return tuple(m for m in self.milestones if m.state)

    @property
    def own(self) -> tuple[MilestoneView, ...]:
        """The milestones with titles of their own."""
        return tuple(m for m in self.milestones if not m.state)

    def taken(self, moment: Moment) -> tuple[PhotoView, ...]:
        """The photographs of that moment."""
        return tuple(photo for photo in self.photos if photo.moment is moment)

    @property
    def spent_share(self) -> int:
        """Thousandths of the money granted that are spent, at most all."""
        if not self.granted_twd:
            return 0
        return min(1000, 1000 * (self.spent_twd or 0) // self.granted_twd)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """An entry of a history; ``officer_id`` is for the agency's own pages."""

    id: int
    number: int
    at: datetime
    officer_id: int
    kind: ChangeKind
    note: str
    facts: Mapping[str, str | int]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """The changes of a project, newest first; ``whole``: all there, and as they were written."""

    changes: tuple[ChangeView, ...]
    whole: bool


def view(row: Delivery, milestones: Iterable[Milestone] = (), photos: Iterable[Photo] = ()) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        call_id=CallId(row.call_id),
        number=row.number,
        proposal_id=row.proposal_id,
        agency_id=row.agency_id,
        year=row.year,
        district=row.district,
        title=row.title,
        granted_twd=row.granted_twd,
        certified_on=row.certified_on,
        state=State(row.state),
        since_on=row.since_on,
        spent_twd=row.spent_twd,
        office=row.office,
        telephone=row.telephone,
        due_on=row.due_on,
        due_what=row.due_what,
        version=row.version,
        changed_at=row.changed_at,
        milestones=tuple(
            MilestoneView(
                state=State(m.state) if m.state else None,
                title=m.title,
                planned_on=m.planned_on,
                actual_on=m.actual_on,
            )
            for m in milestones
        ),
        photos=tuple(_photo(photo) for photo in photos),
    )


def _photo(row: Photo) -> PhotoView:
    return PhotoView(
        id=row.id,
        sha256=row.sha256,
        alt=row.alt,
        width=row.width,
        height=row.height,
        moment=Moment(row.moment),
        at=row.at,
    )


def change_view(row: Change) -> ChangeView:
    return ChangeView(
        id=row.id,
        number=row.number,
        at=row.at,
        officer_id=row.officer_id,
        kind=ChangeKind(row.kind),
        note=row.note,
        facts=dict(row.facts),
        digest=row.digest,
    )


LIGHT: Final = (raiseload(Delivery.milestones), raiseload(Delivery.photos))
"""Lists show neither dates nor photographs of their own but what :func:`first_photos` reads at once."""


def get(tx: Session, call_id: str, number: int) -> DeliveryView:
    """A winner of a certified vote.

    Raises:
        NotCarriedOut: there is none, or the result that stands does not fund it.
    """
    row = tx.scalars(select(Delivery).where(Delivery.call_id == call_id, Delivery.number == number)).first()
    told = counting.told(tx, [call_id], numbers=[number]).get((call_id, number))
    if row is None or told is None or not told.standing.funded:
        raise NotCarriedOut(project=number)
    return view(row, row.milestones, kept(row))


def find(tx: Session, wanted: Iterable[tuple[str, int | None]]) -> dict[tuple[str, int], DeliveryView]:
    """What is said of some projects, by call and number: for their cards; the others are left out."""
    keys = {(call_id, number) for call_id, number in wanted if number is not None}
    if not keys:
        return {}
    rows = tx.scalars(
        select(Delivery)
        .where(
            Delivery.call_id.in_({call_id for call_id, _ in keys}),
            Delivery.number.in_({number for _, number in keys}),
        )
        .options(*LIGHT)
    )
    return {(row.call_id, row.number): view(row) for row in rows if (row.call_id, row.number) in keys}


def of_call(tx: Session, call_id: str) -> dict[int, DeliveryView]:
    """Every winner of a call that is carried out, by number."""
    rows = tx.scalars(select(Delivery).where(Delivery.call_id == call_id).options(*LIGHT))
    return {row.number: view(row) for row in rows}


def history_of(tx: Session, project: DeliveryView) -> HistoryView:
    """Everything that was said about a project."""
    rows = list(tx.scalars(select(Change).where(Change.project_id == project.id).order_by(Change.number)))
    whole = history.is_whole(rows, call_id=project.call_id, project=project.number)
    return HistoryView(changes=tuple(change_view(row) for row in reversed(rows)), whole=whole)


def first_photos(tx: Session, ids: Iterable[int]) -> dict[int, PhotoView]:
    """One photograph of each project that has any: the newest that shows the most of the work."""
    rows = tx.scalars(
        select(Photo)
        .where(Photo.project_id.in_(sorted(set(ids))), Photo.removed_at.is_(None))
        .order_by(Photo.id)
    )
    found: dict[int, PhotoView] = {}
    rank = tuple(Moment)
    for row in rows:
        photo, before = _photo(row), found.get(row.project_id)
        if before is None or rank.index(photo.moment) >= rank.index(before.moment):
            found[row.project_id] = photo
    return found


def shows(tx: Session, sha256: str) -> bool:
    """Whether a project shows that photograph."""
    query = select(Photo.id).where(Photo.sha256 == sha256, Photo.removed_at.is_(None)).limit(1)
    return tx.scalar(query) is not None
