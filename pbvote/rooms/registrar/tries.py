"""One try to be identified, from its count as a miss to what the answer makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from pbvote.core.errors import PbvoteError
from pbvote.core.types import CallId
from pbvote.platform.identity import Answer
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import attempts, brake, queries
from pbvote.rooms.registrar.attempts import Claimed
from pbvote.rooms.registrar.errors import (
    IdentityLocked,
    IdentityMismatch,
    IdentityMismatchWithCode,
    IdentityServiceDown,
    IdentityServiceTimeout,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A try that is counted as a miss until its answer is known."""

    claimed: Claimed
    held: bytes


def begin_try(rt: Runtime, k_roll: bytes, call_id: CallId, *, number: str, device: str, address: str) -> Try:
    """Count a try for a number before anything is compared.

    Raises:
        TooSoon, PairPaused, LockedUntilTomorrow: too many misses; nothing is counted.
    """
    held = brake.subject(k_roll, attempts.person_subject(k_roll, call_id, number), address)
    brake.require_unhurried(rt, held)
    with rt.main() as tx:
        claimed = attempts.claim(
            tx,
            k_roll,
            call_id=call_id,
            number=number,
            device=device,
            now=rt.clock(),
            limits=rt.settings.identity,
        )
    brake.hold(rt, held, attempts.delay(claimed.misses_before, rt.settings.identity))
    return Try(claimed=claimed, held=held)


def go_on_with(rt: Runtime, k_roll: bytes, call_id: CallId, *, number: str, device: str, address: str) -> Try:
    """The try that was counted when a service began with a number, now that the service has answered."""
    with rt.read_main() as tx:
        claimed = attempts.counted(
            tx, k_roll, call_id=call_id, number=number, device=device, limits=rt.settings.identity
        )
    return Try(claimed=claimed, held=brake.subject(k_roll, claimed.person, address))


def settle(rt: Runtime, one: Try, answer: Answer) -> None:
    """A match forgives the misses before it; anything else is raised, and only a mismatch stays a miss.

    Raises:
        IdentityMismatch, IdentityLocked, IdentityServiceDown, IdentityServiceTimeout.
    """
    if answer is not Answer.MATCH:
        raise refused(rt, one, answer)
    with rt.main() as tx:
        attempts.matched(tx, one.claimed)
    brake.release(rt, one.held)


def refused(rt: Runtime, one: Try, answer: Answer) -> PbvoteError:
    """The error of an answer that identifies nobody; unless it is a mismatch, it was no miss."""
    if answer in (Answer.NO_MATCH, Answer.MATCH):
        with rt.read_main() as tx:
            codes = queries.asks_for_code(tx, one.claimed.call_id)
        if codes:
            return IdentityMismatchWithCode(left=one.claimed.left)
        return IdentityMismatch(left=one.claimed.left)
    with rt.main() as tx:
        attempts.unanswered(tx, one.claimed)
    return refusal_of(answer)


def refusal_of(answer: Answer) -> PbvoteError:
    """What a service says that has not identified anybody."""
    if answer is Answer.LOCKED:
        return IdentityLocked()
    return IdentityServiceTimeout() if answer is Answer.TIMEOUT else IdentityServiceDown()
