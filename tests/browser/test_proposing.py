"""Writing a proposal on a phone: money as it is written, pictures, documents, corrections, together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from sqlalchemy import select

from pbvote.core.types import Actor
from pbvote.rooms.accounts.models import Resident
from pbvote.rooms.proposals import service as proposals_service
from pbvote.rooms.proposals.queries import ProposalView
from tests.browser.live import Complaints
from tests.browser.steps import new_page
from tests.browser.town import Town, sign_in_resident, sign_in_staff
from tests.make.proposals import proposal_values

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEE = "lee@demo.example"


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


def resident(town: Town, email: str) -> Actor:
    with town.rt.read_main() as tx:
        return Actor(kind="resident", id=tx.scalars(select(Resident.id).where(Resident.email == email)).one())


def written(town: Town, title: str, email: str = LEE) -> ProposalView:
    """A complete draft in the demo city's call that collects."""
    call = next(call.id for call in town.facts.calls if call.key == "collecting")
    values = proposal_values(title=title, category="公園綠地", cost_twd="35萬")
    return proposals_service.save_draft(town.rt, resident(town, email), call, values)


def test_what_an_amount_is_read_as_stands_beside_it_at_once(town: Town, handset: BrowserContext) -> None:
    page = new_page(handset)
    draft = written(town, "河濱的路燈")
    sign_in_resident(page, town, LEE)
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
    page = new_page(handset)
    sign_in_staff(page, town, "officer")
    page.goto(f"{town.origin}/agency/calls/new")
    budget = page.locator("[name='districts.0.budget_twd']")
    budget.fill("1.5億")
    expect(page.locator("output").filter(has_text="讀成")).to_have_text("讀成 150,000,000 元")
