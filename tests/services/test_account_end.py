"""A new mail address by a confirmed mail; closing an account: what goes, and what stays."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select, text

from pbvote.core.types import Actor, CallId
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.accounts import moving, notices, telephone
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.accounts.errors import AccountUnknown, EmailInvalid, EmailSame, LinkSpent, TextsMany
from pbvote.rooms.accounts.kinds import Subject
from pbvote.rooms.accounts.models import Resident
from pbvote.rooms.engagement import following, parting, queries, talking
from pbvote.rooms.engagement import service as engagement_service
from pbvote.rooms.engagement.errors import SubscriptionUnknown
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import coauthors, service
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.errors import ProposalsOpen
from tests.make.calls import published_call
from tests.make.pdfs import pdf
from tests.make.people import put_resident, staff_of
from tests.make.proposals import COLLECTING, proposal_values, put_submitted
from tests.make.services import MovableClock

NEW = "new@example.org"


def posted(rt: Runtime) -> list[OutboxMessage]:
    with rt.read_main() as tx:
        return list(tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def token(rt: Runtime) -> str:
    return str(posted(rt)[-1].facts["token"])


def email_of(rt: Runtime, who: Actor) -> str:
    with rt.read_main() as tx:
        return accounts.resident_view(tx, who.id).email


def test_an_address_changes_when_its_own_mail_is_answered(rt: Runtime, ming: Actor) -> None:
    old = email_of(rt, ming)
    moving.request_move(rt, ming, " New@Example.org ")
    assert email_of(rt, ming) == old
    assert [(row.template, row.recipient) for row in posted(rt)] == [("email-change", NEW)]
    link = token(rt)
    moving.move(rt, link)
    assert email_of(rt, ming) == NEW
    assert (posted(rt)[-1].template, posted(rt)[-1].recipient) == ("email-changed", old)
    with rt.read_main() as tx:
        row = tx.get(Resident, ming.id)
        assert row is not None
        assert row.session_number == 2
    with pytest.raises(LinkSpent):
        moving.move(rt, link)


def test_an_old_link_a_wrong_one_and_one_before_the_newest_are_spent(
    rt: Runtime, ming: Actor, clock: MovableClock
) -> None:
    moving.request_move(rt, ming, NEW)
    first = token(rt)
    moving.request_move(rt, ming, "other@example.org")
    for wrong in (first, "", "x" * 32):
        with pytest.raises(LinkSpent):
            moving.move(rt, wrong)
    clock.forward(minutes=30)
    with pytest.raises(LinkSpent):
        moving.require_link(rt, token(rt))


def test_an_address_with_an_account_is_told_so_by_mail_alone(rt: Runtime, ming: Actor) -> None:
    other = put_resident(rt, "lee")
    moving.request_move(rt, ming, email_of(rt, other))
    assert [row.template for row in posted(rt)] == ["email-taken"]
    with pytest.raises(LinkSpent):
        moving.move(rt, token(rt))


def test_an_address_taken_between_mail_and_press_stays_its_owners(rt: Runtime, ming: Actor) -> None:
    moving.request_move(rt, ming, "lee@example.org")
    link = token(rt)
    put_resident(rt, "lee")
    with pytest.raises(LinkSpent):
        moving.move(rt, link)


def test_what_is_no_new_address_is_refused_and_few_mails_are_sent(rt: Runtime, ming: Actor) -> None:
    with pytest.raises(EmailInvalid):
        moving.request_move(rt, ming, "nonsense")
    with pytest.raises(EmailSame):
        moving.request_move(rt, ming, email_of(rt, ming))
    for n in range(3):
        moving.request_move(rt, ming, f"n{n}@example.org")
    with pytest.raises(TextsMany):
        moving.request_move(rt, ming, "n3@example.org")


def whole_database(rt: Runtime) -> str:
    """Every text of the main database."""
    found = []
    engine = rt.engine("main")
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            found += [str(row) for row in connection.execute(text(f'SELECT * FROM "{table}"'))]
    return "\n".join(found)


def test_closing_removes_what_is_personal_and_keeps_what_is_public(
    rt: Runtime, ming: Actor, call_id: CallId
) -> None:
    other = put_resident(rt, "李小華")
    decided = put_submitted(rt, ming, call_id)
    moderation_service.decide(rt, staff_of(1), decided.id, decision="accept", reason="")
    draft = service.save_draft(rt, ming, call_id, proposal_values(title="還沒寫完的秘密"))
    service.attach_document(rt, ming, draft.id, content=pdf(1), name="a.pdf", says="文件裡的秘密")
    elsewhere = put_submitted(rt, other, call_id)
    coauthors.invite(rt, other, elsewhere.id, email="ming@example.org")
    asked = talking.ask(rt, ming, decided.id, body="我自己的問題")
    talking.answer(rt, other, asked, body="別人的回答")
    following.follow(rt, ming, call_id)
    notices.choose(rt, ming.id, {Subject.COMMENTS: "daily"}, language="zh")
    talking.answer(rt, other, asked, body="等著彙整")
    telephone.request_code(rt, ming, "0912345678")
    old = email_of(rt, ming)

    parting.close_account(rt, ming)

    kept = whole_database(rt)
    for gone in ("王小明", "還沒寫完的秘密", "文件裡的秘密", "我自己的問題", "912345678"):
        assert gone not in kept.replace(old, ""), gone
    assert [(row.template, row.recipient) for row in posted(rt) if row.recipient == old] == [
        ("account-closed", old)
    ]
    with rt.read_main() as tx:
        shown = proposals.get(tx, decided.id)
        assert (shown.title, shown.public_name, shown.proposer_id) == (decided.title, "王○明", None)
        (thread,) = queries.comments(tx, decided.id)
        assert (thread.deleted, thread.answers[0].body) == (True, "別人的回答")
        assert queries.followers(tx, call_id) == []
        with pytest.raises(AccountUnknown):
            accounts.resident_view(tx, ming.id)


def test_a_closed_account_gets_no_mail_and_its_links_are_nobodys(
    rt: Runtime, ming: Actor, call_id: CallId
) -> None:
    link = following.unsubscribe_token(rt, resident_id=ming.id, call_id="~all")
    parting.close_account(rt, ming)
    before = len(posted(rt))
    with rt.main() as tx:
        notices.deliver(tx, ming.id, MailTemplate.VOTE_OPENS, at=rt.clock(), title_for=str)
    assert len(posted(rt)) == before
    with pytest.raises(SubscriptionUnknown):
        following.unsubscribe(rt, link)
    with pytest.raises(AccountUnknown):
        parting.close_account(rt, ming)


def test_who_begins_anew_with_the_address_is_somebody_else(rt: Runtime, ming: Actor) -> None:
    parting.close_account(rt, ming)
    accounts_service.request_sign_in_link(rt, "ming@example.org", "王小明")
    again = accounts_service.use_sign_in_link(rt, token(rt))
    assert again.id != ming.id


def test_an_account_with_a_proposal_under_review_is_not_closed(
    rt: Runtime, ming: Actor, call_id: CallId
) -> None:
    sent = put_submitted(rt, ming, call_id)
    with pytest.raises(ProposalsOpen):
        parting.close_account(rt, ming)
    service.withdraw(rt, ming, sent.id)
    parting.close_account(rt, ming)


def test_endorsements_of_what_is_not_decided_are_taken_back(
    rt: Runtime, ming: Actor, officer: Actor, clock: MovableClock
) -> None:
    call_id = published_call(rt, officer, values={"intake.endorsements_least": "1"})
    clock.set(COLLECTING)
    other = put_resident(rt, "李小華")
    open_one, decided = put_submitted(rt, other, call_id), put_submitted(rt, other, call_id)
    for each in (open_one, decided):
        engagement_service.endorse(rt, ming, each.id)
    moderation_service.decide(rt, officer, decided.id, decision="accept")
    parting.close_account(rt, ming)
    with rt.read_main() as tx:
        counted = queries.endorsed(tx, [open_one.id, decided.id])
    assert (counted[open_one.id], counted[decided.id]) == (0, 1)
