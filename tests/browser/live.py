"""A real server on loopback with a frozen vote, and a real browser to vote in."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Playwright, WebError
from werkzeug.serving import WSGIRequestHandler, make_server

from pbvote.core.identity.national_id import invented_id
from pbvote.core.manifest import BallotProject, Manifest
from pbvote.core.rules.ways import Verification
from pbvote.core.types import DistrictId, ProjectNumber
from pbvote.edges.web.app import create_service
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.registrar import service as registrar_service
from tests.make.calls import ONE_GROUND, published
from tests.make.polls import VOTING, Poll, freeze_at_once, roll_csv

CLOSED = datetime(2026, 5, 10, 10, 0, tzinfo=UTC)
EAST, WEST = "d1", "d2"
PEOPLE = 6
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class LiveVote:
    """Where the vote is reached, and what the server holds of it."""

    poll: Poll
    origin: str
    ids: tuple[str, ...] = field(repr=False)

    @property
    def rt(self) -> Runtime:
        return self.poll.rt

    @property
    def manifest(self) -> Manifest:
        return self.poll.manifest

    def url(self, path: str) -> str:
        return f"{self.origin}/booth/{self.manifest.call}/{path}"


def _projects() -> tuple[BallotProject, ...]:
    east = [(1, "河濱步道加燈", 900_000), (2, "共融式遊戲場", 2_500_000), (3, "社區菜園", 300_000)]
    west = [(4, "校門口庇護島", 700_000), (5, "圖書館夜讀區", 1_200_000)]
    return tuple(
        BallotProject(
            number=ProjectNumber(number),
            id=f"p{number}",
            district=DistrictId(district),
            title=title,
            summary=f"{title}的說明。",
            place="里民活動中心旁",
            cost_twd=cost,
        )
        for district, rows in ((EAST, east), (WEST, west))
        for number, title, cost in rows
    )


def frozen_vote(
    rt: Runtime,
    *,
    values: Mapping[str, str] | None = None,
    without: Iterable[str] = ONE_GROUND,
) -> tuple[Poll, tuple[str, ...]]:
    """A frozen call with six people on its roll (even numbers vote in the east), each ballot a batch."""
    at_once = {"ballot_form.max_choices": "2", "batch_seconds": "1", "batch_least": "1"}
    call_id, officer = published(rt, values=at_once | dict(values or {}), without=without)
    with rt.read_main() as tx:
        rules = calls.get_call(tx, call_id).rules
    if rules.verification is Verification.ROLL:
        roll = roll_csv(*range(PEOPLE), styles=(f"{EAST}-w1", f"{WEST}-w1"))
        registrar_service.import_roll(rt, officer, call_id, roll)
    manifest = freeze_at_once(rt, call_id, projects=_projects(), eligible=PEOPLE // 2)
    poll = Poll(rt=rt, call_id=call_id, officer=officer, auditor=officer, frozen=manifest)
    return poll, tuple(invented_id(number) for number in range(PEOPLE))


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def serving(rt: Runtime, port: int = 0) -> Iterator[str]:
    """All applications on a free loopback port, or on this one."""
    server = make_server("127.0.0.1", port, create_service(rt), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_PHONE: dict[str, Any] = {
    "locale": "zh-TW",
    "timezone_id": "Asia/Taipei",
    "viewport": {"width": 390, "height": 844},
    "accept_downloads": True,
    "service_workers": "block",  # what a worker fetches, no test can stop; test_offline.py allows it
}


def launch(playwright: Playwright) -> Browser:
    """Chromium, for many devices one after the other."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)


def new_device(browser: Browser, **options: Any) -> BrowserContext:
    """A phone that nobody has used; the page's clock starts at the vote's time."""
    return _at_the_votes_time(browser.new_context(**{**_PHONE, **options}))


def open_browser(playwright: Playwright, profile: Path) -> BrowserContext:
    """A phone whose browser can be killed: its profile is on the disk."""
    return _at_the_votes_time(
        playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), args=FLAGS, **_PHONE
        )
    )


def _at_the_votes_time(context: BrowserContext) -> BrowserContext:
    context.clock.install(time=VOTING)
    context.set_default_timeout(15_000)
    return context


class Complaints:
    """What no page of any device may do: throw, or be stopped by the content security policy.

    Requests that a test makes fail are no complaint: the console reports them by their status.
    """

    def __init__(self, device: BrowserContext) -> None:
        self.found: list[str] = []
        device.on("weberror", self._threw)
        device.on("console", self._said)

    def _threw(self, thrown: WebError) -> None:
        self.found.append(str(thrown.error))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.found.append(message.text)
