"""Whether a vote is really over: a box is sealed once and for ever, so one reading of a clock is too few.

A worker has to find the clock past the vote's end in several rounds, over some time that the machine's
steady counter measures too. Where the clock was seen to jump ahead, it has to stay there much longer: a
quarter of an hour in which somebody can put it right. What is seen lives in the worker's memory; a worker
that starts anew looks anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Engine

from pbvote.core.types import CallId
from pbvote.platform.runtime import Runtime

log = structlog.get_logger()

ROUNDS: Final = 3
_JUMP: Final = 60.0
_AFTER_A_JUMP: Final = 15
"""How many times longer the end has to last after the clock has jumped."""


@dataclass(slots=True)
class _Seen:
    """The last reading of both clocks, and the first one past the end."""

    clock: datetime
    steady: float
    first: float = 0.0
    rounds: int = 0
    jumped: float = 0.0


_lock = threading.Lock()
_seen: WeakKeyDictionary[Engine, dict[CallId, _Seen]] = WeakKeyDictionary()


def is_over(
    rt: Runtime, call_id: CallId, cast_until: datetime, *, steady: Callable[[], float] = time.monotonic
) -> bool:
    """Whether the vote's end can be acted on; called once in every round of the worker.

    ``vote.seal_after_seconds`` is how long the end has to last; 0 (outside production) believes the clock.
    """
    patience = rt.settings.vote.seal_after_seconds
    now, counter = rt.clock(), steady()
    with _lock:
        seen = _seen.setdefault(rt.engine("main"), {}).setdefault(call_id, _Seen(now, counter))
        ahead = (now - seen.clock).total_seconds() - (counter - seen.steady)
        seen.clock, seen.steady = now, counter
        if now < cast_until:
            seen.rounds, seen.jumped = 0, 0.0
            return False
        if ahead > _JUMP:
            seen.rounds, seen.jumped = 0, ahead
        if not seen.rounds:
            seen.first = counter
        seen.rounds += 1
        lasted, rounds, jumped = counter - seen.first, seen.rounds, seen.jumped
    if jumped and rounds == 1 and patience:
        log.error(
            "the clock jumped ahead past the end of a vote: the box is not sealed yet, check the clock now",
            call=call_id,
            seconds=round(jumped),
        )
    wanted = patience * (_AFTER_A_JUMP if jumped else 1)
    return not patience or (rounds >= ROUNDS and lasted >= wanted)


_warned: WeakKeyDictionary[Engine, set[CallId]] = WeakKeyDictionary()


def warn_if_early(rt: Runtime, call_id: CallId, cast_until: datetime) -> None:
    """Say once, in words, that a sealed vote would still be open by the clock."""
    if rt.clock() >= cast_until:
        return
    with _lock:
        warned = _warned.setdefault(rt.engine("main"), set())
        if call_id in warned:
            return
        warned.add(call_id)
    log.error(
        "this vote is sealed although the clock says that it is still open: the clock was wrong before or "
        "is wrong now; no token is issued and no ballot is taken any more; tell the agency",
        call=call_id,
        cast_until=cast_until.isoformat(),
    )
