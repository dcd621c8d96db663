"""Every ballot form against vectors that the release before wrote: what is legal, and the bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pbvote.core import canonical
from pbvote.core.ballot.ballot import decode_choices, encode_choices, pad_length, require_legal
from pbvote.core.errors import InvalidInput
from pbvote.core.manifest import Manifest
from pbvote.core.rules.ballot_form import BallotForm, FormKind, ballot_form_from_json
from pbvote.core.rules.forms import FORMS
from pbvote.core.types import Choices
from tests.make.files import ballot_form_vectors
from tests.make.votes import NORTH, SOUTH, example_manifest, project

VECTORS = ballot_form_vectors()
CASES = [
    pytest.param(each, case, id=f"{each['form']} {case['choices']}")
    for each in VECTORS["forms"]
    for case in each["cases"]
]


def choices_of(written: list[Any]) -> Choices:
    """What the vector's array says."""
    if written and isinstance(written[0], list):
        return Choices(tuple(number for number, _ in written), tuple(points for _, points in written))
    return Choices(tuple(written))


def manifest_with(form: BallotForm) -> Manifest:
    """The example vote with the vectors' projects on the north's ballot."""
    plain = example_manifest()
    projects = [project(number, NORTH, cost) for number, cost in VECTORS["costs_twd"]]
    projects += [project(number, SOUTH, 1000) for number in VECTORS["elsewhere"]]
    return replace(plain, projects=tuple(projects), ruleset=replace(plain.ruleset, ballot_form=form))


def test_the_vectors_have_every_form_and_every_fault() -> None:
    assert {json.loads(each["form"])["kind"] for each in VECTORS["forms"]} == set(FORMS) == set(FormKind)
    faults = {case["fault"] for each in VECTORS["forms"] for case in each["cases"]}
    assert faults == {None, "too-few", "too-many", "project-twice", "project-unknown"} | {
        "over-budget",
        "points-range",
        "points-too-many",
    }


@pytest.mark.parametrize("each", VECTORS["forms"], ids=lambda each: str(each["form"]))
def test_a_form_is_written_into_the_manifest_as_before(each: dict[str, Any]) -> None:
    form = ballot_form_from_json(json.loads(each["form"]))
    assert canonical.encode(form.to_json()).decode() == each["form"]
    assert form.findings() == []
    assert pad_length([p.number for p in manifest_with(form).projects], form) == each["pad_to"]


@pytest.mark.parametrize(("each", "case"), CASES)
def test_a_ballot_is_as_legal_as_before_and_has_the_same_bytes(
    each: dict[str, Any], case: dict[str, Any]
) -> None:
    form = ballot_form_from_json(json.loads(each["form"]))
    choices = choices_of(case["choices"])
    if case["fault"]:
        with pytest.raises(InvalidInput) as caught:
            require_legal(manifest_with(form), NORTH, choices)
        assert caught.value.code == f"ballot.{case['fault']}"
        return
    require_legal(manifest_with(form), NORTH, choices)
    if "plaintext" in case:
        plaintext = bytes.fromhex(case["plaintext"])
        assert encode_choices(choices, each["pad_to"]) == plaintext
        assert decode_choices(plaintext, form) == choices


@pytest.mark.parametrize("each", VECTORS["forms"], ids=lambda each: str(each["form"]))
@pytest.mark.parametrize("liked", [(12,), (130, 1, 12), (7, 1, 2, 3, 12, 130), (1, 2, 3, 7, 12, 130)])
def test_an_invented_ballot_is_legal(each: dict[str, Any], liked: tuple[int, ...]) -> None:
    form = ballot_form_from_json(json.loads(each["form"]))
    manifest = manifest_with(form)
    costs = {number: cost for number, cost in VECTORS["costs_twd"]}  # noqa: C416 -- pairs of JSON are lists
    filled = form.type.filled(form, liked, costs=costs, budget=VECTORS["budget_twd"])
    if len(liked) >= form.min_choices:
        require_legal(manifest, NORTH, filled)


def test_an_unknown_form_is_no_form() -> None:
    with pytest.raises(KeyError):
        ballot_form_from_json({"kind": "stars", "min_choices": 1, "max_choices": 1})
