"""The resident's side on a phone: propose and correct, find, compare, choose from a page, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import select

from pbvote.core.types import Actor
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts.models import Resident
from pbvote.rooms.engagement import service as engagement_service
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals import service as proposals_service
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.status import Status
from tests.browser.live import Complaints, LiveVote, serving
from tests.browser.steps import code_on, counted, identify, opened
from tests.browser.town import Town, sign_in_resident
from tests.make.proposals import proposal_values

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEE = "lee@demo.example"
LINE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari Line/15.1"


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


def own_of(town: Town, email: str, title: str) -> ProposalView:
    with town.rt.read_main() as tx:
        resident = tx.scalars(select(Resident.id).where(Resident.email == email)).one()
        return next(p for p in proposals.list_of_resident(tx, resident) if p.values.get("title") == title)


def officer_of(town: Town) -> Actor:
    account = next(staff for staff in town.facts.staff if staff.role == "officer")
    with town.rt.read_main() as tx:
        actor = accounts.staff_actor(tx, account.account_id)
    assert actor is not None
    return actor


def sent_by_lee(town: Town, title: str) -> ProposalView:
    """A proposal in the queue, of a resident of the demo city."""
    with town.rt.read_main() as tx:
        lee = Actor(kind="resident", id=tx.scalars(select(Resident.id).where(Resident.email == LEE)).one())
    values = proposal_values(
        title=title, category="公園綠地", cost_twd="350000", description_md="散步的人走到這裡都渴了。"
    )
    draft = proposals_service.save_draft(town.rt, lee, call_of(town, "collecting"), values)
    return proposals_service.submit(town.rt, lee, draft.id)


def ask_to_correct(town: Town, sent: ProposalView) -> None:
    until = town.rt.clock() + timedelta(days=1)
    moderation_service.decide(
        town.rt, officer_of(town), sent.id, decision="correct", reason="請寫明維護單位", correct_until=until
    )


def test_what_is_written_survives_an_empty_battery_and_is_sent(town: Town, handset: BrowserContext) -> None:
    title = "溪畔公園飲水台"
    page = handset.new_page()
    sign_in_resident(page, town, LEE)
    page.goto(f"{town.origin}/calls/{call_of(town, 'collecting')}/")
    page.get_by_role("link", name="我要提案").click()
    page.locator("[name=title]").fill(title)
    expect(page.locator("[data-status]")).to_contain_text("已自動儲存")
    page.close()  # the battery is empty

    page = handset.new_page()
    page.goto(f"{town.origin}/my/")
    page.get_by_role("link", name=title).click()
    page.get_by_role("link", name="您的想法").click()
    assert page.locator("[name=title]").input_value() == title
    page.locator("[name=summary]").fill("在河濱公園入口設一座無障礙飲水台。")
    page.locator("[name=category]").select_option(label="公園綠地")
    page.locator("[name=description_md]").fill("散步的人走到這裡都渴了。")
    page.get_by_role("button", name="儲存並繼續").click()
    page.locator("[name=district]").select_option(index=1)
    page.locator("[name=place]").fill("公園南側入口")
    page.get_by_role("button", name="儲存並繼續").click()
    page.locator("[name=cost_twd]").fill("350,000")
    page.get_by_role("button", name="儲存並繼續").click()
    page.get_by_role("link", name="檢查並送出").click()
    page.get_by_role("button", name="送出提案").click()
    expect(page.get_by_text("提案已送出並公開")).to_be_visible()
    assert own_of(town, LEE, title).status is Status.SUBMITTED


def test_what_is_typed_before_the_script_comes_is_saved_too(town: Town, handset: BrowserContext) -> None:
    page = handset.new_page()
    sign_in_resident(page, town, LEE)
    page.route("**/autosave.js", lambda route: (page.wait_for_timeout(1000), route.continue_()))
    page.goto(f"{town.origin}/my/calls/{call_of(town, 'collecting')}/proposals/new", wait_until="commit")
    page.locator("[name=title]").fill("巷口的長椅")
    expect(page.locator("[data-status]")).to_contain_text("已自動儲存", timeout=15_000)
    assert own_of(town, LEE, "巷口的長椅").status is Status.DRAFT


def test_a_cost_over_the_limit_is_said_while_it_is_typed(town: Town, handset: BrowserContext) -> None:
    page = handset.new_page()
    sign_in_resident(page, town, LEE)
    page.goto(f"{town.origin}/calls/{call_of(town, 'collecting')}/")
    page.get_by_role("link", name="我要提案").click()
    page.locator("[name=title]").fill("河岸涼亭")
    expect(page.locator("[data-status]")).to_contain_text("已自動儲存")
    draft = own_of(town, LEE, "河岸涼亭")
    page.goto(f"{town.origin}/my/proposals/{draft.id}/edit/cost")
    page.locator("[name=cost_twd]").fill("9,000,000")
    expect(page.locator("[data-over]")).to_contain_text("超過每案上限 2,000,000 元")
    page.locator("[name=cost_twd]").fill("")
    page.locator("[name=cost_twd]").fill("350,000")
    expect(page.locator("[data-over]")).to_be_hidden()


def test_a_correction_that_was_asked_for_shows_what_it_changes(town: Town, handset: BrowserContext) -> None:
    sent = sent_by_lee(town, "溪畔公園座椅")
    ask_to_correct(town, sent)
    page = handset.new_page()
    sign_in_resident(page, town, LEE)
    page.goto(f"{town.origin}/my/proposals/{sent.id}")
    expect(page.get_by_text("請寫明維護單位").first).to_be_visible()
    page.get_by_role("link", name="補正提案").click()
    page.get_by_role("link", name="您的想法").click()
    page.locator("[name=description_md]").fill("散步的人走到這裡都渴了。由里辦公處維護。")
    page.get_by_role("button", name="儲存並繼續").click()
    page.get_by_role("link", name="檢查並送出").click()
    expect(page.locator("ins")).to_have_text("由里辦公處維護。")
    page.get_by_role("button", name="送出補正").click()
    expect(page.get_by_role("button", name="送出補正")).to_be_hidden()
    assert own_of(town, LEE, "溪畔公園座椅").status is Status.SUBMITTED


def test_an_author_reads_that_the_proposal_is_accepted(town: Town, handset: BrowserContext) -> None:
    sent = sent_by_lee(town, "溪畔公園路燈")
    with town.rt.read_main() as tx:
        friends = list(tx.scalars(select(Resident.id).where(Resident.email != LEE).limit(2)))
    for friend in friends:
        engagement_service.endorse(town.rt, Actor(kind="resident", id=friend), sent.id)
    moderation_service.decide(town.rt, officer_of(town), sent.id, decision="accept")
    page = handset.new_page()
    sign_in_resident(page, town, LEE)
    page.goto(f"{town.origin}/my/proposals/{sent.id}")
    expect(page.get_by_text("已通過審核，列入票選方案名單")).to_be_visible()


def test_from_the_front_page_a_park_is_found_read_added_and_compared(
    town: Town, handset: BrowserContext
) -> None:
    page = handset.new_page()
    page.goto(town.origin)
    page.get_by_role("searchbox").fill("綠地")
    page.get_by_role("button", name="搜尋").click()
    page.get_by_role("link", name="路口綠地降溫計畫").click()
    expect(page.locator("[data-count]")).to_have_text("已選 0／4 案")
    page.get_by_role("button", name="加入我的選票").click()
    expect(page.locator("[data-count]")).to_have_text("已選 1／4 案")
    page.get_by_role("link", name="回到選票").click()
    expect(page.locator("p[data-meter]")).to_have_text("已選 1／4 案")
    ticked = page.locator("input[name=project]:checked")
    expect(ticked).to_have_count(1)
    assert ticked.get_attribute("data-title") == "路口綠地降溫計畫"
    compare = page.get_by_role("button", name="和別案比較")
    compare.nth(0).click()
    compare.nth(0).click()  # the first is now called otherwise: this is the second
    dialog = page.get_by_role("dialog", name="比較兩案")
    expect(dialog).to_be_visible()
    assert dialog.locator("strong").count() >= 2
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    number = int(ticked.get_attribute("value") or 0)
    page.goto(f"{town.origin}/calls/{call_of(town, 'voting')}/projects/{number}")
    page.get_by_role("button", name="從我的選票移除").click()
    expect(page.locator("[data-count]")).to_have_text("已選 0／4 案")


def test_a_stranger_on_the_device_sees_no_choices_on_a_projects_page(
    town: Town, handset: BrowserContext
) -> None:
    path = f"{town.origin}/calls/{call_of(town, 'voting')}/projects/1"
    page = handset.new_page()
    page.goto(path)
    page.get_by_role("button", name="加入我的選票").click()
    expect(page.locator("[data-count]")).to_have_text("已選 1／4 案")
    other = handset.new_page()  # another tab: nobody has said whose choices these are
    other.goto(path)
    expect(other.get_by_role("link", name="回到選票")).to_be_visible()
    expect(other.locator("[data-count]")).to_be_empty()
    expect(other.locator("[data-toggle]")).to_be_hidden()


def test_without_a_script_everything_but_casting_works(town: Town, browser: Browser) -> None:
    context = browser.new_context(
        java_script_enabled=False, locale="zh-TW", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    email = "huang@demo.example"
    sign_in_resident(page, town, email)
    collecting = call_of(town, "collecting")
    page.goto(f"{town.origin}/my/calls/{collecting}/proposals/new")
    page.locator("[name=title]").fill("沒有程式也能提案")
    page.locator("button[value=later]").click()
    page.get_by_role("link", name="經費", exact=True).click()
    page.locator("[name=cost_twd]").fill("2000001")
    page.get_by_role("button", name="儲存並繼續").click()
    expect(page.get_by_text("不得超過 2,000,000 元").first).to_be_visible()
    page.goto(f"{town.origin}/calls/{collecting}/proposals")
    page.get_by_role("searchbox").fill("步道")
    page.get_by_role("button", name="搜尋").click()
    page.locator(".cards").get_by_role("link", name="松嶺步道賞鳥平台與解說牌").click()
    page.locator("[name=body]").fill("支持！")
    page.get_by_role("button", name="送出").click()
    expect(page.get_by_text("支持！")).to_be_visible()
    page.goto(f"{town.origin}/calls/{call_of(town, 'certified')}/results")
    page.get_by_role("link", name="一步一步看計票").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    context.close()


def tab_to(page: Page, target: Locator) -> None:
    """The Tab key, until the target has the focus."""
    expect(target).to_be_visible()
    for _ in range(80):
        if target.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {target}")


def test_a_whole_vote_by_keyboard_alone(vote: LiveVote, phone: BrowserContext, clock: Any) -> None:
    page = phone.new_page()
    page.goto(vote.url("?district=d1"))
    for number in (3, 1):
        box = page.locator(f'input[value="{number}"]')
        expect(box).to_be_enabled()
        tab_to(page, box)
        page.keyboard.press("Space")
        expect(box).to_be_checked()
        page.evaluate("document.activeElement.blur()")
    for name in ("確認圈選", "下一步"):
        tab_to(page, page.get_by_role("link", name=name))
        page.keyboard.press("Enter")
    for name, text in (
        ("national_id", vote.ids[0]),
        ("birth_year", "1956"),
        ("birth_month", "3"),
        ("birth_day", "8"),
    ):
        tab_to(page, page.locator(f'[name="{name}"]'))
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    assert len(code_on(page).replace("-", "")) == 17
    tab_to(page, page.get_by_role("button", name="QR 碼"))
    page.keyboard.press("Enter")
    box = page.locator("[data-qr] svg").bounding_box()
    assert box is not None
    assert abs(box["width"] - box["height"]) < 1  # a stretched code cannot be read
    assert counted(vote, clock) == [(1, 3)]


@pytest.mark.parametrize(
    "vote", [{"values": {"ballot_form.kind": "ranking", "ballot_form.max_choices": "3"}}], indirect=True
)
def test_a_ranking_is_changed_by_keyboard_alone(vote: LiveVote, phone: BrowserContext, clock: Any) -> None:
    page = phone.new_page()
    page.goto(vote.url("?district=d1"))
    for number in (1, 2, 3):
        box = page.locator(f'input[value="{number}"]')
        expect(box).to_be_enabled()
        tab_to(page, box)
        page.keyboard.press("Space")
        expect(box).to_be_checked()
    up = page.locator('[data-move="-1"][value="3"]')
    for _ in range(2):
        tab_to(page, up)
        page.keyboard.press("Enter")
    expect(page.locator("[data-order] li").first).to_contain_text("社區菜園")
    tab_to(page, page.get_by_role("link", name="確認圈選"))
    page.keyboard.press("Enter")
    identify(page, vote.ids[0])
    code_on(page)
    assert [choices.projects for choices in opened(vote, clock)] == [(3, 1, 2)]


def test_a_browser_inside_another_app_is_noticed_before_anything_is_issued(
    vote: LiveVote, browser: Browser
) -> None:
    context = browser.new_context(user_agent=LINE, locale="zh-TW", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(vote.url("?district=d1"))
    expect(page.get_by_role("heading", name="您正在別的 App 裡打開這一頁")).to_be_visible()
    outside = page.get_by_role("link", name="用手機瀏覽器打開").get_attribute("href") or ""
    assert "openExternalBrowser=1" in outside
    expect(page.locator('input[value="1"]')).to_be_hidden()
    page.get_by_role("button", name="我知道風險").click()
    expect(page.locator('input[value="1"]')).to_be_enabled()
    context.close()


def test_a_form_that_ends_soon_warns_and_can_be_given_more_time(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.goto(f"{vote.origin}/checkin/{vote.manifest.call}/?district=d1")
    warning = page.locator("[data-time-out]")
    expect(warning).to_be_hidden()
    page.locator('[name="national_id"]').fill("A12345")
    page.clock.fast_forward("13:30")
    expect(warning).to_be_visible()
    page.get_by_role("button", name="延長時間").click()
    expect(warning).to_be_hidden()
    assert page.locator('[name="national_id"]').input_value() == "A12345"
    page.clock.fast_forward("15:30")
    expect(page.get_by_text("這一頁已經失效")).to_be_visible()


TARGETS = ".button, .linklike, select, .choice, input:not([type=hidden], [type=checkbox], [type=radio])"
PAGES = (
    *("/", "/calls/{voting}/", "/calls/{certified}/results", "/booth/{voting}/?district=d1", "/my/"),
    *("/progress", "/progress?late=1", "/calls/{certified}/projects/13/progress"),
)


def test_every_page_is_light(town: Town, handset: BrowserContext) -> None:
    """At most 8 requests and 60 KB without pictures; targets of 44 pixels; no sideways scroll."""
    page = handset.new_page()
    client = handset.new_cdp_session(page)
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
    for pattern in PAGES:
        path = pattern.format(**{call.key: call.id for call in town.facts.calls})
        kinds.clear()
        sizes.clear()
        page.goto(town.origin + path, wait_until="networkidle")
        counted = [one for one, kind in kinds.items() if not kind.startswith("image/")]
        weight = sum(sizes.get(one, 0) for one in counted)
        small = [
            each
            for each in page.locator(TARGETS).all()
            if each.is_visible() and (box := each.bounding_box()) and box["height"] < 44
        ]
        assert [each.evaluate("e => e.outerHTML.slice(0, 90)") for each in small] == [], path
        for width in (320, 195):  # a telephone in 2012, and 390 pixels at 200 %
            page.set_viewport_size({"width": width, "height": 640})
            over = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert over <= 0 or width < 320, (path, width, over)
        page.set_viewport_size({"width": 390, "height": 844})
        assert len(counted) <= 8, (path, len(counted))
        assert weight <= 60_000, (path, weight)


def test_a_map_is_loaded_only_where_the_operator_set_a_source_and_somebody_asks(
    town: Town, browser: Browser
) -> None:
    path = f"/calls/{call_of(town, 'voting')}/proposals?order=number"
    context = browser.new_context(locale="zh-TW", viewport={"width": 390, "height": 844})
    complaints = Complaints(context)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(town.origin + path)
    assert page.locator("[data-map]").count() == 0  # off by default
    settings = town.rt.settings
    web = settings.web.model_copy(
        update={
            "map_tiles_url": town.origin + "/static/icon.svg?{z}/{x}/{y}",
            "map_attribution": "© 測試圖資",
        }
    )
    rt = replace(town.rt, settings=settings.model_copy(update={"web": web}))
    with serving(rt) as origin:
        page.goto(origin + path)
        assert not any("leaflet" in url or "icon.svg?" in url for url in asked)
        page.get_by_role("button", name="打開地圖").click()
        expect(page.locator(".map path.leaflet-interactive").first).to_be_visible()
        expect(page.get_by_text("© 測試圖資")).to_be_visible()
        page.get_by_role("button", name="放大").click()
        page.wait_for_timeout(500)
    assert any("icon.svg?" in url for url in asked)
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}
    assert complaints.found == []
    context.close()
