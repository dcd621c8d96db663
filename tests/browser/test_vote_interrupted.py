"""Whatever breaks between two steps, the vote goes on where it was, and nothing is cast twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright, Route, expect

from pbvote.platform.runtime import Runtime
from tests.browser.live import LiveVote, frozen_vote, open_browser, serving
from tests.browser.steps import (
    choose,
    code_on,
    counted,
    identify,
    issued,
    new_page,
    tell_who,
    waiting,
)
from tests.make.polls import VOTING

pytestmark = [pytest.mark.browser, pytest.mark.slow]


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
        route.fetch()
        reached.append(route.request.url)

    page.route(step, stop)
    choose(page, vote, 1, 2)
    identify(page, vote.ids[0])
    for _ in range(150):
        if reached:
            break
        page.wait_for_timeout(100)
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


def test_storage_that_is_blocked_after_choosing_is_noticed_before_anything_is_issued(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = new_page(phone)
    choose(page, vote, 1)
    page.add_init_script("Object.defineProperty(window, 'indexedDB', {value: undefined})")
    identify(page, vote.ids[0])
    expect(page.locator('[data-panel="blocked"]')).to_be_visible()
    assert issued(vote) == 0


def test_blocked_storage_is_noticed_before_anything_is_issued(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    page.add_init_script("Object.defineProperty(window, 'indexedDB', {value: undefined})")
    page.goto(vote.url("?district=d1"))
    expect(page.locator('[data-panel="blocked"]')).to_be_visible()
    expect(page.locator('[data-panel="choose"]')).to_be_hidden()
    assert issued(vote) == 0


def test_a_signature_of_something_else_is_never_cast_and_the_right_one_can_be_had(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)

    def forge(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "signature": answer["signature"][:-8] + "AAAAAAA="})

    page.route("**/issue", forge)
    choose(page, vote, 1)
    identify(page, vote.ids[0])
    expect(page.locator('[data-panel="token"]')).to_be_visible()
    assert waiting(vote) == 0
    page.unroute("**/issue")
    page.get_by_role("link", name="重新領取").click()
    tell_who(page, vote.ids[0])
    code_on(page)
    assert (issued(vote), counted(vote, clock)) == (1, [(1,)])


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


# --- between any two steps


class Way:
    """A resident on the way from the ballot to the receipt who is interrupted after every step."""

    def __init__(self, phone: BrowserContext, vote: LiveVote, interrupt: Callable[[Page], Page]) -> None:
        self.phone, self.vote, self.interrupt = phone, vote, interrupt
        self.steps: list[tuple[str, int]] = []
        self.marked = 0
        self.lost: dict[str, int] = {}
        for pattern in ("**/issue", "**/ballots"):
            phone.route(pattern, self._twice_in_vain)

    def _twice_in_vain(self, route: Route) -> None:
        """The first request never arrives, the answer to the second is lost."""
        place = route.request.url.rsplit("/", 1)[1]
        self.lost[place] = self.lost.get(place, 0) + 1
        if self.lost[place] > 2:
            route.continue_()
            return
        if self.lost[place] == 2:
            route.fetch()
        route.abort()

    def go(self) -> str:
        page = new_page(self.phone)
        page.goto(self.vote.url("?district=d1"))
        for _ in range(30):
            step = self._stands_at(page)
            if step == "receipt":
                return code_on(page)
            if (step, self.marked) not in self.steps:  # else it came back here from its interruption
                self.steps.append((step, self.marked))
                page = self.interrupt(page)
                step = self._stands_at(page)
            if step == "whose":
                page.locator('[data-panel="whose"] [data-mine]').click()
                expect(page.locator('[data-panel="whose"]')).to_be_hidden()
                continue
            self._act(page, step)
        raise AssertionError(f"never arrives: {self.steps}")

    def _stands_at(self, page: Page) -> str:
        """What the page on the screen is for, once it has loaded and its module has run."""
        for _ in range(200):
            with suppress(Error):  # it may be on its way to another page
                if page.evaluate(READY):
                    return str(page.evaluate(STEP))
            page.wait_for_timeout(50)
        raise AssertionError(f"{page.url} shows nothing: {page.locator('main').inner_text()}")

    def _act(self, page: Page, step: str) -> None:
        match step:
            case "unfinished":
                page.get_by_role("link", name="繼續投出").click()
                page.wait_for_url("**/cast")
            case "choose":
                self._fill_in(page)
            case "review":
                expect(page.locator("[data-list]")).to_contain_text("社區菜園")
                page.get_by_role("link", name="下一步").click()
                page.wait_for_url("**/checkin/**")
            case "who":
                tell_who(page, self.vote.ids[0])
                expect(page.locator('[name="national_id"]')).to_have_count(0)  # it asks for the network first
            case "lost":
                page.reload()

    def _fill_in(self, page: Page) -> None:
        """One project at a time: what was marked before the interruption is still marked."""
        kept = page.locator("input:checked").count()
        assert kept == self.marked
        if kept < 2:
            page.locator(f'input[value="{(1, 3)[kept]}"]').check()
            expect(page.locator(".meter__count")).to_have_text(f"已選 {kept + 1}／2 案")
            self.marked += 1
            return
        page.get_by_role("link", name="確認圈選").click()
        page.wait_for_url("**/review")


STEP = """() => {
  const shown = (name) => [...document.querySelectorAll(`[data-panel="${name}"]`)].some((p) => !p.hidden);
  if (document.querySelector('[name="national_id"]')) return "who";
  if (document.querySelector("#review")) return "review";
  for (const name of ["whose", "unfinished", "choose", "receipt"]) if (shown(name)) return name;
  return shown("retry") || shown("waiting") ? "lost" : "";
}"""
# the page has loaded, its module has run and shows what it is for
READY = f"""() => document.readyState === "complete" && ({STEP})() !== ""
  && !(document.querySelector("#booth") && document.querySelector(".meter__count").textContent === ""
    && ({STEP})() === "choose")
  && !document.querySelector('#review [data-panel="list"]')?.hidden"""


def reload(page: Page) -> Page:
    page.reload()
    return page


def close(page: Page) -> Page:
    """Back to the same address in another tab of the same browser."""
    url, phone = page.url, page.context
    page.close()
    page = phone.new_page()
    page.goto(url)
    return page


@pytest.mark.parametrize("interrupt", [reload, close])
def test_an_interruption_between_any_two_steps_loses_nothing(
    vote: LiveVote, phone: BrowserContext, clock: Any, interrupt: Callable[[Page], Page]
) -> None:
    way = Way(phone, vote, interrupt)
    way.go()
    assert {"choose", "review", "who", "lost"} <= {step for step, _ in way.steps}
    assert (issued(vote), counted(vote, clock)) == (1, [(1, 3)])


@pytest.fixture
def restarting(rt: Runtime, clock: Any) -> Iterator[tuple[LiveVote, Callable[[Page], Page]]]:
    """A vote whose server can be ended and started again at the same address."""
    poll, ids = frozen_vote(rt)
    clock.set(VOTING)
    with ExitStack() as running:
        origin = running.enter_context(serving(rt))

        def restart(page: Page) -> Page:
            running.close()
            running.enter_context(serving(rt, port=int(origin.rsplit(":", 1)[1])))
            return page

        yield LiveVote(poll=poll, origin=origin, ids=ids), restart


def test_a_server_that_restarts_between_any_two_steps_loses_nothing(
    restarting: tuple[LiveVote, Callable[[Page], Page]], phone: BrowserContext, clock: Any
) -> None:
    vote, restart = restarting

    way = Way(phone, vote, restart)
    way.go()
    assert {"choose", "review", "who", "lost"} <= {step for step, _ in way.steps}
    assert (issued(vote), counted(vote, clock)) == (1, [(1, 3)])
