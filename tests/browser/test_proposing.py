"""Writing a proposal on a phone: money as it is written, pictures, documents, corrections, together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, expect
from sqlalchemy import select

from pbvote.core.rules.intake import ReadableFrom
from pbvote.core.types import Actor
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts.models import Resident
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import coauthors
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals import service as proposals_service
from pbvote.rooms.proposals.queries import ProposalView
from tests.browser.live import Complaints
from tests.browser.steps import new_page
from tests.browser.town import Town, sign_in_resident, sign_in_staff
from tests.make.files import picture
from tests.make.pdfs import ACTIVE, pdf
from tests.make.proposals import proposal_values

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIU = "liu@demo.example"
WANG = "wang@demo.example"


@pytest.fixture(scope="module")
def session(town: Town, browser: Browser) -> list[Any]:
    """The cookies of a resident who has signed in once: one address gets few links at a time."""
    context = browser.new_context(locale="zh-TW")
    sign_in_resident(context.new_page(), town, LIU)
    cookies = context.cookies()
    context.close()
    return list(cookies)


@pytest.fixture
def handset(browser: Browser, session: list[Any]) -> Iterator[BrowserContext]:
    context = browser.new_context(
        locale="zh-TW", timezone_id="Asia/Taipei", viewport={"width": 390, "height": 844}
    )
    context.set_default_timeout(15_000)
    context.add_cookies(session)
    complaints = Complaints(context)
    yield context
    context.close()
    assert complaints.found == []


def resident(town: Town, email: str) -> Actor:
    with town.rt.read_main() as tx:
        return Actor(kind="resident", id=tx.scalars(select(Resident.id).where(Resident.email == email)).one())


def written(town: Town, title: str, email: str = LIU) -> ProposalView:
    """A complete draft in the demo city's call that collects."""
    call = next(call.id for call in town.facts.calls if call.key == "collecting")
    values = proposal_values(title=title, category="公園綠地", cost_twd="35萬")
    return proposals_service.save_draft(town.rt, resident(town, email), call, values)


def ask_to_correct(town: Town, sent: ProposalView, *parts: str) -> None:
    account = next(staff for staff in town.facts.staff if staff.role == "officer")
    with town.rt.read_main() as tx:
        officer = accounts.staff_actor(tx, account.account_id)
    assert officer is not None
    moderation_service.decide(
        town.rt,
        officer,
        sent.id,
        decision="correct",
        reason="請寫明維護單位",
        correct_until=town.rt.clock() + timedelta(days=1),
        parts=parts,
    )


def test_what_an_amount_is_read_as_stands_beside_it_at_once(town: Town, handset: BrowserContext) -> None:
    page = new_page(handset)
    draft = written(town, "河濱的路燈")
    page.goto(f"{town.origin}/my/proposals/{draft.id}/edit/cost")
    cost = page.get_by_label("經費（新臺幣元）")
    read = page.locator("output")
    for typed, said in {
        "八十五萬": "讀成 850,000 元",
        "145萬5千": "讀成 1,455,000 元",
        "１２ 萬元": "讀成 120,000 元",
    }.items():
        cost.fill(typed)
        expect(read).to_have_text(said)
    cost.fill("三十幾萬")
    expect(read).to_contain_text("看不出是多少元")
    page.get_by_role("button", name="儲存並繼續").click()
    expect(page.get_by_role("alert")).to_contain_text("「三十幾萬」看不出是多少元")
    assert cost.input_value() == "三十幾萬"
    cost.fill("１２ 萬元")
    page.get_by_role("button", name="儲存並繼續").click()
    expect(page.get_by_text("已儲存，經費讀成 120,000 元。")).to_be_visible()


def test_the_officers_form_says_what_an_amount_is_read_as(town: Town, handset: BrowserContext) -> None:
    handset.clear_cookies()
    page = new_page(handset)
    sign_in_staff(page, town, "officer")
    page.goto(f"{town.origin}/agency/calls/new")
    budget = page.locator("[name='districts.0.budget_twd']")
    budget.fill("1.5億")
    expect(page.locator("output").filter(has_text="讀成")).to_have_text("讀成 150,000,000 元")


def jpeg(shade: int, name: str) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": picture(size=(400, 300), shade=shade)}


def kept(town: Town, proposal_id: int) -> list[str]:
    with town.rt.read_main() as tx:
        return [each.alt for each in proposals.get(tx, proposal_id).pictures]


