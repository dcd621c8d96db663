"""The options of a count as values: what a call's winner rule and a count's rule have in common.

Text becomes a value once, when the options are made (``cover:80`` is :class:`Fit`, a method's name the
method). Absent means default: only what departs from the plain count is written, so that rules frozen
before an option existed keep their bytes and their hash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, NamedTuple

from pbvote.core.errors import InvalidInput
from pbvote.core.tally.method import Method, MethodUnknown, Option, Says, method_named

MAX_FLOOR: Final = 1_000
"""The largest divisor of a cost-proportional floor."""
DEFAULT_METHOD: Final = "greedy-votes"
_COVER: Final = re.compile(r"cover:([1-9][0-9]?)", re.ASCII)


class FitKind(StrEnum):
    """What a count does at a project that costs more than is left."""

    SKIP = "skip"
    STOP = "stop"
    COVER = "cover"


@dataclass(frozen=True, slots=True)
class Fit:
    """Skip a project that does not fit, stop there, or stop and cover that one from outside the budget.

    ``cover``: the per cent of its cost that must be left for that (Poznań: 80), 0 for the other kinds.
    """

    kind: FitKind
    cover: int = 0

    @classmethod
    def of(cls, text: object) -> Fit:
        """The fit of ``skip``, ``stop`` or ``cover:P`` with P from 1 to 99.

        Raises:
            ValueError: another text.
        """
        found = _COVER.fullmatch(str(text))
        if found:
            return cls(FitKind.COVER, int(found[1]))
        if str(text) == FitKind.COVER:
            raise ValueError(text)
        return cls(FitKind(str(text)))

    @property
    def stops(self) -> bool:
        """Whether the count ends at the first project that does not fit."""
        return self.kind is not FitKind.SKIP

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.cover}" if self.cover else self.kind.value


SKIP: Final = Fit(FitKind.SKIP)
STOP: Final = Fit(FitKind.STOP)


class Score(StrEnum):
    """What a project's score is: ballots that name it, points given, or points by place."""

    VOTES = "votes"
    POINTS = "points"
    POSITIONAL = "positional"

    @property
    def needs(self) -> Says | None:
        """What ballots must say for this score; None where any ballot will do."""
        return {Score.POINTS: Says.POINTS, Score.POSITIONAL: Says.RANKING}.get(self)


class Completion(StrEnum):
    """How Equal Shares spends what its first run leaves (Peters, Pierczyński, Skowron 2021).

    ``add1-utilitarian`` raises the endowment first, then spends what is still left by votes.
    """

    NONE = "none"
    ADD1 = "add1"
    UTILITARIAN = "utilitarian"
    ADD1_UTILITARIAN = "add1-utilitarian"

    @property
    def raises(self) -> bool:
        """Whether the endowment is raised step by step."""
        return self in (Completion.ADD1, Completion.ADD1_UTILITARIAN)

    @property
    def fills(self) -> bool:
        """Whether what is left in the end is spent in the order of votes."""
        return self in (Completion.UTILITARIAN, Completion.ADD1_UTILITARIAN)


class Add1Stop(StrEnum):
    """Add1 ends before the run that would overspend, or earlier once nothing more would fit."""

    OVERSPEND = "overspend"
    EXHAUSTIVE = "exhaustive"


class Comparison(StrEnum):
    """Whether greedy by votes replaces Equal Shares when more voters have more winners by it."""

    NONE = "none"
    SATISFACTION = "satisfaction"


class Useless(NamedTuple):
    """An option without effect, or without what it needs, and the option or ballots that say so.

    option: its name here. because: ``method``, ``ballots``, ``score``, or "" where it is only missing.
    """

    option: str
    problem: str
    because: str


def method_of(value: Method | str) -> Method:
    """The method itself, or the one of that name.

    Raises:
        MethodUnknown: there is none.
    """
    return value if isinstance(value, Method) else method_named(str(value))


def _fit_of(value: Fit | str) -> Fit:
    return value if isinstance(value, Fit) else Fit.of(value)


