"""The ballot's page with many projects, as Chromium itself measures it: weight, requests, time, nodes.

    python bench/ballot_page.py [--slow 4]

The demo city is founded in a temporary folder, its open vote is given 200 and 2,000 projects, and a phone
of 390 pixels opens the page with an empty cache and a processor slowed down by a factor. "Usable" is when
the first box can be ticked. Nothing leaves loopback.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from pbvote.core.ballot.ballot import pad_length
from pbvote.core.manifest import BallotProject, Manifest
from pbvote.core.types import CallId, ProjectNumber
from pbvote.edges import bootstrap
from pbvote.edges.web.app import create_service
from pbvote.platform.migrate import upgrade_both
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import service as ballotbox_service
from pbvote.tools.demo import city, folder

SIZES = (200, 2_000)
RUNS = 5
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


def _with_projects(rt: Runtime, manifest: Manifest, count: int) -> CallId:
    """The same vote under another id with that many projects in its first district."""
    call = CallId("bench" + f"{count:07}".translate(str.maketrans("0123456789", "abcdefghij")))
    pattern = next(p for p in manifest.projects if p.district == manifest.ruleset.districts[0].id)
    projects = tuple(_project(pattern, number) for number in range(1, count + 1))
    fresh = replace(
        manifest,
        call=call,
        projects=projects,
        pad_to=pad_length((p.number for p in projects), manifest.ruleset.ballot_form),
        box_vkey=ballotbox_service.prepare_key(rt, call, log_name=f"bench.example/box/{call}"),
    )
    ballotbox_service.receive_manifest(rt, fresh.bytes)
    return call


def _project(pattern: BallotProject, number: int) -> BallotProject:
    return replace(
        pattern,
        number=ProjectNumber(number),
        id=str(number),
        title=f"{pattern.title}第 {number} 期",
        cost_twd=100_000 + 1_000 * number,
        picture="",
        picture_alt="",
    )


def _visit(browser: Browser, address: str, slow: int) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-TW")
    page = context.new_page()
    client = context.new_cdp_session(page)
    seen: dict[str, str] = {}
    sizes: dict[str, tuple[str, float]] = {}

    def done(event: dict[str, Any]) -> None:
        if event["requestId"] in seen:
            sizes[event["requestId"]] = (seen[event["requestId"]], event["encodedDataLength"])

    client.on("Network.responseReceived", lambda event: seen.update({event["requestId"]: event["type"]}))
    client.on("Network.loadingFinished", done)
    for domain in ("Network", "Performance"):
        client.send(f"{domain}.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    client.send("Emulation.setCPUThrottlingRate", {"rate": slow})
    page.goto(address)
    page.wait_for_selector("input[name=project]:not([disabled])")
    usable = page.evaluate("performance.now()")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    page.wait_for_load_state("networkidle")
    metrics = {each["name"]: each["value"] for each in client.send("Performance.getMetrics")["metrics"]}
    weight = {kind: sum(size for each, size in sizes.values() if each == kind) for kind, _ in sizes.values()}
    context.close()
    return {
        "requests": len(sizes),
        "html_bytes": weight.get("Document", 0),
        "script_bytes": weight.get("Script", 0),
        "style_bytes": weight.get("Stylesheet", 0),
        "nodes": metrics["Nodes"],
        "first_paint_ms": painted,
        "usable_ms": usable,
        "main_thread_ms": 1000 * metrics["TaskDuration"],
    }


def _measure(origin: str, call: CallId, district: str, slow: int) -> dict[str, float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        address = f"{origin}/booth/{call}/?district={district}"
        _visit(browser, address, slow)  # the first page load starts what later ones share
        runs = [_visit(browser, address, slow) for _ in range(RUNS)]
        browser.close()
    return {name: round(statistics.median(run[name] for run in runs)) for name in runs[0]}


def main() -> None:
    """Print the figures as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slow", type=int, default=4, help="how many times slower than this machine")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        state = Path(scratch) / "city"
        folder.claim(state)
        settings = city.demo_settings(state, host="127.0.0.1", port=0)
        upgrade_both(settings.url("main"), settings.url("box"))
        facts = city.found_city(settings)
        rt = bootstrap.runtime_of(settings)
        voting = next(call.id for call in facts.calls if call.key == "voting")
        manifest = ballotbox_service.vote_of(rt, CallId(voting)).manifest
        calls = {count: _with_projects(rt, manifest, count) for count in SIZES}
        server = make_server("127.0.0.1", 0, create_service(rt), threaded=True, request_handler=_Quiet)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for count, call in calls.items():
            origin = f"http://127.0.0.1:{server.server_port}"
            figures = _measure(origin, call, manifest.ruleset.districts[0].id, options.slow)
            print(json.dumps({"projects": count, "slow": options.slow, **figures}))
        server.shutdown()


if __name__ == "__main__":
    main()
