"""A word to proposers under 18, the paper to print, and what the officer sees of it."""

from __future__ import annotations

import pytest

from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.proposals import queries, service
from tests.make.files import picture
from tests.make.proposals import proposal_values
from tests.make.visitors import Browser, in_one_line


@pytest.fixture
def browser(browser: Browser, ming: Actor) -> Browser:
    browser.sign_in(ming)
    return browser


def test_who_is_under_18_is_told_and_gives_the_representatives_consent(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, call_id: CallId
) -> None:
    draft = service.save_draft(rt, ming, call_id, proposal_values())
    base = f"/my/proposals/{draft.id}"
    page = browser.page(f"{base}/edit/people")
    for words in (
        "提案和投票都不用任何人同意",
        "公開全名、讓圖片和文件公開使用，或是領獎，才要法定代理人",
        "請不要寫身分證字號",
    ):
        assert words in page
    refused = browser.post(f"{base}/edit/people", {"minor": "1", "show_name": "1"})
    assert refused.status_code == 422
    assert "要法定代理人（爸爸、媽媽或監護人）同意" in refused.get_data(as_text=True)
    assert "還要補" in browser.page(f"{base}/edit")
    check = browser.page(f"{base}/check")
    assert 'href="#f-guardian_how"' in check
    assert 'id="f-guardian_how"' in check
    number = "A123456789"
    typed = {"minor": "1", "show_name": "1", "guardian_how": "form", "guardian_name": "王大明"}
    refused = browser.post(f"{base}/edit/people", typed | {"guardian_contact": number})
    assert (refused.status_code, "我們不需要，也不會保存" in refused.get_data(as_text=True)) == (422, True)
    kept = browser.post(
        f"{base}/edit/people", typed | {"guardian_contact": "0912-345-678", "action": "later"}
    )
    assert kept.status_code == 303
    assert browser.post(f"{base}/check", {}).status_code == 303
    browser.sign_in(officer)
    case = browser.page(f"/agency/proposals/{draft.id}")
    assert "王大明，0912-345-678" in case


def test_the_paper_is_printed_and_its_arrival_noted(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, call_id: CallId
) -> None:
    draft = service.save_draft(rt, ming, call_id, proposal_values(minor="1", guardian_how="paper"))
    service.attach_picture(rt, ming, draft.id, content=picture(), alt="現場")
    paper = browser.page(f"/my/proposals/{draft.id}/consent")
    for words in ("法定代理人同意書", "和平公園共融遊具", "王小明", "簽名"):
        assert words in paper
    service.submit(rt, ming, draft.id)
    browser.sign_in(officer)
    case = f"/agency/proposals/{draft.id}"
    assert "紙本同意書還沒有收到" in browser.page(case)
    refused = browser.post(case, {"decision": "accept"})
    assert (refused.status_code, "還沒有法定代理人的同意" in refused.get_data(as_text=True)) == (409, True)
    assert browser.post(f"{case}/consent", {}).location == case
    assert "已收到法定代理人的紙本同意書" in in_one_line(browser.page(case))
    assert browser.post(case, {"decision": "accept"}).status_code == 303
    with rt.read_main() as tx:
        assert not queries.get(tx, draft.id).awaits_consent
