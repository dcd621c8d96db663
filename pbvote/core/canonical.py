"""Canonical JSON (RFC 8785) for values of objects, arrays, integers and strings only.

Restricting the values makes the RFC's number rules trivial: no floats, no booleans, no null.
"""

from __future__ import annotations

import json
from typing import TypeAlias

from pbvote.core.errors import VerificationError

Json: TypeAlias = "int | str | list[Json] | dict[str, Json]"

_SAFE_INTEGER = 2**53 - 1


class NotCanonical(VerificationError):
    """The bytes are not the canonical form of what they say."""

    code = "canonical.not-canonical"


def _check(value: object) -> None:
    if isinstance(value, bool) or value is None or isinstance(value, float):
        raise NotCanonical(value=repr(value))
    if isinstance(value, int):
        if abs(value) > _SAFE_INTEGER:
            raise NotCanonical(value=str(value))
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise NotCanonical(value="lone surrogate") from error
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(value=repr(key))
            _check(key)
            _check(item)
    else:
        raise NotCanonical(value=type(value).__name__)


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        # RFC 8785 3.2.3: members sorted by UTF-16 code units
        return {k: _sorted(value[k]) for k in sorted(value, key=lambda k: k.encode("utf-16-be"))}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value


def encode(value: object) -> bytes:
    """Canonical bytes of a value.

    Raises:
        NotCanonical: a float, boolean, null, integer over 2**53 - 1 or lone surrogate inside.
    """
    try:
        _check(value)
        return json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":")).encode()
    except RecursionError as error:
        raise NotCanonical(value="nested too deep") from error


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise NotCanonical(value="duplicate member")
    return result


def flag(value: object) -> bool:
    """Yes or no as it stands in canonical JSON: 1 or 0 and nothing else. Raises ValueError."""
    if type(value) is int and value in (0, 1):
        return bool(value)
    raise ValueError("neither 0 nor 1")


def decode(data: bytes) -> Json:
    """The value of canonical bytes; any other spelling of the same value is refused.

    Raises:
        NotCanonical: not UTF-8, not JSON, or not in canonical form.
    """
    try:
        value: Json = json.loads(data.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(value="not JSON") from error
    if encode(value) != data:
        raise NotCanonical(value="other spelling")
    return value
