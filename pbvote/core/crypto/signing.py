"""Ed25519 (RFC 8032) for what the service itself signs: promises and notices."""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pbvote.core.crypto.errors import KeyUnfit, SignatureBad

SEED_LENGTH: Final = 32
SIGNATURE_LENGTH: Final = 64


def generate_seed() -> bytes:
    """A fresh private seed, 32 bytes."""
    return secrets.token_bytes(SEED_LENGTH)


def _load(seed: bytes) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(seed)
    except ValueError as error:
        raise KeyUnfit(reason="seed length", found=len(seed)) from error


def public_key_of(seed: bytes) -> bytes:
    """The public key of a seed, 32 bytes.

    Raises:
        KeyUnfit: the seed is not 32 bytes.
    """
    return _load(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature of the message, 64 bytes; equal input gives equal output.

    Raises:
        KeyUnfit: the seed is not 32 bytes.
    """
    return _load(seed).sign(message)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """The signature is the public key's signature of the message.

    Raises:
        SignatureBad: anything else, also a key that is none.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureBad() from error
