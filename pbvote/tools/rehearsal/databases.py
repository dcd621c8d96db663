"""The two databases of a rehearsal: named, made where missing, and empty unless it goes on."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError

from pbvote.platform.db import open_engine
from pbvote.tools.rehearsal.errors import DatabaseNotEmpty, DatabaseUnreachable, DatabaseUnsupported

_POSTGRES = {"postgresql", "postgres", "postgresql+psycopg"}


def urls(main: str, box: str, *, folder: Path) -> tuple[str, str]:
    """The URLs of main and box; by default SQLite in the folder, and box beside main.

    Raises:
        DatabaseUnsupported: neither SQLite nor PostgreSQL.
    """
    main_url = _url(main or f"sqlite:///{folder.absolute() / 'main.db'}")
    if box:
        box_url = _url(box)
    elif main:
        box_url = main_url.set(database=_boxed(main_url))
    else:
        box_url = _url(f"sqlite:///{folder.absolute() / 'box.db'}")
    return main_url.render_as_string(hide_password=False), box_url.render_as_string(hide_password=False)


def _url(text_of_url: str) -> URL:
    try:
        url = make_url(text_of_url)
    except ArgumentError as error:
        raise DatabaseUnsupported(field="database-url", value="?") from error
    if url.drivername in _POSTGRES:
        url = url.set(drivername="postgresql+psycopg")
    elif url.drivername != "sqlite":
        raise DatabaseUnsupported(field="database-url", value=url.drivername)
    if not url.database or url.database == ":memory:":
        raise DatabaseUnsupported(field="database-url", value=str(url.database))
    return url


def _boxed(url: URL) -> str:
    name = url.database or ""
    if url.drivername != "sqlite":
        return f"{name}_box"
    path = Path(name)
    return str(path.with_name(f"{path.stem}_box{path.suffix}"))


def is_postgres(url: str) -> bool:
    """Whether the URL names a PostgreSQL database."""
    return make_url(url).get_backend_name() == "postgresql"


def make_missing(url: str) -> None:
    """The database exists afterwards; with a collation that sorts and searches Chinese.

    Raises:
        DatabaseUnreachable: the server refuses.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
        return
    engine = create_engine(parsed.set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            known = text("SELECT 1 FROM pg_database WHERE datname = :name")
            if connection.scalar(known, {"name": parsed.database}) is None:
                name = engine.dialect.identifier_preparer.quote_identifier(parsed.database or "")
                connection.execute(
                    text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
                )
    except OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise DatabaseUnreachable(database=parsed.database, reason=reason) from error
    finally:
        engine.dispose()


def require_empty(url: str) -> None:
    """Guarantee that a database holds no table.

    Raises:
        DatabaseNotEmpty: it does.
    """
    engine = open_engine(url, pool_size=1)
    try:
        if inspect(engine).get_table_names():
            raise DatabaseNotEmpty(database=make_url(url).database)
    finally:
        engine.dispose()
