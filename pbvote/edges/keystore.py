"""Keys in files, each encrypted under the master key; never in a database or its backup.

A file is ``nonce12 || AES-256-GCM(secret)``, its name the hash of the key's name, which is bound as
associated data: a file moved to another name does not open.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pbvote.core.errors import NotFound, ServiceUnavailable
from pbvote.core.types import sha256


class KeyMissing(NotFound):
    """No key of that name: it was never made, or it has been shredded (fact ``name``)."""

    code = "keystore.missing"


class MasterKeyWrong(ServiceUnavailable):
    """The key store does not open with this master key, or a file was altered."""

    code = "keystore.master-key"


class FileKeyStore:
    """Keys of one service in one folder."""

    def __init__(self, folder: Path, master_key: bytes) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        derived = HKDF(SHA256(), length=32, salt=None, info=b"pbvote/keystore/v1").derive(master_key)
        self._cipher = AESGCM(derived)

    def _path(self, name: str) -> Path:
        return self._folder / f"{sha256(name.encode()).hex()[:40]}.key"

    def put(self, name: str, secret: bytes) -> None:
        """Store durably, replacing what was there: written aside, synchronised, renamed."""
        nonce = secrets.token_bytes(12)
        path = self._path(name)
        fresh = path.with_suffix(f".{secrets.token_hex(6)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(nonce + self._cipher.encrypt(nonce, secret, name.encode()))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        self._synchronise()

    def get(self, name: str) -> bytes:
        """The secret.

        Raises:
            KeyMissing, MasterKeyWrong.
        """
        try:
            blob = self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise KeyMissing(name=name) from error
        try:
            return self._cipher.decrypt(blob[:12], blob[12:], name.encode())
        except InvalidTag as error:
            raise MasterKeyWrong() from error

    def has(self, name: str) -> bool:
        """Whether there is one."""
        return self._path(name).exists()

    def shred(self, name: str) -> None:
        """Overwrite and remove. On a journalling disk only the master key's end is final."""
        path = self._path(name)
        if not path.exists():
            return
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        self._synchronise()

    def _synchronise(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
