"""A correction at the part it concerns: asked, changed, answered, read by the officer; how far one is."""

from __future__ import annotations

import pytest

from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.proposals import service
from tests.make.files import picture
from tests.make.pdfs import pdf
from tests.make.proposals import MODERATION_UNTIL, proposal_values, put_submitted
from tests.make.visitors import Browser, in_one_line


@pytest.fixture
def browser(browser: Browser, ming: Actor) -> Browser:
    browser.sign_in(ming)
    return browser


def row(page: str, part: str) -> str:
    """What the task list says of a part."""
    start = page.index(f'/edit/{part}">', page.index('class="tasks"'))
    return page[start : page.index("</li>", start)]


def ask(browser: Browser, officer: Actor, ming: Actor, proposal_id: int, *parts: str) -> None:
    browser.sign_in(officer)
    until = MODERATION_UNTIL.strftime("%Y-%m-%dT%H:%M")
    form = {
        "decision": "correct",
        "reason": "請附維護單位的同意",
        "correct_until": until,
        "parts": list(parts),
    }
    assert browser.post(f"/agency/proposals/{proposal_id}", form).status_code == 303
    browser.sign_in(ming)


def test_the_request_stands_at_its_part_and_the_answer_in_the_case(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, call_id: CallId
) -> None:
    sent = put_submitted(rt, ming, call_id)
    base = f"/my/proposals/{sent.id}"
    assert "承辦機關請您補正這一項" not in browser.page(f"{base}/edit/cost")
    ask(browser, officer, ming, sent.id, "cost", "pictures")
    tasks = in_one_line(browser.page(f"{base}/edit"))
    assert ["請補正" in row(tasks, part) for part in ("idea", "cost", "pictures")] == [False, True, True]
    assert "下一項：" in tasks
    for part, asked in (("cost", True), ("pictures", True), ("idea", False)):
        page = browser.page(f"{base}/edit/{part}")
        assert ("請附維護單位的同意" in page) is asked, part
        assert (f'name="reply_{part}"' in page) is asked, part
    answer = browser.post(
        f"{base}/edit/cost", {"cost_twd": "300000", "reply_cost": "里長已同意維護", "action": "later"}
    )
    assert answer.status_code == 303
    long = browser.post(f"{base}/reply/pictures", {"reply_pictures": "長" * 1001})
    assert long.status_code == 422
    kept = browser.post(f"{base}/reply/pictures", {"reply_pictures": "現場還沒有東西可以拍"})
    assert kept.location == f"{base}/edit/pictures"
    tasks = in_one_line(browser.page(f"{base}/edit"))
    assert ["已回覆" in row(tasks, part) for part in ("cost", "pictures")] == [True, True]
    assert "都填好了，可以檢查並送出。" in tasks
    assert browser.post(f"{base}/check", {}).status_code == 303
    assert "里長已同意維護" in browser.page(base)
    browser.sign_in(officer)
    case = browser.page(f"/agency/proposals/{sent.id}")
    for words in ("提案人的回覆", "里長已同意維護", "現場還沒有東西可以拍"):
        assert words in case


def test_a_request_for_all_of_it_can_be_answered_too(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, call_id: CallId
) -> None:
    sent = put_submitted(rt, ming, call_id)
    ask(browser, officer, ming, sent.id)
    assert 'name="reply_whole"' in browser.page(f"/my/proposals/{sent.id}/edit")
    answer = browser.post(f"/my/proposals/{sent.id}/reply/whole", {"reply_whole": "我想保留原案"})
    assert answer.location == f"/my/proposals/{sent.id}/edit"
    assert "我想保留原案</textarea>" in browser.page(answer.location)


def test_an_unknown_part_is_refused_with_everything_typed_kept(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, call_id: CallId
) -> None:
    sent = put_submitted(rt, ming, call_id)
    browser.sign_in(officer)
    form = {
        "decision": "correct",
        "reason": "請改",
        "correct_until": "2026-04-20T10:00",
        "parts": ["x", "cost"],
    }
    answer = browser.post(f"/agency/proposals/{sent.id}", form)
    page = in_one_line(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "提案裡沒有「x」這一項" in page
    assert 'value="cost" checked' in page


def test_every_page_says_how_far_one_is(rt: Runtime, browser: Browser, ming: Actor, call_id: CallId) -> None:
    first = browser.page(f"/my/calls/{call_id}/proposals/new")
    assert "第 1 項，共 6 項" in first
    assert "要填的 3 項，完成了 0 項。" in first
    draft = service.save_draft(rt, ming, call_id, proposal_values(place="", cost_twd=""))
    base = f"/my/proposals/{draft.id}/edit"
    tasks = in_one_line(browser.page(base))
    assert "要填的 3 項，完成了 1 項。" in tasks
    assert "下一項：地點與分區。" in tasks
    assert f'href="{base}/place">繼續填下一項</a>' in tasks
    for at, part in enumerate(("idea", "place", "cost", "pictures", "documents", "people"), 1):
        page = browser.page(f"{base}/{part}")
        assert f"第 {at} 項，共 6 項" in page
        assert page.count('aria-current="step"') == 1


def test_optional_parts_do_not_move_the_goal_and_nobody_is_of_age_unasked(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    draft = service.save_draft(rt, ming, call_id, proposal_values())
    base = f"/my/proposals/{draft.id}/edit"
    people = in_one_line(browser.page(f"{base}/people"))
    assert 'name="minor" value="0">' in people
    assert 'name="minor" value="1">' in people
    service.attach_picture(rt, ming, draft.id, content=picture(), alt="公園")
    service.attach_document(rt, ming, draft.id, content=pdf(), name="a.pdf", says="估價")
    browser.post(f"{base}/people", {"minor": "0", "action": "later"})
    assert 'name="minor" value="0" checked>' in in_one_line(browser.page(f"{base}/people"))
    assert "要填的 3 項，完成了 3 項。" in browser.page(base)
    sent = service.submit(rt, ming, draft.id)
    assert not sent.minor
