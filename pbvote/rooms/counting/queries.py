"""What others may see of a vote: before certification its progress, turnout and checks, never a count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core import canonical
from pbvote.core.manifest import Manifest, parse_manifest
from pbvote.core.record.counted import parse_withdrawal
from pbvote.core.types import CallId, Role
from pbvote.rooms.counting.errors import NotCertified, VoteNotFrozen
from pbvote.rooms.counting.models import Approval, Destruction, Notice, Vote
from pbvote.rooms.counting.progress import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """Who certified in which role."""

    role: Role
    account_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksView:
    """The verifier's checks at the count: sizes, roots, and per style issued, cast and spoiled."""

    box_size: int
    box_root: str
    roll_size: int
    roll_root: str
    styles: Mapping[str, Mapping[str, int]]
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionView:
    """A destruction of keys as it was approved."""

    account_id: int
    at: datetime
    periods_over_on: date
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteView:
    """A frozen vote and how far it has come.

    ``turnout`` is what the public log shows: ballots per style after the last batch.
    """

    manifest: Manifest
    step: Step
    small: tuple[str, ...]
    merged: Mapping[str, str]
    frozen_at: datetime
    turnout: Mapping[str, int]
    sealed_checkpoint: str
    checks: ChecksView | None
    approvals: tuple[ApprovalView, ...]
    certified_at: datetime | None
    destruction: DestructionView | None

    @property
    def election_hash(self) -> str:
        """EH as printed on the notice (hexadecimal)."""
        return self.manifest.election_hash.hex()

    @property
    def due(self) -> tuple[Role, ...]:
        """The roles whose approval is still due."""
        given = {approval.role for approval in self.approvals}
        return tuple(role for role in (Role.OFFICER, Role.AUDITOR) if role not in given)


def find_vote(tx: Session, call_id: CallId) -> VoteView | None:
    """The frozen vote of a call, or None before the freeze."""
    row = tx.get(Vote, call_id)
    return None if row is None else _view(tx, row)


def progress_of(tx: Session, call_id: CallId) -> VoteView:
    """The frozen vote of a call.

    Raises:
        VoteNotFrozen: there is none.
    """
    row = tx.get(Vote, call_id)
    if row is None:
        raise VoteNotFrozen(call=call_id)
    return _view(tx, row)


def outcome(tx: Session, call_id: CallId) -> dict[str, Any]:
    """The certified outcome: the document of ``outcome.json``.

    Raises:
        NotCertified: there is none; nobody sees a count before certification (PRA-09).
    """
    content = outcome_bytes(tx, call_id)
    values = canonical.decode(content)
    if not isinstance(values, dict):
        raise NotCertified(call=call_id)
    return dict(values)


def scores(tx: Session, call_id: CallId) -> dict[int, int]:
    """What every project of a certified vote got, by number.

    Raises:
        NotCertified, VoteNotFrozen: nobody may know yet.
    """
    return {
        row["project"]: row["score"]
        for district in outcome(tx, call_id)["districts"]
        for row in district["outcome"]["trace"]
    }


def outcome_bytes(tx: Session, call_id: CallId) -> bytes:
    """The bytes of ``outcome.json``.

    Raises:
        NotCertified: there is none.
    """
    row = tx.get(Vote, call_id)
    if row is None or row.certified_at is None or row.outcome is None:
        raise NotCertified(call=call_id)
    return row.outcome


def certified(tx: Session) -> list[CallId]:
    """The calls whose results are published."""
    return [CallId(found) for found in tx.scalars(select(Vote.call_id).where(Vote.step >= Step.PUBLISHED))]


def turnout(tx: Session, call_id: CallId) -> Mapping[str, int]:
    """Ballots per style as the public log shows them.

    Raises:
        VoteNotFrozen: there is no vote.
    """
    return progress_of(tx, call_id).turnout


def _view(tx: Session, row: Vote) -> VoteView:
    approvals = tx.scalars(select(Approval).where(Approval.call_id == row.call_id).order_by(Approval.at))
    destroyed = tx.get(Destruction, row.call_id)
    return VoteView(
        manifest=parse_manifest(row.manifest),
        step=Step(row.step),
        small=tuple(row.small),
        merged=dict(row.merged),
        frozen_at=row.frozen_at,
        turnout=dict(row.turnout),
        sealed_checkpoint=row.sealed_checkpoint,
        checks=_checks(row.checks) if row.checks else None,
        approvals=tuple(ApprovalView(role=Role(a.role), account_id=a.account_id, at=a.at) for a in approvals),
        certified_at=row.certified_at,
        destruction=_destruction(destroyed) if destroyed else None,
    )


def _checks(values: Mapping[str, Any]) -> ChecksView:
    return ChecksView(
        box_size=values["box"]["size"],
        box_root=values["box"]["root"],
        roll_size=values["roll"]["size"],
        roll_root=values["roll"]["root"],
        styles=values["styles"],
        findings=tuple(values["findings"]),
    )


def _destruction(row: Destruction) -> DestructionView:
    return DestructionView(
        account_id=row.account_id,
        at=row.at,
        periods_over_on=row.periods_over_on,
        keys=tuple(row.keys),
    )


def withdrawn(tx: Session, call_id: CallId) -> frozenset[int]:
    """Numbers of the projects withdrawn since the freeze."""
    rows = tx.scalars(select(Notice.statement).where(Notice.call_id == call_id))
    return frozenset(parse_withdrawal(bytes(statement)).number for statement in rows)
