"""A call's rules (徵件規則) as one frozen value with canonical bytes.

Frozen into the manifest before voting opens (PRA-05). Numbers are settings of the call, never
constants in code; integers and strings only, money in whole NT$.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from pbvote.core.canonical import flag
from pbvote.core.errors import InvalidInput, findings_of, raise_findings
from pbvote.core.letters import folded, has_visible
from pbvote.core.rules.ballot_form import BallotForm, ballot_form_from_json
from pbvote.core.rules.errors import (
    BudgetNotPositive,
    DateAbsurd,
    DateAfter,
    NameTwice,
    RuleConflict,
    RuleInvalid,
    RuleMissing,
    SurveyOnly,
    TieUnfinished,
)
from pbvote.core.rules.instants import instant_text, parse_instant
from pbvote.core.rules.intake import Intake, intake_from_json
from pbvote.core.rules.stage import FIRST_DAY, LAST_DAY, Timeline
from pbvote.core.rules.ways import DESK, WAYS, WayOfIdentity, chosen_way
from pbvote.core.rules.winner_rule import (
    LeftOver,
    ThresholdOf,
    Track,
    WinnerRule,
    track_findings,
    track_from_json,
    winner_rule_from_json,
)
from pbvote.core.tally.method import Option
from pbvote.core.tally.tie_breaking import TieKey
from pbvote.core.types import TAIPEI, DistrictId

MAX_MONEY = 10**12
"""NT$; keeps every sum of a call inside the integers that JSON carries exactly."""


class VoteKind(StrEnum):
    """NDC-03: fixed at publication and shown everywhere."""

    SURVEY = "survey"  # 意向調查
    SELECTION = "selection"  # 票選


class GroundKind(StrEnum):
    """PRA-03."""

    REGISTERED = "registered"  # 設籍
    RESIDENT = "resident"  # 居住
    EMPLOYED = "employed"  # 就業
    ENROLLED = "enrolled"  # 就學


class Evidence(StrEnum):
    """How a ground is shown (PRA-03)."""

    REGISTRY = "registry"
    ROLL = "roll"
    STATEMENT = "statement"  # 切結
    DOCUMENT = "document"  # shown to staff


class BallotOrder(StrEnum):
    """In which order the projects stand on the ballot: none shall win by standing first."""

    SUBMITTED = "submitted"  # by number, numbered as the proposals came in
    LOT = "lot"  # by number, numbered by a draw at the freeze
    SHUFFLED = "shuffled"  # on every device in another order; the numbers stay


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """A part of the area with a budget of its own; a call for the whole city has one."""

    id: DistrictId
    name: str
    name_en: str = ""
    budget_twd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One reason that makes a person eligible, with the weight of their ballot (PRA-03)."""

    kind: GroundKind
    area: str
    cut_off_on: date
    evidence: Evidence
    desk_only: bool = field(default=False, metadata={"written": "at_counter_only"})
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """Everything that decides who votes, what a ballot may say, and who wins."""

    vote_kind: VoteKind
    verification: str  # the name of a way of identity (:mod:`pbvote.core.rules.ways`)
    # staff may also check documents at a desk (PRA-13)
    desk: bool = field(default=False, metadata={"written": "counter"})
    minimum_age: int
    age_on: date
    grounds: tuple[Ground, ...]
    districts: tuple[District, ...]
    ballot_form: BallotForm
    winner_rule: WinnerRule
    tie_order: tuple[str, ...]
    tracks: tuple[Track, ...] = ()
    left_over: LeftOver = LeftOver.KEEP
    ballot_order: BallotOrder = BallotOrder.SUBMITTED
    intake: Intake = field(default_factory=Intake)
    timeline: Timeline
    batch_seconds: int = 3600
    batch_least: int = 50  # K of the protocol's flush; 0 (demonstrations only) holds nothing back

    @property
    def way(self) -> WayOfIdentity:
        """The way of identity that the call has chosen. Raises KeyError for an unknown one."""
        return WAYS[self.verification]

    @property
    def ways(self) -> tuple[WayOfIdentity, ...]:
        """Every way in which somebody can be identified: the chosen one, what it brings, and the desk."""
        desk = (DESK,) if self.desk and not self.way.at_desk else ()
        return (self.way, *(WAYS[name] for name in self.way.brings), *desk)

    @property
    def weights(self) -> tuple[int, ...]:
        """How many votes a ballot can count as, lightest first; one where nobody's ground is asked."""
        return tuple(sorted({ground.weight for ground in self.grounds} or {1}))

    @property
    def has_desk(self) -> bool:
        """Whether documents are checked at a desk (PRA-13)."""
        return any(way.at_desk for way in self.ways)

    def district(self, district_id: str) -> District:
        """The district of that id.

        Raises:
            RuleInvalid: no such district.
        """
        for district in self.districts:
            if district.id == district_id:
                return district
        raise RuleInvalid(field="district", value=district_id)

    def check(self) -> None:
        """Guarantee that the rules are complete and do not contradict each other.

        Raises:
            InvalidInput: one finding, or SeveralErrors with all of them, each naming its field.
        """
        findings: list[InvalidInput] = []
        try:
            self.timeline.check()
        except InvalidInput as error:
            findings.extend(findings_of(error))
        findings.extend(self._district_findings())
        findings.extend(self._voter_findings())
        findings.extend(self._ballot_findings())
        findings.extend(self.intake.findings(self.timeline))
        raise_findings(findings)

    def _district_findings(self) -> list[InvalidInput]:
        findings: list[InvalidInput] = []
        if not self.districts:
            findings.append(RuleMissing(field="districts"))
        seen_ids: set[str] = set()
        seen_names: set[str] = set()
        for i, district in enumerate(self.districts):
            where = f"districts.{i}"
            if not has_visible(district.name):
                findings.append(RuleMissing(field=f"{where}.name"))
            if district.id in seen_ids or folded(district.name) in seen_names:
                findings.append(NameTwice(field=f"{where}.name", value=district.name))
            if not 0 < district.budget_twd <= MAX_MONEY:
                findings.append(BudgetNotPositive(field=f"{where}.budget_twd", value=district.budget_twd))
            seen_ids.add(district.id)
            seen_names.add(folded(district.name))
        return findings

    def _voter_findings(self) -> list[InvalidInput]:
        findings: list[InvalidInput] = []
        if not 0 <= self.minimum_age <= 120:
            findings.append(RuleInvalid(field="minimum_age", value=self.minimum_age))
        findings += self._age_findings()
        if not self.way.has_person:
            if self.vote_kind is not VoteKind.SURVEY:
                findings.append(SurveyOnly(field="verification"))
        elif not self.grounds:
            findings.append(RuleMissing(field="grounds"))
        seen: set[tuple[str, str]] = set()
        for i, ground in enumerate(self.grounds):
            findings += self._cut_off_findings(ground, field=f"grounds.{i}.cut_off_on")
            if not 1 <= ground.weight <= 9:
                findings.append(RuleInvalid(field=f"grounds.{i}.weight", value=ground.weight))
            if not has_visible(ground.area):
                findings.append(RuleMissing(field=f"grounds.{i}.area"))
            if (ground.kind, folded(ground.area)) in seen:
                findings.append(NameTwice(field=f"grounds.{i}.kind", value=ground.kind.value))
            seen.add((ground.kind, folded(ground.area)))
        return findings

    def _age_findings(self) -> list[InvalidInput]:
        """Ages count on a day near the vote, at the latest a year after it."""
        until = cast("datetime | None", self.timeline.issue_until)
        last = until.date() + timedelta(days=366) if until and until.date() < LAST_DAY else LAST_DAY
        if FIRST_DAY <= self.age_on <= last:
            return []
        return [DateAbsurd(field="age_on", on=self.age_on, first=FIRST_DAY, last=last)]

    def _cut_off_findings(self, ground: Ground, *, field: str) -> list[InvalidInput]:
        """A tie (設籍, 居住 …) began by a day that lies before the vote ends, and not in another age."""
        on, until = ground.cut_off_on, cast("datetime | None", self.timeline.issue_until)
        if not FIRST_DAY <= on <= LAST_DAY:
            return [DateAbsurd(field=field, on=on, first=FIRST_DAY, last=LAST_DAY)]
        if until and on > until.astimezone(TAIPEI).date():
            return [DateAfter(field=field, on=on, other="timeline.issue_until", other_at=until)]
        return []

    def _ballot_findings(self) -> list[InvalidInput]:
        findings: list[InvalidInput] = []
        findings += self.ballot_form.findings()
        findings += self.winner_rule.findings(self.ballot_form)
        findings += track_findings(self.tracks, self.winner_rule)
        rule = self.winner_rule
        if rule.threshold_of is ThresholdOf.ELIGIBLE and not self.way.reads_roll:
            # nobody knows how many are eligible where no roll was imported
            findings.append(RuleConflict(field="winner_rule.threshold_of", other="verification"))
        if self.left_over is not LeftOver.KEEP and (not rule.uses(Option.POOL) or len(self.districts) < 2):
            findings.append(RuleConflict(field="left_over", other="winner_rule.method"))
        known = set(TieKey) - {TieKey.ID}
        if not any(key in known and TieKey(key).decides for key in self.tie_order):
            findings.append(TieUnfinished(field="tie_order"))
        if set(self.tie_order) - known or len(set(self.tie_order)) != len(self.tie_order):
            findings.append(RuleInvalid(field="tie_order", value=",".join(self.tie_order)))
        if self.batch_seconds < 1:
            findings.append(RuleInvalid(field="batch_seconds", value=self.batch_seconds))
        if self.batch_least < 0:
            findings.append(RuleInvalid(field="batch_least", value=self.batch_least))
        return findings

    def to_json(self) -> dict[str, Any]:
        """The rules as objects, arrays, integers and strings (see :mod:`pbvote.core.canonical`)."""
        timeline = self.timeline
        rare: dict[str, Any] = {}
        if self.tracks:
            rare["tracks"] = [track.to_json() for track in self.tracks]
        if self.left_over is not LeftOver.KEEP:
            rare["left_over"] = self.left_over.value
        if self.ballot_order is not BallotOrder.SUBMITTED:
            rare["ballot_order"] = self.ballot_order.value
        if self.intake != Intake():
            rare["intake"] = self.intake.to_json()
        return rare | {
            "vote_kind": self.vote_kind.value,
            "verification": str(self.verification),
            "counter": int(self.desk),
            "minimum_age": self.minimum_age,
            "age_on": self.age_on.isoformat(),
            "grounds": [
                {
                    "kind": g.kind.value,
                    "area": g.area,
                    "cut_off_on": g.cut_off_on.isoformat(),
                    "evidence": g.evidence.value,
                    "at_counter_only": int(g.desk_only),
                    "weight": g.weight,
                }
                for g in self.grounds
            ],
            "districts": [
                {"id": d.id, "name": d.name, "name_en": d.name_en, "budget_twd": d.budget_twd}
                for d in self.districts
            ],
            "ballot_form": self.ballot_form.to_json(),
            "winner_rule": self.winner_rule.to_json(),
            "tie_order": list(self.tie_order),
            "timeline": {
                "proposals_open_at": instant_text(timeline.proposals_open_at),
                "proposals_close_at": instant_text(timeline.proposals_close_at),
                "moderation_until": instant_text(timeline.moderation_until),
                "voting_opens_at": instant_text(timeline.voting_opens_at),
                "issue_until": instant_text(timeline.issue_until),
                "cast_until": instant_text(timeline.cast_until),
            },
            "batch_seconds": self.batch_seconds,
            "batch_least": self.batch_least,
        }


