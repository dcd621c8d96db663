"""Whatever breaks between two steps, the vote goes on where it was, and nothing is cast twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Playwright, Route, expect

from tests.browser.live import LiveVote, open_browser
from tests.browser.steps import choose, code_on, counted, identify, issued, new_page, waiting

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_lost_answer_of_the_issuer_costs_nothing(vote: LiveVote, phone: BrowserContext, clock: Any) -> None:
    page = new_page(phone)
    sent: list[str] = []

    def lose(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "{}")["blinded"])
        if len(sent) == 1:
            route.fetch()  # the server answers, the browser never hears of it
            route.abort()
        else:
            route.continue_()

    page.route("**/issue", lose)
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    expect(page.locator('[data-panel="retry"]')).to_be_visible()
    page.reload()
    code_on(page)
    assert sent[0] == sent[1]
    assert (issued(vote), counted(vote, clock)) == (1, [(1,)])


def test_a_lost_answer_of_the_box_sends_the_same_ballot_again(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    sent: list[bytes] = []

    def lose(route: Route) -> None:
        sent.append(route.request.post_data_buffer or b"")
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/ballots", lose)
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    code_on(page)
    assert len(sent) == 2
    assert sent[0] == sent[1] != b""
    assert counted(vote, clock) == [(1,)]


@pytest.mark.parametrize("step", ["**/issue", "**/ballots"])
def test_a_browser_killed_before_or_after_a_request_goes_on_where_it_was(
    vote: LiveVote, playwright: Playwright, clock: Any, tmp_path: Path, step: str
) -> None:
    profile = tmp_path / "profile"
    context = open_browser(playwright, profile)
    page = new_page(context)
    reached: list[str] = []

    def stop(route: Route) -> None:
        reached.append(route.request.url)
        route.fetch()

    page.route(step, stop)
    choose(page, vote, 1, 2)
    identify(page, vote.ids[0])
    page.wait_for_timeout(1500)
    assert reached
    context.close()

    context = open_browser(playwright, profile)
    page = new_page(context)
    page.goto(vote.url("?district=d1"))
    expect(page.get_by_role("heading", name="這台裝置上有未完成的投票")).to_be_visible()
    assert page.locator("input:checked").count() == 0
    page.get_by_role("button", name="是我的，繼續").click()
    if step == "**/ballots":
        page.get_by_role("link", name="繼續投出").click()
    else:
        page.get_by_role("link", name="確認圈選").click()
        page.get_by_role("link", name="下一步").click()
        if "/token" not in page.url and "/receipt" not in page.url:
            page.goto(vote.url("review"))
            identify(page, vote.ids[0])
    code_on(page)
    context.close()
    assert (issued(vote), counted(vote, clock)) == (1, [(1, 2)])


def test_blocked_storage_is_noticed_before_anything_is_issued(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    page.add_init_script("Object.defineProperty(window, 'indexedDB', {value: undefined})")
    page.goto(vote.url("?district=d1"))
    expect(page.locator('[data-panel="blocked"]')).to_be_visible()
    expect(page.locator('[data-panel="choose"]')).to_be_hidden()
    assert issued(vote) == 0


def test_a_signature_of_something_else_is_never_cast(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)

    def forge(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "signature": answer["signature"][:-8] + "AAAAAAA="})

    page.route("**/issue", forge)
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    expect(page.locator('[data-panel="token"]')).to_be_visible()
    assert waiting(vote) == 0


def test_a_false_promise_is_noticed_and_the_ballot_kept(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)

    def forge(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "include_by": answer["include_by"] + 3600}, status=201)

    page.route("**/ballots", forge)
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    expect(page.locator('[data-panel="promise"]')).to_be_visible()
    page.unroute("**/ballots")
    page.locator('[data-panel="promise"] [data-retry]').click()
    code_on(page)
    assert counted(vote, clock) == [(1,)]
