"""The migrations make what the models describe, on both engines, and keep rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from pbvote.edges.tables import METADATA
from pbvote.platform.db import Which, open_engine
from pbvote.platform.migrate import SchemaOutdated, configuration, head, require_current, upgrade
from pbvote.platform.places import MIGRATIONS
from tests.postgres import fresh_database

SIDES: tuple[Which, ...] = ("main", "box")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    with fresh_database(request.getfixturevalue("postgres_url")) as fresh:
        yield fresh


@pytest.mark.parametrize("side", SIDES)
def test_each_tree_has_one_head(side: Which) -> None:
    assert len(ScriptDirectory.from_config(configuration("", side)).get_heads()) == 1


@pytest.mark.parametrize("side", SIDES)
def test_the_migrated_schema_is_the_models(side: Which, url: str) -> None:
    upgrade(url, side)
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA[side]) == []
    engine.dispose()


@pytest.mark.parametrize("side", SIDES)
def test_a_database_that_was_not_migrated_is_refused(side: Which, url: str) -> None:
    engine = open_engine(url)
    with pytest.raises(SchemaOutdated) as caught:
        require_current(engine, side)
    assert caught.value.facts["wanted"] == head(side)
    upgrade(url, side)
    require_current(engine, side)
    engine.dispose()


def test_the_two_databases_have_no_table_in_common_but_the_log() -> None:
    common = set(METADATA["main"].tables) & set(METADATA["box"].tables)
    assert common
    assert all(name.startswith("bulletin_") for name in common)


def test_history_does_not_follow_the_application() -> None:
    """A step does what it did when it was written, whatever the code says today."""
    steps = [path for side in SIDES for path in (MIGRATIONS / side / "versions").glob("*.py")]
    assert len(steps) >= 6
    assert [path.name for path in steps if "pbvote" in path.read_text(encoding="utf-8")] == []
