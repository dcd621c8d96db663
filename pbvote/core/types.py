"""Names for the plain values that travel between the rooms."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta, timezone
from enum import StrEnum
from typing import Final, NamedTuple, NewType

from pbvote.core.errors import InvalidInput

CallId = NewType("CallId", str)
StyleId = NewType("StyleId", str)
DistrictId = NewType("DistrictId", str)
AgencyId = NewType("AgencyId", int)
ProjectNumber = NewType("ProjectNumber", int)
EntryHash = NewType("EntryHash", bytes)
"""RFC 6962 leaf hash of a log entry, 32 bytes."""
ElectionHash = NewType("ElectionHash", bytes)
"""EH of the protocol: SHA-256 of the manifest's bytes."""
TAIPEI: Final = timezone(timedelta(hours=8), "Asia/Taipei")
"""Taiwan's time, without summer time since 1980: fixed, so that no reader needs a time zone database."""


class NotBase64(InvalidInput):
    """The field is not standard base64."""

    code = "input.base64"


class Choices(NamedTuple):
    """What a ballot says: project numbers, and for a points ballot the points of each in parallel.

    ``projects`` is ascending for a set and for points, best first for a ranking. A blank ballot is
    ``Choices()``; being a pair it is always truthy, so blankness is asked of ``projects``.
    """

    projects: tuple[int, ...] = ()
    points: tuple[int, ...] = ()

    @classmethod
    def of_set(cls, numbers: Iterable[int]) -> Choices:
        """The ballot that names these projects, in no order of preference."""
        return cls(tuple(sorted(numbers)))


class Mode(StrEnum):
    """How the service runs; written into every manifest and printed by the verifier."""

    PRODUCTION = "production"
    DEMO = "demo"
    REHEARSAL = "rehearsal"
    TEST = "test"


class Role(StrEnum):
    """What an account of an agency may do."""

    OFFICER = "officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who performs an act: an account as the login resolved it, never a session object."""

    kind: str  # "officer" (any account of an agency) | "resident" | "system"
    id: int
    agency_id: AgencyId | None = None
    roles: frozenset[Role] = frozenset()

    def has(self, role: Role) -> bool:
        """Whether the account holds the role."""
        return role in self.roles


SYSTEM = Actor(kind="system", id=0)


def tag(name: str) -> bytes:
    """Domain separator ``tag(s) = s || 0x00``."""
    return name.encode() + b"\x00"


def length_prefixed(text: str) -> bytes:
    """``L(s) = len8 || utf8(s)``; at most 255 bytes."""
    data = text.encode()
    if len(data) > 255:
        raise ValueError("longer than 255 bytes")
    return bytes([len(data)]) + data


def sha256(data: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def is_hex_digest(text: str) -> bool:
    """Whether the text is a SHA-256 as 64 lower-case hexadecimal digits."""
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def b64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode()


def unb64(text: str, *, field: str = "") -> bytes:
    """Bytes of standard base64, in the one spelling that :func:`b64` writes.

    Raises:
        NotBase64: any other character, padding or left-over bit.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotBase64(field=field) from error
    if b64(data) != text:
        raise NotBase64(field=field)
    return data
