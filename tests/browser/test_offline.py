"""Without the network nothing that was chosen or typed is lost; no page with a person on it is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from pbvote.platform.places import BROWSER_MODULES, TEMPLATES
from pbvote.platform.runtime import Runtime
from tests.browser.conftest import Device
from tests.browser.live import LiveVote, frozen_vote, serving
from tests.browser.steps import (
    BORN,
    code_on,
    counted,
    hand_over,
    identify,
    issued,
    mark,
    new_page,
    sign_in_officer,
    tell_who,
    unfold,
)
from tests.make.polls import VOTING

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Network:
    """The way to the service, which can be cut: nothing listens at its address then."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._running = ExitStack()
        self.origin = self._running.enter_context(serving(rt))

    def cut(self) -> None:
        """Nothing answers."""
        self._running.close()

    def mend(self) -> None:
        """The service answers again, at the same address."""
        self._running.enter_context(serving(self._rt, port=int(self.origin.rsplit(":", 1)[1])))


@pytest.fixture
def network(rt: Runtime) -> Iterator[Network]:
    made = Network(rt)
    yield made
    made.cut()


@pytest.fixture
def vote(rt: Runtime, clock: Any, network: Network) -> LiveVote:
    poll, ids = frozen_vote(rt)
    clock.set(VOTING)
    return LiveVote(poll=poll, origin=network.origin, ids=ids)


