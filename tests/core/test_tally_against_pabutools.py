"""Thousands of small random elections, ties included, counted here and by an independent library.

pabutools is a test oracle only. Both break ties by project id. What differs by design is left out and said:
its ballots have no weights (they are written out as copies), its Add1 raises money in steps of the budget
of all voters together, and its Phragmén also buys projects that nobody supports.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

import pytest

from pbvote.core.tally.methods import Choices, CountSpec, Profile, Project, TieOrder, count

ELECTIONS = 700
TIES = TieOrder(("id",))


@cache
def _library() -> Any:
    """The oracle; its warnings about optional solvers are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        election = pytest.importorskip("pabutools.election")
        import pabutools.rules as rules
        import pabutools.tiebreaking as ties
    return election, rules, ties


class _Election:
    """A small random election in both forms; costs and ballots repeat often, so that ties abound."""

    def __init__(self, seed: int, *, points: bool = False) -> None:
        draw = Random(seed)
        size, voters = draw.randint(1, 6), draw.randint(1, 8)
        self.ids = [f"p{number:02d}" for number in range(1, size + 1)]
        self.costs = [draw.choice([1, 2, 2, 3, 4, 6, 7]) for _ in self.ids]
        self.budget = draw.randint(1, sum(self.costs) + 2)
        chosen = [[n for n in range(size) if draw.random() < 0.5] for _ in range(voters)]
        self.ballots = [(names, [draw.randint(1, 4) for _ in names]) for names in chosen]
        self.points = points

    def ours(self, method: str, **options: Any) -> list[str]:
        """Our winners in order."""
        projects = [
            Project(number=n, cost=cost, id=name)
            for n, (cost, name) in enumerate(zip(self.costs, self.ids, strict=True), start=1)
        ]
        ballots = [
            (Choices(tuple(n + 1 for n in names), tuple(points) if self.points else ()), 1)
            for names, points in self.ballots
        ]
        spec = CountSpec(method=method, budget=self.budget, **options)
        outcome = count(spec, projects, profile=Profile.merged(ballots), ties=TIES)
        return [self.ids[number - 1] for number in outcome.winners]

    def theirs(self) -> tuple[Any, Any, Any]:
        """Instance, profile and the projects by id, as the library wants them."""
        election, _, _ = _library()
        projects = [election.Project(name, cost) for name, cost in zip(self.ids, self.costs, strict=True)]
        instance = election.Instance(projects, budget_limit=self.budget)
        if self.points:
            ballots = [
                election.CardinalBallot({projects[n]: p for n, p in zip(names, points, strict=True)})
                for names, points in self.ballots
            ]
            return instance, election.CardinalProfile(ballots, instance=instance), projects
        approved = [election.ApprovalBallot(projects[n] for n in names) for names, _ in self.ballots]
        return instance, election.ApprovalProfile(approved, instance=instance), projects

    @property
    def supported(self) -> set[str]:
        """Projects that somebody chose."""
        return {self.ids[n] for names, _ in self.ballots for n in names}


def _named(allocation: Any) -> list[str]:
    return [project.name for project in allocation]


def _elections(**kind: bool) -> Iterator[tuple[int, _Election]]:
    for seed in range(ELECTIONS):
        yield seed, _Election(seed, **kind)


@pytest.mark.parametrize(
    ("method", "measure"), [("greedy-votes", "Cost_Sat"), ("greedy-votes-per-cost", "Cardinality_Sat")]
)
def test_greedy_counts_agree(method: str, measure: str) -> None:
    """The library orders by satisfaction per cost: votes where that is cost, votes per cost where it is 1."""
    election, rules, ties = _library()
    for seed, small in _elections():
        instance, profile, _ = small.theirs()
        wanted = rules.greedy_utilitarian_welfare(
            instance,
            profile,
            sat_class=getattr(election, measure),
            tie_breaking=ties.lexico_tie_breaking,
        )
        assert set(small.ours(method)) == set(_named(wanted)), seed


@pytest.mark.parametrize(
    ("method", "measure", "points"),
    [
        ("equal-shares-cost", "Cost_Sat", False),
        ("equal-shares-count", "Cardinality_Sat", False),
        ("equal-shares-points", "Additive_Cardinal_Sat", True),
    ],
)
def test_equal_shares_agrees_in_winners_and_order(method: str, measure: str, points: bool) -> None:
    election, rules, ties = _library()
    for seed, small in _elections(points=points):
        instance, profile, _ = small.theirs()
        wanted = rules.method_of_equal_shares(
            instance, profile, sat_class=getattr(election, measure), tie_breaking=ties.lexico_tie_breaking
        )
        assert small.ours(method) == _named(wanted), seed


def test_phragmen_agrees_on_what_has_supporters() -> None:
    _, rules, ties = _library()
    for seed, small in _elections():
        instance, profile, _ = small.theirs()
        wanted = rules.sequential_phragmen(instance, profile, tie_breaking=ties.lexico_tie_breaking)
        ours = [name for name in small.ours("phragmen") if name in small.supported]
        assert sorted(ours) == sorted(n for n in _named(wanted) if n in small.supported), seed


def test_add1_agrees_with_the_fixed_endowments_tried_one_after_the_other() -> None:
    """The library counts at each endowment; the stop is ours to state: before it would overspend."""
    election, rules, ties = _library()
    for seed, small in list(_elections())[:200]:
        _, profile, projects = small.theirs()
        voters, last = len(small.ballots), list[str]()
        cost = dict(zip(small.ids, small.costs, strict=True))
        for step in range(sum(small.costs) + 1):
            raised = election.Instance(projects, budget_limit=Fraction(small.budget) + step * voters)
            found = _named(
                rules.method_of_equal_shares(
                    raised,
                    profile,
                    sat_class=election.Cost_Sat,
                    tie_breaking=ties.lexico_tie_breaking,
                )
            )
            if sum(cost[name] for name in found) > small.budget:
                break
            last = found
            if set(found) == small.supported:
                break
        assert small.ours("equal-shares-cost", completion="add1") == last, seed


def test_the_random_elections_have_ties_and_losers() -> None:
    """Without them the agreement above would say little."""
    tied = lost = 0
    for _, small in _elections():
        winners = small.ours("equal-shares-cost")
        lost += len(winners) < len(small.supported)
        projects = [
            Project(number=n, cost=cost, id=name)
            for n, (cost, name) in enumerate(zip(small.costs, small.ids, strict=True), start=1)
        ]
        profile = Profile.merged((Choices(tuple(n + 1 for n in names)), 1) for names, _ in small.ballots)
        spec = CountSpec(method="equal-shares-cost", budget=small.budget)
        tied += bool(count(spec, projects, profile=profile, ties=TIES).ties)
    assert tied > ELECTIONS // 10
    assert lost > ELECTIONS // 4
