"""A published count as steps to page through: what was looked at, what it cost, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pbvote.core.tally.decimals import significant
from pbvote.core.tally.method import Shown
from pbvote.core.tally.outcome import Fate, TraceRow
from pbvote.rooms.counting.recount import DistrictCount

MOST_SHOWN = 12
"""How many candidates a step shows; the cheapest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A project on offer in a step; ``figure``: what each supporter would pay or bear, in NT$."""

    number: int
    title: str
    figure: str
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayStep:
    """One decision.

    kind: ``order`` (a row of one order), or the kind of a method's rounds. row: the project
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
    bought = tuple(_round(found, each) for each in outcome.spec.method.rounds(found.inputs, outcome))
    decided = {step.row.project for step in bought}
    rest = [row for row in outcome.trace if row.rank and row.project not in decided]
    return bought + tuple(
        ReplayStep(
            kind="order",
            row=row,
            title=found.titles[row.project],
            before=row.money_left,
            after=row.money_left - (row.cost if row.fate is Fate.SELECTED else 0),
        )
        for row in rest
    )


def _round(found: DistrictCount, shown: Shown) -> ReplayStep:
    row = found.outcome.row_of(shown.project)
    return ReplayStep(
        kind=shown.kind.value,
        row=row,
        title=found.titles[shown.project],
        before=row.money_left,
        after=row.money_left - row.cost,
        candidates=tuple(
            Candidate(
                number=number,
                title=found.titles[number],
                figure=_money(figure),
                taken=number == shown.project,
            )
            for number, figure in shown.candidates[:MOST_SHOWN]
        ),
        supporters=shown.supporters,
        in_full=shown.in_full,
        figure="" if shown.figure is None else _money(shown.figure),
        out=tuple((number, found.titles[number], missing) for number, missing in shown.out),
    )


def _money(value: Fraction) -> str:
    """An amount per person: two decimals at most, more only below a cent."""
    if value >= Fraction(1, 100):
        return f"{float(round(value, 2)):,.2f}".rstrip("0").rstrip(".")
    return significant(value, 3)
