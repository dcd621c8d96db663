"""0008: results of before are taken up by the worker; going back forgets what was carried out."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import inspect

from pbvote.platform.db import open_engine
from pbvote.platform.migrate import configuration, upgrade
from pbvote.platform.runtime import Runtime
from pbvote.rooms.delivery import queries, service
from tests.make.delivered import WINNERS, certified_poll
from tests.make.services import close


def test_a_result_of_before_is_taken_up_after_the_migration(rt: Runtime, tmp_path: Path) -> None:
    poll = certified_poll(rt)
    url = f"sqlite:///{tmp_path / 'main.db'}"
    close(rt)
    command.downgrade(configuration(url, "main"), "0007")
    engine = open_engine(url)
    assert not [name for name in inspect(engine).get_table_names() if name.startswith("delivery_")]
    engine.dispose()
    upgrade(url, "main")
    with rt.read_main() as tx:
        assert queries.of_call(tx, poll.call_id) == {}
    assert service.take_up(rt) == len(WINNERS)
    with rt.read_main() as tx:
        assert set(queries.of_call(tx, poll.call_id)) == set(WINNERS)
