"""One browser for all tests of this folder; a fresh vote, server and device for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from pbvote.platform.runtime import Runtime
from tests.browser.live import Complaints, LiveVote, frozen_vote, launch, new_device, serving
from tests.browser.town import Town, founded
from tests.make.polls import VOTING


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if shutil.which("chromium") is None and not os.environ.get("PBVOTE_NOTHING_SKIPPED"):
        pytest.skip("no Chromium on this machine (the command chromium)")
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    running = launch(playwright)
    yield running
    running.close()


@pytest.fixture
def vote(rt: Runtime, clock: Any, request: pytest.FixtureRequest) -> Iterator[LiveVote]:
    """A vote that is open; parametrize it indirectly with the arguments of :func:`frozen_vote`."""
    poll, ids = frozen_vote(rt, **getattr(request, "param", {}))
    clock.set(VOTING)
    with serving(rt) as origin:
        yield LiveVote(poll=poll, origin=origin, ids=ids)


Device = Callable[..., BrowserContext]


@pytest.fixture
def device(browser: Browser) -> Iterator[Device]:
    """Makes devices; at the end no page of any of them has thrown or met the security policy."""
    made: list[tuple[BrowserContext, Complaints]] = []

    def make(**options: Any) -> BrowserContext:
        context = new_device(browser, **options)
        made.append((context, Complaints(context)))
        return context

    yield make
    for context, _ in made:
        context.close()
    assert [line for _, complaints in made for line in complaints.found] == []


@pytest.fixture
def phone(device: Device) -> BrowserContext:
    return device()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with founded(tmp_path_factory.mktemp("town") / "city") as city:
        yield city
