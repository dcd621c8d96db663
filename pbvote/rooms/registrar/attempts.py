"""Misses at the check-in: counted before the answer is known, taken back when it is a match.

Counting first closes the gap in which many requests at once would all see "no misses yet". Three misses
by one device for one number pause that pair; misses per number only brake an address
(:mod:`pbvote.rooms.registrar.brake`), up to a cap a day that the help desk lifts: so a stranger cannot burn a
resident's vote (S3). Known and unknown numbers are treated alike. Subjects are keyed hashes; days and
pauses to five minutes are the only times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session

from pbvote.core.types import TAIPEI, CallId, length_prefixed
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import IdentitySettings
from pbvote.rooms.registrar import keys
from pbvote.rooms.registrar.errors import CodesSpent, LockedUntilTomorrow, PairPaused
from pbvote.rooms.registrar.models import Attempt
from pbvote.typed.dates import taipei_day

_GRAIN: Final = 300
_CODES_A_DAY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An attempt that has been counted as a miss until its answer is known."""

    call_id: CallId
    person: bytes
    pair: bytes
    misses_before: int
    left: int


def person_subject(k_roll: bytes, call_id: CallId, number: str) -> bytes:
    """The keyed hash under which the misses for a number are counted."""
    return keys.derive(k_roll, "pbvote/misses/v1", length_prefixed(call_id), length_prefixed(number))