READY = """async (call) => {
  if (!navigator.serviceWorker.controller) return false;
  const kept = (await (await caches.open("pbvote-booth")).keys()).map((each) => new URL(each.url).pathname);
  return [`/booth/${call}/`, `/booth/${call}/receipt`, "/booth/offline"].every((path) => kept.includes(path));
}"""
KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const { pathname, search } = new URL(request.url);
      found[pathname + search] = await (await cache.match(request)).text();
    }
  }
  return found;
}"""
ADDRESSES = """async () => (await (await caches.open("pbvote-booth")).keys()).map((each) => each.url)"""
WORKERS = "navigator.serviceWorker.getRegistrations().then((all) => all.map((each) => each.scope))"


@pytest.fixture
def phone(device: Device) -> BrowserContext:
    return device(service_workers="allow")


def ready(page: Page, vote: LiveVote) -> None:
    """The worker has what it needs."""
    for _ in range(300):
        if page.evaluate(READY, vote.manifest.call):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the worker is not ready")


def begin(page: Page, vote: LiveVote) -> None:
    """A ballot with one project, and the worker ready."""
    page.goto(vote.url("?district=d1"))
    page.locator('input[value="1"]').check()
    expect(page.locator(".meter__count")).to_have_text("已選 1／2 案")
    ready(page, vote)


def test_the_ballot_is_filled_in_and_looked_over_without_the_network(
    vote: LiveVote, phone: BrowserContext, network: Network, clock: Any
) -> None:
    page = new_page(phone)
    begin(page, vote)
    network.cut()
    page.reload()
    expect(page.locator('input[value="1"]')).to_be_checked()
    mark(page, 3)
    expect(page.locator("[data-list]")).to_contain_text("社區菜園")
    page.get_by_role("link", name="下一步").click()
    expect(page.get_by_role("heading", name="目前沒有網路")).to_be_visible()
    page.get_by_role("link", name="再試一次").click()
    expect(page.get_by_role("heading", name="目前沒有網路")).to_be_visible()
    network.mend()
    page.get_by_role("link", name="再試一次").click()
    tell_who(page, vote.ids[0])
    code_on(page)
    assert counted(vote, clock) == [(1, 3)]


def test_what_is_typed_at_the_check_in_stays_in_the_form(
    vote: LiveVote, phone: BrowserContext, network: Network
) -> None:
    page = new_page(phone)
    begin(page, vote)
    mark(page)
    page.get_by_role("link", name="下一步").click()
    page.wait_for_url("**/checkin/**")  # the page with its modules
    network.cut()
    for _ in range(2):
        tell_who(page, vote.ids[0])
        expect(page.locator("[data-offline]")).to_be_visible()
        expect(page.locator("[data-offline]")).to_be_focused()
    expect(page.locator('[name="national_id"]')).to_have_value(vote.ids[0])
    for part, value in zip(("year", "month", "day"), BORN, strict=True):
        expect(page.locator(f'[name="birth_{part}"]')).to_have_value(value)
    assert vote.ids[0] not in page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert issued(vote) == 0
    network.mend()
    page.get_by_role("button", name="查驗身分").click()
    code_on(page)


def test_a_sealed_ballot_and_a_receipt_survive_a_reload_without_the_network(
    vote: LiveVote, phone: BrowserContext, network: Network, clock: Any
) -> None:
    page = new_page(phone)
    begin(page, vote)
    page.route("**/ballots", lambda route: route.abort())
    mark(page)
    identify(page, vote.ids[0])
    expect(page.locator('[data-panel="waiting"]')).to_be_visible()
    network.cut()
    page.unroute("**/ballots")
    page.reload()
    expect(page.locator('[data-panel="retry"]')).to_be_visible()
    network.mend()
    page.get_by_role("button", name="再試一次").click()
    code = code_on(page)
    network.cut()
    page.reload()
    assert code_on(page) == code
    expect(page.locator('[data-mine] [data-state="unknown"]')).to_be_visible()
    network.mend()
    assert counted(vote, clock) == [(1,)]


def test_the_device_keeps_shells_and_modules_and_no_page_with_a_person_on_it(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = new_page(phone)
    begin(page, vote)
    page.goto(vote.url("?district=d1&words=secret"))
    page.goto(vote.url("?district=d1"))
    mark(page, 2)
    identify(page, vote.ids[0])
    code = code_on(page)
    for path in ("/", f"/calls/{vote.manifest.call}/", f"/checkin/{vote.manifest.call}/", "/booth/check"):
        page.goto(vote.origin + path)
    page.get_by_label("投票查核碼").fill(code)
    page.get_by_role("button", name="查核", exact=True).click()
    expect(page.locator('[data-panel="waiting"]')).to_be_visible()
    kept = page.evaluate(KEPT)
    booth = f"/booth/{vote.manifest.call}/"
    pages = {f"{booth}{name}" for name in ("?district=d1", "review", "cast", "receipt")}
    assert {path for path in kept if not path.startswith("/static/")} == pages | {
        "/booth/check",
        "/booth/offline",
    }
    everything = " ".join(kept.values())
    for secret in (code, code.replace("-", ""), vote.ids[0], "csrf-token", "csrf_token"):
        assert secret not in everything
    scopes = page.evaluate(WORKERS)
    assert sorted(scopes) == [f"{vote.origin}/booth/", f"{vote.origin}/checkin/"]


def test_a_code_in_the_address_of_the_check_page_is_not_kept(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    begin(page, vote)
    page.goto("about:blank")
    page.goto(f"{vote.origin}/booth/check#{vote.manifest.call}/ABCD-EFGH-JKMN-PQRS-1")
    expect(page.locator('[data-panel="waiting"]')).to_be_visible()
    assert "PQRS" not in " ".join(
        page.evaluate(
            "async () => (await (await caches.open('pbvote-booth')).keys()).map((each) => each.url)"
        )
    )


def test_a_link_on_another_site_still_hands_the_device_to_nobody(
    vote: LiveVote, phone: BrowserContext
) -> None:
    page = new_page(phone)
    begin(page, vote)
    address = vote.url("?district=d1&another=1")
    link = f'<a href="{address}">x</a>'
    page.route("http://elsewhere.example/", lambda route: route.fulfill(body=link, content_type="text/html"))
    page.goto("http://elsewhere.example/")
    page.get_by_role("link").click()
    page.get_by_role("link", name="東區").click()
    expect(page.locator('input[value="1"]')).to_be_checked()


def test_a_lent_device_keeps_nothing_of_it(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    sign_in_officer(page, vote)
    begin(page, vote)  # somebody tried the ballot on the desk's device
    hand_over(page, vote, vote.ids[0])
    mark(page, 3)
    page.get_by_role("link", name="下一步").click()
    code_on(page)
    page.get_by_role("button", name="清除並交還裝置").click()
    expect(page.get_by_role("heading", name="已清除")).to_be_visible()
    assert page.evaluate("caches.keys()") == []
    assert page.evaluate(WORKERS) == []


def test_erasing_everything_ends_the_worker_too(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    begin(page, vote)
    mark(page)
    identify(page, vote.ids[0])
    code_on(page)
    unfold(page, "公用的裝置？清除這裡的一切")
    page.get_by_role("button", name="清除這裡的一切").click()
    expect(page.get_by_role("heading", name="已清除")).to_be_visible()
    assert page.evaluate("caches.keys()") == []
    assert page.evaluate(WORKERS) == []


def test_pages_outside_booth_and_check_in_begin_no_worker(vote: LiveVote, phone: BrowserContext) -> None:
    page = new_page(phone)
    for path in ("/", f"/calls/{vote.manifest.call}/", "/about/promise", "/account/sign-in"):
        page.goto(vote.origin + path, wait_until="networkidle")
        assert page.evaluate(WORKERS) == []


def _modules_of(text: str) -> set[str]:
    return set(re.findall(r"/static/vote/([a-z]+)\.js", text))


def _imports(name: str) -> set[str]:
    text = (BROWSER_MODULES / f"{name}.js").read_text("utf-8")
    return set(re.findall(r"""(?:from|import\()\s*"\./([a-z]+)\.js""", text))


def test_the_worker_knows_every_module_of_the_pages_that_it_keeps() -> None:
    wanted: set[str] = set()
    waiting = {
        name
        for path in Path(TEMPLATES / "booth").glob("*.html")
        for name in _modules_of(path.read_text("utf-8"))
    } | {"here"}
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        waiting |= _imports(name) - wanted
    worker = (BROWSER_MODULES / "worker.js").read_text("utf-8")
    named = set(re.findall(r'"([a-z]+)"', worker[: worker.index("let ended")]))
    assert wanted <= named, wanted - named
    assert {f"{name}.js" for name in named & wanted} <= {path.name for path in BROWSER_MODULES.glob("*.js")}
