"""Alembic environment: the URL comes from the caller, nothing is read from files."""

from alembic import context

from pbvote.edges.tables import METADATA
from pbvote.platform.db import is_sqlite, open_engine

config = context.config
which = config.attributes["which"]

engine = open_engine(config.attributes["url"])
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=METADATA[which],
        render_as_batch=is_sqlite(engine),
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
