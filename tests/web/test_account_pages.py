"""A resident's account on its pages: language, a new address, and the end."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from pbvote.core.types import Actor, CallId
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries as accounts
from tests.make.people import mailed_token
from tests.make.proposals import put_submitted
from tests.make.visitors import Browser


@pytest.fixture
def mine(browser: Browser, ming: Actor) -> Browser:
    browser.sign_in(ming)
    return browser


def test_the_account_leads_to_everything_that_can_be_changed(mine: Browser) -> None:
    assert "/my/account" in mine.page("/my/")
    page = mine.page("/my/account")
    assert "王小明@example.org" in page
    for path in ("/my/account/email", "/my/phone", "/my/notifications", "/my/account/close"):
        assert f'href="{path}"' in page
        mine.page(path)


def test_the_language_of_mail_is_kept_or_refused_by_name(rt: Runtime, mine: Browser, ming: Actor) -> None:
    assert mine.post("/my/account", {"language": "en"}).status_code == 303
    with rt.read_main() as tx:
        assert accounts.resident_view(tx, ming.id).language == "en"
    refused = mine.post("/my/account", {"language": "fr"})
    assert refused.status_code == 422
    assert 'href="#f-language"' in refused.get_data(as_text=True)


def test_a_new_address_is_confirmed_on_any_device(rt: Runtime, mine: Browser, ming: Actor) -> None:
    refused = mine.post("/my/account/email", {"email": "nonsense"})
    assert refused.status_code == 422
    assert 'value="nonsense"' in refused.get_data(as_text=True)
    assert mine.post("/my/account/email", {"email": "new@example.org"}).location == "/my/account"
    link = f"/account/email/{mailed_token(rt)}"
    elsewhere = Browser(mine.site)
    with elsewhere.site.session_transaction() as session:
        session.clear()
    assert "改用這個信箱" in elsewhere.page(link)
    assert elsewhere.post(link, {}).location == "/account/sign-in"
    with rt.read_main() as tx:
        assert accounts.resident_view(tx, ming.id).email == "new@example.org"
    mine.page(link, status=404)


def test_closing_says_what_goes_and_stays_and_ends_the_session(rt: Runtime, mine: Browser) -> None:
    page = mine.page("/my/account/close")
    assert "會消失的" in page
    assert "會留下的" in page
    assert mine.post("/my/account/close", {}).location == "/"
    assert "帳號已刪除" in mine.page("/")
    assert mine.site.get("/my/").status_code == 302
    with rt.read_main() as tx:
        (last,) = tx.scalars(select(OutboxMessage))
    assert last.template == "account-closed"


def test_an_account_with_an_open_proposal_is_kept_and_the_page_says_what_to_do(
    rt: Runtime, mine: Browser, ming: Actor, call_id: CallId
) -> None:
    put_submitted(rt, ming, call_id)
    refused = mine.post("/my/account/close", {})
    assert refused.status_code == 409
    assert "請先撤回" in refused.get_data(as_text=True)
    mine.page("/my/account")
