"""Who somebody is, and with which ballot style they vote: ends in a ticket, stores nothing (S3).

Read the roll, ask the identity service with no transaction open, decide eligibility. An unknown number,
a wrong birth date and a wrong code take the same work and get the same answer. No activity entry, no log
line and no time is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from pbvote.core.identity.national_id import CanonicalId, canonical_id
from pbvote.core.manifest import Manifest
from pbvote.core.rules.eligibility import Bond, decide_ground, grounds_of_weight, require_age, style_of
from pbvote.core.rules.ruleset import GroundKind
from pbvote.core.rules.stage import Act, Progress, require
from pbvote.core.rules.ways import Asks, WayOfIdentity
from pbvote.core.types import CallId, DistrictId, StyleId
from pbvote.platform.identity import Answer, IdentityAnswer, IdentityClaim
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import keys, outside, queries
from pbvote.rooms.registrar.errors import (
    IdentityServiceDown,
    IdentityWayClosed,
    StyleNotOffered,
)
from pbvote.rooms.registrar.looking_up import read_roll
from pbvote.rooms.registrar.outside import Started
from pbvote.rooms.registrar.tickets import Ticket
from pbvote.rooms.registrar.tries import begin_try, go_on_with, refusal_of, refused, settle


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
    back: str = "",
    notify_to: str = "",
) -> Ticket | Started:
    """A ticket for the person of this number, birth date and code, or what a service has to show first.

    ``device``: the browser's own mark; ``address``: where the request comes from. Both are hashed only.
    ``back``: where a service sends the browser back to. ``notify_to``: who is told that a token was issued.

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
    manifest, way = _open_way(rt, call_id, asks=Asks.NUMBER)
    k_roll = rt.keystore.get(keys.k_roll(call_id))
    one = begin_try(rt, k_roll, call_id, number=number.number, device=device, address=address)
    claim = IdentityClaim(call_id=call_id, canonical_id=number.number, birth_on=birth_on, code=code)
    if way.has_service:
        answer = outside.ask(rt, way, call_id, claim=claim, device=device, back=back, notify_to=notify_to)
        if isinstance(answer, Started):
            # counted until it is finished: nobody makes a stranger's phone ring as often as they like
            return answer
        answer = _about(claim, answer)
        settle(rt, one, answer.answer)
        style, grounds = _style_by_ties(manifest, answer, birth_on)
    else:
        found = read_roll(rt, k_roll, call_id=call_id, number=number, birth_on=birth_on, code=code)
        answer = IdentityAnswer(answer=Answer.MATCH if found.matches else Answer.NO_MATCH)
        settle(rt, one, answer.answer)
        style, grounds = found.style, grounds_of_weight(manifest.ruleset, style_of(found.style).weight)
    admitted = _admit(rt, manifest, claim, style=style, grounds=grounds, answer=answer)
    return replace(admitted, notify_to=notify_to)


def start(rt: Runtime, call_id: CallId, *, device: str, back: str, notify_to: str = "") -> Ticket | Started:
    """What a service shows that asks for the person itself.

    Raises:
        As :func:`identify`.
    """
    _, way = _open_way(rt, call_id, asks=Asks.NOTHING)
    answer = outside.ask(rt, way, call_id, claim=None, device=device, back=back, notify_to=notify_to)
    if isinstance(answer, Started):
        return answer
    if answer.answer is Answer.MATCH or answer.answer is Answer.NO_MATCH:
        raise IdentityServiceDown()  # nobody can have been identified before anything was shown
    raise refusal_of(answer.answer)


def finish(
    rt: Runtime,
    call_id: CallId,
    sealed: str,
    *,
    device: str,
    given: Mapping[str, str] | None = None,
    address: str = "",
) -> Ticket | Started:
    """The ticket, once the service has identified the person; what was begun, while it still waits.

    ``sealed``: of :class:`Started`; ``given``: what the browser brought back from the service's page, None
    where it only asks again. A service that is down can be asked again.

    Raises:
        PendingBroken, PendingExpired, PendingForeign, PendingUsed: not begun here, or over.
        As :func:`identify`.
    """
    started = outside.open_started(rt, call_id, sealed, device=device)
    manifest, way = _open_way(rt, call_id)
    if way.name != started.way:
        raise IdentityWayClosed(way=started.way)
    if given is None and started.url:
        return started
    brought = outside.require_own(started, given) if given is not None else {}
    answer = rt.identity[way.name].finish(started.pending, brought)
    if answer.answer is Answer.WAITING:
        return started
    if answer.answer in (Answer.DOWN, Answer.TIMEOUT):
        raise refusal_of(answer.answer)
    claim = outside.identified(started.pending.claim, answer, call_id=call_id)
    k_roll = rt.keystore.get(keys.k_roll(call_id))
    with rt.main() as tx:
        outside.use_up(tx, k_roll, call_id, started)
    if started.pending.claim:
        number = started.pending.claim.canonical_id
        one = go_on_with(rt, k_roll, call_id, number=number, device=device, address=address)
    else:  # nothing was typed, so no number can be guessed: misses are counted for the device
        number = f"service/{device}"
        one = begin_try(rt, k_roll, call_id, number=number, device=device, address=address)
    if claim is None:
        raise refused(rt, one, answer.answer)
    settle(rt, one, answer.answer)
    style, grounds = _style_by_ties(manifest, answer, claim.birth_on)
    admitted = _admit(rt, manifest, claim, style=style, grounds=grounds, answer=answer)
    return replace(admitted, notify_to=started.notify_to)


def _open_way(rt: Runtime, call_id: CallId, *, asks: Asks | None = None) -> tuple[Manifest, WayOfIdentity]:
    """The vote and its way of identity, if somebody can be identified on line now."""
    with rt.read_main() as tx:
        manifest = require_identify(tx, call_id, rt.clock())
    way = manifest.ruleset.way
    if not rt.offers(way) or (way.asks is not asks if asks else not way.has_service):
        raise IdentityWayClosed(way=way.name)
    return manifest, way


def _about(claim: IdentityClaim, answer: IdentityAnswer) -> IdentityAnswer:
    """The answer, if it is about the person who typed; else nobody was found."""
    same = outside.identified(claim, answer, call_id=CallId(claim.call_id)) is not None
    return answer if same else IdentityAnswer(answer=Answer.NO_MATCH)


def _admit(
    rt: Runtime,
    manifest: Manifest,
    claim: IdentityClaim,
    *,
    style: StyleId,
    grounds: tuple[int, ...],
    answer: IdentityAnswer,
) -> Ticket:
    require_age(manifest.ruleset, claim.birth_on)
    person, method = canonical_id(claim.canonical_id), manifest.ruleset.way.name
    ticket = ticket_for(
        rt, manifest, person=person, style=style, method=method, transaction=answer.transaction
    )
    return replace(ticket, grounds=grounds)


def _style_by_ties(
    manifest: Manifest, answer: IdentityAnswer, birth_on: date
) -> tuple[StyleId, tuple[int, ...]]:
    """The style, and the place in the rules of the ground that gives it."""
    bonds = tuple(
        Bond(
            kind=GroundKind(bond.kind),
            area=bond.area,
            since_on=bond.since_on,
            district=DistrictId(bond.district),
        )
        for bond in answer.bonds
    )
    style, ground = decide_ground(manifest.ruleset, bonds, birth_on=birth_on)
    return style.id, (ground,)


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