def claim(
    tx: Session,
    k_roll: bytes,
    *,
    call_id: CallId,
    number: str,
    device: str,
    now: datetime,
    limits: IdentitySettings,
) -> Claimed:
    """Count an attempt as a miss before anything is compared.

    Raises:
        PairPaused, LockedUntilTomorrow: no attempt is open now; nothing is counted.
    """
    person = person_subject(k_roll, call_id, number)
    parts = length_prefixed(call_id), length_prefixed(number), length_prefixed(device)
    pair = keys.derive(k_roll, "pbvote/pair/v1", *parts)
    today = _today(now)
    _require_open(tx, call_id, pair=pair, person=person, now=now, cap=limits.misses_a_day)
    total = _count(tx, call_id, subject=person, person=person, today=today, now=now)
    mine = _count(tx, call_id, subject=pair, person=person, today=today, now=now)
    if mine > limits.misses_before_pause:
        raise PairPaused(**_pause_facts(limits.pause_minutes * 60))
    if mine == limits.misses_before_pause:
        until = int(now.timestamp()) + limits.pause_minutes * 60
        tx.execute(
            update(Attempt)
            .where(Attempt.call_id == call_id, Attempt.subject == pair)
            .values(paused_until=-(-until // _GRAIN) * _GRAIN)
        )
    return Claimed(
        call_id=call_id,
        person=person,
        pair=pair,
        misses_before=total - 1,
        left=limits.misses_before_pause - mine,
    )


def counted(
    tx: Session, k_roll: bytes, *, call_id: CallId, number: str, device: str, limits: IdentitySettings
) -> Claimed:
    """An attempt that :func:`claim` has counted before, to be settled now."""
    person = person_subject(k_roll, call_id, number)
    parts = length_prefixed(call_id), length_prefixed(number), length_prefixed(device)
    pair = keys.derive(k_roll, "pbvote/pair/v1", *parts)
    mine = tx.scalar(select(Attempt.misses).where(Attempt.call_id == call_id, Attempt.subject == pair)) or 0
    left = max(0, limits.misses_before_pause - mine)
    return Claimed(call_id=call_id, person=person, pair=pair, misses_before=0, left=left)


def matched(tx: Session, claimed: Claimed) -> None:
    """Take the attempt back: it was a match, and the pair's earlier misses are forgiven."""
    tx.execute(delete(Attempt).where(Attempt.call_id == claimed.call_id, Attempt.subject == claimed.pair))
    _take_back(tx, claimed.call_id, claimed.person)


def unanswered(tx: Session, claimed: Claimed) -> None:
    """Take the attempt back: nobody said that anything typed was wrong."""
    _take_back(tx, claimed.call_id, claimed.pair)
    _take_back(tx, claimed.call_id, claimed.person)


def unlock(tx: Session, call_id: CallId, person: bytes) -> None:
    """Forget every miss for a number, on whatever device."""
    tx.execute(delete(Attempt).where(Attempt.call_id == call_id, Attempt.person == person))


def forget_old_misses(rt: Runtime) -> None:
    """Forget the misses of earlier days, of every call; writes nothing where there are none."""
    today = _today(rt.clock())
    with rt.read_main() as tx:
        if tx.scalar(select(Attempt.day).where(Attempt.day < today).limit(1)) is None:
            return
    with rt.main() as tx:
        tx.execute(delete(Attempt).where(Attempt.day < today))


def forget_before(tx: Session, call_id: CallId, now: datetime) -> None:
    """Forget the misses of earlier days."""
    tx.execute(delete(Attempt).where(Attempt.call_id == call_id, Attempt.day < _today(now)))


def count_code(tx: Session, k_roll: bytes, *, call_id: CallId, address: str, now: datetime) -> None:
    """Count a code that is sent to an address.

    Raises:
        CodesSpent: enough were sent today.
    """
    subject = keys.derive(k_roll, "pbvote/sent/v1", length_prefixed(call_id), length_prefixed(address))
    if _count(tx, call_id, subject=subject, person=subject, today=_today(now), now=now) > _CODES_A_DAY:
        raise CodesSpent(retry_after=_until_tomorrow(now))


def is_first(tx: Session, k_roll: bytes, *, call_id: CallId, nonce: str, until: datetime) -> bool:
    """Whether something that may happen once, and until then, happens for the first time."""
    subject = keys.derive(k_roll, "pbvote/once/v1", length_prefixed(call_id), length_prefixed(nonce))
    row = keys.insert(tx, Attempt).values(
        call_id=call_id, subject=subject, person=subject, day=_today(until), misses=0, paused_until=0
    )
    made = row.on_conflict_do_nothing(index_elements=["call_id", "subject"]).returning(Attempt.misses)
    return tx.execute(made).first() is not None


def delay(misses_before: int, limits: IdentitySettings) -> float:
    """Seconds until the same address may try again: after some misses today, doubling from a quarter."""
    over = misses_before - limits.misses_before_slow
    return 0.0 if over < 0 else min(limits.slowest_seconds, 0.25 * 2.0 ** min(over, 10))


def _today(now: datetime) -> date:
    return taipei_day(now)


def _until_tomorrow(now: datetime) -> int:
    local = now.astimezone(TAIPEI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int((midnight - local).total_seconds()) + 1


def _pause_facts(seconds: int) -> dict[str, int]:
    return {"retry_after": seconds, "minutes": -(-seconds // 60)}


def _require_open(
    tx: Session, call_id: CallId, *, pair: bytes, person: bytes, now: datetime, cap: int
) -> None:
    rows = tx.execute(
        select(Attempt.subject, Attempt.misses, Attempt.day, Attempt.paused_until).where(
            Attempt.call_id == call_id, Attempt.subject.in_((pair, person))
        )
    ).all()
    for row in rows:
        wait = row.paused_until - int(now.timestamp())
        if row.subject == pair and wait > 0:
            raise PairPaused(**_pause_facts(wait))
    for row in rows:
        if row.subject == person and row.day == _today(now) and row.misses >= cap:
            raise LockedUntilTomorrow(retry_after=_until_tomorrow(now))


def _count(tx: Session, call_id: CallId, *, subject: bytes, person: bytes, today: date, now: datetime) -> int:
    """One more for a subject; a new day, or the end of a pause, starts at one."""
    over = Attempt.paused_until.between(1, int(now.timestamp()))
    statement = keys.insert(tx, Attempt).values(
        call_id=call_id, subject=subject, person=person, day=today, misses=1, paused_until=0
    )
    statement = statement.on_conflict_do_update(
        index_elements=["call_id", "subject"],
        set_={
            "misses": case((over, 1), (Attempt.day != today, 1), else_=Attempt.misses + 1),
            "paused_until": case((over, 0), else_=Attempt.paused_until),
            "day": today,
        },
    )
    return int(tx.execute(statement.returning(Attempt.misses)).scalar_one())


def _take_back(tx: Session, call_id: CallId, subject: bytes) -> None:
    where = Attempt.call_id == call_id, Attempt.subject == subject
    tx.execute(update(Attempt).where(*where).values(misses=Attempt.misses - 1, paused_until=0))
    tx.execute(delete(Attempt).where(*where, Attempt.misses <= 0))
