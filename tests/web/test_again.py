"""Nothing that was typed is lost when a session ends before the form is sent."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

HERE = {"Sec-Fetch-Site": "same-origin"}


def test_a_form_sent_after_the_session_ended_keeps_what_was_typed(site: FlaskClient) -> None:
    answer = site.post(
        "/my/proposals/7/edit/idea", data={"title": "兒童遊戲場", "password": "x"}, headers=HERE
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert 'name="title" value="兒童遊戲場"' in page
    assert 'name="password"' not in page
    assert re.search(r'name="csrf_token" value="[^"]+"', page)


def test_a_form_sent_by_another_site_is_refused_and_not_repeated(site: FlaskClient) -> None:
    answer = site.post("/account/sign-in", data={"email": "a@b.tw"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400
    assert "a@b.tw" not in answer.get_data(as_text=True)


def test_the_check_in_never_repeats_an_identity_number(checkin: FlaskClient) -> None:
    answer = checkin.post("/checkin/abc/", data={"national_id": "A123456789"}, headers=HERE)
    assert answer.status_code == 400
    assert "A123456789" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("origin", ["http://[", "http://[x", "null", "//", "http://evil.example"])
def test_an_origin_that_is_no_address_is_another_site(site: FlaskClient, origin: str) -> None:
    answer = site.post("/account/sign-in", data={"email": "a@b.tw"}, headers={"Origin": origin})
    assert answer.status_code == 400
    assert "a@b.tw" not in answer.get_data(as_text=True)


def test_the_origin_of_this_service_is_its_own(site: FlaskClient) -> None:
    answer = site.post("/account/sign-in", data={"email": "a@b.tw"}, headers={"Origin": "http://localhost"})
    assert answer.status_code == 401
    assert "a@b.tw" in answer.get_data(as_text=True)
