"""The check-in ticket: who was identified for which ballot style, sealed, for some minutes.

It lives in the check-in cookie alone. The server stores nothing about a person between being identified
and being issued a token; a ticket is no right to vote, only the claim of the row is.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from pbvote.core import canonical
from pbvote.core.crypto.errors import SealBroken
from pbvote.core.rules.eligibility import may_owe_statement
from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.types import CallId, StyleId, length_prefixed, tag
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import keys
from pbvote.rooms.registrar.errors import GroundUnstated, TicketBroken, TicketExpired

_LONGEST: Final = 3000
_MARK_LENGTH: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Who may ask for one token; ``repr`` shows no identity."""

    call_id: CallId
    canonical_id: str = field(repr=False)
    style: StyleId
    method: str  # the way of identity that made it
    transaction: str = field(default="", repr=False)
    notice: int = 0  # version of the privacy notice that was shown (PRA-17)
    notify_to: str = field(default="", repr=False)
    language: str = "zh"
    grounds: tuple[int, ...] = ()  # places in the rules: on which grounds the person can vote
    ground: int | None = None  # on which one they do; where it is shown by a statement, they made it
    expires_at: datetime


def _bound(call_id: str) -> bytes:
    return tag("pbvote/ticket/v1") + length_prefixed(call_id)


def seal_ticket(rt: Runtime, ticket: Ticket) -> str:
    """The ticket as text for the check-in cookie; nobody but this service reads or makes one."""
    values: dict[str, Any] = {
        "id": ticket.canonical_id,
        "style": ticket.style,
        "method": ticket.method,
        "transaction": ticket.transaction,
        "notice": ticket.notice,
        "notify": ticket.notify_to,
        "language": ticket.language,
        "grounds": list(ticket.grounds),
        "ground": "" if ticket.ground is None else str(ticket.ground),
        "expires": int(ticket.expires_at.timestamp()),
    }
    key = rt.keystore.get(keys.TICKET)
    sealed = keys.seal_small(key, canonical.encode(values), bound=_bound(ticket.call_id))
    return base64.urlsafe_b64encode(sealed).decode()


def owes_statement(ruleset: Ruleset, ticket: Ticket) -> bool:
    """Whether the person has to say first on which ground they vote, and to stand by it (切結, PRA-03).

    Nobody has to whose grounds are all shown by something else.
    """
    return ticket.ground is None and may_owe_statement(ruleset, ticket.grounds)


def stating(ticket: Ticket, ground: str) -> Ticket:
    """The ticket of a person who states that this ground, by its place in the rules, is theirs.

    Raises:
        GroundUnstated: none of those on which the person can vote.
    """
    for place in ticket.grounds:
        if ground == str(place):
            return replace(ticket, ground=place)
    raise GroundUnstated(field="ground")


def person_mark(rt: Runtime, ticket: Ticket) -> str:
    """An opaque mark of the person within this call, for the device that votes; stored by no server.

    A device keeps it with an attempt until the ballot is cast, so that it never goes on with the
    attempt of somebody else who identified on it before.
    """
    key = rt.keystore.get(keys.TICKET)
    parts = length_prefixed(ticket.call_id), length_prefixed(ticket.canonical_id)
    return keys.derive(key, "pbvote/device-mark/v1", *parts)[:_MARK_LENGTH].hex()


def open_ticket(rt: Runtime, call_id: CallId, text: str) -> Ticket:
    """The ticket of a text.

    Raises:
        TicketBroken: not one of this service's, or for another call.
        TicketExpired: the sitting took too long.
    """
    try:
        if not text or len(text) > _LONGEST or len(call_id) > 32:
            raise TicketBroken()
        sealed = base64.b64decode(text, altchars=b"-_", validate=True)
        content = keys.open_small(rt.keystore.get(keys.TICKET), sealed, bound=_bound(call_id))
    except (SealBroken, binascii.Error, ValueError) as error:
        raise TicketBroken() from error
    values: Any = canonical.decode(content)
    ticket = Ticket(
        call_id=call_id,
        canonical_id=values["id"],
        style=StyleId(values["style"]),
        method=values["method"],
        transaction=values["transaction"],
        notice=values["notice"],
        notify_to=values["notify"],
        language=values["language"],
        grounds=tuple(values.get("grounds", ())),
        ground=int(values["ground"]) if values.get("ground") else None,
        expires_at=datetime.fromtimestamp(values["expires"], UTC),
    )
    if ticket.expires_at <= rt.clock():
        raise TicketExpired()
    return ticket
