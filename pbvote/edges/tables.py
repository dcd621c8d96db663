"""Every table of the two databases, imported in one place for migrations."""

from __future__ import annotations

from sqlalchemy import MetaData

from pbvote.platform import activity, outbox
from pbvote.platform.bulletin import models as bulletin
from pbvote.platform.db import BoxBase, MainBase, Which
from pbvote.rooms.accounts import models as accounts
from pbvote.rooms.ballotbox import models as ballotbox
from pbvote.rooms.calls import models as calls
from pbvote.rooms.counting import models as counting
from pbvote.rooms.delivery import models as delivery
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
    delivery,
    engagement,
    moderation,
    outbox,
    proposals,
    registrar,
)

METADATA: dict[Which, MetaData] = {"main": MainBase.metadata, "box": BoxBase.metadata}
