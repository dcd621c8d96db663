"""What a count is asked: the rule as data (PRA-02), every number a setting of the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pbvote.core.errors import InvalidInput
from pbvote.core.tally.method import MethodUnknown
from pbvote.core.tally.options import CountOptions

WHOLE: Final = 10_000
"""Shares are given in 1/10,000ths."""


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
class CountSpec(CountOptions):
    """A usable rule.

    budget: whole units of money.
    threshold: least score, inclusive. With 0 a project that nobody chose may win a greedy count, as in
        the official results of several cities; a call that does not want that sets 1.
    groups, exclusions: limits by group; sets of projects of which at most one wins (擇一).
    """

    budget: int
    threshold: int = 0
    groups: tuple[Group, ...] = ()
    exclusions: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        CountOptions.__post_init__(self)
        for name in ("budget", "threshold"):
            if getattr(self, name) < 0:
                raise CountSpecInvalid(field=name, problem="negative")
        for name in self.out_of_range():
            raise CountSpecInvalid(field=name, problem="out-of-range")
        for useless in self.without_effect(None):
            if not useless.because:
                raise CountSpecInvalid(field=useless.option, problem=useless.problem)
        if any(min(group.cap, group.most, group.quota) < 0 for group in self.groups):
            raise CountSpecInvalid(field="groups", problem="negative")
        if any(len(set(exclusive)) < 2 for exclusive in self.exclusions):
            raise CountSpecInvalid(field="exclusions", problem="too-small")

    def _unknown(self, name: str, value: str) -> InvalidInput:
        if name == "method":
            return MethodUnknown(field=name, method=value)
        return CountSpecInvalid(field=name, problem=f"unknown-{name.replace('_', '-')}")

    def to_json(self) -> dict[str, object]:
        """The rule as a JSON object of integers and strings; options at their default are absent."""
        members = self._members("method", "budget", "fit", "threshold")
        if self.groups:
            members["groups"] = [group.to_json() for group in self.groups]
        if self.exclusions:
            members["exclusions"] = [list(exclusive) for exclusive in self.exclusions]
        return members


def spec_from_json(values: Any) -> CountSpec:
    """The rule of :meth:`CountSpec.to_json`.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: another shape.
        CountSpecInvalid, MethodUnknown: a rule that makes no sense.
    """
    members = dict(values)
    members["groups"] = tuple(
        Group(**{**group, "projects": tuple(group["projects"])}) for group in members.get("groups", ())
    )
    members["exclusions"] = tuple(tuple(each) for each in members.get("exclusions", ()))
    return CountSpec(**members)


def share_of(basis_points: int, whole: int) -> int:
    """The least score that is at least this share (1/10,000ths) of ``whole`` ballots or persons."""
    return -(-basis_points * whole // WHOLE)


def falling_positions(places: int) -> tuple[int, ...]:
    """``places``, ``places - 1``, ..., 1: what cities that rank give (max_length less the place).

    This is not Borda over all projects, which would give a first place as many points as there are
    projects (Pabulib's ``scoring_fn`` names the latter; the official results follow this one).
    """
    return tuple(range(places, 0, -1))
