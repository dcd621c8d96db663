"""What is carried out, as pages read it: one project, the board over all calls, the feed; no writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, raiseload

from pbvote.core.types import CallId
from pbvote.rooms.counting import queries as counting
from pbvote.rooms.delivery import history
from pbvote.rooms.delivery.errors import NotCarriedOut
from pbvote.rooms.delivery.kinds import PLANNED, ChangeKind, Moment, State
from pbvote.rooms.delivery.models import Change, Delivery, Milestone, Photo
from pbvote.rooms.delivery.photos import kept

PAGE: Final = 24
IN_A_COLUMN: Final = 6
IN_THE_FEED: Final = 50


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

    ``due_on``: the earliest planned date that was not met. ``changed_at`` None: never kept up.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which projects; what is empty narrows nothing down."""

    call_id: str = ""
    agency_id: int = 0
    year: int = 0
    district_name: str = ""
    state: State | None = None
    late_on: date | None = None  # only those overdue on that day

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as conditions of a query."""
        found: list[ColumnElement[bool]] = []
        if self.call_id:
            found.append(Delivery.call_id == self.call_id)
        if self.agency_id:
            found.append(Delivery.agency_id == self.agency_id)
        if self.year:
            found.append(Delivery.year == self.year)
        if self.district_name:
            found.append(Delivery.district_name == self.district_name)
        if self.state is not None:
            found.append(Delivery.state == self.state.value)
        if self.late_on is not None:
            found.append(and_(Delivery.due_on.is_not(None), Delivery.due_on < self.late_on))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How far many projects are. Money in whole NT$."""

    by_state: Mapping[State, int]
    granted_twd: int
    spent_twd: int
    late: int

    @property
    def total(self) -> int:
        """All of them, those cancelled too."""
        return sum(self.by_state.values())

    @property
    def finished(self) -> int:
        """How many are finished."""
        return self.by_state.get(State.FINISHED, 0)

    @property
    def rate(self) -> int:
        """Per cent that are finished, of all that won: who cancels makes no better figure."""
        return 100 * self.finished // self.total if self.total else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list."""

    items: tuple[DeliveryView, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A change with the project that it is of."""

    project: DeliveryView
    change: ChangeView


def _view(row: Delivery, milestones: Iterable[Milestone] = (), photos: Iterable[Photo] = ()) -> DeliveryView:
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


def _change(row: Change) -> ChangeView:
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


_LIGHT = (raiseload(Delivery.milestones), raiseload(Delivery.photos))
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
    return _view(row, row.milestones, kept(row))


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
        .options(*_LIGHT)
    )
    return {(row.call_id, row.number): _view(row) for row in rows if (row.call_id, row.number) in keys}


def of_call(tx: Session, call_id: str) -> dict[int, DeliveryView]:
    """Every winner of a call that is carried out, by number."""
    rows = tx.scalars(select(Delivery).where(Delivery.call_id == call_id).options(*_LIGHT))
    return {row.number: _view(row) for row in rows}


def history_of(tx: Session, project: DeliveryView) -> HistoryView:
    """Everything that was said about a project."""
    rows = list(tx.scalars(select(Change).where(Change.project_id == project.id).order_by(Change.number)))
    whole = history.is_whole(rows, call_id=project.call_id, project=project.number)
    return HistoryView(changes=tuple(_change(row) for row in reversed(rows)), whole=whole)


def figures(tx: Session, wanted: Wanted, *, today: date) -> Figures:
    """How far those projects are, in one query."""
    late = func.coalesce(func.sum(case((Delivery.due_on < today, 1), else_=0)), 0)
    rows = tx.execute(
        select(
            Delivery.state,
            func.count(Delivery.id),
            func.coalesce(func.sum(Delivery.granted_twd), 0),
            func.coalesce(func.sum(Delivery.spent_twd), 0),
            late,
        )
        .where(*wanted.conditions())
        .group_by(Delivery.state)
    ).all()
    return Figures(
        by_state={State(row[0]): int(row[1]) for row in rows},
        granted_twd=sum(int(row[2]) for row in rows),
        spent_twd=sum(int(row[3]) for row in rows),
        late=sum(int(row[4]) for row in rows),
    )


_FIRST: Final = (
    # what is late comes first, then what was told last, then what was never told
    Delivery.due_on.is_(None),
    Delivery.due_on,
    Delivery.changed_at.is_(None),
    Delivery.changed_at.desc(),
    Delivery.call_id,
    Delivery.number,
)


def columns(tx: Session, wanted: Wanted, *, size: int = IN_A_COLUMN) -> dict[State, list[DeliveryView]]:
    """The first few projects in each state, in one query for any number of them."""
    place = func.row_number().over(partition_by=Delivery.state, order_by=_FIRST).label("place")
    ranked = select(Delivery.id, place).where(*wanted.conditions()).subquery()
    rows = tx.scalars(
        select(Delivery)
        .join(ranked, ranked.c.id == Delivery.id)
        .where(ranked.c.place <= size)
        .order_by(ranked.c.place)
        .options(*_LIGHT)
    )
    found: dict[State, list[DeliveryView]] = {state: [] for state in State}
    for row in rows:
        found[State(row.state)].append(_view(row))
    return found


def listed(tx: Session, wanted: Wanted, *, page: int = 1, size: int = PAGE) -> Page:
    """One page of a list, what is overdue first; a page beyond the last shows the last."""
    total = tx.scalar(select(func.count()).select_from(Delivery).where(*wanted.conditions())) or 0
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    rows = tx.scalars(
        select(Delivery)
        .where(*wanted.conditions())
        .order_by(*_FIRST)
        .limit(size)
        .offset((page - 1) * size)
        .options(*_LIGHT)
    )
    return Page(items=tuple(_view(row) for row in rows), total=total, page=page, pages=pages)


def every(tx: Session, wanted: Wanted) -> list[DeliveryView]:
    """All of them with the dates of their steps, by call and number, in two queries."""
    rows = list(
        tx.scalars(
            select(Delivery)
            .where(*wanted.conditions())
            .order_by(Delivery.year.desc(), Delivery.call_id, Delivery.number)
            .options(*_LIGHT)
        )
    )
    steps: dict[int, list[Milestone]] = {}
    for one in tx.scalars(
        select(Milestone)
        .join(Delivery, Delivery.id == Milestone.project_id)
        .where(*wanted.conditions(), Milestone.state.in_([step.value for step in PLANNED]))
        .order_by(Milestone.position)
    ):
        steps.setdefault(one.project_id, []).append(one)
    return [_view(row, steps.get(row.id, ())) for row in rows]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the filters offer: years and names of districts that there are."""

    years: tuple[int, ...]
    districts: tuple[str, ...]
    agencies: tuple[int, ...]


def offered(tx: Session, wanted: Wanted) -> Offered:
    """The years and agencies of all projects, and the districts of the call or agency that is wanted."""
    narrowed = Wanted(call_id=wanted.call_id, agency_id=wanted.agency_id).conditions()
    years = tx.scalars(select(Delivery.year).distinct().order_by(Delivery.year.desc()))
    agencies = tx.scalars(select(Delivery.agency_id).distinct().order_by(Delivery.agency_id))
    districts = tx.scalars(
        select(Delivery.district_name).where(*narrowed).distinct().order_by(Delivery.district_name)
    )
    return Offered(years=tuple(years), districts=tuple(districts), agencies=tuple(agencies))


def news(tx: Session, wanted: Wanted, *, number: int = 0, most: int = IN_THE_FEED) -> list[News]:
    """The newest changes, newest first; ``number``: of one project of the wanted call."""
    query = select(Change, Delivery).join(Delivery, Delivery.id == Change.project_id)
    if number:
        query = query.where(Delivery.number == number)
    rows = tx.execute(
        query.where(*wanted.conditions()).order_by(Change.id.desc()).limit(most).options(*_LIGHT)
    )
    return [News(project=_view(project), change=_change(change)) for change, project in rows]


def shows(tx: Session, sha256: str) -> bool:
    """Whether a project shows that photograph."""
    query = select(Photo.id).where(Photo.sha256 == sha256, Photo.removed_at.is_(None)).limit(1)
    return tx.scalar(query) is not None
