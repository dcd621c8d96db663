"""The check-in as a voter meets it: the notice first, one thing per page, every refusal with a way on."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import Client

from pbvote.core.crypto import blind_rsa
from pbvote.core.identity.national_id import invented_id
from pbvote.core.types import StyleId, b64, unb64
from pbvote.edges.identity.sandbox import AREA, PEOPLE
from pbvote.edges.web.app import create_service
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import service as registrar_service
from pbvote.rooms.registrar.models import Issuance, QueuedIssueMail
from tests.make.calls import SANDBOX
from tests.make.polls import BIRTH, VOTING, Poll, blinded, voting_poll
from tests.make.services import MovableClock, make_runtime

STYLE = StyleId("d1-w1")
BORN = {"birth_year": "45", "birth_month": "3", "birth_day": "8"}


def create_service_client(rt: Runtime, *, address: str = "192.0.2.8") -> Client:
    """A browser of its own at a network address."""
    app = create_service(rt)

    def at_address(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return app({**environ, "REMOTE_ADDR": address}, start_response)

    return Client(at_address)


class Voter:
    """A browser at the check-in."""

    def __init__(self, client: Any, poll: Poll) -> None:
        self.client, self.poll, self.base = client, poll, f"/checkin/{poll.call_id}"

    def form_page(self) -> str:
        return str(self.client.get(f"{self.base}/").get_data(as_text=True))

    def identify(self, number: int = 1, *, page: str = "", **more: str) -> Any:
        """Fill in the form: a new one, or the ``page`` that is still on the screen."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', page or self.form_page())
        assert token
        form = {"csrf_token": token[1], "notice": "1", "national_id": invented_id(number), **BORN, **more}
        return self.client.post(f"{self.base}/", data=form)

    def token_page(self) -> Any:
        return self.client.get(f"{self.base}/token")

    def issue(self, asked: Any, *, csrf: str | None = None) -> Any:
        found = re.search(
            r'<meta name="csrf-token" content="([^"]+)"', self.token_page().get_data(as_text=True)
        )
        headers = {"X-CSRFToken": csrf if csrf is not None else (found[1] if found else "")}
        return self.client.post(f"{self.base}/issue", json=asked, headers=headers)


@pytest.fixture
def voter(checkin: FlaskClient, poll: Poll) -> Voter:
    return Voter(checkin, poll)


# --- the notice


def test_the_notice_stands_before_any_field(checkin: FlaskClient, poll: Poll) -> None:
    page = checkin.get(f"/checkin/{poll.call_id}/").get_data(as_text=True)
    assert "誰在收集" in page
    assert "您的權利" in page
    assert "不提供的話" in page
    first = page.index('name="national_id"')
    assert page.index("由士林區公所蒐集") < page.index("您的權利") < first
    assert page.index("就表示您看過下面的告知事項") < first


def test_nothing_is_taken_without_the_present_notice(voter: Voter) -> None:
    assert 'name="notice" value="1"' in voter.form_page()
    answer = voter.identify(notice="0")
    assert answer.status_code == 422
    assert 'data-code="identity.notice-not-read"' in answer.get_data(as_text=True)


def test_the_chosen_district_travels_through_the_notice(checkin: FlaskClient, poll: Poll) -> None:
    page = checkin.get(f"/checkin/{poll.call_id}/?district=d1").get_data(as_text=True)
    assert 'name="district" value="d1"' in page


# --- who are you


