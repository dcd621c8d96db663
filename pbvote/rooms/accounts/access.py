"""Who may do what: the one place where an actor's role and agency are compared with the thing."""

from __future__ import annotations

from pbvote.core.types import Actor, Role
from pbvote.rooms.accounts.errors import NotYours, RoleNeeded


def require_role(actor: Actor, role: Role, agency_id: int) -> None:
    """Guarantee that the actor is staff of the agency and holds the role.

    Tenancy comes first: what belongs to another agency does not exist for this actor (NDC-06).

    Raises:
        NotYours: another agency, or no staff account.
        RoleNeeded: the agency's own staff, without the role.
    """
    require_agency(actor, agency_id)
    if not actor.has(role):
        raise RoleNeeded(role=role.value)


def require_agency(actor: Actor, agency_id: int) -> None:
    """Guarantee that the actor is staff of the agency, in whatever role.

    Raises:
        NotYours: another agency, or no staff account.
    """
    if actor.kind != "officer" or actor.agency_id != agency_id:
        raise NotYours()


def own_agency(actor: Actor, role: Role) -> int:
    """The agency that the actor acts for in the role.

    Raises:
        RoleNeeded: no staff account, or without the role.
    """
    if actor.kind != "officer" or actor.agency_id is None or not actor.has(role):
        raise RoleNeeded(role=role.value)
    return int(actor.agency_id)
