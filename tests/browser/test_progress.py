"""After the result, on phones: an officer says how far a winner is, with a photograph; neighbours see it."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from pbvote.core.types import Actor
from pbvote.platform import outbox
from pbvote.rooms.accounts.models import Resident
from pbvote.rooms.delivery import queries
from pbvote.rooms.delivery.kinds import State
from pbvote.rooms.delivery.queries import DeliveryView
from pbvote.rooms.engagement import following
from tests.browser.live import Complaints
from tests.browser.town import Town, sign_in_resident, sign_in_staff
from tests.make.files import picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NEIGHBOUR = "chang@demo.example"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def hands(browser: Browser) -> Iterator[tuple[BrowserContext, BrowserContext]]:
    """The officer's phone and the neighbour's."""
    made = [
        browser.new_context(locale="zh-TW", timezone_id="Asia/Taipei", viewport=PHONE)  # type: ignore[arg-type]
        for _ in range(2)
    ]
    complaints = [Complaints(context) for context in made]
    for context in made:
        context.set_default_timeout(15_000)
    yield made[0], made[1]
    for context in made:
        context.close()
    assert [each.found for each in complaints] == [[], []]


def not_begun(town: Town) -> DeliveryView:
    """A winner of the certified call that nobody has kept up yet."""
    call_id = next(call.id for call in town.facts.calls if call.key == "certified")
    with town.rt.read_main() as tx:
        found = queries.of_call(tx, call_id).values()
        return next(each for each in found if each.changed_at is None)


def mails_to(town: Town, address: str) -> list[tuple[str, str]]:
    """Subject and text of what lies in the city's mail folder for somebody."""
    found = []
    for path in sorted((town.rt.settings.state_dir / "mail").glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = mail.get_body()
        if mail["To"] == address and body is not None:
            found.append((str(mail["Subject"]), body.get_content()))
    return found


def fill_in(page: Page, *, state: State, note: str) -> None:
    page.check(f"input[name=state][value={state.value}]")
    page.fill("[name=spent_twd]", "12萬")
    page.fill("[name=note]", note)
    page.set_input_files(
        "[name=picture]",
        {"name": "IMG_0001.JPG", "mimeType": "image/jpeg", "buffer": picture(size=(800, 600))},
    )


def test_an_officer_updates_on_a_phone_a_neighbour_sees_it_and_gets_mail(
    town: Town, hands: tuple[BrowserContext, BrowserContext]
) -> None:
    project = not_begun(town)
    with town.rt.read_main() as tx:
        neighbour = tx.scalars(select(Resident.id).where(Resident.email == NEIGHBOUR)).one()
    actor = Actor(kind="resident", id=neighbour)
    following.follow(town.rt, actor, project.call_id, proposal_id=project.proposal_id)

    desk = hands[0].new_page()
    sign_in_staff(desk, town, "officer")
    desk.goto(f"{town.origin}/agency/progress?state=approved")
    desk.get_by_role("link", name=project.title).click()
    expect(desk.get_by_role("heading", level=1)).to_have_text(project.title)
    fill_in(desk, state=State.TENDERED, note="兩家廠商投標，下週動工。")
    desk.get_by_role("button", name="儲存並公開").click()
    expect(desk.get_by_role("alert")).to_contain_text(
        "照片裡有什麼"
    )  # the words for the photograph are missing
    expect(desk.locator("[name=note]")).to_have_value("兩家廠商投標，下週動工。")
    expect(desk.locator("input[name=state][value=tendered]")).to_be_checked()
    fill_in(desk, state=State.TENDERED, note="兩家廠商投標，下週動工。")
    desk.fill("[name=alt]", "還沒有施工的樓梯口")
    desk.check("input[name=moment][value=before]")
    desk.get_by_role("button", name="儲存並公開").click()
    expect(desk.get_by_role("status")).to_contain_text("已儲存")
    wide = desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0

    page = hands[1].new_page()
    page.goto(f"{town.origin}/progress?state=tendered")
    page.get_by_role("link", name=project.title).click()
    expect(page.locator(".line [aria-current=step]")).to_contain_text("發包")
    photo = page.get_by_role("img", name="還沒有施工的樓梯口")
    photo.scroll_into_view_if_needed()
    expect(photo).to_have_js_property("complete", True)
    assert photo.evaluate("image => image.naturalWidth") > 0
    expect(page.locator("#c1")).to_contain_text("兩家廠商投標，下週動工。")
    expect(page.get_by_text("120,000 元").first).to_be_visible()

    outbox.send_due(town.rt)
    subject, text = mails_to(town, NEIGHBOUR)[-1]
    assert subject == f"{project.title}：執行狀態改為「發包」"
    assert "兩家廠商投標，下週動工。" in text
    assert f"/calls/{project.call_id}/projects/{project.number}/progress" in text
    assert "/unsubscribe/" in text

    sign_in_resident(page, town, NEIGHBOUR)
    page.goto(f"{town.origin}/calls/{project.call_id}/projects/{project.number}/progress")
    page.get_by_role("button", name="停止追蹤").click()
    expect(page.get_by_role("button", name="追蹤這個方案")).to_be_visible()
    with town.rt.read_main() as tx:
        left = queries.get(tx, project.call_id, project.number)
    assert left.state is State.TENDERED
