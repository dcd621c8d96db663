"""A published count as steps to page through: what was looked at, what it cost, what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from pbvote.core.tally.decimals import significant
from pbvote.core.tally.equal_shares import UTILITIES, rounds_at
from pbvote.core.tally.outcome import TraceRow
from pbvote.core.tally.phragmen import loads_by_round
from pbvote.rooms.counting.recount import DistrictCount

MOST_SHOWN = 12
"""How many candidates a step shows; the cheapest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A project on offer in a step; ``figure``: what each supporter would pay or bear, in NT$."""

    number: int
    title: str
    figure: str
    taken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayStep:
    """One decision.

    kind: ``order`` (a greedy count or an order of priority), ``shares`` or ``loads``. row: the project
    decided on. before, after: money left of the budget. supporters, in_full, figure: who paid and how
    much at most each. out: titles and missing money of what its supporters could not pay from here on.
    """

    kind: str
    row: TraceRow
    title: str
    before: int
    after: int
    candidates: tuple[Candidate, ...] = ()
    supporters: int = 0
    in_full: int = 0
    figure: str = ""
    out: tuple[tuple[int, str, int], ...] = ()


def replay_steps(found: DistrictCount) -> tuple[ReplayStep, ...]:
    """Every decision in the order in which it was taken."""
    outcome = found.outcome
    if outcome.compared is None and outcome.spec.method in UTILITIES and outcome.endowment:
        bought = tuple(_by_shares(found))
    elif outcome.spec.method == "phragmen":
        bought = tuple(_by_loads(found))
    else:
        bought = ()
    decided = {step.row.project for step in bought}
    rest = [row for row in outcome.trace if row.rank and row.project not in decided]
    return bought + tuple(
        ReplayStep(
            kind="order",
            row=row,
            title=found.titles[row.project],
            before=row.money_left,
            after=row.money_left - (row.cost if row.fate == "selected" else 0),
        )
        for row in rest
    )


def _by_shares(found: DistrictCount) -> Iterator[ReplayStep]:
    costs = {project.number: project.cost for project in found.inputs.projects}
    by_cost = UTILITIES[found.outcome.spec.method] == "cost"
    for each in rounds_at(found.inputs, Fraction(found.outcome.endowment)):
        if not each.project:
            return
        row = found.outcome.row_of(each.project)

        def figure(number: int, price: str) -> str:
            return _money(Fraction(price) * (costs[number] if by_cost else 1))

        yield ReplayStep(
            kind="shares",
            row=row,
            title=found.titles[each.project],
            before=row.money_left,
            after=row.money_left - row.cost,
            candidates=tuple(
                Candidate(
                    number=number,
                    title=found.titles[number],
                    figure=figure(number, price),
                    taken="taken" if number == each.project else "",
                )
                for number, price in each.candidates[:MOST_SHOWN]
            ),
            supporters=each.supporters,
            in_full=each.in_full,
            figure=figure(each.project, each.price),
            out=tuple((number, found.titles[number], missing) for number, missing in each.out),
        )


def _by_loads(found: DistrictCount) -> Iterator[ReplayStep]:
    for _, number, loads in loads_by_round(found.inputs):
        row = found.outcome.row_of(number)
        figures = {other: _money(Fraction(load)) for other, load in loads}
        yield ReplayStep(
            kind="loads",
            row=row,
            title=found.titles[number],
            before=row.money_left,
            after=row.money_left - row.cost,
            candidates=tuple(
                Candidate(
                    number=other,
                    title=found.titles[other],
                    figure=figures[other],
                    taken="taken" if other == number else "",
                )
                for other, _ in loads[:MOST_SHOWN]
            ),
            figure=figures.get(number, ""),
        )


def _money(value: Fraction) -> str:
    """An amount per person: two decimals at most, more only below a cent."""
    if value >= Fraction(1, 100):
        return f"{float(round(value, 2)):,.2f}".rstrip("0").rstrip(".")
    return significant(value, 3)
