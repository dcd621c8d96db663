"""Small ways to write a count down, and real elections as inputs of one."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from pbvote.core.tally.method import METHODS
from pbvote.core.tally.methods import Choices, CountSpec, Profile, Project, TieOrder
from pbvote.core.tally.options import Fit

BY_NUMBER = TieOrder(("number",))


def spec(budget: int, *, fit: str = "skip", threshold: int = 0) -> CountSpec:
    """A greedy rule."""
    return CountSpec(method=METHODS["greedy-votes"], budget=budget, fit=Fit.of(fit), threshold=threshold)


def projects(*costs: int) -> list[Project]:
    """Projects 1, 2, ... of these costs with ids A, B, ..."""
    return [Project(number=n, cost=cost, id=chr(64 + n)) for n, cost in enumerate(costs, start=1)]


def votes(**by_project: int) -> Profile:
    """One single-choice ballot group per project: ``votes(p1=3)`` is three votes for project 1."""
    return merged(((int(name[1:]),), weight) for name, weight in by_project.items() if weight)


def merged(ballots: Iterable[tuple[tuple[int, ...], int]]) -> Profile:
    """The profile of approval ballots."""
    return Profile.merged((Choices(projects), weight) for projects, weight in ballots)


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
