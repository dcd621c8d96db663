"""Explanations: every number is one that counting again confirms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.record.elections import read_countable
from pbvote.core.tally.again import Means
from pbvote.core.tally.explain import explain
from pbvote.core.tally.methods import (
    Choices,
    Count,
    CountSpec,
    Group,
    Outcome,
    Profile,
    Project,
    TieOrder,
    checked,
    count,
)
from pbvote.core.tally.spec import share_of
from tests.make.counts import BY_NUMBER, projects, votes
from tests.shared_data import shared_path


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


RULES: list[dict[str, Any]] = [
    {"method": "greedy-votes"},
    {"method": "greedy-votes", "fit": "stop", "threshold": 3},
    {"method": "greedy-votes", "fit": "cover:50"},
    {"method": "greedy-votes", "exclusions": ((1, 2),), "most_winners": 2},
    {"method": "greedy-votes-per-cost", "threshold": 2},
    {"method": "priority-order", "most_winners": 1},
    {"method": "equal-shares-cost"},
    {"method": "equal-shares-cost", "threshold": 3, "exclusions": ((1, 2),)},
    {"method": "equal-shares-cost", "completion": "add1"},
    {"method": "equal-shares-cost", "completion": "add1", "add1_stop": "exhaustive", "floor": 2},
    {"method": "equal-shares-cost", "completion": "utilitarian", "most_winners": 2},
    {"method": "equal-shares-cost", "completion": "add1-utilitarian", "comparison": "satisfaction"},
    {"method": "equal-shares-count", "completion": "add1"},
    {"method": "equal-shares-points", "completion": "utilitarian"},
    {"method": "phragmen", "threshold": 2},
    {"method": "phragmen", "groups": (Group(name="g", projects=(1, 2), cap=12, most=1),)},
]
"""Every method, and whatever of its options bends the way to a win."""


@st.composite
def ruled(draw: st.DrawFn, *, rule: dict[str, Any]) -> tuple[CountSpec, list[Project], Profile]:
    size = draw(st.integers(2, 5))
    listed = projects(*(draw(st.integers(1, 12)) for _ in range(size)))
    chosen = st.lists(st.integers(1, size), min_size=1, unique=True).map(sorted)
    points = rule["method"] == "equal-shares-points"

    def ballot(numbers: list[int]) -> st.SearchStrategy[Choices]:
        each = st.lists(st.integers(1, 5), min_size=len(numbers), max_size=len(numbers))
        given = each.map(tuple) if points else st.just(())
        return given.map(lambda said: Choices(tuple(numbers), said))

    ballots = draw(st.lists(st.tuples(chosen.flatmap(ballot), st.integers(1, 3)), min_size=1, max_size=8))
    return CountSpec(budget=draw(st.integers(1, 30)), **rule), listed, Profile.merged(ballots)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: "-".join(map(str, rule.values())))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_count_of_real_ballots_confirms_both_sides_of_every_number(
    rule: dict[str, Any], data: st.DataObject
) -> None:
    """With so many more the project wins, with one less it does not: counted here, not by the search."""
    spec, listed, profile = data.draw(ruled(rule=rule))
    inputs, outcome = _counted(spec, listed, profile)
    for row in outcome.trace:
        if row.fate == "selected":
            continue
        found = explain(inputs, outcome, row.project)

        def wins(more: int, cost: int, number: int = row.project, each: int = found.each_gives) -> bool:
            changed = [replace(p, cost=cost) if p.number == number else p for p in listed]
            alone = Choices((number,), (each,) if each else ())
            groups = [*profile.groups, (alone, more)] if more else profile.groups
            return number in count(spec, changed, profile=Profile.merged(groups), ties=BY_NUMBER).winners

        if found.more_support is not None:
            assert wins(found.more_support, row.cost)
            assert not wins(found.more_support - 1, row.cost)
        if found.hopeless:
            assert not any(wins(more, row.cost) for more in range(60))
        if found.largest_cost is not None:
            assert wins(0, found.largest_cost)
            assert not wins(0, found.largest_cost + 1)


@pytest.mark.parametrize("score", ["points", "positional"])
@given(data=st.data())
@settings(max_examples=40)
def test_points_that_were_missing_are_points(score: str, data: st.DataObject) -> None:
    """By points and by place the number counts points, and so much more in the sum of all is enough."""
    size = data.draw(st.integers(2, 4))
    listed = projects(*(data.draw(st.integers(1, 9)) for _ in range(size)))
    numbers = list(range(1, size + 1))
    said = [tuple(data.draw(st.permutations(numbers))[:2]) for _ in range(data.draw(st.integers(1, 6)))]
    given = () if score == "positional" else (data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5)))
    profile = Profile.merged((Choices(each, given), 1) for each in said)
    positions = (2, 1) if score == "positional" else ()
    spec = CountSpec(method="greedy-votes", budget=10, score=score, positions=positions, threshold=4)
    inputs, outcome = _counted(spec, listed, profile)
    for row in outcome.trace:
        found = explain(inputs, outcome, row.project)
        if found.more_support is None:
            continue
        assert found.support == "points"
        for more, won in ((found.more_support, True), (found.more_support - 1, False)):
            scores = {**inputs.scores, row.project: row.score + more}
            again = spec.method.run(replace(inputs, scores=scores))
            assert (row.project in again.winners) is won


@given(data=st.data(), method=st.sampled_from(["equal-shares-cost", "phragmen"]))
@settings(max_examples=60)
def test_a_threshold_that_is_a_share_of_the_ballots_rises_with_further_voters(
    data: st.DataObject, method: str
) -> None:
    spec, listed, profile = data.draw(ruled(rule={"method": method}))
    share = data.draw(st.integers(1_000, 6_000))

    def threshold(more: int) -> int:
        return share_of(share, profile.weight + more)

    spec = replace(spec, threshold=threshold(0))
    inputs, outcome = _counted(spec, listed, profile)
    for row in outcome.trace:
        found = explain(inputs, outcome, row.project, Means(threshold=threshold))
        for more, won in ((found.more_support, True), ((found.more_support or 0) - 1, False)):
            if found.more_support is None:
                continue
            groups = [*profile.groups, *([(Choices((row.project,)), more)] if more else [])]
            rule = replace(spec, threshold=threshold(more or 0))
            again = count(rule, listed, profile=Profile.merged(groups), ties=BY_NUMBER)
            assert (row.project in again.winners) is won


def test_where_there_is_no_time_no_number_is_given_but_the_reason_is() -> None:
    inputs, outcome = _counted(
        CountSpec(method="equal-shares-cost", budget=100), projects(60, 60), votes(p1=6, p2=4)
    )
    assert explain(inputs, outcome, 2).more_support == 5
    left = iter([True, True])
    for go_on in (lambda: False, lambda: next(left, False)):
        found = explain(inputs, outcome, 2, Means(go_on=go_on))
        assert (found.more_support, found.largest_cost, found.hopeless) == (None, None, False)
        assert found.row.fate == "unaffordable"
        assert found.money is not None


def test_the_winner_that_got_the_money_and_the_one_with_less_support_are_named() -> None:
    """60 for 1 with 9 votes; 2 with 8 does not fit any more; 3 with 5 does."""
    inputs, outcome = _counted(
        CountSpec(method="greedy-votes", budget=100), projects(60, 60, 30), votes(p1=9, p2=8, p3=5)
    )
    found = explain(inputs, outcome, 2)
    assert (found.more_support, found.left, found.least_cost) == (2, 10, 60)
    assert [(each.place, each.number, each.score, each.cost) for each in found.rivals] == [
        ("instead", 1, 9, 60),
        ("smaller", 3, 5, 30),
    ]


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
    assert found.hopeless
    assert {"more_support", "support", "largest_cost"}.isdisjoint(found.to_json())


def test_a_winner_and_a_withdrawn_project_have_only_their_row() -> None:
    rule = CountSpec(method="greedy-votes", budget=10)
    listed, profile = projects(10, 10), votes(p1=3, p2=4)
    inputs = checked(rule, listed, profile=profile, ties=BY_NUMBER, withdrawn=[2])
    outcome = count(rule, listed, profile=profile, ties=BY_NUMBER, withdrawn=[2])
    assert [explain(inputs, outcome, number).to_json().keys() for number in (1, 2)] == [{"reason"}] * 2


@pytest.mark.slow
def test_a_real_vote_by_add1_is_explained_with_few_counts_and_claims_nothing_beyond_them() -> None:
    """Świecie 2023, 2,553 voters: the number of whole counts is bounded, and what is said is confirmed."""
    countable = read_countable(shared_path("pabulib/Poland_Swiecie_2023.pb"))
    spec = CountSpec(method="equal-shares-cost", budget=countable.budget, completion="add1")
    ties = TieOrder(("cheaper", "number"))
    inputs = checked(spec, countable.projects, profile=countable.profile, ties=ties)
    outcome = spec.method.run(inputs)
    counts = 0

    def recount(changed: Count) -> tuple[int, ...]:
        nonlocal counts
        counts += 1
        return spec.method.run(changed).winners

    losers = [row for row in outcome.trace if row.fate != "selected"]
    assert len(losers) == 5
    nearest = max(losers, key=lambda row: row.score - 1_000 * (row.cost > 100_000))
    found = explain(inputs, outcome, nearest.project, Means(recount=recount))
    assert counts <= 24
    assert found.more_support is not None
    for more, won in ((found.more_support, True), (found.more_support - 1, False)):
        groups = [*countable.profile.groups, (Choices((nearest.project,)), more)]
        again = count(spec, countable.projects, profile=Profile.merged(groups), ties=ties)
        assert (nearest.project in again.winners) is won
    allowed = counts + 3
    for row in losers:
        cut = explain(inputs, outcome, row.project, Means(recount=recount, go_on=lambda: counts < allowed))
        assert cut.row == row
    assert counts <= allowed
