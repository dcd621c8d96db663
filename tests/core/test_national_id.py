from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core.errors import InvalidInput
from pbvote.core.identity.errors import IdCheckDigit, IdMalformed
from pbvote.core.identity.national_id import (
    CanonicalId,
    IdKind,
    canonical_id,
    invented_id,
    mask,
    principal_id,
)

NATIONAL = "A123456789"
RESIDENT = "A800000014"
kinds = st.sampled_from(list(IdKind))
people = st.builds(invented_id, st.integers(0, 10**8), kind=kinds)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A123456789", IdKind.NATIONAL),
        ("A800000014", IdKind.RESIDENT),
        ("AC01234567", IdKind.RESIDENT_OLD),
    ],
)
def test_public_examples_of_every_form_are_accepted(text: str, kind: IdKind) -> None:
    assert canonical_id(text).number == text
    assert canonical_id(text).kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "a123456789",
        " A123456789\n",
        "\uff21\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
        "\uff41123456789",
        "A123-456-789",
        "A 123 456 789",
        "A1234\u300056789",
        "A12345\uff0d6789",
        "A12345\u20136789",
        "\ufeffA123456789",
        "A\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467\u2468",
    ],
)
def test_the_same_number_in_another_spelling_is_the_same_number(text: str) -> None:
    assert canonical_id(text) == CanonicalId(NATIONAL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A12345678",
        "A1234567890",
        "1123456789",
        "A323456789",
        "A023456789",
        "AE01234567",
        "AAA1234567",
        "A12345678X",
        "A123456789A123456789",
        "\u0131123456789",
        "\u0391123456789",
        "A1\u0662\u0663456789",
        "A_23456789",
        "A" * 10_000,
    ],
)
def test_other_texts_are_malformed(text: str) -> None:
    with pytest.raises(IdMalformed) as caught:
        canonical_id(text)
    assert caught.value.field == "national_id"


@given(people, st.integers(1, 9))
def test_a_wrong_check_digit_is_named(number: str, shift: int) -> None:
    wrong = number[:9] + str((int(number[9]) + shift) % 10)
    with pytest.raises(IdCheckDigit) as caught:
        canonical_id(wrong)
    assert caught.value.field == "national_id"


@given(people, st.sampled_from([2, 6, 8]), st.integers(1, 9))
def test_a_mistyped_digit_is_found_where_the_weight_is_coprime_to_ten(
    number: str, place: int, shift: int
) -> None:
    typed = f"{number[:place]}{(int(number[place]) + shift) % 10}{number[place + 1 :]}"
    with pytest.raises(IdCheckDigit):
        canonical_id(typed)


@given(st.text(max_size=20).filter(lambda text: not text.isascii()))
def test_any_other_text_is_refused_by_name_and_never_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        canonical_id(text)
    assert caught.value.facts == {"field": "national_id"}


def test_neither_errors_nor_reprs_show_the_number() -> None:
    with pytest.raises(IdCheckDigit) as caught:
        canonical_id("A123456780")
    assert "12345" not in str(caught.value) + repr(caught.value)
    person = canonical_id(NATIONAL)
    assert "12345" not in f"{person} {person!r} {[person]}"


@given(st.integers(0, 10**8), st.integers(0, 10**8), kinds)
def test_invented_people_are_valid_and_differ(first: int, second: int, kind: IdKind) -> None:
    number = invented_id(first, kind=kind)
    assert canonical_id(number).number == number
    assert canonical_id(number).kind is kind
    assert (number == invented_id(second, kind=kind)) == (first == second)


@pytest.mark.parametrize("number", [-1, 2 * 26 * 10**7])
def test_no_number_is_invented_beyond_the_form(number: int) -> None:
    with pytest.raises(ValueError, match="no such invented person"):
        invented_id(number)
    assert canonical_id(invented_id(2 * 26 * 10**7 - 1))


def test_a_person_with_several_numbers_has_one_principal_whatever_the_order() -> None:
    national = canonical_id(NATIONAL)
    new, old = canonical_id(RESIDENT), canonical_id("AC01234567")
    assert principal_id([old, new, national]) == principal_id([national, old, new]) == national
    assert principal_id([old, new]) == principal_id([new, old]) == new
    assert principal_id([old]) == old


def test_a_mask_keeps_at_most_four_characters() -> None:
    assert mask(NATIONAL) == "A******789"
    assert mask("A1234") == "*****"
    assert mask("") == ""
