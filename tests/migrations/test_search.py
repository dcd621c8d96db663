"""0004 and 0006: proposals of earlier releases are found in any spelling, as new ones are."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from pbvote.platform.db import open_engine
from pbvote.platform.migrate import configuration, upgrade
from tests.migrations.old_rows import database_with_a_proposal


def test_proposals_of_earlier_releases_are_filled_in(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    database_with_a_proposal(url, "0003")
    engine = open_engine(url)
    with engine.begin() as connection:
        old = {"title": "公厠（東側）１００號", "place": "臺北", "description_md": "Ａ" + "長" * 2000}
        new = ", ".join(f"{name} = :{name}" for name in old)
        connection.execute(text(f"UPDATE proposals_proposal SET {new}"), old)
    upgrade(url, "main")
    with engine.connect() as connection:
        short, long = connection.execute(
            text("SELECT folded_short, folded_long FROM proposals_proposal")
        ).one()
    assert short == "公廁(東側)100號 台北"
    assert long == "a" + "長" * 999
    engine.dispose()
    command.downgrade(configuration(url, "main"), "0003")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT title FROM proposals_proposal")).scalar() == old["title"]
    engine.dispose()
