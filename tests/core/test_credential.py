from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.crypto import signing
from pbvote.core.crypto.credential import (
    CURVE_ORDER,
    credential_bytes,
    credential_point,
    generate_credential,
    load_credential,
    sign,
    verify_signature,
)
from pbvote.core.crypto.errors import KeyUnfit, SignatureBad, SignatureHighS

CREDENTIAL = generate_credential()
POINT = credential_point(CREDENTIAL)


@given(st.binary(max_size=100))
@settings(max_examples=40)
def test_signatures_are_64_bytes_low_s_and_verify(message: bytes) -> None:
    signature = sign(CREDENTIAL, message)
    assert len(signature) == 64
    assert int.from_bytes(signature[32:], "big") <= CURVE_ORDER // 2
    verify_signature(POINT, message, signature)


def test_the_other_form_of_a_valid_signature_is_refused_by_name() -> None:
    signature = sign(CREDENTIAL, b"m")
    high = CURVE_ORDER - int.from_bytes(signature[32:], "big")
    with pytest.raises(SignatureHighS):
        verify_signature(POINT, b"m", signature[:32] + high.to_bytes(32, "big"))


def test_any_byte_flipped_is_refused() -> None:
    signature = sign(CREDENTIAL, b"m")
    for place in range(64):
        broken = bytearray(signature)
        broken[place] ^= 1
        with pytest.raises((SignatureBad, SignatureHighS)):
            verify_signature(POINT, b"m", bytes(broken))


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(SignatureBad):
        verify_signature(POINT, b"m", (sign(CREDENTIAL, b"m") * 2)[:length])


def test_zero_is_no_signature() -> None:
    for signature in (bytes(64), bytes(32) + b"\1" * 32, b"\1" * 32 + bytes(32)):
        with pytest.raises(SignatureBad):
            verify_signature(POINT, b"m", signature)


def test_another_message_or_point_is_refused() -> None:
    signature = sign(CREDENTIAL, b"m")
    for point, message in (
        (POINT, b"n"),
        (credential_point(generate_credential()), b"m"),
        (b"\x04" + bytes(64), b"m"),
        (POINT[:-1], b"m"),
        (b"\x02" + POINT[1:33], b"m"),
    ):
        with pytest.raises(SignatureBad):
            verify_signature(point, message, signature)


def test_a_saved_credential_signs_as_before() -> None:
    again = load_credential(credential_bytes(CREDENTIAL))
    assert credential_point(again) == POINT
    for private in (b"", bytes(32), b"\xff" * 32):
        with pytest.raises(KeyUnfit):
            load_credential(private)


def test_a_service_signature_verifies_and_repeats_itself() -> None:
    seed = signing.generate_seed()
    public = signing.public_key_of(seed)
    signature = signing.sign(seed, b"promise")
    assert signature == signing.sign(seed, b"promise")
    signing.verify(public, b"promise", signature)
    for wrong in (signature[:-1], signature + b"\0", bytes(64), b""):
        with pytest.raises(SignatureBad):
            signing.verify(public, b"promise", wrong)
    with pytest.raises(SignatureBad):
        signing.verify(public, b"promised", signature)
    with pytest.raises(SignatureBad):
        signing.verify(public[:-1], b"promise", signature)
    with pytest.raises(KeyUnfit):
        signing.sign(seed[:-1], b"promise")
