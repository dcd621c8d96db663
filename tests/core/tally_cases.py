"""Small ways to write a count down, and real elections as inputs of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import ceil, lcm

from hypothesis import strategies as st

from pbvote.core.record.pabulib import PabulibElection
from pbvote.core.tally.methods import CountSpec, Outcome, Profile, Project, TieOrder, count

BY_NUMBER = TieOrder(("number",))


def spec(budget: int, *, fit: str = "skip", threshold: int = 0) -> CountSpec:
    """A greedy rule."""
    return CountSpec(method="greedy-votes", budget=budget, fit=fit, threshold=threshold)


def projects(*costs: int) -> list[Project]:
    """Projects 1, 2, ... of these costs with ids A, B, ..."""
    return [Project(number=n, cost=cost, id=chr(64 + n)) for n, cost in enumerate(costs, start=1)]


def votes(**by_project: int) -> Profile:
    """One single-choice ballot group per project: ``votes(p1=3)`` is three votes for project 1."""
    return Profile.merged(((int(name[1:]),), weight) for name, weight in by_project.items() if weight)


@st.composite
def elections(draw: st.DrawFn) -> tuple[CountSpec, list[Project], list[tuple[tuple[int, ...], int]]]:
    """A rule, one to seven projects and up to thirty weighted approval ballots."""
    size = draw(st.integers(1, 7))
    listed = projects(*(draw(st.integers(0, 12)) for _ in range(size)))
    chosen = st.sets(st.integers(1, size), max_size=size).map(lambda numbers: tuple(sorted(numbers)))
    ballots = draw(st.lists(st.tuples(chosen, st.integers(1, 3)), max_size=30))
    fit = draw(st.sampled_from(["skip", "stop"]))
    rule = spec(draw(st.integers(0, 40)), fit=fit, threshold=draw(st.integers(0, 8)))
    return rule, listed, ballots


def count_real(
    election: PabulibElection, *, tie_keys: tuple[str, ...], fit: str, threshold: Fraction
) -> list[str]:
    """Project ids of the winners of a real file; numbers in file order, repeated choices counted once.

    Amounts are scaled by their common denominator, so that decimals stay exact.
    """
    listed = election.listed()
    scale = lcm(election.budget.denominator, *(p.cost.denominator for p in listed))
    number = {p.id: place for place, p in enumerate(listed, start=1)}
    outcome = count(
        spec(int(election.budget * scale), fit=fit, threshold=ceil(threshold)),
        [Project(number=number[p.id], cost=int(p.cost * scale), id=p.id) for p in listed],
        profile=Profile.merged(_choices(election, number)),
        ties=TieOrder(tie_keys),
    )
    return ids_of(outcome, {place: project for project, place in number.items()})


def _choices(election: PabulibElection, number: Mapping[str, int]) -> Iterable[tuple[tuple[int, ...], int]]:
    for vote in election.ballots():
        yield tuple(sorted(number[project] for project in vote.distinct)), 1


def ids_of(outcome: Outcome, ids: Mapping[int, str]) -> list[str]:
    """The winners by project id, in order."""
    return [ids[number] for number in outcome.winners]
