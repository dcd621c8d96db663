"""Who may vote and with which style, with the reason (PRA-03)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core.rules.eligibility import (
    Bond,
    DeskOnly,
    NoGround,
    Style,
    TooYoung,
    age_on,
    decide_style,
    possible_styles,
    require_age,
    style_of,
)
from pbvote.core.rules.ruleset import GroundKind
from pbvote.core.types import DistrictId
from tests.make.votes import NORTH, RULESET, SOUTH

ADULT = date(1990, 6, 1)
REGISTERED = Bond(kind=GroundKind.REGISTERED, area="新店區", since_on=date(2020, 1, 1), district=NORTH)
EMPLOYED = Bond(kind=GroundKind.EMPLOYED, area="新北市", since_on=date(2020, 1, 1), district=SOUTH)
ENROLLED = Bond(kind=GroundKind.ENROLLED, area="新北市", since_on=date(2020, 1, 1), district=SOUTH)


def test_the_ground_with_the_largest_weight_decides_and_weights_never_add_up() -> None:
    """PRA-03: those registered in the district count double, and not three times by working there."""
    style = decide_style(RULESET, (EMPLOYED, REGISTERED), birth_on=ADULT)
    assert style == Style(district=NORTH, weight=2)
    assert style.id == "north-w2"


def test_among_equal_weights_the_stated_order_of_the_grounds_decides() -> None:
    level = replace(RULESET, grounds=tuple(replace(g, weight=1) for g in RULESET.grounds))
    for bonds in ((REGISTERED, EMPLOYED), (EMPLOYED, REGISTERED)):
        assert decide_style(level, bonds, birth_on=ADULT).district == NORTH


def test_a_match_of_identity_alone_never_means_eligible() -> None:
    """PRA-03, NDC-05."""
    with pytest.raises(NoGround):
        decide_style(RULESET, (), birth_on=ADULT)


@pytest.mark.parametrize(
    "bond",
    [
        replace(REGISTERED, area="板橋區"),
        replace(REGISTERED, kind=GroundKind.RESIDENT),
        replace(REGISTERED, since_on=date(2026, 1, 2)),
        replace(REGISTERED, district=DistrictId("elsewhere")),
    ],
    ids=["other area", "other kind", "a day after the cut-off", "district of another call"],
)
def test_a_tie_that_misses_the_ground_does_not_count(bond: Bond) -> None:
    with pytest.raises(NoGround):
        decide_style(RULESET, (bond,), birth_on=ADULT)


def test_a_tie_since_the_cut_off_day_itself_counts() -> None:
    bond = replace(REGISTERED, since_on=date(2026, 1, 1))
    assert decide_style(RULESET, (bond,), birth_on=ADULT).weight == 2


def test_a_ground_shown_to_staff_is_refused_on_line_and_accepted_at_the_desk() -> None:
    """PRA-13: the answer names the reason, so that the voter knows where to go."""
    with pytest.raises(DeskOnly):
        decide_style(RULESET, (ENROLLED,), birth_on=ADULT)
    assert decide_style(RULESET, (ENROLLED,), birth_on=ADULT, at_desk=1).weight == 3
    assert decide_style(RULESET, (ENROLLED, EMPLOYED), birth_on=ADULT).weight == 1


def test_the_minimum_age_is_reached_on_the_birthday() -> None:
    """PRA-15: fifteen-year-olds vote where the call says so."""
    birthday = date(2011, 5, 1)
    require_age(RULESET, birthday)
    with pytest.raises(TooYoung) as caught:
        require_age(RULESET, birthday + timedelta(days=1))
    assert caught.value.facts == {"minimum_age": 15, "age_on": "2026-05-01"}
    with pytest.raises(TooYoung):
        decide_style(RULESET, (REGISTERED,), birth_on=birthday + timedelta(days=1))


@pytest.mark.parametrize(
    ("birth_on", "day", "years"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2024, 2, 29), 16),
        (date(2010, 12, 31), date(2026, 1, 1), 15),
        (date(2026, 5, 1), date(2026, 5, 1), 0),
    ],
)
def test_age_is_full_years(birth_on: date, day: date, years: int) -> None:
    assert age_on(birth_on, day) == years


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_nobody_grows_younger(birth_on: date, day: date) -> None:
    assert 0 <= age_on(birth_on, day) <= age_on(birth_on, day + timedelta(days=1))


def test_the_styles_of_a_call_are_every_district_with_every_weight() -> None:
    assert [style.id for style in possible_styles(RULESET)] == [
        "north-w1",
        "north-w2",
        "north-w3",
        "south-w1",
        "south-w2",
        "south-w3",
    ]
    survey = replace(RULESET, grounds=())
    assert [style.id for style in possible_styles(survey)] == ["north-w1", "south-w1"]


@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?", fullmatch=True), st.integers(1, 9))
def test_a_style_is_known_again_by_its_id(district: str, weight: int) -> None:
    style = Style(district=DistrictId(district), weight=weight)
    assert style_of(style.id) == style


@given(st.text(max_size=20) | st.from_regex(r"[a-z-]{0,6}-w[0-9٣²]{0,3}", fullmatch=True))
def test_any_text_is_a_style_id_in_one_spelling_or_none(text: str) -> None:
    try:
        style = style_of(text)
    except ValueError:
        return
    assert style.id == text


@pytest.mark.parametrize(
    "text", ["", "-w1", "north", "north-w", "north-w-1", "north-w01", "north-w٣", "north-w1 "]
)
def test_what_is_no_style_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a style id"):
        style_of(text)
