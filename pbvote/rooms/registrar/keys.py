"""The registrar's secret keys: made once, kept in the key store, never in a database."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from pbvote.core.crypto import blind_rsa, signing
from pbvote.core.crypto.errors import KeyUnfit, SealBroken
from pbvote.core.types import CallId, tag
from pbvote.platform.runtime import KeyStore, Runtime
from pbvote.rooms.registrar.models import Poll

_NONCE: Final = 12
TICKET: Final = "checkin/ticket"
NOTICES: Final = "checkin/notices"


def k_roll(call_id: CallId) -> str:
    """Name of the key of the roll's hashes."""
    return f"call/{call_id}/k-roll"


def k_call(call_id: CallId) -> str:
    """Name of the key of the voter records."""
    return f"call/{call_id}/k-call"


def roll_log(call_id: CallId) -> str:
    """Name of the key that signs the roll log's checkpoints, and notices to the box."""
    return f"call/{call_id}/roll-log"


def rsa(call_id: CallId, style: str) -> str:
    """Name of the key that signs the tokens of a style."""
    return f"call/{call_id}/rsa/{style}"


def insert(tx: Session, table: type[object]) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what happens on conflict, in the dialect of the transaction."""
    make = sqlite.insert if tx.get_bind().dialect.name == "sqlite" else postgresql.insert
    return make(table)


def ensure(rt: Runtime, call_id: CallId) -> None:
    """Make the call's hash keys and the keys of the check-in where they do not exist.

    The row is inserted first: of two processes the second waits for the first, so that no key is ever
    made twice and nothing is hashed under a key that is then replaced.
    """
    names = (k_roll(call_id), k_call(call_id), roll_log(call_id), TICKET, NOTICES)
    if all(rt.keystore.has(name) for name in names):
        return
    with rt.main() as tx:
        # the empty call id stands for the keys that all calls share
        for guarded in ("", call_id):
            row = insert(tx, Poll).values(call_id=guarded, codes=False)
            tx.execute(row.on_conflict_do_update(index_elements=["call_id"], set_={"call_id": guarded}))
        for name in names:
            if not rt.keystore.has(name):
                rt.keystore.put(name, signing.generate_seed())


def ensure_rsa(rt: Runtime, call_id: CallId, style: str) -> bytes:
    """The public key (SPKI) of a style's token key, made on the first call and kept."""
    name = rsa(call_id, style)
    if not rt.keystore.has(name):
        key = blind_rsa.generate_key(rt.settings.vote.rsa_bits)
        rt.keystore.put(name, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    return signer(rt.keystore, call_id, style).spki


def signer(keystore: KeyStore, call_id: CallId, style: str) -> blind_rsa.BlindSigner:
    """The signer of a style's tokens.

    The key store is asked every time, so that a shredded key is gone for the running service too.

    Raises:
        KeyMissing: never made, or shredded.
    """
    return _signer(keystore.get(rsa(call_id, style)))


@lru_cache(maxsize=128)
def _signer(der: bytes) -> blind_rsa.BlindSigner:
    key = load_der_private_key(der, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise KeyUnfit(reason="not RSA")
    return blind_rsa.BlindSigner(key)


def derive(key: bytes, label: str, *parts: bytes) -> bytes:
    """HMAC-SHA-256 over a labelled message; the caller keeps the parts apart."""
    return hmac.digest(key, tag(label) + b"".join(parts), hashlib.sha256)


def seal_small(key: bytes, content: bytes, *, bound: bytes) -> bytes:
    """AES-256-GCM of a few bytes, bound to a purpose: ``nonce12 || ciphertext``."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, bound)


def open_small(key: bytes, sealed: bytes, *, bound: bytes) -> bytes:
    """What :func:`seal_small` sealed.

    Raises:
        SealBroken: another key or purpose, or altered.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except (InvalidTag, ValueError) as error:
        raise SealBroken() from error
