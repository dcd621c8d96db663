"""0005: accounts of earlier releases keep their rows; their sessions begin at number one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from pbvote.platform.db import open_engine
from pbvote.platform.migrate import configuration, upgrade

AGENCY = (
    "INSERT INTO accounts_agency (id, slug, name, name_en, level, county) "
    "VALUES (1, 'a', '甲', '', 'county', '')"
)
STAFF = (
    "INSERT INTO accounts_staff (id, agency_id, login, name, password_hash, roles, failed, active, "
    "last_totp_step, created_at) VALUES (1, 1, 'lin', '林', 'x', '[]', 3, 1, 7, '2026-01-01')"
)
RESIDENT = (
    "INSERT INTO accounts_resident (id, email, name, language, confirmed_at) "
    "VALUES (1, 'a@example.org', '陳', 'zh', '2026-01-01')"
)


def test_accounts_of_earlier_releases_keep_their_rows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    command.upgrade(configuration(url, "main"), "0003")
    engine = open_engine(url)
    with engine.begin() as connection:
        for statement in (AGENCY, STAFF, RESIDENT):
            connection.execute(text(statement))
    upgrade(url, "main")
    with engine.connect() as connection:
        shown = text(
            "SELECT login, failed, session_number, session_failed, session_paused_until FROM accounts_staff"
        )
        assert tuple(connection.execute(shown).one()) == ("lin", 3, 1, 0, None)
        assert connection.execute(text("SELECT session_number FROM accounts_resident")).scalar() == 1
    engine.dispose()
    command.downgrade(configuration(url, "main"), "0003")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT login FROM accounts_staff")).scalar() == "lin"
    engine.dispose()
