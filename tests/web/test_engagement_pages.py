"""The pages on which residents endorse, comment, report and follow, and the officers' desk."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pbvote.core.types import Actor, CallId
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import Runtime
from pbvote.rooms.engagement import following, queries
from pbvote.rooms.proposals import service as proposals_service
from pbvote.rooms.proposals.queries import ProposalView
from tests.make.calls import published_call
from tests.make.files import picture
from tests.make.people import put_resident
from tests.make.proposals import COLLECTING, MODERATION, proposal_values, put_submitted
from tests.make.services import MovableClock
from tests.make.visitors import Browser


@pytest.fixture
def call_id(rt: Runtime, officer: Actor, clock: MovableClock) -> CallId:
    found = published_call(rt, officer, values={"intake.endorsements_least": "2"})
    clock.set(COLLECTING)
    return found


@pytest.fixture
def sent(rt: Runtime, call_id: CallId) -> ProposalView:
    return put_submitted(rt, put_resident(rt, "王小明"), call_id)


@pytest.fixture
def browser(rt: Runtime, browser: Browser) -> Browser:
    browser.sign_in(put_resident(rt, "李小華"))
    return browser


def path_of(sent: ProposalView) -> str:
    return f"/calls/{sent.call_id}/proposals/{sent.id}"


def test_a_stranger_reads_everything_and_is_asked_to_sign_in_first(
    site: FlaskClient, sent: ProposalView
) -> None:
    browser = Browser(site)
    page = browser.page(path_of(sent))
    assert "已有 0 人連署，門檻 2 人" in page
    assert page.count(f"/account/sign-in?next={path_of(sent)}") == 3
    for act in ("endorse", "comments"):
        assert browser.post(f"{path_of(sent)}/{act}", {"body": "x"}).location.startswith("/account/sign-in")


def test_endorsing_and_taking_it_back(browser: Browser, sent: ProposalView) -> None:
    assert browser.post(f"{path_of(sent)}/endorse", {"wanted": "1"}).location == f"{path_of(sent)}#endorse"
    page = browser.page(path_of(sent))
    assert "已有 1 人連署" in page
    assert "您已連署" in page
    browser.post(f"{path_of(sent)}/endorse", {"wanted": "0"})
    assert "已有 0 人連署" in browser.page(path_of(sent))


def test_an_endorsement_that_is_too_late_says_so_on_the_page(
    browser: Browser, sent: ProposalView, clock: MovableClock
) -> None:
    clock.set(MODERATION)
    late = browser.post(f"{path_of(sent)}/endorse", {"wanted": "1"})
    assert late.status_code == 409
    assert "連署已經截止" in late.get_data(as_text=True)
    assert "我要連署" not in browser.page(path_of(sent))


def test_a_refused_comment_keeps_its_words_and_its_kind(browser: Browser, sent: ProposalView) -> None:
    body = "長" * 1001
    refused = browser.post(f"{path_of(sent)}/comments", {"body": body, "kind": "question"})
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert body in page
    assert 'href="#f-body"' in page
    assert re.search(r'value="question"\s+checked', page)


def test_a_comment_is_shown_masked_and_as_text(browser: Browser, sent: ProposalView) -> None:
    answer = browser.post(f"{path_of(sent)}/comments", {"body": "<b>很好</b>", "kind": "comment"})
    assert re.fullmatch(rf"{path_of(sent)}#comment-\d+", answer.location)
    page = browser.page(path_of(sent))
    assert "&lt;b&gt;很好&lt;/b&gt;" in page
    assert "李○華" in page
    assert "李小華" not in page


def test_the_author_is_offered_an_answer_and_a_neighbour_a_reply(
    rt: Runtime, browser: Browser, sent: ProposalView
) -> None:
    browser.post(f"{path_of(sent)}/comments", {"body": "何時開工？", "kind": "question"})
    assert "回答這個問題" not in browser.page(path_of(sent))
    author = Browser(browser.site)
    author.sign_in(Actor(kind="resident", id=sent.proposer_id or 0))
    assert "回答這個問題" in author.page(path_of(sent))
    with rt.read_main() as tx:
        (asked,) = queries.comments(tx, sent.id)
    author.post(f"/calls/{sent.call_id}/comments/{asked.id}/answer", {f"answer-{asked.id}": "三月"})
    assert "三月" in author.page(path_of(sent))


def test_a_report_reaches_the_desk_and_a_hidden_comment_leaves_its_reason(
    rt: Runtime, browser: Browser, sent: ProposalView, officer: Actor
) -> None:
    browser.post(f"{path_of(sent)}/comments", {"body": "都是笨蛋", "kind": "comment"})
    with rt.read_main() as tx:
        (bad,) = queries.comments(tx, sent.id)
    form = f"/calls/{sent.call_id}/comments/{bad.id}/report"
    assert "都是笨蛋" in browser.page(form)
    assert browser.post(form, {"reason": ""}).status_code == 422
    assert browser.post(form, {"reason": "人身攻擊"}).location == f"{path_of(sent)}#comments"
    browser.sign_in(officer)
    desk = f"/agency/calls/{sent.call_id}/comments"
    assert "人身攻擊" in browser.page(desk)
    wrong = browser.post(f"{desk}/{bad.id}", {"verdict": "hide", "reason": ""})
    assert wrong.status_code == 422
    browser.post(f"{desk}/{bad.id}", {"verdict": "hide", "reason": "違反公約"})
    assert "沒有待處理的檢舉" in browser.page(desk)
    page = browser.page(path_of(sent))
    assert "違反公約" in page
    assert "都是笨蛋" not in page


def test_a_comment_of_another_call_is_not_reported_under_this_one(
    rt: Runtime, browser: Browser, sent: ProposalView, officer: Actor
) -> None:
    other = published_call(rt, officer)
    browser.post(f"{path_of(sent)}/comments", {"body": "好", "kind": "comment"})
    with rt.read_main() as tx:
        (one,) = queries.comments(tx, sent.id)
    browser.page(f"/calls/{other}/comments/{one.id}/report", status=404)


def test_following_and_leaving_by_button_and_by_link(
    rt: Runtime, browser: Browser, sent: ProposalView, site: FlaskClient
) -> None:
    call = f"/calls/{sent.call_id}"
    browser.post(f"{call}/follow", {"wanted": "1"})
    browser.post(f"{call}/follow", {"wanted": "1", "proposal": str(sent.id)})
    assert "停止追蹤" in browser.page(f"{call}/")
    assert browser.page("/my/").count("停止追蹤") == 2
    browser.post(f"{call}/follow", {"wanted": "0", "proposal": str(sent.id)})
    assert browser.page("/my/").count("停止追蹤") == 1
    with rt.read_main() as tx:
        resident = next(iter(queries.followers(tx, sent.call_id)))
    token = following.unsubscribe_token(rt, resident_id=resident, call_id=sent.call_id)
    stranger = site.application.test_client()  # no session, no token: as a mail program does it
    assert "不再收到" in stranger.get(f"/unsubscribe/{token}").get_data(as_text=True)
    done = stranger.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert "停止追蹤" not in browser.page("/my/")
    assert stranger.get(f"/unsubscribe/{token}x").status_code == 404


def test_a_coauthor_is_invited_and_answers(rt: Runtime, browser: Browser, sent: ProposalView) -> None:
    author = Browser(browser.site)
    me = Actor(kind="resident", id=sent.proposer_id or 0)
    author.sign_in(me)
    place = f"/my/proposals/{sent.id}/coauthors"
    assert author.post(place, {"email": "不是信箱"}).status_code == 422
    assert author.post(place, {"email": "王小明@example.org"}).status_code == 422
    author.post(place, {"email": "李小華@example.org"})
    with rt.read_main() as tx:
        assert "coauthor-invited" in list(tx.scalars(select(OutboxMessage.template)))
    friend = put_resident(rt, "邱大吉")
    browser.sign_in(friend)
    assert "邀請您共同提案" not in browser.page("/my/")
    with browser.site.session_transaction() as session:
        session["_user_id"] = f"resident:{_resident(rt, '李小華')}:1:0"
    page = browser.page("/my/")
    found = re.search(r'action="(/my/invitations/\d+)"', page)
    assert found
    browser.post(found[1], {"answer": "agree"})
    assert "我共同提案的" in browser.page("/my/")
    assert "王○明、李○華" in browser.page(path_of(sent))


def _resident(rt: Runtime, name: str) -> int:
    from pbvote.rooms.accounts.models import Resident

    with rt.read_main() as tx:
        return tx.scalars(select(Resident.id).where(Resident.name == name)).one()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_open_in_both_languages(
    rt: Runtime, browser: Browser, sent: ProposalView, officer: Actor, language: str
) -> None:
    browser.speak(language)
    for body, kind in (("A", "comment"), ("B", "question")):
        browser.post(f"{path_of(sent)}/comments", {"body": body, "kind": kind})
    for path in (path_of(sent), f"/calls/{sent.call_id}/proposals", "/my/", "/about/privacy"):
        assert f'lang="{"en" if language == "en" else "zh-Hant-TW"}"' in browser.page(path)
    browser.sign_in(officer)
    browser.page(f"/agency/calls/{sent.call_id}/comments")


def test_no_page_of_the_agency_or_the_public_shows_an_address_or_who_endorses(
    rt: Runtime, browser: Browser, sent: ProposalView, officer: Actor
) -> None:
    """As the page about personal data says."""
    for act, form in (("endorse", {"wanted": "1"}), ("comments", {"body": "好", "kind": "comment"})):
        browser.post(f"{path_of(sent)}/{act}", form)
    browser.sign_in(officer)
    call = sent.call_id
    for path in (
        path_of(sent),
        f"/calls/{call}/proposals",
        f"/agency/proposals/{sent.id}",
        f"/agency/calls/{call}/moderation",
        f"/agency/calls/{call}/comments",
        f"/agency/calls/{call}",
    ):
        page = browser.page(path)
        assert "@example.org" not in page, path
        assert "李小華" not in page, path


def test_what_is_no_longer_public_is_nobodys_to_read_or_to_guess(
    rt: Runtime, browser: Browser, sent: ProposalView
) -> None:
    browser.post(f"{path_of(sent)}/comments", {"body": "PRIVATE-42", "kind": "comment"})
    call = f"/calls/{sent.call_id}"
    browser.post(f"{call}/follow", {"wanted": "1", "proposal": str(sent.id)})
    with rt.read_main() as tx:
        (one,) = queries.comments(tx, sent.id)
    draft = proposals_service.save_draft(
        rt, Actor(kind="resident", id=sent.proposer_id or 0), sent.call_id, {"title": "草稿"}
    )
    for number in (draft.id, 99999):  # the same answer for somebody's draft and for nothing
        answer = browser.post(f"{call}/follow", {"wanted": "0", "proposal": str(number)})
        assert answer.location == f"{call}/"
    proposals_service.withdraw(rt, Actor(kind="resident", id=sent.proposer_id or 0), sent.id)
    browser.page(f"{call}/comments/{one.id}/report", status=404)
    mine = browser.page("/my/")
    assert sent.title not in mine
    assert "已撤回的提案" in mine


def test_a_change_after_handing_in_is_marked_where_people_endorse(
    rt: Runtime, site: FlaskClient, browser: Browser, sent: ProposalView
) -> None:
    author = Actor(kind="resident", id=sent.proposer_id or 0)
    browser.post(f"{path_of(sent)}/endorse", {"wanted": "1"})
    assert "看改了什麼" not in browser.page(path_of(sent))
    values = proposal_values(place="停車場", cost_twd="312,500")
    proposals_service.save_draft(rt, author, sent.call_id, values, proposal_id=sent.id)
    proposals_service.revise(rt, author, sent.id)
    for page in (browser.page(path_of(sent)), Browser(site).page(path_of(sent))):
        assert "從<del>和平公園東側</del>改成<ins>停車場</ins>" in page
        assert "從<del>300,000 元</del>改成<ins>312,500 元</ins>" in page


def test_what_was_added_to_a_draft_is_no_change_after_handing_in(
    rt: Runtime, browser: Browser, call_id: CallId
) -> None:
    author = put_resident(rt, "陳小美")
    draft = proposals_service.save_draft(rt, author, call_id, proposal_values())
    proposals_service.attach_picture(rt, author, draft.id, content=picture(), alt="公園")
    sent = proposals_service.submit(rt, author, draft.id)
    assert "看改了什麼" not in browser.page(path_of(sent))
    browser.sign_in(author)
    assert "<ins>" not in browser.page(f"/my/proposals/{sent.id}")


def test_who_hands_in_and_who_decides_are_told_how_many_endorsements_are_missing(
    rt: Runtime, browser: Browser, officer: Actor, call_id: CallId, clock: MovableClock
) -> None:
    author = put_resident(rt, "陳小美")
    draft = proposals_service.save_draft(rt, author, call_id, proposal_values())
    browser.sign_in(author)
    browser.post(f"/my/proposals/{draft.id}/check", {})
    page = browser.page(f"/my/proposals/{draft.id}")
    assert "要有 2 位鄰居連署" in page
    with rt.read_main() as tx:
        newest = select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(1)
        mail = tx.scalars(newest).one()
        assert (mail.template, mail.facts["least"]) == ("proposal-received", 2)
        assert mail.facts["due"].startswith("2026-")
    clock.set(MODERATION)
    browser.sign_in(officer)
    assert "還差 2 人連署，達到門檻前不能通過。" in browser.page(f"/agency/proposals/{draft.id}")
