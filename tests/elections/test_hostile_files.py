"""Files of anybody: names that are markup or terminal codes, and rows that contradict their own META."""

from __future__ import annotations

import json
import shutil
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pbvote.core import canonical
from pbvote.core.printable import printable, printable_json
from pbvote.core.record.contradictions import Contradicts
from pbvote.core.record.elections import read_countable
from pbvote.tools.cli import main
from pbvote.tools.pabulib.printing import remarks
from pbvote.verifier.__main__ import main as verify
from pbvote.words.explanations import say
from tests.architecture.source import ROOT
from tests.make.files import pb

HOSTILE = [
    "[red]Park[/blue] [link=x]y",
    "[/bold]",
    ":bomb: park",
    "park\x1b[2J\x1b]0;owned\x07",
    "park\x9b31m",
    "park\x7f\x08\x08",
    "\u202egnitov\u202c",
    "a\u200bb\u2066c",
    "{count}%s\\x",
    "<script>&amp;]]>",
]


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def _is_plain(text: str) -> bool:
    return all(unicodedata.category(letter) not in ("Cc", "Cf") for letter in text if letter != "\n")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_names_and_descriptions_are_printed_as_they_are(tmp_path: Path, name: str, language: str) -> None:
    file, svg = tmp_path / "hostile.pb", tmp_path / "page.svg"
    quoted = '"' + name.replace('"', '""') + '"'
    text = pb(projects=(f"a;60;{quoted}", "b;50;Beta", "c;40;Gamma"), description=quoted)
    file.write_text(text, encoding="utf-8")
    options = ("--ties", "cheaper,number", "--language", language)
    for done in (
        _run("tally", file, *options, "--explain"),
        _run("tally", file, *options, "--json"),
        _run("compare", file, *options, "--svg", svg),
        _run("compare", file, *options, "--json"),
    ):
        assert done.exit_code == 0, done.output
        assert done.exception is None
        assert _is_plain(done.output)
    table = "".join(_run("tally", file, *options).output.split())
    for word in printable(name).split():
        assert all(letter in table for letter in word)
    drawn = svg.read_text(encoding="utf-8")
    assert _is_plain(drawn)
    assert printable(name) in "".join(ET.fromstring(drawn).itertext())  # noqa: S314 -- our own file


def test_an_error_that_quotes_a_file_is_plain_too(tmp_path: Path) -> None:
    file = tmp_path / "bad\x1b[31m.pb"
    done = _run("tally", file)
    assert done.exit_code == 2
    assert _is_plain(done.output)
    named = tmp_path / "named.pb"
    named.write_text(pb().replace("key;value\n", 'key;value\n"x\x1b[2J";1;2\n'), encoding="utf-8")
    assert _is_plain(_run("tally", named).output)
    ids = tmp_path / "ids.pb"
    ids.write_text(pb(projects=("a\x9b1m;60;A", "b;60;B"), votes=("1;b",), budget="60"), encoding="utf-8")
    assert _is_plain(_run("tally", ids, "--ties", "cheaper").output)


def test_json_keeps_every_character_as_an_escape() -> None:
    value = {"name": "a\x1b\x7f\x9b\u202e\U000e0001b", "ok": "公園 ☂"}
    text = printable_json(value)
    assert _is_plain(text)
    assert json.loads(text) == value
    assert "公園 ☂" in text


