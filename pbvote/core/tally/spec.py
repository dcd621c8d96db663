"""What a count is asked: the rule as data (PRA-02), every number a setting of the call.

Absent means default: :meth:`CountSpec.to_json` names only what departs from the plain count, so that
rules written before an option existed keep their bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from pbvote.core.errors import InvalidInput
from pbvote.core.rules.winner_rule import WHOLE, Add1Stop, Comparison, Completion, Fit, Score, cover_of


class CountSpecInvalid(InvalidInput):
    """The rule of the count is not usable (facts: field, problem)."""

    code = "tally.spec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Limits of a track, region or county (組別) inside one count.

    ``cap``: money at most; ``most``: winners at most; 0 = no limit. ``quota`` (保障名額): that many of
    its projects are chosen before all others, in their order among themselves. A project may stand in
    several groups.
    """

    name: str
    projects: tuple[int, ...]
    cap: int = 0
    most: int = 0
    quota: int = 0

    def to_json(self) -> dict[str, object]:
        """The group as a JSON object of integers and strings."""
        return {
            "name": self.name,
            "projects": list(self.projects),
            "cap": self.cap,
            "most": self.most,
            "quota": self.quota,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSpec:
    """A usable rule.

    method: name in the registry (:data:`pbvote.core.tally.methods.METHODS`).
    budget: whole units of money.
    fit: ``skip`` | ``stop`` | ``cover:P`` (greedy methods only).
    threshold: least score, inclusive. With 0 a project that nobody chose may win a greedy count, as in
        the official results of several cities; a call that does not want that sets 1.
    score: ``votes`` | ``points`` | ``positional``; orders a greedy count and is what a threshold counts.
    positions: points of place 1, 2, ... for ``positional`` and for rankings in equal-shares-points.
    most_winners: top n; 0 = no limit.
    groups, exclusions: limits by group; sets of projects of which at most one wins (擇一).
    completion, add1_stop, add1_step, comparison: Equal Shares only; the step is money per voter.
    """

    method: str
    budget: int
    fit: str = "skip"
    threshold: int = 0
    score: str = Score.VOTES.value
    positions: tuple[int, ...] = ()
    most_winners: int = 0
    groups: tuple[Group, ...] = ()
    exclusions: tuple[tuple[int, ...], ...] = ()
    completion: str = Completion.NONE.value
    add1_stop: str = Add1Stop.OVERSPEND.value
    add1_step: int = 1
    comparison: str = Comparison.NONE.value

    def __post_init__(self) -> None:
        for field in ("budget", "threshold", "most_winners"):
            if getattr(self, field) < 0:
                raise CountSpecInvalid(field=field, problem="negative")
        if self.fit not in tuple(Fit) and not cover_of(self.fit):
            raise CountSpecInvalid(field="fit", problem="unknown-fit")
        named = {"score": Score, "completion": Completion, "add1_stop": Add1Stop, "comparison": Comparison}
        for field, values in named.items():
            if getattr(self, field) not in tuple(values):
                raise CountSpecInvalid(field=field, problem=f"unknown-{field.replace('_', '-')}")
        if self.add1_step < 1:
            raise CountSpecInvalid(field="add1_step", problem="not-positive")
        if any(value < 0 for value in self.positions):
            raise CountSpecInvalid(field="positions", problem="negative")
        if self.score == Score.POSITIONAL and not self.positions:
            raise CountSpecInvalid(field="positions", problem="missing")
        if any(min(group.cap, group.most, group.quota) < 0 for group in self.groups):
            raise CountSpecInvalid(field="groups", problem="negative")
        if any(len(set(exclusive)) < 2 for exclusive in self.exclusions):
            raise CountSpecInvalid(field="exclusions", problem="too-small")

    @property
    def cover(self) -> int:
        """Per cent of the first misfit that must be covered; 0 where the rule covers none."""
        return cover_of(self.fit)

    @property
    def stops(self) -> str:
        """The fit with its number left out: ``skip`` or ``stop``."""
        return Fit.SKIP.value if self.fit == Fit.SKIP else Fit.STOP.value

    def to_json(self) -> dict[str, object]:
        """The rule as a JSON object of integers and strings; options at their default are absent."""
        members: dict[str, object] = {
            "method": self.method,
            "budget": self.budget,
            "fit": self.fit,
            "threshold": self.threshold,
        }
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in members and value != field.default:
                members[field.name] = value
        if self.groups:
            members["groups"] = [group.to_json() for group in self.groups]
        if self.exclusions:
            members["exclusions"] = [list(exclusive) for exclusive in self.exclusions]
        if self.positions:
            members["positions"] = list(self.positions)
        return members


def share_of(basis_points: int, whole: int) -> int:
    """The least score that is at least this share (1/10,000ths) of ``whole`` ballots or persons."""
    return -(-basis_points * whole // WHOLE)


def falling_positions(places: int) -> tuple[int, ...]:
    """``places``, ``places - 1``, ..., 1: what cities that rank give (max_length less the place).

    This is not Borda over all projects, which would give a first place as many points as there are
    projects (Pabulib's ``scoring_fn`` names the latter; the official results follow this one).
    """
    return tuple(range(places, 0, -1))
