"""Tables of the public logs: the roll's in the main database, the box's in the box database.

The same three tables twice, because the two databases share nothing. One log per call and database.
Positions are given by one sequencer at the flush, so that no table has a counter that every request
would wait for.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from pbvote.platform.db import BoxBase, MainBase, Which


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTables:
    """The tables that hold the logs of one database."""

    entry: Table
    tile: Table
    checkpoint: Table


def _tables(metadata: MetaData) -> LogTables:
    entry = Table(
        "bulletin_entry",
        metadata,
        Column("call_id", String(32), primary_key=True),
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("hash", LargeBinary, nullable=False),
        Column("data", LargeBinary, nullable=False),
        Index("ix_bulletin_entry_call_id_hash", "call_id", "hash"),
    )
    tile = Table(
        "bulletin_tile",
        metadata,
        Column("call_id", String(32), primary_key=True),
        Column("level", Integer, primary_key=True, autoincrement=False),
        Column("index", BigInteger, primary_key=True, autoincrement=False),
        Column("hashes", LargeBinary, nullable=False),
    )
    checkpoint = Table(
        "bulletin_checkpoint",
        metadata,
        Column("call_id", String(32), primary_key=True),
        Column("size", BigInteger, primary_key=True, autoincrement=False),
        Column("root", LargeBinary, nullable=False),
        Column("note", Text, nullable=False),
    )
    return LogTables(entry=entry, tile=tile, checkpoint=checkpoint)


TABLES: dict[Which, LogTables] = {
    "main": _tables(MainBase.metadata),
    "box": _tables(BoxBase.metadata),
}
