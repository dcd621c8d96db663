"""The page of choices, for who is signed in and for who comes by the link in a mail."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from pbvote.core.types import Actor, CallId
from pbvote.platform import leaving
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import notices
from pbvote.rooms.accounts.kinds import Pace, Subject
from tests.make.visitors import Browser

ALL = {subject.value.replace("-", "_"): "weekly" for subject in notices.SUBJECTS}


def chosen(rt: Runtime, who: Actor) -> set[Pace]:
    with rt.read_main() as tx:
        return set(notices.paces(tx, who.id).values())


def link(rt: Runtime, who: Actor, topic: str = "~comments") -> str:
    return leaving.token_of(rt.settings, resident_id=who.id, topic=topic)


@pytest.fixture(params=["account", "link"])
def page(request: pytest.FixtureRequest, rt: Runtime, browser: Browser, ming: Actor) -> str:
    if request.param == "account":
        browser.sign_in(ming)
        return "/my/notifications"
    return f"/notifications/{link(rt, ming)}"


def test_choices_are_kept_and_shown(rt: Runtime, browser: Browser, ming: Actor, page: str) -> None:
    assert browser.post(page, {**ALL, "language": "en", "act": "save"}).location == page
    assert chosen(rt, ming) == {Pace.WEEKLY}
    shown = browser.page(page)
    assert len(re.findall(r'value="weekly"\s+selected', shown)) == len(notices.SUBJECTS)
    assert re.search(r'value="en"\s+selected', shown)


def test_one_press_stops_everything(rt: Runtime, browser: Browser, ming: Actor, page: str) -> None:
    assert browser.post(page, {"act": "stop"}).status_code == 303
    assert chosen(rt, ming) == {Pace.NEVER}
    assert "已停止所有可以停止的通知" in browser.page(page)


def test_a_wrong_choice_is_refused_beside_its_field_and_the_others_stay(
    rt: Runtime, browser: Browser, ming: Actor, page: str
) -> None:
    refused = browser.post(page, {**ALL, "comments": "hourly", "language": "zh"})
    shown = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert 'href="#f-comments"' in shown
    assert len(re.findall(r'value="weekly"\s+selected', shown)) == len(notices.SUBJECTS) - 1
    assert chosen(rt, ming) == {Pace.AT_ONCE}


def test_what_always_comes_is_listed_with_its_reason(browser: Browser, page: str) -> None:
    shown = browser.page(page)
    for reason in ("行政程序法第 100 條", "個人資料保護法", "要告訴您理由", "您自己要求才寄"):
        assert reason in shown


def test_the_link_shows_the_address_masked_and_opens_nothing_else(
    rt: Runtime, site: FlaskClient, ming: Actor
) -> None:
    shown = site.get(f"/notifications/{link(rt, ming)}").get_data(as_text=True)
    assert "王***@example.org" in shown
    assert "王小明" not in shown
    assert site.get("/my/").status_code == 302


@pytest.mark.parametrize("token", ["1.~all.0", "nothing", "99.~all."])
def test_a_wrong_link_is_answered_as_unknown(site: FlaskClient, token: str) -> None:
    for path in ("notifications", "unsubscribe"):
        answer = site.get(f"/{path}/{token}")
        assert answer.status_code == 404
        assert "這個連結" in answer.get_data(as_text=True)


def test_a_mail_program_stops_one_subject_with_one_post(rt: Runtime, site: FlaskClient, ming: Actor) -> None:
    path = f"/unsubscribe/{link(rt, ming)}"
    shown = site.get(path).get_data(as_text=True)
    assert "不再收到「留言與回覆」的信" in shown
    done = site.post(path, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    with rt.read_main() as tx:
        paces = notices.paces(tx, ming.id)
    assert paces.pop(Subject.COMMENTS) is Pace.NEVER
    assert set(paces.values()) == {Pace.AT_ONCE}
    assert "/notifications/" in done.get_data(as_text=True)


def test_stopping_a_call_leads_to_the_other_choices(
    rt: Runtime, site: FlaskClient, ming: Actor, call_id: CallId
) -> None:
    shown = site.post(f"/unsubscribe/{link(rt, ming, call_id)}").get_data(as_text=True)
    assert f"/notifications/{link(rt, ming, call_id)}" in shown
