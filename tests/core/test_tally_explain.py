"""Explanations: every boundary is where brute force finds it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.tally.explain import explain
from pbvote.core.tally.methods import Choices, Count, CountSpec, Outcome, Profile, Project, checked, count
from tests.make.counts import BY_NUMBER, projects, votes


def _counted(rule: CountSpec, listed: list[Project], profile: Profile) -> tuple[Count, Outcome]:
    inputs = checked(rule, listed, profile=profile, ties=BY_NUMBER)
    return inputs, count(rule, listed, profile=profile, ties=BY_NUMBER)


@st.composite
def elections(draw: st.DrawFn, *, method: str) -> tuple[CountSpec, list[Project], Profile]:
    size = draw(st.integers(2, 5))
    listed = projects(*(draw(st.integers(1, 12)) for _ in range(size)))
    sets = st.sets(st.integers(1, size), min_size=1).map(Choices.of_set)
    ballots = draw(st.lists(st.tuples(sets, st.integers(1, 3)), min_size=1, max_size=8))
    options: dict[str, Any] = {}
    if method == "greedy-votes":
        options = {"fit": draw(st.sampled_from(["skip", "stop"])), "threshold": draw(st.integers(0, 4))}
        options["exclusions"] = draw(st.sampled_from([(), ((1, 2),)]))
    return (
        CountSpec(method=method, budget=draw(st.integers(1, 30)), **options),
        listed,
        Profile.merged(ballots),
    )


@given(elections(method="greedy-votes"))
@settings(max_examples=150)
def test_greedy_boundaries_are_those_of_brute_force(
    election: tuple[CountSpec, list[Project], Profile],
) -> None:
    rule, listed, profile = election
    inputs, outcome = _counted(rule, listed, profile)
    for row in outcome.trace:
        if row.fate == "selected":
            continue
        found = explain(inputs, outcome, row.project)

        def wins(more: int, cost: int, number: int = row.project) -> bool:
            changed = [replace(p, cost=cost) if p.number == number else p for p in listed]
            groups = [*profile.groups, (Choices((number,)), more)] if more else profile.groups
            return number in count(rule, changed, profile=Profile.merged(groups), ties=BY_NUMBER).winners

        least = next((more for more in range(1, 40) if wins(more, row.cost)), None)
        largest = next((cost for cost in range(row.cost - 1, 0, -1) if wins(0, cost)), None)
        assert found.more_support == least
        assert found.largest_cost == largest


@pytest.mark.parametrize("method", ["equal-shares-cost", "equal-shares-count"])
@given(data=st.data())
@settings(max_examples=40)
def test_equal_shares_boundaries_hold_on_both_sides(method: str, data: st.DataObject) -> None:
    rule, listed, profile = data.draw(elections(method=method))
    inputs, outcome = _counted(rule, listed, profile)
    for row in outcome.trace:
        if row.fate != "unaffordable":
            continue
        found = explain(inputs, outcome, row.project)

        def wins(more: int, cost: int, number: int = row.project) -> bool:
            return inputs.spec.method.wins_with(inputs, outcome, number=number, more=more, cost=cost)

        if found.more_support is not None:
            assert wins(found.more_support, row.cost)
            assert not wins(found.more_support - 1, row.cost)
        if found.largest_cost is not None:
            assert wins(0, found.largest_cost)
            assert not wins(0, found.largest_cost + 1)


def test_the_supporters_money_adds_up() -> None:
    listed = projects(60, 60, 50)
    profile = Profile.merged([(Choices((1, 2)), 6), (Choices((3,)), 4)])
    inputs, outcome = _counted(CountSpec(method="equal-shares-cost", budget=100), listed, profile)
    assert outcome.winners == (1,)
    money = explain(inputs, outcome, 2).money
    assert money is not None
    assert (money.at_start, money.at_end, money.short_in, money.paid) == (60, 0, 1, ((1, 60),))
    other = explain(inputs, outcome, 3).money
    assert other is not None
    assert (other.at_start, other.at_end, other.short_in, other.paid) == (40, 40, 0, ())


def test_a_lost_tie_names_the_winner_and_the_keys() -> None:
    inputs, outcome = _counted(
        CountSpec(method="greedy-votes", budget=10), projects(10, 10), votes(p1=3, p2=3)
    )
    found = explain(inputs, outcome, 2)
    assert (found.lost_to, found.decided_by, found.more_support) == (1, ("number",), 1)


def test_where_nothing_helps_nothing_is_claimed() -> None:
    inputs, outcome = _counted(
        CountSpec(method="greedy-votes", budget=10), projects(10, 20), votes(p1=3, p2=1)
    )
    found = explain(inputs, outcome, 2)
    assert found.more_support is None
    assert found.to_json().keys() == {"reason"}


def test_a_winner_and_a_withdrawn_project_have_only_their_row() -> None:
    rule = CountSpec(method="greedy-votes", budget=10)
    listed, profile = projects(10, 10), votes(p1=3, p2=4)
    inputs = checked(rule, listed, profile=profile, ties=BY_NUMBER, withdrawn=[2])
    outcome = count(rule, listed, profile=profile, ties=BY_NUMBER, withdrawn=[2])
    assert [explain(inputs, outcome, number).to_json().keys() for number in (1, 2)] == [{"reason"}] * 2
