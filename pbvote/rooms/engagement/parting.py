"""Closing a resident's account: what goes, goes at once and for good; what is the public's stays."""

from __future__ import annotations

from sqlalchemy import delete, select

from pbvote.core.types import Actor
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import closing
from pbvote.rooms.accounts.notices import held
from pbvote.rooms.engagement import talking
from pbvote.rooms.engagement.models import Endorsement, Follow
from pbvote.rooms.proposals import parting, queries
from pbvote.rooms.proposals.status import UNDECIDED


def close_account(rt: Runtime, actor: Actor) -> None:
    """Name, addresses, drafts, comments, subscriptions and choices leave the database in one transaction.

    Endorsements of proposals that are not decided are taken back; older ones stay as a number. Proposals
    that were decided stay, without the account.

    Raises:
        ProposalsOpen: a proposal waits for its decision. AccountUnknown: closed before.
    """
    now = rt.clock()
    with rt.main() as tx:
        row = held(tx, actor.id)
        parting.part_from(tx, row.id, email=row.email, at=now)
        talking.delete_all_of(tx, row.id, at=now)
        tx.execute(delete(Follow).where(Follow.resident_id == row.id))
        for each in tx.scalars(select(Endorsement).where(Endorsement.resident_id == row.id)):
            if queries.get(tx, each.proposal_id).status in UNDECIDED:
                tx.delete(each)
        closing.close(tx, row, at=now)
