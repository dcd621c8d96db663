"""Sequential Phragmén as a method; the loads themselves are :mod:`pbvote.core.tally.phragmen`'s."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from pbvote.core.tally.decimals import significant
from pbvote.core.tally.method import Column, Method, RoundKind, Shown, Threshold
from pbvote.core.tally.outcome import Count, Outcome, TraceRow, reaching
from pbvote.core.tally.phragmen import Phragmen
from pbvote.core.tally.recheck import Line, Recheck, State

_RUN = "load"


class SequentialPhragmen(Method):
    """Projects in the order in which their supporters, earning money at the same rate, can buy them.

    Source: Brill, Freeman, Janson, Lackner, Phragmén's Voting Methods and Justified Representation (AAAI
    2017); for projects with costs: Los, Christoff, Grossi, Proportional Budget Allocations (IJCAI 2022).
    """

    name = "phragmen"
    adds_voters = True
    columns = (Column(name="phragmen"),)

    def run(self, count: Count) -> Outcome:
        """As :class:`Method` declares it."""
        return Phragmen(count).outcome()

    def recheck(self) -> Recheck:
        """As :class:`Method` declares it."""
        return _LoadRecheck()

    def rounds(self, count: Count, outcome: Outcome) -> Iterator[Shown]:
        """As :class:`Method` declares it."""
        run = Phragmen(count)
        for project in run.run():
            loads = run.loads()
            yield Shown(
                kind=RoundKind.BORNE,
                project=project.number,
                candidates=loads,
                figure=dict(loads).get(project.number),
            )

    def round_lines(self, count: Count, outcome: Outcome) -> Iterator[dict[str, Any]]:
        """As :class:`Method` declares it."""
        for number, shown in enumerate(self.rounds(count, outcome), start=1):
            candidates = [{"project": other, "load": significant(load)} for other, load in shown.candidates]
            yield {"line": "round", "round": number, "project": shown.project, "candidates": candidates}

    def enough_support(self, count: Count, row: TraceRow, *, threshold: Threshold) -> int | None:
        """As :class:`Method` declares it."""
        if row.cost > count.spec.budget:
            return None
        return max(1, count.voters * 2, count.newcomers(row), reaching(count, row, threshold))


class _LoadRecheck(Recheck):
    """Every purchase is one of least load; loads as fractions."""

    def round(self, state: State, line: Line) -> None:
        """As :class:`Recheck` declares it."""
        number = line["project"]
        state.begin_run(_RUN, start=Fraction(0))
        affordable = [n for n in state.for_sale() if state.cost[n] <= state.spec["budget"]]
        for_sale = [n for n in affordable if state.supporters[n]] or affordable
        if number not in for_sale:
            state.wrong("not-for-sale", number)
        if state.supporters[number]:  # without supporters only where nothing else is left: all are level
            loads = {n: self._load_after(state, n) for n in for_sale}
            if loads[number] > min(loads.values()):
                state.wrong("load", number)
            for index, _, _ in state.supporters[number]:
                state.purse[index] = loads[number]
        state.take(number, _RUN)
        state.winners.append(number)

    def rows_decided(self, state: State, outcome: Line) -> bool:
        """As :class:`Recheck` declares it: everything was decided in the rounds."""
        return False

    def _load_after(self, state: State, number: int) -> Fraction:
        rows = state.supporters[number]
        carried = sum((state.purse[i] * weight for i, weight, _ in rows), Fraction(state.cost[number]))
        return carried / sum(weight for _, weight, _ in rows)
