"""Box 0002: a vote of an earlier release has nobody to ask until the worker tells the box."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text
from sqlalchemy.orm import Session

from pbvote.core.types import CallId
from pbvote.platform.db import open_engine
from pbvote.platform.migrate import configuration, upgrade
from pbvote.rooms.ballotbox.help import Help, help_of

VOTE = "INSERT INTO ballotbox_vote (call_id, manifest, state, uncleaned) VALUES ('c', x'00', 0, 0)"


def test_a_vote_of_before_has_nobody_to_ask(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/box.db"
    command.upgrade(configuration(url, "box"), "0001")
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text(VOTE))
    upgrade(url, "box")
    with Session(engine) as tx:
        assert help_of(tx, CallId("c")) == Help(agency={}, contact={})
    engine.dispose()
    command.downgrade(configuration(url, "box"), "0001")
    with open_engine(url).connect() as connection:
        assert connection.execute(text("SELECT state FROM ballotbox_vote")).scalar() == 0
