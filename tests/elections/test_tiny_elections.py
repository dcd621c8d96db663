"""Empty and tiny elections by every method, completion and kind of ballot: nothing fails on the way.

From the count over its trace, the check, every explanation and its sentences to the rounds, the exported
file and the comparison: no voters, blank ballots, no money, no projects, one voter, all withdrawn.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.record.elections import read_countable
from pbvote.core.tally.check import check_trace
from pbvote.core.tally.explain import explain
from pbvote.core.tally.method import METHODS, Method, Option, Says
from pbvote.core.tally.methods import CountSpec, Profile, Project, TieOrder, checked, count
from pbvote.core.tally.options import SKIP, Completion, Fit, Score
from pbvote.core.tally.outcome import Fate, Outcome
from pbvote.core.tally.trace import trace_lines
from pbvote.core.types import Choices
from pbvote.tools.pabulib.chart import chart
from pbvote.tools.pabulib.comparing import compare
from pbvote.tools.pabulib.counting import count_file
from pbvote.words import methods as method_texts
from pbvote.words.explanations import Sentences
from tests.make.files import pb

TIES = TieOrder(("cheaper", "votes", "number"))
SCORES = {Says.SET: Score.VOTES, Says.RANKING: Score.POSITIONAL, Says.POINTS: Score.POINTS}
FORMS = [(method, says) for method in METHODS.values() for says in Says if says in method.ballots]


def _ballot(says: Says, numbers: list[int], points: list[int]) -> Choices:
    if says is Says.RANKING:
        return Choices(tuple(numbers))
    ordered = tuple(sorted(numbers))
    return Choices(ordered, tuple(points[: len(ordered)]) if says is Says.POINTS else ())


@st.composite
def tiny(draw: st.DrawFn, method: Method, says: Says) -> dict[str, Any]:
    """Up to four projects, up to three distinct ballots (blank ones too), a budget that may be nothing."""
    size = draw(st.integers(0, 4))
    listed = [
        Project(number=n, cost=draw(st.sampled_from([0, 1, 5, 9, 40])), id=f"p{n}")
        for n in range(1, size + 1)
    ]
    numbers = st.lists(st.integers(1, max(1, size)), unique=True, max_size=size)
    points = st.lists(st.integers(1, 5), min_size=4, max_size=4)
    ballots = draw(st.lists(st.tuples(numbers, points, st.integers(1, 3)), max_size=3))
    uses = method.uses
    spec = CountSpec(
        method=method,
        budget=draw(st.sampled_from([0, 1, 10, 30])),
        fit=draw(st.sampled_from([SKIP, Fit.of("stop"), Fit.of("cover:50")])) if Option.FIT in uses else SKIP,
        threshold=draw(st.integers(0, 3)),
        score=draw(st.sampled_from([Score.VOTES, SCORES[says]])),
        positions=(3, 2, 1) if says is Says.RANKING else (),
        floor=draw(st.sampled_from([0, 0, 1, 3])),
        most_winners=draw(st.integers(0, 2)),
        completion=draw(st.sampled_from(Completion)) if Option.COMPLETION in uses else Completion.NONE,
        add1_stop=draw(st.sampled_from(["overspend", "exhaustive"])),
        comparison=draw(st.sampled_from(["none", "satisfaction"])) if Option.COMPARISON in uses else "none",
    )
    withdrawn = draw(st.sets(st.integers(1, size), max_size=size)) if size else set()
    profile = Profile.merged((_ballot(says, given, worth), weight) for given, worth, weight in ballots)
    return {"spec": spec, "projects": listed, "profile": profile, "ties": TIES, "withdrawn": withdrawn}


def _sentences(language: str, spec: CountSpec) -> Sentences:
    return Sentences(language=language, money=str, score=spec.score, groups={})


def _told(outcome: Outcome, inputs: Any) -> list[str]:
    """Every sentence of every project in both languages."""
    told = []
    for row in outcome.trace:
        found = explain(inputs, outcome, row.project).to_json()
        for language in ("zh", "en"):
            told += _sentences(language, outcome.spec).explanation(found)
            told.append(_sentences(language, outcome.spec).reason(row.to_json()))
    return told


@pytest.mark.parametrize(("method", "says"), FORMS, ids=str)
@given(data=st.data())
@settings(max_examples=40)
def test_nothing_fails_from_the_count_to_the_last_sentence(
    method: Method, says: Says, data: st.DataObject
) -> None:
    given_ = data.draw(tiny(method, says))
    spec, profile = given_["spec"], given_["profile"]
    options = {name: given_[name] for name in ("profile", "ties", "withdrawn")}
    inputs = checked(spec, given_["projects"], **options)
    outcome = count(spec, given_["projects"], **options)
    assert set(outcome.winners).isdisjoint(given_["withdrawn"])
    assert outcome.to_bytes() == count(spec, given_["projects"], **options).to_bytes()
    lines = [json.loads(json.dumps(line)) for line in trace_lines(inputs, outcome)]
    check_trace(lines, profile)
    assert all(_told(outcome, inputs)) or not outcome.trace
    for shown in method.rounds(inputs, outcome):
        assert shown.project in outcome.scores
    assert method.pabulib_rule(spec)
    assert all(method_texts.sentences(spec, language) for language in ("zh", "en"))


@pytest.mark.parametrize("method", METHODS.values(), ids=str)
@pytest.mark.parametrize("completion", list(Completion))
def test_where_nobody_voted_every_loser_is_told_so(method: Method, completion: Completion) -> None:
    if completion is not Completion.NONE and Option.COMPLETION not in method.uses:
        return
    listed = [Project(number=n, cost=60, id=f"p{n}") for n in (1, 2)]
    spec = CountSpec(method=method, budget=100, completion=completion, threshold=1)
    inputs = checked(spec, listed, profile=Profile.merged([]), ties=TIES)
    outcome = count(spec, listed, profile=Profile.merged([]), ties=TIES)
    assert outcome.winners == ()
    for number in (1, 2):
        found = explain(inputs, outcome, number).to_json()
        assert _sentences("zh", spec).explanation(found)[0] == "沒有入選：這一區沒有人投票。"
        assert _sentences("en", spec).explanation(found)[0] == "Not funded: nobody voted here."


def test_a_project_without_any_ballot_has_no_money_to_speak_of() -> None:
    listed = [Project(number=n, cost=60, id=f"p{n}") for n in (1, 2)]
    spec = CountSpec(method=METHODS["equal-shares-cost"], budget=100)
    profile = Profile.merged([(Choices((1,)), 3)])
    outcome = count(spec, listed, profile=profile, ties=TIES)
    row = outcome.row_of(2)
    assert row.fate is Fate.UNAFFORDABLE
    assert _sentences("en", spec).reason(row.to_json()) == (
        "No ballot supports it, so there were no shares to pay for it."
    )


@pytest.mark.parametrize("kind", ["approval", "ordinal", "cumulative", "scoring", "choose-1"])
@pytest.mark.parametrize("budget", ["0", "100"])
@pytest.mark.parametrize("votes", [(), ("1;",), ("1;a",)], ids=["nobody", "blank", "one"])
@pytest.mark.parametrize("projects", [(), ("a;60;A", "b;0;B")], ids=["no projects", "two"])
def test_a_tiny_file_is_counted_compared_and_drawn(
    kind: str, budget: str, votes: tuple[str, ...], projects: tuple[str, ...]
) -> None:
    if not projects:
        votes = tuple(vote for vote in votes if vote == "1;")
    with_points = kind in ("cumulative", "scoring")
    rows = tuple(f"{vote};{'3' if vote.endswith('a') else ''}" for vote in votes) if with_points else votes
    text = pb(kind=kind, votes=rows, projects=projects, budget=budget)
    if with_points and not rows:
        text = text.replace("voter_id;vote\n", "voter_id;vote;points\n")
    countable = read_countable(text)
    columns = compare(countable, TIES)
    for language in ("zh", "en"):
        assert chart(countable, columns, language=language).startswith("<svg")
    for name, method in METHODS.items():
        if method.reads_worth and not (with_points or kind == "ordinal"):
            continue
        counted = count_file(countable, method=name, ties=TIES, threshold=0, options={})
        assert counted.to_json()["method"] == name
        assert len(dict(counted.explanations())) == len(countable.projects) - len(counted.outcome.winners)


@pytest.mark.parametrize(
    ("more", "support", "told"),
    [
        (1, "voters", "Not funded: 1 more supporter would have been needed."),
        (
            2,
            "voters",
            "Not funded: 2 more supporters would have been needed; 1 would not have been enough.",
        ),
        (1, "votes", "Not funded: 1 vote more would have been needed."),
        (12, "votes", "Not funded: 12 votes more would have been needed."),
    ],
)
def test_the_one_sentence_has_its_number_in_the_singular_and_the_plural(
    more: int, support: str, told: str
) -> None:
    row = {"fate": "unaffordable", "rank": 1, "score": 1, "missing": 3, "money_left": 5, "stopped_by": 0}
    money = {"at_start": 1, "at_end": 1, "short_in": 0, "paid": []}
    found = {"reason": {**row, "cost": 9}, "money": money, "more_support": more, "support": support}
    sentences = Sentences(language="en", money=str, score="votes", groups={})
    assert sentences.explanation(found)[0] == told
    assert sentences.scored(1) == "1 vote"
