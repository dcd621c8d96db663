"""Several people, one device; one person, several devices; a device that staff hand over."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Device
from tests.browser.live import LiveVote
from tests.browser.steps import choose, code_on, counted, identify, issued, mark, new_page, tell_who

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_two_people_vote_one_after_the_other_and_see_nothing_of_each_other(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    choose(page, vote, 1, 3)
    identify(page, vote.ids[0])
    first = code_on(page)
    page.get_by_role("button", name="換另一位在這台裝置投票").click()
    page.get_by_role("link", name="東區").click()
    expect(page.locator(".meter__count")).to_have_text("已選 0／2 案")
    assert page.locator("input:checked").count() == 0
    choose(page, vote, 2)
    identify(page, vote.ids[2])
    second = code_on(page)
    assert second != first
    others = page.locator("[data-others-section]").inner_text()
    assert first in others
    assert not any(project.title in others for project in vote.manifest.projects)
    assert counted(vote, clock) == [(1, 3), (2,)]


def test_one_identity_in_two_browsers_gets_one_vote(
    vote: LiveVote, playwright: Playwright, phone: BrowserContext, clock: Any, tmp_path: Path
) -> None:
    page = new_page(phone)
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    code_on(page)
    other = open_browser(playwright, tmp_path / "other")
    second = new_page(other)
    choose(second, vote, 2)
    identify(second, vote.ids[0])
    expect(second.locator('[data-panel="used"]')).to_be_visible()
    other.close()
    assert counted(vote, clock) == [(1,)]


def test_whoever_left_an_unfinished_vote_behind_finds_it_again_after_another_voted(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    page.route("**/ballots", lambda route: route.abort())
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    expect(page.locator('[data-panel="waiting"]')).to_be_visible()
    page.unroute("**/ballots")
    page.goto(vote.url("?district=d1"))
    page.locator('[data-panel="unfinished"] [data-other-person]').click()
    choose(page, vote, 2)
    identify(page, vote.ids[2])
    code_on(page)
    page.get_by_role("button", name="換另一位在這台裝置投票").click()
    page.wait_for_url(vote.url(""))
    choose(page, vote, 3)
    identify(page, vote.ids[0])
    code_on(page)
    assert (issued(vote), counted(vote, clock)) == (2, [(1,), (2,)])


def test_a_device_that_staff_hand_over_starts_afresh_and_wipes_itself(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = new_page(phone)
    choose(page, vote, 1, 2)
    page.close()
    page = phone.new_page()
    page.goto(vote.url("?district=d1&counter=1"))
    expect(page.locator(".meter__count")).to_have_text("已選 0／2 案")
    page.locator('input[value="3"]').check()
    page.get_by_role("link", name="確認圈選").click()
    link = page.get_by_role("link", name="下一步")
    expect(link).to_have_attribute("href", f"/checkin/{vote.manifest.call}/token")
    identify(page, vote.ids[0])
    code_on(page)
    expect(page.locator("[data-own-device]")).to_be_hidden()
    phone.clock.run_for(121_000)
    expect(page.get_by_role("heading", name="已清除")).to_be_visible()
    page.goto(vote.url("receipt"))
    expect(page.get_by_role("heading", name="這台裝置上沒有查核碼")).to_be_visible()
