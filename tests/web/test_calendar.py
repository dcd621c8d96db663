"""The calendar file of a vote: RFC 5545, the same for everybody, and nothing of a person in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import service
from tests.make.boxes import box_manifest, open_vote
from tests.make.votes import TIMELINE

CALL = "abcdefghij23"


def unfolded(content: bytes) -> list[str]:
    return content.replace(b"\r\n ", b"").decode().split("\r\n")


@pytest.mark.parametrize("language", ["zh-TW", "en"])
def test_it_names_the_close_and_the_moment_from_which_everybody_can_check(
    rt: Runtime, clock: Any, box: FlaskClient, language: str
) -> None:
    manifest = open_vote(rt, clock)
    answer = box.get(f"/booth/{CALL}/dates.ics", headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in answer.headers
    assert box.get(f"/booth/{CALL}/dates.ics", headers={"Accept-Language": language}).data == answer.data
    lines = unfolded(answer.data)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    starts = [line.removeprefix("DTSTART:") for line in lines if line.startswith("DTSTART:")]
    assert starts == [
        TIMELINE.issue_until.strftime("%Y%m%dT%H%M%SZ"),
        TIMELINE.cast_until.replace(hour=TIMELINE.cast_until.hour + 1).strftime("%Y%m%dT%H%M%SZ"),
    ]
    said = [line for line in lines if line.startswith("SUMMARY:")]
    assert all((manifest.title in line) for line in said)
    assert ("可以查核我的票" in said[1]) is (language == "zh-TW")
    links = [line.removeprefix("URL:") for line in lines if line.startswith("URL:")]
    assert links == [f"{manifest.origin}/calls/{CALL}/", f"{manifest.origin}/booth/check"]
    names = [line for line in lines if line.startswith("UID:")]
    assert len(set(names)) == 2


def test_long_titles_and_signs_with_a_meaning_are_folded_and_escaped(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    title = "公園; 步道, 與\\「長椅」" + "很長的名稱" * 12
    service.receive_manifest(rt, replace(box_manifest(rt), title=title).bytes)
    content = box.get(f"/booth/{CALL}/dates.ics").data
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert content.count(b"\n") == content.count(b"\r\n")
    (first, _second) = [line for line in unfolded(content) if line.startswith("SUMMARY:")]
    assert "公園\\; 步道\\, 與\\\\「長椅」" in first
    assert first.endswith("很長的名稱")


def test_an_unknown_vote_has_no_calendar(box: FlaskClient) -> None:
    assert box.get("/booth/nosuchcall22/dates.ics").status_code == 404
