"""0009: a call of an earlier release has no translations, and reads as before."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from pbvote.platform.db import open_engine
from pbvote.platform.migrate import configuration, upgrade

AGENCY = (
    "INSERT INTO accounts_agency (id, slug, name, name_en, level, county) "
    "VALUES (1, 'a', '甲', '', 'township', '')"
)
CALL = (
    "INSERT INTO calls_call (id, agency_id, title, title_en, description_md, contact, draft, ruleset, "
    "notice, progress, created_at) VALUES ('c', 1, '舊', '', '', '', '{}', '{}', '{}', 0, '2026-01-01')"
)


def test_a_call_of_before_has_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    command.upgrade(configuration(url, "main"), "0007")
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text(AGENCY))
        connection.execute(text(CALL))
    upgrade(url, "main")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT translations FROM calls_call")).scalar() == "{}"
    engine.dispose()
    command.downgrade(configuration(url, "main"), "0007")
    with open_engine(url).connect() as connection:
        assert connection.execute(text("SELECT title FROM calls_call")).scalar() == "舊"
