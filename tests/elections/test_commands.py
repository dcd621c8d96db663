"""`pbvote tally`, `compare`, `simulate` and `check-trace` as people call them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pbvote.core.record.elections import read_countable
from pbvote.core.tally.methods import METHODS
from pbvote.tools.cli import main
from tests.shared_data import shared_path

SMALL = '''META
key;value
description;Small; invented
country;Taiwan
unit;Invented
instance;2026
num_projects;3
num_votes;6
budget;100.50
vote_type;approval
rule;greedy
date_begin;2026
date_end;2026
currency;TWD
PROJECTS
project_id;cost;name;selected
a;60.25;Alpha;1
b;50;"Be; ""ta""";0
c;40;Gamma;1
VOTES
voter_id;vote
1;a
2;a,b
3;a
4;b
5;c
6;c,b
'''.replace("Small; invented", '"Small; invented"')


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.pb"
    path.write_text(SMALL, encoding="utf-8")
    return path


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def _json(*arguments: object) -> dict[str, Any]:
    done = _run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_count_is_one_json_object_with_ids_and_exact_money(small: Path) -> None:
    answer = _json("tally", small, "--method", "greedy-votes", "--ties", "cheaper,number")
    assert answer == {
        "method": "greedy-votes",
        "winners": ["b", "c"],
        "runners_up": ["a"],
        "spent": 90,
        "budget": "100.5",
        "ties": [{"projects": ["b", "a"], "decided_by": ["cheaper"]}],
    }


def test_an_undecided_tie_ends_with_three_and_names_the_projects(small: Path) -> None:
    for command in (("tally", small, "--method", "greedy-votes"), ("compare", small)):
        done = _run(*command)
        assert done.exit_code == 3
        assert "a, b" in done.stderr or "b, a" in done.stderr
        assert "--ties" in done.stderr
        assert done.stdout == ""


def test_the_files_own_rule_is_compared_with_its_winners(small: Path) -> None:
    done = _run("tally", small, "--official", "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code == 1
    assert answer["rule"] == "greedy"
    assert answer["official"] == ["a", "c"]
    assert answer["agree"] is False
    small.write_text(SMALL.replace("Alpha;1", "Alpha;0").replace('""";0', '""";1'), encoding="utf-8")
    assert _json("tally", small, "--official")["agree"] is True
    small.write_text(SMALL.replace("rule;greedy", "rule;unknown"), encoding="utf-8")
    assert _json("tally", small, "--official")["agree"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("--method", "most-liked"),
        ("--ties", "age"),
        ("--ties", "lot"),
        ("--fit", "cover:200"),
        ("--method", "phragmen", "--fit", "stop"),
        ("--method", "greedy-votes", "--completion", "add1"),
        ("--threshold", "-1"),
        ("--method", "equal-shares-points"),
        ("--score", "points"),
        ("--score", "positional"),
    ],
)
def test_a_rule_that_makes_no_sense_ends_with_two_and_a_sentence(
    small: Path, arguments: tuple[str, ...]
) -> None:
    done = _run("tally", small, *arguments)
    assert done.exit_code == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_a_file_that_is_none_ends_with_two_and_says_where(tmp_path: Path, small: Path) -> None:
    assert _run("tally", tmp_path / "absent.pb").exit_code == 2
    small.write_text(SMALL.replace("6;c,b", "6;c,x"), encoding="utf-8")
    done = _run("tally", small)
    assert done.exit_code == 2
    assert "27" in done.stderr


def test_a_lot_is_drawn_from_any_text_and_the_same_text_draws_the_same(small: Path) -> None:
    drawn = [_json("tally", small, "--ties", f"lot:{seed}")["winners"] for seed in ("x", "x", "00" * 32)]
    assert drawn[0] == drawn[1]
    orders = {tuple(_json("tally", small, "--ties", f"lot:{n}")["winners"]) for n in range(12)}
    assert len(orders) == 2


@pytest.mark.parametrize("method", ["greedy-votes", "equal-shares-cost", "phragmen"])
def test_a_trace_is_written_and_checked(small: Path, tmp_path: Path, method: str) -> None:
    trace = tmp_path / "trace.jsonl"
    _json("tally", small, "--method", method, "--ties", "id", "--trace", trace)
    assert _run("check-trace", small, trace).exit_code == 0
    lines = trace.read_text().splitlines()
    trace.write_text("\n".join(lines[:-1]))
    assert _run("check-trace", small, trace).exit_code == 2
    trace.write_text("no json")
    done = _run("check-trace", small, trace)
    assert (done.exit_code, "trace.jsonl" in done.stderr) == (2, True)


def test_explanations_are_sentences_and_data(small: Path) -> None:
    said = _run("tally", small, "--ties", "cheaper,number", "--explain", "--language", "en").stdout
    assert "funded" in said
    answer = _json("tally", small, "--ties", "cheaper,number", "--explain")
    assert answer["explanations"]["a"]["reason"]["fate"] == "did-not-fit"
    assert answer["explanations"]["a"]["more_support"] == 1


def test_the_comparison_is_a_table_and_a_page(small: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.svg"
    done = _run("compare", small, "--ties", "id", "--svg", page, "--language", "en")
    assert done.exit_code == 0
    assert "Alpha" in done.stdout
    root = ET.fromstring(page.read_text(encoding="utf-8"))  # noqa: S314  # our own output
    text = "".join(root.itertext())
    assert 'Be; "ta"' in text
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    rules = json.loads(_run("compare", small, "--ties", "id", "--json").stdout)
    assert {rule["rule"] for rule in rules} >= {"greedy", "equal-shares", "phragmen"}


@pytest.mark.parametrize("form", ["approval", "ranking", "points"])
def test_an_invented_election_is_the_same_for_the_same_seed_and_can_be_counted(
    tmp_path: Path, form: str
) -> None:
    files = [tmp_path / f"{n}.pb" for n in range(3)]
    for path, seed in zip(files, (4, 4, 5), strict=True):
        done = _run(
            "simulate", "--voters", 300, "--projects", 20, "--seed", seed, "--form", form, "--out", path
        )
        assert done.exit_code == 0
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()
    countable = read_countable(files[0])
    assert countable.profile.weight == 300
    assert countable.repeating == 0
    able = [name for name, method in METHODS.items() if countable.says in method.ballots]
    assert {"greedy-votes", "equal-shares-cost", "phragmen"} <= set(able)
    assert ("equal-shares-points" in able) is (form != "approval")
    for method in able:
        assert _json("tally", files[0], "--method", method, "--ties", "number")["winners"]


def test_an_invented_election_has_a_largest_size(tmp_path: Path) -> None:
    assert _run("simulate", "--voters", 10**9, "--projects", 3, "--out", tmp_path / "x.pb").exit_code == 2


def test_the_bytes_of_an_invented_election_are_fixed(tmp_path: Path) -> None:
    """A change of the generator is a change of every published seed: it should be noticed."""
    path = tmp_path / "x.pb"
    _run("simulate", "--voters", 3, "--projects", 4, "--seed", 1, "--out", path)
    assert path.read_text(encoding="utf-8").splitlines()[-3:] == VOTES_OF_SEED_1


VOTES_OF_SEED_1 = ["1;1,2,3,4", "2;1", "3;3,4"]


def test_a_real_file_is_counted_officially_from_the_command_line() -> None:
    answer = _json("tally", shared_path("pabulib/Poland_Swiecie_2023.pb"), "--official")
    assert answer["agree"] is True
    assert answer["rule"] == "equalshares/add1"
    assert answer["endowment"] == "1687826/2553"


def test_rows_that_name_a_project_twice_are_counted_by_the_declared_policy(small: Path) -> None:
    small.write_text(SMALL.replace("4;b\n", "4;b,b,b\n"), encoding="utf-8")
    once = _json("tally", small, "--ties", "id")
    often = _json("tally", small, "--ties", "id", "--duplicates", "as-recorded", "--score", "points")
    assert once["rows_naming_a_project_twice"] == 1
    assert once["winners"] == ["a", "c"]
    assert often["winners"] == ["b", "c"]
