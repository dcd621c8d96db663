"""Sessions end on the server: each account has a number that every sign-out and suspension raises.

A cookie carries the number that it was made under; under another number it is nobody's, wherever it was
copied to. Sessions of staff also end a fixed time after they began, twelve hours if nobody set another.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from pbvote.core.types import Actor
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts.models import Resident, StaffAccount
from pbvote.rooms.accounts.queries import actor_of


def _row(tx: Session, kind: str, number: int) -> StaffAccount | Resident | None:
    if kind == "resident":
        return tx.get(Resident, number, with_for_update=True)
    return tx.get(StaffAccount, number, with_for_update=True)


def session_number(tx: Session, actor: Actor) -> int:
    """The number under which a session of this account is good now."""
    row = _row(tx, actor.kind, actor.id)
    return row.session_number if row is not None else 0


def actor_in_session(
    rt: Runtime, tx: Session, *, kind: str, account_id: int, number: int, since: datetime
) -> Actor | None:
    """The account behind a session, as it is now; None where the session has ended."""
    row = _row(tx, kind, account_id)
    if row is None or row.session_number != number:
        return None
    if isinstance(row, Resident):
        return Actor(kind="resident", id=row.id)
    longest = timedelta(hours=rt.settings.web.staff_session_hours)
    if not row.active or not timedelta(0) <= rt.clock() - since < longest:
        return None
    return actor_of(row)


def end_sessions(rt: Runtime, actor: Actor) -> None:
    """Nobody is signed in to this account any more, on whatever device."""
    with rt.main() as tx:
        row = _row(tx, actor.kind, actor.id)
        if row is not None:
            row.session_number += 1
