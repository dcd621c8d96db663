"""Sealing to a public point: HPKE base mode (RFC 9180), DHKEM(P-256), HKDF-SHA256, AES-128-GCM.

On the wire a sealed text is ``enc (65) || ciphertext || tag (16)``. ``info`` binds it to its purpose:
what was sealed for one credential does not open for another.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pbvote.core.crypto.errors import KeyUnfit, SealBroken

SEALED_OVERHEAD: Final = 65 + 16
PRIVATE_LENGTH: Final = 32
POINT_LENGTH: Final = 65
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
_CURVE = ec.SECP256R1()


def _load_private(private: bytes) -> ec.EllipticCurvePrivateKey:
    if len(private) != PRIVATE_LENGTH:
        raise KeyUnfit(reason="private key length", found=len(private))
    try:
        return ec.derive_private_key(int.from_bytes(private, "big"), _CURVE)
    except ValueError as error:
        raise KeyUnfit(reason="private key range") from error


def load_point(point: bytes) -> ec.EllipticCurvePublicKey:
    """The P-256 key of an uncompressed point of 65 bytes.

    Raises:
        KeyUnfit: another length or form, or not on the curve.
    """
    if len(point) != POINT_LENGTH or point[0] != 4:
        raise KeyUnfit(reason="point form")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    except ValueError as error:
        raise KeyUnfit(reason="point not on the curve") from error


def point_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """The uncompressed point of a key, 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def generate_opening_key() -> bytes:
    """A fresh private scalar, 32 bytes big-endian."""
    value = ec.generate_private_key(_CURVE).private_numbers().private_value
    return value.to_bytes(PRIVATE_LENGTH, "big")


def public_point(private: bytes) -> bytes:
    """The public point that belongs to a private scalar, 65 bytes.

    Raises:
        KeyUnfit: not 32 bytes, zero, or not below the order of the curve.
    """
    return point_bytes(_load_private(private).public_key())


def seal(point: bytes, info: bytes, plaintext: bytes) -> bytes:
    """The plaintext sealed to the point; ``SEALED_OVERHEAD`` bytes longer.

    Raises:
        KeyUnfit: the point is none.
    """
    return _SUITE.encrypt(plaintext, load_point(point), info)


class OpeningKey:
    """A private key loaded once, for opening many sealed texts. Its repr shows the point only."""

    __slots__ = ("_key", "public_point")

    def __init__(self, private: bytes) -> None:
        """Take the private scalar.

        Raises:
            KeyUnfit: not 32 bytes, zero, or not below the order of the curve.
        """
        self._key = _load_private(private)
        self.public_point = point_bytes(self._key.public_key())

    def __repr__(self) -> str:
        return f"<OpeningKey {self.public_point.hex()[:16]}>"

    def open(self, info: bytes, sealed: bytes) -> bytes:
        """The plaintext of a sealed text.

        Raises:
            SealBroken: sealed to another key or for another purpose, or altered.
        """
        try:
            return _SUITE.decrypt(sealed, self._key, info)
        except (InvalidTag, ValueError) as error:
            raise SealBroken() from error


def open_sealed(private: bytes, info: bytes, sealed: bytes) -> bytes:
    """The plaintext of one sealed text; for many load an :class:`OpeningKey`.

    Raises:
        KeyUnfit: the private key is none.
        SealBroken: sealed to another key or for another purpose, or altered.
    """
    return OpeningKey(private).open(info, sealed)
