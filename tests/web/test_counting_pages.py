"""The count as officers, auditors and everybody meet it in a browser."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient

from pbvote.platform.runtime import Runtime
from pbvote.rooms.counting import queries
from pbvote.rooms.counting.ceremony import AUDITOR_FILE, OPENING_FILE, PUBLIC_FILE
from pbvote.rooms.counting.progress import Step
from tests.make.polls import (
    ACCEPTED,
    AUDITOR_PASSPHRASE,
    PASSPHRASE,
    Poll,
    ceremony,
    closed_poll,
    moderated_poll,
)
from tests.make.services import MovableClock
from tests.make.visitors import CallDesk


def file(name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(ceremony()[name]), name


def step_of(rt: Runtime, poll: Poll) -> Step:
    with rt.read_main() as tx:
        return queries.progress_of(tx, poll.call_id).step


def test_an_officer_freezes_in_the_browser_and_small_styles_are_accepted_by_name(
    rt: Runtime, site: FlaskClient
) -> None:
    poll = moderated_poll(rt)
    desk = CallDesk(site, poll.officer, poll)
    assert "名冊上 4 人" in desk.room()
    refused = desk.act("freeze", {"public_key": file(PUBLIC_FILE), "small.d1-w1": "1"})
    assert refused.status_code == 422
    assert "f-small-d2-w1" in refused.get_data(as_text=True)
    wrong = desk.act("freeze", {"public_key": file(OPENING_FILE)})
    assert wrong.status_code == 422
    assert "public.json" in wrong.get_data(as_text=True)
    accepted = {f"small.{style}": "1" for style in ACCEPTED if style != "d1-w2"}
    done = desk.act("freeze", {"public_key": file(PUBLIC_FILE), "merge.d1-w2": "d1-w1", **accepted})
    assert done.status_code == 303
    with rt.read_main() as tx:
        vote = queries.progress_of(tx, poll.call_id)
    shown = desk.room()
    assert vote.election_hash in shown
    assert [s.id for s in vote.manifest.styles] == ["d1-w1", "d2-w1", "d2-w2"]
    poll.frozen = vote.manifest
    withdrawn = desk.act("withdraw-project", {"number": "2", "reason": "改由他處經費辦理"})
    assert withdrawn.status_code == 303
    assert desk.act("withdraw-project", {"number": "1", "reason": ""}).status_code == 422


def test_opening_certifying_and_reading_the_result_in_the_browser(
    rt: Runtime, clock: MovableClock, site: FlaskClient
) -> None:
    poll = closed_poll(rt)
    results = f"/calls/{poll.call_id}/results"
    assert site.get(results).status_code == 404
    desk = CallDesk(site, poll.officer, poll)
    wrong = desk.act(
        "open", {"key_file": file(OPENING_FILE), "passphrase": "not the passphrase", "totp": "1"}
    )
    assert wrong.status_code == 400
    assert "not the passphrase" not in wrong.get_data(as_text=True)
    code = poll.officer.code(clock)
    opened = desk.act("open", {"key_file": file(OPENING_FILE), "passphrase": PASSPHRASE, "totp": code})
    assert opened.status_code == 303
    assert "正在計票與檢查" in desk.room()
    poll.advance()
    assert "檢查全部通過" in desk.room()
    assert desk.act("certify", {"totp": poll.officer.code(clock)}).status_code == 303
    assert "還需要另一人" in desk.room()
    assert "/certify" not in desk.room()
    assert site.get(results).status_code == 404

    site.delete_cookie("pbvote_session")
    auditing = CallDesk(site, poll.auditor, poll)
    audit = f"{auditing.base}/audit"
    assert site.get(f"{auditing.base}/counting").status_code == 403
    refused = auditing.post(f"{audit}/certify", {"totp": "000000"})
    assert refused.status_code == 422
    assert auditing.post(f"{audit}/certify", {"totp": poll.auditor.code(clock)}).status_code == 303
    poll.advance()
    assert step_of(rt, poll) is Step.EXPLAINED
    report = auditing.post(
        f"{audit}/evidence",
        {"key_file": file(AUDITOR_FILE), "passphrase": AUDITOR_PASSPHRASE},
    )
    assert report.status_code == 200
    assert "全部相符" in report.get_data(as_text=True)
    mistaken = auditing.post(f"{audit}/evidence", {"key_file": file(OPENING_FILE), "passphrase": PASSPHRASE})
    assert mistaken.status_code == 400

    site.delete_cookie("pbvote_session")
    shown = auditing.page(results)
    for text in ("方案2", "備取", "入選", "場地另有用途", poll.manifest.election_hash.hex()):
        assert text in shown
    with site.get(f"/calls/{poll.call_id}/record.zip") as archive:
        assert archive.status_code == 200
        assert archive.data[:2] == b"PK"
    assert site.get(f"/calls/{poll.call_id}/outcome.json").get_json()["version"] == 1


@pytest.mark.parametrize("accept", ["zh-TW", "en"])
def test_every_page_of_the_count_renders_in_both_languages(
    rt: Runtime, site: FlaskClient, accept: str
) -> None:
    poll = closed_poll(rt)
    desk = CallDesk(site, poll.officer, poll)
    desk.site.set_cookie("pbvote_language", accept[:2])
    assert f'lang="{"en" if accept == "en" else "zh-Hant-TW"}"' in desk.room()
    poll.open_box()
    desk.room()
    poll.certify()
    desk.room()
    desk.page(f"/calls/{poll.call_id}/results")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("counting", "officer"), ("audit", "auditor")],
)
def test_the_rooms_are_for_their_roles_and_their_agency(
    rt: Runtime, site: FlaskClient, path: str, allowed: str
) -> None:
    poll = moderated_poll(rt, people=0)
    address = f"/agency/calls/{poll.call_id}/{path}"
    assert site.get(address).status_code == 302
    for who, name in ((poll.officer, "officer"), (poll.auditor, "auditor")):
        CallDesk(site, who, poll)
        assert site.get(address).status_code == (200 if name == allowed else 403)
        site.delete_cookie("pbvote_session")
