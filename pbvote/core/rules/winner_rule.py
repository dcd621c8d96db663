"""Who wins (PRA-02) as data: a method of counting and its options, every number a setting of the call.

Absent means default: only what departs from the plain count is written, so that rules frozen before an
option existed keep their bytes and their hash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from pbvote.core.errors import InvalidInput
from pbvote.core.letters import folded, has_visible
from pbvote.core.rules.ballot_form import BallotForm
from pbvote.core.rules.errors import NameTwice, RuleConflict, RuleInvalid, RuleMissing

WHOLE: Final = 10_000
"""Shares are given in 1/10,000ths."""
_COVER: Final = re.compile(r"cover:([1-9][0-9]?)", re.ASCII)


class Method(StrEnum):
    """The names of the methods of counting; :mod:`pbvote.core.tally.methods` holds the functions."""

    GREEDY_VOTES = "greedy-votes"
    GREEDY_VOTES_PER_COST = "greedy-votes-per-cost"
    EQUAL_SHARES_COST = "equal-shares-cost"
    EQUAL_SHARES_COUNT = "equal-shares-count"
    EQUAL_SHARES_POINTS = "equal-shares-points"
    PHRAGMEN = "phragmen"
    PRIORITY_ORDER = "priority-order"


GREEDY: Final = frozenset({Method.GREEDY_VOTES, Method.GREEDY_VOTES_PER_COST})
EQUAL_SHARES: Final = frozenset(
    {Method.EQUAL_SHARES_COST, Method.EQUAL_SHARES_COUNT, Method.EQUAL_SHARES_POINTS}
)
IN_ONE_ORDER: Final = GREEDY | {Method.PRIORITY_ORDER}
"""Methods that go once through one order of projects; only they know quotas."""


class Fit(StrEnum):
    """What a greedy count does at a project that costs more than is left.

    The third answer, ``cover:P``, has a number in it: stop there, and cover that one project from
    outside the budget if the money left is at least P per cent of its cost (Poznań: 80).
    """

    SKIP = "skip"
    STOP = "stop"


class Score(StrEnum):
    """What a project's score is: ballots that name it, points given, or points by place."""

    VOTES = "votes"
    POINTS = "points"
    POSITIONAL = "positional"


class Completion(StrEnum):
    """How Equal Shares spends what its first run leaves (Peters, Pierczyński, Skowron 2021)."""

    NONE = "none"
    ADD1 = "add1"
    UTILITARIAN = "utilitarian"


class Add1Stop(StrEnum):
    """Add1 ends before the run that would overspend, or earlier once nothing more would fit."""

    OVERSPEND = "overspend"
    EXHAUSTIVE = "exhaustive"


class Comparison(StrEnum):
    """Whether greedy by votes replaces Equal Shares when more voters have more winners by it."""

    NONE = "none"
    SATISFACTION = "satisfaction"


class LeftOver(StrEnum):
    """What becomes of the money that districts leave."""

    KEEP = "keep"
    CITY_POOL = "city-pool"


