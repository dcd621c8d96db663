"""Who waits for whom at the box: casts pass side by side, sealing waits for all of them.

SQLite has one writer at a time, so nothing is needed there. On PostgreSQL casts share an advisory
lock: no row is touched, so a thousand casts at once do not wait for each other.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pbvote.core.types import CallId, sha256, tag
from pbvote.rooms.ballotbox.errors import VoteUnknown
from pbvote.rooms.ballotbox.models import VOTE


def _key(call_id: CallId) -> int:
    return int.from_bytes(sha256(tag("pbvote/box-lock") + call_id.encode())[:8], "big", signed=True)


def _on_postgresql(tx: Session) -> bool:
    return tx.get_bind().dialect.name == "postgresql"


def share(tx: Session, call_id: CallId) -> None:
    """Until this transaction ends the box is not sealed."""
    if _on_postgresql(tx):
        tx.execute(select(func.pg_advisory_xact_lock_shared(_key(call_id))))


def exclude(tx: Session, call_id: CallId) -> None:
    """Every cast that has begun is over, and none begins until this transaction ends."""
    if _on_postgresql(tx):
        tx.execute(select(func.pg_advisory_xact_lock(_key(call_id))))


def sequence(tx: Session, call_id: CallId) -> int:
    """Only this transaction appends to the call's log; returns the state of the box.

    Raises:
        VoteUnknown: the box has no such vote.
    """
    state = tx.scalar(select(VOTE.c.state).where(VOTE.c.call_id == call_id).with_for_update())
    if state is None:
        raise VoteUnknown(call=call_id)
    return int(state)
