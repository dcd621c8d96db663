"""The methods that go once through one order of projects: by votes, by votes per cost, by priority."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any, ClassVar, Final

from pbvote.core.tally.greedy import Money, in_one_order
from pbvote.core.tally.method import UNKNOWN_RULE, Column, Method, Option, Threshold
from pbvote.core.tally.options import STOP
from pbvote.core.tally.outcome import Count, Outcome, TraceRow
from pbvote.core.tally.profile import Project
from pbvote.core.tally.recheck import Recheck
from pbvote.core.tally.spec import CountSpec

_FIRST: Final = 2**200
"""Above every score per cost: a project that costs nothing and has a vote comes before all others."""
_POZNAN: Final = 80


class GreedyVotes(Method):
    """Most votes first: the rule of nearly every city that votes on a budget.

    Source: Goel, Krishnaswamy, Sakshuwong, Aitamurto, Knapsack Voting for Participatory Budgeting
    (2019), who call it the rule in use; Taipei's and Warsaw's regulations state it in these words.
    """

    name = "greedy-votes"
    uses = frozenset({Option.FIT, Option.SCORE, Option.QUOTA, Option.POOL})
    columns = (Column(name="greedy"),)
    pabulib_rules: ClassVar = {
        "greedy": {},
        "greedy-threshold": {},
        "greedy-exclusive": {},
        "greedy-no-skip": {"fit": "stop"},
        "greedy-custom": {"fit": f"cover:{_POZNAN}"},
    }

    def run(self, count: Count) -> Outcome:
        """As :class:`Method` declares it."""
        return in_one_order(count)

    def recheck(self) -> Recheck:
        """As :class:`Method` declares it."""
        return Recheck()

    def pabulib_rule(self, spec: CountSpec) -> str:
        """As :class:`Method` declares it."""
        if spec.fit.cover:
            return "greedy-custom" if spec.fit.cover == _POZNAN else UNKNOWN_RULE
        if spec.exclusions:
            return "greedy-exclusive"
        if spec.fit == STOP:
            return "greedy-no-skip"
        return "greedy-threshold" if spec.threshold else "greedy"


class GreedyVotesPerCost(Method):
    """Most votes per unit of money first, compared as exact fractions.

    Source: Talmon, Faliszewski, A Framework for Approval-Based Budgeting Methods (AAAI 2019), greedy by
    ratio of votes to cost.
    """

    name = "greedy-votes-per-cost"
    uses = frozenset({Option.FIT, Option.SCORE, Option.QUOTA, Option.POOL})
    columns = (Column(name="greedy-per-cost"),)

    def run(self, count: Count) -> Outcome:
        """As :class:`Method` declares it."""

        def merit(project: Project) -> Fraction:
            score = count.score(project)
            return Fraction(score, project.cost) if project.cost else Fraction(score * _FIRST)

        return in_one_order(count, merit=merit)

    def enough_support(self, count: Count, row: TraceRow, *, threshold: Threshold) -> int | None:
        """As :class:`Method` declares it: enough for the first place among what costs anything."""
        least = super().enough_support(count, row, threshold=threshold)
        priced = [project for project in count.projects if project.cost]
        best = max((Fraction(count.score(each), each.cost) for each in priced), default=Fraction(0))
        return max(least or 1, floor(best * row.cost) + 1 - row.score)

    def recheck(self) -> Recheck:
        """As :class:`Method` declares it."""
        return _PerCostRecheck()


class _PerCostRecheck(Recheck):
    def merit(self, score: int, cost: int) -> tuple[Any, ...]:
        return (bool(cost) or score <= 0, -Fraction(score, cost or 1))


class PriorityOrder(Method):
    """The order of priority (優先順序): projects by score, the first ``most_winners`` (0 = all) win.

    No money is looked at: an agency that asks for an order, or for n nominations with caps per county,
    decides on the funding afterwards, so the cost of the winners may exceed the budget. Source: the calls
    of Taiwan's agencies that ask for an order of priority.
    """

    name = "priority-order"
    uses = frozenset({Option.SCORE, Option.QUOTA})

    def run(self, count: Count) -> Outcome:
        """As :class:`Method` declares it."""
        return in_one_order(count, money=Money.ANY)

    def recheck(self) -> Recheck:
        """As :class:`Method` declares it."""
        return _PriorityRecheck()


class _PriorityRecheck(Recheck):
    minds_money = False
