"""0010: answers of earlier releases are the proposers', and nobody of before has left or chosen anything."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from pbvote.platform.db import open_engine
from pbvote.platform.migrate import configuration, upgrade
from tests.migrations.old_rows import database_with_a_proposal

COMMENT = (
    "INSERT INTO engagement_comment (id, call_id, proposal_id, author_id, author_name, kind, answers, body, "
    "at, hidden_reason) VALUES (:id, 'c', 1, 1, '甲', :kind, :answers, '好', '2026-01-01', '')"
)
RESIDENT = (
    "INSERT INTO accounts_resident (id, email, name, language, confirmed_at) "
    "VALUES (1, 'a@example.org', '甲', 'zh', '2026-01-01')"
)


def test_old_answers_speak_for_the_proposer_and_going_back_keeps_every_comment(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    database_with_a_proposal(url, "0009")
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text(RESIDENT))
        for given in ((1, "question", None), (2, "answer", 1), (3, "comment", None)):
            connection.execute(text(COMMENT), dict(zip(("id", "kind", "answers"), given, strict=True)))
    engine.dispose()
    upgrade(url, "main")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT voice FROM engagement_comment ORDER BY id"))
        assert [row[0] for row in rows] == ["resident", "author", "resident"]
        told = text("SELECT phone, texts, left_at FROM accounts_resident")
        assert tuple(connection.execute(told).one()) == ("", 0, None)
    engine.dispose()
    command.downgrade(configuration(url, "main"), "0009")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM engagement_comment")).scalar() == 3
    engine.dispose()
