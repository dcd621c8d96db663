"""Whether any choice makes a legal ballot, against trying every choice."""

from __future__ import annotations

from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from pbvote.core.ballot.possible import Obstacle, why_impossible
from pbvote.core.rules.ballot_form import BallotForm, FormKind


def _legal(form: BallotForm, costs: list[int], budget: int) -> bool:
    """By the definition of the forms: a choice of the right size, within the budget, with enough points."""
    choices = chain.from_iterable(combinations(costs, size) for size in range(len(costs) + 1))
    return any(
        form.min_choices <= len(choice) <= form.max_choices
        and (not form.type.within_budget or sum(choice) <= budget)
        and (form.kind is not FormKind.POINTS or len(choice) <= form.points_total)
        for choice in choices
    )


@given(
    st.sampled_from(FormKind),
    st.lists(st.integers(0, 20), max_size=5),
    st.integers(0, 6),
    st.integers(1, 6),
    st.integers(0, 40),
    st.integers(1, 6),
)
def test_it_is_impossible_exactly_where_no_choice_is_legal(
    kind: FormKind, costs: list[int], least: int, most: int, budget: int, points: int
) -> None:
    given = points if kind is FormKind.POINTS else 0
    form = BallotForm(kind=kind, min_choices=min(least, most), max_choices=most, points_total=given)
    found = why_impossible(form, costs, budget=budget)
    assert (found is None) == _legal(form, costs, budget)


def test_the_obstacle_has_its_figures() -> None:
    form = BallotForm(kind=FormKind.KNAPSACK, min_choices=2, max_choices=9)
    found = why_impossible(form, [30, 80, 50], budget=79)
    assert found is not None
    assert (found.obstacle, found.needed, found.there) == (Obstacle.OVER_BUDGET, 80, 79)
    assert why_impossible(form, [30, 80, 50], budget=80) is None
