"""A resident's mobile number: entered, confirmed by a code, used for the reminder of the last day to vote.

A number is kept only once its owner has typed the code that was sent to it. How many codes go to one number,
and are ordered from one account, is limited by the hour and by the day.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pbvote.core.letters import narrow
from pbvote.core.types import Actor
from pbvote.platform import outbox
from pbvote.platform.runtime import Runtime, TextTemplate
from pbvote.rooms.accounts.errors import CodeRefused, PhoneNeeded, TextsMany, TextsOff
from pbvote.rooms.accounts.models import Confirmation, Resident, TextSent
from pbvote.rooms.accounts.notices import held
from pbvote.typed.mobiles import mobile_of

_KIND: Final = "phone"
_MISSES: Final = 5
_LIVES: Final = timedelta(minutes=10)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def request_code(rt: Runtime, actor: Actor, phone: str) -> None:
    """A code is on its way to the number; an earlier one is void.

    Raises:
        NotAMobile: not a mobile number of Taiwan. TextsOff: this service sends no text messages.
        TextsMany: enough were sent to this number, or ordered from this account.
    """
    if rt.texter is None:
        raise TextsOff()
    number, now = mobile_of(phone), rt.clock()
    code = f"{secrets.randbelow(1_000_000):06d}"
    with rt.main() as tx:
        row = held(tx, actor.id)
        for counted in sorted((number, f"account {actor.id}")):
            count(rt, tx, counted, now=now)
        tx.merge(
            Confirmation(
                resident_id=row.id,
                kind=_KIND,
                value=number,
                secret_sha256=_digest(rt, number, code),
                misses=0,
                expires_at=now + _LIVES,
            )
        )
        outbox.post_text(
            tx,
            to=number,
            template=TextTemplate.PHONE_CODE,
            due_at=now,
            language=row.language,
            code=code,
            minutes=int(_LIVES.total_seconds()) // 60,
        )


def _digest(rt: Runtime, *parts: str) -> str:
    key = rt.settings.secret_key.get_secret_value().encode()
    return hmac.new(key, "\x00".join(("pbvote/phone/v1", *parts)).encode(), hashlib.sha256).hexdigest()


def count(rt: Runtime, tx: Session, what: str, *, now: datetime, field: str = "phone") -> None:
    """One message more to a number or an address, or from an account; only a keyed hash of it is kept,
    for a day.

    Raises:
        TextsMany: enough within an hour or a day.
    """
    name = _digest(rt, what)
    row = tx.get(TextSent, name, with_for_update=True)
    if row is None:
        row = TextSent(number_hash=name, times=[], at=now)
        tx.add(row)
    times = [time for time in map(datetime.fromisoformat, row.times) if time > now - _DAY]
    recent = [time for time in times if time > now - _HOUR]
    if len(times) >= rt.settings.sms.a_day:
        raise TextsMany(field=field, retry_after=int((times[0] + _DAY - now).total_seconds()) + 1)
    if len(recent) >= rt.settings.sms.an_hour:
        raise TextsMany(field=field, retry_after=int((recent[0] + _HOUR - now).total_seconds()) + 1)
    row.times, row.at = [time.isoformat() for time in (*times, now)], now


def waiting_number(tx: Session, resident_id: int, *, now: datetime) -> str:
    """The number that waits for its code, or nothing."""
    row = tx.get(Confirmation, (resident_id, _KIND))
    return row.value if row is not None and now < row.expires_at else ""


def confirm(rt: Runtime, actor: Actor, code: str) -> None:
    """The number is the resident's from now on, and the last day is told to it.

    Raises:
        CodeRefused: wrong, too old, or too many misses: a new code is needed then.
    """
    now, right = rt.clock(), False
    typed = narrow(code).replace(" ", "").replace("-", "")
    with rt.main() as tx:
        row = held(tx, actor.id)
        waiting = tx.get(Confirmation, (actor.id, _KIND))
        if waiting is not None and now < waiting.expires_at and waiting.misses < _MISSES:
            right = hmac.compare_digest(waiting.secret_sha256, _digest(rt, waiting.value, typed))
            waiting.misses += 1
        if right and waiting is not None:
            row.phone, row.texts = waiting.value, True
            tx.delete(waiting)
    if not right:
        raise CodeRefused(field="code")


def choose_texts(rt: Runtime, actor: Actor, *, wanted: bool) -> None:
    """Whether the last day to vote is told by text message.

    Raises:
        PhoneNeeded: there is no confirmed number.
    """
    with rt.main() as tx:
        row = held(tx, actor.id)
        if wanted and not row.phone:
            raise PhoneNeeded(field="phone")
        row.texts = wanted


def forget(rt: Runtime, actor: Actor) -> None:
    """The number, and one that waits for its code, are no longer known."""
    with rt.main() as tx:
        forget_in(tx, held(tx, actor.id))


def forget_in(tx: Session, row: Resident) -> None:
    """The same in the caller's transaction; messages not sent yet are not sent any more."""
    if row.phone:
        outbox.withdraw_texts(tx, to=row.phone)
    row.phone, row.texts = "", False
    waiting = tx.get(Confirmation, (row.id, _KIND))
    if waiting is not None:
        outbox.withdraw_texts(tx, to=waiting.value)
        tx.delete(waiting)


def forget_old(rt: Runtime, tx: Session) -> None:
    """Forget what waited for a code or a link in vain, and the messages of yesterday and before."""
    tx.execute(delete(Confirmation).where(Confirmation.expires_at <= rt.clock()))
    tx.execute(delete(TextSent).where(TextSent.at < rt.clock() - _DAY))
