"""Mobile numbers in every way that people write them, and nothing that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.typed.errors import NotAMobile
from pbvote.typed.mobiles import masked_mobile, mobile_of


@pytest.mark.parametrize(
    "text",
    [
        *("0912345678", "0912-345-678", "0912 345 678", " 0912-345678 ", "(0912) 345-678", "0912.345.678"),
        *(
            "０９１２３４５６７８",
            "０９１２－３４５－６７８",
            "0912–345–678",
            "0912　345　678",
            "0912·345·678",
        ),
        *("+886912345678", "+886 912 345 678", "886912345678", "+886-0912-345-678", "00886 912345678"),
        *("＋８８６９１２３４５６７８", "\u202a0912345678\u202c", "0912\u200b345678"),
    ],
)
def test_one_number_in_every_spelling(text: str) -> None:
    assert mobile_of(text) == "+886912345678"


@pytest.mark.parametrize(
    "text",
    [
        *("", "912345678", "091234567", "09123456789", "0212345678", "02-2345-6789", "+85291234567"),
        *("+1 912 345 6789", "0912345678 分機 3", "0912345678;rm -rf", "O912345678", "九一二", "0" * 500),
    ],
)
def test_what_is_no_mobile_number_of_taiwan_is_refused(text: str) -> None:
    with pytest.raises(NotAMobile):
        mobile_of(text)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_number_or_refused(text: str) -> None:
    try:
        number = mobile_of(text)
    except NotAMobile:
        return
    assert number.startswith("+8869")
    assert len(number) == 13


def test_three_digits_of_a_number_are_not_shown() -> None:
    assert masked_mobile("+886912345678") == "0912-***-678"
