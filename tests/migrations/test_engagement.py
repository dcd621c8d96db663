"""0003: proposals of earlier releases keep their rows, belong to no category and lie nowhere on the map."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import inspect, text

from pbvote.db import open_engine
from pbvote.migrate import configuration, upgrade


def test_proposals_of_earlier_releases_have_no_category_and_no_place(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    command.upgrade(configuration(url, "main"), "0002")
    engine = open_engine(url)
    columns = {
        "id": 1, "call_id": "c", "proposer_name": "測試", "name_shown": 0, "district": "d1", "title": "舊案",
        "summary": "", "description_md": "", "place": "", "cost_twd": 5, "typed": "{}", "status": "accepted",
        "revision": 1, "reason": "", "workshop": "{}", "created_at": "2026-01-01", "changed_at": "2026-01-01",
    }  # fmt: skip
    names = ", ".join(columns)
    with engine.begin() as connection:
        marks = ", ".join(f":{name}" for name in columns)
        connection.execute(text(f"INSERT INTO proposals_proposal ({names}) VALUES ({marks})"), columns)
    engine.dispose()
    upgrade(url, "main")
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT title, category, latitude, longitude FROM proposals_proposal")
        ).one()
        assert "engagement_follow" in inspect(connection).get_table_names()
    assert tuple(row) == ("舊案", "", None, None)
    engine.dispose()
    command.downgrade(configuration(url, "main"), "0002")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT track FROM proposals_proposal")).scalar() == ""
    engine.dispose()
