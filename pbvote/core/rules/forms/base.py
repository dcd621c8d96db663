"""What every ballot form has, and what it does unless the form says otherwise: a set of projects.

A form is one object: which limits it has, which ballots are legal, how the array of the plaintext is read,
how much room it needs, and how its ballots stand in a Pabulib file. The browser's side of the same rule is
one entry of ``static/vote/choosing.js``; both are held to ``tests/vectors/ballot_forms.json``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Literal, Protocol

from pbvote.core.errors import InvalidInput
from pbvote.core.rules.errors import BallotLimits, RuleInvalid
from pbvote.core.rules.forms.errors import (
    BallotForeignProject,
    BallotTooFew,
    BallotTooMany,
    BallotTwice,
    BallotUnreadable,
)
from pbvote.core.types import Choices


class FormKind(StrEnum):
    """The names of this release's ballot forms; what stands in ``forms.FORMS`` is a form."""

    UP_TO = "up-to"
    EXACTLY = "exactly"
    BETWEEN = "between"
    KNAPSACK = "knapsack"
    RANKING = "ranking"  # 排序
    POINTS = "points"  # 配點


class Limits(Protocol):
    """The numbers that a call's rules set for its form."""

    @property
    def min_choices(self) -> int:
        """Projects at least."""

    @property
    def max_choices(self) -> int:
        """Projects at most."""

    @property
    def points_total(self) -> int:
        """Points that a voter has; 0 without points."""

    @property
    def points_most(self) -> int:
        """Points that one project may get; 0: as many as there are."""

    @property
    def most_points(self) -> int:
        """The most that one project may get."""


class BallotFormType:
    """A ballot form: projects, each once, in no order."""

    kind: ClassVar[str]
    ordered: ClassVar[bool] = False
    """Whether the order of the projects says something; a set is written in ascending order."""
    gives_points: ClassVar[bool] = False
    """Whether a ballot gives points, written as pairs of number and points."""
    within_budget: ClassVar[bool] = False
    """Whether the chosen projects' cost must fit the district's budget."""
    score: ClassVar[str] = "votes"
    """What a ballot of this form gives its projects in the count (a ``Score``)."""

    most_may_be_empty: ClassVar[bool] = False
    """Whether an officer may leave ``max_choices`` empty: as many as there are."""
    least_if_empty: ClassVar[Literal["one", "most", "asked"]] = "one"
    """What an empty ``min_choices`` means: 1, the same as the most, or that it has to be filled in."""
    numbers: ClassVar[Mapping[str, int | None]] = {}
    """Further limits by name, with the value of an empty one; None: it has to be filled in."""

    def findings(self, limits: Limits) -> list[InvalidInput]:
        """Every limit that makes no sense, each naming its field of the ruleset."""
        found: list[InvalidInput] = []
        if not 0 <= limits.min_choices <= limits.max_choices or limits.max_choices < 1:
            found.append(BallotLimits(field="ballot_form.min_choices"))
        if not self.gives_points and (limits.points_total or limits.points_most):
            found.append(RuleInvalid(field="ballot_form.points_total", value=limits.points_total))
        return found

    def require_legal(
        self, limits: Limits, choices: Choices, *, costs: Mapping[int, int], budget: int
    ) -> None:
        """Guarantee that the choices obey the rules; ``costs`` holds the ballot's projects, in NT$.

        Raises:
            BallotForeignProject, BallotTwice, BallotTooFew, BallotTooMany, and what the form adds.
        """
        seen: set[int] = set()
        for number in choices.projects:
            if number not in costs:
                raise BallotForeignProject(field="choices", number=number)
            if number in seen:
                raise BallotTwice(field="choices", number=number)
            seen.add(number)
        if len(seen) < limits.min_choices:
            raise BallotTooFew(field="choices", count=len(seen), least=limits.min_choices)
        if len(seen) > limits.max_choices:
            raise BallotTooMany(field="choices", count=len(seen), most=limits.max_choices)

    def read(self, values: Sequence[object]) -> Choices:
        """What the array of a plaintext says, in the one spelling that the form allows.

        Raises:
            BallotUnreadable: another spelling.
        """
        choices = Choices(whole_numbers(values))
        if not self.ordered and list(choices.projects) != sorted(choices.projects):
            raise BallotUnreadable(problem="order")
        return choices

    def more_room(self, limits: Limits, count: int) -> int:
        """Bytes that ``count`` projects need beside their numbers, commas and the brackets."""
        return 0

    # -- in a Pabulib file

    def vote_type(self, max_length: str) -> str:
        """The format's word for the ballots, from its ``max_length``."""
        return "choose-1" if max_length == "1" else "approval"

    def pabulib_meta(self, limits: Limits, *, budget: int) -> dict[str, str]:
        """The format's keys for the form's own limits."""
        return {}

    def in_pabulib(self, choices: Choices) -> Choices:
        """A ballot in the order in which the format writes it."""
        return choices

    # -- invented ballots

    def filled(
        self, limits: Limits, liked: Sequence[int], costs: Mapping[int, int], *, budget: int
    ) -> Choices:
        """A legal ballot of somebody who likes these projects, the best first; as many as are allowed."""
        chosen = liked[: limits.max_choices]
        return Choices(tuple(chosen)) if self.ordered else Choices.of_set(chosen)


def whole_numbers(values: Sequence[object]) -> tuple[int, ...]:
    """The values, all of them whole numbers. Raises BallotUnreadable."""
    numbers = tuple(value for value in values if isinstance(value, int))
    if len(numbers) != len(values):
        raise BallotUnreadable(problem="not numbers")
    return numbers
