"""What others may see of a vote: before certification its progress, turnout and checks, never a count."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core import canonical
from pbvote.core.manifest import Manifest, parse_manifest
from pbvote.core.record.counted import parse_withdrawal
from pbvote.core.tally.explain import Standing
from pbvote.core.tally.outcome import Fate
from pbvote.core.types import CallId, Role
from pbvote.rooms.counting.errors import NotCertified, VoteNotFrozen
from pbvote.rooms.counting.models import Approval, Destruction, Notice, Told, Vote
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldView:
    """What is said of one project of a published result.

    ``place``: of a runner-up among runners-up. ``found``: the JSON of
    :class:`pbvote.core.tally.explain.Explanation`; before the worker has stored it only the reason.
    """

    call_id: CallId
    number: int
    district: str
    standing: Standing
    place: int
    found: Mapping[str, Any]

    @property
    def score(self) -> int:
        """What it got."""
        return int(self.found["reason"]["score"])

    @property
    def rank(self) -> int:
        """Its place in the order of the count; 0 for a withdrawn project."""
        return int(self.found["reason"]["rank"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """One project's result for its own page; ``titles``: of all projects, which the reasons may name."""

    told: ToldView
    titles: Mapping[int, str]
    certified_at: datetime


def standings(document: Mapping[str, Any]) -> dict[int, ToldView]:
    """What a certified document says of each project, by number."""
    pooled = set(document.get("pool", {}).get("winners", ()))
    told: dict[int, ToldView] = {}
    for district in document["districts"]:
        outcome = district["outcome"]
        waiting = [number for number in outcome["runners_up"] if number not in pooled]
        for row in outcome["trace"]:
            number = row["project"]
            standing = Standing.POOLED if number in pooled else _OF_FATE.get(row["fate"], Standing.LOST)
            behind = standing is Standing.LOST and number in waiting
            told[number] = ToldView(
                call_id=CallId(document["call"]),
                number=number,
                district=district["id"],
                standing=Standing.RUNNER_UP if behind else standing,
                place=waiting.index(number) + 1 if behind else 0,
                found={"reason": row},
            )
    return told


_OF_FATE: Mapping[str, Standing] = {
    Fate.SELECTED: Standing.WON,
    Fate.COVERED: Standing.COVERED,
    Fate.WITHDRAWN: Standing.WITHDRAWN,
}


def told(
    tx: Session, call_ids: Collection[str], *, numbers: Collection[int] | None = None
) -> dict[tuple[str, int], ToldView]:
    """What is said of the projects of published votes, by call and number; nothing of other calls.

    ``numbers``: of those numbers alone, in every one of the calls.
    Two queries however many calls and projects there are: what is stored, and the certified documents of
    those votes of which the worker has not stored everything yet.
    """
    found: dict[tuple[str, int], ToldView] = {}
    published = (Vote.call_id.in_(call_ids), Vote.step >= Step.PUBLISHED)
    unfinished = select(Vote.outcome).where(*published, Vote.step < Step.EXPLAINED)
    for content in tx.scalars(unfinished):
        document = canonical.decode(content or b"")
        if isinstance(document, dict):
            found |= {
                (each.call_id, each.number): each
                for each in standings(document).values()
                if numbers is None or each.number in numbers
            }
    stored = select(Told).join(Vote, Vote.call_id == Told.call_id).where(*published)
    if numbers is not None:
        stored = stored.where(Told.number.in_(numbers))
    for row in tx.scalars(stored):
        found[row.call_id, row.number] = ToldView(
            call_id=CallId(row.call_id),
            number=row.number,
            district=row.district,
            standing=Standing(row.standing),
            place=row.place,
            found=row.found,
        )
    return found


def told_of(tx: Session, wanted: Iterable[tuple[str, int | None]]) -> dict[tuple[str, int], ToldView]:
    """What is said of some projects, by call and number; those without a number are on no ballot."""
    keys = {(call_id, number) for call_id, number in wanted if number is not None}
    if not keys:
        return {}
    found = told(tx, {call_id for call_id, _ in keys}, numbers={number for _, number in keys})
    return {key: each for key, each in found.items() if key in keys}


def result_of(tx: Session, call_id: CallId, number: int | None) -> ResultView | None:
    """What became of a project, or None: no project of a ballot, or nothing is certified yet."""
    found = None if number is None else told(tx, [call_id], numbers=[number]).get((call_id, number))
    if found is None:
        return None
    vote = progress_of(tx, call_id)
    if vote.certified_at is None:
        return None
    titles = {int(project.number): project.title for project in vote.manifest.projects}
    return ResultView(told=found, titles=titles, certified_at=vote.certified_at)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WinnerView:
    """A project that a certified outcome funds: as it was counted. ``cost_twd``: whole NT$."""

    number: int
    title: str
    district: str
    cost_twd: int


def winners(tx: Session, call_id: CallId) -> list[WinnerView]:
    """What the certified outcome funds, by number.

    Raises:
        NotCertified: there is none.
    """
    document = outcome(tx, call_id)
    titles = {p["number"]: p["title"] for district in document["districts"] for p in district["projects"]}
    return [
        WinnerView(
            number=number,
            title=titles[number],
            district=each.district,
            cost_twd=int(each.found["reason"]["cost"]),
        )
        for number, each in sorted(standings(document).items())
        if each.standing.funded
    ]


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
