"""A co-author's pages: what they may change, what is the proposer's, and two versions on one page."""

from __future__ import annotations

import pytest

from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.proposals import coauthors, queries, service
from pbvote.rooms.proposals.queries import ProposalView
from tests.make.people import put_resident
from tests.make.proposals import joined, proposal_values
from tests.make.visitors import Browser, in_one_line


@pytest.fixture
def mei(rt: Runtime) -> Actor:
    return put_resident(rt, "林小美")


@pytest.fixture
def draft(rt: Runtime, call_id: CallId, ming: Actor, mei: Actor) -> ProposalView:
    return joined(rt, ming, mei, service.save_draft(rt, ming, call_id, proposal_values()))


def test_a_co_author_opens_every_part_and_decides_nothing(
    rt: Runtime, browser: Browser, ming: Actor, mei: Actor, draft: ProposalView
) -> None:
    base = f"/my/proposals/{draft.id}"
    browser.sign_in(mei)
    assert f'href="{base}/edit"' in browser.page("/my/")
    for part in ("", "/idea", "/place", "/cost", "/pictures", "/documents"):
        browser.page(f"{base}/edit{part}")
    assert browser.post(f"{base}/edit/cost", {"cost_twd": "25萬", "action": "later"}).status_code == 303
    people = browser.page(f"{base}/edit/people")
    assert "送出和撤回由提案人王小明決定" in people
    assert 'name="show_name"' not in people
    assert 'name="email"' not in people
    check = browser.page(f"{base}/check")
    assert "寫好之後由提案人王小明送出" in check
    assert ">送出提案</button>" not in check
    for path, form in (
        ("/check", {}),
        ("/edit/people", {"show_name": "1"}),
        ("/coauthors", {"email": "x@example.org"}),
        ("/withdraw", {}),
    ):
        refused = browser.post(base + path, form)
        assert (refused.status_code, "只有提案人自己能決定" in refused.get_data(as_text=True)) == (
            403,
            True,
        ), path
    browser.sign_in(ming)
    tasks = in_one_line(browser.page(f"{base}/edit"))
    assert "最後修改：林小美，" in tasks


def test_a_page_that_is_out_of_date_shows_both_versions(
    rt: Runtime, browser: Browser, ming: Actor, mei: Actor, draft: ProposalView
) -> None:
    base = f"/my/proposals/{draft.id}"
    browser.sign_in(ming)
    browser.post(f"{base}/edit/cost", {"cost_twd": "20萬", "seen": "0"})
    browser.sign_in(mei)
    stale = browser.post(f"{base}/edit/cost", {"cost_twd": "25萬", "seen": "0"})
    page = in_one_line(stale.get_data(as_text=True))
    assert stale.status_code == 409
    for words in (
        "您寫的時候，王小明也改了這一項",
        'value="25萬"',
        "現在的版本：王小明寫的",
        "20萬",
        'name="seen" value="1"',
    ):
        assert words in page
    saved = browser.post(f"{base}/autosave/cost", {"cost_twd": "27萬", "seen": "0"})
    assert (saved.status_code, "王小明也改了這一項" in saved.get_json()["text"]) == (409, True)
    assert browser.post(f"{base}/autosave/cost", {"cost_twd": "27萬", "seen": "1"}).get_json()["seen"] == 2
    page = browser.page(f"{base}/edit/cost")
    assert "留在旁邊的版本" in page
    assert "王小明寫的" in page
    used = browser.post(f"{base}/aside/cost/{ming.id}", {"action": "use"})
    assert used.location == f"{base}/edit/cost"
    with rt.read_main() as tx:
        assert queries.get(tx, draft.id).values["cost_twd"] == "20萬"
    assert browser.post(f"{base}/aside/cost/{mei.id}", {"action": "drop"}).status_code == 303
    assert "留在旁邊的版本" not in browser.page(f"{base}/edit/cost")
    assert browser.post(f"{base}/aside/cost/{mei.id}", {"action": "use"}).status_code == 404


def test_a_co_author_leaves(rt: Runtime, browser: Browser, mei: Actor, draft: ProposalView) -> None:
    browser.sign_in(mei)
    path = f"/my/invitations/{draft.coauthors[0].id}"
    assert path in browser.page(f"/my/proposals/{draft.id}/edit/people")
    assert browser.post(path, {"answer": "leave"}).location == "/my/"
    assert "您已離開這件提案" in browser.page("/my/")
    browser.page(f"/my/proposals/{draft.id}/edit", status=404)
    with rt.read_main() as tx:
        assert coauthors.coauthored(tx, mei) == []
