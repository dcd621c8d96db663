"""Misses at the staff's door: who misses too often waits, and nobody can make somebody else wait.

Wrong passwords are counted for a login *and* the network address that they come from, so that a stranger's
misses pause the stranger. Wrong codes are counted for the account: behind the right password at the
sign-in, and apart from that for whoever is signed in already. A pause is not lengthened by further misses.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta, timezone
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts.models import SignInMiss, StaffAccount

BEFORE_PAUSE: Final = 5
PAUSE: Final = timedelta(minutes=15)
_KEPT: Final = timedelta(days=1)
_TAIPEI: Final = timezone(timedelta(hours=8))


def until_text(until: datetime) -> str:
    """The end of a pause as the sentence names it: ``14:35`` in Taipei, rounded up to the minute."""
    return (until + timedelta(seconds=59)).astimezone(_TAIPEI).strftime("%H:%M")


def is_paused(until: datetime | None, now: datetime) -> bool:
    """Whether a pause still runs."""
    return until is not None and now < until


def _digest(rt: Runtime, text: str) -> str:
    """Logins and addresses are kept as keyed hashes: people type passwords into the wrong field."""
    key = rt.settings.secret_key.get_secret_value().encode()
    return hmac.new(key, b"pbvote/sign-in-miss/v1\x00" + text.encode(), hashlib.sha256).hexdigest()


def paused_until(rt: Runtime, tx: Session, *, login: str, address: str) -> datetime | None:
    """Until when this address may not try this login, or None."""
    row = tx.get(SignInMiss, (_digest(rt, login), _digest(rt, address)))
    return row.paused_until if row is not None and is_paused(row.paused_until, rt.clock()) else None


def count_password(rt: Runtime, tx: Session, *, login: str, address: str) -> None:
    """One wrong password more for a login from an address, whether there is such a login or not."""
    now = rt.clock()
    name = _digest(rt, login), _digest(rt, address)
    row = tx.get(SignInMiss, name, with_for_update=True)
    if row is None:
        row = SignInMiss(login_hash=name[0], address_hash=name[1], failed=0, at=now)
        tx.add(row)
    if is_paused(row.paused_until, now):
        return
    row.failed, row.at = row.failed + 1, now
    if row.failed >= BEFORE_PAUSE:
        row.failed, row.paused_until = 0, now + PAUSE


def forget_password(rt: Runtime, tx: Session, *, login: str, address: str = "") -> None:
    """Forget the misses for a login from an address, or from every address."""
    statement = delete(SignInMiss).where(SignInMiss.login_hash == _digest(rt, login))
    if address:
        statement = statement.where(SignInMiss.address_hash == _digest(rt, address))
    tx.execute(statement)


def forget_old(rt: Runtime, tx: Session) -> None:
    """Forget the misses of yesterday and before."""
    tx.execute(delete(SignInMiss).where(SignInMiss.at < rt.clock() - _KEPT))


def count_code(row: StaffAccount, now: datetime) -> None:
    """One wrong code more behind the right password."""
    if is_paused(row.locked_until, now):
        return
    row.failed += 1
    if row.failed >= BEFORE_PAUSE:
        row.failed, row.locked_until = 0, now + PAUSE


def count_session_code(row: StaffAccount, now: datetime) -> None:
    """One wrong code more from within a session of the account."""
    if is_paused(row.session_paused_until, now):
        return
    row.session_failed += 1
    if row.session_failed >= BEFORE_PAUSE:
        row.session_failed, row.session_paused_until = 0, now + PAUSE


def forget_all(rt: Runtime, tx: Session, row: StaffAccount) -> None:
    """Every pause of the account is over, at whatever address."""
    row.failed, row.locked_until = 0, None
    row.session_failed, row.session_paused_until = 0, None
    forget_password(rt, tx, login=row.login)
