"""The agency's desk as an officer meets it: sign in, draft, refusals, preview, publish."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pbvote.core.types import Role
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.calls import queries
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.calls.queries import PRIVACY_NOTICE_FIELDS
from pbvote.rooms.proposals import service as proposals_service
from tests.make.calls import call_values, published_call
from tests.make.files import picture
from tests.make.people import PASSWORD, hire, put_resident
from tests.make.proposals import COLLECTING, proposal_values, put_submitted
from tests.make.services import MovableClock
from tests.make.visitors import Desk, first_call, in_one_line, new_call, shilin_desk


@pytest.fixture
def desk(rt: Runtime, site: FlaskClient, clock: MovableClock) -> Desk:
    return shilin_desk(rt, site, clock)


def test_a_wrong_password_says_nothing_about_which_part_was_wrong(
    rt: Runtime, site: FlaskClient, clock: MovableClock
) -> None:
    desk = Desk(site, clock)
    answer = desk.post("/staff/sign-in", {"login": "nobody", "password": "x"})
    assert answer.status_code == 422
    assert "帳號或密碼不正確" in answer.get_data(as_text=True)
    assert 'value="nobody"' in answer.get_data(as_text=True)


def test_the_password_alone_opens_no_page(rt: Runtime, site: FlaskClient, clock: MovableClock) -> None:
    accounts_service.create_agency(rt, slug="shilin", name="士林區公所", level="township")
    hire(rt, "lin")
    desk = Desk(site, clock)
    desk.post("/staff/sign-in", {"login": "lin", "password": PASSWORD})
    assert site.get("/agency/").location.startswith("/staff/sign-in")
    clock.forward(minutes=6)
    assert site.get("/staff/code").location == "/staff/sign-in"


def test_a_sign_in_leads_only_to_pages_of_this_site(
    rt: Runtime, site: FlaskClient, clock: MovableClock
) -> None:
    accounts_service.create_agency(rt, slug="shilin", name="士林區公所", level="township")
    lin = hire(rt, "lin")
    desk = Desk(site, clock)
    desk.post("/staff/sign-in", {"login": "lin", "password": PASSWORD})
    code = lin.code(clock)
    assert desk.post("/staff/code", {"code": code, "next": "//evil.example"}).location == "/"


def test_posts_without_the_csrf_token_are_refused(desk: Desk) -> None:
    assert desk.site.post("/agency/calls/new", data=call_values()).status_code == 400


def test_a_new_call_is_drafted_checked_previewed_and_published(
    desk: Desk, rt: Runtime, clock: MovableClock
) -> None:
    saved = new_call(desk, call_values(), "check")
    call_id = first_call(rt)
    assert saved.location == f"/agency/calls/{call_id}/preview"
    page = desk.site.get(saved.location).get_data(as_text=True)
    for words in (
        "這是預覽",
        "每人最多選 3 案。",
        "預算分成 2 區：東區 5,000,000 元、西區 3,000,000 元。",
        "設籍：在民國115年1月31日（2026-01-31）以前（含當日）已在新店區設籍",
        "一票以 2 票計算",
        "得票相同時，經費較低的在前；仍然相同時，方案編號較小的在前。",
        "個人資料保護法第3條",
    ):
        assert words in page
    published = desk.post(f"/agency/calls/{call_id}/publish", {})
    assert published.location == f"/agency/calls/{call_id}"
    assert "公告徵件" in desk.site.get(published.location).get_data(as_text=True)
    clock.set(datetime(2026, 3, 20, tzinfo=UTC))
    assert "徵件中" in desk.site.get("/agency/").get_data(as_text=True)
    assert desk.site.get(f"/agency/calls/{call_id}/edit").status_code == 409


def test_findings_stand_beside_their_fields_and_nothing_typed_is_lost(desk: Desk, rt: Runtime) -> None:
    values = call_values() | {"districts.1.budget_twd": "三百多", "timeline.issue_until": "2026-04-01T09:00"}
    answer = new_call(desk, values, "check")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#f-districts-1-budget_twd"' in page
    assert 'href="#f-timeline-issue_until"' in page
    assert 'id="f-districts-1-budget_twd-error"' in page
    assert 'value="三百多"' in page
    assert "一起決定公園怎麼改造。" in page
    with rt.read_main() as tx:
        draft = queries.get_call(tx, first_call(rt)).draft
    assert draft["districts.1.budget_twd"] == "三百多"


def test_every_finding_links_to_a_field_that_is_on_the_page(desk: Desk, rt: Runtime) -> None:
    page = new_call(desk, {"title": "空的"}, "check").get_data(as_text=True)
    linked = re.findall(r'href="#(f-[^"]+)"', page)
    fields = re.findall(r'id="(f-[^"]+)"', page)
    assert len(linked) > 15
    assert set(linked) <= set(fields)
    assert linked == sorted(linked, key=fields.index)


def test_every_field_of_the_form_is_kept_by_the_draft(desk: Desk, rt: Runtime) -> None:
    page = desk.site.get("/agency/calls/new").get_data(as_text=True)
    names = set(re.findall(r'name="([^"]+)"', page)) - {"csrf_token", "action", "viewport", "color-scheme"}
    assert {"title", "districts.0.budget_twd", "notice.effect", "batch_least"} <= names
    new_call(desk, dict.fromkeys(names, "1"))
    with rt.read_main() as tx:
        assert set(queries.get_call(tx, first_call(rt)).draft) == names


def test_the_form_offers_the_services_own_numbers(desk: Desk, rt: Runtime) -> None:
    page = in_one_line(desk.site.get("/agency/calls/new").get_data(as_text=True))
    vote = rt.settings.vote
    for name, value in (
        ("batch_seconds", vote.batch_seconds),
        ("batch_least", vote.batch_least),
        ("grace_minutes", vote.grace_minutes),
    ):
        assert f'name="{name}" type="text" value="{value}"' in page


def test_rows_are_added_and_removed_without_losing_the_others(desk: Desk, rt: Runtime) -> None:
    new_call(desk, call_values())
    call_id = first_call(rt)
    edit = f"/agency/calls/{call_id}/edit"
    added = desk.post(edit, call_values() | {"action": "add-districts"})
    page = desk.site.get(added.location).get_data(as_text=True)
    assert 'name="districts.2.name"' in page
    assert 'value="西區"' in page
    desk.post(edit, call_values() | {"action": "remove-districts-0"})
    page = in_one_line(desk.site.get(edit).get_data(as_text=True))
    assert 'value="東區"' not in page
    assert 'name="districts.0.name" type="text" value="西區"' in page
    assert 'name="districts.1.name"' not in page


def test_dates_typed_in_roc_years_come_back_as_the_date_inputs_need_them(desk: Desk, rt: Runtime) -> None:
    new_call(desk, call_values() | {"timeline.voting_opens_at": "115-05-01 09:00"})
    page = desk.site.get(f"/agency/calls/{first_call(rt)}/edit").get_data(as_text=True)
    assert 'value="2026-05-01T09:00"' in page
    assert 'value="2026-01-31"' in page


def test_publishing_checks_again_and_shows_what_is_wrong(
    desk: Desk, rt: Runtime, clock: MovableClock
) -> None:
    new_call(desk, call_values())
    path = f"/agency/calls/{first_call(rt)}"
    assert desk.site.get(f"{path}/preview").status_code == 200
    clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    answer = desk.post(f"{path}/publish", {})
    assert answer.status_code == 422
    assert "這個時間已經過去了" in answer.get_data(as_text=True)


def test_another_agencys_call_does_not_exist_on_any_page(
    desk: Desk,
    rt: Runtime,
    site: FlaskClient,
) -> None:
    new_call(desk, call_values())
    path = f"/agency/calls/{first_call(rt)}"
    accounts_service.create_agency(rt, slug="xindian", name="新店區公所", level="township")
    desk.post("/sign-out", {})
    desk.enter(hire(rt, "other", agency="xindian"))
    assert "115年參與式預算" not in site.get("/agency/").get_data(as_text=True)
    for page in (path, f"{path}/edit", f"{path}/preview"):
        assert site.get(page).status_code == 404
    for page in (f"{path}/edit", f"{path}/publish"):
        assert desk.post(page, call_values()).status_code == 404


def test_an_auditor_reads_the_desk_and_drafts_nothing(desk: Desk, rt: Runtime, site: FlaskClient) -> None:
    new_call(desk, call_values())
    path = f"/agency/calls/{first_call(rt)}"
    desk.post("/sign-out", {})
    desk.enter(hire(rt, "hua", Role.AUDITOR))
    assert site.get(path).status_code == 200
    assert site.get("/agency/calls/new").status_code == 403
    assert site.get(f"{path}/edit").status_code == 403
    assert site.get("/agency/accounts").status_code == 403


def test_an_administrator_suspends_an_account_and_its_session_ends_at_once(
    desk: Desk, rt: Runtime, clock: MovableClock
) -> None:
    from pbvote.edges.web.app import create_site

    other = Desk(create_site(rt).test_client(), clock)
    other.enter(hire(rt, "chief", Role.ADMINISTRATOR))
    page = other.site.get("/agency/accounts").get_data(as_text=True)
    paths = re.findall(r'action="(/agency/accounts/\d+/suspend)"', page)
    assert len(paths) == 1
    other.post(paths[0], {})
    assert desk.site.get("/agency/").location.startswith("/staff/sign-in")
    assert "已停用" in other.site.get("/agency/accounts").get_data(as_text=True)


def test_the_desk_speaks_english(desk: Desk, rt: Runtime) -> None:
    new_call(desk, call_values())
    desk.site.set_cookie("pbvote_language", "en")
    call_id = first_call(rt)
    for page in (
        "/agency/",
        "/agency/calls/new",
        f"/agency/calls/{call_id}",
        f"/agency/calls/{call_id}/preview",
    ):
        answer = desk.site.get(page)
        assert answer.status_code == 200
        assert '<html lang="en">' in answer.get_data(as_text=True)


def resident_link(rt: Runtime) -> str:
    with rt.read_main() as tx:
        row = tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert row is not None
    return f"/account/link/{row.facts['token']}"


def test_a_resident_signs_in_with_a_mailed_link_that_only_a_button_spends(
    rt: Runtime, site: FlaskClient, clock: MovableClock
) -> None:
    visitor = Desk(site, clock)
    sent = visitor.post("/account/sign-in", {"email": "mei@example.com"})
    assert "請收信" in sent.get_data(as_text=True)
    link = resident_link(rt)
    assert "怎麼稱呼您" in site.get(link).get_data(as_text=True)
    assert visitor.post(link, {}).status_code == 422
    assert visitor.post(link, {"name": "陳小美"}).location == "/my/"
    assert site.get("/agency/").status_code == 403
    assert site.get(link).status_code == 404


def test_the_answer_to_a_mail_address_is_the_same_whether_it_has_an_account_or_not(
    rt: Runtime, site: FlaskClient, clock: MovableClock
) -> None:
    visitor = Desk(site, clock)
    new = visitor.post("/account/sign-in", {"email": "mei@example.com"}).get_data(as_text=True)
    accounts_service.use_sign_in_link(rt, resident_link(rt).rpartition("/")[2], "陳小美")
    known = visitor.post("/account/sign-in", {"email": "mei@example.com"}).get_data(as_text=True)
    assert new == known


def test_a_notice_is_rewritten_under_a_new_version_and_the_old_one_is_kept(
    rt: Runtime,
    desk: Desk,
) -> None:
    """PRA-17"""
    new_call(desk, call_values())
    with rt.read_main() as tx:
        (call,) = queries.list_of_agency(tx, 1)
    path = f"/agency/calls/{call.id}/notice"
    assert desk.site.get(path).status_code == 404  # nothing is published yet
    with rt.read_main() as tx:
        officer = accounts.staff_actor(tx, 1)
    assert officer is not None
    calls_service.publish_call(rt, officer, call.id)
    parts = {f"notice.{name}": f"新的{name}" for name in PRIVACY_NOTICE_FIELDS}
    refused = desk.post(path, parts | {"notice.rights": " "})
    assert refused.status_code == 422
    assert 'value="新的agency"' in refused.get_data(as_text=True)
    for _ in range(2):  # the same text again is no new version
        assert desk.post(path, parts).status_code == 303
    with rt.read_main() as tx:
        after = queries.get_call(tx, call.id)
        ((before, _ended),) = queries.earlier_privacy_notices(tx, call.id)
    assert after.notice is not None
    assert (after.notice.version, after.notice.purpose) == (2, "新的purpose")
    assert (before.version, before.purpose) == (1, call_values()["notice.purpose"])
    page = desk.site.get(path).get_data(as_text=True)
    assert "第 2 版" in page
    assert call_values()["notice.purpose"] in page
    assert "新的purpose" in desk.site.get(f"/calls/{call.id}/").get_data(as_text=True)


def test_what_a_resident_did_is_not_told_under_an_officers_name(
    desk: Desk, rt: Runtime, clock: MovableClock
) -> None:
    """Residents and staff are numbered apart: the first of each has the number 1."""
    with rt.read_main() as tx:
        officer = accounts.staff_actor(tx, 1)
    assert officer is not None
    call_id = published_call(rt, officer)
    ming = put_resident(rt, "王小明")
    assert ming.id == officer.id
    clock.set(COLLECTING)
    put_submitted(rt, ming, call_id)
    page = desk.site.get(f"/agency/calls/{call_id}").get_data(as_text=True)
    row = re.search(r"<tr>(?:(?!</tr>).)*送出提案.*?</tr>", page, re.S)
    assert row
    assert "民眾" in row[0]


def test_the_title_of_what_was_never_handed_in_is_not_the_officers_to_read(
    desk: Desk, rt: Runtime, clock: MovableClock
) -> None:
    with rt.read_main() as tx:
        officer = accounts.staff_actor(tx, 1)
    assert officer is not None
    call_id = published_call(rt, officer)
    ming = put_resident(rt, "王小明")
    clock.set(COLLECTING)
    draft = proposals_service.save_draft(rt, ming, call_id, proposal_values(title="校門口停車架"))
    proposals_service.attach_picture(rt, ming, draft.id, content=picture(), alt="校門")
    page = desk.site.get(f"/agency/calls/{call_id}").get_data(as_text=True)
    assert "加入圖片" in page
    assert "校門口停車架" not in page
    proposals_service.submit(rt, ming, draft.id)
    assert "校門口停車架" in desk.site.get(f"/agency/calls/{call_id}").get_data(as_text=True)
