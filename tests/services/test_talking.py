"""Comments are answered once below, edited for a while, deleted by their author, and counted by the hour."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from pbvote.core.types import Actor, CallId
from pbvote.platform.activity import ActivityEntry
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.rooms.engagement import queries, service, talking
from pbvote.rooms.engagement.errors import (
    CommentNotYours,
    CommentSettled,
    CommentsMany,
    CommentUnknown,
)
from pbvote.rooms.engagement.kinds import Voice
from pbvote.rooms.engagement.models import Comment, CommentVersion
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals.queries import ProposalView
from tests.make.people import put_agency, put_resident, staff_of
from tests.make.proposals import put_submitted
from tests.make.services import MovableClock


@pytest.fixture
def sent(rt: Runtime, ming: Actor, call_id: CallId) -> ProposalView:
    made = put_submitted(rt, ming, call_id)
    moderation_service.decide(rt, staff_of(1), made.id, decision="accept", reason="")
    return made


@pytest.fixture
def neighbour(rt: Runtime) -> Actor:
    return put_resident(rt, "李小華")


@pytest.fixture
def said(rt: Runtime, sent: ProposalView, neighbour: Actor) -> int:
    return talking.comment(rt, neighbour, sent.id, body="晚上太暗了")


def mailed(rt: Runtime) -> list[tuple[str, str]]:
    with rt.read_main() as tx:
        rows = tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        return [(row.template, row.recipient.partition("@")[0]) for row in rows if "answered" in row.template]


def threads(rt: Runtime, sent: ProposalView) -> list[queries.CommentView]:
    with rt.read_main() as tx:
        return queries.comments(tx, sent.id)


def test_a_neighbour_answers_and_both_the_writer_and_the_proposer_hear_of_it(
    rt: Runtime, sent: ProposalView, said: int
) -> None:
    talking.answer(rt, put_resident(rt, "陳大文"), said, body="同意，加燈吧")
    assert mailed(rt) == [("comment-answered", "李小華"), ("proposal-answered", "王小明")]
    (thread,) = threads(rt, sent)
    assert [(one.public_name, one.voice) for one in thread.answers] == [("陳○文", Voice.RESIDENT)]


def test_nobody_gets_mail_for_their_own_answer_nor_two_for_one(
    rt: Runtime, sent: ProposalView, said: int, neighbour: Actor, ming: Actor
) -> None:
    talking.answer(rt, neighbour, said, body="補充：是東側")
    assert mailed(rt) == [("proposal-answered", "王小明")]
    talking.answer(rt, ming, said, body="會加燈")
    assert mailed(rt)[1:] == [("comment-answered", "李小華")]
    own = talking.comment(rt, ming, sent.id, body="謝謝大家")
    talking.answer(rt, neighbour, own, body="不客氣")
    assert mailed(rt)[2:] == [("comment-answered", "王小明")]


def test_the_agencys_answer_is_the_agencys_and_stands_in_the_activity_log(
    rt: Runtime, sent: ProposalView, said: int, officer: Actor
) -> None:
    written = talking.answer(rt, officer, said, body="照明由本所另案處理。")
    (thread,) = threads(rt, sent)
    (one,) = thread.answers
    assert (one.voice, one.public_name, one.author_id) == (Voice.AGENCY, "shilin公所", 0)
    talking.edit(rt, officer, written, body="照明由本所於六月前處理。")
    with rt.read_main() as tx:
        acts = [row.act for row in tx.scalars(select(ActivityEntry)) if row.act.startswith("comment.")]
    assert acts == ["comment.answer", "comment.edit"]
    with pytest.raises(CommentNotYours):
        talking.delete(rt, officer, written)
    service.hide(rt, officer, written, reason="內容有誤，另行公告")
    assert ("comment-hidden", "") not in mailed(rt)


def test_another_agency_answers_nothing_here(rt: Runtime, said: int) -> None:
    with pytest.raises(CallUnknown):
        talking.answer(rt, staff_of(put_agency(rt, "beitou")), said, body="路過")


def test_an_answer_is_not_answered(rt: Runtime, said: int, ming: Actor) -> None:
    written = talking.answer(rt, ming, said, body="會加燈")
    with pytest.raises(CommentUnknown):
        talking.answer(rt, ming, written, body="還有")


def test_a_comment_is_edited_for_a_quarter_of_an_hour_and_its_history_stays_for_officers(
    rt: Runtime, sent: ProposalView, said: int, neighbour: Actor, ming: Actor, clock: MovableClock
) -> None:
    clock.forward(minutes=14)
    talking.edit(rt, neighbour, said, body="晚上太暗了，東側尤其")
    (one,) = threads(rt, sent)
    assert (one.body, one.edited_at) == ("晚上太暗了，東側尤其", clock.now)
    with pytest.raises(CommentNotYours):
        talking.edit(rt, ming, said, body="我來改")
    clock.forward(minutes=1)
    with pytest.raises(CommentSettled):
        talking.edit(rt, neighbour, said, body="再改")
    service.report(rt, ming, said, reason="看看")
    with rt.read_main() as tx:
        (waiting,) = queries.reported(tx, sent.call_id)
    assert (waiting.body, waiting.earlier) == ("晚上太暗了，東側尤其", ("晚上太暗了",))


def test_saving_the_same_words_is_no_edit(
    rt: Runtime, sent: ProposalView, said: int, neighbour: Actor
) -> None:
    talking.edit(rt, neighbour, said, body="晚上太暗了 ")
    assert threads(rt, sent)[0].edited_at is None


def texts_kept(rt: Runtime) -> str:
    with rt.read_main() as tx:
        bodies = [row.body + row.author_name for row in tx.scalars(select(Comment))]
        versions = [row.body for row in tx.scalars(select(CommentVersion))]
        mails = [str(row.facts.get("body")) for row in tx.scalars(select(OutboxMessage))]
    return "\n".join((*bodies, *versions, *mails))


def test_a_deleted_comment_without_answers_is_gone_and_its_words_are_nowhere(
    rt: Runtime, sent: ProposalView, said: int, neighbour: Actor, ming: Actor
) -> None:
    talking.edit(rt, neighbour, said, body="晚上好暗")
    service.report(rt, ming, said, reason="看看")
    asked = talking.ask(rt, neighbour, sent.id, body="晚上幾點熄燈？")
    assert "晚上幾點" in texts_kept(rt)
    talking.delete(rt, neighbour, said)
    talking.delete(rt, neighbour, asked)
    assert threads(rt, sent) == []
    assert "晚上" not in texts_kept(rt)
    assert "李小華" not in texts_kept(rt)
    with rt.read_main() as tx:
        assert queries.reported(tx, sent.call_id) == []
        assert queries.comments_by(tx, neighbour.id) == 0


def test_a_deleted_comment_with_answers_leaves_its_place(
    rt: Runtime, sent: ProposalView, said: int, neighbour: Actor, ming: Actor
) -> None:
    answered = talking.answer(rt, ming, said, body="會加燈")
    talking.delete(rt, neighbour, said)
    (place,) = threads(rt, sent)
    assert (place.deleted, place.body, place.public_name) == (True, "", "")
    assert place.answers[0].body == "會加燈"
    talking.delete(rt, ming, answered)
    assert threads(rt, sent) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda rt, who, said: talking.answer(rt, who, said, body="好"),
        lambda rt, who, said: talking.edit(rt, who, said, body="好"),
        lambda rt, who, said: talking.delete(rt, who, said),
        lambda rt, who, said: service.report(rt, who, said, reason="好"),
    ],
)
def test_nothing_is_done_to_what_was_deleted(
    rt: Runtime, said: int, neighbour: Actor, act: Callable[[Runtime, Actor, int], object]
) -> None:
    talking.delete(rt, neighbour, said)
    with pytest.raises(CommentUnknown):
        act(rt, neighbour, said)


def test_only_its_author_deletes_a_comment(rt: Runtime, said: int, ming: Actor, officer: Actor) -> None:
    for who in (ming, officer):
        with pytest.raises(CommentNotYours):
            talking.delete(rt, who, said)


def test_an_officer_cannot_bring_back_what_its_author_deleted(
    rt: Runtime, said: int, neighbour: Actor, officer: Actor
) -> None:
    talking.delete(rt, neighbour, said)
    for act in (service.keep, lambda *given: service.hide(*given, reason="x")):
        with pytest.raises(CommentUnknown):
            act(rt, officer, said)


def test_answers_and_deleted_comments_count_within_the_hour(
    rt: Runtime, sent: ProposalView, said: int, neighbour: Actor, clock: MovableClock
) -> None:
    for n in range(talking.COMMENTS_AN_HOUR - 1):
        talking.delete(rt, neighbour, talking.answer(rt, neighbour, said, body=f"第 {n} 則"))
    with pytest.raises(CommentsMany):
        talking.answer(rt, neighbour, said, body="太多了")
    clock.forward(hours=1)
    talking.answer(rt, neighbour, said, body="過了一會兒")
