"""「我可以投票嗎？」 Whether somebody is on the roll, from the day it is imported (PRA-13).

Asked with the same care as the check-in: number, birth date and code together, every miss counted on the
same counters, one answer for everybody who is not found. It says nothing of whether somebody has voted, and
leaves nothing behind.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.errors import StageClosed
from pbvote.core.identity.national_id import CanonicalId, canonical_id
from pbvote.core.identity.voter_record import person_check, person_key
from pbvote.core.rules.eligibility import Style, require_age, style_of
from pbvote.core.rules.stage import Act
from pbvote.core.types import CallId, StyleId
from pbvote.platform.identity import Answer
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.registrar import keys, queries
from pbvote.rooms.registrar.errors import IdentityWayClosed, RollNotImported
from pbvote.rooms.registrar.models import RollRow
from pbvote.rooms.registrar.tries import begin_try, settle


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the roll says about a number."""

    style: StyleId
    matches: bool


def read_roll(
    rt: Runtime, k_roll: bytes, *, call_id: CallId, number: CanonicalId, birth_on: date, code: str
) -> Found:
    """Compare with the roll: the same statements and hashes whether there is such a row or not."""
    person = person_key(k_roll, call_id, number)
    query = select(RollRow.check_hash, RollRow.style, RollRow.with_code)
    with rt.read_main() as tx:
        row = tx.execute(query.where(RollRow.call_id == call_id, RollRow.person_key == person)).first()
    counts = row.with_code if row is not None else True
    expected = bytes(row.check_hash) if row is not None else bytes(32)
    typed = person_check(k_roll, call_id, number, birth_on=birth_on, code=code if counts else "")
    matches = hmac.compare_digest(expected, typed) and row is not None
    return Found(style=StyleId(row.style) if row is not None else StyleId(""), matches=matches)


def can_look_up(tx: Session, call: CallView, now: datetime) -> bool:
    """Whether anybody can ask now: the call has a roll, it is imported, and its vote has not ended."""
    try:
        require_look_up(tx, call, now)
    except (IdentityWayClosed, RollNotImported, StageClosed):
        return False
    return True


def require_look_up(tx: Session, call: CallView, now: datetime) -> None:
    """Guarantee that :func:`can_look_up`.

    Raises:
        IdentityWayClosed: this call has no roll, so nothing can be looked up before the vote.
        RollNotImported: not yet.
        StageClosed: the vote is over.
    """
    if not call.rules.way.reads_roll:
        raise IdentityWayClosed(way=call.rules.way.name)
    call.require(Act.LOOK_UP, now)
    if not queries.has_roll(tx, call.id):
        raise RollNotImported()


def look_up(
    rt: Runtime,
    call_id: str,
    *,
    national_id: str,
    birth_on: date,
    code: str,
    device: str,
    address: str = "",
) -> Style:
    """The ballot style with which the person of this number, birth date and code votes.

    ``device`` and ``address`` as in :func:`pbvote.rooms.registrar.identification.identify`.

    Raises:
        CallUnknown, StageClosed, IdentityWayClosed, RollNotImported: nobody can ask now.
        IdMalformed, IdCheckDigit: a typing mistake.
        TooSoon, PairPaused, LockedUntilTomorrow: too many misses.
        IdentityMismatch: nobody on the roll has this number, birth date and code.
        TooYoung: on the roll, and under age.
    """
    number = canonical_id(national_id)
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
        require_look_up(tx, call, rt.clock())
        merged = queries.merged_styles(tx, call.id)
    k_roll = rt.keystore.get(keys.k_roll(call.id))
    one = begin_try(rt, k_roll, call.id, number=number.number, device=device, address=address)
    found = read_roll(rt, k_roll, call_id=call.id, number=number, birth_on=birth_on, code=code)
    settle(rt, one, Answer.MATCH if found.matches else Answer.NO_MATCH)
    require_age(call.rules, birth_on)
    return style_of(merged.get(found.style, found.style))
