"""Nothing of a flushed ballot stays where it waited: not in free pages, not in the write-ahead log.

SQLite overwrites what is deleted (secure_delete) and its write-ahead log is cut to nothing; PostgreSQL
reclaims the dead rows. Whether it worked is checked, and remembered until it has.
"""

from __future__ import annotations

import structlog
from sqlalchemy import Engine, select, update

from pbvote.core.types import CallId
from pbvote.platform.db import is_sqlite, truncate_wal
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox.errors import TracesRemain
from pbvote.rooms.ballotbox.models import VOTE

log = structlog.get_logger()

_ATTEMPTS = 3


def wipe_traces(rt: Runtime, call_id: CallId) -> None:
    """Wipe what the last flush left behind; nothing happens where it left nothing.

    Raises:
        TracesRemain: somebody kept the database from it; the next call tries again.
    """
    with rt.read_box() as tx:
        uncleaned = tx.scalar(select(VOTE.c.uncleaned).where(VOTE.c.call_id == call_id))
    if not uncleaned:
        return
    engine = rt.engine("box")
    wipe = truncate_wal if is_sqlite(engine) else _vacuum
    if not any(wipe(engine) for _ in range(_ATTEMPTS)):
        log.error("box.traces-remain", call=call_id)
        raise TracesRemain(call=call_id)
    with rt.box() as tx:
        tx.execute(update(VOTE).where(VOTE.c.call_id == call_id).values(uncleaned=False))


def _vacuum(engine: Engine) -> bool:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("ballotbox_pending", "ballotbox_credential"):
            connection.exec_driver_sql(f"VACUUM {table}")
    return True
