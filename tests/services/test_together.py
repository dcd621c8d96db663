"""Several authors at one draft: co-authors write, the proposer decides, and no version is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import coauthors, queries, service, together
from pbvote.rooms.proposals.errors import (
    AsideUnknown,
    DraftStale,
    OwnerOnly,
    ProposalUnknown,
    WrongStatus,
)
from pbvote.rooms.proposals.queries import ProposalView
from tests.make.files import picture
from tests.make.people import put_resident
from tests.make.proposals import joined, proposal_values
from tests.make.services import MovableClock

COST = ("cost_twd", "reply_cost")


@pytest.fixture
def mei(rt: Runtime) -> Actor:
    return put_resident(rt, "林小美")


@pytest.fixture
def draft(rt: Runtime, call_id: CallId, ming: Actor, mei: Actor) -> ProposalView:
    """A complete draft of ming's, with mei as a co-author who has agreed."""
    return joined(rt, ming, mei, service.save_draft(rt, ming, call_id, proposal_values()))


def cost(rt: Runtime, who: Actor, draft: ProposalView, typed: str, seen: int | None = None) -> ProposalView:
    return service.save_draft(
        rt,
        who,
        draft.call_id,
        {"cost_twd": typed},
        proposal_id=draft.id,
        part=COST,
        name="cost",
        seen=seen,
    )


def now(rt: Runtime, draft: ProposalView) -> ProposalView:
    with rt.read_main() as tx:
        return queries.get(tx, draft.id)


def test_a_co_author_writes_and_the_proposer_sees_who_did(
    rt: Runtime, ming: Actor, mei: Actor, draft: ProposalView, clock: MovableClock
) -> None:
    cost(rt, ming, draft, "20萬")
    clock.forward(minutes=5)
    after = cost(rt, mei, draft, "25萬")
    last = together.last_edit(after, "cost")
    assert last is not None
    assert (last.who, last.number, last.at) == ("林小美", 2, clock())
    assert together.last_edit(cost(rt, ming, draft, "25萬"), "cost") == last  # nothing was changed
    service.attach_picture(rt, mei, draft.id, content=picture(), alt="現場")
    pictured = together.last_edit(now(rt, draft), "pictures")
    assert pictured is not None
    assert pictured.who == "林小美"


def test_only_the_proposer_decides(rt: Runtime, ming: Actor, mei: Actor, draft: ProposalView) -> None:
    acts: list[Callable[[], object]] = [
        lambda: service.submit(rt, mei, draft.id),
        lambda: service.revise(rt, mei, draft.id),
        lambda: service.withdraw(rt, mei, draft.id),
        lambda: coauthors.invite(rt, mei, draft.id, email="x@example.org"),
        lambda: coauthors.remove(rt, mei, draft.id, draft.coauthors[0].id),
        lambda: service.save_draft(
            rt, mei, draft.call_id, {"show_name": "1"}, proposal_id=draft.id, part=("show_name",)
        ),
    ]
    for act in acts:
        with pytest.raises(OwnerOnly):
            act()
    assert service.submit(rt, ming, draft.id).name_shown is False


def test_strangers_invited_ones_and_those_who_left_write_nothing(
    rt: Runtime, call_id: CallId, ming: Actor, mei: Actor, draft: ProposalView
) -> None:
    hua = put_resident(rt, "李小華")
    with rt.read_main() as tx:
        email = accounts.resident_view(tx, hua.id).email
    coauthors.invite(rt, ming, draft.id, email=email)
    for who in (hua, put_resident(rt, "路人")):
        with pytest.raises(ProposalUnknown):
            cost(rt, who, draft, "1")
    cost(rt, mei, draft, "25萬")
    coauthors.decline(rt, mei, draft.coauthors[0].id)
    with pytest.raises(ProposalUnknown):
        cost(rt, mei, draft, "1")
    with pytest.raises(ProposalUnknown), rt.read_main() as tx:
        queries.get_authored(tx, mei, draft.id)
    last = together.last_edit(now(rt, draft), "cost")
    assert last is not None
    assert last.who == ""  # names of those who left are gone


def test_two_versions_at_once_are_both_kept(
    rt: Runtime, ming: Actor, mei: Actor, draft: ProposalView
) -> None:
    cost(rt, ming, draft, "20萬", seen=0)
    with pytest.raises(DraftStale) as stale:
        cost(rt, mei, draft, "25萬", seen=0)
    assert stale.value.facts["who"] == "王小明"
    kept = now(rt, draft)
    assert kept.values["cost_twd"] == "20萬"
    (aside,) = together.asides(kept, "cost")
    assert (aside.who, aside.values) == ("林小美", {"cost_twd": "25萬"})
    assert cost(rt, mei, draft, "20萬", seen=0).values["cost_twd"] == "20萬"  # the same needs no question
    # she has seen his and takes hers: his is the one kept beside
    after = cost(rt, mei, draft, "25萬", seen=1)
    assert after.values["cost_twd"] == "25萬"


def test_whoever_saves_over_another_version_leaves_it_beside(
    rt: Runtime, ming: Actor, mei: Actor, draft: ProposalView
) -> None:
    cost(rt, ming, draft, "20萬", seen=0)
    with pytest.raises(DraftStale):
        cost(rt, mei, draft, "25萬", seen=0)
    after = cost(rt, mei, draft, "26萬", seen=1)
    (aside,) = together.asides(after, "cost")
    assert (after.values["cost_twd"], aside.who, aside.values) == ("26萬", "王小明", {"cost_twd": "20萬"})
    swapped = together.use_aside(rt, mei, draft.id, part="cost", fields=COST, resident_id=ming.id, take=True)
    (aside,) = together.asides(swapped, "cost")
    assert (swapped.values["cost_twd"], aside.who, aside.values) == ("20萬", "林小美", {"cost_twd": "26萬"})
    dropped = together.use_aside(rt, ming, draft.id, part="cost", fields=COST, resident_id=mei.id, take=False)
    assert (dropped.values["cost_twd"], together.asides(dropped, "cost")) == ("20萬", ())
    with pytest.raises(AsideUnknown):
        together.use_aside(rt, ming, draft.id, part="cost", fields=COST, resident_id=mei.id, take=True)


def test_one_author_in_two_windows_and_other_parts_are_no_conflict(
    rt: Runtime, ming: Actor, mei: Actor, draft: ProposalView
) -> None:
    cost(rt, ming, draft, "20萬", seen=0)
    assert cost(rt, ming, draft, "21萬", seen=0).values["cost_twd"] == "21萬"
    place = service.save_draft(
        rt,
        mei,
        draft.call_id,
        {"place": "西側"},
        proposal_id=draft.id,
        part=("place",),
        name="place",
        seen=0,
    )
    assert (place.values["place"], place.values["cost_twd"]) == ("西側", "21萬")


def test_what_was_decided_is_frozen_for_co_authors_too(
    rt: Runtime, ming: Actor, mei: Actor, officer: Actor, draft: ProposalView
) -> None:
    service.submit(rt, ming, draft.id)
    cost(rt, mei, draft, "25萬")
    assert now(rt, draft).cost_twd == 300_000  # stands until the proposer hands the change in
    moderation_service.decide(rt, officer, draft.id, decision="accept")
    for act in (
        lambda: cost(rt, mei, draft, "26萬"),
        lambda: service.attach_picture(rt, mei, draft.id, content=picture(), alt="現場"),
    ):
        with pytest.raises(WrongStatus):
            act()
