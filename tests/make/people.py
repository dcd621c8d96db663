"""An agency, its staff, and residents."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyotp
from sqlalchemy import select

from pbvote.core.types import Actor, AgencyId, Role
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.accounts.models import Resident, StaffAccount
from tests.make.services import MovableClock

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff(Actor):
    """Somebody of an agency; :func:`hire` puts the authenticator in the hand."""

    login: str = ""
    totp: pyotp.TOTP | None = field(default=None, compare=False)

    def code(self, clock: MovableClock) -> str:
        """A code that was not used before: the clock moves on by one."""
        assert self.totp is not None
        clock.forward(seconds=31)
        return str(self.totp.at(clock.now))


def put_agency(rt: Runtime, slug: str) -> int:
    """An agency of that short name."""
    return int(
        accounts_service.create_agency(
            rt, slug=slug, name=f"{slug}公所", level="township", county="臺北市"
        ).id
    )


def staff_of(agency_id: int, *roles: Role, account_id: int = 1) -> Staff:
    """Somebody of the agency without an account: an officer unless roles are given."""
    return Staff(
        kind="officer",
        id=account_id,
        agency_id=AgencyId(agency_id),
        roles=frozenset(roles or (Role.OFFICER,)),
    )


def put_staff(rt: Runtime, agency_id: int, login: str, *roles: Role) -> Staff:
    """An account of the agency that can be signed in without its password."""
    with rt.main() as tx:
        row = StaffAccount(
            agency_id=agency_id,
            login=login,
            name=login,
            password_hash="none",
            roles=[role.value for role in roles or (Role.OFFICER,)],
            created_at=rt.clock(),
        )
        tx.add(row)
        tx.flush()
        return staff_of(agency_id, *roles, account_id=row.id)


def hire(rt: Runtime, login: str, *roles: Role, agency: str = "shilin") -> Staff:
    """An account with the password :data:`PASSWORD` and an authenticator: an officer unless told."""
    account_id, uri = accounts_service.create_staff(
        rt,
        agency_slug=agency,
        login=login,
        name=login,
        roles=roles or (Role.OFFICER,),
        password=PASSWORD,
    )
    with rt.read_main() as tx:
        actor = accounts.staff_actor(tx, account_id)
    assert actor is not None
    totp = pyotp.parse_uri(uri)
    assert isinstance(totp, pyotp.TOTP)
    return Staff(
        kind=actor.kind, id=actor.id, agency_id=actor.agency_id, roles=actor.roles, login=login, totp=totp
    )


def put_resident(rt: Runtime, name: str, *, language: str = "zh") -> Actor:
    """A resident with a confirmed address."""
    with rt.main() as tx:
        row = Resident(email=f"{name}@example.org", name=name, language=language, confirmed_at=rt.clock())
        tx.add(row)
        tx.flush()
        return Actor(kind="resident", id=row.id)


def mailed_token(rt: Runtime) -> str:
    """The secret of the newest link that was mailed."""
    with rt.read_main() as tx:
        row = tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert row is not None
    return str(row.facts["token"])
