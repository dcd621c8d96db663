"""Alembic environment of one database."""

from pbvote.edges.tables import migrate

migrate()
