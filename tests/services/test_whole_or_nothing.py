"""An act that is refused or dies half-way leaves nothing behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from pbvote.core.errors import PbvoteError
from pbvote.core.types import StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.counting.models import Vote
from pbvote.rooms.engagement import service as engagement_service
from pbvote.rooms.engagement.models import Endorsement
from pbvote.rooms.proposals import coauthors
from pbvote.rooms.proposals.models import CoAuthor, Proposal
from pbvote.rooms.registrar.models import FrozenManifest, StyleMerge
from tests.make.calls import published_call
from tests.make.people import put_agency, put_resident, staff_of
from tests.make.polls import moderated_poll
from tests.make.proposals import COLLECTING, put_submitted
from tests.make.services import MovableClock

MERGED = {StyleId("d1-w2"): StyleId("d1-w1"), StyleId("d2-w2"): StyleId("d2-w1")}


def test_whoever_does_not_become_a_coauthor_goes_on_endorsing_and_the_other_way_round(
    rt: Runtime, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = published_call(
        rt, staff_of(put_agency(rt, "shilin")), values={"intake.endorsements_least": "2"}
    )
    clock.set(COLLECTING)
    ming, friend = put_resident(rt, "王小明"), put_resident(rt, "陳大文")
    sent = put_submitted(rt, ming, call_id)
    engagement_service.endorse(rt, friend, sent.id)
    coauthors.invite(rt, ming, sent.id, email="陳大文@example.org")
    with rt.read_main() as tx:
        ((invitation, _proposal),) = coauthors.invitations(tx, friend)

    def dies(*_args: object) -> None:
        raise RuntimeError("the process dies here")

    with monkeypatch.context() as patched:
        patched.setattr(engagement_service, "_endorsement", dies)
        with pytest.raises(RuntimeError):
            engagement_service.become_coauthor(rt, friend, invitation)
    with rt.read_main() as tx:
        assert tx.get_one(CoAuthor, invitation).agreed_at is None
        assert tx.scalar(select(func.count()).select_from(Endorsement)) == 1
    engagement_service.become_coauthor(rt, friend, invitation)
    with rt.read_main() as tx:
        assert tx.get_one(CoAuthor, invitation).agreed_at is not None
        assert tx.scalar(select(func.count()).select_from(Endorsement)) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"accept_small": ()},
        {"public_key_file": b"{}"},
        {"merge": {**MERGED, StyleId("d9-w1"): StyleId("d1-w1")}},
    ],
    ids=["small styles", "no key file", "an impossible merge"],
)
def test_a_freeze_that_is_refused_leaves_no_merged_style(rt: Runtime, wrong: dict[str, object]) -> None:
    poll = moderated_poll(rt)
    with pytest.raises(PbvoteError):
        poll.freeze(**{"merge": MERGED, **wrong})
    _nothing_stands(rt)


def test_a_freeze_that_comes_too_late_or_dies_leaves_no_merged_style(
    rt: Runtime, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pbvote.rooms.counting import freeze

    poll = moderated_poll(rt)

    def dies(*_args: object, **_more: object) -> None:
        raise RuntimeError("the process dies here")

    with monkeypatch.context() as patched:
        patched.setattr(freeze.calls_service, "set_progress", dies)
        with pytest.raises(RuntimeError):
            poll.freeze(merge=MERGED)
    _nothing_stands(rt)
    clock.forward(days=400)
    with pytest.raises(PbvoteError):
        poll.freeze(merge=MERGED)
    _nothing_stands(rt)
    clock.forward(days=-400)
    clock.forward(seconds=1)
    assert {s.id for s in poll.freeze(merge=MERGED).styles} == {"d1-w1", "d2-w1"}
    assert clock.now < poll.manifest.opens_at + timedelta(0)


def _nothing_stands(rt: Runtime) -> None:
    with rt.read_main() as tx:
        for table in (StyleMerge, Vote, FrozenManifest):
            assert tx.scalar(select(func.count()).select_from(table)) == 0, table
        numbered = select(func.count()).select_from(Proposal).where(Proposal.number.is_not(None))
        assert tx.scalar(numbered) == 0
