"""Who somebody is, and with which ballot style they vote: ends in a ticket, stores nothing (S3).

Read the roll, ask the identity service with no transaction open, decide eligibility. An unknown number,
a wrong birth date and a wrong code take the same work and get the same answer. No activity entry, no log
line and no time is written here.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.errors import PbvoteError
from pbvote.core.identity.errors import IdMalformed
from pbvote.core.identity.national_id import CanonicalId, canonical_id
from pbvote.core.identity.voter_record import person_check, person_key
from pbvote.core.manifest import Manifest
from pbvote.core.rules.eligibility import Bond, decide_style, require_age
from pbvote.core.rules.ruleset import Ground, GroundKind, Ruleset, Verification
from pbvote.core.rules.stage import Act, Progress, require
from pbvote.core.types import Actor, CallId, DistrictId, Role, StyleId
from pbvote.platform.runtime import Answer, IdentityAnswer, IdentityClaim, Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.registrar import attempts, brake, keys, queries
from pbvote.rooms.registrar.attempts import Claimed
from pbvote.rooms.registrar.errors import (
    DeskChoice,
    IdentityLocked,
    IdentityMismatch,
    IdentityServiceDown,
    IdentityServiceTimeout,
    IdentityWayClosed,
    StyleNotOffered,
)
from pbvote.rooms.registrar.models import Assistance, RollRow
from pbvote.rooms.registrar.roll import Aliases
from pbvote.rooms.registrar.tickets import Ticket
from pbvote.typed.dates import taipei_day

_DESK_TICKET: Final = timedelta(minutes=60)
_ASSISTANCE: Final = frozenset({"", "companion", "staff"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the roll says about a number, read in the transaction that counts the attempt."""

    style: StyleId
    matches: bool


def require_identify(tx: Session, call_id: CallId, now: datetime) -> Manifest:
    """The manifest of a vote in which somebody can be identified now: opened, not ended, not sealed.

    Raises:
        VoteNotReady: it is not frozen.
        StageClosed: facts ``act`` and ``stage``. IssuingEnded: sealed, whatever the clock says.
    """
    manifest = queries.get_manifest(tx, call_id)
    require(manifest.ruleset.timeline.stage(Progress.FROZEN, now), Act.IDENTIFY)
    queries.require_issuing(tx, call_id)
    return manifest


def identify(
    rt: Runtime,
    call_id: CallId,
    *,
    national_id: str,
    birth_on: date,
    code: str,
    device: str,
    address: str = "",
) -> Ticket:
    """A ticket for the person of this number, birth date and code.

    ``device``: the browser's own mark; ``address``: where the request comes from. Both are hashed only.

    Raises:
        VoteNotReady, StageClosed, IssuingEnded, IdentityWayClosed: nobody can be identified here
            in this way now.
        IdMalformed, IdCheckDigit: a typing mistake.
        TooSoon, PairPaused, LockedUntilTomorrow: too many misses.
        IdentityMismatch: number, birth date and code do not belong together.
        IdentityLocked, IdentityServiceDown, IdentityServiceTimeout: the service's own word.
        TooYoung, NoGround, DeskOnly, StyleNotOffered: identified, but not eligible.
    """
    number = canonical_id(national_id)
    with rt.read_main() as tx:
        manifest = require_identify(tx, call_id, rt.clock())
    way = manifest.ruleset.verification
    if way is not Verification.ROLL and way.value not in rt.identity:
        raise IdentityWayClosed(way=way.value)
    k_roll = rt.keystore.get(keys.k_roll(call_id))
    held = brake.subject(k_roll, attempts.person_subject(k_roll, call_id, number.number), address)
    brake.require_unhurried(rt, held)
    with rt.main() as tx:
        claimed = attempts.claim(
            tx,
            k_roll,
            call_id=call_id,
            number=number.number,
            device=device,
            now=rt.clock(),
            limits=rt.settings.identity,
        )
        found = _read_roll(tx, k_roll, call_id=call_id, number=number, birth_on=birth_on, code=code)
    brake.hold(rt, held, attempts.delay(claimed.misses_before, rt.settings.identity))
    claim = IdentityClaim(call_id=call_id, canonical_id=number.number, birth_on=birth_on, code=code)
    answer = _ask(rt, way, claim, found=found)
    settle(rt, claimed, answer.answer)
    brake.release(rt, held)
    style = found.style if way is Verification.ROLL else _style_by_ties(manifest, answer, birth_on)
    require_age(manifest.ruleset, birth_on)
    return ticket_for(
        rt, manifest, person=number, style=style, method=way.value, transaction=answer.transaction
    )


def _ask(rt: Runtime, way: Verification, claim: IdentityClaim, *, found: _Found) -> IdentityAnswer:
    """The roll's answer, or the identity service's; no transaction is open."""
    if way is Verification.ROLL:
        return IdentityAnswer(answer=Answer.MATCH if found.matches else Answer.NO_MATCH)
    return rt.identity[way.value].verify(claim)


def _read_roll(
    tx: Session, k_roll: bytes, *, call_id: CallId, number: CanonicalId, birth_on: date, code: str
) -> _Found:
    """Compare with the roll: the same statements and hashes whether there is such a row or not."""
    row = tx.execute(
        select(RollRow.check_hash, RollRow.style, RollRow.with_code).where(
            RollRow.call_id == call_id, RollRow.person_key == person_key(k_roll, call_id, number)
        )
    ).first()
    counts = row.with_code if row is not None else 1
    expected = bytes(row.check_hash) if row is not None else bytes(32)
    typed = person_check(k_roll, call_id, number, birth_on=birth_on, code=code if counts else "")
    matches = hmac.compare_digest(expected, typed) and row is not None
    return _Found(style=StyleId(row.style) if row is not None else StyleId(""), matches=matches)


