"""The demo page shows what visitors need, only where it is switched on, and nothing beyond its folder."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

import pyotp
import pytest
from flask.testing import FlaskClient

from pbvote.core.types import Mode
from pbvote.edges.web.app import create_site
from pbvote.edges.web.demo.facts import (
    CallFacts,
    CityFacts,
    KeyFacts,
    StaffFacts,
    VoterFacts,
    keys_folder,
    write_facts,
)
from pbvote.edges.web.demo.pages import linked
from pbvote.platform.runtime import Message, Runtime
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.counting.ceremony import ceremony_files
from tests.make.calls import call_values

ORIGIN = "http://127.0.0.1:8000"


def _facts(rt: Runtime, *, account_id: int, call_id: str) -> CityFacts:
    return CityFacts(
        name="雲海市",
        name_en="Yunhai City",
        made_at=rt.clock().isoformat(),
        good_until="2026-03-20T00:00:00+08:00",
        staff=(
            StaffFacts(
                account_id=account_id,
                login="city-officer",
                password="cloud-sea-officer",
                name="測試承辦人",
                role="officer",
                agency="雲海市政府",
                agency_en="Yunhai City Government",
            ),
        ),
        residents={"wang@demo.example": "王示範"},
        voters=(
            VoterFacts(
                national_id="A100000010",
                birth_on="1949-02-02",
                shows="match",
                kind="registered",
                district="青溪區",
                district_en="Qingxi District",
                weight=2,
            ),
            VoterFacts(
                national_id="A100009013",
                birth_on="1980-05-05",
                shows="no-match",
                kind="registered",
                district="青溪區",
                district_en="Qingxi District",
                weight=0,
            ),
        ),
        calls=(CallFacts(key="collecting", id=call_id, title="徵", title_en="C", agency="yunhai"),),
        keys=(
            KeyFacts(
                agency="yunhai",
                name="雲海市政府",
                name_en="City",
                passphrase="seven-pines-by",
                auditor_passphrase="nine-lanterns",
            ),
        ),
    )


@pytest.fixture
def city(rt: Runtime) -> Runtime:
    """A runtime with a small city whose demo page is switched on."""
    accounts_service.create_agency(rt, slug="yunhai", name="雲海市政府", level="county", county="雲海市")
    account_id, _uri = accounts_service.create_staff(
        rt,
        agency_slug="yunhai",
        login="city-officer",
        name="測試承辦人",
        roles=("officer",),
        password="cloud-sea-officer",
    )
    code = pyotp.TOTP(rt.keystore.get(f"account/{account_id}/totp").decode()).at(rt.clock())
    officer = accounts_service.confirm_totp(rt, account_id, code)
    call = calls_service.publish_call(rt, officer, calls_service.create_call(rt, officer, call_values()).id)
    folder = keys_folder(rt.settings.state_dir, "yunhai")
    folder.mkdir(parents=True)
    for name, content in ceremony_files("seven-pines-by", "nine-lanterns-").items():
        (folder / name).write_bytes(content)
    write_facts(rt.settings.state_dir, _facts(rt, account_id=account_id, call_id=call.id))
    return replace(rt, settings=rt.settings.model_copy(update={"demo_page": True}))


@pytest.fixture
def page(city: Runtime) -> FlaskClient:
    return create_site(city).test_client()


def test_the_page_names_numbers_accounts_and_calls_in_both_languages(page: FlaskClient) -> None:
    chinese = page.get("/demo").get_data(as_text=True)
    english = page.get("/demo", headers={"Accept-Language": "en"}).get_data(as_text=True)
    for wanted in ("A100000010", "A100009013", "city-officer", "cloud-sea-officer", "wang@demo.example"):
        assert wanted in chinese
        assert wanted in english
    assert "投票用證號" in chinese
    assert "Numbers to vote with" in english or "Qingxi District" in english


def test_the_shown_codes_are_those_that_the_sign_in_takes(city: Runtime, page: FlaskClient) -> None:
    totp = pyotp.TOTP(city.keystore.get("account/1/totp").decode())
    now = int(city.clock().timestamp())
    text = page.get("/demo").get_data(as_text=True)
    assert totp.at(now) in text
    assert totp.at(now + 30) in text
    assert accounts_service.confirm_totp(city, 1, totp.at(now + 30)).id == 1


def test_without_the_setting_there_is_no_such_page(city: Runtime) -> None:
    plain = replace(city, settings=city.settings.model_copy(update={"demo_page": False}))
    site = create_site(plain).test_client()
    for path in ("/demo", "/demo/mail", "/demo/keys/yunhai/opening-key.json"):
        assert site.get(path).status_code == 404


def test_in_production_it_answers_nothing_even_where_it_was_registered(city: Runtime) -> None:
    forced = replace(city, settings=city.settings.model_copy(update={"mode": Mode.PRODUCTION}))
    site = create_site(forced).test_client()
    for path in ("/demo", "/demo/mail", "/demo/keys/yunhai/opening-key.json"):
        assert site.get(path).status_code == 404


def test_without_a_city_the_page_says_what_to_do(rt: Runtime) -> None:
    bare = replace(rt, settings=rt.settings.model_copy(update={"demo_page": True}))
    answer = create_site(bare).test_client().get("/demo")
    assert answer.status_code == 404
    assert "pbvote demo" in answer.get_data(as_text=True)


def test_the_key_file_comes_as_a_download(city: Runtime, page: FlaskClient) -> None:
    answer = page.get("/demo/keys/yunhai/opening-key.json")
    path = keys_folder(city.settings.state_dir, "yunhai") / "opening-key.json"
    assert answer.data == path.read_bytes()
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "path",
    [
        "/demo/keys/yunhai/city.json",
        "/demo/keys/other/opening-key.json",
        "/demo/keys/yunhai/..%2f..%2fsecrets.toml",
        "/demo/keys/..%2fkeys/opening-key.json",
        "/demo/mail/..%2fsecrets.toml",
        "/demo/mail/secrets.toml",
        "/demo/mail/00000000-deadbeef.eml",
    ],
)
def test_nothing_else_of_the_folder_can_be_fetched(page: FlaskClient, path: str) -> None:
    assert page.get(path).status_code == 404


def test_mail_is_listed_newest_first_and_its_link_can_be_followed(city: Runtime, page: FlaskClient) -> None:
    for address in ("first@demo.example", "second@demo.example"):
        facts = {"token": f"token-{address[:5]}", "minutes": 30}
        city.messenger.send(Message(to=address, template="sign-in", language="zh", facts=facts))
    listing = page.get("/demo/mail").get_data(as_text=True)
    assert listing.index("second@demo.example") < listing.index("first@demo.example")
    newest = sorted((city.settings.state_dir / "mail").glob("*.eml"))[-1].name
    text = page.get(f"/demo/mail/{newest}").get_data(as_text=True)
    assert '<a href="/account/link/token-secon">' in text


def test_a_mail_with_markup_in_it_is_shown_as_text(city: Runtime, page: FlaskClient) -> None:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "x@demo.example", "<script>alert(1)</script>"
    mail.set_content("<img src=x onerror=alert(1)> http://evil.example/demo")
    folder = city.settings.state_dir / "mail"
    folder.mkdir(exist_ok=True)
    (folder / "00000009-0000abcd.eml").write_bytes(bytes(mail))
    for path in ("/demo/mail", "/demo/mail/00000009-0000abcd.eml"):
        text = page.get(path).get_data(as_text=True)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert 'href="http://evil' not in text


def test_only_addresses_of_this_service_become_links() -> None:
    text = f"a {ORIGIN}/account/link/abc。 b {ORIGIN}.evil.example/x c {ORIGIN}//evil.example d https://x.example/"
    html = str(linked(text, origin=ORIGIN))
    assert html.count("<a ") == 1
    assert '<a href="/account/link/abc">' in html


def test_an_address_cannot_break_out_of_its_link() -> None:
    html = str(linked(f"{ORIGIN}/x'onmouseover='alert(1)\" <b>", origin=ORIGIN))
    assert "<b>" not in html
    assert "'onmouseover='" not in html


def test_a_city_whose_dates_have_run_out_says_so(city: Runtime, page: FlaskClient, clock: object) -> None:
    assert "--fresh" not in page.get("/demo").get_data(as_text=True)
    clock.forward(days=40)  # type: ignore[attr-defined]
    assert "--fresh" in page.get("/demo").get_data(as_text=True)
