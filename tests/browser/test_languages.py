"""From the call to the receipt in each further language, on a phone: nothing in another language unnamed."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from pbvote.words.catalogue import texts
from pbvote.words.language import LANGUAGES, offered
from tests.browser.conftest import Device
from tests.browser.live import LiveVote
from tests.browser.rules_of_pages import WCAG
from tests.browser.steps import issued, new_page, tell_who
from tests.browser.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FURTHER = [each.code for each in offered() if each.code not in LANGUAGES]
CHINESE = re.compile("[\u3400-\u9fff]")
WORD = re.compile(r"[^\W\d_]{2,}")
SHOWN = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const holder = walk.currentNode.parentElement;
    const text = walk.currentNode.data.trim();
    if (!text || !holder.checkVisibility() || holder.closest("script, style, svg, option")) continue;
    found.push([holder.closest("[lang]").lang, text]);
  }
  return found;
}"""
"""Every visible text with the language that holds for it."""
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def looked_at(page: Page, code: str, name: str) -> list[str]:
    """What is wrong with the page: too wide, not accessible, a text in Chinese that does not say so."""
    page.wait_for_load_state("load")
    faults = []
    if over := page.evaluate(WIDE):
        faults.append(f"{name}: {over}px too wide")
    for violation in Axe().run(page, options=WCAG).response["violations"]:
        faults.append(f"{name}: {violation['id']} {violation['nodes'][0]['html'][:120]}")
    for lang, text in page.evaluate(SHOWN):
        chinese = len(CHINESE.findall(text))
        if lang == code and chinese and 4 * chinese >= len("".join(WORD.findall(text))):
            faults.append(f"{name}: Chinese without its name: {text}")
        if lang == "en" and text in set(texts("en").values()):
            faults.append(f"{name}: said in English: {text}")
    return faults


@pytest.mark.parametrize("code", FURTHER)
def test_a_foreign_resident_votes_in_their_language(vote: LiveVote, device: Device, code: str) -> None:
    said = texts(code)
    page = new_page(device(locale=code))
    call = f"{vote.origin}/calls/{vote.manifest.call}/"
    faults: list[str] = []
    for name, address in (("front", f"{vote.origin}/"), ("projects", f"{call}proposals"), ("call", call)):
        page.goto(address)
        assert page.locator("html").get_attribute("lang") == code
        faults += looked_at(page, code, name)
    page.locator(f'main a[href="/booth/{vote.manifest.call}/"]').first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    faults += looked_at(page, code, "districts")
    page.locator('main a[href*="district=d1"]').click()
    page.locator('input[value="1"]').check()
    page.locator('input[value="2"]').check()
    meter = said["已選 {a}／{b} 案"].format(a=2, b=2)
    expect(page.locator(".meter__count")).to_have_text(meter)
    faults += looked_at(page, code, "ballot")
    page.get_by_role("link", name=said["確認圈選"]).click()
    expect(page.locator('#review [data-panel="list"]')).to_be_visible()
    faults += looked_at(page, code, "review")
    page.get_by_role("link", name=said["下一步"]).click()
    check_in(page, vote, code, faults)
    expect(page.get_by_role("heading", name=said["您的一票已投出"])).to_be_visible()
    expect(page.locator("#receipt [data-mine] [data-code]")).to_contain_text(said["查核碼已遮住"])
    faults += looked_at(page, code, "receipt")
    page.goto(f"{vote.origin}/booth/check")
    faults += looked_at(page, code, "check")
    assert issued(vote) == 1
    assert faults == []


def check_in(page: Page, vote: LiveVote, code: str, faults: list[str]) -> None:
    """Somebody mistypes their number, is told so, and is identified."""
    said = texts(code)
    page.locator('[name="national_id"]').fill("A123456780")
    page.get_by_role("button", name=said["查驗身分，投出選票"]).click()
    expect(page.locator(".error-summary")).to_be_visible()
    faults += looked_at(page, code, "refused")
    tell_who(page, vote.ids[0], button=said["查驗身分，投出選票"])


@pytest.mark.parametrize("code", FURTHER)
def test_pages_stay_light_and_narrow(town: Town, device: Device, code: str) -> None:
    """At most 60 kB without pictures; no sideways scroll on a telephone of 2012."""
    context: BrowserContext = device(locale=code)
    page = new_page(context)
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    client.on(
        "Network.responseReceived",
        lambda event: kinds.update({event["requestId"]: event["response"]["mimeType"]}),
    )
    client.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    calls = {call.key: call.id for call in town.facts.calls}
    for pattern in ("/", "/calls/{voting}/", "/booth/{voting}/?district=d1", "/where", "/booth/check"):
        path = pattern.format(**calls)
        kinds.clear()
        sizes.clear()
        page.goto(town.origin + path, wait_until="networkidle")
        counted = [one for one, kind in kinds.items() if not kind.startswith("image/")]
        assert sum(sizes.get(one, 0) for one in counted) <= 60_000, path
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate(WIDE) <= 0, path
        page.set_viewport_size({"width": 390, "height": 844})


def test_the_language_is_chosen_from_the_menu_by_keyboard(vote: LiveVote, device: Device) -> None:
    page = new_page(device())
    page.goto(vote.url(""))
    menu = page.locator(".tongues summary")
    menu.focus()
    page.keyboard.press("Enter")
    with page.expect_navigation():
        page.get_by_role("link", name="Tiếng Việt").press("Enter")
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.url == vote.url("")
    expect(page.locator(".tongue-note")).to_have_count(1)
