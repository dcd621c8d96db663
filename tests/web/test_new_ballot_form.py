"""A ballot form that nobody but this test knows goes the whole way: no room has to be told of it.

Stars: each chosen project gets one to ``points_most`` stars. The form is registered in the three places that
a new form has (its class, its words, its rule in the browser); everything else asks those.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from pbvote.core import canonical
from pbvote.core.ballot.ballot import (
    BallotPointsRange,
    BallotUnreadable,
    decode_choices,
    encode_choices,
    open_choices,
    pad_length,
    require_legal,
    seal_choices,
)
from pbvote.core.crypto import credential
from pbvote.core.crypto.sealing import OpeningKey
from pbvote.core.errors import InvalidInput
from pbvote.core.log.entry import BallotEntry
from pbvote.core.manifest import Manifest, parse_manifest
from pbvote.core.record.ballots import CheckedBallot
from pbvote.core.record.counted import Counting
from pbvote.core.rules.ballot_form import BallotForm, ballot_form_from_json
from pbvote.core.rules.errors import RuleInvalid, RuleMissing
from pbvote.core.rules.forms import FORMS
from pbvote.core.rules.forms.base import BallotFormType, Limits
from pbvote.core.rules.forms.points import Points
from pbvote.core.rules.winner_rule import WinnerRule
from pbvote.core.types import Choices
from pbvote.edges.web.app import create_site
from pbvote.edges.web.staff import call_form
from pbvote.platform.places import BROWSER_MODULES, PACKAGE, TEMPLATES
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import VoteSettings
from pbvote.rooms.ballotbox import service
from pbvote.rooms.calls.draft import parse_draft
from pbvote.words import ballot_forms as ballot_words
from pbvote.words import rules as rules_text
from tests.browser.node import Node
from tests.make.boxes import box_manifest
from tests.make.calls import call_values
from tests.make.votes import NORTH, NORTH_1, TIMELINE, opening_key

KIND = "stars"


class Stars(BallotFormType):
    """One to so many stars for each project."""

    kind = KIND
    gives_points = True
    score = "points"
    most_may_be_empty = True
    numbers = {"points_most": None}

    def findings(self, limits: Limits) -> list[InvalidInput]:
        found = super().findings(limits)
        if not 1 <= limits.points_most <= 9:
            found.append(RuleInvalid(field="ballot_form.points_most", value=limits.points_most))
        return found

    def require_legal(
        self, limits: Limits, choices: Choices, *, costs: Mapping[int, int], budget: int
    ) -> None:
        super().require_legal(limits, choices, costs=costs, budget=budget)
        for number, stars in zip(choices.projects, choices.points, strict=True):
            if not 1 <= stars <= limits.points_most:
                raise BallotPointsRange(field="choices", number=number, points=stars, most=limits.points_most)

    def read(self, values: Sequence[object]) -> Choices:
        return Points().read(values)

    def more_room(self, limits: Limits, count: int) -> int:
        return count * 4

    def vote_type(self, max_length: str) -> str:
        return "scoring"

    def pabulib_meta(self, limits: Limits, *, budget: int) -> dict[str, str]:
        return {"min_points": "1", "max_points": str(limits.points_most)}


FORM = BallotForm(kind=KIND, min_choices=1, max_choices=3, points_most=5)
WORDS = ballot_words.FormWords(
    choice=lambda: "給星星",
    rules=lambda form: [f"每案一到 {form.points_most} 顆星。"],
    instruction=lambda form: f"請給您支持的方案一到 {form.points_most} 顆星。",
    meter=lambda: "已給 {a}／{b} 案",
)
STARS = Choices((1, 3), (5, 2))


@pytest.fixture(autouse=True)
def stars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMS, KIND, Stars())
    monkeypatch.setitem(ballot_words.WORDS, KIND, WORDS)


@pytest.fixture
def manifest(rt: Runtime) -> Manifest:
    plain = box_manifest(rt)
    rules = replace(plain.ruleset, ballot_form=FORM, winner_rule=WinnerRule(score="points"))
    numbers = [project.number for project in plain.projects]
    return replace(plain, ruleset=rules, pad_to=pad_length(numbers, FORM))


def test_it_is_legal_or_not(manifest: Manifest) -> None:
    require_legal(manifest, NORTH, STARS)
    with pytest.raises(BallotPointsRange):
        require_legal(manifest, NORTH, Choices((1,), (6,)))
    assert FORM.findings() == []
    assert [e.facts["field"] for e in replace(FORM, points_most=10).findings()] == ["ballot_form.points_most"]
    assert manifest.ruleset.winner_rule.findings(FORM) == []


def test_its_bytes_go_into_the_seal_and_come_out(manifest: Manifest) -> None:
    plaintext = encode_choices(STARS, manifest.pad_to)
    assert plaintext.startswith(b"\x00\x0d[[1,5],[3,2]]")
    assert decode_choices(plaintext, FORM) == STARS
    with pytest.raises(BallotUnreadable):
        decode_choices(encode_choices(Choices((1, 3)), manifest.pad_to), FORM)
    point = credential.credential_point(credential.generate_credential())
    sealed = seal_choices(manifest, style=NORTH_1, point=point, choices=STARS)
    entry = BallotEntry(
        style=NORTH_1,
        credential=point,
        random=bytes(32),
        token=bytes(256),
        sequence=0,
        sealed=sealed,
        signature=bytes(64),
    )
    assert open_choices(manifest, OpeningKey(opening_key()), entry) == STARS
    longest = Choices((2, 3, 4), (5, 5, 5))
    assert len(encode_choices(longest, manifest.pad_to)) == manifest.pad_to


def test_the_manifest_says_it_and_is_read_again(manifest: Manifest) -> None:
    members = {"kind": KIND, "min_choices": 1, "max_choices": 3, "points_most": 5}
    assert FORM.to_json() == members
    assert ballot_form_from_json(members) == FORM
    assert parse_manifest(manifest.bytes).ruleset.ballot_form == FORM


def test_it_is_counted_and_exported(manifest: Manifest) -> None:
    counting = Counting(manifest=manifest, issued={NORTH_1: 3})
    for choices in (STARS, Choices((3,), (5,)), Choices((2,), (1,))):
        counting.add(CheckedBallot(style=NORTH_1, choices=choices))
    counted = counting.counted(b"")
    outcome = counted.outcomes[NORTH]
    assert {number: outcome.scores[number] for number in (1, 2, 3)} == {1: 5, 2: 1, 3: 7}
    files = dict(counted.pabulib_files())
    text = next(content for name, content in files.items() if NORTH in name).decode()
    assert "vote_type;scoring" in text
    assert "max_points;5" in text
    assert "voter_id;vote;points" in text
    assert "5,2" in text


def test_an_officer_chooses_it_in_the_call_form(rt: Runtime) -> None:
    values = call_values() | {"ballot_form.kind": KIND, "ballot_form.max_choices": ""}
    rules = parse_draft(values | {"ballot_form.points_most": "4"}, defaults=VoteSettings())
    assert (rules.ballot_form.kind, rules.ballot_form.points_most) == (KIND, 4)
    assert rules.winner_rule.score == "points"
    with pytest.raises(RuleMissing) as caught:
        parse_draft(values, defaults=VoteSettings())
    assert caught.value.facts["field"] == "ballot_form.points_most"
    with create_site(rt).test_request_context("/"):
        assert (KIND, "給星星") in call_form.offers(rt)["ballot_form"]
        sentences = rules_text.rules_sentences(rules)
    assert "每案一到 4 顆星。" in sentences


def test_its_ballot_and_its_review_are_shown(
    rt: Runtime, clock: Any, box: FlaskClient, manifest: Manifest
) -> None:
    service.receive_manifest(rt, manifest.bytes)
    clock.set(TIMELINE.voting_opens_at)
    page = html.unescape(box.get(f"/booth/{manifest.call}/?district={NORTH}").text)
    assert "請給您支持的方案一到 5 顆星。" in page
    assert '{"kind":"stars","min_choices":1,"max_choices":3,"points_most":5}' in page
    assert "已給 {a}／{b} 案" in page
    assert "data-points" in page
    review = html.unescape(box.get(f"/booth/{manifest.call}/review").text)
    assert '"kind":"stars"' in review


def test_the_browser_asks_its_rule(manifest: Manifest, tmp_path: Path) -> None:
    costs = [[p.number, p.cost_twd] for p in manifest.projects_of(NORTH)]
    steps = [["add", 1], ["give", 1, 4], ["give", 1, 1], ["add", 3], ["give", 3, 1]]
    cases: list[dict[str, Any]] = [{"steps": steps}, {"says": [[1, 6]]}, {"says": [[1, 1]]}, {"says": []}]
    given = {"form": FORM.to_json(), "budget": 1, "costs": costs, "cases": cases, "register": "stars"}
    made, *faults = Node(tmp_path / "node").run("choosing", given)
    assert made["says"] == [[1, 5], [3, 2]]
    assert made["log"][2] == {"why": "pointsFull", "n": 5}
    assert canonical.encode(made["says"]) in encode_choices(STARS, manifest.pad_to)
    assert faults == ["points-range", None, "too-few"]


def test_every_form_has_its_words() -> None:
    assert set(ballot_words.WORDS) == set(FORMS)


def test_the_files_that_a_form_stands_in_are_counted() -> None:
    """Measured on the knapsack, whose name means nothing else: at most seven files to add a form."""
    root = PACKAGE.parent
    places = [path for folder in ("pbvote", "templates", "docs") for path in (root / folder).rglob("*.*")]
    places += (root / "tests" / "vectors").glob("*.json")
    named = {
        path.relative_to(root).as_posix()
        for path in places
        if path.suffix in {".py", ".js", ".html", ".toml", ".md", ".json"}
        and "knapsack" in path.read_text(encoding="utf-8").lower()
    }
    others = {
        "pbvote/core/tally/methods/greedy.py",  # the problem of that name
        "docs/requirements.md",
        "pbvote/tools/rehearsal/pabulib_call.py",  # which form fits a foreign file
        "docs/rehearsal.md",
        "pbvote/core/rules/ballot_form.py",  # a docstring
        "pbvote/core/rules/forms/base.py",  # the enumeration of names
    }
    catalogue = {"pbvote/words/catalogues/en.po"}  # holds the words, not the name
    assert len((named - others) | catalogue) <= 7, sorted(named)


def test_no_room_asks_which_form_it_is() -> None:
    """Outside the forms and their words, what a form does is asked of the form."""
    asks = re.compile(r"FormKind\.[A-Z]|form\.kind (?:is|==|!=|in)\b|form\.kind\.value|\bform === ")
    places = [*PACKAGE.rglob("*.py"), *BROWSER_MODULES.glob("*.js")]
    places += TEMPLATES.rglob("*.html")
    found = {path.name for path in places if asks.search(path.read_text(encoding="utf-8"))}
    forms = {"plain.py", "knapsack.py", "ranking.py", "points.py"}
    assert found <= forms | {"ballot_forms.py"}