def test_several_pictures_are_looked_at_sent_and_moved(town: Town, handset: BrowserContext) -> None:
    page = new_page(handset)
    draft = written(town, "街角的花圃")
    page.goto(f"{town.origin}/my/proposals/{draft.id}/edit/pictures")
    assert page.locator("#f-camera").get_attribute("capture") == "environment"
    page.locator("#f-picture").set_input_files(
        [
            jpeg(10, "一.jpg"),
            jpeg(90, "二.jpg"),
            jpeg(200, "三.jpg"),
            {"name": "設計.heic", "mimeType": "image/heic", "buffer": b"none"},
            {"name": "壞了.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff broken"},
        ]
    )
    previews = page.locator("[data-previews] > li")
    expect(previews).to_have_count(5)
    expect(previews.nth(3)).to_contain_text("這不是 JPEG、PNG 或 WebP 圖片")
    for at, words in enumerate(("花圃", "步道", "")):
        previews.nth(at).get_by_label("圖裡有什麼？").fill(words)
    page.get_by_role("button", name="加入圖片").click()
    expect(page.locator("[data-list] > li")).to_have_count(3)
    expect(previews).to_have_count(2)
    expect(previews.filter(has_text="壞了.jpg")).to_contain_text("檔案可能已損壞")
    assert kept(town, draft.id) == ["花圃", "步道", ""]

    expect(page.locator("[data-list] > li").first.locator("[data-turn]")).to_have_text(
        "第 1 張，會出現在清單和選票上"
    )
    previews.filter(has_text="設計.heic").get_by_role("button").click()
    expect(previews).to_have_count(1)


def test_pictures_are_moved_by_keys_and_by_dragging(town: Town, handset: BrowserContext) -> None:
    page = new_page(handset)
    draft = written(town, "街角的老樹")
    for shade, alt in ((15, "花圃"), (95, "步道"), (205, "")):
        proposals_service.attach_picture(
            town.rt, resident(town, LIU), draft.id, content=picture(shade=shade), alt=alt
        )
    page.goto(f"{town.origin}/my/proposals/{draft.id}/edit/pictures")
    third = page.locator("[data-list] > li").nth(2)
    with page.expect_response("**/pictures/arrange"):
        third.get_by_label("圖裡有什麼？").fill("長椅")
        third.get_by_label("圖裡有什麼？").press("Tab")
    assert kept(town, draft.id) == ["花圃", "步道", "長椅"]
    with page.expect_response("**/pictures/arrange"):
        page.get_by_role("button", name="往前：長椅").press("Enter")
    expect(page.get_by_text("現在是第 2 張。")).to_be_visible()
    assert kept(town, draft.id) == ["花圃", "長椅", "步道"]
    assert page.evaluate("document.activeElement.ariaLabel") == "往前：長椅"

    first, last = page.locator("[data-list] > li").first, page.locator("[data-list] > li").nth(2)
    last.scroll_into_view_if_needed()
    page.locator("[data-list] > li").nth(1).scroll_into_view_if_needed()
    grip = last.locator("[data-grip]").bounding_box()
    there = page.locator("[data-list] > li").nth(1).bounding_box()
    assert grip
    assert there
    assert there["y"] >= 0
    page.mouse.move(grip["x"] + 20, grip["y"] + 20)
    page.mouse.down()
    with page.expect_response("**/pictures/arrange"):
        page.mouse.move(there["x"] + 50, there["y"] + 20, steps=5)
        page.mouse.up()
    assert kept(town, draft.id) == ["花圃", "步道", "長椅"]
    with page.expect_navigation():
        first.get_by_role("button", name="移除").click()
    assert kept(town, draft.id) == ["步道", "長椅"]
    page.get_by_role("button", name="完成，回提案").click()
    expect(page.get_by_role("listitem").filter(has_text="圖片")).to_contain_text("已完成")


def test_whoever_is_done_has_not_forgotten_the_pictures_that_wait(
    town: Town, handset: BrowserContext
) -> None:
    page = new_page(handset)
    draft = written(town, "轉角的樹")
    proposals_service.attach_picture(
        town.rt, resident(town, LIU), draft.id, content=picture(shade=33), alt="樹"
    )
    page.goto(f"{town.origin}/my/proposals/{draft.id}/edit/pictures")
    page.locator("#f-picture").set_input_files([jpeg(120, "四.jpg")])
    page.locator("[data-previews]").get_by_label("圖裡有什麼？").fill("老樹")
    page.get_by_role("button", name="完成，回提案").click()
    expect(page.get_by_role("heading", name="轉角的樹")).to_be_visible()
    assert kept(town, draft.id) == ["樹", "老樹"]


