"""The voting flow's pages: for everybody, in both languages, on phone and desk, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from pbvote.edges.identity.sandbox import PEOPLE
from tests.browser.conftest import Device
from tests.browser.live import LiveVote
from tests.browser.steps import choose, code_on, identify, mark, new_page, tell_who
from tests.make.calls import NO_GROUNDS, SANDBOX, SURVEY

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULES: dict[str, Any] = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
# every state of a page at once, with something in each place that a module fills
SHOW_ALL = """() => {
  for (const part of document.querySelectorAll("main [hidden]")) part.hidden = false;
  for (const place of document.querySelectorAll("[data-fill]")) place.textContent ||= "ABCD-2345";
  for (const notice of document.querySelectorAll(".field-error")) notice.textContent ||= "…";
}"""


# no colour is still on its way to another
SETTLED = """() => Promise.all(document.getAnimations().map((each) => each.finished))"""


class Inspector:
    """Checks the page on the screen on phone and desk, light and dark, as it is and with all states shown."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.seen: set[str] = set()

    def look(self, name: str) -> None:
        self.seen.add(name)
        for width in (390, 1280):
            self.page.set_viewport_size({"width": width, "height": 844})
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                self.problems.append(f"{name} at {width}: {wide} wide")
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                self.page.evaluate(SETTLED)
                found = Axe().run(self.page, options=RULES)
                self.problems += [
                    f"{name} {width} {scheme}: {violation['id']}: {node['html'][:160]}"
                    for violation in found.response["violations"]
                    for node in violation["nodes"]
                ]
        self.page.set_viewport_size({"width": 390, "height": 844})

    def look_at_all_states(self, name: str) -> None:
        self.page.evaluate(SHOW_ALL)
        self.look(name)


@pytest.fixture
def inspector(phone: BrowserContext) -> Inspector:
    phone.add_init_script("window.trustedTypes = undefined")
    return Inspector(new_page(phone))


def test_every_page_of_the_booth_is_accessible(vote: LiveVote, inspector: Inspector) -> None:
    page = inspector.page
    page.goto(vote.url(""))
    inspector.look("districts")
    page.goto(vote.url("?district=d1"))
    page.locator('input[value="1"]').check()
    inspector.look_at_all_states("choose")
    choose(page, vote, 1)
    inspector.look_at_all_states("review")
    identify(page, vote.ids[0])
    code_on(page)
    inspector.look("receipt")
    inspector.look_at_all_states("receipt, all states")
    page.route("**/vote/*.js", lambda route: route.abort())
    for name in ("cast", "done"):
        page.goto(vote.url(name))
        inspector.look_at_all_states(name)
    page.goto(f"{vote.origin}/booth/check")
    inspector.look_at_all_states("check")
    assert inspector.problems == []


@pytest.mark.parametrize("vote", [{"values": SANDBOX}], indirect=True)
def test_every_page_of_the_check_in_is_accessible(vote: LiveVote, inspector: Inspector) -> None:
    page = inspector.page
    choose(page, vote, 1)
    page.get_by_role("link", name="下一步").click()
    inspector.look_at_all_states("who")
    tell_who(page, "A12", born=("", "13", "8"))
    expect(page.locator(".error-summary").first).to_be_visible()
    inspector.look("who, mistakes")
    tell_who(page, "A123456789", born=("1990", "1", "1"))
    expect(page.locator("#help")).to_be_visible()
    inspector.look("who, no match")
    down = next(one for one in PEOPLE if one.shows == "down")
    born = (str(down.birth_on.year), str(down.birth_on.month), str(down.birth_on.day))
    tell_who(page, down.national_id, born=born)
    expect(page.locator("[data-code='identity.service-down']")).to_be_visible()
    inspector.look("refused")
    page.route("**/vote/*.js", lambda route: route.abort())
    page.get_by_role("link", name="再試一次").click()
    one = next(one for one in PEOPLE if one.shows == "match" and one.bonds[0].district == "d1")
    born = (str(one.birth_on.year), str(one.birth_on.month), str(one.birth_on.day))
    tell_who(page, one.national_id, born=born)
    page.wait_for_url("**/token")
    inspector.look_at_all_states("token")
    assert inspector.problems == []


@pytest.mark.parametrize("vote", [{"values": SURVEY, "without": NO_GROUNDS}], indirect=True)
def test_every_page_of_a_surveys_check_in_is_accessible(vote: LiveVote, inspector: Inspector) -> None:
    page = inspector.page
    page.goto(f"{vote.origin}/checkin/{vote.manifest.call}/")
    inspector.look("notice of a survey")
    inspector.look("contact")
    page.locator('[name="email"]').fill("a@example.org")
    page.locator('[name="district"][value="d1"]').check()
    page.get_by_role("button", name="寄驗證碼給我").click()
    expect(page.locator('[name="code"]')).to_be_visible()
    inspector.look("code")
    page.goto(f"{vote.origin}/checkin/{vote.manifest.call}/station?notice=1")
    inspector.look("station")
    assert inspector.problems == []


