from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.crypto.credential import CURVE_ORDER
from pbvote.core.crypto.errors import KeyUnfit, SealBroken
from pbvote.core.crypto.sealing import (
    SEALED_OVERHEAD,
    OpeningKey,
    generate_opening_key,
    open_sealed,
    public_point,
    seal,
)

KEY = OpeningKey(generate_opening_key())


@given(st.binary(max_size=64), st.binary(max_size=300))
@settings(max_examples=30)
def test_what_is_sealed_opens_again_and_only_its_length_shows(info: bytes, text: bytes) -> None:
    sealed = seal(KEY.public_point, info, text)
    assert KEY.open(info, sealed) == text
    assert len(sealed) == len(text) + SEALED_OVERHEAD


def test_sealing_twice_gives_different_bytes() -> None:
    assert seal(KEY.public_point, b"i", b"text") != seal(KEY.public_point, b"i", b"text")


def test_another_purpose_or_key_does_not_open() -> None:
    sealed = seal(KEY.public_point, b"for me", b"text")
    with pytest.raises(SealBroken):
        KEY.open(b"for you", sealed)
    with pytest.raises(SealBroken):
        open_sealed(generate_opening_key(), b"for me", sealed)


def test_any_byte_flipped_does_not_open() -> None:
    sealed = seal(KEY.public_point, b"i", b"text")
    for place in range(len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1
        with pytest.raises(SealBroken):
            KEY.open(b"i", bytes(broken))


def test_any_shortened_or_lengthened_text_does_not_open() -> None:
    sealed = seal(KEY.public_point, b"i", b"text")
    for broken in (*(sealed[:n] for n in range(len(sealed))), sealed + b"\0"):
        with pytest.raises(SealBroken):
            KEY.open(b"i", broken)


@pytest.mark.parametrize(
    "private",
    [b"", b"\1" * 31, b"\1" * 33, bytes(32), CURVE_ORDER.to_bytes(32, "big"), b"\xff" * 32],
)
def test_a_scalar_that_is_no_key_is_refused(private: bytes) -> None:
    with pytest.raises(KeyUnfit):
        public_point(private)


@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\0",
        b"\4" + bytes(64),
        KEY.public_point[:-1],
        KEY.public_point + b"\0",
        b"\6" + KEY.public_point[1:],
        b"\2" + KEY.public_point[1:33],
    ],
    ids=["empty", "infinity", "zero", "short", "long", "hybrid", "compressed"],
)
def test_a_point_that_is_none_is_refused(point: bytes) -> None:
    with pytest.raises(KeyUnfit):
        seal(point, b"i", b"text")


def test_the_repr_of_an_opening_key_shows_its_point_only() -> None:
    private = generate_opening_key()
    assert private.hex() not in repr(OpeningKey(private))
    assert public_point(private).hex()[:16] in repr(OpeningKey(private))
