"""Whether any choice at all makes a legal ballot, asked before a vote is frozen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pbvote.core.rules.ballot_form import BallotForm


class Obstacle(StrEnum):
    """What no choice can satisfy."""

    TOO_FEW_PROJECTS = "too-few-projects"
    OVER_BUDGET = "over-budget"
    TOO_FEW_POINTS = "too-few-points"


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """The obstacle with its figures: ``needed`` projects, money or points, and what there is of them."""

    obstacle: Obstacle
    needed: int
    there: int


def why_impossible(form: BallotForm, costs: Iterable[int], *, budget: int) -> Impossible | None:
    """What makes every ballot of a district illegal; None where some choice is legal.

    costs: of the projects of the district, in whole NT$, as ``budget`` is. A blank ballot is legal where
    the form asks for no choice.
    """
    least, cheapest = form.min_choices, sorted(costs)
    if not least:
        return None
    if len(cheapest) < least:
        return Impossible(obstacle=Obstacle.TOO_FEW_PROJECTS, needed=least, there=len(cheapest))
    if form.type.within_budget and sum(cheapest[:least]) > budget:
        return Impossible(obstacle=Obstacle.OVER_BUDGET, needed=sum(cheapest[:least]), there=budget)
    if form.type.gives_points and least > form.points_total:
        return Impossible(obstacle=Obstacle.TOO_FEW_POINTS, needed=least, there=form.points_total)
    return None