# --- English


def test_the_whole_vote_in_english(vote: LiveVote, device: Device) -> None:
    page = new_page(device(locale="en-GB"))

    def in_english() -> None:
        assert page.locator("html").get_attribute("lang") == "en"
        own = {vote.manifest.title, vote.manifest.agency}  # as the agency wrote them
        for line in page.locator("main").inner_text().splitlines():
            wording = line
            for text in own:
                wording = wording.replace(text, "")
            assert not any("\u4e00" <= letter <= "\u9fff" for letter in wording) or _is_agencys(line), line

    def _is_agencys(line: str) -> bool:
        typed = (
            *(each for project in vote.manifest.projects for each in (project.title, project.place)),
            *NOTICE_WORDS,
        )
        return any(text in line for text in typed)

    page.goto(vote.url("?district=d1"))
    page.locator('input[value="1"]').check()
    in_english()
    page.get_by_role("link", name="Review").or_(page.locator("[data-review]")).first.click()
    expect(page.locator('#review [data-panel="list"]')).to_be_visible()
    in_english()
    page.locator("[data-next]").click()
    expect(page.locator('[name="national_id"]')).to_be_visible()
    in_english()
    page.locator('[name="national_id"]').fill(vote.ids[0])
    for part, value in (("year", "1956"), ("month", "3"), ("day", "8")):
        page.locator(f'[name="birth_{part}"]').fill(value)
    page.locator("main form button").click()
    page.wait_for_url("**/receipt")
    expect(page.locator('#receipt [data-panel="receipt"]')).to_be_visible()
    in_english()


NOTICE_WORDS = ("民政課", "公所", "臺北市")


# --- without JavaScript


def test_without_javascript_every_page_says_why_and_where_to_go(vote: LiveVote, device: Device) -> None:
    page = new_page(device(java_script_enabled=False))

    def says_why() -> None:
        said = page.locator("noscript").all_inner_texts() or [page.locator("main").inner_text()]
        assert "JavaScript" in " ".join(said) or "JavaScript" in page.locator("main").inner_text()

    page.goto(vote.url("?district=d1"))
    says_why()
    for name in ("review", "cast", "receipt"):
        page.goto(vote.url(name))
        says_why()
    page.goto(f"{vote.origin}/checkin/{vote.manifest.call}/?district=d1")
    tell_who(page, vote.ids[0])
    assert page.url.endswith("/token")
    says_why()
    assert "民政課" in page.locator("main").inner_text()  # whom to ask instead
    page.goto(f"{vote.origin}/booth/check")
    page.get_by_label("投票查核碼").fill("0000-0000-0000-0000")
    page.get_by_role("button", name="查核").click()
    assert "JavaScript" in page.locator("main").inner_text()


# --- the receipt and the check page


def test_a_receipt_turns_to_in_the_box_by_itself_after_a_flush(
    vote: LiveVote, phone: BrowserContext, seal: Callable[[], None]
) -> None:
    page = new_page(phone)
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    code_on(page)
    expect(page.locator('[data-mine] [data-state="waiting"]')).to_be_visible()
    seal()
    phone.clock.run_for(11_000)
    expect(page.locator('[data-mine] [data-state="in"]')).to_be_visible()


@pytest.fixture
def seal(vote: LiveVote, clock: Any) -> Callable[[], None]:
    from pbvote.rooms.ballotbox import sequencing
    from tests.browser.live import CLOSED

    def close_the_box() -> None:
        clock.set(CLOSED)
        sequencing.seal(vote.rt, vote.manifest.call)

    return close_the_box


def test_the_qr_codes_address_checks_the_code_at_once(
    vote: LiveVote, phone: BrowserContext, seal: Callable[[], None]
) -> None:
    page = new_page(phone)
    page.goto(vote.url("?district=d1"))
    mark(page, 1)
    identify(page, vote.ids[0])
    code = code_on(page)
    seal()
    page.goto("about:blank")
    page.goto(f"{vote.origin}/booth/check#{vote.manifest.call}/{code}")
    expect(page.locator('[data-panel="in"]')).to_contain_text(code)
    page.get_by_label("投票查核碼").fill("ABCD-EFGH-JKMN-PQRS")
    page.get_by_role("button", name="查核").click()
    expect(page.locator('[data-panel="waiting"]')).to_be_visible()
    page.get_by_label("投票查核碼").fill("ABCD")
    page.get_by_role("button", name="查核").click()
    expect(page.locator('[data-panel="malformed"]')).to_be_visible()
