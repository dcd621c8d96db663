"""Accounts as others may see them: frozen views, no secrets, no writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.types import Actor, AgencyId, Role
from pbvote.rooms.accounts.errors import AccountUnknown, AgencyUnknown
from pbvote.rooms.accounts.models import Agency, Resident, StaffAccount
from pbvote.typed.mobiles import masked_mobile


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyView:
    """An agency (機關)."""

    id: AgencyId
    slug: str
    name: str
    name_en: str
    level: str
    county: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffView:
    """A staff account as its agency sees it."""

    id: int
    agency_id: AgencyId
    login: str
    name: str
    roles: frozenset[Role]
    active: bool
    locked_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentView:
    """A resident's contact account."""

    id: int
    email: str
    name: str
    language: str
    phone: str = ""
    texts: bool = False

    @property
    def masked_email(self) -> str:
        """The address as a page may show it that is open to whoever holds a mail: ``w***@example.org``."""
        local, _, domain = self.email.rpartition("@")
        return f"{local[:1]}***@{domain}"

    @property
    def masked_phone(self) -> str:
        """The number as every page shows it, or nothing."""
        return masked_mobile(self.phone) if self.phone else ""


def _agency(row: Agency) -> AgencyView:
    return AgencyView(
        id=AgencyId(row.id),
        slug=row.slug,
        name=row.name,
        name_en=row.name_en,
        level=row.level,
        county=row.county,
    )


def _staff(row: StaffAccount) -> StaffView:
    return StaffView(
        id=row.id,
        agency_id=AgencyId(row.agency_id),
        login=row.login,
        name=row.name,
        roles=frozenset(Role(role) for role in row.roles),
        active=row.active,
        locked_until=row.locked_until,
    )


def actor_of(row: StaffAccount) -> Actor:
    """The actor that a staff account is."""
    return Actor(
        kind="officer",
        id=row.id,
        agency_id=AgencyId(row.agency_id),
        roles=frozenset(Role(role) for role in row.roles),
    )


def staff_actor(tx: Session, account_id: int) -> Actor | None:
    """The actor of a staff account, or None where it is gone or suspended."""
    row = tx.get(StaffAccount, account_id)
    return actor_of(row) if row is not None and row.active else None


def get_agency(tx: Session, agency_id: int) -> AgencyView:
    """The agency of that id.

    Raises:
        AgencyUnknown: there is none.
    """
    row = tx.get(Agency, agency_id)
    if row is None:
        raise AgencyUnknown(agency=agency_id)
    return _agency(row)


def agency_of_slug(tx: Session, slug: str) -> AgencyView:
    """The agency of that short name.

    Raises:
        AgencyUnknown: there is none.
    """
    row = tx.scalars(select(Agency).where(Agency.slug == slug)).first()
    if row is None:
        raise AgencyUnknown(agency=slug)
    return _agency(row)


def agencies_by_id(tx: Session, ids: Iterable[int]) -> dict[int, AgencyView]:
    """The agencies of those ids, in one query."""
    rows = tx.scalars(select(Agency).where(Agency.id.in_(set(ids))))
    return {row.id: _agency(row) for row in rows}


def staff_view(tx: Session, account_id: int) -> StaffView:
    """The staff account of that id.

    Raises:
        AccountUnknown: there is none.
    """
    row = tx.get(StaffAccount, account_id)
    if row is None:
        raise AccountUnknown(account=account_id)
    return _staff(row)


def staff_of_agency(tx: Session, agency_id: int) -> list[StaffView]:
    """An agency's staff accounts, by login."""
    query = select(StaffAccount).where(StaffAccount.agency_id == agency_id).order_by(StaffAccount.login)
    return [_staff(row) for row in tx.scalars(query)]


def staff_names(tx: Session, ids: Iterable[int]) -> dict[int, str]:
    """The names of those staff accounts, for the activity log."""
    rows = tx.scalars(select(StaffAccount).where(StaffAccount.id.in_(set(ids))))
    return {row.id: row.name for row in rows}


def resident_view(tx: Session, resident_id: int, *, hold: bool = False) -> ResidentView:
    """The resident of that id; ``hold``: until the transaction ends, acts that hold the same one wait.

    Raises:
        AccountUnknown: there is none.
    """
    row = tx.get(Resident, resident_id, with_for_update=hold or None)
    if row is None or row.left_at is not None:
        raise AccountUnknown(account=resident_id)
    return ResidentView(
        id=row.id,
        email=row.email,
        name=row.name,
        language=row.language,
        phone=row.phone,
        texts=row.texts,
    )