def cover_of(fit: str) -> int:
    """Per cent of the first misfit that must be covered; 0 where the fit covers none."""
    found = _COVER.fullmatch(fit)
    return int(found[1]) if found else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A track (組別) of projects with limits inside each district's count; 0 = no limit.

    ``cap_twd``: money at most; ``most_winners``: winners at most; ``quota`` (保障名額): that many of its
    projects are chosen before all others.
    """

    id: str
    name: str
    name_en: str = ""
    cap_twd: int = 0
    most_winners: int = 0
    quota: int = 0

    def to_json(self) -> dict[str, Any]:
        """The track as strings and integers."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class WinnerRule:
    """A method with its options.

    fit: ``skip``, ``stop`` or ``cover:P``. threshold_votes: least score, 0 = none; or instead of it
    threshold_share in 1/10,000ths of ``threshold_of``: valid ballots cast or persons eligible in the
    district. score, positions: what is added up, and the points by place. most_winners: in each district.
    """

    method: str = Method.GREEDY_VOTES.value
    fit: str = Fit.SKIP.value
    threshold_votes: int = 0
    threshold_share: int = 0
    threshold_of: str = ""
    score: str = Score.VOTES.value
    positions: tuple[int, ...] = ()
    most_winners: int = 0
    completion: str = Completion.NONE.value
    add1_stop: str = Add1Stop.OVERSPEND.value
    add1_step: int = 1
    comparison: str = Comparison.NONE.value

    def findings(self, form: BallotForm) -> list[InvalidInput]:
        """Everything unknown, contradictory or without effect, each naming its field of the ruleset."""
        return [*self._unknown(), *self._out_of_range(), *self._without_effect(form)]

    def _unknown(self) -> list[InvalidInput]:
        allowed: dict[str, tuple[str, ...]] = {
            "method": tuple(Method),
            "score": tuple(Score),
            "completion": tuple(Completion),
            "add1_stop": tuple(Add1Stop),
            "comparison": tuple(Comparison),
            "threshold_of": ("", "ballots", "eligible"),
        }
        found: list[InvalidInput] = [
            _invalid(name, getattr(self, name))
            for name, values in allowed.items()
            if getattr(self, name) not in values
        ]
        if self.fit not in tuple(Fit) and not cover_of(self.fit):
            found.append(_invalid("fit", self.fit))
        return found

    def _out_of_range(self) -> list[InvalidInput]:
        ranges = {
            "threshold_votes": range(10**9),
            "threshold_share": range(WHOLE + 1),
            "most_winners": range(10_000),
            "add1_step": range(1, 10**9),
        }
        found: list[InvalidInput] = [
            _invalid(name, getattr(self, name))
            for name, values in ranges.items()
            if getattr(self, name) not in values
        ]
        if any(not 0 <= value <= 10_000 for value in self.positions):
            found.append(_invalid("positions", ",".join(map(str, self.positions))))
        return found

    def _without_effect(self, form: BallotForm) -> list[InvalidInput]:
        found: list[InvalidInput] = []

        def conflict(name: str, other: str) -> None:
            found.append(RuleConflict(field=f"winner_rule.{name}", other=other))

        by_points = form.type.score == Score.POINTS
        by_places = form.type.score == Score.POSITIONAL
        if self.method not in GREEDY and self.fit != Fit.SKIP:
            conflict("fit", "winner_rule.method")
        if self.method not in EQUAL_SHARES and self.completion != Completion.NONE:
            conflict("completion", "winner_rule.method")
        if self.method not in EQUAL_SHARES and self.comparison != Comparison.NONE:
            conflict("comparison", "winner_rule.method")
        if self.method == Method.EQUAL_SHARES_POINTS and not (by_points or by_places):
            conflict("method", "ballot_form.kind")
        if self.score == Score.POINTS and not by_points:
            conflict("score", "ballot_form.kind")
        if self.score == Score.POSITIONAL and not by_places:
            conflict("score", "ballot_form.kind")
        needs_positions = self.score == Score.POSITIONAL or (
            self.method == Method.EQUAL_SHARES_POINTS and by_places
        )
        if needs_positions and not self.positions:
            found.append(RuleMissing(field="winner_rule.positions"))
        if self.positions and not needs_positions:
            conflict("positions", "winner_rule.score")
        if bool(self.threshold_share) != bool(self.threshold_of):
            found.append(RuleMissing(field="winner_rule.threshold_share"))
        if self.threshold_share and self.threshold_votes:
            conflict("threshold_share", "winner_rule.threshold_votes")
        return found

    def to_json(self) -> dict[str, Any]:
        """The rule as strings and integers; options at their default are absent."""
        members: dict[str, Any] = {
            "method": self.method,
            "fit": self.fit,
            "threshold_votes": self.threshold_votes,
        }
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in members and value != field.default:
                members[field.name] = list(value) if isinstance(value, tuple) else value
        return members


def _invalid(name: str, value: object) -> InvalidInput:
    return RuleInvalid(field=f"winner_rule.{name}", value=value)


def winner_rule_from_json(values: Any) -> WinnerRule:
    """The rule of :meth:`WinnerRule.to_json`; raises KeyError, TypeError or ValueError for another shape."""
    known = {field.name: field.default for field in fields(WinnerRule)}
    if set(values) - known.keys():
        raise KeyError(*sorted(set(values) - known.keys()))
    given: dict[str, Any] = {}
    for name, value in values.items():
        if name == "positions":
            given[name] = tuple(int(each) for each in value)
        else:
            given[name] = int(value) if isinstance(known[name], int) else str(value)
    return WinnerRule(**given)


def track_findings(tracks: tuple[Track, ...], rule: WinnerRule) -> list[InvalidInput]:
    """Everything wrong with the tracks, each naming its field of the ruleset."""
    found: list[InvalidInput] = []
    names: set[str] = set()
    for place, track in enumerate(tracks):
        where = f"tracks.{place}"
        if not has_visible(track.name):
            found.append(RuleMissing(field=f"{where}.name"))
        elif folded(track.name) in names:
            found.append(NameTwice(field=f"{where}.name", value=track.name))
        names.add(folded(track.name))
        for field in ("cap_twd", "most_winners", "quota"):
            if getattr(track, field) < 0:
                found.append(RuleInvalid(field=f"{where}.{field}", value=getattr(track, field)))
        if track.quota and rule.method not in IN_ONE_ORDER:
            found.append(RuleConflict(field=f"{where}.quota", other="winner_rule.method"))
        if track.most_winners and track.quota > track.most_winners:
            found.append(RuleConflict(field=f"{where}.quota", other=f"{where}.most_winners"))
    return found


def track_from_json(values: Any) -> Track:
    """The track of :meth:`Track.to_json`; raises KeyError, TypeError or ValueError for another shape."""
    return Track(
        id=str(values["id"]),
        name=str(values["name"]),
        name_en=str(values["name_en"]),
        cap_twd=int(values["cap_twd"]),
        most_winners=int(values["most_winners"]),
        quota=int(values["quota"]),
    )
