"""Keyed hashes in place of identity numbers: one key per call, one label per use.

There are only some 5.2e8 possible numbers, so a plain hash hides none of them; only the key does. What
comes out is a pseudonym and stays personal data while the key exists. All values are HMAC-SHA-256, and
each part has a fixed length or a length byte, so that no two inputs share an encoding.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import date
from typing import Final

from pbvote.core.identity.national_id import CanonicalId
from pbvote.core.letters import narrow
from pbvote.core.types import CallId, ElectionHash, length_prefixed, tag

_SHORTEST_KEY: Final = 32
_LONGEST_CODE: Final = 255
_IGNORED = re.compile(r"[\s\-\u2010-\u2015\u2212]")


def _hmac(key: bytes, message: bytes) -> bytes:
    if len(key) < _SHORTEST_KEY:
        raise ValueError("a key of at least 32 bytes is needed")
    return hmac.digest(key, message, hashlib.sha256)


def person_key(k_roll: bytes, call_id: CallId, person: CanonicalId) -> bytes:
    """The key of a person's row in the roll of one call, 32 bytes.

    It does not depend on the manifest, so a roll can be imported before the freeze (S3).
    """
    parts = length_prefixed(call_id) + length_prefixed(person.number)
    return _hmac(k_roll, tag("pbvote/person/v1") + parts)


def person_check(
    k_roll: bytes, call_id: CallId, person: CanonicalId, *, birth_on: date, code: str = ""
) -> bytes:
    """What the roll keeps to compare birth date and per-voter code with, 32 bytes (S3).

    The code is compared without regard to width, case, spaces and hyphens, by its first 255 bytes: no
    code is too long to be compared, or its refusal would tell who is on the roll.
    """
    parts = (
        length_prefixed(call_id),
        length_prefixed(person.number),
        length_prefixed(birth_on.isoformat()),
        length_prefixed(_canonical_code(code)),
    )
    return _hmac(k_roll, tag("pbvote/check/v1") + b"".join(parts))


def _canonical_code(code: str) -> str:
    folded = _IGNORED.sub("", narrow(code)).upper()
    return folded.encode()[:_LONGEST_CODE].decode(errors="ignore")


def voter_record(k_call: bytes, election_hash: ElectionHash, person: CanonicalId) -> bytes:
    """The pseudonym (投票人代碼) of a person in one election, 32 bytes (S4).

    Raises:
        ValueError: an election hash that is not 32 bytes.
    """
    if len(election_hash) != 32:
        raise ValueError("an election hash is 32 bytes")
    return _hmac(k_call, tag("pbvote/tools/voter/v1") + election_hash + person.number.encode())