def _required_instant(values: dict[str, Any], name: str) -> datetime:
    instant = parse_instant(values[name], field=f"timeline.{name}")
    if instant is None:
        raise RuleMissing(field=f"timeline.{name}")
    return instant


def _timeline(values: dict[str, Any]) -> Timeline:
    return Timeline(
        proposals_open_at=parse_instant(values["proposals_open_at"], field="timeline.proposals_open_at"),
        proposals_close_at=parse_instant(values["proposals_close_at"], field="timeline.proposals_close_at"),
        moderation_until=_required_instant(values, "moderation_until"),
        voting_opens_at=_required_instant(values, "voting_opens_at"),
        issue_until=_required_instant(values, "issue_until"),
        cast_until=_required_instant(values, "cast_until"),
    )


def _ground(values: dict[str, Any]) -> Ground:
    return Ground(
        kind=GroundKind(values["kind"]),
        area=str(values["area"]),
        cut_off_on=date.fromisoformat(values["cut_off_on"]),
        evidence=Evidence(values["evidence"]),
        desk_only=flag(values["at_counter_only"]),
        weight=int(values["weight"]),
    )


def ruleset_from_json(values: Any) -> Ruleset:
    """The rules of :meth:`Ruleset.to_json`; shape only, call :meth:`Ruleset.check` for sense.

    Raises:
        RuleInvalid: a member is missing or of the wrong kind.
    """
    try:
        return Ruleset(
            vote_kind=VoteKind(values["vote_kind"]),
            verification=chosen_way(values["verification"]).name,
            desk=flag(values["counter"]),
            minimum_age=int(values["minimum_age"]),
            age_on=date.fromisoformat(values["age_on"]),
            grounds=tuple(_ground(g) for g in values["grounds"]),
            districts=tuple(
                District(
                    id=DistrictId(str(d["id"])),
                    name=str(d["name"]),
                    name_en=str(d["name_en"]),
                    budget_twd=int(d["budget_twd"]),
                )
                for d in values["districts"]
            ),
            ballot_form=ballot_form_from_json(values["ballot_form"]),
            winner_rule=winner_rule_from_json(values["winner_rule"]),
            tracks=tuple(track_from_json(track) for track in values.get("tracks", ())),
            left_over=LeftOver(values.get("left_over", LeftOver.KEEP)),
            ballot_order=BallotOrder(values.get("ballot_order", BallotOrder.SUBMITTED)),
            intake=intake_from_json(values.get("intake", {})),
            tie_order=tuple(str(key) for key in values["tie_order"]),
            timeline=_timeline(values["timeline"]),
            batch_seconds=int(values["batch_seconds"]),
            batch_least=int(values["batch_least"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RuleInvalid(field="ruleset", value=type(error).__name__) from error
