"""Every table of the two databases, imported in one place for migrations."""

from __future__ import annotations

from sqlalchemy import MetaData

import pbvote.accounts.models
import pbvote.activity
import pbvote.ballotbox.models
import pbvote.bulletin.models
import pbvote.calls.models
import pbvote.counting.models
import pbvote.moderation.models
import pbvote.outbox
import pbvote.proposals.models
import pbvote.registrar.models
from pbvote.db import BoxBase, MainBase, Which

METADATA: dict[Which, MetaData] = {"main": MainBase.metadata, "box": BoxBase.metadata}