def test_a_voter_is_let_through_to_the_token_page_of_their_style(voter: Voter) -> None:
    answer = voter.identify()
    assert (answer.status_code, answer.location) == (303, f"{voter.base}/token")
    page = voter.token_page().get_data(as_text=True)
    for part in (
        'id="token-step"',
        f'data-call="{voter.poll.call_id}"',
        'data-style="d1-w1"',
        'data-district="d1"',
        'data-weight="1"',
        f'data-issue-url="{voter.base}/issue"',
        "<noscript>",
        'src="/static/vote/issue.js"',
    ):
        assert part in page
    for panel in ("working", "district", "blocked", "retry", "used", "refused"):
        assert f'data-panel="{panel}"' in page


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 10_000, "{", "null", "[]", '{"blinded": 1}'])
def test_json_of_any_shape_is_refused_and_no_fault_of_ours(voter: Voter, body: str) -> None:
    voter.identify()
    found = re.search(r'<meta name="csrf-token" content="([^"]+)"', voter.token_page().get_data(as_text=True))
    assert found
    answer = voter.client.post(
        f"{voter.base}/issue",
        data=body,
        content_type="application/json",
        headers={"X-CSRFToken": found[1]},
    )
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ({"national_id": "A12"}, "f-national_id"),
        ({"birth_month": "13"}, "f-birth_on"),
        ({"birth_day": ""}, "f-birth_on"),
        ({"notify": "no address"}, "f-notify"),
    ],
)
def test_a_typing_mistake_is_named_beside_its_field_and_keeps_the_rest(
    voter: Voter, typed: dict[str, str], shown: str
) -> None:
    answer = voter.identify(1, **typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{shown}"' in page
    assert f'id="{shown}"' in page
    if "national_id" not in typed:
        assert f'value="{invented_id(1)}"' in page


def test_every_mistake_of_a_form_is_named_at_once(voter: Voter) -> None:
    answer = voter.identify(1, national_id="", birth_year="", birth_month="", birth_day="", notify="nobody")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert [name for name in ("national_id", "birth_on", "notify") if f'href="#f-{name}"' not in page] == []


def test_western_and_roc_years_and_full_width_digits_are_the_same_day(voter: Voter) -> None:
    for year in ("1956", "45", "４５"):
        assert voter.identify(birth_year=year).status_code == 303


def test_no_match_keeps_what_was_typed_says_how_often_and_whom_to_ask(voter: Voter) -> None:
    answer = voter.identify(birth_day="9")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "還可以再試 2 次" in page
    assert "02-0000-0000" in page
    assert f'value="{invented_id(1)}"' in page
    assert voter.token_page().location == f"{voter.base}/"


def test_unknown_number_and_wrong_date_give_the_same_page(
    rt: Runtime, poll: Poll, checkin: FlaskClient
) -> None:
    voter = Voter(checkin, poll)
    pages = []
    for number, day in ((1, "9"), (77, "8")):
        page = voter.identify(number, birth_day=day).get_data(as_text=True)
        page = re.sub(r'name="csrf_token" value="[^"]+"', "", page)
        pages.append(page.replace(invented_id(number), "ID").replace(f'value="{day}"', "DAY"))
    assert pages[0] == pages[1]


def test_the_fourth_miss_says_how_long_to_wait_and_whom_to_ask(voter: Voter) -> None:
    for _ in range(3):
        voter.identify(birth_day="9")
    answer = voter.identify()
    page = answer.get_data(as_text=True)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) <= 1200
    assert 'data-code="identity.paused"' in page
    assert "02-0000-0000" in page
    assert "再試一次" in page


def test_another_device_is_not_paused_by_a_strangers_misses(rt: Runtime, poll: Poll) -> None:
    from pbvote.edges.web.app import create_checkin

    app = create_checkin(rt)
    stranger, owner = Voter(app.test_client(), poll), Voter(app.test_client(), poll)
    for _ in range(4):
        stranger.identify(birth_day="9")
    assert owner.identify().status_code == 303


