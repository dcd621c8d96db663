"""Blind signatures after RFC 9474, variant RSABSSA-SHA384-PSS-Randomized.

The issuer signs what it cannot see; afterwards anybody checks the token as a plain RSA-PSS signature.
The voter's side::

    message = prepare(token_message)
    blinding = blind(public_key, message)
    token = finalize(public_key, message, signer.sign(blinding.blinded), blinding.inverse)
    verify_token(public_key, message, token)

The raw private operation needs constant-time modular exponentiation on big integers; ``gmpy2.powmod_sec``
gives it, ``pow`` does not.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

import gmpy2
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from pbvote.core.crypto.errors import (
    BlindedMessageUnfit,
    BlindingFailed,
    KeyUnfit,
    SigningFault,
    TokenInvalid,
)

PREFIX_LENGTH: Final = 32
SALT_LENGTH: Final = 48
_EXPONENT: Final = 65537
_SMALLEST_MODULUS: Final = 2048
_HASH_LENGTH: Final = 48
_SHA384 = hashes.SHA384()
_PSS = padding.PSS(padding.MGF1(_SHA384), SALT_LENGTH)


@dataclass(frozen=True, slots=True)
class Blinding:
    """A blinded message for the signer and the inverse that its owner keeps secret."""

    blinded: bytes
    inverse: bytes = field(repr=False)


def generate_key(bits: int) -> rsa.RSAPrivateKey:
    """A fresh signing key with exponent 65537.

    Raises:
        KeyUnfit: fewer than 2048 bits.
    """
    if bits < _SMALLEST_MODULUS:
        raise KeyUnfit(reason="modulus", bits=bits)
    return rsa.generate_private_key(public_exponent=_EXPONENT, key_size=bits)


def load_public_key(spki: bytes) -> rsa.RSAPublicKey:
    """The RSA key of a SubjectPublicKeyInfo, at least 2048 bits with exponent 65537.

    A tiny exponent or modulus in a hostile manifest would make tokens forgeable, so both are refused here.

    Raises:
        KeyUnfit: not DER, another algorithm, another exponent, or too short.
    """
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnfit(reason="not a public key") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyUnfit(reason="not RSA")
    _require_fit(key)
    return key


def _require_fit(key: rsa.RSAPublicKey) -> None:
    if key.key_size < _SMALLEST_MODULUS or key.key_size % 8:
        raise KeyUnfit(reason="modulus", bits=key.key_size)
    if key.public_numbers().e != _EXPONENT:
        raise KeyUnfit(reason="exponent")


def spki_of(key: rsa.RSAPublicKey) -> bytes:
    """DER SubjectPublicKeyInfo of a public key, as the manifest holds it."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def token_length(key: rsa.RSAPublicKey) -> int:
    """Length in bytes of a token under this key."""
    return (key.key_size + 7) // 8


def prepare(message: bytes) -> bytes:
    """The message behind 32 fresh random bytes (RFC 9474 4.1, PrepareRandomize)."""
    return secrets.token_bytes(PREFIX_LENGTH) + message


