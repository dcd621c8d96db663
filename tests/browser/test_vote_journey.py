"""Residents vote in a real browser on a phone's width: the whole way, and every way it can break."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect, sync_playwright
from sqlalchemy import func, select

from pbvote.ballotbox import queries, sequencing
from pbvote.ballotbox.models import PENDING
from pbvote.core.ballot.ballot import open_choices
from pbvote.core.ballot.receipt import Receipt, verify_receipt
from pbvote.core.crypto.sealing import OpeningKey
from pbvote.core.log.checkpoint import parse_verifier_key
from pbvote.core.log.entry import parse_ballot
from pbvote.core.types import EntryHash, unb64
from pbvote.registrar import queries as registrar
from pbvote.runtime import Runtime
from tests.browser.live import (
    CLOSED,
    OPENING_KEY,
    VOTING,
    Complaints,
    LiveVote,
    frozen_vote,
    open_browser,
    serving,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_resident_votes_on_a_phone_and_checks_the_receipt(
    vote: LiveVote, phone: BrowserContext, clock: Any, tmp_path: Path
) -> None:
    page = new_page(phone)
    complaints = Complaints(page)
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
    expect(page.locator("[data-qr]")).to_be_visible()
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
    assert complaints.found == []


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
    assert issued(vote) == 0
    page.locator("[data-booth]").click()
    expect(page.locator("[data-other-district]")).to_be_visible()
    page.locator('input[value="2"]').check()
    page.get_by_role("link", name="確認圈選").click()
    page.get_by_role("link", name="下一步").click()  # identified already: straight to the token
    code_on(page)
    assert counted(vote, clock) == [(2,)]


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


def test_everything_can_be_erased(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    code_on(page)
    page.get_by_role("button", name="清除這裡的一切").first.click()
    expect(page.get_by_role("heading", name="已清除")).to_be_visible()
    page.goto(vote.url("receipt"))
    expect(page.get_by_role("heading", name="這台裝置上沒有查核碼")).to_be_visible()


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


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_booths_pages_are_accessible(
    vote: LiveVote, playwright: Playwright, tmp_path: Path, width: int, scheme: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = open_browser(playwright, tmp_path / "axe", width=width)
    page = new_page(context)
    page.emulate_media(color_scheme=scheme)
    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    context.add_init_script("window.trustedTypes = undefined")

    def check() -> None:
        results = Axe().run(page, options=options)
        assert results.violations_count == 0, results.generate_report()

    page.goto(vote.url(""))
    check()
    page.goto(vote.url("?district=d1"))
    page.locator('input[value="1"]').check()
    check()
    page.get_by_role("link", name="確認圈選").click()
    expect(page.get_by_role("heading", name="確認圈選")).to_be_visible()
    check()
    page.goto(f"{vote.origin}/booth/check")
    check()
    context.close()
