"""0002: proposals of the first release keep their rows and belong to no track."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from pbvote.db import open_engine
from pbvote.migrate import configuration, upgrade


def test_proposals_of_the_first_release_have_no_track(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    command.upgrade(configuration(url, "main"), "0001")
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
        row = connection.execute(text("SELECT title, track, exclusive FROM proposals_proposal")).one()
    assert tuple(row) == ("舊案", "", "")
    engine.dispose()
