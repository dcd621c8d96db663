"""Residents vote in a real browser on a phone's width, in every way of being identified."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from pbvote.core.ballot.receipt import Receipt, verify_receipt
from pbvote.core.log.checkpoint import parse_verifier_key
from pbvote.core.types import EntryHash, unb64
from pbvote.edges.identity.sandbox import PEOPLE
from pbvote.platform import outbox
from tests.browser.live import LiveVote
from tests.browser.steps import choose, code_on, counted, identify, issued, mark, new_page, tell_who, unfold
from tests.make.calls import NO_GROUNDS, SANDBOX, SURVEY

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_resident_votes_on_a_phone_and_checks_the_receipt(
    vote: LiveVote, phone: BrowserContext, clock: Any, tmp_path: Path
) -> None:
    page = new_page(phone)
    page.goto(vote.url(""))
    page.get_by_role("link", name="東區").click()
    page.locator('input[value="1"]').check()
    page.locator('input[value="3"]').check()
    expect(page.locator(".meter__count")).to_have_text("已選 2／2 案")
    page.locator('input[value="2"]').click()
    expect(page.locator("#why-2")).to_contain_text("最多選 2 案")
    expect(page.locator('input[value="2"]')).not_to_be_checked()
    page.get_by_role("link", name="確認圈選").click()
    expect(page.locator("[data-list]")).to_contain_text("社區菜園")
    identify(page, vote.ids[0])
    code = code_on(page)
    expect(page.locator('[data-mine] [data-state="waiting"]')).to_be_visible()
    expect(page.locator("[data-qr]")).to_be_hidden()
    page.get_by_role("button", name="QR 碼").click()
    expect(page.locator("[data-qr] svg path")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not [c for c in phone.cookies() if c["name"] == "pbvote_session"]

    with page.expect_download() as download:
        page.get_by_role("link", name="存下收據檔案").click()
    saved = tmp_path / "receipt.json"
    download.value.save_as(saved)
    content = json.loads(saved.read_text())
    receipt = Receipt(
        entry_hash=EntryHash(unb64(content["entry_hash"])),
        include_by=content["include_by"],
        signature=unb64(content["signature"]),
    )
    key = parse_verifier_key(vote.manifest.box_vkey).public
    verify_receipt(vote.manifest.election_hash, receipt, public_key=key)

    assert counted(vote, clock) == [(1, 3)]
    page.reload()
    expect(page.locator('[data-mine] [data-state="in"]')).to_be_visible()

    page.goto(f"{vote.origin}/booth/check")
    page.get_by_label("投票查核碼").fill(code.lower().replace("-", " "))
    page.get_by_role("button", name="查核").click()
    expect(page.locator('[data-panel="in"]')).to_be_visible()
    page.goto(f"{vote.origin}/booth/check")
    page.locator("#f-file").set_input_files(saved)
    expect(page.locator('[data-panel="in"] [data-promise]')).to_be_visible()


def test_the_cast_carries_no_cookie_and_no_page_asks_another_server(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = new_page(phone)
    page.goto(f"{vote.origin}/language/zh?next=/")  # leaves a cookie for the whole site
    seen: list[tuple[str, dict[str, str]]] = []
    page.on("request", lambda request: seen.append((request.url, request.all_headers())))
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    code_on(page)
    assert all(url.startswith((vote.origin, "data:", "blob:")) for url, _ in seen)
    to_box = [headers for url, headers in seen if "/box/" in url]
    assert len(to_box) >= 3
    assert not [each for each in to_box if "cookie" in each or "referer" in each]


def test_choices_for_another_district_lead_back_and_nothing_is_claimed(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    choose(page, vote, 4, district="d2")
    identify(page, vote.ids[0])
    expect(page.locator('[data-panel="district"]')).to_be_visible()
    expect(page.locator("[data-elsewhere]")).to_be_visible()
    expect(page.locator("[data-nothing]")).to_be_hidden()
    assert issued(vote) == 0
    expect(page.locator("[data-change-district]")).to_have_count(0)
    page.locator("[data-booth]").click()
    expect(page.locator("[data-other-district]")).to_be_visible()
    expect(page.locator("[data-change-district]")).to_be_hidden()  # the roll has said which it is
    page.locator('input[value="2"]').check()
    page.get_by_role("link", name="確認圈選").click()
    page.get_by_role("link", name="下一步").click()  # identified already: straight to the token
    code_on(page)
    assert counted(vote, clock) == [(2,)]


def test_who_is_not_the_one_that_identified_identifies_anew(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    choose(page, vote, 4, district="d2")
    identify(page, vote.ids[0])
    page.locator("[data-booth]").click()
    mark(page, 2)
    page.get_by_role("link", name="驗證的不是我，重新驗證").click()
    expect(page.locator('[name="national_id"]')).to_be_visible()
    page.goto(vote.url("review"))
    expect(page.locator("[data-identified]")).to_be_hidden()
    expect(page.get_by_role("link", name="下一步")).to_contain_text("驗證身分")


def test_who_has_a_token_from_another_device_is_told_so_before_they_choose(
    vote: LiveVote, phone: BrowserContext, device: Callable[..., BrowserContext]
) -> None:
    page = new_page(phone)
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    code_on(page)
    second = new_page(device())
    second.goto(f"{vote.origin}/checkin/{vote.manifest.call}/")
    tell_who(second, vote.ids[0])
    expect(second.get_by_text("您的投票券已經領過了")).to_be_visible()
    expect(second.locator('[data-panel="district"]')).to_be_hidden()
    assert issued(vote) == 1


def test_everything_can_be_erased(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    code_on(page)
    unfold(page, "公用的裝置？清除這裡的一切")
    page.get_by_role("button", name="清除這裡的一切").click()
    expect(page.get_by_role("heading", name="已清除")).to_be_visible()
    page.goto(vote.url("receipt"))
    expect(page.get_by_role("heading", name="這台裝置上沒有查核碼")).to_be_visible()


# --- other ways of being identified


@pytest.mark.parametrize("vote", [{"values": SANDBOX}], indirect=True)
def test_a_resident_is_verified_by_the_identity_service_and_votes(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    one = next(one for one in PEOPLE if one.shows == "match" and one.bonds[0].district == "d1")
    page = new_page(phone)
    choose(page, vote, 1, 2)
    born = (str(one.birth_on.year - 1911), str(one.birth_on.month), str(one.birth_on.day))
    identify(page, one.national_id, born=born)
    code_on(page)
    assert (issued(vote), counted(vote, clock)) == (1, [(1, 2)])


@pytest.mark.parametrize("vote", [{"values": SANDBOX}], indirect=True)
@pytest.mark.parametrize("shows", ["redirect", "picture"])
def test_a_resident_confirms_at_the_services_own_page_or_on_a_phone(
    vote: LiveVote, phone: BrowserContext, clock: Any, shows: str
) -> None:
    one = next(one for one in PEOPLE if one.shows == shows)
    page = new_page(phone)
    choose(page, vote, 1, 2)
    born = (str(one.birth_on.year - 1911), str(one.birth_on.month), str(one.birth_on.day))
    identify(page, one.national_id, born=born)
    if shows == "redirect":
        away = page.get_by_role("link", name="前往「測試身分服務」")
        away.evaluate("each => { each.host = location.host; }")  # the settings know another port
        away.click()
        page.get_by_role("link", name="我同意").click()
    else:  # the page asks by itself until they have confirmed
        expect(page.locator("[data-code] svg path")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.wait_for_url("**/booth/**")
    code_on(page)
    assert (issued(vote), counted(vote, clock)) == (1, [(1, 2)])


@pytest.mark.parametrize("vote", [{"values": SURVEY, "without": NO_GROUNDS}], indirect=True)
def test_a_survey_is_answered_with_a_code_from_a_mail(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    choose(page, vote, 2)
    page.get_by_role("link", name="下一步").click()
    page.get_by_label("電子郵件").fill("chen@example.org")
    page.locator('[name="district"][value="d1"]').check()
    page.get_by_role("button", name="寄驗證碼給我").click()
    expect(page.get_by_role("heading", name="請輸入信裡的驗證碼")).to_be_visible()
    outbox.send_due(vote.rt)
    (mail,) = (vote.rt.settings.state_dir / "mail").glob("*.eml")
    text = message_from_bytes(mail.read_bytes(), policy=default).get_content()
    code = re.search(r"\b\d{6}\b", text)
    assert code
    page.get_by_label("6 位數驗證碼").fill(code[0])
    page.get_by_role("button", name="繼續").click()
    code_on(page)
    assert (issued(vote), counted(vote, clock)) == (1, [(2,)])
