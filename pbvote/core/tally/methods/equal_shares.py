"""The Method of Equal Shares (等額分配法) as three methods that differ in what a project is worth.

Source: Peters, Pierczyński, Skowron, Proportional Participatory Budgeting with Additive Utilities
(NeurIPS 2021); the rule itself is :mod:`pbvote.core.tally.equal_shares`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction
from math import ceil
from typing import Any, ClassVar

from pbvote.core.tally.decimals import significant
from pbvote.core.tally.equal_shares import EqualShares, SharesRound, rounds_at
from pbvote.core.tally.exact_purses import ExactPurses
from pbvote.core.tally.explain import Money
from pbvote.core.tally.market import Offer, Utility
from pbvote.core.tally.method import UNKNOWN_RULE, Column, Method, Option, RoundKind, Says, Shown, Threshold
from pbvote.core.tally.options import Add1Stop, Comparison, Completion
from pbvote.core.tally.outcome import Count, Outcome, TraceRow, reaching
from pbvote.core.tally.recheck import Line, Recheck, State
from pbvote.core.tally.spec import CountSpec

_FINAL, _NEXT = "final", "next"


class _Shares(Method):
    """What the three have in common."""

    uses = frozenset({Option.COMPLETION, Option.COMPARISON})
    adds_voters = True
    utility: ClassVar[Utility]

    def run(self, count: Count) -> Outcome:
        """As :class:`Method` declares it."""
        return EqualShares(count, utility=self.utility).outcome()

    def recheck(self) -> Recheck:
        """As :class:`Method` declares it."""
        return _SharesRecheck(self.utility)

    def rounds(self, count: Count, outcome: Outcome) -> Iterator[Shown]:
        """As :class:`Method` declares it."""
        if not outcome.endowment:
            return
        costs = {project.number: project.cost for project in count.projects}

        def figure(number: int, price: str) -> Fraction:
            return Fraction(price) * (costs[number] if self.utility is Utility.COST else 1)

        for each in rounds_at(count, Fraction(outcome.endowment), utility=self.utility):
            if not each.project:
                return
            yield Shown(
                kind=RoundKind.PAID,
                project=each.project,
                candidates=tuple((number, figure(number, price)) for number, price in each.candidates),
                figure=figure(each.project, each.price),
                supporters=each.supporters,
                in_full=each.in_full,
                out=each.out,
            )

    def round_lines(self, count: Count, outcome: Outcome) -> Iterator[dict[str, Any]]:
        """As :class:`Method` declares it: the final run, and the Add1 run that overspent."""
        if not outcome.endowment:
            return
        endowment, spec = Fraction(outcome.endowment), outcome.spec
        yield from self._purchases(count, _FINAL, endowment)
        if spec.completion.raises and spec.add1_stop is Add1Stop.OVERSPEND:
            following = list(self._purchases(count, _NEXT, endowment + spec.add1_step))
            cost = {project.number: project.cost for project in count.projects}
            if sum(cost.get(line["project"], 0) for line in following) > spec.budget:
                yield from following  # else everything was bought, and no run was tried after it

    def _purchases(self, count: Count, run: str, endowment: Fraction) -> Iterator[dict[str, Any]]:
        """The rounds at an endowment; of the run after the last those until the money is overspent."""
        spent, cost = 0, {project.number: project.cost for project in count.projects}
        for found in rounds_at(count, endowment, utility=self.utility):
            yield _line(found, run, endowment)
            spent += cost.get(found.project, 0)
            if run == _NEXT and spent > count.spec.budget:
                return

    def enough_support(self, count: Count, row: TraceRow, *, threshold: Threshold) -> int | None:
        """As :class:`Method` declares it: voters whose own shares pay the project, whoever else buys what."""
        budget = count.spec.budget
        if row.cost >= budget:
            return None
        alone = ceil(Fraction(row.cost * count.voters, budget - row.cost))
        return max(1, alone, count.newcomers(row), reaching(count, row, threshold))

    def estimate(self, changed: Count, outcome: Outcome, *, voters: int) -> Collection[int] | None:
        """As :class:`Method` declares it: one run, with as much money in all as the last run had."""
        if not changed.spec.completion.raises or not outcome.endowment:
            return None
        share = Fraction(outcome.endowment) * voters / changed.voters
        return EqualShares(changed, utility=self.utility).at(share).winners

    def money(self, count: Count, outcome: Outcome, row: TraceRow) -> Money | None:
        """As :class:`Method` declares it, followed exactly, purchase by purchase."""
        if not outcome.endowment:
            return None
        offer = Offer(count, utility=self.utility)
        number = row.project
        if number not in offer.electorate.supporters:
            return None
        purses = ExactPurses(offer.electorate, Fraction(outcome.endowment))
        costs = {project.number: project.cost for project in count.projects}
        start = behind = purses.behind(number)
        short_in = 0 if behind < row.cost else -1
        paid: list[tuple[int, int]] = []
        for each in outcome.rounds:
            if not costs[each.project]:
                continue
            purses.buy(each.project, costs[each.project])
            left = purses.behind(number)
            if behind > left:
                paid.append((each.project, round(behind - left)))
            behind = left
            if short_in < 0 and behind < row.cost:
                short_in = each.number
        return Money(at_start=round(start), at_end=round(behind), short_in=max(0, short_in), paid=tuple(paid))


class EqualSharesCost(_Shares):
    """Equal Shares where a project is worth its cost to each supporter: the rule of the cities that use it.

    Source: Peters, Pierczyński, Skowron (2021), cost utilities; used in Wieliczka, Świecie and Aarau (2023).
    """

    name = "equal-shares-cost"
    utility = Utility.COST
    columns = (
        Column(name="equal-shares", options={"completion": Completion.ADD1}),
        Column(name="equal-shares-utilitarian", options={"completion": Completion.UTILITARIAN}),
    )
    pabulib_rules: ClassVar = {
        "equalshares": {},
        "equalshares/add1": {"completion": Completion.ADD1},
        "equalshares/add1-comparison": {
            "completion": Completion.ADD1,
            "comparison": Comparison.SATISFACTION,
        },
    }

    def pabulib_rule(self, spec: CountSpec) -> str:
        """As :class:`Method` declares it."""
        if spec.completion.fills:
            return UNKNOWN_RULE
        compared = "-comparison" if spec.comparison is Comparison.SATISFACTION else ""
        return "equalshares/add1" + compared if spec.completion.raises else "equalshares"


class EqualSharesCount(_Shares):
    """Equal Shares where every project is worth the same to each supporter.

    Source: Peters, Pierczyński, Skowron (2021), with utility 1 per approved project.
    """

    name = "equal-shares-count"
    utility = Utility.COUNT
    columns = (Column(name="equal-shares-count", options={"completion": Completion.ADD1}),)


class EqualSharesPoints(_Shares):
    """Equal Shares where a project is worth the points that the ballot gives it.

    Rankings give ``spec.positions`` by place. Source: Peters, Pierczyński, Skowron (2021), additive
    utilities.
    """

    name = "equal-shares-points"
    utility = Utility.POINTS
    ballots = frozenset({Says.RANKING, Says.POINTS})
    reads_worth = True


def _line(found: SharesRound, run: str, endowment: Fraction) -> dict[str, Any]:
    line: dict[str, Any] = {
        "line": "round",
        "run": run,
        "endowment": str(endowment),
        "round": found.number,
        "project": found.project,
        "price": found.price,
        "candidates": [{"project": number, "price": price} for number, price in found.candidates],
        "supporters": found.supporters,
        "in_full": found.in_full,
        "out": [{"project": number, "missing": missing} for number, missing in found.out],
    }
    if found.exact:
        line["exact"] = found.exact
    return line


class _SharesRecheck(Recheck):
    """Every purchase paid from exact purses, after no other project is found cheaper."""

    def __init__(self, utility: Utility) -> None:
        self._utility = utility

    @property
    def worth_counts(self) -> bool:  # type: ignore[override]
        """Whether ballots give projects different worth."""
        return self._utility is Utility.POINTS

    def round(self, state: State, line: Line) -> None:
        """As :class:`Recheck` declares it."""
        run, number = line["run"], line["project"]
        state.begin_run(run, start=Fraction(line["endowment"]))
        for_sale = [n for n in state.for_sale() if state.supporters[n]]
        if not number:
            for other in for_sale:
                if self._taken(state, other, None) >= state.cost[other]:
                    state.wrong("could-be-bought", other)
            return
        if number not in for_sale:
            state.wrong("not-for-sale", number)
        price = self._price(state, number, line)
        for other in for_sale:
            most = price / self._unit(state, number) * self._unit(state, other)
            if other != number and self._taken(state, other, most) > state.cost[other]:
                state.wrong("cheaper", other)
        for index, _, utility in state.supporters[number]:
            state.purse[index] -= min(state.purse[index], price * utility)
        state.take(number, run)
        if run == _FINAL:
            state.winners.append(number)

    def rows_decided(self, state: State, outcome: Line) -> bool:
        """As :class:`Recheck` declares it: behind the purchases, or instead of them."""
        replaced = not state.spent and "compared" in outcome
        return replaced or Completion(state.spec.get("completion", Completion.NONE)).fills

    def ended(self, state: State) -> None:
        """As :class:`Recheck` declares it."""
        if state.spent.get(_NEXT, state.spec["budget"] + 1) <= state.spec["budget"]:
            state.wrong("add1-too-early")

    def _price(self, state: State, number: int, line: Line) -> Fraction:
        """The exact price behind the printed one: whoever has less than it gives all."""
        rows, purse, cost = state.supporters[number], state.purse, state.cost[number]
        price = Fraction(line.get("exact", line["price"])) * self._unit(state, number)
        for _ in range(3):
            short = [row for row in rows if purse[row[0]] < price * row[2]]
            rate = sum(weight * utility for _, weight, utility in rows) - sum(w * u for _, w, u in short)
            left = cost - sum(purse[index] * weight for index, weight, _ in short)
            most = max(purse[index] / utility for index, _, utility in rows)
            price = Fraction(left) / rate if rate else most
            if self._taken(state, number, price) == cost:
                break
        printed = significant(price / self._unit(state, number)) if cost else "0"
        if self._taken(state, number, price) != cost or printed != line["price"]:
            state.wrong("price", number)
        full = sum(weight for index, weight, utility in rows if purse[index] >= price * utility)
        if full != line["in_full"]:
            state.wrong("in-full", number)
        return price

    def _unit(self, state: State, number: int) -> int:
        return (state.cost[number] or 1) if self._utility is Utility.COST else 1

    def _taken(self, state: State, number: int, price: Fraction | None) -> Fraction:
        """What a price takes from the supporters; all that they have without one."""
        purse = state.purse
        return sum(
            (
                weight * (purse[index] if price is None else min(purse[index], price * utility))
                for index, weight, utility in state.supporters[number]
            ),
            Fraction(0),
        )
