"""Limits for one person hold when several of their acts arrive at once, on both kinds of database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from pbvote.core.errors import PbvoteError
from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.engagement import talking
from pbvote.rooms.engagement.errors import CommentsMany
from pbvote.rooms.proposals import coauthors, service
from pbvote.rooms.proposals.errors import DraftsMany, InvitationsMany, ProposalsMany
from tests.make.calls import published_call
from tests.make.people import put_agency, put_resident, staff_of
from tests.make.proposals import COLLECTING, proposal_values, put_submitted
from tests.make.services import MovableClock

AT_ONCE = 8
ENDORSED = {"intake.endorsements_least": "2"}
"""Proposals can be read, and so commented on, while they wait."""


@pytest.fixture
def call_id(shared: Runtime, clock: MovableClock) -> CallId:
    found = published_call(shared, staff_of(put_agency(shared, "shilin")), values=ENDORSED)
    clock.set(COLLECTING)
    return found


@pytest.fixture
def ming(shared: Runtime) -> Actor:
    return put_resident(shared, "王小明")


def done(act: Callable[[int], object], refusal: type[PbvoteError]) -> int:
    """How many of the acts went through; the others were refused in this way."""
    gate = Barrier(AT_ONCE)

    def one(number: int) -> bool:
        gate.wait(60)
        try:
            act(number)
        except refusal:
            return False
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(one, range(AT_ONCE)))


def test_comments(shared: Runtime, call_id: CallId, ming: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talking, "COMMENTS_AN_HOUR", 2)
    sent = put_submitted(shared, ming, call_id)
    assert done(lambda n: talking.comment(shared, ming, sent.id, body=f"第 {n} 則"), CommentsMany) == 2


def test_drafts(shared: Runtime, call_id: CallId, ming: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_DRAFTS", 2)
    assert done(lambda _: service.save_draft(shared, ming, call_id, proposal_values()), DraftsMany) == 2


def test_proposals_handed_in(shared: Runtime, call_id: CallId, ming: Actor) -> None:
    drafts = [service.save_draft(shared, ming, call_id, proposal_values()).id for _ in range(AT_ONCE)]
    vote = shared.settings.vote.model_copy(update={"proposals_most": 2})
    strict = replace(shared, settings=shared.settings.model_copy(update={"vote": vote}))
    assert done(lambda n: service.submit(strict, ming, drafts[n]), ProposalsMany) == 2


def test_invitations_of_coauthors(
    shared: Runtime, call_id: CallId, ming: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coauthors, "INVITATIONS_A_DAY", 2)
    drafts = [service.save_draft(shared, ming, call_id, proposal_values()).id for _ in range(AT_ONCE)]
    assert (
        done(lambda n: coauthors.invite(shared, ming, drafts[n], email=f"p{n}@example.tw"), InvitationsMany)
        == 2
    )
