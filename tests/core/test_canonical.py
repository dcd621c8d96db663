"""Canonical JSON: one value, one spelling."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core import canonical
from pbvote.core.canonical import NotCanonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)


@given(VALUES)
def test_a_value_survives_its_canonical_bytes(value: object) -> None:
    octets = canonical.encode(value)
    assert canonical.decode(octets) == value
    assert json.loads(octets) == value


@given(VALUES)
def test_every_other_spelling_of_the_same_value_is_refused(value: object) -> None:
    for other in (
        json.dumps(value),
        json.dumps(value, indent=1),
        json.dumps(value, ensure_ascii=False) + "\n",
    ):
        if other.encode() == canonical.encode(value):
            continue
        with pytest.raises(NotCanonical):
            canonical.decode(other.encode())


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_are_the_only_spelling(octets: bytes) -> None:
    try:
        value = canonical.decode(octets)
    except NotCanonical:
        return
    assert canonical.encode(value) == octets


def test_members_are_sorted_by_utf16_code_units_as_rfc_8785_orders_its_own_example() -> None:
    """RFC 8785 3.2.3: the emoji sorts before U+FB33 because its first surrogate is smaller."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    octets = canonical.encode(dict.fromkeys(names, 0))
    assert list(json.loads(octets)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_strings_are_escaped_as_rfc_8785_says() -> None:
    """RFC 8785 3.2.2.2: short escapes where JSON has them, \\u00xx in lower case, the rest raw."""
    value = '\x00\x08\x09\x0a\x0c\x0d\x1f"\\/\x7f€\u2028公園'
    expected = r'"\u0000\b\t\n\f\r\u001f\"\\/' + "\x7f€\u2028公園" + '"'
    assert canonical.encode(value) == expected.encode()


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        "\ud800",
        {"\udfff": 1},
        {1: 1},
        b"bytes",
        {1, 2},
        [None],
        {"a": [{"b": True}]},
    ],
    ids=repr,
)
def test_what_has_no_single_spelling_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical.encode(value)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b" 1",
        b"1 ",
        b"01",
        b"+1",
        b"-0",
        b"1.0",
        b"1e2",
        b"true",
        b"null",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b"9" * 5000,
        b'{"a":1,"a":1}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\ud800"',
        b'"\\u001F"',
        b'"\xff"',
        b'"\xc0\xaf"',
        b"\xef\xbb\xbf1",
        b"[1,]",
        b"1\x00",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda octets: repr(octets[:24]),
)
def test_a_hostile_document_is_refused_and_never_crashes(octets: bytes) -> None:
    with pytest.raises(NotCanonical):
        canonical.decode(octets)


def test_a_value_nested_too_deep_to_write_is_refused() -> None:
    value: object = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical.encode(value)