@pytest.mark.parametrize(
    ("shows", "status"),
    [("locked", 403), ("down", 503), ("timeout", 503), ("too-young", 403), ("no-ground", 403)],
)
def test_every_refusal_of_the_identity_service_says_what_to_do_next(
    rt: Runtime, clock: MovableClock, checkin: FlaskClient, shows: str, status: int
) -> None:
    poll = voting_poll(rt, values=SANDBOX)
    clock.set(VOTING)
    person = next(one for one in PEOPLE if one.shows == shows)
    born = person.birth_on
    answer = Voter(checkin, poll).identify(
        national_id=person.national_id,
        birth_year=str(born.year),
        birth_month=str(born.month),
        birth_day=str(born.day),
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert "02-0000-0000" in page
    # to try again is offered where it can help, and nowhere else
    assert (f'href="/checkin/{poll.call_id}/"' in page) == (status == 503)
    assert person.national_id not in page


def test_outside_the_voting_days_the_page_says_so_before_asking(voter: Voter, clock: MovableClock) -> None:
    for moment in (voter.poll.manifest.opens_at - timedelta(minutes=1), voter.poll.manifest.issue_until):
        clock.set(moment)
        answer = voter.client.get(f"{voter.base}/")
        assert answer.status_code == 409
        assert 'data-code="stage.closed"' in answer.get_data(as_text=True)


def test_an_unknown_call_is_not_found(checkin: FlaskClient, poll: Poll) -> None:
    assert checkin.get("/checkin/nowhere/").status_code == 404


# --- the ballot token


def test_the_device_gets_a_signature_that_becomes_a_token(voter: Voter) -> None:
    voter.identify()
    request = blinded(voter.poll.manifest, STYLE)
    answer = voter.issue({"style": "d1-w1", "blinded": b64(request.blinded)})
    assert answer.status_code == 200
    assert set(answer.json) == {"signature", "salt", "voter_record"}
    key = blind_rsa.load_public_key(voter.poll.manifest.style(STYLE).rsa_spki)
    blind_rsa.finalize(key, request.message, unb64(answer.json["signature"]), request.blinding.inverse)
    again = voter.issue({"style": "d1-w1", "blinded": b64(request.blinded)})
    assert again.json == answer.json


def test_two_browsers_with_one_identity_get_one_token(rt: Runtime, poll: Poll) -> None:
    from pbvote.edges.web.app import create_checkin

    app = create_checkin(rt)
    answers = []
    for _ in range(2):
        voter = Voter(app.test_client(), poll)
        voter.identify()
        asked = b64(blinded(poll.manifest, STYLE).blinded)
        answers.append(voter.issue({"style": "d1-w1", "blinded": asked}))
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].json["code"] == "registrar.already-issued"
    assert "服務窗口" in answers[1].json["text"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"style": "d2-w1", "blinded": "AAAA"}, 403),
        ({"style": "d1-w1", "blinded": "AAAA"}, 422),
        ({"style": "d1-w1", "blinded": "*"}, 422),
        ({"style": "d1-w1", "blinded": 7}, 422),
        ({"style": "d1-w1"}, 422),
        (["d1-w1"], 422),
    ],
)
def test_what_is_no_request_for_a_token_is_refused_and_claims_nothing(
    rt: Runtime, voter: Voter, asked: Any, status: int
) -> None:
    voter.identify()
    assert voter.issue(asked).status_code == status
    with rt.read_main() as tx:
        assert tx.scalars(select(Issuance.style)).all() == []


def test_a_request_without_the_csrf_token_or_the_ticket_claims_nothing(rt: Runtime, voter: Voter) -> None:
    asked = {"style": "d1-w1", "blinded": b64(blinded(voter.poll.manifest, STYLE).blinded)}
    voter.identify()
    assert voter.issue(asked, csrf="forged").json["code"] == "http.csrf"
    other = Voter(voter.client.application.test_client(), voter.poll)
    other.form_page()
    assert other.issue(asked, csrf="").status_code == 400
    with rt.read_main() as tx:
        assert tx.scalars(select(Issuance.style)).all() == []


def test_a_ticket_that_is_too_old_leads_back_to_the_beginning(voter: Voter, clock: MovableClock) -> None:
    voter.identify()
    clock.forward(minutes=16)
    answer = voter.token_page()
    assert answer.status_code == 403
    assert 'data-code="registrar.ticket-expired"' in answer.get_data(as_text=True)


def test_whoever_starts_is_not_the_person_before(voter: Voter) -> None:
    voter.identify()
    voter.client.get(f"{voter.base}/")
    assert voter.token_page().location == f"{voter.base}/"


