"""The demo city with a server of its own, and its people at the door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pyotp
from playwright.sync_api import Page

from pbvote.edges import bootstrap
from pbvote.edges.web.demo.facts import CityFacts
from pbvote.platform import outbox
from pbvote.platform.migrate import upgrade_both
from pbvote.platform.runtime import Runtime
from pbvote.tools.demo import city, folder
from tests.browser.live import serving


@dataclass(frozen=True)
class Town:
    rt: Runtime
    facts: CityFacts
    origin: str


@contextmanager
def founded(state_dir: Path) -> Iterator[Town]:
    """The demo city, served on a free port."""
    folder.claim(state_dir)
    settings = city.demo_settings(state_dir, host="127.0.0.1", port=0)
    upgrade_both(settings.url("main"), settings.url("box"))
    facts = city.found_city(settings)
    rt = bootstrap.runtime_of(settings)
    with serving(rt) as origin:
        yield Town(rt=rt, facts=facts, origin=origin)


def sign_in_staff(page: Page, town: Town, role: str) -> None:
    account = next(staff for staff in town.facts.staff if staff.role == role)
    secret = town.rt.keystore.get(f"account/{account.account_id}/totp").decode()
    page.goto(f"{town.origin}/staff/sign-in")
    page.fill("[name=login]", account.login)
    page.fill("[name=password]", account.password)
    page.click("main button[type=submit]")
    for ahead in (0, 30, -30):  # a code works once, and the second view signs in within the same minute
        page.fill("main input[type=text]", pyotp.TOTP(secret).at(int(town.rt.clock().timestamp()) + ahead))
        page.click("main button[type=submit]")
        if "/staff/" not in page.url:
            return
    raise AssertionError(f"{role} could not sign in")


def sign_in_resident(page: Page, town: Town, email: str = "wang@demo.example") -> None:
    page.goto(f"{town.origin}/account/sign-in")
    page.fill("[name=email]", email)
    page.click("main button[type=submit]")
    outbox.send_due(town.rt)
    mails = sorted((town.rt.settings.state_dir / "mail").glob("*.eml"))
    page.goto(town.origin + _link_in(mails[-1]))
    page.click("main button[type=submit]")


def _link_in(path: Path) -> str:
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = mail.get_body()
    assert body is not None
    found = re.search(r"https?://[^/\s]+(/account/link/\S+)", body.get_content())
    assert found is not None
    return found[1]
