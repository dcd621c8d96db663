"""Equal Shares: properties of the rule, of its arithmetic, and of its completions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.tally import purses
from pbvote.core.tally.decimals import significant
from pbvote.core.tally.method import METHODS as REGISTRY
from pbvote.core.tally.method import Option
from pbvote.core.tally.methods import (
    Choices,
    CountSpec,
    Outcome,
    Profile,
    Project,
    TieOrder,
    checked,
    count,
)
from pbvote.core.tally.trace import trace_lines

BY_ID = TieOrder(("id",))
METHODS = sorted(name for name, method in REGISTRY.items() if Option.COMPLETION in method.uses)
Ballots = list[tuple[Choices, int]]


@st.composite
def elections(draw: st.DrawFn) -> tuple[list[Project], Ballots, int]:
    """Up to seven projects, up to a dozen weighted points ballots, and a budget; numbers repeat often."""
    size = draw(st.integers(1, 7))
    costs = [draw(st.sampled_from([0, 1, 2, 3, 5, 8, 13, 100])) for _ in range(size)]
    listed = [Project(number=n, cost=cost, id=f"p{n}") for n, cost in enumerate(costs, start=1)]
    points = st.dictionaries(st.integers(1, size), st.integers(1, 5), max_size=size)
    ballots = [
        (Choices(tuple(sorted(given)), tuple(given[n] for n in sorted(given))), weight)
        for given, weight in draw(st.lists(st.tuples(points, st.integers(1, 3)), max_size=12))
    ]
    return listed, ballots, draw(st.integers(0, 150))


def _count(election: tuple[list[Project], Ballots, int], method: str, **options: Any) -> Outcome:
    listed, ballots, budget = election
    spec = CountSpec(method=method, budget=budget, **options)
    return count(spec, listed, profile=Profile.merged(ballots), ties=BY_ID)


def _by_the_book(election: tuple[list[Project], Ballots, int], method: str, endowment: Fraction) -> list[int]:
    """The definition, in fractions, voter by voter: the cheapest price that the supporters can pay."""
    listed, ballots, _ = election
    voters = [dict(zip(*choices, strict=True)) for choices, weight in ballots for _ in range(weight)]
    money = [endowment] * len(voters)
    worth = {
        "equal-shares-cost": lambda project, _: project.cost or 1,
        "equal-shares-count": lambda project, _: 1,
        "equal-shares-points": lambda project, points: points,
    }[method]
    winners: list[int] = []
    while True:
        offers: list[tuple[Fraction, str, Project]] = []
        for project in listed:
            supporters = [(v, worth(project, said[project.number])) for v, said in enumerate(voters)
                          if project.number in said]  # fmt: skip
            if project.number in winners or not supporters:
                continue
            if sum(money[v] for v, _ in supporters) < project.cost:
                continue
            steps = sorted({money[v] / u for v, u in supporters})
            price, paid_below = Fraction(0), Fraction(0)
            for step in steps:
                rate = sum(u for v, u in supporters if money[v] / u >= step)
                paid_below = sum((money[v] for v, u in supporters if money[v] / u < step), Fraction(0))
                price = (project.cost - paid_below) / rate
                if price <= step:
                    break
            offers.append((price, project.id, project))
        if not offers:
            return winners
        price, _, project = min(offers, key=lambda offer: offer[:2])
        winners.append(project.number)
        for v, said in enumerate(voters):
            if project.number in said:
                money[v] -= min(money[v], price * worth(project, said[project.number]))


@pytest.mark.parametrize("method", METHODS)
@given(elections())
def test_the_winners_and_their_order_are_those_of_the_definition(
    method: str, election: tuple[list[Project], Ballots, int]
) -> None:
    outcome = _count(election, method)
    voters = sum(weight for _, weight in election[1])
    if voters:
        assert list(outcome.winners) == _by_the_book(election, method, Fraction(election[2], voters))
    else:
        assert outcome.winners == ()


@pytest.mark.parametrize("completion", ["none", "add1", "utilitarian"])
@pytest.mark.parametrize("method", METHODS)
@given(elections())
@settings(max_examples=40)
def test_the_budget_is_never_exceeded(
    method: str, completion: str, election: tuple[list[Project], Ballots, int]
) -> None:
    outcome = _count(election, method, completion=completion)
    costs = {project.number: project.cost for project in election[0]}
    assert outcome.spent == sum(costs[number] for number in outcome.winners) <= election[2]
    assert len(outcome.trace) == len(election[0])
    assert sorted([*outcome.winners, *(r.project for r in outcome.trace if r.fate != "selected")]) == sorted(
        costs
    )


@given(elections())
@settings(max_examples=60)
def test_add1_run_to_exhaustion_leaves_no_supported_project_that_fits_or_would_overspend(
    election: tuple[list[Project], Ballots, int],
) -> None:
    outcome = _count(election, "equal-shares-cost", completion="add1", add1_stop="exhaustive")
    voters = sum(weight for _, weight in election[1])
    if not voters:
        return
    supported = {n for choices, _ in election[1] for n in choices.projects}
    fits = [
        project
        for project in election[0]
        if project.number in supported - set(outcome.winners) and project.cost <= election[2] - outcome.spent
    ]
    following = _by_the_book(election, "equal-shares-cost", Fraction(outcome.endowment) + 1)
    costs = {project.number: project.cost for project in election[0]}
    assert not fits or sum(costs[number] for number in following) > election[2]


@pytest.mark.parametrize("method", METHODS)
@given(elections())
@settings(max_examples=40)
def test_no_voter_pays_more_than_the_endowment_and_supporters_pay_the_whole_cost(
    method: str, election: tuple[list[Project], Ballots, int]
) -> None:
    """Priceability (Peters, Pierczyński, Skowron 2021), from the trace's exact or rounded prices."""
    listed, ballots, budget = election
    profile = Profile.merged(ballots)
    if not profile.weight:
        return
    spec = CountSpec(method=method, budget=budget)
    outcome = count(spec, listed, profile=profile, ties=BY_ID)
    inputs = checked(spec, listed, profile=profile, ties=BY_ID)
    costs = {project.number: project.cost for project in listed}
    money = [Fraction(outcome.endowment)] * len(profile.groups)
    for line in trace_lines(inputs, outcome):
        number = line.get("project")
        if line["line"] != "round" or not number:
            continue
        price = Fraction(line.get("exact", line["price"])) * (costs[number] if method.endswith("cost") else 1)
        taken = Fraction(0)
        for index, (choices, weight) in enumerate(profile.groups):
            if number in choices.projects:
                points = choices.points[choices.projects.index(number)]
                due = min(money[index], price * (points if method.endswith("points") else 1))
                money[index] -= due
                taken += due * weight
        assert abs(taken - costs[number]) <= costs[number] * Fraction(1, 10**6)
    assert all(left >= 0 for left in money)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("completion", ["none", "add1"])
