"""A call field that nobody but this test knows goes the whole way: a line, a member of the rules, words.

Meetings: how many meetings the intake has, asked for only where an opinion is asked for (``vote_kind``).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace

import pytest
from flask.testing import FlaskClient

from pbvote.core.rules.intake import Intake
from pbvote.core.rules.ruleset import VoteKind
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import VoteSettings
from pbvote.rooms.calls import draft, fields, queries
from pbvote.rooms.calls.kinds import Choice, Whole
from pbvote.rooms.calls.layout import Field, When
from pbvote.rooms.calls.values import known_values, row_lists, single_fields
from pbvote.words.catalogue import texts
from pbvote.words.choices import WORDS
from tests.make.calls import call_values
from tests.make.services import MovableClock
from tests.make.visitors import Desk, first_call, in_one_line, new_call, shilin_desk

NAME = "intake.meetings_least"
MEETINGS = Field(
    name=NAME,
    kind=Whole(least=1, most=99),
    label="說明會場數",
    hint="至少辦幾場。",
    default=1,
    shown_when=When("vote_kind", lambda: [VoteKind.SURVEY]),
    says="說明會至少辦 %(value)s 場。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingIntake(Intake):
    """The rules with one member more."""

    meetings_least: int = 0


@pytest.fixture(autouse=True)
def meetings(monkeypatch: pytest.MonkeyPatch) -> None:
    longer = replace(fields.INTAKE, items=(MEETINGS, *fields.INTAKE.items))
    sections = tuple(longer if each is fields.INTAKE else each for each in fields.SECTIONS)
    monkeypatch.setattr(fields, "SECTIONS", sections)
    monkeypatch.setattr(draft, "Intake", MeetingIntake)
    words = texts("en")
    monkeypatch.setitem(words, MEETINGS.label, "Number of meetings")
    monkeypatch.setitem(words, MEETINGS.hint, "How many are held at least.")
    monkeypatch.setitem(words, MEETINGS.says, "At least %(value)s {value:meeting is|meetings are} held.")


def survey(**change: str) -> dict[str, str]:
    return call_values() | {"vote_kind": "survey", NAME: "3"} | change


@pytest.fixture
def desk(rt: Runtime, site: FlaskClient, clock: MovableClock) -> Desk:
    return shilin_desk(rt, site, clock)


def page(desk: Desk, path: str, language: str) -> str:
    desk.site.set_cookie("pbvote_language", language)
    return html.unescape(in_one_line(desk.site.get(path).get_data(as_text=True)))


def test_it_fills_its_member_only_where_it_is_shown() -> None:
    rules = draft.parse_draft(survey(), defaults=VoteSettings())
    assert isinstance(rules.intake, MeetingIntake)
    assert rules.intake.meetings_least == 3
    assert draft.parse_draft(survey(**{NAME: ""}), defaults=VoteSettings()).intake.meetings_least == 1  # type: ignore[attr-defined]
    assert rules.intake.to_json()["meetings_least"] == 3
    elsewhere = survey(vote_kind="selection", **{NAME: "many"})
    assert draft.parse_draft(elsewhere, defaults=VoteSettings()).intake.meetings_least == 0  # type: ignore[attr-defined]


def test_the_form_asks_for_it_in_both_languages_and_says_when_it_matters(desk: Desk) -> None:
    for language, label, hint in (
        ("zh", "說明會場數", "至少辦幾場。"),
        ("en", "Number of meetings", "How many are held at least."),
    ):
        shown = page(desk, "/agency/calls/new", language)
        field_id = f"f-{NAME.replace('.', '-')}"
        assert f'<label for="{field_id}">{label}</label>' in shown
        assert f'<span class="hint" id="{field_id}-hint">{hint}</span>' in shown
        asked = re.search(r'<div data-shown-when="vote_kind" data-shown-among="([^>]*)">\s*<div', shown)
        assert asked, shown
        assert asked[1] == '["survey"]'
        assert f'name="{NAME}" type="text"' in shown


def test_a_draft_keeps_it_and_a_finding_names_it(desk: Desk, rt: Runtime) -> None:
    new_call(desk, survey(**{NAME: "一百場"}))
    with rt.read_main() as tx:
        assert queries.get_call(tx, first_call(rt)).draft[NAME] == "一百場"
    path = f"/agency/calls/{first_call(rt)}"
    for language, label in (("zh", "說明會場數："), ("en", "Number of meetings: ")):
        desk.site.set_cookie("pbvote_language", language)
        answer = desk.post(f"{path}/edit", survey(**{NAME: "100"}) | {"action": "check"})
        shown = html.unescape(answer.get_data(as_text=True))
        assert answer.status_code == 422
        assert f'<a href="#f-intake-meetings_least">{label}' in shown
        assert 'value="100"' in shown


def test_the_preview_shows_every_field_with_its_label_and_value(desk: Desk, rt: Runtime) -> None:
    new_call(desk, survey(**{"winner_rule.threshold_votes": "3000", "age_on": "115-04-01"}))
    path = f"/agency/calls/{first_call(rt)}/preview"
    for language, expected in (
        (
            "zh",
            {
                "說明會場數": "3",
                "得票門檻": "3,000",
                "年齡計算基準日": "民國115年4月1日（2026-04-01）",
                "預算（元）": "5,000,000 元",
                "櫃檯查驗": "是",
                "每人怎麼選": "最多選幾案",
                "每案經費上限（元）": "（未填）",
            },
        ),
        ("en", {"Number of meetings": "3", texts("en")["得票門檻"]: "3,000"}),
    ):
        shown = page(desk, path, language)
        told = re.findall(r'<dt>(.*?)</dt><dd><span class="kept-lines">(.*?)</span>', shown)
        found: dict[str, str] = {}
        for label, value in told:
            found.setdefault(label, value)
        assert {label: found.get(label) for label in expected} == expected
        assert "3000" not in found.values()
        assert {"zh": "說明會至少辦 3 場。", "en": "At least 3 meetings are held."}[language] in shown
        assert "winner_rule" not in shown


def test_every_choice_has_words_for_its_values_and_no_others() -> None:
    choices = [field.kind for field in single_fields() if isinstance(field.kind, Choice)]
    choices += [each.kind for rows in row_lists() for each in rows.fields if isinstance(each.kind, Choice)]
    for choice in choices:
        assert sorted(value for value, _text in WORDS[choice.words]()) == sorted(map(str, choice.of))
    assert {choice.words for choice in choices} == set(WORDS)


def test_no_name_stands_twice_in_the_list() -> None:
    names = [field.name for field in single_fields()]
    names += [f"{rows.name}.0.{each.name}" for rows in row_lists() for each in rows.fields]
    assert len(names) == len(set(names))
    values = dict.fromkeys(names, "1")
    assert known_values(values) == values
