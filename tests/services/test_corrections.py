"""A correction is asked for by part; each part stands as asked until it is changed or answered."""

from __future__ import annotations

import pytest

from pbvote.core.errors import InvalidInput
from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.moderation.errors import PartUnknown
from pbvote.rooms.proposals import parts, queries, service
from pbvote.rooms.proposals.parts import PARTS, Standing
from pbvote.rooms.proposals.queries import ProposalView
from tests.make.files import picture
from tests.make.pdfs import pdf
from tests.make.proposals import MODERATION_UNTIL, put_submitted


def ask(rt: Runtime, officer: Actor, proposal_id: int, *asked: str) -> ProposalView:
    return moderation_service.decide(
        rt,
        officer,
        proposal_id,
        decision="correct",
        reason="請寫明維護單位",
        correct_until=MODERATION_UNTIL,
        parts=asked,
    )


def standings(rt: Runtime, proposal_id: int) -> dict[str, Standing]:
    with rt.read_main() as tx:
        return parts.standings(queries.get(tx, proposal_id), queries.revisions(tx, proposal_id))


def keep(rt: Runtime, ming: Actor, sent: ProposalView, **values: str) -> None:
    service.save_draft(rt, ming, sent.call_id, values, proposal_id=sent.id, part=tuple(values))


def test_every_part_is_asked_until_it_is_changed(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    ask(rt, officer, sent.id, *PARTS)
    assert standings(rt, sent.id) == dict.fromkeys(PARTS, Standing.ASKED)
    keep(rt, ming, sent, cost_twd="30 萬元", title=sent.title)  # the same in other letters
    assert set(standings(rt, sent.id).values()) == {Standing.ASKED}
    keep(rt, ming, sent, cost_twd="28萬", summary="新的摘要", place="西側", show_name="1")
    service.attach_picture(rt, ming, sent.id, content=picture(), alt="現場")
    service.attach_document(rt, ming, sent.id, content=pdf(1), name="a.pdf", says="估價")
    assert standings(rt, sent.id) == dict.fromkeys(PARTS, Standing.CHANGED)
    service.submit(rt, ming, sent.id)
    assert standings(rt, sent.id) == {}
    ask(rt, officer, sent.id, "pictures")  # asked again: what was changed before does not count
    assert standings(rt, sent.id) == {"pictures": Standing.ASKED}


def test_an_answer_in_words_goes_with_the_correction_and_stays_with_the_case(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    ask(rt, officer, sent.id, "cost", "place")
    keep(rt, ming, sent, reply_cost=" 已附上估價單 ", reply_idea="沒有被問，也可以說")
    assert standings(rt, sent.id) == {"cost": Standing.ANSWERED, "place": Standing.ASKED}
    keep(rt, ming, sent, reply_place="長" * 1001)
    with pytest.raises(InvalidInput) as long:
        service.submit(rt, ming, sent.id)
    assert long.value.field == "reply_place"
    keep(rt, ming, sent, reply_place="")
    again = service.submit(rt, ming, sent.id)
    said = {"cost": "已附上估價單", "idea": "沒有被問，也可以說"}
    assert again.replies == said
    case = moderation_service.case(rt, officer, sent.id)
    assert case.revisions[-1].content["replies"] == said
    assert case.revisions[-2].content["asked"] == ["cost", "place"]
    assert ask(rt, officer, sent.id, "idea").replies == {}
    with rt.read_main() as tx:
        assert queries.revisions(tx, sent.id)[-2].content["replies"] == said


def test_a_part_that_no_proposal_has_cannot_be_asked_for(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    with pytest.raises(PartUnknown):
        ask(rt, officer, sent.id, "idea", "budget")
