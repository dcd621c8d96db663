"""The Merkle tree of a log (RFC 6962, RFC 9162), kept as tiles 256 hashes wide (C2SP tlog-tiles).

Tile ``(0, i)`` holds the leaf hashes from ``256 * i``; entry ``j`` of level ``l + 1`` is the root of the
full tile ``(l, j)``. A tile may be partial; full tiles never change, so they are static files. The
functions compute over a :class:`TileReader` and never write: the log's owner stores what they return.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from pbvote.core.log.errors import (
    ConsistencyInvalid,
    InclusionInvalid,
    ProofImpossible,
    TileIncomplete,
)
from pbvote.core.types import EntryHash

HASH_LENGTH: Final = 32
TILE_WIDTH: Final = 256
_TILE_HEIGHT: Final = 8
_TILE_LENGTH: Final = HASH_LENGTH * TILE_WIDTH
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


class TileReader(Protocol):
    """Where tiles are read from."""

    def tile(self, level: int, index: int, /) -> bytes:
        """The hashes stored so far in a tile, ``b""`` when it does not exist yet."""


def leaf_hash(entry: bytes) -> EntryHash:
    """Hash of an entry as a leaf (RFC 6962 2.1)."""
    return EntryHash(hashlib.sha256(b"\x00" + entry).digest())


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node (RFC 6962 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class RootBuilder:
    """The root of leaves that stream by, in memory of log2(size) hashes."""

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        complete = self.size
        self.size += 1
        while complete & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            complete >>= 1
        self._peaks.append(leaf)

    def root(self) -> bytes:
        """Root of the leaves so far; of none, the hash of nothing."""
        if not self._peaks:
            return EMPTY_ROOT
        result = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            result = node_hash(peak, result)
        return result


def _fold(hashes: bytes) -> bytes:
    """Root of a power of two of concatenated hashes."""
    level = [hashes[i : i + HASH_LENGTH] for i in range(0, len(hashes), HASH_LENGTH)]
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


def append_tiles(reader: TileReader, size: int, hashes: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
    """The tiles ``(level, index, hashes)`` to write when leaf hashes are appended to a tree of ``size``.

    Raises:
        TileIncomplete: the reader does not hold the tree of that size.
    """
    written: list[tuple[int, int, bytes]] = []
    level, start, added = 0, size, list(hashes)
    while added:
        index, kept = divmod(start, TILE_WIDTH)
        hashed = _stored(reader, (level, index), kept) + b"".join(added)
        added = []
        for number, offset in enumerate(range(0, len(hashed), _TILE_LENGTH), index):
            tile = hashed[offset : offset + _TILE_LENGTH]
            written.append((level, number, tile))
            if len(tile) == _TILE_LENGTH:
                added.append(_fold(tile))
        level, start = level + 1, index
    return written


def _stored(reader: TileReader, place: tuple[int, int], width: int) -> bytes:
    if not width:
        return b""
    level, index = place
    tile = reader.tile(level, index)
    if len(tile) < width * HASH_LENGTH:
        raise TileIncomplete(level=level, index=index)
    return tile[: width * HASH_LENGTH]


def _complete_root(reader: TileReader, height: int, index: int) -> bytes:
    """Root of the complete subtree of ``2**height`` leaves that starts at ``index * 2**height``."""
    level, rest = divmod(height, _TILE_HEIGHT)
    width = 1 << rest
    tile_index, offset = divmod(index * width, TILE_WIDTH)
    hashes = _stored(reader, (level, tile_index), offset + width)
    return _fold(hashes[offset * HASH_LENGTH :])


def _split(length: int) -> int:
    """Largest power of two below the length."""
    return 1 << ((length - 1).bit_length() - 1)


def _range_root(reader: TileReader, low: int, high: int) -> bytes:
    length = high - low
    if length & (length - 1) == 0:
        return _complete_root(reader, length.bit_length() - 1, low // length)
    middle = low + _split(length)
    return node_hash(_range_root(reader, low, middle), _range_root(reader, middle, high))


def root(reader: TileReader, size: int) -> bytes:
    """Root of the first ``size`` leaves; any size up to the present one.

    Raises:
        TileIncomplete: the reader does not hold the tree of that size.
    """
    if size < 0:
        raise ProofImpossible(field="size", size=size)
    return _range_root(reader, 0, size) if size else EMPTY_ROOT


def inclusion_proof(reader: TileReader, index: int, size: int) -> list[bytes]:
    """The hashes that lead from leaf ``index`` to the root of ``size`` leaves (RFC 9162 2.1.3.1).

    Raises:
        ProofImpossible: no leaf of that number in a tree of that size.
        TileIncomplete: the reader does not hold the tree of that size.
    """
    if not 0 <= index < size:
        raise ProofImpossible(field="index", index=index, size=size)
    low, high, proof = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_range_root(reader, middle, high))
            high = middle
        else:
            proof.append(_range_root(reader, low, middle))
            low = middle
    return proof[::-1]


def consistency_proof(reader: TileReader, old: int, new: int) -> list[bytes]:
    """The hashes that show the first ``old`` leaves to begin the first ``new`` (RFC 9162 2.1.4.1).

    Raises:
        ProofImpossible: not ``0 < old <= new``.
        TileIncomplete: the reader does not hold the tree of that size.
    """
    if not 0 < old <= new:
        raise ProofImpossible(field="old", old=old, new=new)
    low, high, proof = 0, new, []
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(_range_root(reader, middle, high))
            high = middle
        else:
            proof.append(_range_root(reader, low, middle))
            low = middle
    if low:
        # the old tree's last subtree is inner to it, so the reader of the proof does not know its root
        proof.append(_range_root(reader, low, high))
    return proof[::-1]


def _all_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_LENGTH for value in values)


def verify_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """The leaf hash is leaf ``index`` of the tree with this size and root (RFC 9162 2.1.3.2).

    Raises:
        InclusionInvalid: anything else.
    """
    if not 0 <= index < size or not _all_hashes((leaf, root, *proof)):
        raise InclusionInvalid(index=index, size=size)
    place, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise InclusionInvalid(index=index, size=size)
        if place & 1 or place == last:
            reached = node_hash(sibling, reached)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or reached != root:
        raise InclusionInvalid(index=index, size=size)


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """The tree of the old size and root begins the tree of the new size and root (RFC 9162 2.1.4.2).

    An old size of 0 proves nothing and is refused.

    Raises:
        ConsistencyInvalid: anything else.
    """
    failure = ConsistencyInvalid(old_size=old_size, new_size=new_size)
    if not 0 < old_size <= new_size:
        raise failure
    if old_size == new_size:
        if proof or old_root != new_root:
            raise failure
        return
    if not proof or not _all_hashes((old_root, new_root, *proof)):
        raise failure
    hashes = list(proof)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if _climb(old_size, new_size, hashes) != (old_root, new_root):
        raise failure


def _climb(old_size: int, new_size: int, hashes: list[bytes]) -> tuple[bytes, bytes] | None:
    """Both roots that the hashes lead to, or None when their number does not fit the sizes."""
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    return (old, new) if last == 0 else None
