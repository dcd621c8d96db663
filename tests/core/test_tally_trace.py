"""A trace follows from the ballots, and no altered one does."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.tally.check import TraceWrong, check_trace
from pbvote.core.tally.method import Option
from pbvote.core.tally.methods import METHODS, Choices, CountSpec, Profile, TieOrder, checked, count
from pbvote.core.tally.trace import trace_lines
from tests.make.counts import projects

TIES = TieOrder(("cheaper", "lot"), b"\x03" * 32)
PROFILE = Profile.merged(
    [
        (Choices((1, 2)), 5),
        (Choices((2, 3)), 4),
        (Choices((1, 3, 4)), 3),
        (Choices((4,)), 6),
        (Choices((5,)), 1),
        (Choices(), 2),
    ]
)
COSTS = (40, 30, 20, 25, 60)

Lines = list[dict[str, Any]]


def _trace(method: str, profile: Profile = PROFILE, **options: Any) -> Lines:
    spec = CountSpec(method=method, budget=100, **options)
    listed = projects(*COSTS)
    outcome = count(
        spec, listed, profile=profile, ties=TIES, withdrawn=[3] if options.get("threshold") else []
    )
    inputs = checked(
        spec, listed, profile=profile, ties=TIES, withdrawn=[3] if options.get("threshold") else []
    )
    return [json.loads(json.dumps(line)) for line in trace_lines(inputs, outcome)]


RULES: list[dict[str, Any]] = [
    *({"method": method} for method in METHODS),
    *({"method": method, "threshold": 2} for method in METHODS),
    *({"method": method, "floor": 3} for method in METHODS),
    *(
        {"method": name, "completion": completion}
        for name, method in METHODS.items()
        if Option.COMPLETION in method.uses
        for completion in ("add1", "utilitarian", "add1-utilitarian")
    ),
    {"method": "equal-shares-cost", "completion": "add1", "add1_stop": "exhaustive"},
    {"method": "greedy-votes", "fit": "stop"},
    {"method": "greedy-votes", "fit": "cover:50"},
    {"method": "greedy-votes", "exclusions": ((1, 2),), "most_winners": 2},
    {"method": "equal-shares-cost", "exclusions": ((1, 2),), "most_winners": 2},
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_trace_of_every_rule_passes(rule: dict[str, Any]) -> None:
    check_trace(_trace(**rule), PROFILE)


@given(
    st.lists(
        st.tuples(st.sets(st.integers(1, 5)).map(Choices.of_set), st.integers(1, 4)), min_size=1, max_size=9
    ),
    st.sampled_from(RULES),
)
@settings(max_examples=150)
def test_the_trace_of_any_ballots_passes(ballots: list[tuple[Choices, int]], rule: dict[str, Any]) -> None:
    profile = Profile.merged(ballots)
    check_trace(_trace(**rule, profile=profile), profile)


def _round(lines: Lines) -> dict[str, Any]:
    return next(line for line in lines if line["line"] == "round" and line["project"])


def _project(lines: Lines, fate: str) -> dict[str, Any]:
    return next(line for line in lines if line["line"] == "project" and line["fate"] == fate)


def _swapped(lines: Lines) -> None:
    places = [i for i, line in enumerate(lines) if line["line"] == "project"][:2]
    lines[places[0]], lines[places[1]] = lines[places[1]], lines[places[0]]


ALTERATIONS: list[tuple[str, str, Callable[[Lines], object]]] = [
    ("equal-shares-cost", "price", lambda lines: _round(lines).update(price="0.05")),
    ("equal-shares-cost", "in-full", lambda lines: _round(lines).update(in_full=1)),
    (
        "equal-shares-cost",
        "cheaper",
        lambda lines: _round(lines).update(project=3, price="0.14285714", in_full=7),
    ),
    ("equal-shares-cost", "not-for-sale", lambda lines: _round(lines).update(project=9)),
    ("equal-shares-cost", "winners", lambda lines: lines[-1].update(winners=[1])),
    ("equal-shares-cost", "could-be-bought", lambda lines: lines.remove(_round(lines))),
    ("phragmen", "load", lambda lines: _round(lines).update(project=5)),
    ("greedy-votes", "scores", lambda lines: lines[0]["scores"][0].update(score=99)),
    ("greedy-votes", "ballots", lambda lines: lines[0].update(ballots=1)),
    ("greedy-votes", "order-of-projects", _swapped),
    ("greedy-votes", "fate", lambda lines: _project(lines, "did-not-fit").update(fate="selected")),
    ("greedy-votes", "fate", lambda lines: _project(lines, "selected").update(fate="did-not-fit")),
    ("greedy-votes", "winners", lambda lines: lines[-1].update(spent=1)),
    ("greedy-votes", "cut-short", lambda lines: lines.pop()),
    ("greedy-votes", "order-of-lines", lambda lines: lines.pop(0)),
]


@pytest.mark.parametrize(("method", "problem", "alter"), ALTERATIONS, ids=lambda value: str(value)[:24])
def test_an_altered_trace_is_refused_by_name(
    method: str, problem: str, alter: Callable[[Lines], object]
) -> None:
    lines = _trace(method)
    check_trace(copy.deepcopy(lines), PROFILE)
    alter(lines)
    with pytest.raises(TraceWrong) as caught:
        check_trace(lines, PROFILE)
    assert caught.value.facts["problem"] == problem


def test_a_trace_of_other_ballots_is_refused() -> None:
    other = Profile.merged([*PROFILE.groups, (Choices((5,)), 1)])
    with pytest.raises(TraceWrong):
        check_trace(_trace("equal-shares-cost"), other)


def test_an_add1_run_that_ended_too_early_is_refused() -> None:
    lines = _trace("equal-shares-cost", completion="add1")
    following = [line for line in lines if line.get("run") == "next" and line["project"]]
    lines = [line for line in lines if line not in following[1:]]
    with pytest.raises(TraceWrong) as caught:
        check_trace(lines, PROFILE)
    assert caught.value.facts["problem"] in {"add1-too-early", "could-be-bought"}
