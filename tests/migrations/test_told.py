"""0007: results of earlier releases keep their step, from which the worker goes on to explain them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from pbvote.platform.db import open_engine
from pbvote.platform.migrate import configuration, upgrade

VOTE = (
    "INSERT INTO counting_vote (call_id, manifest, step, small, merged, frozen_at, turnout, "
    "sealed_checkpoint, checks) VALUES (:call, x'00', :step, '[]', '{}', '2026-01-01', '{}', '', '{}')"
)


def test_a_finished_vote_waits_for_its_explanations_and_going_back_forgets_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    command.upgrade(configuration(url, "main"), "0006")
    engine = open_engine(url)
    with engine.begin() as connection:
        for call, step in (("running", 1), ("finished", 7)):
            connection.execute(text(VOTE), {"call": call, "step": step})
    upgrade(url, "main")
    steps = text("SELECT call_id, step FROM counting_vote ORDER BY step")
    with engine.begin() as connection:
        assert [tuple(row) for row in connection.execute(steps)] == [("running", 1), ("finished", 7)]
        assert connection.execute(text("SELECT count(*) FROM counting_told")).scalar() == 0
        connection.execute(text("UPDATE counting_vote SET step = 8 WHERE call_id = 'finished'"))
    engine.dispose()
    command.downgrade(configuration(url, "main"), "0006")
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(steps)] == [("running", 1), ("finished", 7)]
    engine.dispose()
