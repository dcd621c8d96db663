"""Answering, editing and deleting comments on the pages, with forms alone."""

from __future__ import annotations

import re

import pytest

from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.engagement import service, talking
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals.queries import ProposalView
from tests.make.people import put_agency, put_resident, put_staff, staff_of
from tests.make.proposals import put_submitted
from tests.make.services import MovableClock
from tests.make.visitors import Browser, in_one_line


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


@pytest.fixture
def page(sent: ProposalView) -> str:
    return f"/calls/{sent.call_id}/proposals/{sent.id}"


def test_a_refused_answer_stays_open_at_its_comment_with_its_words(
    browser: Browser, sent: ProposalView, said: int, page: str, ming: Actor
) -> None:
    browser.sign_in(ming)
    path = f"/calls/{sent.call_id}/comments/{said}/answer"
    refused = browser.post(path, {f"answer-{said}": "長" * 1001})
    text = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert f'href="#f-answer-{said}"' in text
    assert re.search(
        rf'<details open>.*id="f-answer-{said}"[^>]*aria-invalid="true"[^>]*>\n長{{1001}}<', text, re.S
    )
    assert text.count("長" * 1001) == 1
    went = browser.post(path, {f"answer-{said}": "會加燈"})
    assert re.fullmatch(rf"{page}#comment-\d+", went.location)
    assert "提案人回覆" in browser.page(page)


def test_the_agency_answers_under_its_own_name(
    browser: Browser, sent: ProposalView, said: int, page: str, officer: Actor
) -> None:
    browser.sign_in(officer)
    assert "以機關名義回覆" in browser.page(page)
    browser.post(f"/agency/calls/{sent.call_id}/comments/{said}/answer", {f"answer-{said}": "六月前完成。"})
    text = in_one_line(browser.page(page))
    assert re.search(r"<h4[^>]*>shilin公所</h4><span[^>]*>機關回覆</span>", text)
    assert "六月前完成。" in text


def test_another_agencys_officer_is_offered_nothing(
    rt: Runtime, browser: Browser, sent: ProposalView, said: int, page: str
) -> None:
    browser.sign_in(put_staff(rt, put_agency(rt, "beitou"), "chen"))
    assert "以機關名義回覆" not in browser.page(page)
    refused = browser.post(f"/agency/calls/{sent.call_id}/comments/{said}/answer", {f"answer-{said}": "x"})
    assert refused.status_code == 404


def test_editing_is_offered_for_a_while_and_marked(
    browser: Browser, sent: ProposalView, said: int, page: str, neighbour: Actor, clock: MovableClock
) -> None:
    browser.sign_in(neighbour)
    edit = f"/calls/{sent.call_id}/comments/{said}/edit"
    assert edit in browser.page(page)
    assert "晚上太暗了" in browser.page(edit)
    assert browser.post(edit, {"body": ""}).status_code == 422
    assert browser.post(edit, {"body": "晚上很暗"}).location == f"{page}#comment-{said}"
    text = browser.page(page)
    assert "晚上很暗" in text
    assert "已編輯）" in text
    clock.forward(minutes=16)
    assert edit not in browser.page(page)
    late = browser.post(edit, {"body": "寫了很久的話"})
    assert late.status_code == 409
    assert "寫了很久的話" in late.get_data(as_text=True)
    assert "超過 15 分鐘" in late.get_data(as_text=True)


def test_deleting_asks_once_and_leaves_a_place_where_somebody_answered(
    rt: Runtime, browser: Browser, sent: ProposalView, said: int, page: str, neighbour: Actor, ming: Actor
) -> None:
    talking.answer(rt, ming, said, body="會加燈")
    browser.sign_in(neighbour)
    delete = f"/calls/{sent.call_id}/comments/{said}/delete"
    assert "晚上太暗了" in browser.page(delete)
    assert browser.post(delete, {}).location == f"{page}#comments"
    text = browser.page(page)
    assert "留言者已刪除" in text
    assert "會加燈" in text
    assert "晚上太暗了" not in text
    assert "李○華" not in text
    browser.page(delete, status=404)


def test_nobody_edits_or_deletes_what_another_wrote(
    browser: Browser, sent: ProposalView, said: int, page: str, ming: Actor
) -> None:
    browser.sign_in(ming)
    text = browser.page(page)
    for act in ("edit", "delete"):
        path = f"/calls/{sent.call_id}/comments/{said}/{act}"
        assert path not in text
        browser.page(path, status=403)
        assert browser.post(path, {"body": "x"}).status_code == 403


def test_the_desk_reads_what_a_reported_comment_said_before(
    rt: Runtime, browser: Browser, sent: ProposalView, said: int, neighbour: Actor, officer: Actor
) -> None:
    service.report(rt, put_resident(rt, "陳大文"), said, reason="罵人")
    talking.edit(rt, neighbour, said, body="晚上很暗")
    browser.sign_in(officer)
    desk = browser.page(f"/agency/calls/{sent.call_id}/comments")
    assert "看改寫前的文字" in desk
    assert "晚上太暗了" in desk


def test_comments_are_headings_below_their_section(
    rt: Runtime, browser: Browser, said: int, page: str, ming: Actor
) -> None:
    talking.answer(rt, ming, said, body="會加燈")
    text = in_one_line(browser.page(page))
    assert re.findall(r"<h([234])[^>]*>(?=留言與提問|李○華|提案人)", text) == ["2", "3", "4"]
