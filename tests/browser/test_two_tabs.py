"""Two tabs of one browser: what stands in one stands in the other, and what is reviewed is what is shown."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.live import LiveVote
from tests.browser.steps import KEPT, code_on, counted, identify, mark, unfold

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LISTEN = """() => {
  window.heard = [];
  new BroadcastChannel("pbvote").onmessage = ({ data }) => window.heard.push(data);
}"""


@pytest.fixture(params=[True, False], ids=["told", "read when looked at"])
def tabs(request: pytest.FixtureRequest, phone: BrowserContext) -> tuple[Page, Page]:
    """Two tabs of a browser whose tabs can tell each other, or not."""
    if not request.param:
        phone.add_init_script("delete globalThis.BroadcastChannel")
    return phone.new_page(), phone.new_page()


def look_at(page: Page) -> Page:
    """Bring a tab to the front, as somebody does who reads it."""
    page.bring_to_front()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    return page


def ticked(page: Page) -> list[str]:
    return [each.get_attribute("value") or "" for each in page.locator("input:checked").all()]


def ready(page: Page) -> None:
    """What was saved is on the screen and can be changed."""
    whose = page.get_by_role("button", name="是我的，繼續")
    expect(page.locator('input[value="1"]:not([disabled])').or_(whose).first).to_be_visible()
    if whose.is_visible():
        whose.click()
    expect(page.locator('input[value="1"]')).to_be_enabled()


def test_what_is_ticked_in_one_tab_stands_in_the_other_before_anybody_reviews_it(
    tabs: tuple[Page, Page], vote: LiveVote, clock: Any
) -> None:
    first, second = tabs
    first.goto(vote.url("?district=d1"))
    for number in (1, 2):
        first.locator(f'input[value="{number}"]').check()
    expect(first.locator(".meter__count")).to_have_text("已選 2／2 案")
    second.goto(vote.url("?district=d1"))
    ready(second)
    second.locator('input[value="1"]').uncheck()
    second.locator('input[value="3"]').check()
    expect(second.locator(".meter__count")).to_have_text("已選 2／2 案")
    look_at(first)
    expect(first.locator('input[value="3"]')).to_be_checked()
    assert ticked(first) == ticked(second) == ["2", "3"]
    expect(first.locator("[data-other-tab]")).to_be_visible()
    expect(second.locator("[data-other-tab]")).to_be_hidden()
    first.get_by_role("link", name="確認圈選").click()
    expect(first.locator("[data-list] li")).to_have_count(2)
    expect(first.locator("[data-list]")).to_contain_text("社區菜園")
    identify(first, vote.ids[0])
    code_on(first)
    look_at(second)
    expect(second.get_by_role("heading", name="這台裝置已投出一票")).to_be_visible()
    expect(second.locator("input:checked:visible")).to_have_count(0)
    assert counted(vote, clock) == [(2, 3)]


def test_a_review_follows_the_ballot_in_another_tab_and_seals_what_it_shows(
    tabs: tuple[Page, Page], vote: LiveVote, clock: Any
) -> None:
    review, ballot = tabs
    review.goto(vote.url("?district=d1"))
    mark(review, 1)
    ballot.goto(vote.url("?district=d1"))
    ready(ballot)
    ballot.locator('input[value="1"]').uncheck()
    ballot.locator('input[value="2"]').check()
    ballot.locator('input[value="3"]').check()
    expect(ballot.locator(".meter__count")).to_have_text("已選 2／2 案")
    look_at(review)
    expect(review.locator("[data-list] li")).to_have_count(2)
    expect(review.locator("[data-list]")).not_to_contain_text("河濱步道加燈")
    expect(review.locator("[data-other-tab]")).to_be_visible()
    assert ticked(ballot) == ["2", "3"]  # nothing was taken back there
    identify(review, vote.ids[0])
    code_on(review)
    assert counted(vote, clock) == [(2, 3)]


def test_ballots_of_two_districts_do_not_fight_for_the_device(
    tabs: tuple[Page, Page], vote: LiveVote
) -> None:
    east, west = tabs
    east.goto(vote.url("?district=d1"))
    east.locator('input[value="1"]').check()
    expect(east.locator(".meter__count")).to_have_text("已選 1／2 案")
    west.goto(vote.url("?district=d2"))
    whose = west.get_by_role("button", name="是我的，繼續")
    expect(whose).to_be_visible()
    whose.click()
    west.locator('input[value="4"]').check()
    expect(west.locator(".meter__count")).to_have_text("已選 1／2 案")
    look_at(east)
    expect(east.locator('[data-panel="elsewhere"]')).to_be_visible()
    expect(east.locator("input:checked:visible")).to_have_count(0)
    kept = west.evaluate(KEPT, vote.manifest.call)["draft"]
    assert (kept["district"], [each["number"] for each in kept["chosen"]]) == ("d2", [4])
    east.get_by_role("button", name="在這裡圈選這一區").click()
    expect(east.locator(".meter__count")).to_have_text("已選 0／2 案")
    look_at(west)
    expect(west.locator('[data-panel="elsewhere"]')).to_be_visible()


def test_a_receipt_that_is_cleared_in_one_tab_is_gone_from_the_other(
    phone: BrowserContext, vote: LiveVote
) -> None:
    first = phone.new_page()
    first.goto(vote.url("?district=d1"))
    mark(first, 1)
    identify(first, vote.ids[0])
    code = code_on(first)
    second = phone.new_page()
    second.goto(vote.url("receipt"))
    expect(second.get_by_role("heading", name="這台裝置已投出一票")).to_be_visible()
    unfold(second, "公用的裝置？清除這裡的一切")
    second.get_by_role("button", name="清除這裡的一切").click()
    expect(second.get_by_role("heading", name="已清除")).to_be_visible()
    first.bring_to_front()
    expect(first.get_by_role("heading", name="這台裝置上沒有查核碼")).to_be_visible()
    assert code not in first.content()


def test_only_the_name_of_the_call_goes_from_tab_to_tab(phone: BrowserContext, vote: LiveVote) -> None:
    listener, page = phone.new_page(), phone.new_page()
    listener.goto(vote.origin)
    listener.evaluate(LISTEN)
    page.goto(vote.url("?district=d1"))
    mark(page, 1)
    identify(page, vote.ids[0])
    code_on(page)
    heard = listener.evaluate("window.heard")
    assert len(heard) >= 3
    assert set(heard) == {vote.manifest.call}
