"""A secret for t of n trustees by replicated XOR sharing: no polynomial, nothing to get subtly wrong.

For every subset of t trustees the secret is split into t parts whose XOR it is; each part is sealed to
its trustee's own point. Any t trustees complete one subset; t - 1 hold only random bytes. The number
of blobs is ``t * C(n, t)``: 30 for 3 of 5.

A blob is named ``"0-1-2/1"``: the subset, then whose part it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import combinations
from typing import Final

from pbvote.core.crypto.errors import SealBroken, ShareBroken, SharesTooFew, SharingImpossible
from pbvote.core.crypto.sealing import OpeningKey, seal
from pbvote.core.types import tag

# indices stay below every printable character, so label and subset cannot run into each other
_MOST_TRUSTEES: Final = 16

Subset = tuple[int, ...]


def share_name(subset: Subset, trustee: int) -> str:
    """The name of one trustee's part for one subset."""
    return "-".join(map(str, subset)) + f"/{trustee}"


def _parse_name(name: str) -> tuple[Subset, int]:
    head, _, tail = name.partition("/")
    try:
        subset, trustee = tuple(int(part) for part in head.split("-")), int(tail)
    except ValueError as error:
        raise ShareBroken(share=name) from error
    is_ordered = list(subset) == sorted(set(subset)) and subset[0] >= 0
    if not is_ordered or subset[-1] >= _MOST_TRUSTEES or trustee not in subset:
        raise ShareBroken(share=name)
    if share_name(subset, trustee) != name:
        raise ShareBroken(share=name)
    return subset, trustee


def _info(label: str, subset: Subset, trustee: int) -> bytes:
    if not label.isprintable():
        raise SharingImpossible(field="label", label=label)
    return tag("pbvote/share/v1") + label.encode() + bytes(subset) + bytes([trustee])


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def share(secret: bytes, points: Sequence[bytes], *, threshold: int, label: str) -> dict[str, bytes]:
    """Blobs from which any ``threshold`` of the trustees, and no fewer, recover the secret.

    The label (the election's origin) is bound into every blob: a blob of one election does not open
    for another.

    Raises:
        SharingImpossible: no trustee, more than 16, a threshold outside 1..n, one point twice, or a
            label that is not printable.
        KeyUnfit: a point is none.
    """
    if not 1 <= threshold <= len(points) <= _MOST_TRUSTEES or not secret:
        raise SharingImpossible(field="threshold", trustees=len(points), threshold=threshold)
    if len(set(points)) != len(points):
        raise SharingImpossible(field="trustees", trustees=len(points), threshold=threshold)
    blobs: dict[str, bytes] = {}
    for subset in combinations(range(len(points)), threshold):
        parts = [secrets.token_bytes(len(secret)) for _ in subset[1:]]
        parts.append(reduce(_xor, parts, secret))
        for trustee, part in zip(subset, parts, strict=True):
            sealed = seal(points[trustee], _info(label, subset, trustee), part)
            blobs[share_name(subset, trustee)] = sealed
    return blobs


def release(blobs: Mapping[str, bytes], trustee: int, *, key: OpeningKey, label: str) -> dict[str, bytes]:
    """All parts of one trustee, opened.

    Raises:
        ShareBroken: a blob is not this trustee's, belongs to another election, or was altered.
    """
    released: dict[str, bytes] = {}
    for name, sealed in blobs.items():
        subset, owner = _parse_name(name)
        if owner != trustee:
            continue
        try:
            released[name] = key.open(_info(label, subset, owner), sealed)
        except SealBroken as error:
            raise ShareBroken(share=name) from error
    if not released:
        raise ShareBroken(share=f"*/{trustee}")
    return released


def combine(released: Iterable[Mapping[str, bytes]], *, threshold: int) -> bytes:
    """The secret, from the released parts of at least ``threshold`` trustees.

    Every complete subset must give the same secret. Whether it is the right one is for the caller to
    check against the public point.

    Raises:
        SharesTooFew: no subset is complete.
        ShareBroken: two trustees' parts contradict each other.
    """
    parts: dict[Subset, dict[int, bytes]] = {}
    for mapping in released:
        for name, part in mapping.items():
            subset, trustee = _parse_name(name)
            if parts.setdefault(subset, {}).setdefault(trustee, part) != part:
                raise ShareBroken(share=name)
    secret: bytes | None = None
    for subset, held in sorted(parts.items()):
        if len(subset) != threshold or len(held) != threshold:
            continue
        if len({len(part) for part in held.values()}) != 1:
            raise ShareBroken(share=share_name(subset, subset[0]))
        found = reduce(_xor, held.values())
        if secret is not None and found != secret:
            raise ShareBroken(share=share_name(subset, subset[0]))
        secret = found
    if secret is None:
        raise SharesTooFew(threshold=threshold)
    return secret
