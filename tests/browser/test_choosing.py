"""The browser's rule of a ballot, run under Node, against the vectors that hold Python's rule."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pbvote.core.rules.forms import FORMS
from tests.browser.node import MODULES, Node
from tests.make.files import ballot_form_vectors


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return Node(tmp_path_factory.mktemp("choosing"))


def run(node: Node, form: dict[str, Any], cases: list[dict[str, Any]], **more: Any) -> list[Any]:
    given = {
        "form": form,
        "budget": ballot_form_vectors()["budget_twd"],
        "costs": ballot_form_vectors()["costs_twd"],
        "cases": cases,
    }
    found: list[Any] = node.run("choosing", {**given, **more})
    return found


@pytest.mark.parametrize("each", ballot_form_vectors()["forms"], ids=lambda each: str(each["form"]))
def test_the_browser_refuses_what_the_service_refuses(node: Node, each: dict[str, Any]) -> None:
    cases = [{"says": case["choices"]} for case in each["cases"]]
    expected = [case["fault"] for case in each["cases"]]
    assert run(node, json.loads(each["form"]), cases) == expected


@pytest.mark.parametrize("each", ballot_form_vectors()["forms"], ids=lambda each: str(each["form"]))
def test_what_can_be_put_together_by_hand_is_what_is_legal(node: Node, each: dict[str, Any]) -> None:
    """Every legal ballot can be chosen step by step; a step that is refused would have been illegal."""
    form = json.loads(each["form"])
    points = FORMS[form["kind"]].gives_points
    cases, expected = [], []
    for case in each["cases"]:
        written = [pair if isinstance(pair, list) else [pair, 1] for pair in case["choices"]]
        known = {number for number, _ in ballot_form_vectors()["costs_twd"]}
        numbers = [number for number, _ in written]
        if not set(numbers) <= known or len(set(numbers)) < len(numbers):
            continue
        if any(given < 1 for _, given in written):
            continue
        steps = [["add", number] for number in numbers]
        steps += [["give", number, given - 1] for number, given in written if given > 1]
        cases.append({"steps": steps})
        expected.append((case, points))
    for (case, points_), made in zip(expected, run(node, form, cases), strict=True):
        refused = any(made["log"])
        if case["fault"] in (None, "too-few"):
            assert not refused, case
            wanted = case["choices"]
            assert made["says"] == (wanted if form["kind"] == "ranking" else sorted(wanted)), points_
            assert made["fault"] == case["fault"]
            assert made["enough"] is (case["fault"] is None)
        else:
            assert refused, case
            assert made["fault"] in (None, "too-few"), case


def test_obstacles_say_how_much(node: Node) -> None:
    knapsack = {"kind": "knapsack", "min_choices": 1, "max_choices": 9}
    (made,) = run(node, knapsack, [{"steps": [["add", 1], ["add", 2], ["add", 3], ["add", 12]]}])
    assert made["log"] == [None, None, {"why": "over", "n": 1}, None]
    assert made["meter"] == {"used": 750_005, "whole": 1_000_000, "money": True}
    points = {"kind": "points", "min_choices": 1, "max_choices": 3, "points_total": 5, "points_most": 3}
    steps = [
        ["add", 1],
        ["give", 1, 2],
        ["give", 1, 1],
        ["add", 2],
        ["give", 2, 1],
        ["give", 2, 1],
        ["add", 3],
    ]
    (made,) = run(node, points, [{"steps": [*steps, ["give", 1, -3], ["remove", 2]]}])
    full, spent = {"why": "pointsFull", "n": 3}, {"why": "spent", "n": 5}
    assert made["log"] == [None, None, full, None, None, spent, spent, None, None]
    assert (made["says"], made["enough"]) == ([], False)
    ranking = {"kind": "ranking", "min_choices": 1, "max_choices": 3}
    steps = [["add", 7], ["add", 1], ["move", 1, -1], ["move", 1, -1], ["move", 7, 1], ["add", 3], ["add", 2]]
    (made,) = run(node, ranking, [{"steps": steps}])
    assert made["says"] == [1, 7, 3]
    stuck = {"why": "stuck"}
    assert made["log"] == [None, None, None, stuck, stuck, None, {"why": "full", "n": 3}]


def test_no_other_module_has_a_rule_of_its_own() -> None:
    """What is allowed is asked of choosing.js: no other module compares with a limit or names a form."""
    kinds = "|".join(FORMS)
    limits = "max_choices|min_choices|points_(?:total|most)"
    own = re.compile(rf'"(?:{kinds})"|{limits}|\.length\s*[<>]=?\s*(?:most|least)')
    found = {
        path.name: own.findall(path.read_text(encoding="utf-8"))
        for path in MODULES.glob("*.js")
        if path.name != "choosing.js"
    }
    assert {name: each for name, each in found.items() if each} == {}
