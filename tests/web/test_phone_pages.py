"""The page of one's mobile number: typed, confirmed, masked, turned off, deleted."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from pbvote.core.types import Actor
from pbvote.edges.web.app import create_site
from pbvote.platform import outbox
from pbvote.platform.runtime import Runtime
from tests.make.visitors import Browser


@pytest.fixture
def mine(browser: Browser, ming: Actor) -> Browser:
    browser.sign_in(ming)
    return browser


def code_in(rt: Runtime) -> str:
    outbox.send_due(rt)
    newest = max(rt.settings.sms_folder.glob("*.json"))
    found = re.search(r"\d{6}", json.loads(newest.read_text("utf-8"))["text"])
    assert found is not None
    return found[0]


def test_a_number_is_entered_confirmed_turned_off_and_deleted(rt: Runtime, mine: Browser) -> None:
    assert mine.post("/my/phone", {"phone": "0912 345 678"}).status_code == 303
    page = mine.page("/my/phone")
    assert "簡訊寄到 0912-***-678" in page
    assert "345" not in page.replace("0912-345-678", "")  # the hint's example alone
    assert mine.post("/my/phone/code", {"code": code_in(rt)}).status_code == 303
    page = mine.page("/my/phone")
    assert "您的號碼：0912-***-678" in page
    assert "不要寄簡訊" in page
    mine.post("/my/phone/texts", {"wanted": "0"})
    assert "開始寄簡訊" in mine.page("/my/phone")
    mine.post("/my/phone/forget", {})
    assert "0912-***-678" not in mine.page("/my/phone")


def test_what_is_wrong_is_said_beside_its_field_and_the_number_stays(mine: Browser) -> None:
    refused = mine.post("/my/phone", {"phone": "02-2345-6789"})
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert 'href="#f-phone"' in page
    assert 'value="02-2345-6789"' in page
    mine.post("/my/phone", {"phone": "0912345678"})
    refused = mine.post("/my/phone/code", {"code": "12"})
    assert refused.status_code == 422
    assert 'href="#f-code"' in refused.get_data(as_text=True)


def test_too_many_codes_are_answered_with_when_to_come_again(mine: Browser) -> None:
    for _ in range(3):
        mine.post("/my/phone", {"phone": "0912345678"})
    refused = mine.post("/my/phone", {"phone": "0912345678"})
    assert refused.status_code == 429
    assert 3000 < int(refused.headers["Retry-After"]) <= 3601
    assert "短時間內寄出很多次驗證碼" in refused.get_data(as_text=True)


def test_without_a_gateway_no_page_speaks_of_messages(rt: Runtime, ming: Actor) -> None:
    site: FlaskClient = create_site(replace(rt, texter=None)).test_client()
    browser = Browser(site)
    browser.sign_in(ming)
    assert "/my/phone" not in browser.page("/my/notifications")
    assert "目前不寄簡訊" in browser.page("/my/phone", status=404)


def test_the_page_is_its_owners_alone(browser: Browser, officer: Actor) -> None:
    assert browser.site.get("/my/phone").status_code == 302
    browser.sign_in(officer)
    browser.page("/my/phone", status=403)