_VALUE_OF: Final[Mapping[str, Callable[[Any], object]]] = {
    "method": method_of,
    "fit": _fit_of,
    "score": Score,
    "completion": Completion,
    "add1_stop": Add1Stop,
    "comparison": Comparison,
    "positions": tuple,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOptions:
    """A method with its options; names are turned into values when the options are made.

    fit: at a project that does not fit (methods that use it). score, positions: what is added up, and the
    points by place of a ranking. most_winners: 0 = no limit. floor: a project may win only if its share
    of the voters is at least its cost / (floor · budget) (Świecie: 3); 0 = no such floor. completion,
    add1_stop, add1_step, comparison: how money left is spent; the step is money per voter.
    """

    method: Method = field(default_factory=lambda: method_named(DEFAULT_METHOD))
    fit: Fit = SKIP
    score: Score = Score.VOTES
    positions: tuple[int, ...] = ()
    most_winners: int = 0
    floor: int = 0
    completion: Completion = Completion.NONE
    add1_stop: Add1Stop = Add1Stop.OVERSPEND
    add1_step: int = 1
    comparison: Comparison = Comparison.NONE

    def __post_init__(self) -> None:
        for name, value_of in _VALUE_OF.items():
            given = getattr(self, name)
            try:
                object.__setattr__(self, name, value_of(given))
            except (ValueError, MethodUnknown) as error:
                raise self._unknown(name, str(given)) from error

    def _unknown(self, name: str, value: str) -> InvalidInput:
        """The error for a value that an option does not have."""
        raise NotImplementedError

    def uses(self, option: Option) -> bool:
        """Whether the method knows an option."""
        return option in self.method.uses

    def without_effect(self, says: Says | None) -> Iterator[Useless]:
        """Every option that the method or the ballots make useless; ``says`` None: ballots unknown."""
        if not self.uses(Option.FIT) and self.fit != SKIP:
            yield Useless("fit", "not-of-this-method", "method")
        if not self.uses(Option.COMPLETION) and self.completion is not Completion.NONE:
            yield Useless("completion", "not-of-this-method", "method")
        if not self.uses(Option.COMPARISON) and self.comparison is not Comparison.NONE:
            yield Useless("comparison", "not-of-this-method", "method")
        needed = self.score is Score.POSITIONAL
        if says is not None:
            needed = needed or (self.method.reads_worth and says is Says.RANKING)
            if says not in self.method.ballots:
                yield Useless("method", "other-ballots", "ballots")
            if self.score.needs not in (None, says):
                yield Useless("score", "other-ballots", "ballots")
            if self.positions and not needed:
                yield Useless("positions", "not-of-this-score", "score")
        if needed and not self.positions:
            yield Useless("positions", "missing", "")

    def out_of_range(self) -> Iterator[str]:
        """The names of options with a number that makes no sense."""
        if self.most_winners < 0:
            yield "most_winners"
        if not 0 <= self.floor <= MAX_FLOOR:
            yield "floor"
        if self.add1_step < 1:
            yield "add1_step"
        if any(value < 0 for value in self.positions):
            yield "positions"

    def options(self) -> dict[str, Any]:
        """The options by name, as values: what another rule with the same options is made of."""
        return {each.name: getattr(self, each.name) for each in fields(CountOptions)}

    def _members(self, *always: str) -> dict[str, Any]:
        """The named members, and those of all others that are not at their default, as JSON has them."""
        members = {name: as_json(getattr(self, name)) for name in always}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name not in members and each.default is not MISSING and value != each.default:
                members[each.name] = as_json(value)
        return members


def as_json(value: Any) -> Any:
    """An option's value as JSON: text, whole number or list."""
    if isinstance(value, (Method, Fit)):
        return str(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [each if isinstance(each, int) else as_json(each) for each in value]
    return value


def floor_votes(floor: int, *, cost: int, budget: int, voters: int) -> int:
    """The least votes of a project by a cost-proportional floor: votes / voters >= cost / (floor · budget).

    0 where there is no floor, or no budget to compare with.
    """
    if not floor or not budget:
        return 0
    share = Fraction(cost * voters, floor * budget)
    return -(-share.numerator // share.denominator)
