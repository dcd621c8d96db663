"""Tables of the ballot box (票匭): what was cast, never by whom or when.

No row has a time, an address or a number that rises with arrival. On SQLite the tables of credentials
and pending ballots are stored in the order of their keys (WITHOUT ROWID), which are random.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Integer, LargeBinary, String, Table

from pbvote.platform.db import BoxBase, Flag, Instant

VOTE = Table(
    "ballotbox_vote",
    BoxBase.metadata,
    Column("call_id", String(32), primary_key=True),
    Column("manifest", LargeBinary, nullable=False),
    Column("state", Integer, nullable=False),  # of service.State
    Column("uncleaned", Flag, nullable=False),  # deleted ballots may still be in the files
    Column("help", JSON, nullable=False, server_default="{}"),  # of help.Help
)

CREDENTIAL = Table(
    "ballotbox_credential",
    BoxBase.metadata,
    Column("call_id", String(32), primary_key=True),
    Column("credential", LargeBinary, primary_key=True),
    Column("entry_hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

PENDING = Table(
    "ballotbox_pending",
    BoxBase.metadata,
    Column("call_id", String(32), primary_key=True),
    Column("style", String(255), primary_key=True),
    Column("entry_hash", LargeBinary, primary_key=True),
    Column("entry", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

BATCH = Table(
    "ballotbox_batch",
    BoxBase.metadata,
    Column("call_id", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("style", String(255), nullable=False),
    Column("count", Integer, nullable=False),
    Column("flushed_at", Instant, nullable=False),
)

NOTICE = Table(
    "ballotbox_notice",
    BoxBase.metadata,
    Column("call_id", String(32), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("statement", LargeBinary, nullable=False),
)
