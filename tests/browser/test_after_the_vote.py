"""After the vote the pages know of it, from this device alone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Device
from tests.browser.live import LiveVote
from tests.browser.steps import (
    KEPT,
    choose,
    code_on,
    counted,
    hand_over,
    identify,
    mark,
    new_page,
    sign_in_officer,
    tell_who,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DATABASES = "indexedDB.databases().then((all) => all.length)"
MADE_NOW = """new Promise((tell) => {
  indexedDB.open("pbvote").onupgradeneeded = (event) => tell(event.oldVersion);
})"""
RACE = """async (call) => {
  const store = await import("/static/vote/store.js");
  await store.finishAttempt(call, { entryHash: "aged", code: "", counter: true, handBackBy: 1 });
  const fresh = { entryHash: "fresh", code: "", counter: false };
  await Promise.all([store.clearHandedBack(), store.finishAttempt(call, fresh), store.clearHandedBack()]);
  return (await store.readReceipts(call)).map((receipt) => receipt.entryHash);
}"""


def cast(page: Page, vote: LiveVote, person: int, *numbers: int) -> str:
    choose(page, vote, *(numbers or (1,)))
    identify(page, vote.ids[person])
    return code_on(page)


def told_on(page: Page, vote: LiveVote) -> Any:
    return page.locator(f'[data-here="{vote.manifest.call}"]')


def pages_that_tell(vote: LiveVote) -> list[str]:
    call = vote.manifest.call
    return ["/", f"/calls/{call}/", f"/booth/{call}/", "/booth/check", f"/checkin/{call}/"]


def begin_check_in(page: Page, vote: LiveVote, person: int) -> None:
    page.goto(f"{vote.origin}/checkin/{vote.manifest.call}/")
    tell_who(page, vote.ids[person])


@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_says_that_a_vote_was_cast_from_this_device_and_tells_nobody(
    vote: LiveVote, device: Device, width: int
) -> None:
    page = new_page(device(viewport={"width": width, "height": 900}))
    code = cast(page, vote, 0)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.post_data or ''}"))
    for path in pages_that_tell(vote):
        page.goto(vote.origin + path)
        expect(told_on(page, vote)).to_be_visible()
        for button in page.locator("[data-here-not]").all():
            expect(button).to_be_hidden()  # nothing asks for a second vote
        assert code not in page.content()
        assert "河濱步道加燈" not in told_on(page, vote).inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        told_on(page, vote).get_by_role("link", name="看收據").click()
        expect(page.get_by_role("heading", name="您的一票已投出")).to_be_visible()
    told = " ".join(asked).replace("-", "")
    assert len(asked) > 30
    assert code.replace("-", "") not in told
    assert page.evaluate(KEPT, vote.manifest.call)["receipt"][0]["entryHash"] not in told


def test_the_ballot_shows_a_panel_until_somebody_else_begins(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    cast(page, vote, 0)
    for _ in range(2):
        page.goto(vote.url("?district=d1"))
        panel = page.locator('[data-panel="voted"]')
        expect(panel.get_by_role("heading", name="這台裝置已投出一票")).to_be_visible()
        expect(page.locator('[data-panel="choose"]')).to_be_hidden()
        panel.get_by_role("link", name="看收據").click()
        expect(page.get_by_role("heading", name="您的一票已投出")).to_be_visible()
    page.goto(vote.url("?district=d1"))
    page.get_by_role("button", name="我是另一位，開始新的選票").click()
    expect(page.locator(".meter__count")).to_have_text("已選 0／2 案")
    assert page.evaluate(KEPT, vote.manifest.call)["receipt"] is None
    page.reload()  # the ballot that was begun stays: nothing is asked twice
    expect(page.locator(".meter__count")).to_have_text("已選 0／2 案")
    mark(page, 2)
    identify(page, vote.ids[2])
    code_on(page)
    assert counted(vote, clock) == [(1,), (2,)]


def test_not_mine_on_the_front_page_clears_only_when_the_button_is_pressed(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = new_page(phone)
    cast(page, vote, 0)
    page.goto(vote.origin)
    told_on(page, vote).get_by_text("不是我投的").click()
    expect(told_on(page, vote)).to_contain_text("查核碼會一起清除")
    assert page.evaluate(KEPT, vote.manifest.call)["receipt"]
    told_on(page, vote).get_by_role("button", name="我是另一位，開始新的選票").click()
    page.get_by_role("link", name="東區").click()
    expect(page.locator(".meter__count")).to_have_text("已選 0／2 案")
    assert page.evaluate(KEPT, vote.manifest.call)["receipt"] is None
    page.goto(vote.origin)
    expect(page.get_by_role("heading", name="正在投票")).to_be_visible()
    expect(told_on(page, vote)).to_be_hidden()


def test_a_link_to_begin_afresh_does_not_clear_a_receipt_by_itself(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = new_page(phone)
    cast(page, vote, 0)
    page.goto(f"{vote.origin}/checkin/{vote.manifest.call}/")
    page.get_by_role("link", name="先圈選您自己的選票").click()
    page.get_by_role("link", name="東區").click()
    expect(page.get_by_role("button", name="我是另一位，開始新的選票")).to_be_visible()
    assert page.evaluate(KEPT, vote.manifest.call)["receipt"]


def test_whoever_identifies_after_another_has_voted_gets_a_blank_ballot_at_once(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    """A grandmother after her grandson: her token leads to her ballot, and no panel stands in her way."""
    page = new_page(phone)
    cast(page, vote, 0, 1, 3)
    begin_check_in(page, vote, 2)
    page.get_by_role("link", name="去選方案").click()
    expect(page.locator(".meter__count")).to_have_text("已選 0／2 案")
    expect(page.locator('[data-panel="voted"]')).to_be_hidden()
    mark(page, 2)
    page.get_by_role("link", name="下一步").click()
    code_on(page)
    assert counted(vote, clock) == [(1, 3), (2,)]


def test_a_second_try_says_what_is_true(vote: LiveVote, phone: BrowserContext, device: Device) -> None:
    page = new_page(phone)
    cast(page, vote, 0)
    begin_check_in(page, vote, 0)
    used = page.locator('[data-panel="used"]')
    expect(used).to_contain_text("您的投票券已經領過了")
    used.get_by_role("link", name="看收據").click()
    expect(page.get_by_role("heading", name="您的一票已投出")).to_be_visible()
    page.go_back()  # nor does the browser's own way back end in an empty form without a word
    page.go_back()
    expect(told_on(page, vote)).to_be_visible()
    elsewhere = new_page(device())
    begin_check_in(elsewhere, vote, 0)
    expect(elsewhere.locator('[data-panel="used"]')).to_contain_text("還沒投出的話")
    expect(elsewhere.locator("[data-cast-here]")).to_be_hidden()


def test_a_ballot_that_was_not_cast_yet_is_found_again(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    page.route("**/ballots", lambda route: route.abort())
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    expect(page.locator('[data-panel="waiting"]')).to_be_visible()
    page.unroute("**/ballots")
    page.close()
    page = phone.new_page()
    for path in pages_that_tell(vote)[:3]:
        page.goto(vote.origin + path)
        line = page.locator("[data-here-unfinished]").filter(has_text="還沒投出的選票")
        expect(line).to_be_visible()
        expect(told_on(page, vote)).to_be_hidden()
        assert "河濱步道加燈" not in line.inner_text()
    line.get_by_role("link", name="繼續投出").click()
    page.get_by_role("button", name="是我的，繼續").click()  # another tab: nobody has said whose it is
    page.locator('[data-panel="unfinished"]').get_by_role("link", name="繼續投出").click()
    code_on(page)
    page.goto(vote.origin)
    expect(told_on(page, vote)).to_be_visible()
    expect(page.locator("[data-here-unfinished]:visible")).to_have_count(0)
    assert counted(vote, clock) == [(1,)]


def test_who_never_voted_is_left_without_a_store(vote: LiveVote, device: Device) -> None:
    for old in (False, True):
        page = new_page(device())
        if old:  # a browser that cannot list its databases
            page.add_init_script("IDBFactory.prototype.databases = undefined")
        for path in pages_that_tell(vote):
            page.goto(vote.origin + path, wait_until="networkidle")
            expect(told_on(page, vote)).to_be_hidden()
        if not old:
            assert page.evaluate(DATABASES) == 0
        else:
            page.goto("about:blank")
            fresh = page.context.new_page()
            fresh.goto(f"{vote.origin}/about/promise")
            assert fresh.evaluate(MADE_NOW) == 0


def test_a_lent_device_tells_nothing(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    sign_in_officer(page, vote)
    hand_over(page, vote, vote.ids[0])
    mark(page, 3)
    page.get_by_role("link", name="下一步").click()
    code_on(page)
    for path in pages_that_tell(vote):
        page.goto(vote.origin + path, wait_until="networkidle")
        expect(told_on(page, vote)).to_be_hidden()
    page.goto(vote.url("?district=d1"))
    expect(page.locator(".meter__count")).to_have_text("已選 0／2 案")
    page.clock.set_fixed_time("2026-05-02T04:10:00Z")  # its page was left; the next one clears
    page.goto(vote.origin, wait_until="networkidle")
    assert page.evaluate(KEPT, vote.manifest.call)["receipt"] is None


def test_the_receipt_says_what_comes_when_and_asks_nobody_to_erase(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = new_page(phone)
    code = cast(page, vote, 0)
    page.reload()
    expect(page.get_by_text("謝謝您一起決定這筆預算怎麼用。")).to_be_visible()
    for button in ("清除這裡的一切", "清除並換另一位投票", "我不要留查核碼", "清除並交還裝置"):
        expect(page.get_by_role("button", name=button)).to_be_hidden()
    when = page.locator("section", has=page.get_by_role("heading", name="什麼時候有結果？"))
    # the dates of the frozen rules, and an hour after the last cast
    expect(when).to_contain_text("投票到115年5月10日（日）17:00")
    expect(when).to_contain_text("最晚115年5月10日（日）18:30，可以查核")
    with page.expect_download() as saved:
        # a browser that shows calendar files would not tell what it got
        page.evaluate("document.querySelector('a[href$=\".ics\"]').download = 'dates.ics'")
        when.get_by_role("link", name="加到行事曆").click()
    text = saved.value.path().read_text("utf-8")
    assert "DTSTART:20260510T103000Z" in text
    assert code not in text
    fold = page.locator("summary").filter(has_text="公用的裝置？清除這裡的一切")
    fold.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="清除這裡的一切")).to_be_visible()


def test_a_receipt_is_shown_without_the_network(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    cast(page, vote, 0)
    page.route("**/box/**", lambda route: route.abort())
    page.reload()
    code_on(page)
    expect(page.locator('[data-mine] [data-state="unknown"]')).to_be_visible()
    page.unroute("**/box/**")
    page.clock.run_for(11_000)
    expect(page.locator('[data-mine] [data-state="waiting"]')).to_be_visible()


# --- the check page


def look_up(page: Page, vote: LiveVote, code: str, panel: str) -> Any:
    """Type a code and wait for the one panel that answers."""
    page.locator('[name="call"]').select_option(vote.manifest.call)
    page.get_by_label("投票查核碼").fill(code)
    page.get_by_role("button", name="查核", exact=True).click()
    expect(page.locator(f'[data-panel="{panel}"]')).to_be_visible()
    expect(page.locator("[data-panel]:visible")).to_have_count(1)
    return page.locator(f'[data-panel="{panel}"]')


def test_the_receipts_link_fills_in_the_check_page_and_the_code_is_sent_nowhere(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = new_page(phone)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    code = cast(page, vote, 0)
    page.get_by_role("link", name="查核我的票").first.click()
    page.wait_for_url("**/booth/check")  # the address does not keep the code
    expect(page.get_by_label("投票查核碼")).to_have_value(code)
    expect(page.locator('[data-panel="waiting"]')).to_be_visible()
    sent = [url for url in asked if code in url.split("#")[0] or code.replace("-", "") in url.split("#")[0]]
    assert sent == []


@pytest.mark.parametrize("old", [False, True], ids=["with a check character", "from before there was one"])
def test_the_check_page_has_three_answers(
    vote: LiveVote, phone: BrowserContext, clock: Any, old: bool
) -> None:
    page = new_page(phone)
    code = cast(page, vote, 0)[: 19 if old else 21]
    page.goto(f"{vote.origin}/booth/check")
    not_yet = look_up(page, vote, code.lower(), "waiting")
    expect(not_yet).to_contain_text("115年5月10日（日）18:30")
    expect(not_yet.locator("[data-checked]")).to_be_visible(visible=not old)
    expect(not_yet.locator("[data-unchecked]")).to_be_visible(visible=old)
    other = "ABCD-EFGH-JKMN-PQRS" + ("" if old else "-1")
    look_up(page, vote, other, "waiting")  # nobody can tell these two apart before everything is public
    if not old:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        swapped = next(i for i in range(18) if "-" not in code[i : i + 2] and code[i] != code[i + 1])
        wrong = code[:swapped] + code[swapped + 1] + code[swapped] + code[swapped + 2 :]
        expect(look_up(page, vote, wrong, "mistyped")).to_contain_text("查核碼打錯了")
        assert asked == []
    counted(vote, clock)  # closed: everything is public
    expect(look_up(page, vote, code, "in")).to_contain_text(code)
    page.clock.set_fixed_time("2026-05-10T10:31:00Z")
    expect(look_up(page, vote, other, "unknown")).to_contain_text("沒有這個查核碼")
    look_up(page, vote, "ABCD", "malformed")


def test_a_code_without_a_check_character_is_read_from_an_old_qr_code_too(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    old = cast(page, vote, 0)[:19]
    counted(vote, clock)
    page.goto("about:blank")
    page.goto(f"{vote.origin}/booth/check#{vote.manifest.call}/{old}")
    expect(page.locator('[data-panel="in"]')).to_contain_text(old)


def test_what_is_told_never_overwrites_a_receipt_that_arrives_meanwhile(
    vote: LiveVote, phone: BrowserContext
) -> None:
    """The front page and the receipt's page clear what has aged while another tab stores a receipt."""
    page = new_page(phone)
    cast(page, vote, 0)
    kept = page.evaluate(RACE, vote.manifest.call)
    assert "fresh" in kept
    assert "aged" not in kept
    assert len(kept) == 2