def test_leaving_wipes_the_cookie(voter: Voter) -> None:
    voter.identify()
    page = voter.token_page().get_data(as_text=True)
    found = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
    assert found
    answer = voter.client.post(f"{voter.base}/leave", json={}, headers={"X-CSRFToken": found[1]})
    assert answer.status_code == 204
    assert voter.client.get_cookie("pbvote_checkin", path="/checkin") is None
    assert voter.token_page().location == f"{voter.base}/"


def test_the_cookie_goes_to_the_check_in_alone_and_shows_no_number(voter: Voter) -> None:
    answer = voter.identify()
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("pbvote_checkin=")
    assert "Path=/checkin" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    value = cookie.split("=", 1)[1].split(";")[0]
    assert invented_id(1) not in value
    import base64
    import zlib

    body = value.lstrip(".").split(".")[0]
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    content = zlib.decompress(raw) if value.startswith(".") else raw
    assert invented_id(1).encode() not in content
    assert set(json.loads(content)) <= {"_permanent", "csrf_token", "device", "ticket"}


def test_no_page_of_the_check_in_may_be_kept_by_a_cache(voter: Voter) -> None:
    assert voter.client.get(f"{voter.base}/").headers["Cache-Control"] == "no-store"
    assert voter.identify().headers["Cache-Control"] == "no-store"


def test_a_notice_is_queued_only_for_who_typed_an_address(rt: Runtime, voter: Voter) -> None:
    voter.identify(notify="Me@Example.org")
    voter.issue({"style": "d1-w1", "blinded": b64(blinded(voter.poll.manifest, STYLE).blinded)})
    voter.identify(2)
    voter.issue({"style": "d1-w1", "blinded": b64(blinded(voter.poll.manifest, STYLE).blinded)})
    with rt.read_main() as tx:
        assert len(tx.scalars(select(QueuedIssueMail.id)).all()) == 1


# --- English


def test_every_page_of_the_check_in_exists_in_english(voter: Voter) -> None:
    headers = {"Accept-Language": "en"}
    for path in ("/",):
        page = voter.client.get(voter.base + path, headers=headers).get_data(as_text=True)
        assert 'lang="en"' in page


# --- the desk


def ticket_of(rt: Runtime, poll: Poll) -> str:
    from datetime import date

    ticket = registrar_service.check_at_desk(
        rt,
        poll.officer,
        poll.call_id,
        national_id=invented_id(60),
        birth_on=BIRTH,
        ground=0,
        district="d1",
        since=date(2001, 1, 1),
    )
    return registrar_service.seal_ticket(rt, ticket)


def test_a_handed_over_device_is_let_in_by_the_sealed_ticket(rt: Runtime, voter: Voter) -> None:
    answer = voter.client.post(f"{voter.base}/counter", data={"ticket": ticket_of(rt, voter.poll)})
    assert answer.status_code == 303
    assert answer.location == f"/booth/{voter.poll.call_id}/?district=d1&counter=1"
    assert voter.token_page().status_code == 200


def test_a_forged_or_foreign_ticket_lets_nobody_in(rt: Runtime, voter: Voter) -> None:
    voter.identify()
    own = registrar_service.seal_ticket(
        rt,
        registrar_service.identify(
            rt,
            voter.poll.call_id,
            national_id=invented_id(2),
            birth_on=BIRTH,
            code="",
            device="d",
        ),
    )
    for ticket in ("", "forged", own):
        assert voter.client.post(f"{voter.base}/counter", data={"ticket": ticket}).status_code == 400
    sealed = ticket_of(rt, voter.poll)
    crossed = voter.client.post(
        f"{voter.base}/counter", data={"ticket": sealed}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert crossed.status_code == 400


# --- identity verification off


def test_a_survey_admits_by_mailed_code_and_says_that_nobody_was_identified(
    rt: Runtime, survey: Poll, checkin: FlaskClient
) -> None:
    from pbvote.platform.outbox import OutboxMessage

    base = f"/checkin/{survey.call_id}"
    page = checkin.get(f"{base}/").get_data(as_text=True)
    assert "national_id" not in page
    assert "沒有查驗身分" in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"csrf_token": token[1], "notice": "1", "email": "a@example.org", "district": "d1"}
    assert 'action="' + base + '/code"' in checkin.post(f"{base}/", data=form).get_data(as_text=True)
    with rt.read_main() as tx:
        code = tx.scalars(select(OutboxMessage)).one().facts["code"]
    assert checkin.post(f"{base}/code", data={**form, "code": "12"}).status_code == 403
    answer = checkin.post(f"{base}/code", data={**form, "code": code})
    assert (answer.status_code, answer.location) == (303, f"{base}/token")


