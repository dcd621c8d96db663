"""Tables of the carrying out: each winner as it stands, its dates and photographs, and every change."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from pbvote.platform.db import Instant, MainBase
from pbvote.rooms.delivery.kinds import ChangeKind, Moment, State


def _one_of(column: str, values: type[State] | type[ChangeKind] | type[Moment]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


class TakenUp(MainBase):
    """A certified vote whose winners stand in the list below; written once, by the worker."""

    __tablename__ = "delivery_taken_up"

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


class Delivery(MainBase):
    """A winner and how far it is. Number, title, district and ``granted_twd`` are the certified result's.

    ``year``: of the Republic, in which the result was certified. ``since_on``: the day on which the state
    began. ``due_on``: the earliest planned date that has not been met, None where nothing is awaited.
    ``version`` rises with every change but that of a photograph. ``changed_at`` None: never kept up.
    """

    __tablename__ = "delivery_project"
    __table_args__ = (
        CheckConstraint(_one_of("state", State), name="state"),
        CheckConstraint("granted_twd >= 0", name="granted"),
        CheckConstraint("spent_twd IS NULL OR spent_twd >= 0", name="spent"),
        UniqueConstraint("call_id", "number"),
        Index(None, "agency_id", "due_on"),
        Index(None, "state", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    proposal_id: Mapped[int]
    agency_id: Mapped[int]
    year: Mapped[int]
    district: Mapped[str]
    district_name: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    granted_twd: Mapped[int] = mapped_column(BigInteger)
    certified_on: Mapped[date]
    state: Mapped[str]
    since_on: Mapped[date]
    spent_twd: Mapped[int | None] = mapped_column(BigInteger)
    office: Mapped[str]
    telephone: Mapped[str]
    due_on: Mapped[date | None]
    version: Mapped[int]
    changed_at: Mapped[datetime | None] = mapped_column(Instant)
    milestones: Mapped[list[Milestone]] = relationship(
        order_by="Milestone.position", lazy="selectin", cascade="all, delete-orphan"
    )
    due_what: ClassVar[Any]
    photos: Mapped[list[Photo]] = relationship(order_by="Photo.id", lazy="selectin")


class Milestone(MainBase):
    """A date that is awaited or was met: of a step (``state``), or of anything else (``title``)."""

    __tablename__ = "delivery_milestone"
    __table_args__ = (UniqueConstraint("project_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("delivery_project.id"))
    position: Mapped[int]
    state: Mapped[str] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    planned_on: Mapped[date | None]
    actual_on: Mapped[date | None]


Delivery.due_what = column_property(
    select(func.coalesce(func.nullif(Milestone.state, ""), Milestone.title))
    .where(
        Milestone.project_id == Delivery.id,
        Milestone.planned_on == Delivery.due_on,
        Milestone.actual_on.is_(None),
    )
    .order_by(Milestone.position.desc())
    .limit(1)
    .correlate_except(Milestone)
    .scalar_subquery()
)
"""What is planned on ``due_on``: a step's state, or a milestone's title; None where nothing is awaited.

The last by position: of steps on one day, one that was skipped comes before the one that is awaited.
"""


class Photo(MainBase):
    """A photograph; its bytes lie among the photographs under their SHA-256 until it is taken away."""

    __tablename__ = "delivery_photo"
    __table_args__ = (CheckConstraint(_one_of("moment", Moment), name="moment"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("delivery_project.id"), index=True)
    sha256: Mapped[str] = mapped_column(index=True)
    alt: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    moment: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)


class Change(MainBase):
    """One change of a project: rows are never changed, and each names the one before by its digest.

    ``facts``: what was different, as canonical JSON takes it. A mistake is put right by another change.
    """

    __tablename__ = "delivery_change"
    __table_args__ = (
        CheckConstraint(_one_of("kind", ChangeKind), name="kind"),
        UniqueConstraint("project_id", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("delivery_project.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    officer_id: Mapped[int]
    kind: Mapped[str]
    note: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str]
