"""The floor by cost, votes as a tie key, and Add1 followed by votes: by hand, and against the plain rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.record.elections import official_rule, read_countable
from pbvote.core.tally.check import TraceWrong, check_trace
from pbvote.core.tally.explain import explain
from pbvote.core.tally.method import METHODS, Option
from pbvote.core.tally.methods import CountSpec, Profile, Project, TieOrder, checked, count
from pbvote.core.tally.options import floor_votes
from pbvote.core.tally.outcome import Count, Outcome, TraceRow
from pbvote.core.tally.trace import trace_lines
from pbvote.core.types import Choices
from tests.make.counts import BY_NUMBER, projects, votes
from tests.shared_data import shared_path

SHARES = [name for name, method in METHODS.items() if Option.COMPLETION in method.uses]


def _both(
    spec: CountSpec, listed: list[Project], profile: Profile, ties: TieOrder = BY_NUMBER
) -> tuple[Count, Outcome]:
    inputs = checked(spec, listed, profile=profile, ties=ties)
    outcome = count(spec, listed, profile=profile, ties=ties)
    check_trace(_lines(inputs, outcome), profile)
    return inputs, outcome


def _lines(inputs: Count, outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(json.dumps(line)) for line in trace_lines(inputs, outcome)]


# ---- the floor


@pytest.mark.parametrize("method", METHODS)
def test_a_project_below_its_share_by_cost_never_wins(method: str) -> None:
    """Ten voters, budget 100, floor 2: cost 60 needs 3 votes, cost 40 needs 2."""
    profile = Profile.merged([(Choices((1,)), 2), (Choices((2,)), 2), (Choices(()), 6)])
    if method == "equal-shares-points":
        profile = Profile.merged([(Choices((1,), (1,)), 2), (Choices((2,), (1,)), 2), (Choices(()), 6)])
    spec = CountSpec(method=method, budget=100, floor=2)
    _, outcome = _both(spec, projects(60, 40), profile)
    row = outcome.row_of(1)
    assert (row.fate, row.missing) == ("below-floor", 1)
    assert 1 not in outcome.winners
    assert outcome.row_of(2).fate != "below-floor"
    assert 1 not in outcome.runners_up


def test_the_floor_is_reached_by_exactly_its_part() -> None:
    assert floor_votes(3, cost=300, budget=1000, voters=100) == 10
    assert floor_votes(3, cost=301, budget=1000, voters=100) == 11
    assert floor_votes(0, cost=300, budget=1000, voters=100) == 0
    assert floor_votes(3, cost=300, budget=0, voters=100) == 0


def test_below_both_the_threshold_is_the_reason() -> None:
    spec = CountSpec(method="greedy-votes", budget=100, floor=1, threshold=5)
    _, outcome = _both(spec, projects(90), votes(p1=2))
    assert outcome.row_of(1).fate == "below-threshold"


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 6)), min_size=1, max_size=4),
    st.integers(1, 4),
    st.integers(0, 6),
)
@settings(deadline=None, max_examples=60)
def test_what_would_help_below_the_floor_does_help(
    pairs: list[tuple[int, int]], floor: int, blank: int
) -> None:
    listed = projects(*(cost for cost, _ in pairs))
    cast = [(Choices((n,)), times) for n, (_, times) in enumerate(pairs, start=1) if times]
    profile = Profile.merged([*cast, *([(Choices(()), blank)] if blank else [])])
    for method in ("greedy-votes", "equal-shares-cost", "phragmen"):
        spec = CountSpec(method=method, budget=50, floor=floor)
        inputs, outcome = _both(spec, listed, profile)
        for row in outcome.trace:
            if row.fate != "below-floor":
                continue
            more = explain(inputs, outcome, row.project).more_support
            if more is not None:
                assert _wins(inputs, outcome, row, more)
                assert not _wins(inputs, outcome, row, more - 1)
            else:
                assert not any(_wins(inputs, outcome, row, given) for given in range(1, 30))


def _wins(inputs: Count, outcome: Outcome, row: TraceRow, more: int) -> bool:
    method = inputs.spec.method
    changed = method.with_support(
        inputs, number=row.project, more=more, threshold=lambda more: inputs.spec.threshold
    )
    return row.project in method.run(changed).winners


def test_a_trace_that_lets_a_project_below_the_floor_win_is_refused() -> None:
    profile = Profile.merged([(Choices((1,)), 2), (Choices((2,)), 2), (Choices(()), 6)])
    spec = CountSpec(method="greedy-votes", budget=100, floor=2)
    inputs, outcome = _both(spec, projects(60, 40), profile)
    lines = _lines(inputs, outcome)
    for line in lines:
        if line.get("fate") == "below-floor":
            line["fate"] = "selected"
    with pytest.raises(TraceWrong):
        check_trace(lines, profile)


def test_swiecie_is_counted_by_the_citys_whole_rule() -> None:
    """Floor 3 shuts out c22 (375 of 2,553 voters; 384 are asked of 45 per cent of the budget)."""
    countable = read_countable(shared_path("pabulib/Poland_Swiecie_2023.pb"))
    rule = official_rule(countable)
    assert rule is not None
    assert rule.spec.to_json()["floor"] == 3
    outcome = countable.count(rule.spec, rule.ties)
    assert sorted(countable.ids[n] for n in outcome.winners) == sorted(countable.official)
    below = [(countable.ids[row.project], row.missing) for row in outcome.trace if row.fate == "below-floor"]
    assert below == [("c22", 9)]
    assert outcome.compared is not None
    assert outcome.compared.kept == "equal-shares-cost"


# ---- votes as a tie key


def test_votes_come_before_the_number_where_both_cost_the_same() -> None:
    listed = projects(60, 60)
    profile = Profile.merged([(Choices((1,), (3,)), 2), (Choices((2,), (2,)), 3)])
    spec = CountSpec(method="greedy-votes", budget=60, score="points")
    _, by_number = _both(spec, listed, profile, TieOrder(("cheaper", "number")))
    _, by_votes = _both(spec, listed, profile, TieOrder(("cheaper", "votes", "number")))
    assert (by_number.winners, by_votes.winners) == ((1,), (2,))
    assert by_votes.ties[0].decided_by == ("cheaper", "votes")
    assert by_votes.inputs != by_number.inputs


def test_equal_shares_takes_more_first_votes_where_price_and_cost_are_equal() -> None:
    """Project 3 leaves one of the six supporters of 2 without money: 1 and 2 cost five people 8 each."""
    profile = Profile.merged(
        [(Choices((1,)), 5), (Choices((2,)), 5), (Choices((2, 3)), 1), (Choices((3,)), 9)]
    )
    spec = CountSpec(method="equal-shares-cost", budget=200, most_winners=2)
    _, by_number = _both(spec, projects(40, 40, 100), profile, TieOrder(("cheaper", "number")))
    _, by_votes = _both(spec, projects(40, 40, 100), profile, TieOrder(("cheaper", "votes", "number")))
    assert (by_number.winners, by_votes.winners) == ((3, 1), (3, 2))
    assert [(tie.projects, tie.decided_by) for tie in by_votes.ties] == [((2, 1), ("cheaper", "votes"))]


def test_votes_alone_may_not_decide() -> None:
    assert TieOrder(("votes",)).keys == ("votes",)
    spec = CountSpec(method="greedy-votes", budget=60)
    _, outcome = _both(spec, projects(60, 60), votes(p1=2, p2=3), TieOrder(("votes", "number")))
    assert outcome.winners == (2,)
    assert outcome.ties == ()


# ---- Add1, then votes


@pytest.mark.parametrize("method", SHARES)
@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_add1_then_votes_keeps_what_add1_bought_and_fills_the_rest(method: str, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 5))
    listed = projects(*(data.draw(st.integers(1, 20)) for _ in range(size)))
    sets = st.sets(st.integers(1, size), max_size=size)
    cast = data.draw(st.lists(st.tuples(sets, st.integers(1, 3)), max_size=6))
    profile = Profile.merged(
        (Choices(tuple(sorted(given)), tuple(1 for _ in given)), weight) for given, weight in cast
    )
    budget = data.draw(st.integers(0, 60))
    _, add1 = _both(CountSpec(method=method, budget=budget, completion="add1"), listed, profile)
    _, filled = _both(CountSpec(method=method, budget=budget, completion="add1-utilitarian"), listed, profile)
    assert filled.winners[: len(add1.winners)] == add1.winners
    assert filled.endowment == add1.endowment
    left, taken = budget - add1.spent, list(add1.winners)
    order = sorted(
        (p for p in listed if p.number not in taken),
        key=lambda p: (-profile.votes().get(p.number, 0), p.number),
    )
    for project in order:
        if project.cost <= left:
            left -= project.cost
            taken.append(project.number)
    assert list(filled.winners) == taken


def test_the_options_are_absent_at_their_default_and_present_otherwise() -> None:
    plain = CountSpec(method="equal-shares-cost", budget=1).to_json()
    assert plain == {"method": "equal-shares-cost", "budget": 1, "fit": "skip", "threshold": 0}
    new = CountSpec(method="equal-shares-cost", budget=1, floor=3, completion="add1-utilitarian").to_json()
    assert (new["floor"], new["completion"]) == (3, "add1-utilitarian")
