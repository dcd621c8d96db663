"""A call's rules: complete, free of contradictions, and the same bytes for ever (PRA-04, PRA-05, NDC-01)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core import canonical
from pbvote.core.errors import InvalidInput, SeveralErrors, findings_of
from pbvote.core.rules.ballot_form import BallotForm, FormKind
from pbvote.core.rules.errors import (
    BallotLimits,
    BudgetNotPositive,
    NameTwice,
    RuleInvalid,
    RuleMissing,
    SurveyOnly,
    TieUnfinished,
)
from pbvote.core.rules.intake import Intake
from pbvote.core.rules.ruleset import (
    District,
    Evidence,
    Ground,
    GroundKind,
    Ruleset,
    VoteKind,
    instant_text,
    parse_instant,
    ruleset_from_json,
)
from pbvote.core.rules.stage import DateOrder
from pbvote.core.rules.ways import Verification
from pbvote.core.rules.winner_rule import WinnerRule
from pbvote.core.tally.method import METHODS
from pbvote.core.types import DistrictId
from tests.make.votes import NORTH, RULESET, TIMELINE


def findings(ruleset: Ruleset) -> list[tuple[type[InvalidInput], str]]:
    """Every finding of a check with its field."""
    try:
        ruleset.check()
    except InvalidInput as error:
        return [(type(finding), finding.field) for finding in findings_of(error)]
    return []


def test_the_rules_of_the_example_are_sound() -> None:
    assert findings(RULESET) == []


def test_identity_verification_is_off_for_opinion_surveys_only() -> None:
    """NDC-01, NDC-03."""
    off = replace(RULESET, verification=Verification.CONTACT, grounds=())
    assert findings(off) == [(SurveyOnly, "verification")]
    assert findings(replace(off, vote_kind=VoteKind.SURVEY)) == []


def test_a_vote_with_verified_identity_states_its_grounds() -> None:
    """PRA-03."""
    assert findings(replace(RULESET, grounds=())) == [(RuleMissing, "grounds")]


@pytest.mark.parametrize("order", [(), ("cheaper",)])
def test_a_tie_order_that_leaves_ties_open_is_refused(order: tuple[str, ...]) -> None:
    """PRA-04: never silent."""
    assert findings(replace(RULESET, tie_order=order)) == [(TieUnfinished, "tie_order")]


@pytest.mark.parametrize("order", [("number",), ("lot",), ("cheaper", "lot"), ("cheaper", "number")])
def test_a_tie_order_that_decides_every_tie_is_accepted(order: tuple[str, ...]) -> None:
    """PRA-04."""
    assert findings(replace(RULESET, tie_order=order)) == []


@pytest.mark.parametrize("order", [("number", "luck"), ("number", "number")])
def test_a_tie_key_that_nobody_declared_is_refused(order: tuple[str, ...]) -> None:
    """PRA-04."""
    assert findings(replace(RULESET, tie_order=order)) == [(RuleInvalid, "tie_order")]


@pytest.mark.parametrize(
    ("form", "found"),
    [
        (BallotForm(kind=FormKind.UP_TO, min_choices=0, max_choices=1), []),
        (BallotForm(kind=FormKind.EXACTLY, min_choices=8, max_choices=8), []),
        (BallotForm(kind=FormKind.BETWEEN, min_choices=4, max_choices=8), []),
        (BallotForm(kind=FormKind.KNAPSACK, min_choices=1, max_choices=99), []),
        (BallotForm(kind=FormKind.UP_TO, min_choices=0, max_choices=0), ["ballot_form.min_choices"]),
        (BallotForm(kind=FormKind.UP_TO, min_choices=-1, max_choices=3), ["ballot_form.min_choices"]),
        (BallotForm(kind=FormKind.BETWEEN, min_choices=9, max_choices=8), ["ballot_form.min_choices"]),
        (BallotForm(kind=FormKind.EXACTLY, min_choices=7, max_choices=8), ["ballot_form.max_choices"]),
    ],
    ids=lambda value: (
        str(value) if isinstance(value, list) else f"{value.kind}-{value.min_choices}-{value.max_choices}"
    ),
)
def test_impossible_ballot_limits_are_refused(form: BallotForm, found: list[str]) -> None:
    """PRA-01."""
    assert findings(replace(RULESET, ballot_form=form)) == [(BallotLimits, field) for field in found]


@pytest.mark.parametrize("budget", [0, -1, 10**12 + 1])
def test_a_budget_that_is_no_sum_of_money_is_refused_with_its_district(budget: int) -> None:
    districts = (RULESET.districts[0], replace(RULESET.districts[1], budget_twd=budget))
    assert findings(replace(RULESET, districts=districts)) == [(BudgetNotPositive, "districts.1.budget_twd")]


def test_a_cap_above_every_budget_in_rules_that_are_published_already_does_not_stop_the_freeze() -> None:
    budget = max(district.budget_twd for district in RULESET.districts)
    assert findings(replace(RULESET, intake=Intake(cost_most_twd=budget + 1))) == []


def test_districts_are_named_once_each_and_there_is_at_least_one() -> None:
    first = RULESET.districts[0]
    assert findings(replace(RULESET, districts=())) == [(RuleMissing, "districts")]
    assert findings(replace(RULESET, districts=(first, first))) == [(NameTwice, "districts.1.name")]
    assert findings(replace(RULESET, districts=(replace(first, name="  "),))) == [
        (RuleMissing, "districts.0.name")
    ]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"weight": 0}, (RuleInvalid, "grounds.0.weight")),
        ({"weight": 10}, (RuleInvalid, "grounds.0.weight")),
        ({"area": " "}, (RuleMissing, "grounds.0.area")),
    ],
)
def test_a_ground_out_of_range_is_refused_with_its_row(
    change: dict[str, Any], found: tuple[type[InvalidInput], str]
) -> None:
    """PRA-03."""
    assert findings(replace(RULESET, grounds=(replace(RULESET.grounds[0], **change),))) == [found]


def test_the_same_ground_twice_is_refused() -> None:
    """PRA-03."""
    grounds = (RULESET.grounds[0], replace(RULESET.grounds[0], weight=1))
    assert findings(replace(RULESET, grounds=grounds)) == [(NameTwice, "grounds.1.kind")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"minimum_age": -1}, "minimum_age"),
        ({"minimum_age": 121}, "minimum_age"),
        ({"batch_seconds": 0}, "batch_seconds"),
        ({"batch_least": -1}, "batch_least"),
        ({"winner_rule": WinnerRule(floor=-1)}, "winner_rule.floor"),
        ({"winner_rule": WinnerRule(floor=1001)}, "winner_rule.floor"),
        ({"winner_rule": WinnerRule(threshold_votes=-1)}, "winner_rule.threshold_votes"),
    ],
)
def test_a_number_or_word_out_of_range_is_refused_with_its_field(change: dict[str, Any], field: str) -> None:
    assert findings(replace(RULESET, **change)) == [(RuleInvalid, field)]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("method", "dice"),
        ("fit", "sometimes"),
        ("fit", "cover"),
        ("fit", "cover:0"),
        ("fit", "cover:100"),
        ("score", "stars"),
        ("completion", "half"),
        ("add1_stop", "never"),
        ("comparison", "taste"),
        ("threshold_of", "everybody"),
    ],
)
def test_an_option_with_a_value_that_it_does_not_have_is_refused_with_its_field(
    option: str, value: str
) -> None:
    with pytest.raises(RuleInvalid) as caught:
        WinnerRule(**{option: value})
    assert caught.value.facts == {"field": f"winner_rule.{option}", "value": value}
    members = {**RULESET.to_json(), "winner_rule": {**RULESET.winner_rule.to_json(), option: value}}
    with pytest.raises(RuleInvalid):
        ruleset_from_json(members)


def test_every_mistake_is_told_at_once() -> None:
    wrong = replace(
        RULESET,
        districts=(),
        tie_order=(),
        timeline=replace(TIMELINE, cast_until=TIMELINE.issue_until - timedelta(hours=1)),
    )
    assert findings(wrong) == [
        (DateOrder, "timeline.cast_until"),
        (RuleMissing, "districts"),
        (TieUnfinished, "tie_order"),
    ]
    with pytest.raises(SeveralErrors):
        wrong.check()


def test_a_district_is_found_by_its_id_or_refused() -> None:
    assert RULESET.district(NORTH) is RULESET.districts[0]
    with pytest.raises(RuleInvalid):
        RULESET.district("west")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
DATES = st.dates(date(1990, 1, 1), date(2100, 1, 1))
GROUNDS = st.builds(
    Ground,
    kind=st.sampled_from(GroundKind),
    area=TEXT,
    cut_off_on=DATES,
    evidence=st.sampled_from(Evidence),
    desk_only=st.booleans(),
    weight=st.integers(1, 9),
)
DISTRICTS = st.builds(
    District, id=TEXT.map(DistrictId), name=TEXT, name_en=TEXT, budget_twd=st.integers(1, 10**12)
)
RULESETS = st.builds(
    Ruleset,
    vote_kind=st.sampled_from(VoteKind),
    verification=st.sampled_from(Verification),
    desk=st.booleans(),
    minimum_age=st.integers(0, 120),
    age_on=DATES,
    grounds=st.lists(GROUNDS, max_size=3).map(tuple),
    districts=st.lists(DISTRICTS, max_size=3).map(tuple),
    ballot_form=st.builds(
        BallotForm,
        kind=st.sampled_from(FormKind),
        min_choices=st.integers(0, 9),
        max_choices=st.integers(0, 9),
    ),
    winner_rule=st.builds(
        WinnerRule,
        method=st.sampled_from(sorted(METHODS)),
        fit=st.sampled_from(["skip", "stop"]),
        threshold_votes=st.integers(0, 9),
    ),
    tie_order=st.lists(TEXT, max_size=3).map(tuple),
    timeline=st.sampled_from([TIMELINE, replace(TIMELINE, proposals_open_at=None, proposals_close_at=None)]),
    batch_seconds=st.integers(1, 9999),
    batch_least=st.integers(1, 99),
)


@given(RULESETS)
def test_rules_survive_their_canonical_bytes(ruleset: Ruleset) -> None:
    """PRA-05: what was frozen is read back word for word."""
    octets = canonical.encode(ruleset.to_json())
    again = ruleset_from_json(canonical.decode(octets))
    assert again == ruleset
    assert canonical.encode(again.to_json()) == octets


def test_different_rules_have_different_bytes() -> None:
    """PRA-05: no rule stays outside what is frozen."""
    changes: list[dict[str, Any]] = [
        {"vote_kind": VoteKind.SURVEY},
        {"verification": Verification.DESK},
        {"desk": True},
        {"minimum_age": 16},
        {"age_on": date(2026, 5, 2)},
        {"grounds": RULESET.grounds[:1]},
        {"grounds": (replace(RULESET.grounds[0], desk_only=True), *RULESET.grounds[1:])},
        {"districts": RULESET.districts[::-1]},
        {"ballot_form": replace(RULESET.ballot_form, max_choices=2)},
        {"winner_rule": WinnerRule(threshold_votes=1)},
        {"winner_rule": WinnerRule(fit="stop")},
        {"tie_order": ("number", "cheaper")},
        {"timeline": replace(TIMELINE, issue_until=TIMELINE.issue_until - timedelta(seconds=1))},
        {"timeline": replace(TIMELINE, moderation_until=TIMELINE.voting_opens_at)},
        {"batch_seconds": 61},
        {"batch_least": 6},
    ]
    seen = {canonical.encode(replace(RULESET, **change).to_json()) for change in changes}
    assert len(seen | {canonical.encode(RULESET.to_json())}) == len(changes) + 1


@pytest.mark.parametrize("values", [None, 1, "", [], {}, {"ballot_form": {}, "winner_rule": {}}])
def test_what_are_no_rules_is_refused(values: object) -> None:
    with pytest.raises(RuleInvalid):
        ruleset_from_json(values)


@pytest.mark.parametrize("name", sorted(RULESET.to_json()))
@pytest.mark.parametrize("value", [None, -1, "x", [], {}, [1], {"a": 1}, [{}]], ids=repr)
def test_a_member_missing_or_of_another_kind_is_refused_or_harmless(name: str, value: object) -> None:
    """Hostile rules give a named error, never a crash."""
    values = RULESET.to_json()
    for hostile in ({**values, name: value}, {k: v for k, v in values.items() if k != name}):
        try:
            read = ruleset_from_json(hostile)
        except InvalidInput:
            continue
        assert isinstance(read, Ruleset)
        assert name in hostile


def test_an_instant_is_written_in_one_way() -> None:
    moment = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    assert instant_text(moment) == "2026-11-20T16:00:00Z"
    assert parse_instant("2026-11-20T16:00:00Z", field="x") == moment
    assert instant_text(None) == ""
    assert parse_instant("", field="x") is None


@pytest.mark.parametrize(
    "text", ["2026-11-20", "2026-11-20T16:00:00", "2026-11-20T16:00:00+00:00", "now", "2026-02-30T00:00:00Z"]
)
def test_an_instant_in_another_form_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(RuleInvalid) as caught:
        parse_instant(text, field="opens_at")
    assert caught.value.field == "opens_at"