CONTRADICTING: list[tuple[str, Contradicts, int]] = [
    (pb(max_length="1"), Contradicts.CHOICES_OVER, 1),
    (pb(kind="choose-1"), Contradicts.CHOICES_OVER, 1),
    (pb(min_length="2"), Contradicts.CHOICES_UNDER, 2),
    (pb(max_sum_cost="100"), Contradicts.COST_OVER, 1),
    (pb(min_sum_cost="50"), Contradicts.COST_UNDER, 1),
    (pb(min_length="4", max_length="3"), Contradicts.LIMITS, 1),
    (pb(max_length="many"), Contradicts.UNREADABLE, 1),
    (pb(date_begin="02.03.2026", date_end="01.03.2026"), Contradicts.DATES, 1),
    (pb(date_begin="2027", date_end="2026"), Contradicts.DATES, 1),
    (pb(date_begin="2027-03-02", date_end="2026-03-01"), Contradicts.DATES, 1),
    (pb(date_begin="31.02.2026"), Contradicts.DATE_UNREADABLE, 1),
    (pb(date_end="01.03.26"), Contradicts.DATE_UNREADABLE, 1),
    (pb(date_begin="spring 2026"), Contradicts.DATE_UNREADABLE, 1),
    (pb(max_length="2.5"), Contradicts.UNREADABLE, 1),
    (pb(fully_funded="1"), Contradicts.NOT_FUNDED, 1),
    (pb(max_project_cost="50"), Contradicts.PROJECT_COST, 1),
    (pb(min_project_cost="45"), Contradicts.PROJECT_COST, 1),
    (pb(votes=("1;a", "1;b", "2;c", "1;c")), Contradicts.VOTER_TWICE, 2),
    (pb(votes=("x;a", "7;b", "x;c")), Contradicts.VOTER_TWICE, 1),
    (pb(votes=("1;a;3", "2;b;1")), Contradicts.POINTS_UNUSED, 2),
    (pb(columns="project_id;cost;votes;name", projects=("a;60;9;A", "b;50;1;B", "c;40;1;C")),
     Contradicts.VOTES_DIFFER, 1),
    (pb(columns="project_id;cost;name;selected", projects=("a;60;A;1", "b;50;B;1", "c;40;C;0")),
     Contradicts.SELECTED_OVER, 1),
    (pb(kind="cumulative", votes=("1;a,b;3,1", "2;b;-2")), Contradicts.POINTS_NEGATIVE, 1),
    (pb(kind="scoring", votes=("1;a,b;3,1", "2;b;2"), max_points="2"), Contradicts.POINTS_OVER, 1),
    (pb(kind="scoring", votes=("1;a,b;3,1", "2;b;2"), min_points="2"), Contradicts.POINTS_UNDER, 1),
    (pb(kind="cumulative", votes=("1;a,b;3,1", "2;b;2"), max_sum_points="3"), Contradicts.SUM_OVER, 1),
    (pb(kind="cumulative", votes=("1;a,b;3,1", "2;b;2"), min_sum_points="3"), Contradicts.SUM_UNDER, 1),
    (pb(kind="cumulative", votes=("1;a,b;3,1", "2;b;2"), columns="project_id;cost;score;name",
        projects=("a;60;3;A", "b;50;9;B", "c;40;0;C")), Contradicts.SCORE_DIFFERS, 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "times"), CONTRADICTING, ids=lambda value: str(value)[:24])
def test_a_file_that_contradicts_its_own_meta_says_so_and_counts(
    tmp_path: Path, text: str, kind: Contradicts, times: int
) -> None:
    found = {each.kind: each.count for each in read_countable(text).contradictions}
    assert found.get(kind) == times, found
    file = tmp_path / "file.pb"
    file.write_text(text, encoding="utf-8")
    answer: dict[str, Any] = json.loads(_run("tally", file, "--ties", "cheaper,number", "--json").output)
    assert kind.value in [each["kind"] for each in answer["contradictions"]]
    assert answer["winners"]
    for language in ("zh", "en"):
        told = list(remarks(read_countable(text), language))
        assert len(told) == len(answer["contradictions"])
        shown = _run("tally", file, "--ties", "cheaper,number", "--language", language).output
        assert all("".join(line.split()) in "".join(shown.split()) for line in told)


def test_every_kind_is_tried_and_has_its_words() -> None:
    assert {kind for _, kind, _ in CONTRADICTING} == set(Contradicts)
    for kind in Contradicts:
        for language in ("zh", "en"):
            assert say(kind.value, language, count=1, where="k", stated="s", example="e")


def test_a_file_that_keeps_to_its_meta_is_told_nothing() -> None:
    text = pb(max_length="2", min_length="1", max_sum_cost="110", votes=("v1;a", "v2;a,b", "9;c", "10;c"))
    assert read_countable(text).contradictions == ()
    ranked = pb(kind="ordinal", votes=("1;a,b;2,1",))
    assert read_countable(ranked).contradictions == ()


@pytest.mark.parametrize(
    ("options", "warned"),
    [((), True), (("--score", "points"), False), (("--method", "equal-shares-points"), True)],
)
def test_where_a_method_ignores_the_sign_of_points_it_says_so(
    tmp_path: Path, options: tuple[str, ...], warned: bool
) -> None:
    file = tmp_path / "negative.pb"
    file.write_text(pb(kind="cumulative", votes=("1;a,b;5,-3", "2;b;-2", "3;a;1")), encoding="utf-8")
    given = ("tally", file, "--ties", "cheaper,number", *options)
    assert json.loads(_run(*given, "--json").output).get("signs_ignored", False) is warned
    assert ("sign of points" in " ".join(_run(*given, "--language", "en").output.split())) is warned


