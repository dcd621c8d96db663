"""「我可以投票嗎？」: from the day the roll is imported until the vote ends, with all care."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pbvote.core.identity.national_id import invented_id
from pbvote.core.types import CallId, StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import service as registrar
from pbvote.rooms.registrar.models import Attempt, Issuance
from tests.make.calls import ONE_STYLE, SANDBOX, published
from tests.make.polls import VOTING, blinded, identify, roll_csv, voting_poll
from tests.make.services import MovableClock

BORN = {"birth_year": "45", "birth_month": "3", "birth_day": "8"}


class Asking:
    def __init__(self, client: FlaskClient, call_id: str) -> None:
        self.client, self.path = client, f"/checkin/{call_id}/eligible"

    def ask(self, number: int, **more: str) -> Any:
        page = self.client.get(self.path).get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token, page
        form = {"csrf_token": token[1], "notice": "1", "national_id": invented_id(number), **BORN, **more}
        return self.client.post(self.path, data=form)


@pytest.fixture
def call(rt: Runtime) -> CallId:
    """Published, with two people on its roll, months before the vote."""
    call_id, officer = published(rt, without=ONE_STYLE)
    registrar.import_roll(rt, officer, call_id, roll_csv(1, 2))
    return call_id


def test_who_is_on_the_roll_reads_which_ballot_is_theirs_long_before_the_vote(
    site: FlaskClient, checkin: FlaskClient, call: CallId, rt: Runtime
) -> None:
    assert f'href="/checkin/{call}/eligible"' in site.get(f"/calls/{call}/").get_data(as_text=True)
    answer = Asking(checkin, call).ask(1)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    for text in ("您可以投票", "「東區」的選票", "先看這一區的方案"):
        assert text in page
    assert "票計算" not in page  # where every ballot weighs the same
    assert invented_id(1) not in page
    with rt.read_main() as tx:
        assert tx.scalar(select(func.count()).select_from(Attempt)) == 0  # nothing is left behind
        assert tx.scalar(select(func.count()).select_from(Issuance)) == 0


def test_who_is_not_found_reads_what_to_do_and_one_answer_stands_for_every_reason(
    checkin: FlaskClient, call: CallId
) -> None:
    asking = Asking(checkin, call)
    unknown, born = asking.ask(9), asking.ask(1, birth_day="9")
    first, second = (re.findall(r"查不到相符[^次]*", each.get_data(as_text=True)) for each in (unknown, born))
    assert first
    assert [re.sub(r"\d", "", each) for each in first] == [re.sub(r"\d", "", each) for each in second]
    page = unknown.get_data(as_text=True)
    for text in ("到承辦機關的櫃檯", "請試舊的號碼", "聯絡下方的服務窗口更正"):
        assert text in page
    assert "通知信上的驗證碼" not in page


def test_misses_count_on_the_counters_of_the_check_in(
    checkin: FlaskClient, call: CallId, rt: Runtime, clock: MovableClock
) -> None:
    asking = Asking(checkin, call)
    for _ in range(3):
        asking.ask(1, birth_day="9")
    paused = asking.ask(1)
    assert paused.status_code == 429
    assert 'data-code="identity.' in paused.get_data(as_text=True)
    clock.forward(days=1)
    registrar.forget_old_misses(rt)
    with rt.read_main() as tx:
        assert tx.scalar(select(func.count()).select_from(Attempt)) == 0
    assert asking.ask(1).status_code == 200


def test_without_a_roll_the_page_says_so_and_nothing_leads_there(
    site: FlaskClient, checkin: FlaskClient, rt: Runtime
) -> None:
    call_id, _officer = published(rt, without=ONE_STYLE)
    assert "eligible" not in site.get(f"/calls/{call_id}/").get_data(as_text=True)
    answer = checkin.get(f"/checkin/{call_id}/eligible")
    assert answer.status_code == 409
    assert "還沒有匯入投票人名冊" in answer.get_data(as_text=True)


def test_a_call_on_an_identity_service_has_nothing_to_look_up(
    site: FlaskClient, checkin: FlaskClient, rt: Runtime, clock: MovableClock
) -> None:
    poll = voting_poll(rt, values=SANDBOX)
    clock.set(VOTING)
    assert "eligible" not in site.get(f"/calls/{poll.call_id}/").get_data(as_text=True)
    assert checkin.get(f"/checkin/{poll.call_id}/eligible").status_code in {403, 409}


def test_the_answer_is_the_same_whether_somebody_has_voted(
    checkin: FlaskClient, rt: Runtime, clock: MovableClock
) -> None:
    poll = voting_poll(rt, 1, 2)
    clock.set(VOTING)
    asking = Asking(checkin, poll.call_id)
    before = asking.ask(1).get_data(as_text=True)
    ticket = identify(rt, poll, invented_id(1))
    style = StyleId("d1-w1")
    registrar.issue(rt, ticket, style=style, blinded=blinded(poll.manifest, style).blinded)
    assert asking.ask(1).get_data(as_text=True) == before
    assert f'href="/booth/{poll.call_id}/?district=d1"' in before


def test_after_the_vote_it_is_over(checkin: FlaskClient, rt: Runtime, clock: MovableClock) -> None:
    poll = voting_poll(rt, 1)
    clock.set(poll.manifest.issue_until + timedelta(minutes=1))
    answer = checkin.get(f"/checkin/{poll.call_id}/eligible")
    assert answer.status_code in {403, 409}
    assert "再試一次" not in answer.get_data(as_text=True)


def test_the_notice_stands_before_any_field(checkin: FlaskClient, call: CallId) -> None:
    page = checkin.get(f"/checkin/{call}/eligible").get_data(as_text=True)
    assert page.index("您的權利") < page.index('name="national_id"')
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    unread = checkin.post(f"/checkin/{call}/eligible", data={"csrf_token": token[1], "notice": "0"})
    assert unread.status_code == 422
