"""Several authors at one draft: who changed which part last, and what becomes of two versions at once.

``edits`` of a proposal holds, by part and by resident, the number and the time of their last change of it; a
page that was opened at number ``seen`` is out of date when somebody else has changed the part since. Nothing
typed is lost then: it is set aside (``aside``, by part and by resident) until an author takes or drops it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pbvote.core.types import Actor
from pbvote.platform.runtime import Runtime
from pbvote.rooms.proposals import store
from pbvote.rooms.proposals.content import kept
from pbvote.rooms.proposals.errors import AsideUnknown, WrongStatus
from pbvote.rooms.proposals.models import Proposal
from pbvote.rooms.proposals.queries import ProposalView, view
from pbvote.rooms.proposals.status import EDITABLE, Move, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The last change of a part; ``who``: the author's name, empty where they have left."""

    number: int
    who: str
    resident_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What somebody typed into a part while another changed it, and which was not taken."""

    resident_id: int
    who: str
    at: datetime
    values: dict[str, str]


def name_of(proposal: ProposalView, resident_id: int) -> str:
    """An author's name; nothing for somebody who is none any more."""
    if resident_id == proposal.proposer_id:
        return proposal.proposer_name
    return next((c.name for c in proposal.coauthors if c.resident_id == resident_id and c.agreed_at), "")


def last_edit(proposal: ProposalView, part: str) -> Edit | None:
    """Who changed the part last."""
    every = proposal.edits.get(part, {})
    if not every:
        return None
    resident_id, newest = max(every.items(), key=lambda each: int(each[1]["n"]))
    return Edit(
        number=int(newest["n"]),
        who=name_of(proposal, int(resident_id)),
        resident_id=int(resident_id),
        at=datetime.fromisoformat(newest["at"]),
    )


def asides(proposal: ProposalView, part: str) -> tuple[Aside, ...]:
    """What was set aside of a part, newest first."""
    found = [
        Aside(
            resident_id=int(resident_id),
            who=name_of(proposal, int(resident_id)),
            at=datetime.fromisoformat(each["at"]),
            values=dict(each["values"]),
        )
        for resident_id, each in proposal.aside.get(part, {}).items()
    ]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def is_stale(row: Proposal, actor: Actor, part: str, seen: int | None) -> bool:
    """Whether another author has changed the part since it was ``seen``; never where nobody says what was."""
    others = (int(each["n"]) for who, each in row.edits.get(part, {}).items() if who != str(actor.id))
    return seen is not None and max(others, default=0) > seen


def set_aside(row: Proposal, resident_id: int, part: str, values: Mapping[str, str], *, at: datetime) -> None:
    """Keep what somebody typed beside the draft; their version of before goes."""
    mine = {str(resident_id): {"at": at.isoformat(), "values": dict(values)}}
    row.aside = {**row.aside, part: {**row.aside.get(part, {}), **mine}}


def taken(row: Proposal, actor: Actor, part: str, before: Mapping[str, str], *, at: datetime) -> None:
    """An author has saved a part: where two versions stood, the one that was current is set aside now."""
    if str(actor.id) not in row.aside.get(part, {}):
        return
    _forget(row, actor.id, part)
    last = last_edit(view(row), part)
    if last is not None and last.resident_id != actor.id:
        set_aside(row, last.resident_id, part, before, at=at)


def use_aside(
    rt: Runtime,
    actor: Actor,
    proposal_id: int,
    *,
    part: str,
    fields: tuple[str, ...],
    resident_id: int,
    take: bool,
) -> ProposalView:
    """Put the version that was set aside in the place of the current one, which is set aside; or drop it.

    Raises:
        AsideUnknown: there is none of this resident.
        ProposalUnknown, WrongStatus: not this author's, or decided already.
    """
    now = rt.clock()
    with rt.main() as tx:
        row = store.locked_author(tx, actor, proposal_id)
        if Status(row.status) not in EDITABLE:
            raise WrongStatus(status=row.status, move=Move.REVISE.value)
        found = row.aside.get(part, {}).get(str(resident_id))
        if found is None:
            raise AsideUnknown()
        _forget(row, resident_id, part)
        if take:
            before = view(row).values
            last = last_edit(view(row), part)
            current = {name: before[name] for name in fields if before.get(name)}
            set_aside(row, last.resident_id if last else actor.id, part, current, at=now)
            rest = {name: text for name, text in before.items() if name not in fields and text}
            row.typed = rest | kept(found["values"], fields)
            store.note_edit(row, actor, part, at=now)
            row.changed_at = now
        tx.flush()
        return view(row)


def _forget(row: Proposal, resident_id: int, part: str) -> None:
    left = {who: each for who, each in row.aside.get(part, {}).items() if who != str(resident_id)}
    row.aside = {**row.aside, part: left}
