"""Secret keys in files under a passphrase: scrypt (RFC 7914) and AES-256-GCM, as canonical JSON.

The header with the purpose is authenticated, so that an auditor's key is never taken for an opening key.
"""

from __future__ import annotations

import secrets
import unicodedata
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from pbvote.core import canonical
from pbvote.core.canonical import Json
from pbvote.core.crypto.errors import KeyFileDamaged, KeyFileOtherPurpose, PassphraseWrong
from pbvote.core.errors import InvalidInput
from pbvote.core.types import b64, tag, unb64

_FORMAT: Final = "pbvote-key/v1"
# about 128 MB and half a second for each guess
_SCRYPT: Final[dict[str, Json]] = {"name": "scrypt", "n": 2**17, "r": 8, "p": 1}
_SALT_LENGTH: Final = 16
_NONCE_LENGTH: Final = 12
_TAG_LENGTH: Final = 16


def _derive(passphrase: str, salt: bytes) -> bytes:
    # the same characters typed on another system may be composed differently
    typed = unicodedata.normalize("NFC", passphrase).encode()
    return Scrypt(salt=salt, length=32, n=2**17, r=8, p=1).derive(typed)


def _associated(header: dict[str, Json]) -> bytes:
    return tag("pbvote/keyfile/v1") + canonical.encode(header)


def encrypt_key_file(secret: bytes, passphrase: str, *, purpose: str) -> bytes:
    """The bytes of a key file that only the passphrase opens, and only for this purpose."""
    salt = secrets.token_bytes(_SALT_LENGTH)
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    header: dict[str, Json] = {
        "format": _FORMAT,
        "purpose": purpose,
        "kdf": {**_SCRYPT, "salt": b64(salt)},
        "cipher": "aes-256-gcm",
        "nonce": b64(nonce),
    }
    cipher = AESGCM(_derive(passphrase, salt))
    ciphertext = cipher.encrypt(nonce, secret, _associated(header))
    return canonical.encode({**header, "ciphertext": b64(ciphertext)})


def key_file_purpose(content: bytes) -> str:
    """The purpose that a key file names, not authenticated: to ask for the right passphrase.

    Raises:
        KeyFileDamaged: not a key file of this format.
    """
    purpose = _parse(content).get("purpose")
    if not isinstance(purpose, str):
        raise KeyFileDamaged(reason="purpose")
    return purpose


def decrypt_key_file(content: bytes, passphrase: str, *, purpose: str) -> bytes:
    """The secret of a key file, authenticated together with its purpose.

    Raises:
        KeyFileDamaged: not a complete key file of this format.
        KeyFileOtherPurpose: the file says that its key is for something else.
        PassphraseWrong: the passphrase is wrong, or the file was altered.
    """
    found = key_file_purpose(content)
    if found != purpose:
        raise KeyFileOtherPurpose(expected=purpose, found=found)
    header = _parse(content)
    ciphertext = _bytes(header.pop("ciphertext", ""), "ciphertext")
    kdf = header.get("kdf")
    if not isinstance(kdf, dict) or {**kdf, "salt": ""} != {**_SCRYPT, "salt": ""}:
        raise KeyFileDamaged(reason="kdf")
    salt = _bytes(kdf.get("salt", ""), "salt")
    nonce = _bytes(header.get("nonce", ""), "nonce")
    lengths_fit = len(salt) == _SALT_LENGTH and len(nonce) == _NONCE_LENGTH
    if not lengths_fit or len(ciphertext) < _TAG_LENGTH:
        raise KeyFileDamaged(reason="length")
    try:
        return AESGCM(_derive(passphrase, salt)).decrypt(nonce, ciphertext, _associated(header))
    except InvalidTag as error:
        raise PassphraseWrong() from error


def _parse(content: bytes) -> dict[str, Json]:
    try:
        # an editor may have put a line end behind it
        header = canonical.decode(content.strip())
    except canonical.NotCanonical as error:
        raise KeyFileDamaged(reason="not canonical JSON") from error
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise KeyFileDamaged(reason="format")
    return header


def _bytes(value: Json, name: str) -> bytes:
    try:
        return unb64(value if isinstance(value, str) else "!", field=name)
    except InvalidInput as error:
        raise KeyFileDamaged(reason=name) from error
