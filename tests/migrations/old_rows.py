"""A proposal as an earlier release stored it, put into a database of that release."""

from __future__ import annotations

from alembic import command
from sqlalchemy import text

from pbvote.platform.db import open_engine
from pbvote.platform.migrate import configuration

COLUMNS = {
    "id": 1, "call_id": "c", "proposer_name": "測試", "name_shown": 0, "district": "d1", "title": "舊案",
    "summary": "", "description_md": "", "place": "", "cost_twd": 5, "typed": "{}", "status": "accepted",
    "revision": 1, "reason": "", "workshop": "{}", "created_at": "2026-01-01", "changed_at": "2026-01-01",
}  # fmt: skip


def database_with_a_proposal(url: str, revision: str) -> None:
    """A main database at that revision with one accepted proposal."""
    command.upgrade(configuration(url, "main"), revision)
    engine = open_engine(url)
    names = ", ".join(COLUMNS)
    marks = ", ".join(f":{name}" for name in COLUMNS)
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO proposals_proposal ({names}) VALUES ({marks})"), COLUMNS)
    engine.dispose()
