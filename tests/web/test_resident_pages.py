"""A resident writes, sends, corrects and withdraws a proposal; nothing typed is ever lost."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pbvote.core.types import Actor, CallId
from pbvote.edges.web.resident.progress import FIELDS_OF
from pbvote.platform.runtime import Runtime
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import queries
from pbvote.rooms.proposals.parts import PARTS
from pbvote.rooms.proposals.status import Status
from tests.make.calls import published_call
from tests.make.files import picture
from tests.make.people import put_agency, put_resident, put_staff
from tests.make.proposals import COLLECTING, MODERATION, proposal_values, put_submitted
from tests.make.services import MovableClock
from tests.make.visitors import Browser


@pytest.fixture
def browser(browser: Browser, ming: Actor) -> Browser:
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


def write(browser: Browser, proposal_id: int, values: Mapping[str, str]) -> None:
    """Every part of the task list, as somebody fills it in."""
    for part, fields in FIELDS_OF.items():
        typed = {name: values[name] for name in fields if name in values}
        answer = browser.post(f"/my/proposals/{proposal_id}/edit/{part}", typed | {"action": "later"})
        assert answer.status_code == 303


def begin(rt: Runtime, browser: Browser, ming: Actor, call_id: CallId, **values: str) -> queries.ProposalView:
    browser.post(f"/my/calls/{call_id}/proposals/new", values | {"action": "later"})
    return own(rt, ming)[0]


def test_a_draft_is_kept_as_typed_and_shown_again(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    typed = {"title": "遊具<b>", "description_md": "一\n二", "action": "later"}
    saved = browser.post(f"/my/calls/{call_id}/proposals/new", typed)
    (draft,) = own(rt, ming)
    assert (saved.status_code, saved.location) == (303, f"/my/proposals/{draft.id}/edit")
    assert "已儲存" in browser.page(saved.location)
    browser.post(f"/my/proposals/{draft.id}/edit/cost", {"cost_twd": "三十萬", "action": "later"})
    page = browser.page(f"/my/proposals/{draft.id}/edit/idea")
    for words in ('value="遊具&lt;b&gt;"', "一\n二</textarea>"):
        assert words in page
    assert 'value="三十萬"' in browser.page(f"/my/proposals/{draft.id}/edit/cost")


def test_a_part_says_what_is_wrong_with_it_and_keeps_it(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    draft = begin(rt, browser, ming, call_id, title="遊具")
    answer = browser.post(f"/my/proposals/{draft.id}/edit/cost", {"cost_twd": "很多", "action": "go"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#f-cost_twd"' in page
    assert 'value="很多"' in page
    assert own(rt, ming)[0].values["cost_twd"] == "很多"
    tasks = browser.page(f"/my/proposals/{draft.id}/edit")
    assert tasks.count("還要補") == 2  # the cost, and the idea without its text
    assert tasks.count("還沒開始") == 1


def test_a_refused_submission_keeps_every_value_marks_every_field_and_makes_one_draft_only(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    draft = begin(rt, browser, ming, call_id)
    write(browser, draft.id, proposal_values(cost_twd="很多", place="", show_name="1"))
    answer = browser.post(f"/my/proposals/{draft.id}/check", {})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for words in ('href="#f-cost_twd"', 'href="#f-place"', "很多", "和平公園共融遊具", "公開全名"):
        assert words in page
    write(browser, draft.id, proposal_values())
    again = browser.post(f"/my/proposals/{draft.id}/check", {})
    assert again.location == f"/my/proposals/{draft.id}"
    assert [p.status for p in own(rt, ming)] == [Status.SUBMITTED]


def test_a_submission_after_the_close_keeps_what_was_typed(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId, clock: MovableClock
) -> None:
    draft = begin(rt, browser, ming, call_id, title="草稿")
    clock.set(MODERATION)
    write(browser, draft.id, proposal_values())
    answer = browser.post(f"/my/proposals/{draft.id}/check", {})
    assert answer.status_code == 409
    assert "和平公園共融遊具" in answer.get_data(as_text=True)
    assert own(rt, ming)[0].values["place"] == "和平公園東側"
    late = browser.post(f"/my/calls/{call_id}/proposals/new", {"title": "太晚了", "action": "go"})
    assert late.status_code == 409
    assert 'value="太晚了"' in late.get_data(as_text=True)


def test_what_is_written_goes_to_the_server_by_itself(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    draft = begin(rt, browser, ming, call_id, title="遊具", summary="給孩子")
    place = f"/my/proposals/{draft.id}/autosave/idea"
    saved = browser.post(place, {"title": "遊具場", "summary": ""}).get_json()
    assert saved == {"saved": 1, "similar": [], "seen": 1}
    values = own(rt, ming)[0].values
    assert values["title"] == "遊具場"
    assert "summary" not in values  # emptied on purpose
    browser.post(f"/my/proposals/{draft.id}/withdraw", {})
    refused = browser.post(place, {"title": "再一次"})
    assert refused.status_code == 409
    assert refused.get_json()["saved"] == 0


def test_a_page_sent_twice_begins_one_draft(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    new = f"/my/calls/{call_id}/proposals/new"
    found = re.search(r'name="form" value="([^"]{16,})"', browser.page(new))
    assert found
    form = {"form": found[1], "title": "遊具"}
    saved = browser.post(f"/my/calls/{call_id}/proposals/autosave", form).get_json()
    sent = browser.post(new, form | {"title": "遊具場", "action": "later"})
    assert sent.location == saved["edit"].removesuffix("/idea")
    (draft,) = own(rt, ming)
    assert draft.values["title"] == "遊具場"
    browser.post(new, {"form": "x" * 900, "title": "另一件", "action": "later"})
    browser.post(new, {"title": "第三件", "action": "later"})
    browser.post(new, {"title": "第四件", "action": "later"})
    assert len(own(rt, ming)) == 4


def test_a_submitted_proposal_stands_until_the_change_is_handed_in(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    sent = put_submitted(rt, ming, call_id)
    assert 'value="300000"' in browser.page(f"/my/proposals/{sent.id}/edit/cost")
    write(browser, sent.id, proposal_values(title="", place="別處"))
    assert own(rt, ming)[0].place == "和平公園東側"
    assert browser.post(f"/my/proposals/{sent.id}/check", {}).status_code == 422
    write(browser, sent.id, proposal_values(title="改名"))
    browser.post(f"/my/proposals/{sent.id}/check", {})
    assert (own(rt, ming)[0].title, own(rt, ming)[0].status) == ("改名", Status.SUBMITTED)


def test_a_correction_shows_its_reason_what_changed_and_goes_back_into_the_queue(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, call_id: CallId
) -> None:
    sent = put_submitted(rt, ming, call_id)
    until = COLLECTING + timedelta(days=2)
    moderation_service.decide(
        rt, officer, sent.id, decision="correct", reason="請附位置圖", correct_until=until
    )
    assert "請附位置圖" in browser.page(f"/my/proposals/{sent.id}")
    assert "請附位置圖" in browser.page(f"/my/proposals/{sent.id}/edit")
    write(browser, sent.id, proposal_values(place="和平公園西側"))
    changed = "從<del>和平公園東側</del>改成<ins>和平公園西側</ins>"
    assert changed in browser.page(f"/my/proposals/{sent.id}/check")
    browser.post(f"/my/proposals/{sent.id}/check", {})
    assert (own(rt, ming)[0].status, own(rt, ming)[0].place) == (Status.SUBMITTED, "和平公園西側")
    assert changed in browser.page(f"/my/proposals/{sent.id}")
    browser.sign_in(officer)
    assert changed in browser.page(f"/agency/proposals/{sent.id}")


def test_similar_proposals_are_shown_before_handing_in(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, call_id: CallId
) -> None:
    before = put_submitted(rt, put_resident(rt, "李小華"), call_id, title="和平公園增設共融遊具")
    other = put_submitted(
        rt, put_resident(rt, "張三"), call_id, title="路燈改善", summary="更亮", place="巷口"
    )
    for each in (before, other):
        moderation_service.decide(rt, officer, each.id, decision="accept")
    draft = begin(rt, browser, ming, call_id)
    write(browser, draft.id, proposal_values())
    page = browser.page(f"/my/proposals/{draft.id}/check")
    assert "和平公園增設共融遊具" in page
    assert "路燈改善" not in page
    answer = browser.post(f"/my/calls/{call_id}/proposals/autosave", {"title": "和平公園增設遊具"})
    assert answer.get_json()["similar"] == [
        {"title": "和平公園增設共融遊具", "href": f"/calls/{call_id}/proposals/{before.id}"}
    ]


def test_a_cost_above_the_calls_limit_or_the_districts_budget_is_said_with_its_rule(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, clock: MovableClock
) -> None:
    call_id = published_call(rt, officer, values={"intake.cost_most_twd": "5,000,000"})
    clock.set(COLLECTING)
    draft = begin(rt, browser, ming, call_id)
    write(browser, draft.id, proposal_values(cost_twd="4000000", district="d2"))
    for page in ("check", "edit/cost"):
        assert "提案經費超過該區預算的，無法入選" in browser.page(f"/my/proposals/{draft.id}/{page}")
    write(browser, draft.id, proposal_values(cost_twd="5000001"))
    refused = browser.post(f"/my/proposals/{draft.id}/check", {})
    assert refused.status_code == 422
    assert "不得超過 5,000,000 元" in refused.get_data(as_text=True)


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
    for path in ("/edit/idea", "/autosave/idea", "/check", "/withdraw", "/pictures/1/remove", "/coauthors"):
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
    assert added.location == f"/my/proposals/{sent.id}/edit/pictures"
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
    moderation_service.decide(rt, officer, sent.id, decision="accept")
    with browser.site.session_transaction() as session:
        session.clear()
    assert browser.site.get(address).status_code == 200


def test_of_several_pictures_the_refused_one_is_named_and_the_others_stay(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    draft = begin(rt, browser, ming, call_id, title="遊具")
    base = f"/my/proposals/{draft.id}"
    web = rt.settings.web.model_copy(update={"upload_bytes": 2**18})
    object.__setattr__(rt, "settings", rt.settings.model_copy(update={"web": web}))
    large = b"\xff" * (2**18 + 1)
    files = [
        *((io.BytesIO(picture(shade=shade)), f"{shade}.jpg") for shade in (10, 90)),
        (io.BytesIO(b"not a picture"), "相簿/會議.heic"),
        (io.BytesIO(large), "全景.jpg"),
        (io.BytesIO(b""), ""),  # the camera, which nobody used
    ]
    answer = browser.post(f"{base}/pictures", {"picture": files})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for words in (
        "有 2 張圖片沒有加入",
        "「會議.heic」：請選擇 JPEG",
        "「全景.jpg」：這個檔案太大了，一個檔案最多 0.25 MB",
    ):
        assert words in page
    first, second = (each.id for each in own(rt, ming)[0].pictures)
    assert browser.post(f"{base}/pictures", {}).status_code == 422
    assert "還要補" in browser.page(f"{base}/edit")
    assert "第 1 張圖片還沒有說明" in browser.page(f"{base}/check")
    # moved without the page's script: what was typed is kept on the way
    typed = {f"alt-{first}": "溜滑梯", f"alt-{second}": "沙坑"}
    moved = browser.post(f"{base}/pictures/arrange", typed | {"action": f"up-{second}"})
    assert moved.location == f"{base}/edit/pictures"
    assert [(each.id, each.alt) for each in own(rt, ming)[0].pictures] == [
        (second, "沙坑"),
        (first, "溜滑梯"),
    ]
    wrong = browser.post(f"{base}/pictures/arrange", {f"alt-{first}": "長" * 201, f"alt-{second}": "新的字"})
    assert wrong.status_code == 422
    assert 'value="新的字"' in wrong.get_data(as_text=True)
    gone = browser.post(f"{base}/pictures/{second}/remove", {f"alt-{first}": "紅色溜滑梯"})
    assert gone.status_code == 303
    assert [(each.id, each.alt) for each in own(rt, ming)[0].pictures] == [(first, "紅色溜滑梯")]
    assert browser.post(f"{base}/pictures/arrange", {"action": "done"}).location == f"{base}/edit"


def test_the_pages_script_sends_one_picture_at_a_time_and_hears_what_is_wrong(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    draft = begin(rt, browser, ming, call_id, title="遊具")
    base = f"/my/proposals/{draft.id}"

    def send(path: str, form: dict[str, object]) -> TestResponse:
        return browser.site.post(
            f"{base}{path}",
            data=form | {"csrf_token": browser.token()},
            headers={"Accept": "application/json"},
        )

    taken = send("/pictures", {"picture": (io.BytesIO(picture()), "a.jpg"), "alt": "公園"})
    (kept,) = own(rt, ming)[0].pictures
    assert taken.get_json() == {"id": kept.id, "sha256": kept.sha256, "alt": "公園"}
    refused = send("/pictures", {"picture": (io.BytesIO(b"text"), "a.jpg")})
    assert (refused.status_code, "請選擇 JPEG" in refused.get_json()["text"]) == (422, True)
    assert send("/pictures", {}).get_json() == {"text": "請先選擇圖片。"}
    assert send("/pictures/arrange", {f"alt-{kept.id}": "大公園"}).get_json() == {"saved": 1}
    assert own(rt, ming)[0].pictures[0].alt == "大公園"
    refused = send("/pictures/arrange", {f"alt-{kept.id}": "長" * 201})
    assert refused.status_code == 422


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_a_resident_opens_in_both_languages(
    rt: Runtime, browser: Browser, ming: Actor, officer: Actor, call_id: CallId, language: str
) -> None:
    sent = put_submitted(rt, ming, call_id)
    browser.post(f"/my/calls/{call_id}/proposals/new", {"action": "save"})
    browser.speak(language)
    pages = ["/my/", f"/my/calls/{call_id}/proposals/new", "/about/privacy"]
    pages += [
        f"/my/proposals/{p.id}{rest}" for p in own(rt, ming) for rest in ("", "/edit", "/withdraw", "/check")
    ]
    pages += [f"/my/proposals/{sent.id}/edit/{part}" for part in PARTS]
    for decision in ("accept", "reject"):
        for path in pages:
            assert f'lang="{"en" if language == "en" else "zh-Hant-TW"}"' in browser.page(
                f"{path}?lang={language}"
            )
        moderation_service.decide(rt, officer, sent.id, decision=decision, reason="說明")
