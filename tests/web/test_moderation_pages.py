"""The officer's pages: queue, decision, workshop entry and import."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient

from pbvote.core.types import Actor, CallId, Role
from pbvote.platform.runtime import Runtime
from pbvote.rooms.proposals import queries
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.status import Status
from tests.make.files import picture
from tests.make.people import put_agency, put_resident, put_staff
from tests.make.proposals import put_submitted, workshop_table, workshop_values
from tests.make.services import MovableClock
from tests.make.visitors import Browser


@pytest.fixture
def sent(rt: Runtime, call_id: CallId) -> ProposalView:
    return put_submitted(rt, put_resident(rt, "王小明"), call_id)


def now(rt: Runtime, proposal_id: int) -> ProposalView:
    with rt.read_main() as tx:
        return queries.get(tx, proposal_id)


def test_the_queue_leads_to_the_case_and_the_case_to_a_decision(
    rt: Runtime, desk: Browser, call_id: CallId, sent: ProposalView
) -> None:
    assert f'href="/agency/proposals/{sent.id}"' in desk.page(f"/agency/calls/{call_id}/moderation")
    page = desk.page(f"/agency/proposals/{sent.id}")
    assert f'name="seen" value="{sent.revision}"' in page
    answer = desk.post(f"/agency/proposals/{sent.id}", {"decision": "accept", "seen": str(sent.revision)})
    assert answer.location == f"/agency/calls/{call_id}/moderation"
    assert now(rt, sent.id).status is Status.ACCEPTED
    assert "沒有待決定的提案" in desk.page(f"/agency/calls/{call_id}/moderation")


def test_a_correction_is_asked_for_in_taipei_time(rt: Runtime, desk: Browser, sent: ProposalView) -> None:
    form = {"decision": "correct", "reason": "請附位置", "correct_until": "2026-03-20T17:00"}
    desk.post(f"/agency/proposals/{sent.id}", form)
    until = now(rt, sent.id).correct_until
    assert until is not None
    assert until.isoformat() == "2026-03-20T09:00:00+00:00"


@pytest.mark.parametrize(
    "form",
    [
        {"decision": "reject", "reason": ""},
        {"decision": "correct", "reason": "寫了很久的理由", "correct_until": "昨天"},
        {"decision": "correct", "reason": "寫了很久的理由", "correct_until": "2020-01-01T00:00"},
        {"decision": "", "reason": "寫了很久的理由"},
    ],
)
def test_an_incomplete_decision_is_shown_again_with_what_was_typed(
    rt: Runtime, desk: Browser, sent: ProposalView, form: dict[str, str]
) -> None:
    answer = desk.post(f"/agency/proposals/{sent.id}", form)
    assert answer.status_code == 422
    assert form["reason"] in answer.get_data(as_text=True)
    assert now(rt, sent.id).status is Status.SUBMITTED


def test_a_decision_on_an_older_version_is_stopped_and_keeps_the_reason(
    rt: Runtime, desk: Browser, sent: ProposalView
) -> None:
    form = {"decision": "reject", "reason": "寫了很久的理由", "seen": "0"}
    answer = desk.post(f"/agency/proposals/{sent.id}", form)
    assert answer.status_code == 409
    assert "寫了很久的理由" in answer.get_data(as_text=True)


def test_another_agencys_desk_and_an_auditor_see_nothing(
    rt: Runtime, site: FlaskClient, officer: Actor, call_id: CallId, sent: ProposalView
) -> None:
    """NDC-06"""
    stranger = put_staff(rt, put_agency(rt, "wanhua"), "chen")
    auditor = put_staff(rt, int(officer.agency_id or 0), "audit", Role.AUDITOR)
    pages = (
        f"/agency/calls/{call_id}/moderation",
        f"/agency/proposals/{sent.id}",
        f"/agency/proposals/{sent.id}/edit",
        f"/agency/calls/{call_id}/workshop/new",
        f"/agency/calls/{call_id}/workshop/import",
        f"/agency/calls/{call_id}/workshop/template.csv",
    )
    browser = Browser(site)
    for actor, status in ((stranger, 404), (auditor, 403)):
        browser.sign_in(actor)
        for path in pages:
            assert "和平公園" not in browser.page(path, status=status)
        for path in (
            *pages[1:5],
            f"/agency/proposals/{sent.id}/withdraw",
            f"/agency/proposals/{sent.id}/pictures",
        ):
            assert browser.post(path, {"decision": "accept"} | workshop_values()).status_code == status


def test_a_workshop_proposal_is_entered_changed_pictured_and_withdrawn(
    rt: Runtime, desk: Browser, call_id: CallId
) -> None:
    """NDC-04"""
    wrong = desk.post(f"/agency/calls/{call_id}/workshop/new", workshop_values(held_on="昨天"))
    assert wrong.status_code == 422
    assert 'value="陳大文"' in wrong.get_data(as_text=True)
    entered = desk.post(f"/agency/calls/{call_id}/workshop/new", workshop_values()).location
    assert "簽到表 3 號" in desk.page(entered)
    assert 'value="2026-03-01"' in desk.page(f"{entered}/edit")
    again = desk.post(f"/agency/calls/{call_id}/workshop/new", workshop_values())
    assert again.status_code == 422
    assert "已經登錄過了" in again.get_data(as_text=True)
    assert desk.post(f"{entered}/edit", workshop_values(place="西側")).location == entered
    upload = {"picture": (io.BytesIO(picture()), "a.jpg"), "alt": "現場"}
    assert desk.post(f"{entered}/pictures", upload).location == f"{entered}#pictures"
    found = now(rt, int(entered.rsplit("/", 1)[1]))
    assert (found.place, [p.alt for p in found.pictures]) == ("西側", ["現場"])
    wrong = desk.post(f"{entered}/pictures", {"picture": (io.BytesIO(b"text"), "表.doc")})
    assert (wrong.status_code, "「表.doc」" in wrong.get_data(as_text=True)) == (422, True)
    words = {f"alt-{found.pictures[0].id}": "現場勘查", "action": "save"}
    assert desk.post(f"{entered}/pictures/arrange", words).location == f"{entered}#pictures"
    assert 'value="現場勘查"' in desk.page(entered)
    assert desk.post(f"{entered}/pictures/{found.pictures[0].id}/remove", {}).status_code == 303
    assert desk.post(f"{entered}/withdraw", {}).location == f"/agency/calls/{call_id}/moderation"
    assert now(rt, found.id).status is Status.WITHDRAWN


def test_the_offered_template_is_a_table_that_the_import_understands(
    rt: Runtime, desk: Browser, call_id: CallId
) -> None:
    template = desk.site.get(f"/agency/calls/{call_id}/workshop/template.csv").data
    line = "陳大文,說明會,115-03-01,3 號,東區,涼亭,遮陽,公園,5000,想乘涼,,\r\n".encode()
    form = {"file": (io.BytesIO(template + line), "a.csv")}
    answer = desk.post(f"/agency/calls/{call_id}/workshop/import", form)
    assert answer.status_code == 303
    page = desk.page(f"/agency/calls/{call_id}/moderation")
    assert "已匯入 1 件提案" in page
    assert "涼亭" in page


def test_a_wrong_table_lists_every_problem_with_its_line_and_imports_nothing(
    rt: Runtime, desk: Browser, call_id: CallId
) -> None:
    content = workshop_table(
        workshop_values(), workshop_values(title="乙案", cost_twd="很多", district="火星")
    )
    form = {"file": (io.BytesIO(content), "a.csv")}
    answer = desk.post(f"/agency/calls/{call_id}/workshop/import", form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert page.count("第 3 列") == 2
    assert "看不出是多少元，或不是大於 0 的整數" in page
    assert "「火星」" in page
    with rt.read_main() as tx:
        assert queries.undecided(tx, call_id) == []
    nothing = desk.post(f"/agency/calls/{call_id}/workshop/import", {})
    assert "整份檔案" in nothing.get_data(as_text=True)


def test_the_officers_pages_open_in_english(
    rt: Runtime, desk: Browser, call_id: CallId, sent: ProposalView, clock: MovableClock
) -> None:
    clock.forward(minutes=1)
    form = {"decision": "correct", "reason": "where?", "correct_until": "2026-03-20T17:00"}
    desk.post(f"/agency/proposals/{sent.id}", form)
    desk.speak("en")
    assert "Correction asked for" in desk.page(f"/agency/proposals/{sent.id}")
    assert "Awaiting correction" in desk.page(f"/agency/calls/{call_id}/moderation")
    assert "Signed sheet" in desk.page(f"/agency/calls/{call_id}/workshop/new")
    assert "Download the template" in desk.page(f"/agency/calls/{call_id}/workshop/import")
