"""The voter's one-time credential: ECDSA on P-256 with SHA-256, signatures as 64 bytes ``r || s``, low s.

Of the two signatures ``(r, s)`` and ``(r, n - s)`` that everybody can turn into each other only the
low one counts, so that a stored entry has exactly one valid form.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from pbvote.core.crypto.errors import KeyUnfit, SignatureBad, SignatureHighS
from pbvote.core.crypto.sealing import load_point, point_bytes

SIGNATURE_LENGTH: Final = 64
CURVE_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ECDSA = ec.ECDSA(hashes.SHA256())


def generate_credential() -> ec.EllipticCurvePrivateKey:
    """A fresh credential, used for one ballot and then forgotten."""
    return ec.generate_private_key(ec.SECP256R1())


def credential_point(credential: ec.EllipticCurvePrivateKey) -> bytes:
    """The uncompressed public point, 65 bytes: the name under which a ballot stands in the log."""
    return point_bytes(credential.public_key())


def credential_bytes(credential: ec.EllipticCurvePrivateKey) -> bytes:
    """The private scalar, 32 bytes, for a voter who saves the state between two steps."""
    return credential.private_numbers().private_value.to_bytes(32, "big")


def load_credential(private: bytes) -> ec.EllipticCurvePrivateKey:
    """The credential of a saved private scalar.

    Raises:
        KeyUnfit: not 32 bytes, zero, or not below the order of the curve.
    """
    if len(private) != 32:
        raise KeyUnfit(reason="private key length", found=len(private))
    try:
        return ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
    except ValueError as error:
        raise KeyUnfit(reason="private key range") from error


def sign(credential: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """The low-s signature of the message, 64 bytes."""
    r, s = decode_dss_signature(credential.sign(message, _ECDSA))
    return r.to_bytes(32, "big") + min(s, CURVE_ORDER - s).to_bytes(32, "big")


def verify_signature(point: bytes, message: bytes, signature: bytes) -> None:
    """The signature is the low form of the point's signature of the message.

    Raises:
        SignatureHighS: the second form of a signature.
        SignatureBad: another length, no point of the curve, or not this message and key.
    """
    if len(signature) != SIGNATURE_LENGTH:
        raise SignatureBad(reason="length")
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if s > CURVE_ORDER // 2:
        raise SignatureHighS()
    try:
        load_point(point).verify(encode_dss_signature(r, s), message, _ECDSA)
    except KeyUnfit as error:
        raise SignatureBad(reason="point") from error
    except (InvalidSignature, ValueError) as error:
        raise SignatureBad() from error
