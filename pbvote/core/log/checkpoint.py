"""Checkpoints: what a log signs about itself (C2SP tlog-checkpoint in a C2SP signed-note).

A checkpoint is three lines (origin, size, base64 of the root), an empty line and signature lines::

    pbvote.example/box/c1
    1024
    pKb1vTJmJ1CwFG1K5hJKkx1jv6YvMJ0WmSm1OQ4y5NA=

    — pbvote.example/box/c1 6sK2...

Further lines by witnesses may follow; here only the log's own key decides.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pbvote.core.log.errors import (
    CheckpointMalformed,
    CheckpointOtherOrigin,
    CheckpointUnsigned,
    VerifierKeyMalformed,
)
from pbvote.core.types import b64, sha256

_ED25519: Final = 1
_NUMBER_LENGTH: Final = 4
_MOST_SIGNATURES: Final = 64
_LONGEST_NOTE: Final = 64 * 1024
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_MARK: Final = "\u2014 "


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The name, number and Ed25519 key under which a note's signature line stands."""

    name: str
    number: bytes
    public: bytes


def _key_number(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([_ED25519]) + public)[:_NUMBER_LENGTH]


def _strict_base64(text: str) -> bytes | None:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # unused bits may hold anything, so one value could be written in several ways
    return value if b64(value) == text else None


def verifier_key(name: str, public: bytes) -> str:
    """The line ``name+number+key`` that readers of a log are given.

    Raises:
        VerifierKeyMalformed: a name with spaces or a plus sign, or a key that is not 32 bytes.
    """
    if not _NAME.fullmatch(name):
        raise VerifierKeyMalformed(reason="name")
    if len(public) != 32:
        raise VerifierKeyMalformed(reason="length")
    return f"{name}+{_key_number(name, public).hex()}+{b64(bytes([_ED25519]) + public)}"


def parse_verifier_key(line: str) -> VerifierKey:
    """The key of a verifier-key line, its number checked.

    Raises:
        VerifierKeyMalformed: not such a line, not Ed25519, or a number of another key.
    """
    name, _, rest = line.partition("+")
    number, _, encoded = rest.partition("+")
    key = _strict_base64(encoded)
    if key is None or len(key) != 33 or key[0] != _ED25519:
        raise VerifierKeyMalformed(reason="key")
    if line != verifier_key(name, key[1:]):
        raise VerifierKeyMalformed(reason="number")
    return VerifierKey(name=name, number=bytes.fromhex(number), public=key[1:])


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root of a log at one moment."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The signed text, three lines."""
        return f"{self.origin}\n{self.size}\n{b64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint that exactly this text says; this service writes no extension lines.

        Raises:
            CheckpointMalformed: any other text.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise CheckpointMalformed(reason="lines")
        origin, size, encoded, _ = lines
        root = _strict_base64(encoded)
        if not origin or not origin.isprintable():
            raise CheckpointMalformed(reason="origin")
        if not _SIZE.fullmatch(size):
            raise CheckpointMalformed(reason="size")
        if root is None or len(root) != 32:
            raise CheckpointMalformed(reason="root")
        return cls(origin=origin, size=int(size), root=root)


def sign_checkpoint(checkpoint: Checkpoint, name: str, seed: bytes) -> str:
    """The checkpoint as a note with one signature line under the name; equal input, equal output.

    Raises:
        VerifierKeyMalformed: a name with spaces or a plus sign, or a seed that is not 32 bytes.
        CheckpointMalformed: an origin, size or root that a reader would refuse.
    """
    if len(seed) != 32:
        raise VerifierKeyMalformed(reason="length")
    text = checkpoint.text()
    Checkpoint.parse(text)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    number = parse_verifier_key(verifier_key(name, public)).number
    return f"{text}\n{_MARK}{name} {b64(number + key.sign(text.encode()))}\n"


def open_note(note: str, vkey: str) -> str:
    """The text of a signed note that the key has signed; lines of other keys are passed over.

    Raises:
        VerifierKeyMalformed: the key line is none.
        CheckpointMalformed: not a signed note.
        CheckpointUnsigned: no line of this key, or one whose signature is wrong.
    """
    key = parse_verifier_key(vkey)
    text, lines = _split_note(note)
    try:
        signed = text.encode()
    except UnicodeEncodeError as error:
        raise CheckpointMalformed(reason="encoding") from error
    for line in lines:
        name, number, signature = _signature_line(line)
        if (name, number) != (key.name, key.number):
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, signed)
        except (InvalidSignature, ValueError) as error:
            raise CheckpointUnsigned(name=key.name) from error
        return text
    raise CheckpointUnsigned(name=key.name)


def open_checkpoint(note: str, vkey: str, *, origin: str) -> Checkpoint:
    """The checkpoint of this origin that the key has signed.

    Raises:
        VerifierKeyMalformed: the key line is none.
        CheckpointMalformed: not a signed note, or its text is no checkpoint.
        CheckpointUnsigned: the key has not signed it.
        CheckpointOtherOrigin: it speaks of another log.
    """
    checkpoint = Checkpoint.parse(open_note(note, vkey))
    if checkpoint.origin != origin:
        raise CheckpointOtherOrigin(expected=origin, found=checkpoint.origin)
    return checkpoint


def _split_note(note: str) -> tuple[str, list[str]]:
    if len(note) > _LONGEST_NOTE:
        raise CheckpointMalformed(reason="length")
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise CheckpointMalformed(reason="signature block")
    lines = signatures[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise CheckpointMalformed(reason="signature block")
    return text + "\n", lines


def _signature_line(line: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(_MARK).partition(" ")
    value = _strict_base64(encoded)
    is_formed = line.startswith(_MARK) and _NAME.fullmatch(name)
    if not is_formed or value is None or len(value) <= _NUMBER_LENGTH:
        raise CheckpointMalformed(reason="signature line")
    return name, value[:_NUMBER_LENGTH], value[_NUMBER_LENGTH:]
