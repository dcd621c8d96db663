"""Every table of the two databases, imported in one place for migrations."""

from __future__ import annotations

from sqlalchemy import MetaData

from pbvote.db import BoxBase, MainBase, Which

METADATA: dict[Which, MetaData] = {"main": MainBase.metadata, "box": BoxBase.metadata}
