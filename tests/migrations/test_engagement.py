"""0003: proposals of earlier releases keep their rows, belong to no category and lie nowhere on the map."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import inspect, text

from pbvote.platform.db import open_engine
from pbvote.platform.migrate import configuration, upgrade
from tests.migrations.old_rows import database_with_a_proposal


def test_proposals_of_earlier_releases_have_no_category_and_no_place(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    database_with_a_proposal(url, "0002")
    upgrade(url, "main")
    engine = open_engine(url)
    with engine.connect() as connection:
        shown = text("SELECT title, category, latitude, longitude FROM proposals_proposal")
        assert tuple(connection.execute(shown).one()) == ("舊案", "", None, None)
        assert "engagement_follow" in inspect(connection).get_table_names()
    engine.dispose()
    command.downgrade(configuration(url, "main"), "0002")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT track FROM proposals_proposal")).scalar() == ""
    engine.dispose()