def test_without_scripts_pictures_go_by_the_plain_form(
    town: Town, browser: Browser, session: list[Any]
) -> None:
    context = browser.new_context(
        locale="zh-TW", viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    context.add_cookies(session)
    page = context.new_page()
    draft = written(town, "沒有程式也行")
    page.goto(f"{town.origin}/my/proposals/{draft.id}/edit/pictures")
    page.locator("#f-picture").set_input_files(
        [
            jpeg(50, "一.jpg"),
            {"name": "二.txt", "mimeType": "text/plain", "buffer": b"text"},
            jpeg(150, "三.jpg"),
        ]
    )
    page.get_by_role("button", name="加入圖片").click()
    expect(page.get_by_role("alert")).to_contain_text("「二.txt」：請選擇 JPEG")
    page.get_by_label("圖裡有什麼？").first.fill("入口")
    page.get_by_label("圖裡有什麼？").nth(1).fill("出口")
    page.get_by_role("button", name="往後").first.click()
    assert kept(town, draft.id) == ["出口", "入口"]
    context.close()


def test_a_document_gets_its_summary_and_is_offered_for_keeping(town: Town, handset: BrowserContext) -> None:
    page = new_page(handset)
    draft = written(town, "圖書館的斜坡")
    page.goto(f"{town.origin}/my/proposals/{draft.id}/edit/documents")
    estimate = pdf(change=ACTIVE["a file inside"])
    page.get_by_label("PDF 檔").set_input_files(
        [{"name": "估價.pdf", "mimeType": "application/pdf", "buffer": estimate}]
    )
    page.get_by_label("這份文件說了什麼？").fill("兩家估價，29 萬和 31 萬")
    page.get_by_role("button", name="加入文件").click()
    expect(page.get_by_role("alert")).to_contain_text("選「列印」再選「另存為 PDF」")
    assert page.get_by_label("這份文件說了什麼？").input_value() == "兩家估價，29 萬和 31 萬"
    page.get_by_label("PDF 檔").set_input_files(
        [{"name": "估價.pdf", "mimeType": "application/pdf", "buffer": pdf()}]
    )
    page.get_by_role("button", name="加入文件").click()
    expect(page.get_by_text("文件已加入。")).to_be_visible()
    with page.expect_download() as kept_file:
        page.get_by_role("link", name="估價.pdf").click()
    assert kept_file.value.suggested_filename == f"proposal-{draft.id}-1.pdf"
    page.get_by_role("button", name="完成，回提案").click()
    expect(page.get_by_role("listitem").filter(has_text="文件")).to_contain_text("已完成")


def test_a_correction_is_found_at_its_part_and_answered(town: Town, handset: BrowserContext) -> None:
    page = new_page(handset)
    call = next(call.id for call in town.facts.calls if call.key == "collecting")
    sent = proposals_service.submit(town.rt, resident(town, LIU), written(town, "巷尾的路燈").id)
    ask_to_correct(town, sent, "cost", "people")
    page.goto(f"{town.origin}/my/proposals/{sent.id}/edit")
    rows = page.get_by_role("listitem")
    expect(rows.filter(has_text="經費").filter(has_text="請補正")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="經費").click()
    expect(page.get_by_role("note").filter(has_text="請寫明維護單位")).to_be_visible()
    page.locator("[name=cost_twd]").fill("34萬")
    page.get_by_role("button", name="先儲存，之後再填").click()
    expect(rows.filter(has_text="經費").filter(has_text="已修改")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="姓名與共同提案人").click()
    page.get_by_label("回覆承辦機關").fill("維護單位是里辦公處")
    page.get_by_role("button", name="先儲存，之後再填").click()
    expect(page.get_by_text("都填好了，可以檢查並送出。")).to_be_visible()
    page.get_by_role("link", name="檢查並送出").click()
    page.get_by_role("button", name="送出補正").click()
    expect(page.get_by_text("提案已送出")).to_be_visible()
    with town.rt.read_main() as tx:
        assert proposals.get_public(tx, call, sent.id, readable_from=ReadableFrom.SUBMISSION).replies == {
            "people": "維護單位是里辦公處"
        }


def test_two_authors_at_one_part_lose_nothing(town: Town, handset: BrowserContext) -> None:
    draft = written(town, "一起寫的提案", WANG)
    invited = coauthors.invite(town.rt, resident(town, WANG), draft.id, email=LIU)
    coauthors.agree(town.rt, resident(town, LIU), invited.coauthors[0].id)
    page = new_page(handset)
    page.goto(f"{town.origin}/my/proposals/{draft.id}/edit/place")
    place = page.locator("[name=place]")
    with page.expect_response("**/autosave/place") as first:
        place.fill("東側入口")
    assert first.value.status == 200
    proposals_service.save_draft(
        town.rt,
        resident(town, WANG),
        draft.call_id,
        {"place": "西側入口", "district": draft.values["district"]},
        proposal_id=draft.id,
        part=("place", "district"),
        name="place",
    )
    with page.expect_response("**/autosave/place") as second:
        place.fill("東側大門")
    assert second.value.status == 409
    expect(page.locator("[data-status]")).to_contain_text("也改了這一項。兩份都留著")
    page.get_by_role("button", name="先儲存，之後再填").click()
    expect(page.get_by_role("alert")).to_contain_text("兩份都留著")
    assert place.input_value() == "東側大門"
    expect(page.get_by_role("group").filter(has_text="西側入口").first).to_be_visible()
    page.get_by_role("button", name="先儲存，之後再填").click()
    expect(page.get_by_text("有一份留在旁邊的版本")).to_be_visible()
    with town.rt.read_main() as tx:
        assert proposals.get(tx, draft.id).values["place"] == "東側大門"
    page.goto(f"{town.origin}/my/proposals/{draft.id}/edit/people")
    page.get_by_role("button", name="離開這件提案").click()
    expect(page.get_by_text("您已離開這件提案")).to_be_visible()


def test_who_is_under_18_finds_what_needs_consent_and_what_does_not(
    town: Town, handset: BrowserContext
) -> None:
    page = new_page(handset)
    draft = written(town, "校門口的斑馬線")
    page.goto(f"{town.origin}/my/proposals/{draft.id}/edit/people")
    expect(page.get_by_text("提案和投票都不用任何人同意")).to_be_hidden()
    page.get_by_label("我未滿 18 歲").check()
    expect(page.get_by_text("提案和投票都不用任何人同意")).to_be_visible()
    page.get_by_label("公開我的全名").check()
    page.get_by_role("button", name="儲存並繼續").click()
    expect(page.get_by_role("alert")).to_contain_text("要法定代理人")
    page.get_by_label("代理人和我一起在這裡填").check()
    page.get_by_label("法定代理人的姓名").fill("李大文")
    page.get_by_label("怎麼聯絡代理人").fill("0912-345-678")
    page.get_by_label("印出同意書，簽好交給承辦機關").check()
    expect(page.get_by_label("法定代理人的姓名")).to_be_hidden()
    with handset.expect_page() as paper:
        page.get_by_role("link", name="打開同意書（可以列印）").click()
    expect(paper.value.get_by_role("heading", name="法定代理人同意書")).to_be_visible()
    page.get_by_role("button", name="先儲存，之後再填").click()
    expect(page.get_by_role("listitem").filter(has_text="姓名與共同提案人")).to_contain_text("已完成")


def test_what_is_ticked_stands_on_the_page_that_another_button_leads_to(
    town: Town, handset: BrowserContext
) -> None:
    page = new_page(handset)
    draft = written(town, "里民的花圃")
    page.goto(f"{town.origin}/my/proposals/{draft.id}/edit/people")
    page.get_by_label("公開我的全名").check()
    page.get_by_label("共同提案人的電子郵件").fill("somebody@demo.example")
    page.get_by_role("button", name="寄出邀請").click()
    expect(page.get_by_text("邀請已寄出")).to_be_visible()
    expect(page.get_by_label("公開我的全名")).to_be_checked()
    page.get_by_label("公開我的全名").uncheck()
    page.get_by_role("link", name="里民的花圃").click()
    page.wait_for_url(f"**/my/proposals/{draft.id}/edit")
    page.goto(f"{town.origin}/my/proposals/{draft.id}/check")
    expect(page.get_by_text("遮蔽姓名")).to_be_visible()


def test_a_form_filled_and_sent_in_one_breath_is_one_draft(town: Town, handset: BrowserContext) -> None:
    page = new_page(handset)
    call = next(call.id for call in town.facts.calls if call.key == "collecting")
    page.goto(f"{town.origin}/my/calls/{call}/proposals/new")
    steps = page.get_by_role("list", name="提案的各項").get_by_role("listitem")
    expect(steps.first).to_contain_text("：還沒開始")
    for at, link in enumerate(steps.all()):
        assert not link.aria_snapshot().startswith("- listitem: ："), at
    page.get_by_label("提案名稱").fill("一口氣寫完的提案")
    page.get_by_role("button", name="先儲存，之後再填").click()
    expect(page.get_by_text("還沒有送出，您可以隨時回來繼續寫")).to_be_visible()
    page.goto(f"{town.origin}/my/")
    expect(page.get_by_text("一口氣寫完的提案")).to_have_count(1)
