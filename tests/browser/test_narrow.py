"""A narrow column, by the screen (195 px is 390 at 200 %) or by the largest letters: no sum is cut."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CUT = """() => [...document.querySelectorAll(".card__facts strong, .ballot__cost")].filter((sum) => {
  const [own, card] = [sum.getBoundingClientRect(), sum.closest(".card").getBoundingClientRect()];
  return own.right > card.right + 0.5 || own.left < card.left - 0.5;
}).map((sum) => sum.textContent.trim())"""


@pytest.mark.parametrize(("width", "letters"), [(195, "usual"), (195, "largest"), (390, "largest")])
def test_sums_stand_whole_within_their_cards(town: Town, browser: Browser, width: int, letters: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, locale="zh-TW")
    context.add_cookies([{"name": "pbvote_letters", "value": letters, "url": town.origin}])
    page = context.new_page()
    voting = next(call.id for call in town.facts.calls if call.key == "voting")
    for path in (f"/calls/{voting}/", f"/booth/{voting}/?district=d1"):
        page.goto(town.origin + path, wait_until="load")
        assert page.evaluate(CUT) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
    context.close()
