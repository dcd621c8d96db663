"""Which act is open when: one table, moved by the clock alone.

A call's stage follows from its timeline, from how far the officers' acts have brought it
(:class:`Progress`) and from the time. Nobody closes early and no route moves time
(protocol, "Modes and time").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from pbvote.core.errors import InvalidInput, StageClosed, raise_findings
from pbvote.core.rules.errors import DateAbsurd

FIRST_DAY: Final = date(2020, 1, 1)
LAST_DAY: Final = date(2099, 12, 31)
"""No vote of this service lies outside: a year beyond them was typed in the other calendar, or wrong."""
LONGEST_PLAN: Final = timedelta(days=3 * 366)
"""From the start of intake to the last ballot."""


class Progress(IntEnum):
    """What the officers have done so far; each act takes exactly one step."""

    DRAFT = 0
    PUBLISHED = 1
    FROZEN = 2
    OPENED = 3
    CERTIFIED = 4


class Stage(StrEnum):
    """Stage (階段) of a call as everybody sees it."""

    DRAFT = "draft"
    ANNOUNCED = "announced"  # published, intake not yet open
    COLLECTING = "collecting"  # 徵件
    MODERATION = "moderation"  # 審核
    READY = "ready"  # the moderation deadline has passed: the list of projects can be frozen
    FROZEN = "frozen"  # list published, voting not yet open
    UNFROZEN = "unfrozen"  # the opening has passed without a freeze: voting does not open
    VOTING = "voting"  # 票選
    GRACE = "grace"  # no new tokens; tokens already issued can still be cast
    CLOSED = "closed"  # 截止
    OPENED = "opened"  # 開票, counts hidden
    CERTIFIED = "certified"  # 審定 and 公告


class Act(StrEnum):
    """Acts that depend on the stage."""

    EDIT_CALL = "edit-call"
    PUBLISH = "publish"
    PROPOSE = "propose"
    CORRECT = "correct"
    WITHDRAW_PROPOSAL = "withdraw-proposal"
    ENTER_WORKSHOP_PROPOSAL = "enter-workshop-proposal"
    ENDORSE = "endorse"
    COMMENT = "comment"
    MODERATE = "moderate"
    IMPORT_ROLL = "import-roll"
    LOOK_UP = "look-up"
    FREEZE = "freeze"
    WITHDRAW_PROJECT = "withdraw-project"
    IDENTIFY = "identify"
    ISSUE = "issue"
    CAST = "cast"
    OPEN = "open"
    CERTIFY = "certify"
    READ_RESULT = "read-result"


_INTAKE = frozenset(
    {
        *(Act.WITHDRAW_PROPOSAL, Act.CORRECT, Act.ENTER_WORKSHOP_PROPOSAL, Act.MODERATE, Act.IMPORT_ROLL),
        *(Act.ENDORSE, Act.COMMENT, Act.LOOK_UP),
    }
)
_VOTE = frozenset({Act.WITHDRAW_PROJECT, Act.IMPORT_ROLL, Act.LOOK_UP, Act.COMMENT})

ACTS: dict[Stage, frozenset[Act]] = {
    Stage.DRAFT: frozenset({Act.EDIT_CALL, Act.PUBLISH}),
    Stage.ANNOUNCED: frozenset({Act.IMPORT_ROLL, Act.LOOK_UP, Act.ENTER_WORKSHOP_PROPOSAL}),
    Stage.COLLECTING: _INTAKE | {Act.PROPOSE},
    Stage.MODERATION: _INTAKE,
    Stage.READY: frozenset(
        {
            *(Act.WITHDRAW_PROPOSAL, Act.MODERATE, Act.FREEZE, Act.COMMENT),
            *(Act.IMPORT_ROLL, Act.LOOK_UP),
        }
    ),
    Stage.UNFROZEN: frozenset({Act.MODERATE}),
    Stage.FROZEN: _VOTE,
    Stage.VOTING: _VOTE | {Act.IDENTIFY, Act.ISSUE, Act.CAST},
    Stage.GRACE: frozenset({Act.CAST}),
    Stage.CLOSED: frozenset({Act.OPEN}),
    Stage.OPENED: frozenset({Act.CERTIFY}),
    Stage.CERTIFIED: frozenset({Act.READ_RESULT}),
}


class DateMissing(InvalidInput):
    """A date that every call needs is missing."""

    code = "timeline.date-missing"


class DateOrder(InvalidInput):
    """A date lies before the one that it has to follow.

    Facts ``field`` and ``at``, ``after`` (the other field) and ``after_at``.
    """

    code = "timeline.date-order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The dates of a call, all aware UTC instants.

    ``proposals_open_at`` and ``proposals_close_at`` are both None where a call starts at the vote
    (NDC-04). A window is open at its first instant and closed at its last.
    """

    proposals_open_at: datetime | None
    proposals_close_at: datetime | None
    moderation_until: datetime
    voting_opens_at: datetime
    issue_until: datetime
    cast_until: datetime

    def check(self) -> None:
        """Guarantee that every date follows the one before.

        Raises:
            DateMissing, DateOrder, SeveralErrors: with the field named.
        """
        order = [
            (name, getattr(self, name))
            for name in (
                "proposals_open_at",
                "proposals_close_at",
                "moderation_until",
                "voting_opens_at",
                "issue_until",
                "cast_until",
            )
        ]
        findings: list[InvalidInput] = []
        if (self.proposals_open_at is None) != (self.proposals_close_at is None):
            missing = "proposals_open_at" if self.proposals_open_at is None else "proposals_close_at"
            findings.append(DateMissing(field=f"timeline.{missing}"))
        dated = [(name, value) for name, value in order if value is not None]
        for (before, earlier), (name, later) in zip(dated, dated[1:], strict=False):
            # the moderation deadline may be the moment intake ends; the freeze needs time before voting
            touching = name == "moderation_until"
            if later < earlier or (later == earlier and not touching):
                other = f"timeline.{before}"
                findings.append(DateOrder(field=f"timeline.{name}", at=later, after=other, after_at=earlier))
        findings += self._range_findings(dated)
        raise_findings(findings)

    def _range_findings(self, dated: list[tuple[str, datetime]]) -> list[InvalidInput]:
        """Every date lies where a vote of this service can, and no plan is longer than some years."""
        findings: list[InvalidInput] = []
        for name, value in dated:
            if not FIRST_DAY <= value.date() <= LAST_DAY:
                on = value.date()
                findings.append(DateAbsurd(field=f"timeline.{name}", on=on, first=FIRST_DAY, last=LAST_DAY))
        begun = [value for name, value in dated if name in {"proposals_open_at", "moderation_until"}]
        for name, value in dated:
            if not findings and begun and value - begun[0] > LONGEST_PLAN:
                last = (begun[0] + LONGEST_PLAN).date()
                first = begun[0].date()
                findings.append(DateAbsurd(field=f"timeline.{name}", on=value.date(), first=first, last=last))
        return findings

    def stage(self, progress: Progress, now: datetime) -> Stage:
        """The stage at a time."""
        if progress is Progress.DRAFT:
            return Stage.DRAFT
        if progress is Progress.CERTIFIED:
            return Stage.CERTIFIED
        if progress is Progress.OPENED:
            return Stage.OPENED
        if progress is Progress.FROZEN:
            return self._vote_stage(now)
        if now >= self.voting_opens_at:
            return Stage.UNFROZEN
        if self.proposals_open_at is not None and self.proposals_close_at is not None:
            if now < self.proposals_open_at:
                return Stage.ANNOUNCED
            if now < self.proposals_close_at:
                return Stage.COLLECTING
        return Stage.MODERATION if now < self.moderation_until else Stage.READY

    def _vote_stage(self, now: datetime) -> Stage:
        if now < self.voting_opens_at:
            return Stage.FROZEN
        if now < self.issue_until:
            return Stage.VOTING
        return Stage.GRACE if now < self.cast_until else Stage.CLOSED


def require(stage: Stage, act: Act) -> None:
    """Guarantee that the act is open in the stage.

    Raises:
        StageClosed: facts ``act`` and ``stage``.
    """
    if act not in ACTS[stage]:
        raise StageClosed(act=act.value, stage=stage.value)
