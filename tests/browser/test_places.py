"""Places are pressed, not typed: pins by press, keyboard and position, lists with maps, and no script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from pbvote.core.types import Actor
from pbvote.platform.outlines.atlas import INVENTED, Atlas
from pbvote.rooms.accounts.models import Resident
from pbvote.rooms.proposals import service
from tests.browser.live import Complaints
from tests.browser.rules_of_pages import WCAG
from tests.browser.town import Town, sign_in_resident

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EMAIL = "chang@demo.example"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
Visitor = Callable[..., BrowserContext]
OUTLINES = {town.name: town for town in Atlas(folders=(INVENTED,)).towns("00001")}


@pytest.fixture(scope="module")
def signed_in(town: Town, browser: Browser) -> Any:
    """What a browser holds after the sign-in by mail, of which an hour has only a few."""
    context = browser.new_context(locale="zh-TW")
    sign_in_resident(context.new_page(), town, EMAIL)
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def visitor(browser: Browser, signed_in: Any) -> Iterator[Visitor]:
    """Makes browsers in which a resident is signed in; none of their pages may have complained."""
    made: list[tuple[BrowserContext, Complaints]] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(
            locale="zh-TW", timezone_id="Asia/Taipei", storage_state=signed_in, **options
        )
        context.set_default_timeout(15_000)
        made.append((context, Complaints(context)))
        return context

    yield make
    for context, complaints in made:
        context.close()
        assert complaints.found == []


def call_of(town: Town, key: str) -> str:
    return next(call.id for call in town.facts.calls if call.key == key)


def draft(town: Town, **values: str) -> int:
    """A draft of a resident of the demo city that is only begun."""
    with town.rt.read_main() as tx:
        author = tx.scalars(select(Resident.id).where(Resident.email == EMAIL)).one()
    begun = service.save_draft(
        town.rt,
        Actor(kind="resident", id=author),
        call_of(town, "collecting"),
        {"title": "路口座椅"} | values,
    )
    return begun.id


def place_page(town: Town, context: BrowserContext, **values: str) -> Page:
    page = context.new_page()
    page.goto(f"{town.origin}/my/proposals/{draft(town, **values)}/edit/place")
    return page


def pinned(page: Page) -> tuple[float, float]:
    """Longitude and latitude in the number fields."""
    return float(page.locator("[name=longitude]").input_value()), float(
        page.locator("[name=latitude]").input_value()
    )


def press(page: Page, district: str) -> None:
    """Press on the district's name."""
    name = page.locator(".atlas text", has_text=district)
    box = name.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_press_puts_the_pin_and_chooses_the_district(
    town: Town, visitor: Visitor, size: dict[str, int]
) -> None:
    page = place_page(town, visitor(viewport=size))
    expect(page.locator("[name=latitude]")).to_be_hidden()  # the map stands in front of the numbers
    page.locator(".atlas").scroll_into_view_if_needed()
    press(page, "青溪區")
    expect(page.locator("[data-said]")).to_have_text("圖釘放在「青溪區」，分區也替您選好了。")
    assert OUTLINES["青溪區"].holds(pinned(page))
    assert page.locator("[name=district] option:checked").inner_text().startswith("青溪區")
    expect(page.locator("[data-status]")).to_contain_text("已自動儲存")
    assert Axe().run(page, options=WCAG).response["violations"] == []
    page.locator("[name=place]").fill("溪畔")
    with page.expect_navigation():
        page.get_by_role("button", name="儲存並繼續").click()
    page.go_back()
    page.reload()
    assert OUTLINES["青溪區"].holds(pinned(page))
    expect(page.locator("[data-drop]")).to_have_attribute("visibility", "visible")


