"""Main and box as separate processes behind a proxy, with a worker: a vote in a browser, and kills."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from pbvote.core.manifest import Manifest
from pbvote.platform.runtime import Runtime
from pbvote.rooms.counting.models import Vote
from pbvote.rooms.counting.progress import Step
from tests import tiny_proxy
from tests.browser.live import CLOSED, LiveVote, frozen_vote
from tests.browser.steps import choose, code_on, identify, issued, new_page, waiting
from tests.make.polls import VOTING

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Processes:
    """`pbvote serve main`, `pbvote serve box` and `pbvote worker` over one folder of state."""

    def __init__(self, state_dir: Path, *, main: int, box: int, public: int) -> None:
        self.ports = {"main": main, "box": box}
        self.clock = state_dir / "clock"
        self.environment = {
            **os.environ,
            "PBVOTE_MODE": "test",
            "PBVOTE_STATE_DIR": str(state_dir),
            "PBVOTE_SECRET_KEY": "s" * 64,
            "PBVOTE_MASTER_KEY": "m" * 64,
            "PBVOTE_CLOCK_FILE": str(self.clock),
            "PBVOTE_WORKER_SECONDS": "0.5",
            "PBVOTE_WEB__ORIGIN": f"http://127.0.0.1:{public}",
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def set_clock(self, moment: datetime) -> None:
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str((moment - datetime.now(UTC)).total_seconds()))
        fresh.replace(self.clock)

    def start(self, part: str) -> None:
        serve = ["serve", part, "--port", str(self.ports[part])] if part in self.ports else [part]
        self.running[part] = subprocess.Popen(
            [sys.executable, "-m", "pbvote", *serve], env=self.environment, start_new_session=True
        )

    def wait(self, part: str) -> None:
        """Until it answers at all."""
        address = f"http://127.0.0.1:{self.ports[part]}/nothing"
        for _ in range(300):
            try:
                urllib.request.urlopen(address, timeout=2)
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"{part} does not start")

    def kill(self, part: str) -> None:
        process = self.running.pop(part)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def processes(rt: Runtime) -> Iterator[tuple[Processes, str]]:
    main, box = free_port(), free_port()
    with ExitStack() as stack:
        public = stack.enter_context(tiny_proxy.proxy(main_port=main, box_port=box))
        made = Processes(rt.settings.state_dir, main=main, box=box, public=public)
        yield made, f"http://127.0.0.1:{public}"
        for part in list(made.running):
            made.kill(part)


def under_the_workers_eyes(rt: Runtime, manifest: Manifest) -> None:
    """What the freeze leaves for the worker to take further."""
    with rt.main() as tx:
        tx.add(
            Vote(
                call_id=manifest.call,
                manifest=manifest.bytes,
                step=Step.FROZEN,
                small=[],
                merged={},
                frozen_at=VOTING,
                turnout={},
                checks={},
            )
        )


def test_main_and_box_apart_take_a_vote_and_survive_kills(
    rt: Runtime, processes: tuple[Processes, str], phone: BrowserContext
) -> None:
    apart, origin = processes
    poll, ids = frozen_vote(rt)
    under_the_workers_eyes(rt, poll.manifest)
    vote = LiveVote(poll=poll, origin=origin, ids=ids)
    apart.set_clock(VOTING)
    for part in ("main", "box", "worker"):
        apart.start(part)
    for part in ("main", "box"):
        apart.wait(part)

    page = new_page(phone)
    choose(page, vote, 1, 3)
    apart.kill("main")
    apart.start("main")
    apart.wait("main")
    phone.route("**/ballots", lambda route: (apart.kill("box"), route.abort()))
    identify(page, ids[0])
    expect(page.locator('[data-panel="waiting"]')).to_be_visible()
    assert (issued(vote), waiting(vote)) == (1, 0)
    phone.unroute("**/ballots")
    apart.start("box")
    apart.wait("box")
    page.reload()
    code_on(page)
    assert waiting(vote) == 1

    apart.set_clock(CLOSED)
    for _ in range(300):
        if waiting(vote) == 0:
            break
        time.sleep(0.1)
    assert waiting(vote) == 0
    page.reload()
    expect(page.locator('[data-mine] [data-state="in"]')).to_be_visible()
    assert not [cookie for cookie in phone.cookies() if "/booth" in str(cookie.get("path"))]
