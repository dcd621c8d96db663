"""Whatever fits the budget (在預算內任選)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pbvote.core.rules.forms.base import BallotFormType, FormKind, Limits
from pbvote.core.rules.forms.errors import BallotOverBudget
from pbvote.core.types import Choices


class Knapsack(BallotFormType):
    """A set whose projects together cost no more than the district has."""

    kind = FormKind.KNAPSACK
    within_budget = True
    most_may_be_empty = True

    def require_legal(
        self, limits: Limits, choices: Choices, *, costs: Mapping[int, int], budget: int
    ) -> None:
        """As every set, and within the budget. Raises BallotOverBudget too."""
        super().require_legal(limits, choices, costs=costs, budget=budget)
        cost = sum(costs[number] for number in choices.projects)
        if cost > budget:
            raise BallotOverBudget(field="choices", cost_twd=cost, budget_twd=budget)

    def pabulib_meta(self, limits: Limits, *, budget: int) -> dict[str, str]:
        """The budget is the most that a ballot may cost."""
        return {"max_sum_cost": str(budget)}

    def filled(
        self, limits: Limits, liked: Sequence[int], costs: Mapping[int, int], *, budget: int
    ) -> Choices:
        """One after the other, what still fits."""
        chosen: list[int] = []
        for number in liked[: limits.max_choices]:
            if sum(costs[each] for each in (*chosen, number)) <= budget:
                chosen.append(number)
        return Choices.of_set(chosen)
