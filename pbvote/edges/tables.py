"""Every table of the two databases, imported in one place, and what Alembic runs with them."""

from __future__ import annotations

from alembic import context
from sqlalchemy import MetaData

from pbvote.platform import activity, outbox
from pbvote.platform.bulletin import models as bulletin
from pbvote.platform.db import BoxBase, MainBase, Which, is_sqlite, open_engine
from pbvote.rooms.accounts import models as accounts
from pbvote.rooms.ballotbox import models as ballotbox
from pbvote.rooms.calls import models as calls
from pbvote.rooms.counting import models as counting
from pbvote.rooms.engagement import models as engagement
from pbvote.rooms.moderation import models as moderation
from pbvote.rooms.proposals import models as proposals
from pbvote.rooms.registrar import models as registrar

ROOMS = (
    accounts,
    activity,
    ballotbox,
    bulletin,
    calls,
    counting,
    engagement,
    moderation,
    outbox,
    proposals,
    registrar,
)

METADATA: dict[Which, MetaData] = {"main": MainBase.metadata, "box": BoxBase.metadata}


def migrate() -> None:
    """Take a database to where the caller wants it, one transaction per migration."""
    given = context.config.attributes
    engine = open_engine(given["url"])
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=METADATA[given["which"]],
            render_as_batch=is_sqlite(engine),
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()
