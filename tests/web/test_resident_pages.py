"""A resident writes, sends, corrects and withdraws a proposal; nothing typed is ever lost."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from pbvote.core.types import Actor, CallId
from pbvote.moderation import service as moderation
from pbvote.proposals import queries
from pbvote.proposals.status import Status
from pbvote.runtime import Runtime
from tests.call_values import put_agency
from tests.conftest import MovableClock
from tests.proposal_values import (
    COLLECTING,
    MODERATION,
    proposal_values,
    published_call,
    put_resident,
    put_submitted,
)
from tests.services.test_proposals import picture
from tests.web.proposal_pages import Browser, put_staff


@pytest.fixture
def officer(rt: Runtime) -> Actor:
    return put_staff(rt, put_agency(rt, "shilin"), "lin")


@pytest.fixture
def call_id(rt: Runtime, officer: Actor, clock: MovableClock) -> CallId:
    found = published_call(rt, officer)
    clock.set(COLLECTING)
    return found


@pytest.fixture
def ming(rt: Runtime) -> Actor:
    return put_resident(rt, "王小明")


@pytest.fixture
def browser(site: FlaskClient, ming: Actor) -> Browser:
    browser = Browser(site)
    browser.sign_in(ming)
    return browser


def own(rt: Runtime, ming: Actor) -> list[queries.ProposalView]:
    with rt.read_main() as tx:
        return queries.list_of_resident(tx, ming.id)


@pytest.mark.usefixtures("call_id")
def test_without_a_sign_in_the_door_comes_first(site: FlaskClient, call_id: CallId) -> None:
    for path in ("/my/", f"/my/calls/{call_id}/proposals/new", "/my/proposals/1"):
        assert site.get(path).location.startswith("/account/sign-in")


def test_staff_have_no_residents_pages(site: FlaskClient, officer: Actor, call_id: CallId) -> None:
    desk = Browser(site)
    desk.sign_in(officer)
    assert site.get("/my/").status_code == 403
    assert desk.post(f"/my/calls/{call_id}/proposals/new", proposal_values()).status_code == 403


def test_a_draft_is_kept_as_typed_and_shown_again(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    typed = {"title": "遊具<b>", "cost_twd": "三十萬", "description_md": "一\n二", "action": "save"}
    saved = browser.post(f"/my/calls/{call_id}/proposals/new", typed)
    (draft,) = own(rt, ming)
    assert (saved.status_code, saved.location) == (303, f"/my/proposals/{draft.id}/edit")
    page = browser.page(saved.location)
    for words in ("草稿已儲存", 'value="遊具&lt;b&gt;"', 'value="三十萬"', "一\n二</textarea>"):
        assert words in page


def test_a_refused_submission_keeps_every_value_marks_every_field_and_makes_one_draft_only(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    typed = proposal_values(cost_twd="很多", place="", action="submit", show_name="1")
    answer = browser.post(f"/my/calls/{call_id}/proposals/new", typed)
    page = answer.get_data(as_text=True)
    (draft,) = own(rt, ming)
    assert answer.status_code == 422
    for words in (
        'href="#f-cost_twd"',
        'href="#f-place"',
        'value="很多"',
        'value="和平公園共融遊具"',
        f'action="/my/proposals/{draft.id}/edit"',
        "checked",
        "公園只有**一座**溜滑梯。",
    ):
        assert words in page
    again = browser.post(f"/my/proposals/{draft.id}/edit", proposal_values(action="submit"))
    assert again.location == f"/my/proposals/{draft.id}"
    assert [p.status for p in own(rt, ming)] == [Status.SUBMITTED]


def test_a_submission_after_the_close_keeps_what_was_typed(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId, clock: MovableClock
) -> None:
    browser.post(f"/my/calls/{call_id}/proposals/new", {"title": "草稿", "action": "save"})
    (draft,) = own(rt, ming)
    clock.set(MODERATION)
    answer = browser.post(f"/my/proposals/{draft.id}/edit", proposal_values(action="submit"))
    assert answer.status_code == 409
    assert 'value="和平公園共融遊具"' in answer.get_data(as_text=True)
    assert own(rt, ming)[0].values["place"] == "和平公園東側"
    late = browser.post(f"/my/calls/{call_id}/proposals/new", proposal_values(action="submit"))
    assert late.status_code == 409
    assert 'value="和平公園共融遊具"' in late.get_data(as_text=True)


def test_a_submitted_proposal_is_changed_in_place(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    sent = put_submitted(rt, ming, call_id)
    assert 'value="300000"' in browser.page(f"/my/proposals/{sent.id}/edit")
    wrong = browser.post(f"/my/proposals/{sent.id}/edit", proposal_values(title="", place="別處"))
    assert wrong.status_code == 422
    assert 'value="別處"' in wrong.get_data(as_text=True)
    assert own(rt, ming)[0].place == "和平公園東側"
    browser.post(f"/my/proposals/{sent.id}/edit", proposal_values(title="改名"))
    assert (own(rt, ming)[0].title, own(rt, ming)[0].status) == ("改名", Status.SUBMITTED)


def test_a_correction_shows_its_reason_and_goes_back_into_the_queue(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, call_id: CallId
) -> None:
    sent = put_submitted(rt, ming, call_id)
    until = COLLECTING + timedelta(days=2)
    moderation.decide(rt, officer, sent.id, decision="correct", reason="請附位置圖", correct_until=until)
    assert "請附位置圖" in browser.page(f"/my/proposals/{sent.id}")
    assert "補正提案" in browser.page(f"/my/proposals/{sent.id}/edit")
    browser.post(f"/my/proposals/{sent.id}/edit", proposal_values(place="附圖", action="submit"))
    assert (own(rt, ming)[0].status, own(rt, ming)[0].place) == (Status.SUBMITTED, "附圖")


def test_withdrawing_asks_first(rt: Runtime, browser: Browser, ming: Actor, call_id: CallId) -> None:
    sent = put_submitted(rt, ming, call_id)
    assert "確定要撤回" in browser.page(f"/my/proposals/{sent.id}/withdraw")
    assert own(rt, ming)[0].status is Status.SUBMITTED
    assert browser.post(f"/my/proposals/{sent.id}/withdraw", {}).location == "/my/"
    assert own(rt, ming)[0].status is Status.WITHDRAWN
    assert "已撤回" in browser.page("/my/")


def test_somebody_elses_proposal_is_not_found(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    theirs = put_submitted(rt, put_resident(rt, "李小華"), call_id)
    for path in ("", "/edit", "/withdraw"):
        assert browser.site.get(f"/my/proposals/{theirs.id}{path}").status_code == 404
    for path in ("/edit", "/withdraw", "/pictures/1/remove"):
        assert browser.post(f"/my/proposals/{theirs.id}{path}", {}).status_code == 404
    assert browser.site.get("/my/proposals/99999999999999999999").status_code == 404


def test_forms_without_the_token_are_refused(browser: Browser, call_id: CallId) -> None:
    answer = browser.site.post(f"/my/calls/{call_id}/proposals/new", data=proposal_values())
    assert answer.status_code == 400


def test_a_picture_is_private_until_the_proposal_is_accepted(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, call_id: CallId
) -> None:
    sent = put_submitted(rt, ming, call_id)
    added = browser.post(
        f"/my/proposals/{sent.id}/pictures", {"picture": (io.BytesIO(picture()), "a.jpg"), "alt": "公園"}
    )
    assert added.location == f"/my/proposals/{sent.id}/edit#pictures"
    address = f"/media/{own(rt, ming)[0].pictures[0].sha256}.webp"
    mine = browser.site.get(address)
    assert (mine.status_code, mine.mimetype) == (200, "image/webp")
    assert mine.headers["Cache-Control"] == "private, no-store"
    stranger = Browser(browser.site)
    stranger.sign_in(put_resident(rt, "李小華"))
    assert stranger.site.get(address).status_code == 404
    other_agency = put_staff(rt, put_agency(rt, "wanhua"), "chen")
    for actor, status in ((other_agency, 404), (officer, 200)):
        stranger.sign_in(actor)
        assert stranger.site.get(address).status_code == status
    moderation.decide(rt, officer, sent.id, decision="accept")
    with browser.site.session_transaction() as session:
        session.clear()
    assert browser.site.get(address).status_code == 200


def test_a_refused_picture_says_why_and_keeps_its_words(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    sent = put_submitted(rt, ming, call_id)
    upload = {"picture": (io.BytesIO(b"not a picture"), "a.jpg"), "alt": "公園的照片"}
    answer = browser.post(f"/my/proposals/{sent.id}/pictures", upload)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "請選擇 JPEG" in page
    assert 'value="公園的照片"' in page
    assert browser.post(f"/my/proposals/{sent.id}/pictures", {"alt": "沒有檔案"}).status_code == 422


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_a_resident_opens_in_both_languages(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, call_id: CallId, language: str
) -> None:
    sent = put_submitted(rt, ming, call_id)
    browser.post(f"/my/calls/{call_id}/proposals/new", {"action": "save"})
    browser.speak(language)
    pages = ["/my/", f"/my/calls/{call_id}/proposals/new", "/about/privacy"]
    pages += [f"/my/proposals/{p.id}{rest}" for p in own(rt, ming) for rest in ("", "/edit", "/withdraw")]
    for decision in ("accept", "reject"):
        for path in pages:
            assert f'lang="{"en" if language == "en" else "zh-Hant-TW"}"' in browser.page(
                f"{path}?lang={language}"
            )
        moderation.decide(rt, officer, sent.id, decision=decision, reason="說明")
