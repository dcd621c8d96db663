"""A proposal as a resident types it, a published call to put it into, and its people."""

from __future__ import annotations

from datetime import UTC, datetime

from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts.models import Resident
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.proposals import service
from pbvote.rooms.proposals.queries import ProposalView
from tests.call_values import call_values

COLLECTING = datetime(2026, 3, 12, 4, 0, tzinfo=UTC)
MODERATION = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
MODERATION_UNTIL = datetime(2026, 4, 20, 9, 30, tzinfo=UTC)


def proposal_values(**changes: str) -> dict[str, str]:
    """A complete proposal for the first district."""
    return {
        "title": "和平公園共融遊具",
        "summary": "讓每個孩子都能一起玩。",
        "district": "d1",
        "place": "和平公園東側",
        "cost_twd": "300,000 元",
        "description_md": "## 為什麼\n\n公園只有**一座**溜滑梯。",
    } | changes


def workshop_values(**changes: str) -> dict[str, str]:
    """The same, made at a workshop."""
    made_there = {"proposer_name": "陳大文", "meeting": "中正里說明會", "held_on": "115-03-01"}
    return proposal_values() | made_there | {"sheet": "簽到表 3 號"} | changes


def published_call(rt: Runtime, officer: Actor, **changes: str) -> CallId:
    """A published call with two districts; the clock stands before its intake."""
    call_id = calls_service.create_call(rt, officer, call_values() | changes).id
    calls_service.publish_call(rt, officer, call_id)
    return call_id


def put_resident(rt: Runtime, name: str, *, language: str = "zh") -> Actor:
    """A resident with a confirmed address."""
    with rt.main() as tx:
        row = Resident(email=f"{name}@example.org", name=name, language=language, confirmed_at=rt.clock())
        tx.add(row)
        tx.flush()
        return Actor(kind="resident", id=row.id)


def put_submitted(rt: Runtime, resident: Actor, call_id: str, **changes: str) -> ProposalView:
    """A proposal in the queue."""
    draft = service.save_draft(rt, resident, call_id, proposal_values(**changes))
    return service.submit(rt, resident, draft.id)