def test_a_pin_in_another_district_is_asked_about_and_never_refused(town: Town, visitor: Visitor) -> None:
    page = place_page(town, visitor(viewport=PHONE))
    page.locator("[name=district]").select_option("d2")
    for _ in range(4):
        page.get_by_role("button", name="縮小").click()
    press(page, "松嶺區")
    question = page.locator("[data-outside]")
    expect(question).to_contain_text(
        "圖釘在「松嶺區」，您選的分區是「海岸區」。要改分區嗎？位置沒錯就不用改。"
    )
    page.locator("[name=place]").fill("步道口")
    with page.expect_navigation():  # it goes on all the same
        page.get_by_role("button", name="儲存並繼續").click()
    page.go_back()
    page.reload()
    expect(question).to_be_visible()
    page.get_by_role("button", name="改成「松嶺區」").click()
    expect(question).to_be_hidden()
    assert page.locator("[name=district] option:checked").inner_text().startswith("松嶺區")


def test_the_pin_moves_by_arrow_keys(town: Town, visitor: Visitor) -> None:
    page = place_page(town, visitor(viewport=DESK))
    chart = page.get_by_role("application", name="放圖釘的地圖")
    chart.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_contain_text("青溪區")
    start = pinned(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    coarse = pinned(page)
    assert coarse[0] > start[0]
    assert coarse[1] > start[1]
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowLeft")
    fine = pinned(page)
    assert 0 < coarse[0] - fine[0] < (coarse[0] - start[0]) / 5
    page.keyboard.press("Delete")
    expect(page.locator("[data-said]")).to_have_text("圖釘拿掉了。")
    assert page.locator("[name=latitude]").input_value() == ""
    page.keyboard.press("Tab")  # the keyboard leaves the map again
    expect(chart).not_to_be_focused()


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (
            {"latitude": 24.3255, "longitude": 120.1302},
            "已經用您現在的位置。圖釘放在「松嶺區」，分區也替您選好了。",
        ),
        ({"latitude": 25.0330, "longitude": 121.5654}, "您現在的位置不在這張地圖上，所以圖釘沒有動。"),
    ],
    ids=["here", "elsewhere"],
)
def test_the_device_says_where_it_is(town: Town, visitor: Visitor, at: dict[str, float], said: str) -> None:
    context = visitor(viewport=PHONE, geolocation=at, permissions=["geolocation"])
    page = place_page(town, context)
    page.get_by_role("button", name="用我現在的位置").click()
    expect(page.locator("[data-said]")).to_have_text(said)
    typed = page.locator("[name=latitude]").input_value()
    assert typed == ("24.32550" if "松嶺" in said else "")


def test_a_device_that_keeps_its_position_to_itself_is_no_fault(town: Town, visitor: Visitor) -> None:
    page = place_page(town, visitor(viewport=PHONE))
    page.get_by_role("button", name="用我現在的位置").click()
    expect(page.locator("[data-said]")).to_contain_text("這個裝置沒有告訴我們位置")


def test_without_a_script_the_numbers_are_typed(town: Town, visitor: Visitor) -> None:
    page = place_page(town, visitor(viewport=PHONE, java_script_enabled=False))
    expect(page.locator(".atlas")).to_be_hidden()
    page.get_by_text("用數字輸入位置").click()
    page.locator("[name=district]").select_option("d2")
    page.locator("[name=latitude]").fill("24.3255")
    page.locator("[name=longitude]").fill("120.1302")
    with page.expect_navigation():
        page.get_by_role("button", name="先儲存，之後再填").click()
    page.go_back()
    page.reload()
    expect(page.locator("[data-outside]")).to_contain_text("圖釘在「松嶺區」，您選的分區是「海岸區」")
    assert pinned(page) == (120.1302, 24.3255)


def list_page(town: Town, context: BrowserContext, query: str = "seed=7") -> Page:
    page = context.new_page()
    page.goto(f"{town.origin}/calls/{call_of(town, 'voting')}/proposals?{query}")
    return page


