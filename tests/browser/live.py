"""A real server on loopback with a frozen vote, and a real browser to vote in."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Playwright, WebError
from werkzeug.serving import WSGIRequestHandler, make_server

from pbvote.core.ballot.ballot import pad_length
from pbvote.core.crypto import sealing
from pbvote.core.identity.national_id import invented_id
from pbvote.core.manifest import BallotProject, BallotStyle, Manifest
from pbvote.core.rules.eligibility import possible_styles
from pbvote.core.rules.stage import Progress
from pbvote.core.types import DistrictId, ProjectNumber
from pbvote.edges.web.app import create_service
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import service as ballotbox_service
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.registrar import keys
from pbvote.rooms.registrar import service as registrar_service
from tests import registrar_poll

VOTING = datetime(2026, 5, 2, 4, 0, tzinfo=UTC)
CLOSED = datetime(2026, 5, 10, 10, 0, tzinfo=UTC)
OPENING_KEY = (5).to_bytes(32, "big")
EAST, WEST = "d1", "d2"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_ONE_GROUND = {
    "ballot_form__max_choices": "2",
    **{name: value for name, value in registrar_poll.ONE_STYLE.items() if name.startswith("grounds")},
}


@dataclass
class LiveVote:
    """Where the vote is reached, and what the server holds of it."""

    rt: Runtime
    manifest: Manifest
    origin: str
    ids: tuple[str, ...] = field(repr=False)

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


def frozen_vote(rt: Runtime, people: int = 6, **changes: str) -> tuple[Manifest, tuple[str, ...]]:
    """A published call with a roll (even numbers vote in the east), frozen on both sides."""
    call_id, officer, _ = registrar_poll.published(rt, **{**_ONE_GROUND, **changes})
    ids = tuple(invented_id(number) for number in range(people))
    lines = "".join(
        f"{each},{registrar_poll.BIRTH.isoformat()},{EAST if i % 2 == 0 else WEST}-w1\n"
        for i, each in enumerate(ids)
    )
    if changes.get("verification", "roll") == "roll":
        registrar_service.import_roll(rt, officer, call_id, f"id,birth_date,style\n{lines}".encode())
    with rt.read_main() as tx:
        call = calls.get_call(tx, call_id)
    styles = possible_styles(call.rules)
    for number, style in enumerate(styles):
        rt.keystore.put(keys.rsa(call_id, style.id), registrar_poll.rsa_key(number))
    spki, roll_vkey = registrar_service.prepare_keys(rt, call_id, call.rules, styles=[s.id for s in styles])
    by_style, projects = dict(spki), _projects()
    manifest = Manifest(
        mode=rt.settings.mode,
        call=call_id,
        agency=call.agency_name,
        title=call.title,
        origin=rt.settings.web.origin,
        styles=tuple(
            BallotStyle(
                id=s.id, district=s.district, weight=s.weight, rsa_spki=by_style[s.id], eligible=people // 2
            )
            for s in styles
        ),
        hpke_pk=sealing.public_point(OPENING_KEY),
        pad_to=pad_length((p.number for p in projects), call.rules.ballot_form),
        box_vkey=ballotbox_service.prepare_key(rt, call_id, log_name=f"vote.example/box/{call_id}"),
        roll_vkey=roll_vkey,
        auditor_pk=sealing.public_point(registrar_poll.AUDITOR),
        projects=projects,
        ruleset=replace(call.rules, batch_seconds=1, batch_least=1),
    )
    registrar_service.receive_manifest(rt, manifest)
    ballotbox_service.receive_manifest(rt, manifest.bytes)
    with rt.main() as tx:
        calls_service.set_progress(tx, call_id, Progress.FROZEN)
    return manifest, ids


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
