from __future__ import annotations

import secrets

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pbvote.core.crypto.blind_rsa import (
    BlindSigner,
    blind,
    finalize,
    generate_key,
    load_public_key,
    prepare,
    token_length,
    verify_token,
)
from pbvote.core.crypto.errors import BlindedMessageUnfit, KeyUnfit, SigningFault, TokenInvalid
from pbvote.core.errors import InvalidInput, VerificationError
from pbvote.core.log.entry import token_message
from pbvote.core.types import ElectionHash, StyleId

EH = ElectionHash(b"\x11" * 32)
POINT = b"\x04" + b"\x22" * 64


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return generate_key(2048)


@pytest.fixture(scope="module")
def signer(key: rsa.RSAPrivateKey) -> BlindSigner:
    return BlindSigner(key)


def _issue(signer: BlindSigner, message: bytes) -> bytes:
    blinding = blind(signer.public_key, message)
    return finalize(signer.public_key, message, signer.sign(blinding.blinded), blinding.inverse)


@pytest.fixture(scope="module")
def message() -> bytes:
    return prepare(token_message(EH, StyleId("A"), POINT))


@pytest.fixture(scope="module")
def token(signer: BlindSigner, message: bytes) -> bytes:
    return _issue(signer, message)


def test_a_token_verifies_and_has_the_length_of_the_key(
    signer: BlindSigner, message: bytes, token: bytes
) -> None:
    assert len(token) == token_length(signer.public_key) == 256
    verify_token(signer.public_key, message, token)


def test_the_same_blinded_message_gets_the_same_bytes_again(signer: BlindSigner, message: bytes) -> None:
    blinded = blind(signer.public_key, message).blinded
    assert signer.sign(blinded) == signer.sign(blinded)


def test_two_blindings_of_one_message_have_nothing_in_common(signer: BlindSigner, message: bytes) -> None:
    first, second = blind(signer.public_key, message), blind(signer.public_key, message)
    assert first.blinded != second.blinded
    assert first.inverse != second.inverse
    assert prepare(b"x") != prepare(b"x")


def test_every_token_fits_every_issuance_for_some_blinding_factor(signer: BlindSigner) -> None:
    """With the private key and the whole transcript no pair is likelier than another."""
    numbers = signer.public_key.public_numbers()
    messages = [prepare(bytes([i])) for i in range(3)]
    blindings = [blind(signer.public_key, message) for message in messages]
    signatures = [signer.sign(blinding.blinded) for blinding in blindings]
    tokens = [
        int.from_bytes(finalize(signer.public_key, message, signature, blinding.inverse), "big")
        for message, blinding, signature in zip(messages, blindings, signatures, strict=True)
    ]
    for blinding, signature in zip(blindings, signatures, strict=True):
        for value in tokens:
            factor = int.from_bytes(signature, "big") * pow(value, -1, numbers.n) % numbers.n
            explained = pow(value * factor, numbers.e, numbers.n)
            assert explained == int.from_bytes(blinding.blinded, "big")
            assert 1 < factor < numbers.n


def test_a_random_token_is_refused(signer: BlindSigner, message: bytes) -> None:
    with pytest.raises(TokenInvalid) as caught:
        verify_token(signer.public_key, message, secrets.token_bytes(256))
    assert isinstance(caught.value, VerificationError)


def test_a_token_with_any_byte_flipped_is_refused(signer: BlindSigner, message: bytes, token: bytes) -> None:
    for place in range(len(token)):
        broken = bytearray(token)
        broken[place] ^= 1
        with pytest.raises(TokenInvalid):
            verify_token(signer.public_key, message, bytes(broken))


@pytest.mark.parametrize("change", ["shortened", "lengthened", "led by zero", "emptied"])
def test_a_truncated_or_extended_token_is_refused(
    signer: BlindSigner, message: bytes, token: bytes, change: str
) -> None:
    broken = {
        "shortened": token[:-1],
        "lengthened": token + b"\0",
        "led by zero": b"\0" + token,
        "emptied": b"",
    }[change]
    with pytest.raises(TokenInvalid):
        verify_token(signer.public_key, message, broken)


def test_a_token_plus_the_modulus_is_refused(signer: BlindSigner, message: bytes, token: bytes) -> None:
    n = signer.public_key.public_numbers().n
    larger = int.from_bytes(token, "big") + n
    with pytest.raises(TokenInvalid):
        verify_token(signer.public_key, message, larger.to_bytes(257, "big"))


