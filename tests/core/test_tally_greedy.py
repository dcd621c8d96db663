"""Greedy by votes: rules, reasons, and properties over generated elections."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pbvote.core import canonical
from pbvote.core.tally.methods import (
    METHODS,
    CountSpec,
    Fate,
    MethodUnknown,
    Outcome,
    Profile,
    Project,
    TieOrder,
    count,
)
from pbvote.core.tally.profile import BallotUncountable, ProjectsInvalid
from pbvote.core.tally.spec import CountSpecInvalid
from tests.make.counts import BY_NUMBER, elections, merged, projects, spec, votes

Election = tuple[CountSpec, list[Project], list[tuple[tuple[int, ...], int]]]


def _count(election: Election, *, withdrawn: tuple[int, ...] = (), ties: TieOrder = BY_NUMBER) -> Outcome:
    rule, listed, ballots = election
    return count(rule, listed, profile=merged(ballots), ties=ties, withdrawn=withdrawn)


def _fates(outcome: Outcome) -> dict[int, str]:
    return {row.project: row.fate.value for row in outcome.trace}


def test_with_skip_a_project_that_does_not_fit_is_passed_over() -> None:
    outcome = count(spec(100), projects(70, 50, 30), profile=votes(p1=9, p2=8, p3=7), ties=BY_NUMBER)
    assert outcome.winners == (1, 3)
    assert outcome.runners_up == (2,)
    assert outcome.spent == 100
    row = outcome.row_of(2)
    assert (row.fate, row.money_left, row.missing) == (Fate.DID_NOT_FIT, 30, 20)


def test_with_stop_nothing_wins_behind_the_first_project_that_does_not_fit() -> None:
    outcome = count(
        spec(100, fit="stop"), projects(70, 50, 30), profile=votes(p1=9, p2=8, p3=7), ties=BY_NUMBER
    )
    assert outcome.winners == (1,)
    assert outcome.runners_up == (2, 3)
    assert _fates(outcome) == {1: "selected", 2: "did-not-fit", 3: "stopped"}
    assert outcome.row_of(3).stopped_by == 2


def test_the_threshold_is_inclusive_and_says_how_many_votes_are_missing() -> None:
    outcome = count(
        spec(100, threshold=8), projects(10, 10, 10), profile=votes(p1=9, p2=8, p3=7), ties=BY_NUMBER
    )
    assert outcome.winners == (1, 2)
    assert outcome.runners_up == ()
    assert outcome.row_of(3).fate is Fate.BELOW_THRESHOLD
    assert outcome.row_of(3).missing == 1


def test_below_the_threshold_is_named_before_the_stop() -> None:
    outcome = count(
        spec(10, fit="stop", threshold=5), projects(20, 5), profile=votes(p1=9, p2=4), ties=BY_NUMBER
    )
    assert _fates(outcome) == {1: "did-not-fit", 2: "below-threshold"}


def test_a_withdrawn_project_takes_no_money_and_never_stops_the_count() -> None:
    outcome = count(
        spec(100, fit="stop"),
        projects(500, 60, 40),
        profile=votes(p1=99, p2=8, p3=7),
        ties=BY_NUMBER,
        withdrawn=[1],
    )
    assert outcome.winners == (2, 3)
    assert outcome.runners_up == ()
    assert outcome.withdrawn == (1,)
    assert (outcome.row_of(1).fate, outcome.row_of(1).rank) == (Fate.WITHDRAWN, 0)
    assert outcome.scores[1] == 99


@pytest.mark.parametrize(("threshold", "winners"), [(0, (1, 2)), (1, (1,))])
def test_a_project_without_votes_wins_only_where_no_threshold_is_set(
    threshold: int, winners: tuple[int, ...]
) -> None:
    outcome = count(spec(20, threshold=threshold), projects(10, 10), profile=votes(p1=1), ties=BY_NUMBER)
    assert outcome.winners == winners


def test_ballots_count_with_their_weight() -> None:
    profile = merged([((1,), 1), ((1,), 1), ((2,), 3), ((), 5)])
    assert profile.votes() == {1: 2, 2: 3}
    assert profile.weight == 10
    assert count(spec(10), projects(10, 10), profile=profile, ties=BY_NUMBER).winners == (2,)


def test_a_project_costing_exactly_what_is_left_is_funded() -> None:
    outcome = count(spec(100), projects(60, 40), profile=votes(p1=2, p2=1), ties=BY_NUMBER)
    assert outcome.winners == (1, 2)
    assert outcome.spent == outcome.budget


@given(elections())
def test_the_budget_is_never_exceeded_and_every_project_has_one_fate(election: Election) -> None:
    rule, listed, _ = election
    outcome = _count(election)
    assert outcome.spent == sum(p.cost for p in listed if p.number in outcome.winners) <= rule.budget
    assert sorted(row.project for row in outcome.trace) == [p.number for p in listed]
    below = {row.project for row in outcome.trace if row.fate is Fate.BELOW_THRESHOLD}
    assert set(outcome.winners) | set(outcome.runners_up) | below == {p.number for p in listed}
    assert all(outcome.scores[a] >= outcome.scores[b] for a, b in pairwise(outcome.winners))


@given(elections())
def test_the_winners_are_those_of_the_rule_read_out_word_by_word(election: Election) -> None:
    rule, listed, ballots = election
    total = {p.number: sum(w for choices, w in ballots if p.number in choices) for p in listed}
    left, expected = rule.budget, []
    for project in sorted(listed, key=lambda p: (-total[p.number], p.number)):
        if total[project.number] >= rule.threshold:
            if project.cost <= left:
                expected.append(project.number)
                left -= project.cost
            elif rule.fit.stops:
                break
    assert list(_count(election).winners) == expected


@given(elections(), st.randoms(use_true_random=False))
def test_the_order_of_projects_and_ballots_and_their_merging_change_no_byte(
    election: Election, random: Random
) -> None:
    rule, listed, ballots = election
    expected = _count(election).to_bytes()
    split = [(choices, 1) for choices, weight in ballots for _ in range(weight)]
    random.shuffle(split)
    assert _count((rule, listed[::-1], split)).to_bytes() == expected


@given(elections())
def test_new_ids_change_no_winner_where_ids_break_no_tie(election: Election) -> None:
    rule, listed, ballots = election
    renamed = [Project(number=p.number, cost=p.cost, id=f"new/{99 - p.number}") for p in listed]
    ties = TieOrder(("cheaper", "number"))
    assert _count((rule, renamed, ballots), ties=ties).winners == _count(election, ties=ties).winners


@given(elections(), st.permutations(range(1, 8)))
def test_new_numbers_change_no_winner_where_ids_break_the_ties(election: Election, other: list[int]) -> None:
    rule, listed, ballots = election
    new = {p.number: other[p.number - 1] for p in listed}
    moved = [Project(number=new[p.number], cost=p.cost, id=p.id) for p in listed]
    cast = [(tuple(sorted(new[n] for n in choices)), weight) for choices, weight in ballots]
    ties = TieOrder(("id",))
    expected = tuple(new[n] for n in _count(election, ties=ties).winners)
    assert _count((rule, moved, cast), ties=ties).winners == expected


@given(elections(), st.data())
def test_a_winner_with_more_votes_still_wins(election: Election, data: st.DataObject) -> None:
    rule, listed, ballots = election
    winners = _count(election).winners
    assume(winners)
    winner = data.draw(st.sampled_from(winners))
    more = [*ballots, ((winner,), data.draw(st.integers(1, 9)))]
    assert winner in _count((rule, listed, more)).winners


@given(elections(), st.data())
def test_withdrawing_is_the_same_as_never_having_been_listed(election: Election, data: st.DataObject) -> None:
    rule, listed, ballots = election
    gone = data.draw(st.sampled_from([p.number for p in listed]))
    rest = [p for p in listed if p.number != gone]
    cast = [(tuple(n for n in choices if n != gone), weight) for choices, weight in ballots]
    with_notice, without = _count(election, withdrawn=(gone,)), _count((rule, rest, cast))
    assert with_notice.winners == without.winners
    assert with_notice.runners_up == without.runners_up


@given(elections())
def test_an_outcome_is_canonical_json(election: Election) -> None:
    outcome = _count(election)
    assert canonical.decode(outcome.to_bytes()) == outcome.to_json()


_PROGRAM = """
from pbvote.core.tally.methods import Choices, CountSpec, Profile, Project, TieOrder, count
listed = [Project(number=n, cost=n % 7, id=f"P{n % 5}/{n}") for n in range(1, 40)]
ballots = [(Choices.of_set({n, 2 * n % 39 + 1, 5 * n % 39 + 1}), n % 3 + 1) for n in range(1, 40)]
spec = CountSpec(method="greedy-votes", budget=50, fit="skip", threshold=2)
ties = TieOrder(("cheaper", "lot"), bytes(32))
print(count(spec, listed, profile=Profile.merged(ballots), ties=ties, withdrawn={9, 3}).to_bytes().hex())
"""


def test_the_bytes_of_an_outcome_do_not_depend_on_the_hash_seed() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
    assert len(answers.pop()) > 1000


def test_any_change_of_the_inputs_changes_their_digest() -> None:
    listed, profile = projects(10, 20), votes(p1=2, p2=1)
    seed, plain = bytes(32), spec(20)

    def inputs(
        *,
        rule: CountSpec = plain,
        of: list[Project] = listed,
        cast: Profile = profile,
        ties: TieOrder = BY_NUMBER,
        withdrawn: tuple[int, ...] = (),
    ) -> bytes:
        return count(rule, of, profile=cast, ties=ties, withdrawn=withdrawn).inputs

    changed = [
        inputs(),
        inputs(rule=spec(21)),
        inputs(rule=spec(20, fit="stop")),
        inputs(rule=spec(20, threshold=1)),
        inputs(of=projects(10, 21)),
        inputs(cast=votes(p1=2, p2=2)),
        inputs(ties=TieOrder(("id",))),
        inputs(ties=TieOrder(("lot",), seed)),
        inputs(ties=TieOrder(("lot",), seed[:-1] + b"\x01")),
        inputs(withdrawn=(2,)),
    ]
    assert len(set(changed)) == len(changed)
    assert inputs() == inputs()


def test_a_method_without_an_entry_in_the_registry_is_refused() -> None:
    with pytest.raises(MethodUnknown) as caught:
        CountSpec(method="dice", budget=1)
    assert caught.value.facts["method"] == "dice"
    assert "dice" not in METHODS


@pytest.mark.parametrize(
    ("field", "budget", "fit", "threshold"),
    [("budget", -1, "skip", 0), ("fit", 1, "jump", 0), ("threshold", 1, "stop", -1)],
)
def test_a_rule_that_makes_no_sense_is_refused_with_its_field(
    field: str, budget: int, fit: str, threshold: int
) -> None:
    with pytest.raises(CountSpecInvalid) as caught:
        CountSpec(method="greedy-votes", budget=budget, fit=fit, threshold=threshold)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("listed", "problem"),
    [
        ([Project(number=1, cost=1, id="A"), Project(number=1, cost=1, id="B")], "number-not-unique"),
        ([Project(number=0, cost=1, id="A")], "number-not-unique"),
        ([Project(number=1, cost=1, id="A"), Project(number=2, cost=1, id="A")], "id-not-unique"),
        ([Project(number=1, cost=-1, id="A")], "cost-negative"),
    ],
)
def test_a_list_of_projects_that_is_not_a_list_of_projects_is_refused(
    listed: list[Project], problem: str
) -> None:
    with pytest.raises(ProjectsInvalid) as caught:
        count(spec(1), listed, profile=Profile(()), ties=BY_NUMBER)
    assert caught.value.facts["problem"] == problem


def test_withdrawing_a_project_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ProjectsInvalid) as caught:
        count(spec(1), projects(1), profile=votes(p1=1), ties=BY_NUMBER, withdrawn=[2])
    assert caught.value.field == "withdrawn"


def test_a_ballot_for_a_project_that_is_not_listed_is_refused() -> None:
    with pytest.raises(BallotUncountable) as caught:
        count(spec(1), projects(1), profile=votes(p2=1), ties=BY_NUMBER)
    assert caught.value.facts == {"field": "choices", "problem": "not-listed", "project": 2}


def test_a_ballot_naming_a_project_twice_is_refused() -> None:
    with pytest.raises(BallotUncountable) as caught:
        merged([((1, 2, 1), 1)])
    assert caught.value.facts["project"] == 1


@pytest.mark.parametrize("weight", [0, -1])
def test_a_ballot_without_weight_is_refused(weight: int) -> None:
    with pytest.raises(BallotUncountable):
        merged([((1,), weight)])
