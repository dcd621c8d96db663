"""An append-only log of bytes: entries, a Merkle tree over them, signed checkpoints and proofs.

Knows bytes, not meanings. Everything joins the caller's transaction, so that a flush with its
checkpoint is there as a whole or not at all. One writer at a time is the caller's duty; two at once
would claim the same position and the second would fail as a whole::

    with rt.box() as tx:
        log = Log(tx, "box", call_id)
        log.append(entries)
        log.sign_checkpoint(name, seed)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from pbvote.core.errors import NotFound
from pbvote.core.log import checkpoint as notes
from pbvote.core.log import merkle
from pbvote.core.types import CallId, EntryHash
from pbvote.platform.bulletin.models import TABLES
from pbvote.platform.db import Which

_APPEND_AT_ONCE = 2048
_READ_AT_ONCE = 500


class EntryUnknown(NotFound):
    """The log holds no such entry."""

    code = "log.entry-unknown"


class CheckpointUnknown(NotFound):
    """The log has no checkpoint yet, or none of that size."""

    code = "log.checkpoint-unknown"


class Log:
    """The log of one call in one database, within one transaction."""

    def __init__(self, tx: Session, side: Which, call_id: CallId) -> None:
        self._tx = tx
        self._tables = TABLES[side]
        self._call_id = call_id
        self._full: dict[tuple[int, int], bytes] = {}

    def size(self) -> int:
        """Number of entries."""
        entry = self._tables.entry
        last = self._tx.scalar(select(func.max(entry.c.position)).where(entry.c.call_id == self._call_id))
        return 0 if last is None else int(last) + 1

    def append(self, entries: Iterable[bytes]) -> int:
        """Append in the order given and grow the tree; returns the size afterwards."""
        size = self.size()
        stream = iter(entries)
        while chunk := list(islice(stream, _APPEND_AT_ONCE)):
            hashes = [merkle.leaf_hash(data) for data in chunk]
            self._tx.execute(
                self._tables.entry.insert(),
                [
                    {"call_id": self._call_id, "position": position, "hash": leaf, "data": data}
                    for position, (leaf, data) in enumerate(zip(hashes, chunk, strict=True), size)
                ],
            )
            self._write_tiles(merkle.append_tiles(self, size, hashes))
            size += len(chunk)
        return size

    def tile(self, level: int, index: int, /) -> bytes:
        """The hashes stored so far in a tile, ``b""`` where it does not exist."""
        if (level, index) in self._full:
            return self._full[level, index]
        tile = self._tables.tile
        hashes = self._tx.scalar(
            select(tile.c.hashes).where(
                tile.c.call_id == self._call_id, tile.c.level == level, tile.c.index == index
            )
        )
        found = bytes(hashes or b"")
        if len(found) == merkle.HASH_LENGTH * merkle.TILE_WIDTH:
            self._full[level, index] = found  # a full tile never changes
        return found

    def root(self, size: int | None = None) -> bytes:
        """Root of the first ``size`` entries; of all where no size is given."""
        return merkle.root(self, self.size() if size is None else size)

    def sign_checkpoint(self, name: str, seed: bytes) -> str:
        """Sign the log as it stands, keep the note and return it; equal state gives equal bytes.

        ``name`` is both the log's origin and the name of its key.
        """
        size = self.size()
        root = self.root(size)
        note = notes.sign_checkpoint(notes.Checkpoint(origin=name, size=size, root=root), name, seed)
        table = self._tables.checkpoint
        self._tx.execute(
            self._insert(table)
            .values(call_id=self._call_id, size=size, root=root, note=note)
            .on_conflict_do_nothing(index_elements=["call_id", "size"])
        )
        return note

    def checkpoint(self) -> str:
        """The newest signed checkpoint.

        Raises:
            CheckpointUnknown: there is none yet.
        """
        table = self._tables.checkpoint
        note = self._tx.scalar(
            select(table.c.note)
            .where(table.c.call_id == self._call_id)
            .order_by(table.c.size.desc())
            .limit(1)
        )
        if note is None:
            raise CheckpointUnknown(call=self._call_id)
        return str(note)

    def signed_size(self) -> int:
        """Number of entries under the newest checkpoint; 0 where there is none."""
        table = self._tables.checkpoint
        size = self._tx.scalar(select(func.max(table.c.size)).where(table.c.call_id == self._call_id))
        return int(size or 0)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The entries from ``start`` up to ``stop`` in order, a few hundred in memory at a time."""
        entry = self._tables.entry
        at = start
        while stop is None or at < stop:
            upto = at + _READ_AT_ONCE if stop is None else min(stop, at + _READ_AT_ONCE)
            rows: Sequence[bytes] = self._tx.scalars(
                select(entry.c.data)
                .where(
                    entry.c.call_id == self._call_id,
                    entry.c.position >= at,
                    entry.c.position < upto,
                )
                .order_by(entry.c.position)
            ).all()
            if not rows:
                return
            yield from (bytes(row) for row in rows)
            at += len(rows)

    def entry(self, position: int) -> bytes:
        """One entry.

        Raises:
            EntryUnknown: no such position.
        """
        for data in self.entries(position, position + 1):
            return data
        raise EntryUnknown(position=position)

    def position_of(self, entry_hash: bytes) -> int:
        """The first position of the entry with this hash.

        Raises:
            EntryUnknown: it is not in the log.
        """
        return self.find(entry_hash)[0]

    def find(self, prefix: bytes) -> tuple[int, EntryHash]:
        """Position and hash of the first entry whose hash starts with the bytes (1 to 32 of them).

        Raises:
            EntryUnknown: there is none.
        """
        entry = self._tables.entry
        rest = merkle.HASH_LENGTH - len(prefix)
        row = self._tx.execute(
            select(entry.c.position, entry.c.hash)
            .where(
                entry.c.call_id == self._call_id,
                entry.c.hash >= prefix + bytes(rest),
                entry.c.hash <= prefix + b"\xff" * rest,
            )
            .order_by(entry.c.hash, entry.c.position)
            .limit(1)
        ).first()
        if row is None or not prefix:
            raise EntryUnknown(call=self._call_id)
        return int(row.position), EntryHash(bytes(row.hash))

    def inclusion(self, position: int, size: int) -> list[bytes]:
        """The proof that the entry at a position is in the first ``size`` entries."""
        return merkle.inclusion_proof(self, position, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the first ``old`` entries begin the first ``new``."""
        return merkle.consistency_proof(self, old, new)

    def _write_tiles(self, tiles: list[tuple[int, int, bytes]]) -> None:
        if not tiles:
            return
        statement = self._insert(self._tables.tile)
        statement = statement.on_conflict_do_update(
            index_elements=["call_id", "level", "index"],
            set_={"hashes": statement.excluded.hashes},
        )
        self._tx.execute(
            statement,
            [
                {"call_id": self._call_id, "level": level, "index": index, "hashes": hashes}
                for level, index, hashes in tiles
            ],
        )

    def _insert(self, table: object) -> sqlite.Insert | postgresql.Insert:
        dialect = self._tx.get_bind().dialect.name
        make = sqlite.insert if dialect == "sqlite" else postgresql.insert
        return make(table)  # type: ignore[arg-type]
