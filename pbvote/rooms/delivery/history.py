"""A project's history: every change once, each sealed with the digest of the one before.

Nothing rewrites a change without its digest, and every later one, telling so (:func:`is_whole`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pbvote.core import canonical
from pbvote.core.types import Actor, sha256
from pbvote.rooms.delivery.kinds import ChangeKind
from pbvote.rooms.delivery.models import Change, Delivery

Facts = dict[str, str | int]
"""What was different: a name with ``.before`` or ``.after`` behind it where there are two sides."""


def digest_of(row: Change, *, call_id: str, project: int, before: str) -> str:
    """SHA-256 in hexadecimal over the change, its project and the digest before it."""
    content = {
        "at": row.at.isoformat(),
        "before": before,
        "call": call_id,
        "facts": dict(row.facts),
        "kind": row.kind,
        "note": row.note,
        "number": row.number,
        "officer": row.officer_id,
        "project": project,
    }
    return sha256(canonical.encode(content)).hex()


def write(
    tx: Session, row: Delivery, actor: Actor, kind: ChangeKind, *, at: datetime, note: str, facts: Facts
) -> Change:
    """Add a change to a project whose row the caller holds."""
    number = 1 + (tx.scalar(select(func.max(Change.number)).where(Change.project_id == row.id)) or 0)
    last = select(Change.digest).where(Change.project_id == row.id, Change.number == number - 1)
    change = Change(
        project_id=row.id,
        number=number,
        at=at,
        officer_id=actor.id,
        kind=kind.value,
        note=note,
        facts=dict(facts),
    )
    change.digest = digest_of(change, call_id=row.call_id, project=row.number, before=tx.scalar(last) or "")
    tx.add(change)
    row.changed_at = at
    return change


def is_whole(rows: Iterable[Change], *, call_id: str, project: int) -> bool:
    """Whether the changes, oldest first, are all there and as they were written."""
    before = ""
    for number, row in enumerate(rows, start=1):
        if row.number != number or row.digest != digest_of(
            row, call_id=call_id, project=project, before=before
        ):
            return False
        before = row.digest
    return True


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Facts:
    """The members that differ, as ``name.before`` and ``name.after``; an empty side is left out."""
    facts: Facts = {}
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            for side, values in (("before", before), ("after", after)):
                value = values.get(name)
                if value is not None and value != "":
                    facts[f"{name}.{side}"] = value if isinstance(value, int) else str(value)
    return facts
