"""On a phone: share a page, talk below a proposal without script, choose mail, confirm a number, end it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pbvote.platform import leaving, outbox
from pbvote.rooms.accounts.models import Resident
from tests.browser.live import Complaints
from tests.browser.town import Town, founded, sign_in_resident

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WANG, LEE = "wang@demo.example", "lee@demo.example"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A city of its own: an account of it ends here."""
    with founded(tmp_path_factory.mktemp("telling") / "city") as city:
        yield city


@pytest.fixture
def handset(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        locale="zh-TW", timezone_id="Asia/Taipei", viewport={"width": 390, "height": 844}
    )
    context.set_default_timeout(15_000)
    complaints = Complaints(context)
    yield context
    context.close()
    assert complaints.found == []


def call_of(town: Town, key: str) -> str:
    return next(call.id for call in town.facts.calls if call.key == key)


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_link_is_copied_and_that_is_said(place: Town, handset: BrowserContext) -> None:
    handset.grant_permissions(["clipboard-read", "clipboard-write"], origin=place.origin)
    page = handset.new_page()
    path = f"/calls/{call_of(place, 'voting')}/projects/1"
    page.goto(f"{place.origin}{path}")
    page.get_by_role("button", name="複製連結").click()
    expect(page.locator("#share [role=status]")).to_have_text("已複製連結，可以貼到任何地方。")
    assert page.evaluate("navigator.clipboard.readText()") == place.rt.settings.web.origin + path
    fits(page)


def test_the_devices_own_sheet_gets_address_and_title_alone(place: Town, handset: BrowserContext) -> None:
    handset.add_init_script(
        "navigator.canShare = () => true;"
        "navigator.share = async (given) => {"
        " document.documentElement.dataset.given = JSON.stringify(given); };"
    )
    page = handset.new_page()
    path = f"/calls/{call_of(place, 'certified')}/results"
    page.goto(f"{place.origin}{path}")
    page.get_by_role("button", name="分享到其他應用程式").click()
    expect(page.locator("html[data-given]")).to_have_count(1)
    given = json.loads(page.evaluate("document.documentElement.dataset.given"))
    assert set(given) == {"url", "title"}
    assert given["url"] == place.rt.settings.web.origin + path


def test_every_way_stands_on_a_page_without_script_and_the_poster_is_one_sheet(
    place: Town, browser: Browser, handset: BrowserContext
) -> None:
    base = f"{place.origin}/calls/{call_of(place, 'voting')}/projects/1"
    page = handset.new_page()
    page.goto(f"{base}/poster")
    printed = page.pdf(format="A4")
    assert len(re.findall(rb"/Type /Page\b", printed)) == 1
    fits(page)
    plain = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = plain.new_page()
    page.goto(f"{base}/share")
    expect(page.get_by_role("button", name="複製連結")).to_have_count(0)
    expect(page.get_by_role("link", name="LINE")).to_have_count(1)
    expect(page.get_by_role("img", name=re.compile("QR"))).to_be_visible()
    with page.expect_download() as download:
        page.locator("a[href$='poster-zh.pdf']").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    plain.close()


def test_neighbours_talk_below_a_proposal_without_script(place: Town, browser: Browser) -> None:
    made = [
        browser.new_context(java_script_enabled=False, locale="zh-TW", viewport={"width": 390, "height": 844})
        for _ in range(2)
    ]
    wang, lee = (each.new_page() for each in made)
    sign_in_resident(wang, place, WANG)
    sign_in_resident(lee, place, LEE)
    path = f"{place.origin}/calls/{call_of(place, 'voting')}/projects/2"
    wang.goto(path)
    wang.fill("#f-body", "晚上太暗了")
    wang.get_by_role("button", name="送出", exact=True).click()
    said = wang.locator(".talk > li", has_text="晚上太暗了")
    expect(said).to_have_count(1)
    number = (said.get_attribute("id") or "").removeprefix("comment-")

    lee.goto(path)
    lee.locator(f"#comment-{number} summary").click()
    lee.fill(f"#f-answer-{number}", "同意，東側尤其")
    lee.locator(f"#comment-{number}").get_by_role("button", name="公開回覆").click()
    expect(lee.locator(f"#comment-{number} .talk__answer")).to_contain_text("同意，東側尤其")

    wang.goto(path)
    wang.locator(f"#comment-{number} > .talk__acts a", has_text="修改").click()
    wang.fill("#f-body", "晚上非常暗")
    wang.get_by_role("button", name="儲存修改").click()
    expect(wang.locator(f"#comment-{number}")).to_contain_text("已編輯")
    wang.locator(f"#comment-{number} > .talk__acts a", has_text="刪除").click()
    wang.get_by_role("button", name="刪除留言").click()
    left = wang.locator(f"#comment-{number}")
    expect(left.get_by_role("heading", name="留言者已刪除")).to_have_count(1)
    expect(left).to_contain_text("同意，東側尤其")
    expect(left).not_to_contain_text("晚上")
    fits(wang)
    for each in made:
        each.close()


def test_mail_is_chosen_by_the_link_in_a_mail_without_signing_in(
    place: Town, handset: BrowserContext
) -> None:
    with place.rt.read_main() as tx:
        lee = tx.query(Resident).filter_by(email=LEE).one().id
    link = leaving.token_of(place.rt.settings, resident_id=lee, topic="~comments")
    page = handset.new_page()
    page.goto(f"{place.origin}/unsubscribe/{link}")
    page.get_by_role("link", name="選擇要收哪些信").click()
    page.select_option("#f-comments", "weekly")
    page.get_by_role("button", name="儲存", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("已儲存通知設定。")
    expect(page.locator("#f-comments")).to_have_value("weekly")
    page.get_by_role("button", name="停止所有通知").click()
    expect(page.locator("#f-comments")).to_have_value("never")
    expect(page.locator("#f-results")).to_have_value("never")
    fits(page)


def test_a_number_is_confirmed_and_the_account_closed(place: Town, handset: BrowserContext) -> None:
    page = handset.new_page()
    sign_in_resident(page, place, "neighbour@demo.example")
    if page.locator("[name=name]").count():
        page.fill("[name=name]", "何鄰居")
        page.click("main button[type=submit]")
    page.goto(f"{place.origin}/my/account")
    page.get_by_role("link", name="設定手機號碼").click()
    page.fill("#f-phone", "0912 345")
    page.get_by_role("button", name="寄驗證碼給我").click()
    expect(page.locator(".error-summary a[href='#f-phone']")).to_have_count(1)
    page.fill("#f-phone", "０９１２－３４５－６７８")
    page.get_by_role("button", name="寄驗證碼給我").click()
    expect(page.get_by_role("heading", name="輸入驗證碼")).to_have_count(1)
    outbox.send_due(place.rt)
    newest = max(place.rt.settings.sms_folder.glob("*.json"))
    code = re.search(r"\d{6}", json.loads(newest.read_text("utf-8"))["text"])
    assert code is not None
    page.fill("#f-code", code[0])
    page.get_by_role("button", name="確認號碼").click()
    expect(page.get_by_role("heading", name="您的號碼：0912-***-678")).to_have_count(1)
    fits(page)
    page.goto(f"{place.origin}/demo/mail")
    expect(page.locator("main")).to_contain_text(code[0])
    page.goto(f"{place.origin}/my/account/close")
    page.get_by_role("button", name="刪除我的帳號").click()
    expect(page.get_by_role("status")).to_have_text("帳號已刪除。謝謝您參與過。")
    expect(page.get_by_role("link", name="登入", exact=True)).to_have_count(1)
