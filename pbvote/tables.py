"""Every table of the two databases, imported in one place for migrations."""

from __future__ import annotations

from sqlalchemy import MetaData

from pbvote import activity, outbox
from pbvote.accounts import models as accounts
from pbvote.ballotbox import models as ballotbox
from pbvote.bulletin import models as bulletin
from pbvote.calls import models as calls
from pbvote.counting import models as counting
from pbvote.db import BoxBase, MainBase, Which
from pbvote.engagement import models as engagement
from pbvote.moderation import models as moderation
from pbvote.proposals import models as proposals
from pbvote.registrar import models as registrar

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
