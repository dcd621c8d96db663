"""A proposal as a resident types it, in the queue or decided, and the table of a workshop."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from pbvote.core.types import Actor
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.proposals import coauthors, service
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.workshop import COLUMNS

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


def put_submitted(rt: Runtime, resident: Actor, call_id: str, **changes: str) -> ProposalView:
    """A proposal in the queue."""
    draft = service.save_draft(rt, resident, call_id, proposal_values(**changes))
    return service.submit(rt, resident, draft.id)


def workshop_table(*rows: dict[str, str]) -> bytes:
    """The table of a workshop, as a spreadsheet saves it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(COLUMNS))
    out.write(",".join(COLUMNS.values()) + "\r\n")
    writer.writerows(rows)
    return out.getvalue().encode()


def joined(rt: Runtime, ming: Actor, other: Actor, draft: ProposalView) -> ProposalView:
    """The draft with another resident as a co-author who has agreed."""
    with rt.read_main() as tx:
        email = accounts.resident_view(tx, other.id).email
    invited = coauthors.invite(rt, ming, draft.id, email=email)
    return coauthors.agree(rt, other, invited.coauthors[-1].id)
