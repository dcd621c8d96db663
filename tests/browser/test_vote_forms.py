"""Whole votes by ranking and by points on a phone, with a reload in between."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from pbvote.core.types import Choices
from tests.browser.live import LiveVote
from tests.browser.steps import code_on, identify, new_page, opened

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RANKING = {"ballot_form.kind": "ranking", "ballot_form.max_choices": "3"}
POINTS = {
    "ballot_form.kind": "points",
    "ballot_form.max_choices": "3",
    "ballot_form.points_total": "5",
    "ballot_form.points_most": "4",
}


@pytest.mark.parametrize("vote", [{"values": RANKING}], indirect=True)
def test_a_resident_ranks_projects_and_changes_the_order(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    page.goto(vote.url("?district=d1"))
    for number in (3, 1, 2):
        page.locator(f'input[value="{number}"]').check()
    page.get_by_role("button", name="共融式遊戲場往前一位").click()
    expect(page.locator("[data-order] li").nth(1)).to_contain_text("2 共融式遊戲場")
    page.locator('input[value="1"]').uncheck()
    expect(page.locator("[data-order] li")).to_have_count(2)
    page.reload()
    expect(page.locator("[data-order] li").first).to_contain_text("社區菜園")
    expect(page.locator("[data-project]", has_text="共融式遊戲場").locator("[data-rank]")).to_have_text(
        "第 2 順位"
    )
    first = page.locator("[data-order] li").first
    expect(first.get_by_role("button", name="往前一位")).to_have_attribute("aria-disabled", "true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="確認圈選").click()
    expect(page.locator("[data-list] li").first).to_contain_text("第 1 順位")
    identify(page, vote.ids[0])
    code_on(page)
    assert opened(vote, clock) == [Choices((3, 2))]


@pytest.mark.parametrize("vote", [{"values": POINTS}], indirect=True)
def test_a_resident_gives_points_within_the_limits(vote: LiveVote, phone: BrowserContext, clock: Any) -> None:
    page = new_page(phone)
    page.goto(vote.url("?district=d1"))

    def stepper(number: int) -> Any:
        return page.locator("[data-project]", has=page.locator(f'input[value="{number}"]')).locator(
            "[data-points]"
        )

    page.locator('input[value="2"]').check()
    more = stepper(2).get_by_role("button", name="加 1 點")
    for points in (2, 3, 4):
        more.click()
        expect(stepper(2).locator("output")).to_have_text(f"{points} 點")
    more.click(force=True)  # marked as unavailable, and says why when it is tried
    expect(page.locator("#why-2")).to_contain_text("一案最多 4 點")
    page.locator('input[value="1"]').check()
    expect(page.locator(".meter__count")).to_have_text("已給 5／5 點")
    page.locator('input[value="3"]').click()
    expect(page.locator("#why-3")).to_contain_text("5 點已經用完")
    expect(page.locator('input[value="3"]')).not_to_be_checked()
    page.reload()
    expect(stepper(2).locator("output")).to_have_text("4 點")
    stepper(1).get_by_role("button", name="減 1 點").click()
    expect(page.locator('input[value="1"]')).not_to_be_checked()
    page.locator('input[value="3"]').check()
    expect(page.locator(".meter__count")).to_have_text("已給 5／5 點")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="確認圈選").click()
    expect(page.locator("[data-list]")).to_contain_text("4 點")
    identify(page, vote.ids[0])
    code_on(page)
    assert opened(vote, clock) == [Choices((2, 3), (4, 1))]
