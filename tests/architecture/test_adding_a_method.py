"""A method of counting is one object and its words: a new one, made here, works everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from pbvote.core.record.elections import official_rule, read_countable
from pbvote.core.tally.check import TraceWrong, check_trace
from pbvote.core.tally.explain import explain
from pbvote.core.tally.greedy import in_one_order
from pbvote.core.tally.method import METHODS, Column, Method, Option, RoundKind, Shown
from pbvote.core.tally.methods import CountSpec, Profile, TieOrder, checked, count
from pbvote.core.tally.outcome import Count, Outcome
from pbvote.core.tally.recheck import Line, Recheck, State
from pbvote.core.tally.spec import CountSpecInvalid
from pbvote.core.tally.trace import trace_lines
from pbvote.platform.runtime import Runtime
from pbvote.rooms import records
from pbvote.rooms.calls.queries import get_call
from pbvote.tools.cli import main
from pbvote.verifier.__main__ import main as verify
from pbvote.words import methods as method_texts
from tests.architecture.source import ROOT
from tests.make.counts import projects, votes
from tests.make.polls import moderated_poll
from tests.make.visitors import CallDesk

NAME = "cheapest-first"
TEXTS = {
    "name": {"zh": "便宜優先", "en": "Cheapest first"},
    "choice": {"zh": "便宜優先：經費低的先入選", "en": "Cheapest first: low costs first"},
    "sentence": {"zh": ["計票時經費低的方案先入選。"], "en": ["Projects of low cost are taken first."]},
    "column": {"cheapest": {"zh": "便宜優先", "en": "Cheapest first"}},
}


class CheapestFirst(Method):
    """Projects by rising cost. Source: this test."""

    name = NAME
    uses = frozenset({Option.FIT, Option.SCORE})
    columns = (Column(name="cheapest"),)
    pabulib_rules = {"cheap": {}}

    def run(self, count: Count) -> Outcome:
        return in_one_order(count, merit=lambda project: -project.cost)

    def recheck(self) -> Recheck:
        return CheapestRecheck()

    def rounds(self, count: Count, outcome: Outcome) -> Iterator[Shown]:
        for number in outcome.winners:
            row = outcome.row_of(number)
            price = Fraction(row.cost, row.score or 1)
            yield Shown(
                kind=RoundKind.PAID,
                project=number,
                candidates=((number, price),),
                figure=price,
                supporters=row.score,
                in_full=row.score,
            )

    def round_lines(self, count: Count, outcome: Outcome) -> Iterator[dict[str, Any]]:
        for number in outcome.winners:
            yield {"line": "round", "project": number}

    def pabulib_rule(self, spec: CountSpec) -> str:
        return "cheap"


class CheapestRecheck(Recheck):
    def merit(self, score: int, cost: int) -> tuple[int, ...]:
        return (cost,)

    def round(self, state: State, line: Line) -> None:
        state.begin_run("cheap", start=Fraction(0))
        number = line["project"]
        if state.cost[number] > min(state.cost[n] for n in state.for_sale()):
            state.wrong("not-the-cheapest", number)
        state.take(number, "cheap")
        state.winners.append(number)


@pytest.fixture(autouse=True)
def cheapest(monkeypatch: pytest.MonkeyPatch) -> Method:
    method = CheapestFirst()
    monkeypatch.setitem(METHODS, NAME, method)
    monkeypatch.setitem(method_texts.texts(), NAME, TEXTS)
    return method


def _inputs() -> tuple[CountSpec, list[Any], Profile, TieOrder]:
    spec = CountSpec(method=NAME, budget=60)  # type: ignore[arg-type]
    return spec, projects(50, 40, 30, 20), votes(p1=9, p2=8, p3=7, p4=6), TieOrder(("number",))


def test_it_counts_explains_and_its_trace_is_checked() -> None:
    spec, listed, profile, ties = _inputs()
    inputs = checked(spec, listed, profile=profile, ties=ties)
    outcome = count(spec, listed, profile=profile, ties=ties)
    assert outcome.winners == (4, 3)
    assert outcome.to_json()["spec"]["method"] == NAME  # type: ignore[index]
    lines = [json.loads(json.dumps(line)) for line in trace_lines(inputs, outcome)]
    check_trace(lines, profile)
    swapped = next(line for line in lines if line["line"] == "round")
    swapped["project"] = 1
    with pytest.raises(TraceWrong) as caught:
        check_trace(lines, profile)
    assert caught.value.facts["problem"] == "not-the-cheapest"
    found = explain(inputs, outcome, 2)
    assert (found.row.fate, found.more_support, found.largest_cost) == ("did-not-fit", None, 30)


def test_options_that_it_does_not_use_are_refused() -> None:
    _, listed, profile, ties = _inputs()
    spec = CountSpec(method=NAME, budget=60, completion="add1")  # type: ignore[arg-type]
    with pytest.raises(CountSpecInvalid) as caught:
        count(spec, listed, profile=profile, ties=ties)
    assert caught.value.facts == {"field": "completion", "problem": "not-of-this-method"}


def test_it_is_called_by_name_from_the_command_line(tmp_path: Path) -> None:
    file, svg, trace = tmp_path / "small.pb", tmp_path / "compared.svg", tmp_path / "trace"
    text = (
        "META\nkey;value\ndescription;Small\ncountry;Taiwan\nunit;U\ninstance;2026\nnum_projects;2\n"
        "num_votes;3\nbudget;60\nvote_type;approval\nrule;cheap\ndate_begin;2026\ndate_end;2026\n"
        "PROJECTS\nproject_id;cost;name;selected\na;50;Alpha;0\nb;40;Beta;1\nVOTES\nvoter_id;vote\n1;a\n2;a\n3;b\n"
    )
    file.write_text(text, encoding="utf-8")
    given = [str(file), "--ties", "number", "--language", "en"]
    done = CliRunner().invoke(main, ["tally", *given, "--method", NAME, "--trace", str(trace), "--explain"])
    assert done.exit_code == 0, done.output
    assert "Cheapest first" in done.output
    assert CliRunner().invoke(main, ["check-trace", str(file), str(trace)]).output == "ok\n"
    official = CliRunner().invoke(main, ["tally", str(file), "--official", "--json"])
    assert json.loads(official.output)["agree"] is True
    compared = CliRunner().invoke(main, ["compare", *given, "--json", "--svg", str(svg)])
    assert [row["winners"] for row in json.loads(compared.output) if row["rule"] == "cheapest"] == [["b"]]
    assert "Cheapest" in svg.read_text(encoding="utf-8")


def test_a_call_can_choose_it_and_its_result_is_shown_and_verified(
    rt: Runtime, site: FlaskClient, tmp_path: Path
) -> None:
    poll = moderated_poll(rt, values={"winner_rule.method": NAME})
    with rt.read_main() as tx:
        assert get_call(tx, poll.call_id).rules.winner_rule.method.name == NAME
    poll.freeze()
    poll.open_voting()
    for number, choices in ((0, (1, 3)), (3, (3,)), (6, (2, 3)), (1, (2,)), (2, (4,))):
        poll.vote(number, *choices)
    poll.close()
    poll.open_box()
    poll.certify()
    base = f"/calls/{poll.call_id}"
    for language, name, sentence in (
        ("zh", "便宜優先", "計票時經費低的方案先入選。"),
        ("en", "Cheapest first", "Projects of low cost are taken first."),
    ):
        spoken = {"Accept-Language": language}
        assert sentence in site.get(f"{base}/", headers=spoken).get_data(as_text=True)
        assert name in site.get(f"{base}/results", headers=spoken).get_data(as_text=True)
        rounds = site.get(f"{base}/results/d1/rounds", headers=spoken)
        assert rounds.status_code == 200
        assert name in rounds.get_data(as_text=True)
        assert site.get(f"{base}/results/d1/1", headers=spoken).status_code == 200
    desk = CallDesk(site, poll.officer, poll)
    tried = desk.site.get(f"/agency/calls/{poll.call_id}/what-if?method={NAME}")
    assert tried.status_code == 200
    assert "便宜優先" in tried.get_data(as_text=True)
    records.export(rt, poll.call_id, tmp_path / "record")
    assert verify([str(tmp_path / "record")]) == 0
    for path in (tmp_path / "record" / "pabulib").glob("*.pb"):
        countable = read_countable(path)
        rule = official_rule(countable)
        assert rule is not None
        outcome = countable.count(rule.spec, rule.ties)
        assert sorted(countable.ids[number] for number in outcome.winners) == sorted(countable.official)


def test_the_form_offers_every_method() -> None:
    assert (NAME, "便宜優先：經費低的先入選") in method_texts.choices("zh")
    assert [name for name, _ in method_texts.choices("en")] == list(METHODS)


def test_no_other_file_names_a_method() -> None:
    """The module of a method, the list, the default, the words; nothing else asks which one it is."""
    allowed = ("core/tally/methods/", "core/tally/options.py")
    examples = ("pbvote/tools/cli.py", "demo/plan.py")  # a default on the command line, and invented data
    named = [f"{quote}{name}{quote}" for name in METHODS if name != NAME for quote in "'\""]
    files = [path for folder in ("pbvote", "templates") for path in (ROOT / folder).rglob("*")]
    asked = [path for path in files if path.suffix in (".py", ".html", ".js")]
    found = [
        (str(path.relative_to(ROOT)), name)
        for path in asked
        if not any(part in str(path) for part in (*allowed, *examples))
        for name in named
        if name in path.read_text(encoding="utf-8")
    ]
    assert len(asked) > 200
    assert found == []
