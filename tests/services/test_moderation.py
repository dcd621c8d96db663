"""Moderation: who decides, what a decision needs, who hears of it, and what stays on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from pbvote.core.errors import InvalidInput, StageClosed, findings_of
from pbvote.core.rules.stage import Progress
from pbvote.core.types import Actor, CallId, Role
from pbvote.edges.mail import MailRenderer
from pbvote.platform import activity
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import MailTemplate, Message, Runtime
from pbvote.rooms.accounts.errors import RoleNeeded
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.rooms.calls.service import set_progress
from pbvote.rooms.moderation import queries, service
from pbvote.rooms.moderation.errors import ProposalChanged
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals import service as proposals_service
from pbvote.rooms.proposals.errors import ProposalUnknown, WrongStatus
from pbvote.rooms.proposals.status import Status
from tests.make.people import put_agency, put_resident, staff_of
from tests.make.proposals import (
    COLLECTING,
    MODERATION,
    MODERATION_UNTIL,
    proposal_values,
    put_submitted,
    workshop_values,
)
from tests.make.services import MovableClock


def decision_mails(rt: Runtime) -> list[OutboxMessage]:
    with rt.read_main() as tx:
        rows = tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        return [row for row in rows if row.template != "proposal-received"]


def test_an_accepted_proposal_is_ready_for_the_freeze_and_its_author_is_told(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    decided = service.decide(rt, officer, sent.id, decision="accept", seen=sent.revision)
    assert decided.status is Status.ACCEPTED
    assert [(m.recipient, m.template) for m in decision_mails(rt)] == [
        ("王小明@example.org", "proposal-accepted")
    ]
    with rt.read_main() as tx:
        assert [p.id for p in proposals.accepted_in_order(tx, call_id)] == [sent.id]
        assert proposals.undecided(tx, call_id) == []


def test_every_decision_is_in_the_activity_log_with_who_and_why(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    until = COLLECTING + timedelta(days=2)
    service.decide(rt, officer, sent.id, decision="correct", reason="請附位置", correct_until=until)
    service.decide(rt, officer, sent.id, decision="reject", reason="非公有地")
    with rt.read_main() as tx:
        acts = activity.of_call(tx, call_id, subject=str(sent.id))
        kept = queries.decisions_on(tx, sent.id)
    logged = [(a.act, a.actor_id, a.facts["reason"]) for a in acts if a.act.startswith("moderation")]
    assert logged == [("moderation.reject", 1, "非公有地"), ("moderation.correct", 1, "請附位置")]
    assert [(d.decision, d.revision, d.correct_until) for d in kept] == [
        ("correct", 1, until),
        ("reject", 2, None),
    ]


@pytest.mark.parametrize(
    ("decision", "reason", "until", "fields"),
    [
        ("", "", None, {"decision": "moderation.decision-invalid"}),
        ("withdraw", "x", None, {"decision": "moderation.decision-invalid"}),
        ("reject", "  ", None, {"reason": "moderation.reason-missing"}),
        ("reject", "長" * 2001, None, {"reason": "typed.text-too-long"}),
        (
            "correct",
            "",
            None,
            {"reason": "moderation.reason-missing", "correct_until": "moderation.correction-date"},
        ),
        ("correct", "x", COLLECTING, {"correct_until": "moderation.correction-date"}),
        (
            "correct",
            "x",
            MODERATION_UNTIL + timedelta(seconds=1),
            {"correct_until": "moderation.correction-date"},
        ),
    ],
)
def test_a_decision_that_lacks_something_is_refused_whole(
    rt: Runtime,
    call_id: CallId,
    ming: Actor,
    officer: Actor,
    decision: str,
    reason: str,
    until: datetime | None,
    fields: dict[str, str],
) -> None:
    """PRA-08"""
    sent = put_submitted(rt, ming, call_id)
    with pytest.raises(InvalidInput) as refused:
        service.decide(rt, officer, sent.id, decision=decision, reason=reason, correct_until=until)
    assert {f.field: f.code for f in findings_of(refused.value)} == fields
    with rt.read_main() as tx:
        assert proposals.get(tx, sent.id).status is Status.SUBMITTED
        assert queries.decisions_on(tx, sent.id) == []
    assert decision_mails(rt) == []


def test_a_correction_may_last_until_the_moderation_deadline_itself(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    decided = service.decide(
        rt, officer, sent.id, decision="correct", reason="請附位置", correct_until=MODERATION_UNTIL
    )
    assert (decided.status, decided.correct_until) == (Status.CORRECTION, MODERATION_UNTIL)


def test_another_agencys_officer_sees_and_decides_nothing(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    """NDC-06"""
    sent = put_submitted(rt, ming, call_id)
    stranger = staff_of(put_agency(rt, "wanhua"))
    auditor = staff_of(int(officer.agency_id or 0), Role.AUDITOR)
    for who, refusal in ((stranger, CallUnknown), (auditor, RoleNeeded), (ming, CallUnknown)):
        with pytest.raises(refusal):
            service.queue(rt, who, call_id)
        with pytest.raises(refusal):
            service.case(rt, who, sent.id)
        with pytest.raises(refusal):
            service.decide(rt, who, sent.id, decision="accept")


def test_a_draft_is_nobodys_but_its_authors(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    draft = proposals_service.save_draft(rt, ming, call_id, {"title": "還在想"})
    with pytest.raises(ProposalUnknown):
        service.case(rt, officer, draft.id)
    with pytest.raises(ProposalUnknown):
        service.decide(rt, officer, draft.id, decision="accept")
    assert service.queue(rt, officer, call_id)[1] == queries.Queue(waiting=(), correcting=(), decided=())


def test_a_draft_withdrawn_before_it_was_handed_in_never_reaches_the_officers(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    draft = proposals_service.save_draft(rt, ming, call_id, {"title": "不送了"})
    proposals_service.withdraw(rt, ming, draft.id)
    assert service.queue(rt, officer, call_id)[1].decided == ()


def test_a_change_after_reading_stops_the_decision(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    read = service.case(rt, officer, sent.id).proposal.revision
    proposals_service.save_draft(
        rt, ming, sent.call_id, proposal_values(title="換了內容"), proposal_id=sent.id
    )
    proposals_service.revise(rt, ming, sent.id)
    with pytest.raises(ProposalChanged):
        service.decide(rt, officer, sent.id, decision="accept", seen=read)
    with rt.read_main() as tx:
        assert proposals.get(tx, sent.id).status is Status.SUBMITTED
    assert decision_mails(rt) == []


def test_nothing_is_decided_once_the_list_is_frozen(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor, clock: MovableClock
) -> None:
    sent = put_submitted(rt, ming, call_id)
    with rt.main() as tx:
        set_progress(tx, call_id, Progress.FROZEN)
    for moment in (MODERATION, datetime(2026, 5, 2, tzinfo=UTC)):
        clock.set(moment)
        with pytest.raises(StageClosed):
            service.decide(rt, officer, sent.id, decision="accept")


def test_an_upheld_complaint_can_still_accept_what_was_rejected(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    service.decide(rt, officer, sent.id, decision="reject", reason="誤認為私有地")
    again = service.decide(rt, officer, sent.id, decision="accept", reason="經查為公有地")
    assert (again.status, again.reason) == (Status.ACCEPTED, "經查為公有地")


def test_the_same_rejection_is_not_sent_twice(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    """PRA-08"""
    sent = put_submitted(rt, ming, call_id)
    service.decide(rt, officer, sent.id, decision="reject", reason="非公有地")
    with pytest.raises(WrongStatus):
        service.decide(rt, officer, sent.id, decision="reject", reason="非公有地")
    assert [m.template for m in decision_mails(rt)] == ["proposal-rejected"]


def test_a_workshop_proposal_is_decided_without_mail(rt: Runtime, call_id: CallId, officer: Actor) -> None:
    """NDC-04"""
    entered = proposals_service.enter_workshop_proposal(rt, officer, call_id, workshop_values())
    service.decide(rt, officer, entered.id, decision="reject", reason="非公有地")
    assert decision_mails(rt) == []


def test_a_cost_above_the_districts_budget_is_a_warning_to_the_officer(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    fits = put_submitted(rt, ming, call_id, cost_twd="5000000")
    over = put_submitted(rt, ming, call_id, cost_twd="5000001")
    assert [service.case(rt, officer, p.id).over_budget for p in (fits, over)] == [False, True]


def test_the_queue_is_in_order_of_arrival_and_tells_what_blocks_the_freeze(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor, clock: MovableClock
) -> None:
    later = proposals_service.save_draft(rt, ming, call_id, proposal_values(title="先寫後送"))
    first = put_submitted(rt, ming, call_id, title="先送")
    clock.forward(hours=1)
    proposals_service.submit(rt, ming, later.id)
    done = put_submitted(rt, ming, call_id, title="決定了")
    service.decide(rt, officer, done.id, decision="accept")
    _call, queue = service.queue(rt, officer, call_id)
    assert [p.id for p in queue.waiting] == [first.id, later.id]
    assert [p.id for p in queue.decided] == [done.id]
    assert queue.undecided == 2


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "template",
    [
        "proposal-received",
        "proposal-accepted",
        "proposal-correction",
        "proposal-rejected",
        "project-withdrawn",
    ],
)
def test_every_mail_says_what_happened_and_where_to_go(template: str, language: str) -> None:
    facts = {
        "name": "王小明",
        "call_title": "參與式預算",
        "proposal_title": "遊具 & 涼亭",
        "proposal_id": 7,
        "number": 3,
        "reason": "請附 <位置>",
        "correct_until": "2026-04-10 17:00",
        "contact": "民政課",
    }
    renderer = MailRenderer(origin="https://vote.example", sender="a@example.org")
    mail = renderer.mail(Message(to="b@example.org", template=template, language=language, facts=facts))
    assert "遊具 & 涼亭" in mail["Subject"]
    body = mail.get_content()
    assert "https://vote.example/my/proposals/7" in body
    assert template == "proposal-received" or "請附 <位置>" in body


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_receipt_says_how_many_endorsements_are_needed_and_what_to_pass_on(language: str) -> None:
    facts: dict[str, Any] = {
        "name": "王小明",
        "call_title": "參與式預算",
        "call_id": "abc",
        "proposal_title": "遊具",
        "proposal_id": 7,
        "least": 12,
        "due": "2026-04-10 17:00",
    }
    renderer = MailRenderer(origin="https://vote.example", sender="a@example.org")
    sent = Message(
        to="b@example.org", template=MailTemplate.PROPOSAL_RECEIVED, language=language, facts=facts
    )
    body = renderer.mail(sent).get_content()
    for words in ("12", "2026-04-10 17:00", "\n\n", "https://vote.example/calls/abc/proposals/7\n\n"):
        assert words in body
    facts |= {"least": 0, "due": ""}
    none = Message(
        to="b@example.org", template=MailTemplate.PROPOSAL_RECEIVED, language=language, facts=facts
    )
    assert "/calls/abc" not in renderer.mail(none).get_content()


def test_the_mails_facts_are_those_that_the_services_give(
    rt: Runtime, call_id: CallId, officer: Actor
) -> None:
    ann = put_resident(rt, "Ann Lee", language="en")
    sent = put_submitted(rt, ann, call_id)
    until = COLLECTING + timedelta(days=2)
    service.decide(rt, officer, sent.id, decision="correct", reason="where?", correct_until=until)
    service.decide(rt, officer, sent.id, decision="accept")
    with rt.main() as tx:
        proposals_service.set_numbers(tx, call_id, {sent.id: 1})
        proposals_service.withdraw_project(tx, call_id, 1, reason="gone", at=rt.clock())
    renderer = MailRenderer(origin="https://vote.example", sender="a@example.org")
    with rt.read_main() as tx:
        rows = list(tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))
    texts = [
        renderer.mail(
            Message(to="x@example.org", template=r.template, language=r.language, facts=r.facts)
        ).get_content()
        for r in rows
    ]
    assert len(texts) == 4
    assert all("Participatory budget 2026" in text for text in texts)
    assert "2026-03-14 12:00 (Taipei time)" in texts[1]
