"""The agency's side of check-in: roll, desk and station codes, for officers of the agency only."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import Client

from pbvote.core.identity.national_id import invented_id
from pbvote.core.types import Role, StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.registrar import queries
from tests.make.people import hire
from tests.make.polls import VOTING, Poll, identify, roll_csv, survey_poll
from tests.make.services import MovableClock
from tests.make.visitors import CallDesk

DOCUMENT = {
    "birth_year": "45",
    "birth_month": "3",
    "birth_day": "8",
    "ground": "0",
    "district": "d1",
    "since_year": "90",
    "since_month": "1",
    "since_day": "1",
    "assistance": "",
}


@pytest.fixture
def desk(rt: Runtime, site: FlaskClient, poll: Poll) -> CallDesk:
    return CallDesk(site, hire(rt, "lin"), poll)


@pytest.mark.parametrize("room", ["roll", "counter", "station-codes"])
def test_the_rooms_are_closed_to_others(rt: Runtime, site: FlaskClient, poll: Poll, room: str) -> None:
    path = f"/agency/calls/{poll.call_id}/{room}"
    assert site.get(path).location.startswith("/staff/sign-in")
    accounts_service.create_agency(rt, slug="other", name="別的公所", level="township")
    CallDesk(site, hire(rt, "lin", agency="other"), poll)
    assert site.get(path).status_code == 404


def test_an_auditor_has_no_business_at_the_desk(rt: Runtime, site: FlaskClient, poll: Poll) -> None:
    auditor = CallDesk(site, hire(rt, "lin", Role.AUDITOR), poll)
    assert site.get(f"{auditor.base}/roll").status_code == 403


def test_a_roll_is_imported_on_the_page_and_counted(rt: Runtime, desk: CallDesk, poll: Poll) -> None:
    answer = desk.act("roll", roll=(io.BytesIO(roll_csv(2, 3)), "roll.csv"))
    assert answer.status_code == 303
    page = desk.site.get(f"{desk.base}/roll").get_data(as_text=True)
    assert "已匯入 2 人：新增 1 筆，更正 1 筆" in page
    with rt.read_main() as tx:
        assert queries.eligible_per_style(tx, poll.call_id) == {StyleId("d1-w1"): 3}


def test_a_roll_with_mistakes_names_the_lines_and_shows_no_number(desk: CallDesk) -> None:
    content = roll_csv(5, extra=f"{invented_id(6)},1956-13-08,d1-w1\n")
    answer = desk.act("roll", roll=(io.BytesIO(content), "roll.csv"))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "第 3 列（儲存格 B3）的出生日期不正確" in page
    assert invented_id(6) not in page
    assert desk.act("roll").status_code == 422  # no file at all


def test_the_help_desk_unlocks_a_voter(rt: Runtime, desk: CallDesk, poll: Poll) -> None:
    from datetime import date

    from pbvote.rooms.registrar.errors import IdentityMismatch

    for _ in range(3):
        with pytest.raises(IdentityMismatch):
            identify(rt, poll, invented_id(1), birth_on=date(1950, 1, 1))
    assert desk.act("roll/unlock", national_id=invented_id(1)).status_code == 303
    assert identify(rt, poll, invented_id(1)).style == "d1-w1"
    assert desk.act("roll/unlock", national_id="A1").status_code == 422


def test_a_frozen_roll_cannot_be_emptied(desk: CallDesk) -> None:
    assert "清空名冊" not in desk.site.get(f"{desk.base}/roll").get_data(as_text=True)
    assert desk.act("roll/clear").status_code == 409


def test_the_desk_keeps_what_was_typed_and_names_the_field(desk: CallDesk) -> None:
    answer = desk.act("counter", {"national_id": invented_id(50), **DOCUMENT, "birth_day": "40"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#f-birth_on"' in page
    assert f'value="{invented_id(50)}"' in page
    for field in ("ground", "district"):
        answer = desk.act("counter", {"national_id": invented_id(50), **DOCUMENT, field: ""})
        assert answer.status_code == 422
    answer = desk.act("counter", {"national_id": invented_id(50), **DOCUMENT, "since_day": ""})
    assert 'href="#f-since_on"' in answer.get_data(as_text=True)


def test_the_officer_is_signed_out_before_the_voter_has_the_device(
    rt: Runtime, service: Client, poll: Poll
) -> None:
    desk = CallDesk(service, hire(rt, "lin"), poll)
    page = desk.act("counter", {"national_id": invented_id(50), **DOCUMENT}).get_data(as_text=True)
    assert invented_id(50) not in page
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)
    assert ticket
    handed = desk.act("counter/hand-over", ticket=ticket[1])
    assert (handed.status_code, handed.location) == (307, f"/checkin/{poll.call_id}/counter")
    assert service.get("/agency/").location.startswith("/staff/sign-in")
    let_in = service.post(handed.location, data={"ticket": ticket[1]})
    assert let_in.location == f"/booth/{poll.call_id}/?district=d1&counter=1"
    assert service.get(f"/checkin/{poll.call_id}/token").status_code == 200


def test_the_desk_is_closed_outside_the_voting_days(desk: CallDesk, clock: MovableClock, poll: Poll) -> None:
    token = desk.token()
    clock.set(poll.manifest.issue_until)
    page = desk.site.get(f"{desk.base}/counter").get_data(as_text=True)
    assert "現在不是投票期間" in page
    form = {"csrf_token": token, "national_id": invented_id(50), **DOCUMENT}
    assert desk.site.post(f"{desk.base}/counter", data=form).status_code == 409


def test_station_codes_are_shown_once_and_for_surveys_only(
    rt: Runtime, site: FlaskClient, clock: MovableClock
) -> None:
    survey = survey_poll(rt)
    clock.set(VOTING)
    desk = CallDesk(site, hire(rt, "lin"), survey)
    answer = desk.act("station-codes", count="3", style="d1-w1")
    codes = re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", answer.get_data(as_text=True))
    assert len(set(codes)) == 3
    assert not re.search(codes[0], site.get(f"{desk.base}/station-codes").get_data(as_text=True))
    assert desk.act("station-codes", count="0", style="d1-w1").status_code == 422


def test_a_call_that_verifies_identities_has_no_station_codes(desk: CallDesk) -> None:
    page = desk.site.get(f"{desk.base}/station-codes").get_data(as_text=True)
    assert "只有不驗證身分的意向調查" in page


@pytest.mark.parametrize("room", ["roll", "counter", "station-codes"])
def test_every_room_exists_in_english(desk: CallDesk, room: str) -> None:
    page = desk.site.get(f"{desk.base}/{room}", headers={"Accept-Language": "en"})
    assert 'lang="en"' in page.get_data(as_text=True)
