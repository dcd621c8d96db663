"""After the vote the pages know of it, from this device alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Device
from tests.browser.live import LiveVote
from tests.browser.steps import choose, code_on, identify, new_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def cast(page: Page, vote: LiveVote, person: int) -> str:
    choose(page, vote, 1)
    identify(page, vote.ids[person])
    return code_on(page)


def test_front_call_and_ballot_say_that_a_vote_was_cast_from_this_device(
    vote: LiveVote, phone: BrowserContext, device: Device
) -> None:
    page = new_page(phone)
    code = cast(page, vote, 0)
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    for path in ("/", f"/calls/{vote.manifest.call}/"):
        page.goto(vote.origin + path)
        told = page.locator(f'[data-here="{vote.manifest.call}"]')
        expect(told).to_be_visible()
        assert code not in page.content()
        told.get_by_role("link", name="看收據").click()
        expect(page.get_by_role("heading", name="您的一票已投出")).to_be_visible()
    assert len(seen) > 10
    assert [each for each in seen if code.replace("-", "") in each.replace("-", "")] == []
    page.goto(vote.url("?district=d1"))
    expect(page.get_by_role("heading", name="這台裝置已經投出一票")).to_be_visible()
    expect(page.locator('[data-panel="choose"]')).to_be_hidden()
    page.get_by_role("button", name="不是我的，換我投票").click()
    expect(page.locator(".meter__count")).to_have_text("已選 0／2 案")
    page.goto(vote.origin)
    expect(page.get_by_role("heading", name="正在投票")).to_be_visible()
    expect(page.locator("[data-here]:visible")).to_have_count(0)
    stranger = new_page(device())
    stranger.goto(vote.origin)
    assert stranger.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    expect(stranger.locator("[data-here]:visible")).to_have_count(0)


def test_a_second_try_finds_the_receipt_and_the_receipt_the_check_page(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = new_page(phone)
    code = cast(page, vote, 0)
    page.get_by_role("link", name="查核我的票").first.click()
    page.wait_for_url("**/booth/check")  # the address does not keep the code
    expect(page.locator('[name="code"]')).to_have_value(code)
    expect(page.locator('[data-panel="waiting"]')).to_be_visible()
    page.goto(f"{vote.origin}/checkin/{vote.manifest.call}/")
    page.get_by_role("link", name="我看過了，繼續").click()
    page.locator('[name="national_id"]').fill(vote.ids[0])
    for part, value in (("year", "1956"), ("month", "3"), ("day", "8")):
        page.locator(f'[name="birth_{part}"]').fill(value)
    page.get_by_role("button", name="查驗身分").click()
    expect(page.get_by_text("您的投票券已經領過了")).to_be_visible()
    page.locator("[data-receipt]").get_by_role("link", name="看收據").click()
    expect(page.get_by_role("heading", name="您的一票已投出")).to_be_visible()