@pytest.mark.parametrize(
    "other",
    [
        token_message(ElectionHash(b"\x12" * 32), StyleId("A"), POINT),
        token_message(EH, StyleId("B"), POINT),
        token_message(EH, StyleId("A"), b"\x04" + b"\x23" * 64),
    ],
    ids=["call", "style", "credential"],
)
def test_a_token_is_bound_to_call_style_and_credential(
    signer: BlindSigner, message: bytes, token: bytes, other: bytes
) -> None:
    with pytest.raises(TokenInvalid):
        verify_token(signer.public_key, message[:32] + other, token)
    with pytest.raises(TokenInvalid):
        verify_token(signer.public_key, prepare(message[32:]), token)


def test_a_token_of_another_key_is_refused(message: bytes, token: bytes) -> None:
    with pytest.raises(TokenInvalid):
        verify_token(generate_key(2048).public_key(), message, token)


@pytest.mark.parametrize("salt_length", [0, 20, 47, 49])
def test_a_signature_with_another_salt_length_is_refused(
    key: rsa.RSAPrivateKey, message: bytes, salt_length: int
) -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), salt_length)
    with pytest.raises(TokenInvalid):
        verify_token(key.public_key(), message, key.sign(message, pss, hashes.SHA384()))


@pytest.mark.parametrize("value", ["0", "1", "n-1", "n", "n+1"])
def test_a_representative_outside_the_range_is_not_signed(signer: BlindSigner, value: str) -> None:
    n = signer.public_key.public_numbers().n
    number = {"0": 0, "1": 1, "n-1": n - 1, "n": n, "n+1": n + 1}[value]
    with pytest.raises(BlindedMessageUnfit) as caught:
        signer.sign(number.to_bytes(256, "big"))
    assert isinstance(caught.value, InvalidInput)
    assert caught.value.field == "blinded"


@pytest.mark.parametrize("length", [0, 1, 255, 257, 384])
def test_a_blinded_message_of_another_length_is_not_signed(signer: BlindSigner, length: int) -> None:
    with pytest.raises(BlindedMessageUnfit):
        signer.sign(b"\x01" * length)


def test_a_faulty_computation_releases_nothing(
    key: rsa.RSAPrivateKey, message: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = BlindSigner(key)
    monkeypatch.setattr(signer, "_dp", signer._dp + 2)
    with pytest.raises(SigningFault):
        signer.sign(blind(signer.public_key, message).blinded)


def test_finalize_refuses_an_issuer_that_signed_something_else(signer: BlindSigner, message: bytes) -> None:
    mine, other = blind(signer.public_key, message), blind(signer.public_key, prepare(b"other"))
    with pytest.raises(TokenInvalid):
        finalize(signer.public_key, message, signer.sign(other.blinded), mine.inverse)
    with pytest.raises(TokenInvalid):
        finalize(signer.public_key, message, signer.sign(mine.blinded)[1:], mine.inverse)


def test_a_public_key_is_read_back_from_its_spki(signer: BlindSigner) -> None:
    loaded = load_public_key(signer.spki)
    assert loaded.public_numbers() == signer.public_key.public_numbers()


def _short_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)  # noqa: S505 - must be refused


def _spki(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_unfit_public_keys_are_refused(signer: BlindSigner) -> None:
    n = signer.public_key.public_numbers().n
    unfit = [
        b"",
        b"not DER",
        signer.spki[:-1],
        _spki(ec.generate_private_key(ec.SECP256R1()).public_key()),
        _spki(rsa.RSAPublicNumbers(3, n).public_key()),
        _spki(_short_key().public_key()),
    ]
    for spki in unfit:
        with pytest.raises(KeyUnfit):
            load_public_key(spki)


def test_a__short_key_or_another_exponent_never_signs() -> None:
    with pytest.raises(KeyUnfit):
        generate_key(1024)
    with pytest.raises(KeyUnfit):
        BlindSigner(_short_key())


def test_no_repr_shows_a_secret(signer: BlindSigner, message: bytes) -> None:
    assert repr(signer) == "<BlindSigner RSA-2048>"
    assert "inverse" not in repr(blind(signer.public_key, message))
