"""Every rule beside the method: scores, fits, thresholds, tracks, exclusions, top n, priority order."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core.tally.methods import METHODS, Choices, CountSpec, Group, Outcome, Profile, count
from pbvote.core.tally.spec import CountSpecInvalid, falling_positions, share_of
from tests.make.counts import BY_NUMBER, projects, votes

ALL = sorted(METHODS)
FIVE = votes(p1=9, p2=8, p3=7, p4=6, p5=5)


def _count(
    budget: int, *costs: int, profile: Profile = FIVE, method: str = "greedy-votes", **options: Any
) -> Outcome:
    spec = CountSpec(method=method, budget=budget, **options)
    return count(spec, projects(*costs), profile=profile, ties=BY_NUMBER)


def _fates(outcome: Outcome) -> dict[int, str]:
    return {row.project: row.fate.value for row in outcome.trace}


def test_the_registry_has_an_object_for_every_name_and_each_cites_its_source() -> None:
    assert all(method.name == name for name, method in METHODS.items())
    assert all(re.search(r"Source: |\(20[0-9]{2}\)", method.__doc__ or "") for method in METHODS.values())


def test_points_and_places_are_added_up_with_their_weights() -> None:
    points = Profile.merged([(Choices((1, 2), (5, 1)), 2), (Choices((2,), (4,)), 1)])
    assert _count(10, 5, 5, profile=points, score="points").scores == {1: 10, 2: 6}
    ranked = Profile.merged([(Choices((2, 1)), 3), (Choices((1,)), 1)])
    outcome = _count(5, 5, 5, profile=ranked, score="positional", positions=(2, 1))
    assert outcome.scores == {1: 5, 2: 6}
    assert outcome.winners == (2,)


def test_places_beyond_the_vector_give_nothing() -> None:
    ranked = Profile.merged([(Choices((1, 2, 3)), 1)])
    outcome = _count(5, 5, 5, 5, profile=ranked, score="positional", positions=(1,))
    assert outcome.scores == {1: 1, 2: 0, 3: 0}
    assert falling_positions(3) == (3, 2, 1)


def test_votes_per_cost_are_compared_exactly_and_what_is_free_comes_first() -> None:
    outcome = _count(100, 90, 79, 0, profile=votes(p1=9, p2=8, p3=1), method="greedy-votes-per-cost")
    assert outcome.winners == (3, 2)
    assert _fates(outcome)[1] == "did-not-fit"


@pytest.mark.parametrize(
    ("cost", "covered", "fate"),
    [(50, 2, "covered"), (51, 0, "did-not-fit"), (40, 0, "selected")],
)
def test_the_first_misfit_is_covered_from_the_given_share_on(cost: int, covered: int, fate: str) -> None:
    """Poznań: 80 per cent of it must be left; here 40 of 50."""
    outcome = _count(100, 60, cost, 1, profile=votes(p1=9, p2=8, p3=7), fit="cover:80")
    assert outcome.covered == covered
    assert _fates(outcome)[2] == fate
    assert outcome.spent <= 100
    assert 2 in outcome.winners or _fates(outcome)[3] == "stopped"


def test_a_covered_project_is_no_winner_of_this_budget_and_says_what_is_missing() -> None:
    outcome = _count(100, 60, 50, profile=votes(p1=9, p2=8), fit="cover:80")
    assert (outcome.winners, outcome.spent, outcome.row_of(2).missing) == ((1,), 60, 10)


@pytest.mark.parametrize(
    ("points", "whole", "least"), [(500, 100, 5), (500, 101, 6), (1, 9_999, 1), (10_000, 7, 7)]
)
def test_a_share_is_reached_by_exactly_its_part(points: int, whole: int, least: int) -> None:
    assert share_of(points, whole) == least


@pytest.mark.parametrize("method", ALL)
def test_no_more_than_n_win(method: str) -> None:
    outcome = _count(1000, 10, 10, 10, 10, 10, method=method, most_winners=2)
    assert len(outcome.winners) == 2
    assert sum(fate == "full" for fate in _fates(outcome).values()) == 3


@pytest.mark.parametrize("method", ALL)
def test_of_an_exclusion_set_one_wins_and_the_others_name_it(method: str) -> None:
    outcome = _count(1000, 10, 10, 10, 10, 10, method=method, exclusions=((1, 3), (2, 3, 4)))
    assert len({1, 3} & set(outcome.winners)) == 1
    assert len({2, 3, 4} & set(outcome.winners)) == 1
    for row in outcome.trace:
        if row.fate == "excluded":
            assert row.by in outcome.winners


@pytest.mark.parametrize("method", ALL)
def test_a_group_keeps_its_caps(method: str) -> None:
    group = Group(name="t1", projects=(1, 2, 3), cap=25, most=0)
    number = Group(name="t2", projects=(4, 5), most=1)
    outcome = _count(1000, 10, 10, 10, 10, 10, method=method, groups=(group, number))
    assert len({1, 2, 3} & set(outcome.winners)) == 2
    assert len({4, 5} & set(outcome.winners)) == 1
    rows = [row for row in outcome.trace if row.fate == "over-cap"]
    assert {row.group for row in rows} == {"t1", "t2"}


def test_a_quota_is_filled_before_all_others_and_in_its_own_order() -> None:
    group = Group(name="youth", projects=(4, 5), quota=1)
    outcome = _count(25, 10, 10, 10, 20, 15, groups=(group,))
    assert outcome.winners == (4,)
    assert outcome.row_of(4).group == "youth"
    two = _count(30, 10, 10, 10, 10, 10, groups=(Group(name="youth", projects=(4, 5), quota=2),))
    assert two.winners == (4, 5, 1)


def test_a_quota_counts_a_project_once_for_all_its_groups() -> None:
    groups = (Group(name="a", projects=(4,), quota=1), Group(name="b", projects=(4, 5), quota=1))
    outcome = _count(20, 10, 10, 10, 10, 10, groups=groups)
    assert outcome.winners == (4, 1)
    assert len(outcome.trace) == 5


def test_an_order_of_priority_looks_at_no_money() -> None:
    outcome = _count(1, 10, 10, 10, 10, 10, method="priority-order", most_winners=3)
    assert outcome.winners == (1, 2, 3)
    assert outcome.runners_up == (4, 5)
    assert outcome.spent == 30


def test_nominations_have_caps_per_county() -> None:
    counties = (Group(name="n", projects=(1, 2, 3), most=1), Group(name="s", projects=(4, 5), most=1))
    assert _count(0, 10, 10, 10, 10, 10, method="priority-order", groups=counties).winners == (1, 4)


@pytest.mark.parametrize("method", ALL)
def test_a_withdrawn_project_never_wins_and_takes_no_money(method: str) -> None:
    spec = CountSpec(method=method, budget=100)
    outcome = count(
        spec, projects(10, 10, 10), profile=votes(p1=3, p2=2, p3=1), ties=BY_NUMBER, withdrawn=[1]
    )
    assert set(outcome.winners) == {2, 3}
    assert outcome.withdrawn == (1,)


@pytest.mark.parametrize("method", sorted(set(ALL) - {"priority-order"}))
def test_below_the_threshold_nothing_wins(method: str) -> None:
    outcome = _count(1000, 10, 10, 10, 10, 10, method=method, threshold=7)
    assert set(outcome.winners) == {1, 2, 3}
    assert {row.missing for row in outcome.trace if row.fate == "below-threshold"} == {1, 2}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"method": "phragmen", "fit": "stop"}, "fit"),
        ({"method": "greedy-votes", "completion": "add1"}, "completion"),
        ({"method": "greedy-votes", "comparison": "satisfaction"}, "comparison"),
        ({"method": "phragmen", "groups": (Group(name="a", projects=(1,), quota=1),)}, "groups"),
        ({"method": "greedy-votes", "groups": (Group(name="a", projects=(9,)),)}, "groups"),
        ({"method": "greedy-votes", "exclusions": ((1, 9),)}, "groups"),
        ({"method": "greedy-votes", "exclusions": ((1,),)}, "exclusions"),
        ({"method": "greedy-votes", "fit": "cover:0"}, "fit"),
        ({"method": "greedy-votes", "fit": "cover:100"}, "fit"),
        ({"method": "greedy-votes", "score": "positional"}, "positions"),
        ({"method": "greedy-votes", "score": "stars"}, "score"),
        ({"method": "equal-shares-cost", "add1_step": 0}, "add1_step"),
        ({"method": "greedy-votes", "most_winners": -1}, "most_winners"),
    ],
)
def test_an_option_without_sense_is_refused_with_its_field(options: dict[str, Any], field: str) -> None:
    with pytest.raises(CountSpecInvalid) as caught:
        _count(100, 10, **options)
    assert caught.value.field == field


@given(st.data())
def test_more_votes_never_lose_a_greedy_project_its_place(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 6))
    costs = [data.draw(st.integers(0, 12)) for _ in range(size)]
    scores = {f"p{n}": data.draw(st.integers(0, 5)) for n in range(1, size + 1)}
    options: dict[str, Any] = {
        "fit": data.draw(st.sampled_from(["skip", "stop", "cover:80"])),
        "threshold": data.draw(st.integers(0, 3)),
        "most_winners": data.draw(st.integers(0, 3)),
        "exclusions": data.draw(st.sampled_from([(), ((1, 2),)])),
        "groups": data.draw(st.sampled_from([(), (Group(name="a", projects=(1, 2), most=1, quota=1),)])),
    }
    before = _count(20, *costs, profile=votes(**scores), **options)
    for number in before.winners:
        more = {**scores, f"p{number}": scores[f"p{number}"] + 1}
        assert number in _count(20, *costs, profile=votes(**more), **options).winners