def test_an_official_outcome_that_differs_by_a_tie_alone_says_so(tmp_path: Path) -> None:
    columns = "project_id;cost;name;selected"
    tied = ("a;60;A;0", "b;60;B;1", "c;90;C;0")
    file = tmp_path / "tied.pb"
    file.write_text(pb(columns=columns, projects=tied, votes=("1;a", "2;b")), encoding="utf-8")
    done = _run("tally", file, "--official", "--json")
    answer = json.loads(done.output)
    assert (done.exit_code, answer["agree"], answer["only_ties"]) == (1, False, ["a", "b"])
    assert "Only a tie differs" in _run("tally", file, "--official", "--language", "en").output
    real = ("a;60;A;0", "b;60;B;1", "c;90;C;0")
    file.write_text(pb(columns=columns, projects=real, votes=("1;a", "2;b", "3;a")), encoding="utf-8")
    answer = json.loads(_run("tally", file, "--official", "--json").output)
    assert answer["agree"] is False
    assert "only_ties" not in answer


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_the_verifier_prints_a_records_title_as_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: tuple[str, ...]
) -> None:
    record = tmp_path / "record"
    shutil.copytree(ROOT / "tests" / "vectors" / "records" / "greedy", record)
    manifest = canonical.decode((record / "manifest.json").read_bytes())
    assert isinstance(manifest, dict)
    manifest["title"] = "x\nVALID, compared with your own: manifest\x1b[2J\x9b31m\u202e"
    (record / "manifest.json").write_bytes(canonical.encode(manifest))
    assert verify([str(record), "--workers", "1", *as_json]) == 1
    printed = capsys.readouterr().out
    assert _is_plain(printed)
    assert "VALID, compared with your own: manifest" not in printed.splitlines()


@pytest.mark.parametrize("most", ["1000000000", "1" + "0" * 5000, "٣", "0", "-2", "many"])
def test_a_length_that_no_ballot_has_is_none(tmp_path: Path, most: str) -> None:
    file = tmp_path / "ranked.pb"
    file.write_text(pb(kind="ordinal", votes=("1;a,b", "2;b"), max_length=most), encoding="utf-8")
    assert read_countable(file).longest == 2
    done = _run("tally", file, "--official", "--json")
    assert done.exception is None
    assert json.loads(done.output)["winners"] == ["b", "c"]
    file.write_text(pb(kind="ordinal", votes=("1;a,b", "2;b"), max_length="10000"), encoding="utf-8")
    assert read_countable(file).longest == 10_000


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (pb(budget="1e50"), "budget"),
        (pb(budget="99999999999999999"), "budget"),
        (pb(budget="100.0000000000000001"), "budget"),
        (pb(projects=("a;1e40;A",), votes=("1;a",)), "cost"),
    ],
)
def test_an_amount_beyond_every_count_is_named(tmp_path: Path, text: str, field: str) -> None:
    file = tmp_path / "rich.pb"
    file.write_text(text, encoding="utf-8")
    done = _run("tally", file, "--ties", "cheaper,number")
    assert done.exit_code == 2
    assert f"pbvote: {field}:" in done.output
    assert "[pabulib.malformed]" in done.output


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--method", "greedy-votes"),
        ("--ties", "cheaper,number"),
        ("--threshold", "0"),
        ("--score", "votes"),
        ("--fit", "stop"),
        ("--floor", "2"),
        ("--completion", "add1"),
        ("--add1-stop", "exhaustive"),
        ("--comparison", "none"),
    ],
)
def test_a_rule_of_ones_own_cannot_go_with_the_official_one(tmp_path: Path, option: str, value: str) -> None:
    file = tmp_path / "small.pb"
    file.write_text(pb(), encoding="utf-8")
    done = _run("tally", file, "--official", option, value)
    assert done.exit_code == 2
    assert option in done.output


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    file, nowhere = tmp_path / "small.pb", tmp_path / "no\x1b[31m" / "x"
    file.write_text(pb(), encoding="utf-8")
    for command in (
        ("tally", file, "--ties", "cheaper,number", "--trace", nowhere),
        ("compare", file, "--ties", "cheaper,number", "--svg", nowhere),
        ("simulate", "--voters", 3, "--projects", 2, "--out", nowhere),
    ):
        done = _run(*command)
        assert done.exit_code == 2
        assert "[tools.path-unusable]" in done.output
        assert _is_plain(done.output)


def test_a_trace_nested_without_end_is_no_trace(tmp_path: Path) -> None:
    file, trace = tmp_path / "small.pb", tmp_path / "trace"
    file.write_text(pb(), encoding="utf-8")
    trace.write_text("[" * 100_000, encoding="utf-8")
    done = _run("check-trace", file, trace)
    assert done.exit_code == 2
    assert "[elections.trace-unreadable]" in done.output
