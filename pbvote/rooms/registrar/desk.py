"""What an officer at the desk sees: the roll in numbers, and which acts are open. No writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pbvote.core.errors import StageClosed
from pbvote.core.rules.stage import Act
from pbvote.core.rules.ways import STATION
from pbvote.core.types import Actor, CallId, Role, StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.registrar import queries, roll


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A call's roll as its officers see it."""

    call: CallView
    styles: tuple[StyleId, ...]
    eligible: Mapping[StyleId, int]
    frozen: bool
    open_acts: frozenset[Act]

    @property
    def has_desk(self) -> bool:
        """Whether documents are checked at a desk (PRA-13)."""
        return self.call.rules.has_desk

    @property
    def has_station_codes(self) -> bool:
        """Whether codes can be handed out at a station (NDC-01)."""
        return STATION in self.call.rules.ways

    def allows(self, act: str) -> bool:
        """Whether the act is open now."""
        return Act(act) in self.open_acts


def desk(rt: Runtime, actor: Actor, call_id: CallId) -> Desk:
    """The desk of a published call.

    Raises:
        CallUnknown, RoleNeeded: not this actor's.
    """
    now = rt.clock()
    with rt.read_main() as tx:
        call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
        return Desk(
            call=call,
            styles=roll.styles_of(tx, call),
            eligible=queries.eligible_per_style(tx, call_id),
            frozen=queries.is_frozen(tx, call_id),
            open_acts=frozenset(act for act in Act if _is_open(call, act, now)),
        )


def _is_open(call: CallView, act: Act, now: datetime) -> bool:
    try:
        call.require(act, now)
    except StageClosed:
        return False
    return True
