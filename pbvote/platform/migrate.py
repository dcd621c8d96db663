"""Brings a database to the schema of this version (Alembic; a tree for each of the two databases)."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from pbvote.core.errors import ServiceUnavailable
from pbvote.platform.db import Which
from pbvote.platform.places import MIGRATIONS


class SchemaOutdated(ServiceUnavailable):
    """The database is not at this version's schema (facts which, at, wanted)."""

    code = "migrate.outdated"


def configuration(url: str, which: Which) -> Config:
    """Alembic's configuration for one database, without any file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(MIGRATIONS / which / "versions"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    config.attributes["which"] = which
    return config


def upgrade(url: str, which: Which) -> None:
    """Bring the database to the newest schema; one transaction per migration."""
    command.upgrade(configuration(url, which), "head")


def head(which: Which) -> str:
    """The newest revision of a tree; there is exactly one."""
    found = ScriptDirectory.from_config(configuration("", which)).get_current_head()
    return found or ""


def require_current(engine: Engine, which: Which) -> None:
    """Guarantee that the database is at the newest schema.

    Raises:
        SchemaOutdated: run ``pbvote migrate`` first.
    """
    with engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision() or "empty"
    wanted = head(which)
    if at != wanted:
        raise SchemaOutdated(which=which, at=at, wanted=wanted)


def upgrade_both(main_url: str, box_url: str) -> None:
    """Bring both databases to the newest schema."""
    upgrade(main_url, "main")
    upgrade(box_url, "box")
