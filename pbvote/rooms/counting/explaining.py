"""Why every project of a published result won or did not: found once, stored, and read by every page.

Finding how much support was missing takes whole counts again, a handful for each project. The worker does
it after the publication, in slices, so that other votes' batches never wait long; what a vote may cost in
all is bounded, and the projects whose turn does not come within that are told without a number. The best
placed come first. Results certified by earlier releases stand at the same step, and are done the same way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Engine, select

from pbvote.core.errors import PbvoteError
from pbvote.core.types import CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.counting import queries, recount
from pbvote.rooms.counting.models import Told
from pbvote.rooms.counting.queries import ToldView

log = structlog.get_logger()

SLICE: Final = 10.0
"""Seconds after which a round of the worker goes on with other votes; the last project is finished."""
IN_ALL: Final = 60.0
"""Seconds of counting again for one vote; after them nothing is counted any more."""

_lock = threading.Lock()
_spent: WeakKeyDictionary[Engine, dict[CallId, float]] = WeakKeyDictionary()


def explain_some(rt: Runtime, call_id: CallId, *, steady: Callable[[], float] = time.monotonic) -> bool:
    """Store what is said of the next projects of a published vote; True when all of them are done.

    Seconds spent are kept in the worker's memory: one that starts anew has them anew, and finds stored
    what was done.
    """
    with rt.read_main() as tx:
        due = queries.standings(queries.outcome(tx, call_id))
        done = set(tx.scalars(select(Told.number).where(Told.call_id == call_id)))
    begun, before = steady(), _spent_on(rt, call_id)
    patience = _Patience(steady, until=begun + IN_ALL - before)
    rows: list[Told] = []
    for each in _best_first(due):
        if each.number in done:
            continue
        if rows and steady() - begun >= SLICE:
            break
        rows.append(
            Told(
                call_id=call_id,
                number=each.number,
                district=each.district,
                standing=each.standing.value,
                place=each.place,
                found=_found(rt, call_id, each, patience.go_on),
            )
        )
    with rt.main() as tx:
        for row in rows:
            tx.merge(row)
    with _lock:
        _spent.setdefault(rt.engine("main"), {})[call_id] = before + steady() - begun
    return len(done) + len(rows) >= len(due)


class _Patience:
    """Whether another count still fits: one that would take as long as the longest so far."""

    def __init__(self, steady: Callable[[], float], *, until: float) -> None:
        self._steady, self._until = steady, until
        self._last, self._longest = steady(), 0.0

    def go_on(self) -> bool:
        """Asked before each count; what passed since it was asked last was one, or as long as one."""
        now = self._steady()
        self._last, self._longest = now, max(self._longest, now - self._last)
        return now + self._longest < self._until


def _spent_on(rt: Runtime, call_id: CallId) -> float:
    with _lock:
        return _spent.get(rt.engine("main"), {}).get(call_id, 0.0)


def _best_first(due: Mapping[int, ToldView]) -> Iterator[ToldView]:
    """What won, which needs no counting, then the others by their place in their district's count."""
    return iter(sorted(due.values(), key=lambda each: (not each.standing.funded, each.rank, each.number)))


def _found(rt: Runtime, call_id: CallId, each: ToldView, go_on: Callable[[], bool]) -> dict[str, Any]:
    """The explanation; what the certified document has of it where counting again is not possible."""
    if each.standing.funded:
        return dict(each.found)
    try:
        counted = recount.district_count(rt, call_id, each.district)
        return dict(counted.explained(each.number, go_on=go_on).to_json())
    except PbvoteError as error:
        log.warning("not explained", call=call_id, project=each.number, code=error.code)
    except Exception as error:
        log.exception("not explained", call=call_id, project=each.number, exc_info=error)
    return dict(each.found)