def test_a_station_code_admits_its_holder(rt: Runtime, survey: Poll, checkin: FlaskClient) -> None:
    (code,) = registrar_service.make_station_codes(rt, survey.officer, survey.call_id, 1, style=STYLE)
    base = f"/checkin/{survey.call_id}"
    page = checkin.get(f"{base}/station?notice=1").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"csrf_token": token[1], "code": "ABCD-2345-WXYZ"}
    assert checkin.post(f"{base}/station", data=form).status_code == 403
    assert checkin.post(f"{base}/station", data={**form, "code": code}).location == f"{base}/token"


# --- behind one origin


def test_an_account_of_the_site_is_nothing_to_the_check_in(service: Client, poll: Poll) -> None:
    assert service.get(f"/checkin/{poll.call_id}/").status_code == 200
    answer = service.get(f"/checkin/{poll.call_id}/")
    assert "pbvote_session" not in str(answer.headers)


def test_an_address_that_guesses_is_told_to_come_later_and_other_pages_go_on(
    tmp_path: Path, empty_databases: Path, clock: MovableClock
) -> None:
    identity = {"sandbox": True, "address_rate": "8 per minute"}
    rt = make_runtime(tmp_path, empty_databases, clock, identity=identity)
    poll = voting_poll(rt, *range(1, 30))
    clock.set(VOTING)
    guesser = Voter(create_service_client(rt), poll)
    wrong = [guesser.identify(number, birth_year="46") for number in range(10, 19)]
    assert [each.status_code for each in wrong] == [403] * 8 + [429]
    assert int(wrong[-1].headers["Retry-After"]) > 0
    assert guesser.client.get(f"/checkin/{poll.call_id}/").status_code == 200
    assert guesser.client.get("/").status_code == 200
    elsewhere = Voter(create_service_client(rt, address="192.0.2.9"), poll)
    assert elsewhere.identify(1).status_code == 303
    for which in ("main", "box"):
        rt.engine(which).dispose()


def test_voters_of_one_address_who_are_right_are_never_told_to_come_later(
    tmp_path: Path, empty_databases: Path, clock: MovableClock
) -> None:
    rt = make_runtime(
        tmp_path, empty_databases, clock, identity={"sandbox": True, "address_rate": "3 per minute"}
    )
    poll = voting_poll(rt, *range(1, 12))
    clock.set(VOTING)
    for number in range(1, 12):
        assert Voter(create_service_client(rt), poll).identify(number).status_code == 303
    for which in ("main", "box"):
        rt.engine(which).dispose()


# --- a service that goes on elsewhere: the invented one sends some to its page, others to their phone


@pytest.fixture
def sandboxed(rt: Runtime, clock: MovableClock, checkin: FlaskClient) -> Voter:
    values = {"verification": "sandbox", "grounds.0.area": AREA, "grounds.0.evidence": "registry"}
    poll = voting_poll(rt, values=values)
    clock.set(VOTING)
    return Voter(checkin, poll)


def begin(voter: Voter, shows: str) -> str:
    """Type who somebody is, and go to the page on which their service goes on."""
    person = next(one for one in PEOPLE if one.shows == shows)
    born = person.birth_on
    parts = {"birth_year": str(born.year), "birth_month": str(born.month), "birth_day": str(born.day)}
    begun = voter.identify(national_id=person.national_id, **parts)
    assert (begun.status_code, begun.location) == (303, f"{voter.base}/service")
    page = html.unescape(voter.client.get(begun.location).get_data(as_text=True))
    assert person.national_id not in page
    assert person.national_id not in begun.headers["Set-Cookie"]
    return page


