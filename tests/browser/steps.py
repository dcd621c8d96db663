"""What a resident does, step by step, and what the server holds afterwards."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select

from pbvote.core.ballot.ballot import open_choices
from pbvote.core.crypto.sealing import OpeningKey
from pbvote.core.log.entry import parse_ballot
from pbvote.core.types import Choices
from pbvote.rooms.ballotbox import queries, sequencing
from pbvote.rooms.ballotbox.models import PENDING
from pbvote.rooms.registrar import queries as registrar
from tests.browser.live import CLOSED, LiveVote
from tests.make.people import PASSWORD, hire
from tests.make.polls import OPENING_KEY, VOTING

BORN = ("1956", "3", "8")

# what this device keeps of a call
KEPT = """async (call) => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const database = await done(indexedDB.open("pbvote"));
  const kept = {};
  for (const name of database.objectStoreNames) {
    kept[name] = (await done(database.transaction(name).objectStore(name).get(call))) ?? null;
  }
  database.close();
  return kept;
}"""


def new_page(phone: BrowserContext) -> Page:
    """The device's page, as somebody who takes it up finds it."""
    return phone.pages[0] if phone.pages else phone.new_page()


def choose(page: Page, vote: LiveVote, *numbers: int, district: str = "d1") -> None:
    """From the ballot to the review of what is chosen."""
    page.goto(vote.url(f"?district={district}"))
    mark(page, *numbers)


def mark(page: Page, *numbers: int) -> None:
    """From the ballot on the screen to the review."""
    for number in numbers:
        box = page.locator(f'input[value="{number}"]')
        expect(
            box
        ).to_be_enabled()  # what was saved is shown by then; before, a tick would be judged too early
        box.check()
    page.get_by_role("link", name="確認圈選").click()
    expect(page.locator('#review [data-panel="list"]')).to_be_visible()


def identify(page: Page, national_id: str, *, born: tuple[str, str, str] = BORN) -> None:
    """From the review through the notice and the form."""
    page.get_by_role("link", name="下一步").click()
    tell_who(page, national_id, born=born)


def tell_who(
    page: Page, national_id: str, *, born: tuple[str, str, str] = BORN, button: str = "查驗身分"
) -> None:
    """Fill in the form on the screen."""
    page.locator('[name="national_id"]').fill(national_id)
    for part, value in zip(("year", "month", "day"), born, strict=True):
        page.locator(f'[name="birth_{part}"]').fill(value)
    page.get_by_role("button", name=button).click()


def code_on(page: Page) -> str:
    """The check code of the vote that was just cast."""
    expect(page.get_by_role("heading", name="您的一票已投出")).to_be_visible()
    code = page.locator("#receipt [data-mine] [data-code]")
    expect(code).to_contain_text("查核碼已遮住")
    page.get_by_role("button", name="顯示查核碼").first.click()
    expect(code).to_contain_text(re.compile("^[0-9A-Z-]{21}$"))
    return code.inner_text()


def unfold(page: Page, title: str) -> None:
    """Open what the receipt keeps folded away."""
    page.locator("summary").filter(has_text=title).click()


def waiting(vote: LiveVote) -> int:
    """Ballots in the box that are not in the log yet."""
    with vote.rt.read_box() as tx:
        return int(tx.scalar(select(func.count()).select_from(PENDING)) or 0)


def issued(vote: LiveVote) -> int:
    """Tokens issued."""
    with vote.rt.read_main() as tx:
        return sum(registrar.issued_per_style(tx, vote.manifest.call).values())


def counted(vote: LiveVote, clock: Any) -> list[tuple[int, ...]]:
    """The projects on every ballot in the sealed box."""
    return [choices.projects for choices in opened(vote, clock)]


def opened(vote: LiveVote, clock: Any) -> list[Choices]:
    """What every ballot in the sealed box says."""
    clock.set(CLOSED)
    sequencing.seal(vote.rt, vote.manifest.call)
    with vote.rt.read_box() as tx:
        entries = [e for e in queries.entries(tx, vote.manifest.call) if e[0] == 2]
    key = OpeningKey(OPENING_KEY)
    return sorted(open_choices(vote.manifest, key, parse_ballot(e, token_length=256)) for e in entries)


def sign_in_officer(page: Page, vote: LiveVote) -> None:
    """Staff at the device."""
    lin = hire(vote.rt, "lin")
    assert lin.totp is not None
    page.goto(f"{vote.origin}/staff/sign-in")
    page.locator('[name="login"]').fill("lin")
    page.locator('[name="password"]').fill(PASSWORD)
    page.locator("main form button").click()
    page.locator('[name="code"]').fill(lin.totp.at(VOTING))
    page.locator("main form button").click()


def hand_over(page: Page, vote: LiveVote, national_id: str) -> None:
    """An officer has seen the documents and gives the device away."""
    page.goto(f"{vote.origin}/agency/calls/{vote.manifest.call}/counter")
    page.locator('[name="national_id"]').fill(national_id)
    for name, parts in (("birth", ("45", "3", "8")), ("since", ("90", "1", "1"))):
        for part, value in zip(("year", "month", "day"), parts, strict=True):
            page.locator(f'[name="{name}_{part}"]').fill(value)
    page.locator('[name="ground"]').first.check()
    page.locator('[name="district"][value="d1"]').check()
    page.get_by_role("button", name="證件相符").click()
    page.get_by_role("button", name="登出，交給民眾投票").click()
