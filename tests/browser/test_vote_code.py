"""The check code on the device: covered, kept or not kept, and gone where the device is handed on."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.live import LiveVote
from tests.browser.steps import KEPT, choose, code_on, hand_over, identify, new_page, sign_in_officer, unfold

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}(?:-[0-9A-HJKMNP-TV-Z])?")
SECRET = "結果公布以前，光憑查核碼，沒有人讀得到您選了什麼；公布以後，有查核碼的人都讀得到。"
EVERYTHING = f"""async (call) => {{
  const kept = await ({KEPT})(call);
  return JSON.stringify([kept, {{...sessionStorage}}, {{...localStorage}}, document.cookie, history.state]);
}}"""


def cast(page: Page, vote: LiveVote, person: int = 0) -> None:
    choose(page, vote, 1)
    expect(page.locator("#review")).to_contain_text(SECRET)  # told before casting
    identify(page, vote.ids[person])
    expect(page.get_by_role("heading", name="您的一票已投出")).to_be_visible()


def hashes_on(page: Page, vote: LiveVote) -> list[str]:
    """Every hash and code in what this device keeps of the call."""
    kept = page.evaluate(EVERYTHING, vote.manifest.call)
    return re.findall(r"\b[0-9a-f]{64}\b", kept) + CODE.findall(kept)


def test_the_code_is_covered_until_pressed_and_again_after_a_reload(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = new_page(phone)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    cast(page, vote)
    expect(page.locator(".receipt")).to_contain_text(SECRET)
    for _ in range(2):
        assert not CODE.search(page.content())
        expect(page.locator("[data-qr]")).to_be_hidden()
        expect(page.get_by_role("link", name="存下收據檔案")).to_be_hidden()
        page.emulate_media(media="print")
        expect(page.locator("[data-code]").first).to_have_text(re.compile("查核碼已遮住"))
        page.emulate_media(media="screen")
        button = page.get_by_role("button", name="顯示查核碼")
        button.focus()
        page.keyboard.press("Enter")
        code = page.locator("[data-mine] [data-code]")
        expect(code).to_have_text(CODE)
        expect(code).to_have_attribute("role", "status")  # said aloud when it appears
        expect(page.get_by_role("button", name="遮住查核碼")).to_have_attribute("aria-expanded", "true")
        page.get_by_role("button", name="QR 碼").click()
        expect(page.locator("[data-qr] path")).to_be_visible()
        page.get_by_role("button", name="遮住查核碼").click()
        assert not CODE.search(page.content())
        expect(page.locator("[data-qr] path")).to_have_count(0)
        page.reload()
        expect(page.get_by_role("button", name="顯示查核碼")).to_be_visible()
    (kept,) = page.evaluate(KEPT, vote.manifest.call)["receipt"]
    told = " ".join(asked)
    assert kept["entryHash"] not in told
    assert kept["code"] not in told
    assert "/proof/" not in told


def test_the_saved_file_says_what_it_is_worth(vote: LiveVote, phone: BrowserContext, tmp_path: Any) -> None:
    page = new_page(phone)
    cast(page, vote)
    code = code_on(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="存下收據檔案").click()
    assert code not in download.value.suggested_filename
    download.value.save_as(tmp_path / "saved.json")
    saved = json.loads((tmp_path / "saved.json").read_text(encoding="utf-8"))
    assert saved["code"] == code
    assert saved["note"].startswith(SECRET)


def test_who_does_not_want_the_code_leaves_none(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    cast(page, vote)
    assert hashes_on(page, vote)
    unfold(page, "不想留下查核碼")
    page.get_by_role("button", name="我不要留查核碼").click()
    question = page.locator("[data-decline-panel]")
    expect(question).to_be_focused()
    expect(question).to_contain_text("您之後無法查核")
    page.get_by_role("button", name="先留著").click()
    expect(question).to_be_hidden()
    page.get_by_role("button", name="我不要留查核碼").click()
    page.get_by_role("button", name="不留，從這台裝置清除").click()
    expect(page.get_by_role("heading", name="您的查核碼沒有留下")).to_be_visible()
    assert hashes_on(page, vote) == []
    page.reload()
    expect(page.get_by_role("heading", name="這台裝置上沒有查核碼")).to_be_visible()
    page.go_back()
    page.wait_for_load_state()
    assert not CODE.search(page.content())
    assert hashes_on(page, vote) == []


def test_a_shared_device_keeps_none_for_the_next_person(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    cast(page, vote)
    code_on(page)
    unfold(page, "換家人用這台裝置投票")
    page.get_by_role("button", name="清除並換另一位投票").click()
    expect(page.get_by_role("link", name="東區")).to_be_visible()
    assert hashes_on(page, vote) == []
    for path in ("receipt", "cast"):
        page.goto(vote.url(path))
        page.wait_for_load_state("networkidle")
        assert not CODE.search(page.content())
    page.go_back()
    assert not CODE.search(page.content())


def test_a_code_from_an_earlier_visit_is_covered_too(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    cast(page, vote)
    page.close()
    page = phone.new_page()
    page.goto(vote.url("receipt"))
    expect(page.get_by_role("heading", name="這台裝置已投出一票")).to_be_visible()
    expect(page.get_by_text("如果不是您投的，請不要打開查核碼。")).to_be_visible()
    expect(page.get_by_role("heading", name="您的一票已投出")).to_be_hidden()
    expect(page.locator("[data-others-section]")).to_be_hidden()
    assert not CODE.search(page.content())
    page.get_by_role("button", name="顯示查核碼").click()
    expect(page.locator("[data-mine] [data-code]")).to_have_text(CODE)


@pytest.mark.parametrize("closed", [False, True], ids=["handed back", "page closed before"])
def test_a_counters_device_keeps_none_after_the_hand_over(
    vote: LiveVote, phone: BrowserContext, closed: bool
) -> None:
    page = new_page(phone)
    sign_in_officer(page, vote)
    hand_over(page, vote, vote.ids[0])
    expect(page.locator('input[value="3"]')).to_be_enabled()
    page.locator('input[value="3"]').check()
    page.get_by_role("link", name="確認圈選").click()
    page.get_by_role("link", name="下一步").click()
    code_on(page)
    assert hashes_on(page, vote)
    phone.clock.run_for(60_000)
    page.reload()  # does not begin the two minutes again
    expect(page.get_by_role("button", name="顯示查核碼")).to_be_visible()
    if closed:
        page.close()
        page = phone.new_page()
        page.clock.set_fixed_time("2026-05-02T04:10:00Z")
        page.goto(vote.url("?district=d1"))
        expect(page.locator('input[value="3"]')).to_be_enabled()
    else:
        phone.clock.run_for(61_000)
        expect(page.get_by_role("heading", name="已清除")).to_be_visible()
    assert hashes_on(page, vote) == []
    for path in ("receipt", "cast"):
        page.goto(vote.url(path))
        page.wait_for_load_state("networkidle")
        assert not CODE.search(page.content())
