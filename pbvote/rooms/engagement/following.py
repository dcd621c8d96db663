"""Following (追蹤) a call or a proposal by mail, and leaving with one click."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pbvote.core.types import Actor
from pbvote.platform import leaving
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import notices
from pbvote.rooms.accounts.errors import AccountUnknown
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.engagement.errors import ResidentNeeded, SubscriptionUnknown
from pbvote.rooms.engagement.models import Follow
from pbvote.rooms.proposals import queries as proposals


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
    """The end of a link that stops all mail about a call."""
    return leaving.token_of(rt.settings, resident_id=resident_id, topic=call_id)


def subscription_of(rt: Runtime, token: str) -> tuple[int, str]:
    """The resident and the topic of a link (:mod:`pbvote.platform.leaving`).

    Raises:
        SubscriptionUnknown: not a link that this service made.
    """
    found = leaving.read(rt.settings, token)
    if found is None:
        raise SubscriptionUnknown()
    return found


def unsubscribe(rt: Runtime, token: str) -> str:
    """Stop the mail of the link's topic, which is returned. A second click changes nothing.

    Raises:
        SubscriptionUnknown: not a link that this service made, or nobody's any more.
    """
    resident_id, topic = subscription_of(rt, token)
    with rt.main() as tx:
        if not topic.startswith("~"):
            tx.execute(delete(Follow).where(Follow.resident_id == resident_id, Follow.call_id == topic))
            return topic
        try:
            notices.stop_in(tx, resident_id, topic, now=rt.clock())
        except AccountUnknown as error:
            raise SubscriptionUnknown() from error
    return topic
