"""The two databases: main (who) and box (what). They share no table, no key and no connection.

SQLite is the embedded default (WAL, full synchronisation, one writer at a time); PostgreSQL serves
at scale through the same code.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import DateTime, Engine, Integer, MetaData, TypeDecorator, create_engine, event, make_url
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase

Which = Literal["main", "box"]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class MainBase(DeclarativeBase):
    """Tables of the main database: agencies, calls, proposals, the registrar and the roll log."""

    metadata = MetaData(naming_convention=NAMING)


class BoxBase(DeclarativeBase):
    """Tables of the box database: credentials, pending ballots and the box log."""

    metadata = MetaData(naming_convention=NAMING)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, on both engines."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite loses the zone: it is UTC."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Flag(TypeDecorator[bool]):
    """Yes or no in a column of integers, 1 or 0, on both engines."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        """Refuse anything that is no boolean."""
        if value is None:
            return None
        if not isinstance(value, bool):
            raise ValueError("no boolean")
        return int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        """The boolean again."""
        return None if value is None else bool(value)


def _sqlite_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _sqlite_begin alone
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=20000",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _for_its_owner_alone(path: str) -> None:
    """The database's file, and what SQLite puts beside it, is read by nobody else on the machine."""
    with suppress(OSError):
        if os.stat(path).st_mode & 0o077:
            os.chmod(path, 0o600)


def _sqlite_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def open_engine(url: str, *, pool_size: int = 10) -> Engine:
    """An engine for one database; nothing is created.

    No error shows a statement's values: a mail's sign-in token or voting code would be in the log.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed, connect_args={"check_same_thread": False}, pool_size=pool_size, hide_parameters=True
        )
        path = parsed.database
        if path and path != ":memory:":
            event.listen(engine, "connect", lambda _connection, _record: _for_its_owner_alone(path))
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    return create_engine(
        parsed, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True
    )


def is_sqlite(engine: Engine) -> bool:
    """Whether the engine speaks to an embedded database."""
    return engine.dialect.name == "sqlite"


def truncate_wal(engine: Engine) -> bool:
    """Whether SQLite's write-ahead log was emptied; False while somebody reads from it."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = cursor.fetchone()
        return row is not None and tuple(row[:2]) == (0, 0)
    finally:
        connection.close()