def _mgf1(seed: bytes, length: int) -> bytes:
    blocks = range(-(-length // _HASH_LENGTH))
    return b"".join(hashlib.sha384(seed + i.to_bytes(4, "big")).digest() for i in blocks)[:length]


def _emsa_pss_encode(message: bytes, em_bits: int, *, salt: bytes) -> bytes:
    """Encoded message of RFC 8017 9.1.1 with SHA-384 and MGF1-SHA-384."""
    em_length = -(-em_bits // 8)
    padding_length = em_length - len(salt) - _HASH_LENGTH - 2
    if padding_length < 0:
        raise KeyUnfit(reason="modulus", bits=em_bits + 1)
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = bytes(padding_length) + b"\x01" + salt
    mask = _mgf1(digest, len(block))
    masked = bytearray(a ^ b for a, b in zip(block, mask, strict=True))
    masked[0] &= 0xFF >> (8 * em_length - em_bits)
    return bytes(masked) + digest + b"\xbc"


def blind(public_key: rsa.RSAPublicKey, input_message: bytes, *, salt_length: int = SALT_LENGTH) -> Blinding:
    """A blinding of the prepared message that tells the signer nothing about it (RFC 9474 4.2).

    Raises:
        BlindingFailed: the message shares a factor with the modulus.
    """
    salt = secrets.token_bytes(salt_length)
    factor = secrets.randbelow(public_key.public_numbers().n - 1) + 1
    return _blind_with(public_key, input_message, salt=salt, factor=factor)


def _blind_with(public_key: rsa.RSAPublicKey, input_message: bytes, *, salt: bytes, factor: int) -> Blinding:
    numbers = public_key.public_numbers()
    n = gmpy2.mpz(numbers.n)
    length = token_length(public_key)
    encoded = _emsa_pss_encode(input_message, public_key.key_size - 1, salt=salt)
    message = gmpy2.mpz(int.from_bytes(encoded, "big"))
    if gmpy2.gcd(message, n) != 1:
        raise BlindingFailed()
    try:
        inverse = gmpy2.invert(factor, n)
    except ZeroDivisionError as error:
        raise BlindingFailed() from error
    blinded = message * gmpy2.powmod(factor, numbers.e, n) % n
    return Blinding(
        blinded=int(blinded).to_bytes(length, "big"), inverse=int(inverse).to_bytes(length, "big")
    )


def finalize(
    public_key: rsa.RSAPublicKey,
    input_message: bytes,
    blind_signature: bytes,
    inverse: bytes,
    *,
    salt_length: int = SALT_LENGTH,
) -> bytes:
    """The token behind a blind signature, checked (RFC 9474 4.4).

    Raises:
        TokenInvalid: the issuer answered something else than a signature of what was blinded.
    """
    length = token_length(public_key)
    if len(blind_signature) != length or len(inverse) != length:
        raise TokenInvalid(reason="length")
    n = public_key.public_numbers().n
    unblinded = int.from_bytes(blind_signature, "big") * int.from_bytes(inverse, "big") % n
    token = unblinded.to_bytes(length, "big")
    verify_token(public_key, input_message, token, salt_length=salt_length)
    return token


def verify_token(
    public_key: rsa.RSAPublicKey,
    input_message: bytes,
    token: bytes,
    *,
    salt_length: int = SALT_LENGTH,
) -> None:
    """The token is an RSA-PSS signature of the prepared message with exactly this salt length.

    Raises:
        TokenInvalid: anything else.
    """
    pss = _PSS if salt_length == SALT_LENGTH else padding.PSS(padding.MGF1(_SHA384), salt_length)
    try:
        public_key.verify(token, input_message, pss, _SHA384)
    except (InvalidSignature, ValueError) as error:
        raise TokenInvalid() from error


class BlindSigner:
    """Signs blinded messages with one private key; holds it in memory and never shows it.

    The raw operation is done with the Chinese remainder theorem under a fresh random factor (so that
    its running time says nothing about the key) and checked before release: one faulty CRT signature
    would reveal the factors (RFC 9474 7.1). Safe to share between threads.
    """

    __slots__ = ("_dp", "_dq", "_n", "_p", "_q", "_q_inverse", "public_key", "spki")

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        """Take the key.

        Raises:
            KeyUnfit: fewer than 2048 bits or an exponent other than 65537.
        """
        self.public_key = key.public_key()
        _require_fit(self.public_key)
        self.spki = spki_of(self.public_key)
        numbers = key.private_numbers()
        self._n = gmpy2.mpz(numbers.public_numbers.n)
        self._p = gmpy2.mpz(numbers.p)
        self._q = gmpy2.mpz(numbers.q)
        self._dp = gmpy2.mpz(numbers.dmp1)
        self._dq = gmpy2.mpz(numbers.dmq1)
        self._q_inverse = gmpy2.mpz(numbers.iqmp)

    def __repr__(self) -> str:
        return f"<BlindSigner RSA-{self.public_key.key_size}>"

    def sign(self, blinded: bytes) -> bytes:
        """The blind signature of the bytes; equal input gives equal output (RFC 9474 4.3).

        Raises:
            BlindedMessageUnfit: wrong length, or not strictly between 1 and n - 1 (0, 1 and n - 1 are
                their own signatures or their negatives, so signing them would say nothing).
            SigningFault: the check of the result failed; nothing is released.
        """
        length = token_length(self.public_key)
        if len(blinded) != length:
            raise BlindedMessageUnfit(field="blinded", expected=length, found=len(blinded))
        message = gmpy2.mpz(int.from_bytes(blinded, "big"))
        if not 1 < message < self._n - 1:
            raise BlindedMessageUnfit(field="blinded", reason="range")
        # other threads serve requests meanwhile; the context is this thread's alone
        with gmpy2.context(gmpy2.get_context(), allow_release_gil=True):
            factor, inverse = self._random_factor()
            masked = message * gmpy2.powmod(factor, _EXPONENT, self._n) % self._n
            signature = self._raw(masked) * inverse % self._n
            if gmpy2.powmod(signature, _EXPONENT, self._n) != message:
                raise SigningFault()
        return int(signature).to_bytes(length, "big")

    def _random_factor(self) -> tuple[Any, Any]:
        while True:
            factor = gmpy2.mpz(secrets.randbelow(int(self._n) - 2) + 2)
            try:
                return factor, gmpy2.invert(factor, self._n)
            except ZeroDivisionError:
                continue

    def _raw(self, message: Any) -> Any:
        s_p = gmpy2.powmod_sec(message % self._p, self._dp, self._p)
        s_q = gmpy2.powmod_sec(message % self._q, self._dq, self._q)
        return s_q + self._q * ((s_p - s_q) * self._q_inverse % self._p)
