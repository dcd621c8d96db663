"""All that is carried out at once: the board over every call, its figures, the table, the feed; no writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from pbvote.rooms.delivery.kinds import PLANNED, State
from pbvote.rooms.delivery.models import Change, Delivery, Milestone
from pbvote.rooms.delivery.queries import (
    LIGHT,
    ChangeView,
    DeliveryView,
    PhotoView,
    change_view,
    first_photos,
    view,
)
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.queries import ProposalView

PAGE: Final = 24
IN_A_COLUMN: Final = 6
IN_THE_FEED: Final = 50


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
    cancelled_twd: int  # of what was granted, what belongs to those cancelled
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
    def cancelled(self) -> int:
        """How many are cancelled."""
        return self.by_state.get(State.CANCELLED, 0)

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
        cancelled_twd=sum(int(row[2]) for row in rows if row[0] == State.CANCELLED),
        spent_twd=sum(int(row[3]) for row in rows),
        late=sum(int(row[4]) for row in rows),
    )


_FIRST: Final = (
    # what waits for its dates, the latest first; what was never kept up; at the end what has ended
    Delivery.state.in_([state.value for state in State if state.ended]),
    Delivery.due_on.is_(None),
    Delivery.due_on,
    Delivery.changed_at.is_not(None),
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
        .options(*LIGHT)
    )
    found: dict[State, list[DeliveryView]] = {state: [] for state in State}
    for row in rows:
        found[State(row.state)].append(view(row))
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
        .options(*LIGHT)
    )
    return Page(items=tuple(view(row) for row in rows), total=total, page=page, pages=pages)


def every(tx: Session, wanted: Wanted) -> list[DeliveryView]:
    """All of them with the dates of their steps, by call and number, in two queries."""
    rows = list(
        tx.scalars(
            select(Delivery)
            .where(*wanted.conditions())
            .order_by(Delivery.year.desc(), Delivery.call_id, Delivery.number)
            .options(*LIGHT)
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
    return [view(row, steps.get(row.id, ())) for row in rows]


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
        query.where(*wanted.conditions()).order_by(Change.id.desc()).limit(most).options(*LIGHT)
    )
    return [News(project=view(project), change=change_view(change)) for change, project in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """All that is carried out, in short: figures, and the few projects that were told of last."""

    figures: Figures
    newest: tuple[DeliveryView, ...]
    photos: Mapping[int, PhotoView]
    proposals: Mapping[int, ProposalView]
    today: date


def glance(tx: Session, *, today: date, most: int = 3) -> Glance:
    """What a front page says of the carrying out, in a handful of queries."""
    rows = tx.scalars(
        select(Delivery)
        .where(Delivery.changed_at.is_not(None))
        .order_by(Delivery.changed_at.desc())
        .limit(most)
        .options(*LIGHT)
    )
    newest = tuple(view(row) for row in rows)
    return Glance(
        figures=figures(tx, Wanted(), today=today),
        newest=newest,
        photos=first_photos(tx, (each.id for each in newest)),
        proposals=proposals.of_ids(tx, (each.proposal_id for each in newest)),
        today=today,
    )
