"""Endorsing, commenting, reporting, following, and the notices that the clock causes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from pbvote.core.errors import PbvoteError, StageClosed
from pbvote.core.rules.stage import Progress
from pbvote.core.types import Actor, CallId
from pbvote.edges.mail import MailRenderer
from pbvote.platform import outbox
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.calls.service import set_progress
from pbvote.rooms.engagement import following, queries, reminders, service, talking
from pbvote.rooms.engagement.errors import (
    CommentEmpty,
    CommentsMany,
    CommentUnknown,
    EndorsementsClosed,
    NoEndorsements,
    OwnProposal,
    ReportReason,
    ResidentNeeded,
    SubscriptionUnknown,
)
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.moderation.errors import EndorsementsFew
from pbvote.rooms.proposals import coauthors
from pbvote.rooms.proposals import service as proposals_service
from pbvote.rooms.proposals.errors import (
    CoAuthorsFull,
    InvitationsMany,
    InvitationUnknown,
    ProposalUnknown,
)
from pbvote.typed.errors import TextTooLong
from tests.make.calls import published_call
from tests.make.people import put_agency, put_resident, staff_of
from tests.make.proposals import COLLECTING, MODERATION, MODERATION_UNTIL, proposal_values, put_submitted
from tests.make.services import MovableClock

VOTING = datetime(2026, 5, 2, tzinfo=UTC)
LAST_DAY = datetime(2026, 5, 10, 3, tzinfo=UTC)
CLOSED = datetime(2026, 5, 11, tzinfo=UTC)


@pytest.fixture
def call_id(rt: Runtime, officer: Actor, clock: MovableClock) -> CallId:
    """A call that asks for two endorsements."""
    found = published_call(rt, officer, values={"intake.endorsements_least": "2"})
    clock.set(COLLECTING)
    return found


def mails(rt: Runtime, template: str) -> list[OutboxMessage]:
    with rt.read_main() as tx:
        rows = tx.scalars(select(OutboxMessage).where(OutboxMessage.template == template))
        return list(rows)


def endorsed(rt: Runtime, proposal_id: int) -> int:
    with rt.read_main() as tx:
        return queries.endorsed(tx, [proposal_id])[proposal_id]


def test_an_endorsement_counts_once_for_each_person(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    sent = put_submitted(rt, ming, call_id)
    one, two = put_resident(rt, "甲"), put_resident(rt, "乙")
    assert [service.endorse(rt, who, sent.id) for who in (one, one, two)] == [1, 1, 2]


def test_an_endorsement_can_be_taken_back_and_given_again(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    sent = put_submitted(rt, ming, call_id)
    one, two = put_resident(rt, "甲"), put_resident(rt, "乙")
    for who in (one, two):
        service.endorse(rt, who, sent.id)
    assert service.take_back(rt, two, sent.id) == 1
    assert service.endorse(rt, two, sent.id) == 2


def test_a_proposal_with_too_few_endorsements_is_not_accepted(
    rt: Runtime, officer: Actor, call_id: CallId, ming: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    service.endorse(rt, put_resident(rt, "甲"), sent.id)
    with pytest.raises(EndorsementsFew) as few:
        moderation_service.decide(rt, officer, sent.id, decision="accept")
    assert few.value.facts == {"least": 2, "found": 1}


def test_with_enough_endorsements_it_is_accepted_and_takes_no_more(
    rt: Runtime, officer: Actor, call_id: CallId, ming: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    for name in ("甲", "乙"):
        service.endorse(rt, put_resident(rt, name), sent.id)
    moderation_service.decide(rt, officer, sent.id, decision="accept")
    with pytest.raises(NoEndorsements):
        service.endorse(rt, put_resident(rt, "丙"), sent.id)


def test_who_may_endorse_what_and_until_when(
    rt: Runtime, officer: Actor, call_id: CallId, ming: Actor, clock: MovableClock
) -> None:
    sent = put_submitted(rt, ming, call_id)
    draft = proposals_service.save_draft(rt, ming, call_id, proposal_values(title="草稿"))
    other = put_resident(rt, "甲")
    for actor, subject, error in (
        (ming, sent.id, OwnProposal),
        (officer, sent.id, ResidentNeeded),
        (other, draft.id, ProposalUnknown),
        (other, 9999, ProposalUnknown),
    ):
        with pytest.raises(error):
            service.endorse(rt, actor, subject)
    clock.set(MODERATION)  # the intake has closed, and with it the endorsements
    for act in (service.endorse, service.take_back):
        with pytest.raises(EndorsementsClosed):
            act(rt, other, sent.id)
    assert endorsed(rt, sent.id) == 0


def test_endorsements_may_last_longer_than_the_intake(
    rt: Runtime, officer: Actor, ming: Actor, clock: MovableClock
) -> None:
    changes = {"intake.endorsements_least": "1", "intake.endorsements_until": "2026-04-10 12:00"}
    call_id = published_call(rt, officer, values=changes)
    clock.set(COLLECTING)
    sent = put_submitted(rt, ming, call_id)
    clock.set(MODERATION)
    assert service.endorse(rt, put_resident(rt, "甲"), sent.id) == 1
    clock.set(datetime(2026, 4, 10, 4, 0, tzinfo=UTC))
    with pytest.raises(EndorsementsClosed):
        service.endorse(rt, put_resident(rt, "乙"), sent.id)


def test_a_workshop_proposal_needs_no_endorsements_online(
    rt: Runtime, officer: Actor, call_id: CallId
) -> None:
    from tests.make.proposals import workshop_values

    entered = proposals_service.enter_workshop_proposal(rt, officer, call_id, workshop_values())
    moderation_service.decide(rt, officer, entered.id, decision="accept")


def test_where_nobody_endorses_an_undecided_proposal_stays_hidden(
    rt: Runtime, officer: Actor, ming: Actor, clock: MovableClock
) -> None:
    plain = published_call(rt, officer)
    clock.set(COLLECTING)
    sent = put_submitted(rt, ming, plain)
    other = put_resident(rt, "甲")
    acts: tuple[Callable[[], object], ...] = (
        lambda: service.endorse(rt, other, sent.id),
        lambda: talking.comment(rt, other, sent.id, body="好"),
        lambda: following.follow(rt, other, plain, proposal_id=sent.id),
    )
    for act in acts:
        with pytest.raises(ProposalUnknown):
            act()


def test_a_question_and_its_answer_reach_both_sides_by_mail(
    rt: Runtime, call_id: CallId, ming: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    asker = put_resident(rt, "李小華")
    asked = talking.ask(rt, asker, sent.id, body=" 有無障礙坡道嗎？ ")
    (mail,) = mails(rt, "question-asked")
    assert mail.recipient == "王小明@example.org"
    talking.answer(rt, ming, asked, body="有兩處。")
    (back,) = mails(rt, "question-answered")
    assert (back.recipient, back.facts["body"]) == ("李小華@example.org", "有兩處。")
    talking.comment(rt, asker, sent.id, body="謝謝")
    with rt.read_main() as tx:
        question, remark = queries.comments(tx, sent.id)
    assert (question.body, question.public_name, question.answers[0].body) == (
        "有無障礙坡道嗎？",
        "李○華",
        "有兩處。",
    )
    assert remark.kind == "comment"


def test_a_comment_is_refused_with_a_reason(
    rt: Runtime, officer: Actor, call_id: CallId, ming: Actor, clock: MovableClock
) -> None:
    sent = put_submitted(rt, ming, call_id)
    for body, error in ((" \n", CommentEmpty), ("字" * 1001, TextTooLong)):
        with pytest.raises(error):
            talking.comment(rt, ming, sent.id, body=body)
    with pytest.raises(ResidentNeeded):
        talking.comment(rt, officer, sent.id, body="官腔")
    for n in range(talking.COMMENTS_AN_HOUR):
        talking.comment(rt, ming, sent.id, body=f"第 {n} 則")
    with pytest.raises(CommentsMany):
        talking.comment(rt, ming, sent.id, body="太多了")
    clock.set(COLLECTING + timedelta(hours=2))
    talking.comment(rt, ming, sent.id, body="過了一會兒")
    clock.set(VOTING)  # never frozen: the vote did not open
    with pytest.raises(StageClosed):
        talking.comment(rt, ming, sent.id, body="太晚")


def test_a_reported_comment_waits_for_the_agency_which_hides_it_with_a_reason(
    rt: Runtime, officer: Actor, call_id: CallId, ming: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    rude, polite = put_resident(rt, "甲某某"), put_resident(rt, "乙某某")
    bad = talking.comment(rt, rude, sent.id, body="都是笨蛋")
    for reason, error in (("", ReportReason), ("字" * 501, TextTooLong)):
        with pytest.raises(error):
            service.report(rt, polite, bad, reason=reason)
    service.report(rt, polite, bad, reason="人身攻擊")
    service.report(rt, polite, bad, reason="人身攻擊！")
    service.report(rt, ming, bad, reason="不文明")
    with rt.read_main() as tx:
        (waiting,) = queries.reported(tx, call_id)
    assert (waiting.body, waiting.reasons) == ("都是笨蛋", ("人身攻擊！", "不文明"))
    stranger = staff_of(put_agency(rt, "wanhua"))
    with pytest.raises(PbvoteError):
        service.hide(rt, stranger, bad, reason="別的機關")
    with pytest.raises(ReportReason):
        service.hide(rt, officer, bad, reason=" ")
    service.hide(rt, officer, bad, reason="人身攻擊")
    (mail,) = mails(rt, "comment-hidden")
    assert (mail.recipient, mail.facts["body"]) == ("甲某某@example.org", "都是笨蛋")
    with rt.read_main() as tx:
        assert queries.reported(tx, call_id) == []
        (hidden,) = queries.comments(tx, sent.id)
    assert (hidden.body, hidden.hidden_reason) == ("", "人身攻擊")
    with pytest.raises(CommentUnknown):
        service.report(rt, polite, bad, reason="還在嗎")
    service.keep(rt, officer, bad)
    with rt.read_main() as tx:
        assert queries.comments(tx, sent.id)[0].body == "都是笨蛋"


def test_a_coauthor_is_named_only_after_agreeing_with_the_invited_address(
    rt: Runtime, call_id: CallId, ming: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    friend, other = put_resident(rt, "陳大文"), put_resident(rt, "張三豐")
    coauthors.invite(rt, ming, sent.id, email="陳大文@EXAMPLE.org")
    assert mails(rt, "coauthor-invited")[0].recipient == "陳大文@example.org"
    with rt.read_main() as tx:
        ((invitation, _proposal),) = coauthors.invitations(tx, friend)
        assert coauthors.invitations(tx, other) == []
    with pytest.raises(InvitationUnknown):
        coauthors.agree(rt, other, invitation)
    assert coauthors.agree(rt, friend, invitation).public_name == "王○明、陳○文"
    with pytest.raises(OwnProposal):
        service.endorse(rt, friend, sent.id)
    asked = talking.ask(rt, other, sent.id, body="何時完工？")
    talking.answer(rt, friend, asked, body="明年春天")
    coauthors.decline(rt, friend, invitation)
    with pytest.raises(InvitationUnknown):
        coauthors.agree(rt, friend, invitation)
    for n in range(coauthors.MOST_COAUTHORS):
        coauthors.invite(rt, ming, sent.id, email=f"p{n}@example.org")
    with pytest.raises(CoAuthorsFull):
        coauthors.invite(rt, ming, sent.id, email="one-more@example.org")


def test_drafts_and_corrections_are_reminded_of_once(
    rt: Runtime, officer: Actor, call_id: CallId, ming: Actor, clock: MovableClock
) -> None:
    proposals_service.save_draft(rt, ming, call_id, {"title": "寫到一半"})
    proposals_service.save_draft(rt, ming, call_id, {})
    assert reminders.post_due(rt) == 0
    with rt.read_main() as tx:
        from pbvote.rooms.calls import queries as calls

        closes = calls.get_call(tx, call_id).rules.timeline.proposals_close_at
    assert closes is not None
    clock.set(closes - timedelta(days=2))
    assert [reminders.post_due(rt) for _ in range(3)] == [1, 0, 0]
    assert mails(rt, "draft-unsent")[0].facts["proposal_title"] == "寫到一半"
    sent = put_submitted(rt, ming, call_id)
    for days in (3, 6):
        until = min(clock.now + timedelta(days=days), MODERATION_UNTIL)
        moderation_service.decide(
            rt, officer, sent.id, decision="correct", reason="補圖", correct_until=until
        )
        assert reminders.post_due(rt) == 0
        clock.set(until - timedelta(hours=30))
        assert [reminders.post_due(rt) for _ in range(2)] == [1, 0]
    assert len(mails(rt, "correction-due")) == 2


def test_followers_hear_of_opening_last_day_and_results_and_leave_with_one_click(
    rt: Runtime, officer: Actor, ming: Actor, clock: MovableClock
) -> None:
    call_id = published_call(rt, officer)
    clock.set(COLLECTING)
    one, two = put_resident(rt, "甲"), put_resident(rt, "乙", language="en")
    for each in (one, two):
        following.follow(rt, each, call_id)
        following.follow(rt, each, call_id)
    with pytest.raises(ResidentNeeded):
        following.follow(rt, officer, call_id)
    sent = put_submitted(rt, ming, call_id)
    moderation_service.decide(rt, officer, sent.id, decision="accept")
    following.follow(rt, one, call_id, proposal_id=sent.id)
    assert [reminders.post_due(rt) for _ in range(2)] == [1, 0]
    assert mails(rt, "proposal-decided")[0].facts["accepted"] is True
    with rt.main() as tx:
        proposals_service.set_numbers(tx, call_id, {sent.id: 1})
        set_progress(tx, call_id, Progress.FROZEN)
    clock.set(VOTING)
    assert [reminders.post_due(rt) for _ in range(2)] == [2, 0]
    mail = next(m for m in mails(rt, "vote-opens") if m.recipient.startswith("乙"))
    resident_id, topic = mail.facts["leave"]
    assert topic == call_id
    token = following.unsubscribe_token(rt, resident_id=resident_id, call_id=call_id)
    for wrong in (token[:-1] + ("0" if token[-1] != "0" else "1"), "1.x.y", "", "²." + call_id + ".0"):
        with pytest.raises(SubscriptionUnknown):
            following.unsubscribe(rt, wrong)
    assert following.unsubscribe(rt, token) == call_id
    assert following.unsubscribe(rt, token) == call_id
    clock.set(LAST_DAY)
    assert [reminders.post_due(rt) for _ in range(2)] == [1, 0]
    with rt.main() as tx:
        for step in (Progress.OPENED, Progress.CERTIFIED):
            set_progress(tx, call_id, step)
    clock.set(CLOSED)
    assert [reminders.post_due(rt) for _ in range(2)] == [1, 0]
    assert {m.recipient for m in mails(rt, "vote-results")} == {"甲@example.org"}


def test_every_notice_has_its_text_in_both_languages_and_says_how_to_leave(
    rt: Runtime, officer: Actor, call_id: CallId, ming: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    asked = talking.ask(rt, put_resident(rt, "甲"), sent.id, body="為什麼？")
    talking.answer(rt, ming, asked, body="因為。")
    service.hide(rt, officer, asked, reason="重複")
    coauthors.invite(rt, ming, sent.id, email="friend@example.org")
    following.follow(rt, ming, call_id)
    with rt.main() as tx:
        from pbvote.rooms.calls import queries as calls

        call = calls.get_call(tx, call_id)
    kinds = (MailTemplate.DRAFT_UNSENT, MailTemplate.CORRECTION_DUE, MailTemplate.PROPOSAL_DECIDED)
    followed = (
        *(MailTemplate.VOTE_OPENS, MailTemplate.VOTE_LAST_DAY, MailTemplate.VOTE_RESULTS),
        MailTemplate.PROPOSAL_DECIDED,
    )
    with rt.main() as tx:
        for kind in kinds:
            reminders._post(tx, call, ming.id, MailTemplate(kind), rt.clock(), proposal=sent)
        for kind in followed:
            reminders._post(tx, call, ming.id, MailTemplate(kind), rt.clock(), proposal=sent, following=True)
    with rt.read_main() as tx:
        rows = list(tx.scalars(select(OutboxMessage)))
    renderer = MailRenderer(origin="https://pb.example", sender="no-reply@pb.example")
    for row in rows:
        for language in ("zh", "en"):
            message = replace(outbox._message(rt, row), language=language)
            mail = renderer.mail(message)
            leaves = bool(row.facts.get("leave"))
            assert (mail["List-Unsubscribe"] is not None) is leaves
            assert ("/unsubscribe/" in mail.get_content()) is leaves
            assert mail["Subject"]


def test_one_address_gets_one_invitation_to_a_proposal_and_nobody_invites_many(
    rt: Runtime, call_id: CallId, ming: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    for _ in range(3):
        row = coauthors.invite(rt, ming, sent.id, email="friend@example.org")
        coauthors.remove(rt, ming, sent.id, row.coauthors[0].id)
    assert len(mails(rt, "coauthor-invited")) == 1
    assert "proposal_title" not in mails(rt, "coauthor-invited")[0].facts  # nothing that somebody typed
    for n in range(coauthors.INVITATIONS_A_DAY - 1):
        row = coauthors.invite(rt, ming, sent.id, email=f"p{n}@example.org")
        coauthors.remove(rt, ming, sent.id, row.coauthors[-1].id)
    with pytest.raises(InvitationsMany):
        coauthors.invite(rt, ming, sent.id, email="one-more@example.org")


def test_whoever_becomes_an_author_no_longer_endorses(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    sent = put_submitted(rt, ming, call_id)
    friend = put_resident(rt, "陳大文")
    assert service.endorse(rt, friend, sent.id) == 1
    coauthors.invite(rt, ming, sent.id, email="陳大文@example.org")
    with rt.read_main() as tx:
        ((invitation, _proposal),) = coauthors.invitations(tx, friend)
    service.become_coauthor(rt, friend, invitation)
    assert endorsed(rt, sent.id) == 0


def test_who_follows_after_a_decision_is_not_told_of_it(
    rt: Runtime, officer: Actor, ming: Actor, clock: MovableClock
) -> None:
    call_id = published_call(rt, officer)
    clock.set(COLLECTING)
    sent = put_submitted(rt, ming, call_id)
    moderation_service.decide(rt, officer, sent.id, decision="accept")
    clock.set(COLLECTING + timedelta(days=1))
    following.follow(rt, put_resident(rt, "甲"), call_id, proposal_id=sent.id)
    assert reminders.post_due(rt) == 0


def test_a_title_of_many_lines_is_one_line_in_a_mail() -> None:
    renderer = MailRenderer(origin="https://pb.example", sender="no-reply@pb.example")
    facts = {
        "name": "甲\n乙",
        "call_title": "丙",
        "proposal_title": "一\n\n【市府通知】請登入",
        "proposal_id": 1,
        "closes_at": "x",
        "contact": "",
    }
    mail = renderer.mail(outbox.Message(to="a@b.tw", template="draft-unsent", language="zh", facts=facts))
    assert not mail.get_content().startswith("【市府通知】")
    assert "「一 【市府通知】請登入」" in mail.get_content()
