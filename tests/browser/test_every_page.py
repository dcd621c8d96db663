"""Every page of the demo city, for every kind of visitor: WCAG 2.1 AA, Taiwan's rules, no sideways scrolling.

The pages are found by following links from each visitor's start, so that a new page is tested as soon
as something leads to it. Phone and desktop, Chinese and English, light and dark.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import rules_of_pages
from tests.browser.live import Complaints
from tests.browser.rules_of_pages import WCAG
from tests.browser.town import Town, sign_in_resident, sign_in_staff

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOT_PAGES = (".zip", ".json", ".csv", ".svg", ".pb", ".eml", ".webp", ".txt", ".ics", ".atom", ".pdf")
OF_A_KIND, IN_EACH_STAGE = 1, 6
"""Pages that differ only in an id: how many are visited."""
BY_STAGE = {"/calls/*/?", "/agency/calls/*?", "/agency/calls/*/?"}
"""A call's page is another in each stage."""

VIEWS = {
    "phone-zh-light": {
        "locale": "zh-TW",
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "light",
    },
    "desktop-en-dark": {
        "locale": "en-US",
        "viewport": {"width": 1280, "height": 900},
        "color_scheme": "dark",
    },
    "phone-en-dark": {"locale": "en-US", "viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    "desktop-zh-light": {
        "locale": "zh-TW",
        "viewport": {"width": 1280, "height": 900},
        "color_scheme": "light",
    },
}


STARTS = {
    "public": ["/", "/demo", "/booth/check", "/style"],
    "resident": ["/my/"],
    "officer": ["/agency/"],
    "auditor": ["/agency/"],
    "administrator": ["/agency/"],
}
ROOMS = {
    "public": ("/",),
    "resident": ("/my/",),
    "officer": ("/agency/",),
    "auditor": ("/agency/", "/audit/"),
    "administrator": ("/agency/accounts",),
}
"""Where each visitor looks around; public pages are the same for all."""


def _kind(path: str) -> str:
    """The path with its ids blanked; a query only tells a page apart by its names."""
    parts = urlsplit(path)
    blank = re.sub(r"/[0-9a-f]{16,}|/[a-z2-7]{12}(?=/|$)|/\d[\w.-]*(?=/|$)", "/*", parts.path)
    return blank + "?" + ",".join(sorted(re.findall(r"(\w+)=", parts.query)))


def _pages(page: Page, origin: str, role: str) -> Iterator[str]:
    """Every page of the visitor's rooms that links lead to, some of each kind."""
    start = STARTS[role]
    seen: set[str] = set(start)
    kinds: Counter[str] = Counter()
    todo = deque(start)
    while todo:
        path = todo.popleft()
        kind = _kind(path)
        kinds[kind] += 1
        if kinds[kind] > (IN_EACH_STAGE if kind in BY_STAGE else OF_A_KIND):
            continue
        answer = page.goto(origin + path)
        assert answer is not None
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        if answer.status == 403:
            continue  # a page for residents, met by staff: the refusal has its own test
        assert answer.status < 400, path
        yield path
        for href in page.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))"):
            target = urlsplit(href)
            if target.scheme or target.netloc or not target.path.startswith("/"):
                continue
            if target.path.endswith(NOT_PAGES) or target.path.startswith("/language/"):
                continue
            local = target.path + (f"?{target.query}" if target.query else "")
            if local not in seen and local.startswith(ROOMS[role]):
                seen.add(local)
                todo.append(local)


@pytest.fixture(params=list(VIEWS))
def visitor(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(timezone_id="Asia/Taipei", **VIEWS[request.param])
    yield context
    context.close()


@pytest.mark.parametrize("role", list(STARTS))
def test_every_page_is_accessible_and_fits(
    town: Town, visitor: BrowserContext, role: str, request: pytest.FixtureRequest
) -> None:
    of_the_text = request.node.callspec.params["visitor"] == "phone-zh-light"  # whatever its size and colours
    page = visitor.new_page()
    complaints = Complaints(visitor)
    if role == "resident":
        sign_in_resident(page, town)
    elif role != "public":
        sign_in_staff(page, town, role)
    faults: list[str] = []
    visited = 0
    for path in _pages(page, town.origin, role):
        visited += 1
        page.wait_for_timeout(150)  # a booth page without a saved ballot leads back to the choice
        page.wait_for_load_state("load")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            faults.append(f"{path}: {wide}px too wide")
        for violation in Axe().run(page, options=WCAG).response["violations"]:
            nodes = [node["html"][:120] for node in violation["nodes"][:2]]
            faults.append(f"{path}: {violation['id']} {nodes}")
        if of_the_text:
            faults += [
                f"{path}: {each}" for each in rules_of_pages.faults(page.content(), town.origin + path)
            ]
    assert visited >= (1 if role == "administrator" else 3)
    assert faults == []
    assert complaints.found == []
