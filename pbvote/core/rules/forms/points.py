"""Points shared out over projects (配點)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pbvote.core.errors import InvalidInput
from pbvote.core.rules.errors import RuleInvalid
from pbvote.core.rules.forms.base import BallotFormType, FormKind, Limits, whole_numbers
from pbvote.core.rules.forms.errors import BallotPointsRange, BallotPointsTooMany, BallotUnreadable
from pbvote.core.types import Choices

MOST_POINTS: Final = 1000


class Points(BallotFormType):
    """At most ``points_total`` points, to each project between 1 and ``most_points``."""

    kind = FormKind.POINTS
    gives_points = True
    score = "points"
    numbers = {"points_total": None, "points_most": 0}

    def findings(self, limits: Limits) -> list[InvalidInput]:
        """Points enough for the least number of projects, and not absurdly many."""
        found = super().findings(limits)
        if not 1 <= limits.points_total <= MOST_POINTS or limits.points_total < limits.min_choices:
            found.append(RuleInvalid(field="ballot_form.points_total", value=limits.points_total))
        if not 0 <= limits.points_most <= limits.points_total:
            found.append(RuleInvalid(field="ballot_form.points_most", value=limits.points_most))
        return found

    def require_legal(
        self, limits: Limits, choices: Choices, *, costs: Mapping[int, int], budget: int
    ) -> None:
        """As every set, and points within range. Raises BallotPointsRange, BallotPointsTooMany too."""
        super().require_legal(limits, choices, costs=costs, budget=budget)
        for number, points in zip(choices.projects, choices.points, strict=True):
            if not 1 <= points <= limits.most_points:
                raise BallotPointsRange(
                    field="choices", number=number, points=points, most=limits.most_points
                )
        total = sum(choices.points)
        if total > limits.points_total:
            raise BallotPointsTooMany(field="choices", points=total, most=limits.points_total)

    def read(self, values: Sequence[object]) -> Choices:
        """Pairs of number and points, ascending by number. Raises BallotUnreadable."""
        pairs = [whole_numbers(value) for value in values if isinstance(value, list)]
        if len(pairs) != len(values) or any(len(pair) != 2 for pair in pairs):
            raise BallotUnreadable(problem="not pairs")
        choices = Choices(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))
        if list(choices.projects) != sorted(choices.projects):
            raise BallotUnreadable(problem="order")
        return choices

    def more_room(self, limits: Limits, count: int) -> int:
        """Every number stands in brackets of its own beside its points."""
        return count * (3 + len(str(limits.most_points)))

    def vote_type(self, max_length: str) -> str:
        """Points that are shared out."""
        return "cumulative"

    def pabulib_meta(self, limits: Limits, *, budget: int) -> dict[str, str]:
        """Range of one project and sum of a ballot."""
        return {
            "min_points": "1",
            "max_points": str(limits.most_points),
            "max_sum_points": str(limits.points_total),
        }

    def in_pabulib(self, choices: Choices) -> Choices:
        """With falling points."""
        pairs = sorted(
            zip(choices.projects, choices.points, strict=True), key=lambda pair: (-pair[1], pair[0])
        )
        return Choices(tuple(p for p, _ in pairs), tuple(q for _, q in pairs))

    def filled(
        self, limits: Limits, liked: Sequence[int], costs: Mapping[int, int], *, budget: int
    ) -> Choices:
        """All points over the projects liked, one after the other from the favourite on."""
        points = dict.fromkeys(liked[: min(limits.max_choices, limits.points_total)], 1)
        chosen = list(points)
        for given in range(limits.points_total - len(points)):
            number = chosen[(given * given) % len(chosen)]
            if points[number] < limits.most_points:
                points[number] += 1
        return Choices(tuple(sorted(points)), tuple(points[number] for number in sorted(points)))
