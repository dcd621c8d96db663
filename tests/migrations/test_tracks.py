"""0002: proposals of the first release keep their rows and belong to no track."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from pbvote.platform.db import open_engine
from pbvote.platform.migrate import upgrade
from tests.migrations.old_rows import database_with_a_proposal


def test_proposals_of_the_first_release_have_no_track(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    database_with_a_proposal(url, "0001")
    upgrade(url, "main")
    engine = open_engine(url)
    with engine.connect() as connection:
        row = connection.execute(text("SELECT title, track, exclusive FROM proposals_proposal")).one()
    assert tuple(row) == ("舊案", "", "")
    engine.dispose()
