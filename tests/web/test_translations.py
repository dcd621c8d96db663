"""What an agency wrote in the languages of its readers: officers enter it; what lacks is told in time."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from pbvote.core.types import Actor
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.calls import queries, translations
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.calls.queries import PRIVACY_NOTICE_FIELDS, CallView
from tests.make.calls import call_values
from tests.make.services import MovableClock
from tests.make.visitors import Desk, first_call, in_one_line, new_call, shilin_desk

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def desk(rt: Runtime, site: FlaskClient, clock: MovableClock) -> Desk:
    return shilin_desk(rt, site, clock)


def draft(desk: Desk, rt: Runtime) -> CallView:
    new_call(desk, call_values())
    return now(rt)


def now(rt: Runtime) -> CallView:
    with rt.read_main() as tx:
        return queries.get_call(tx, first_call(rt))


def officer(rt: Runtime) -> Actor:
    with rt.read_main() as tx:
        found = accounts.staff_actor(tx, 1)
    assert found is not None
    return found


def shown(call: CallView) -> dict[str, str]:
    """The hidden fields: what the page held when it was opened."""
    return {f"was.{piece.digest}": piece.translation for piece in translations.pieces(call, "en")}


def typed(call: CallView, **by_text: str) -> dict[str, str]:
    """The form of the page with a translation for every text, or those given by field."""
    return {
        f"t.{piece.digest}": by_text.get(piece.name.replace(".", "_"), f"English of {piece.name}")
        for piece in translations.pieces(call, "en")
    }


def test_the_preview_says_which_language_lacks_how_many_texts_and_nothing_once_they_are_there(
    desk: Desk, rt: Runtime
) -> None:
    call = draft(desk, rt)
    path = f"/agency/calls/{call.id}/languages/en"
    lacking = translations.missing(call, "en")
    # title and the first district have English fields of their own
    names = {piece.name for piece in lacking}
    assert {"description_md", "contact", "grounds.0.area", "districts.1.name"} <= names
    assert {f"notice.{name}" for name in PRIVACY_NOTICE_FIELDS} <= names
    assert not {"title", "districts.0.name"} & names
    preview = in_one_line(desk.page(f"/agency/calls/{call.id}/preview"))
    assert f"英文還缺 {len(lacking)} 段" in preview
    assert path in preview
    assert desk.post(path, typed(call)).status_code == 303
    preview = in_one_line(desk.page(f"/agency/calls/{call.id}/preview"))
    assert "英文還缺" not in preview


def test_an_english_reader_reads_what_the_officer_gave_and_a_chinese_reader_the_text_itself(
    desk: Desk, rt: Runtime
) -> None:
    call = draft(desk, rt)
    desk.post(f"/agency/calls/{call.id}/languages/en", typed(call, notice_purpose="To see who you are."))
    calls_service.publish_call(rt, officer(rt), call.id)
    page = desk.site.get(f"/calls/{call.id}/", headers=ENGLISH).get_data(as_text=True)
    for text in ("English of description_md", "To see who you are.", "English of contact"):
        assert text in page
    assert "had been registered" in page or "English of grounds.0.area" in page
    assert call.draft["notice.purpose"] not in page
    desk.site.delete_cookie("pbvote_language")
    page = desk.site.get(f"/calls/{call.id}/", headers={"Accept-Language": "zh-TW"}).get_data(as_text=True)
    assert call.draft["notice.purpose"] in page
    assert "To see who you are." not in page


def test_a_notice_that_is_revised_loses_the_translation_of_what_it_said_before(
    desk: Desk, rt: Runtime
) -> None:
    call = draft(desk, rt)
    desk.post(f"/agency/calls/{call.id}/languages/en", typed(call, notice_purpose="To see who you are."))
    calls_service.publish_call(rt, officer(rt), call.id)
    parts = {f"notice.{name}": call.draft[f"notice.{name}"] for name in PRIVACY_NOTICE_FIELDS}
    desk.post(f"/agency/calls/{call.id}/notice", parts | {"notice.purpose": "另一個目的。"})
    page = desk.site.get(f"/calls/{call.id}/", headers=ENGLISH).get_data(as_text=True)
    assert "To see who you are." not in page
    assert re.search(r'<span lang="zh-Hant-TW">另一個目的。</span>', page)
    (lacking,) = translations.missing(now(rt), "en")
    assert lacking.text == "另一個目的。"
    # the text of before is asked for again when it comes back, and its translation with it
    desk.post(f"/agency/calls/{call.id}/notice", parts)
    assert translations.missing(now(rt), "en") == []


def test_what_a_translation_replaced_after_publication_is_kept_with_its_time(desk: Desk, rt: Runtime) -> None:
    call = draft(desk, rt)
    path = f"/agency/calls/{call.id}/languages/en"
    desk.post(path, typed(call, contact="Room 1"))
    desk.post(path, shown(now(rt)) | typed(call, contact="Room 2"))
    calls_service.publish_call(rt, officer(rt), call.id)
    desk.post(path, shown(now(rt)) | typed(call, contact="Room 3"))
    with rt.read_main() as tx:
        row = queries.locked(tx, call.id)
        assert [each["text"] for each in row.translations["replaced"]] == ["Room 2"]
        assert row.translations["replaced"][0]["until"]


def test_two_officers_never_overwrite_each_other_unseen(desk: Desk, rt: Runtime) -> None:
    call = draft(desk, rt)
    path = f"/agency/calls/{call.id}/languages/en"
    opened = shown(call)
    assert desk.post(path, opened | typed(call, contact="Mine")).status_code == 303
    answer = desk.post(path, opened | typed(call, contact="Yours"))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "同事剛才改過這一段，現在是「Mine」" in page
    assert 'value="Yours"' in page  # nothing typed is lost
    assert desk.post(path, shown(now(rt)) | typed(call, contact="Yours")).status_code == 303
    assert now(rt).translation(call.contact, "en") == "Yours"


def test_a_text_too_long_is_refused_with_its_length_and_the_others_stay_typed(
    desk: Desk, rt: Runtime
) -> None:
    call = draft(desk, rt)
    path = f"/agency/calls/{call.id}/languages/en"
    answer = desk.post(path, typed(call, contact="長" * 1001, description_md="Kept"))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "1001" in page or "1,001" in page
    assert "Kept" in page
    assert translations.missing(now(rt), "en") == translations.missing(call, "en")


def test_the_suggested_notice_comes_with_its_translation_to_be_read_and_saved(
    desk: Desk, rt: Runtime
) -> None:
    call = draft(desk, rt)
    page = in_one_line(desk.page(f"/agency/calls/{call.id}/languages/en"))
    assert "Which projects you vote for is not kept with these data." in page
    assert page.count("這是系統建議文字的翻譯") == len(PRIVACY_NOTICE_FIELDS) - 1  # all but the agency's name
    assert translations.missing(call, "en")  # offered is not given


def test_no_such_language(desk: Desk, rt: Runtime) -> None:
    call = draft(desk, rt)
    for code in ("zh", "xx"):
        assert desk.site.get(f"/agency/calls/{call.id}/languages/{code}").status_code == 404
    assert desk.site.get(f"/agency/calls/{call.id}/languages").status_code == 200


@pytest.mark.parametrize("own", [True, False])
def test_a_reader_of_a_further_language_reads_theirs_else_english_that_says_so(
    desk: Desk, rt: Runtime, own: bool
) -> None:
    call = draft(desk, rt)
    assert desk.post(f"/agency/calls/{call.id}/languages/en", typed(call)).status_code == 303
    if own:
        given = {f"t.{piece.digest}": f"Tiếng Việt {piece.name}" for piece in translations.pieces(call, "vi")}
        assert desk.post(f"/agency/calls/{call.id}/languages/vi", given).status_code == 303
    calls_service.publish_call(rt, officer(rt), call.id)
    answer = desk.site.get(f"/calls/{call.id}/", headers={"Accept-Language": "vi"})
    page = in_one_line(answer.get_data(as_text=True))
    if own:
        assert '<div class="prose"><p>Tiếng Việt description_md</p>' in page
        assert "English of" not in page
    else:
        assert '<div class="prose" lang="en"><p>English of description_md</p>' in page
        assert '<span lang="en">English of notice.purpose</span>' in page