@given(elections())
@settings(max_examples=30)
def test_lists_and_arrays_give_the_same_bytes(
    method: str, completion: str, election: tuple[list[Project], Ballots, int]
) -> None:
    answers = []
    for limit in (0, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(purses, "_ARRAYS_FROM", limit)
            answers.append(_count(election, method, completion=completion).to_bytes())
    assert answers[0] == answers[1]


@given(elections(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_order_merging_and_new_numbers_change_no_winner(
    election: tuple[list[Project], Ballots, int], shuffled: Any
) -> None:
    listed, ballots, budget = election
    outcome = _count(election, "equal-shares-cost")
    copies = [(choices, 1) for choices, weight in ballots for _ in range(weight)]
    shuffled.shuffle(copies)
    turned = listed[::-1]
    assert _count((turned, copies, budget), "equal-shares-cost").to_bytes() == outcome.to_bytes()
    other = {project.number: 100 - project.number for project in listed}
    renumbered = [Project(number=other[p.number], cost=p.cost, id=p.id) for p in listed]
    moved = [
        (Choices(tuple(sorted(other[n] for n in c.projects)), tuple(reversed(c.points))), w)
        for c, w in ballots
    ]
    again = _count((renumbered, moved, budget), "equal-shares-cost")
    assert [other[number] for number in outcome.winners] == list(again.winners)


def test_prices_that_floats_cannot_tell_apart_are_compared_as_fractions() -> None:
    """Two projects of cost 3 and 1 with three and one supporters have the same price of 1 per vote."""
    listed = [
        Project(number=1, cost=3_000_000_000_001, id="a"),
        Project(number=2, cost=3_000_000_000_000, id="b"),
    ]
    ballots = [(Choices((1,)), 3), (Choices((2,)), 3)]
    spec = CountSpec(method="equal-shares-count", budget=10**13)
    outcome = count(spec, listed, profile=Profile.merged(ballots), ties=TieOrder(()))
    assert outcome.winners == (2, 1)
    assert outcome.ties == ()
    assert [each.exact for each in outcome.rounds] == ["1000000000000", ""]


def test_an_exactly_affordable_project_is_bought() -> None:
    """A third each from three voters is the whole: no float may lose a cent here."""
    listed = [Project(number=1, cost=1, id="a")]
    outcome = _count((listed, [(Choices((1,), (1,)), 3)], 1), "equal-shares-count")
    assert outcome.winners == (1,)
    assert outcome.rounds[0].price == significant(Fraction(1, 3))


def test_the_comparison_step_keeps_what_more_voters_have_more_of() -> None:
    """Wieliczka's rule: greedy replaces Equal Shares only where strictly more voters have more winners."""
    listed = [Project(number=n, cost=c, id=f"p{n}") for n, c in enumerate((60, 40, 40), start=1)]
    ballots = [(Choices((1,)), 6), (Choices((2,)), 2), (Choices((3,)), 2)]
    spec = CountSpec(method="equal-shares-cost", budget=100, comparison="satisfaction")
    outcome = count(spec, listed, profile=Profile.merged(ballots), ties=BY_ID)
    assert outcome.compared is not None
    assert outcome.winners == (1, 2)
    assert outcome.compared.kept == "greedy-votes"
    assert outcome.compared.for_greedy == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 3), "0.33333333"),
        (Fraction(2, 3), "0.66666667"),
        (Fraction(20), "20"),
        (Fraction(0), "0"),
        (Fraction(999_999_999), "1000000000"),
        (Fraction(1, 10**7), "0.0000001"),
        (Fraction(123_456_785, 10**8), "1.2345678"),
        (Fraction(123_456_795, 10**8), "1.234568"),
    ],
)
def test_prices_are_written_with_eight_digits_and_halves_to_even(value: Fraction, text: str) -> None:
    assert significant(value) == text
