"""Following (追蹤) a call or a proposal by mail, and leaving with one click."""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pbvote.core.types import Actor
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.engagement.errors import ResidentNeeded, SubscriptionUnknown
from pbvote.rooms.engagement.models import Follow
from pbvote.rooms.proposals import queries as proposals

_MARK = 20


def follow(rt: Runtime, actor: Actor, call_id: str, *, proposal_id: int = 0) -> None:
    """Ask for mail about a call, or one of its proposals; a second time changes nothing.

    Raises:
        ResidentNeeded, CallUnknown, ProposalUnknown.
    """
    if actor.kind != "resident":
        raise ResidentNeeded()
    with rt.main() as tx:
        call = calls.get_published(tx, call_id)
        if proposal_id:
            proposals.get_public(tx, call_id, proposal_id, readable_from=call.readable_from)
        if _row(tx, actor.id, call_id, proposal_id) is None:
            tx.add(Follow(resident_id=actor.id, call_id=call_id, proposal_id=proposal_id, at=rt.clock()))


def unfollow(rt: Runtime, actor: Actor, call_id: str, *, proposal_id: int = 0) -> None:
    """Stop the mail about a call, or one of its proposals; a second time changes nothing.

    Raises:
        ResidentNeeded.
    """
    if actor.kind != "resident":
        raise ResidentNeeded()
    with rt.main() as tx:
        row = _row(tx, actor.id, call_id, proposal_id)
        if row is not None:
            tx.delete(row)


def _row(tx: Session, resident_id: int, call_id: str, proposal_id: int) -> Follow | None:
    return tx.scalars(
        select(Follow).where(
            Follow.resident_id == resident_id, Follow.call_id == call_id, Follow.proposal_id == proposal_id
        )
    ).first()


def unsubscribe_token(rt: Runtime, *, resident_id: int, call_id: str) -> str:
    """The end of a link that stops all mail about a call; made from the service's secret, kept nowhere."""
    body = f"{resident_id}.{call_id}"
    return f"{body}.{_mac(rt, body)}"


def _mac(rt: Runtime, body: str) -> str:
    key = rt.settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"unsubscribe:{body}".encode(), hashlib.sha256).hexdigest()[: 2 * _MARK]


def unsubscribed_call(rt: Runtime, token: str) -> tuple[int, str]:
    """The resident and the call of a link.

    Raises:
        SubscriptionUnknown: not a link that this service made.
    """
    body, _, mark = token.rpartition(".")
    resident, _, call_id = body.partition(".")
    if not resident.isdecimal() or not hmac.compare_digest(mark.encode(), _mac(rt, body).encode()):
        raise SubscriptionUnknown()
    return int(resident), call_id


def unsubscribe(rt: Runtime, token: str) -> str:
    """Stop all mail about the call of the link; returns the call's id. A second click changes nothing.

    Raises:
        SubscriptionUnknown: not a link that this service made.
    """
    resident_id, call_id = unsubscribed_call(rt, token)
    with rt.main() as tx:
        tx.execute(delete(Follow).where(Follow.resident_id == resident_id, Follow.call_id == call_id))
    return call_id