def test_list_and_map_are_in_step(town: Town, visitor: Visitor) -> None:
    page = list_page(town, visitor(viewport=DESK))
    assert page.locator(".pin").count() == page.locator("[data-row]").count() == 21
    pin = page.get_by_role("link", name="9 漁網修補工作坊空間", exact=True)
    card = page.locator("[data-row]", has=page.get_by_role("link", name="漁網修補工作坊空間"))
    card.hover()
    expect(pin).to_have_class(re.compile("is-on"))
    other = page.get_by_role("link", name="11 海堤路燈改善", exact=True)
    other.focus()
    expect(pin).not_to_have_class(re.compile("is-on"))
    expect(page.locator(".card.is-on")).to_contain_text("海堤路燈改善")
    pin.click()
    expect(card.get_by_role("link")).to_be_focused()
    page.get_by_role("link", name="只看海岸區").press("Enter")
    expect(page.locator("[data-row]")).to_have_count(7)
    expect(page.get_by_role("link", name="看全部分區")).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize("script", [True, False], ids=["script", "bare"])
def test_on_a_telephone_a_pressed_pin_brings_its_card(town: Town, visitor: Visitor, script: bool) -> None:
    page = list_page(town, visitor(viewport=PHONE, java_script_enabled=script))
    chart = page.get_by_role("group", name="地圖，上方是北方")
    expect(chart).to_be_hidden()
    page.get_by_label("地圖", exact=True).check()
    expect(page.locator("[data-row]:visible")).to_have_count(0)
    for name in ("9 漁網修補工作坊空間", "15 松嶺巡守隊巡邏腳踏車"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator("[data-row]:visible")).to_have_count(1)
        expect(page.locator("[data-row]:visible")).to_contain_text(name.split()[1])
    small = [box for pin in page.locator(".pin").all() if (box := pin.bounding_box()) and box["width"] < 24]
    assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_with_a_map_is_light_and_accessible(town: Town, visitor: Visitor, scheme: str) -> None:
    context = visitor(viewport=PHONE, color_scheme=scheme)
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    client.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    client.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    voting = call_of(town, "voting")
    for path in (
        f"/calls/{voting}/proposals?seed=7",
        f"/calls/{voting}/projects/3",
        f"/calls/{voting}/",
        "/",
        "/where",
        "/where/65000",  # 29 towns
        "/where/64000",  # 38
        "/where/00001/00001010",
        f"/my/proposals/{draft(town)}/edit/place",
    ):
        kinds.clear()
        sizes.clear()
        page.goto(town.origin + path, wait_until="networkidle")
        counted = [one for one, kind in kinds.items() if kind != "Image"]
        assert len(counted) <= 8, path
        assert sum(sizes.get(one, 0) for one in counted) <= 60_000, path
        if page.get_by_label("地圖", exact=True).count():
            page.get_by_label("地圖", exact=True).check()
        assert Axe().run(page, options=WCAG).response["violations"] == [], path


def test_where_somebody_lives_leads_to_their_ballot(town: Town, visitor: Visitor) -> None:
    page = visitor(viewport=DESK).new_page()
    page.goto(town.origin)
    chart = page.get_by_role("group", name="地圖，上方是北方；和清單裡的選項相同")
    chart.get_by_role("link", name="青溪區").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("青溪區的選票")
    mine = page.get_by_role("region", name="現在可以投票")
    mine.get_by_role("link", name=re.compile("去投票.*雲海市")).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert f"/booth/{call_of(town, 'voting')}/?district=d1" in page.url


def test_where_somebody_lives_needs_no_script(town: Town, visitor: Visitor) -> None:
    page = visitor(viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(f"{town.origin}/where")
    page.get_by_role("list", name="您住在哪個縣市？").get_by_role("link", name="雲海市").click()
    page.get_by_role("group", name="地圖，上方是北方").get_by_role("link", name="松嶺區").click()
    expect(page.get_by_role("heading", name="現在可以投票")).to_be_visible()
    page.goto(f"{town.origin}/where/65000/65000010")
    expect(page.get_by_text("這裡現在沒有正在進行的活動。")).to_be_visible()