def settle(rt: Runtime, claimed: Claimed, answer: Answer) -> None:
    """Take back what was counted as a miss and was none; raise whatever is not a match."""
    if answer is Answer.NO_MATCH:
        raise IdentityMismatch(left=claimed.left)
    with rt.main() as tx:
        if answer is Answer.MATCH:
            attempts.matched(tx, claimed)
        else:
            attempts.unanswered(tx, claimed)
    refusals: dict[Answer, PbvoteError] = {
        Answer.LOCKED: IdentityLocked(),
        Answer.DOWN: IdentityServiceDown(),
        Answer.TIMEOUT: IdentityServiceTimeout(),
    }
    if answer in refusals:
        raise refusals[answer]


def _style_by_ties(manifest: Manifest, answer: IdentityAnswer, birth_on: date) -> StyleId:
    bonds = tuple(
        Bond(
            kind=GroundKind(bond.kind),
            area=bond.area,
            since_on=bond.since_on,
            district=DistrictId(bond.district),
        )
        for bond in answer.bonds
    )
    return decide_style(manifest.ruleset, bonds, birth_on=birth_on).id


def ticket_for(
    rt: Runtime, manifest: Manifest, *, person: CanonicalId, style: StyleId, method: str, transaction: str
) -> Ticket:
    offered = {known.id for known in manifest.styles}
    if style not in offered:
        with rt.read_main() as tx:
            style = queries.merged_styles(tx, manifest.call).get(style, style)
    if style not in offered:
        raise StyleNotOffered(style=style)
    return Ticket(
        call_id=manifest.call,
        canonical_id=person.number,
        style=style,
        method=method,
        transaction=transaction,
        expires_at=rt.clock() + timedelta(minutes=rt.settings.identity.ticket_minutes),
    )


def check_at_desk(
    rt: Runtime,
    actor: Actor,
    call_id: CallId,
    *,
    national_id: str,
    birth_on: date,
    ground: int,
    district: str,
    since: date,
    former_id: str = "",
    assistance: str = "",
) -> Ticket:
    """A ticket for the person whose documents an officer has seen (PRA-13, PRA-14, PRA-16).

    Writes the same row of the roll that an import writes; ``ground`` is the position of the ground in
    the rules. The row itself opens nothing on line: it is good at a desk only.

    Raises:
        CallUnknown, RoleNeeded, VoteNotReady, StageClosed.
        IdentityWayClosed: the call has no desk.
        IdMalformed, IdCheckDigit, DeskChoice: what the officer typed.
        TooYoung, NoGround, StyleNotOffered: not eligible.
    """
    number = canonical_id(national_id)
    former = [_former(text) for text in former_id.replace("；", ";").split(";") if text.strip()]
    with rt.read_main() as tx:
        calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
        manifest = require_identify(tx, call_id, rt.clock())
        merged = queries.merged_styles(tx, call_id)
    rules = manifest.ruleset
    if not rules.counter and rules.verification is not Verification.DESK:
        raise IdentityWayClosed(way="counter")
    bond = _bond_at_desk(rules, ground=ground, district=district, since=since)
    style = decide_style(rules, (bond,), birth_on=birth_on, at_desk=1).id
    style = merged.get(style, style)
    k_roll = rt.keystore.get(keys.k_roll(call_id))
    with rt.main() as tx:
        _write_desk_row(tx, k_roll, call_id=call_id, number=number, style=style)
        aliases = Aliases(rt, tx, call_id)
        person = aliases.link((number, *former)) if former else number
        if assistance in _ASSISTANCE - {""}:
            _count_assistance(tx, call_id, kind=assistance, now=rt.clock())
    ticket = ticket_for(
        rt, manifest, person=person, style=style, method="counter", transaction=f"officer/{actor.id}"
    )
    return replace(ticket, expires_at=rt.clock() + _DESK_TICKET)


def _former(text: str) -> CanonicalId:
    try:
        return canonical_id(text)
    except IdMalformed as error:
        raise IdMalformed(field="former_id") from error


def _bond_at_desk(rules: Ruleset, *, ground: int, district: str, since: date) -> Bond:
    if not 0 <= ground < len(rules.grounds):
        raise DeskChoice(field="ground")
    if district not in {known.id for known in rules.districts}:
        raise DeskChoice(field="district")
    chosen: Ground = rules.grounds[ground]
    return Bond(kind=chosen.kind, area=chosen.area, since_on=since, district=DistrictId(district))


def _write_desk_row(
    tx: Session, k_roll: bytes, *, call_id: CallId, number: CanonicalId, style: StyleId
) -> None:
    row = keys.insert(tx, RollRow).values(
        call_id=call_id,
        person_key=person_key(k_roll, call_id, number),
        check_hash=secrets.token_bytes(32),
        style=style,
        channel="counter",
        with_code=0,
    )
    tx.execute(row.on_conflict_do_nothing(index_elements=["call_id", "person_key"]))


def _count_assistance(tx: Session, call_id: CallId, *, kind: str, now: datetime) -> None:
    day = taipei_day(now)
    row = keys.insert(tx, Assistance).values(call_id=call_id, day=day, kind=kind, count=1)
    tx.execute(
        row.on_conflict_do_update(
            index_elements=["call_id", "day", "kind"], set_={"count": Assistance.count + 1}
        )
    )