def test_somebody_goes_to_the_page_of_the_service_and_comes_back(sandboxed: Voter) -> None:
    page = begin(sandboxed, "redirect")
    away = re.search(rf'href="http://[^/"]+({sandboxed.base}/sandbox\?state=[\w-]+)"', page)
    assert away
    there = html.unescape(sandboxed.client.get(away[1]).get_data(as_text=True))
    answers = re.findall(r'href="([^"]+/back\?[^"]+)"', there)
    no, yes = (next(one for one in answers if one.endswith(f"answer={word}")) for word in ("no", "yes"))
    assert sandboxed.client.get(yes).location == f"{sandboxed.base}/token"
    assert 'data-style="d1-w1"' in sandboxed.token_page().get_data(as_text=True)
    begin(sandboxed, "redirect")
    assert sandboxed.client.get(no).status_code == 400, "the answer of the time before"


def test_whoever_does_not_agree_there_is_not_admitted(sandboxed: Voter) -> None:
    page = begin(sandboxed, "redirect")
    state = re.search(r"/sandbox\?state=([\w-]+)", page)
    assert state
    refused = sandboxed.client.get(f"{sandboxed.base}/back?state={state[1]}&answer=no")
    assert refused.status_code == 403
    assert 'data-code="identity.no-match"' in refused.get_data(as_text=True)
    assert sandboxed.token_page().location == f"{sandboxed.base}/"


def test_nobody_makes_a_strangers_phone_ring_as_often_as_they_like(sandboxed: Voter) -> None:
    """What a service has begun counts until it is finished; who finishes is forgiven."""
    person = next(one for one in PEOPLE if one.shows == "picture")
    born = person.birth_on
    parts = {"birth_year": str(born.year), "birth_month": str(born.month), "birth_day": str(born.day)}
    open_still = sandboxed.form_page()
    for _ in range(3):
        begin(sandboxed, "picture")
    assert sandboxed.identify(page=open_still, national_id=person.national_id, **parts).status_code == 429
    page = html.unescape(sandboxed.client.get(f"{sandboxed.base}/service").get_data(as_text=True))
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    for _ in range(2):
        done = sandboxed.client.post(f"{sandboxed.base}/service", data={"csrf_token": token[1]})
    assert done.location == f"{sandboxed.base}/token"
    begin(sandboxed, "picture")


def test_somebody_confirms_on_their_phone_and_presses_the_button(sandboxed: Voter) -> None:
    """Without any script: the same page again while it waits, then on."""
    page = begin(sandboxed, "picture")
    assert re.search(r'data-text="pbvote-sandbox:[\w-]+"', page)
    assert "<noscript>" in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    asked = [
        sandboxed.client.post(f"{sandboxed.base}/service", data={"csrf_token": token[1]}).location
        for _ in range(2)
    ]
    assert asked == [f"{sandboxed.base}/service", f"{sandboxed.base}/token"]


def test_the_page_asks_by_itself_until_somebody_has_confirmed(sandboxed: Voter) -> None:
    page = begin(sandboxed, "picture")
    token = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
    assert token
    headers = {"X-CSRFToken": token[1], "Accept": "application/json"}
    asked = [sandboxed.client.post(f"{sandboxed.base}/service", headers=headers) for _ in range(3)]
    assert [one.json for one in asked[:2]] == [{"wait": 2}, {"go": f"{sandboxed.base}/token"}]
    assert (asked[2].status_code, asked[2].json["code"]) == (400, "identity.pending-broken")
    assert sandboxed.client.post(f"{sandboxed.base}/service", headers={}).status_code == 400, "no token"


def test_nobody_is_on_a_page_between_who_has_not_begun(voter: Voter) -> None:
    assert voter.client.get(f"{voter.base}/service").location == f"{voter.base}/"
    begun = voter.client.get(f"{voter.base}/back?state=x&here=1")
    assert 'data-code="identity.pending-broken"' in begun.get_data(as_text=True)
