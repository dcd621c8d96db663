"""Nothing that was typed is cut without a word; comparing and searching fold both sides."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from pbvote.core.errors import InvalidInput, findings_of
from pbvote.core.rules.intake import ReadableFrom
from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.counting import service as counting_service
from pbvote.rooms.engagement import service as engagement_service
from pbvote.rooms.engagement import talking
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import search, service
from pbvote.rooms.proposals.pictures import encode
from pbvote.rooms.proposals.search import Search, Searched
from pbvote.rooms.proposals.similar import ranked
from tests.make.calls import call_values
from tests.make.people import put_resident
from tests.make.proposals import put_submitted, workshop_values
from tests.make.visitors import Browser
from tests.typed import spellings as spelt


def findings(act: Callable[[], object]) -> list[InvalidInput]:
    try:
        act()
    except InvalidInput as error:
        return list(findings_of(error))
    return []


# --- the form of a call


LONG = {
    "title": 100,
    "title_en": 100,
    "description_md": 20_000,
    "contact": 1000,
    "notice.rights": 20_000,
    "districts.0.name": 200,
    "grounds.0.area": 200,
}


@pytest.mark.parametrize(("name", "most"), LONG.items())
def test_a_text_of_a_call_is_kept_whole_and_refused_with_its_length(
    rt: Runtime, officer: Actor, name: str, most: int
) -> None:
    values = call_values() | {name: "字" * (most + 1)}
    call = calls_service.create_call(rt, officer, values)
    assert call.draft[name] == values[name]
    (finding,) = findings(lambda: calls_service.publish_call(rt, officer, call.id))
    assert (finding.field, finding.code) == (name, "typed.text-too-long")
    assert (finding.facts["most"], finding.facts["length"]) == (most, most + 1)
    fits = call_values() | {name: "字" * most}
    assert findings(lambda: calls_service.review_draft(rt, fits)) == []


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("typed", [spelt.INVISIBLE[0], spelt.INVISIBLE[2], *spelt.TURNED])
def test_invisible_and_turned_texts_of_a_call_are_refused(
    rt: Runtime, officer: Actor, name: str, typed: str
) -> None:
    found = findings(lambda: calls_service.review_draft(rt, call_values() | {name: typed}))
    assert {finding.field for finding in found} == {name}


def test_more_rows_than_fit_are_kept_and_refused_with_their_number(rt: Runtime, officer: Actor) -> None:
    many = {f"categories.{at}.name": f"第 {at} 類" for at in range(61)}
    call = calls_service.create_call(rt, officer, call_values() | many)
    assert len([name for name in call.draft if name.startswith("categories.")]) == 61
    (finding,) = findings(lambda: calls_service.publish_call(rt, officer, call.id))
    assert (finding.field, finding.code, finding.facts["count"]) == ("categories", "typed.rows-too-many", 61)


def test_a_notice_too_long_is_refused_and_stays_on_the_page(
    rt: Runtime, officer: Actor, call_id: CallId, site: FlaskClient
) -> None:
    desk = Browser(site)
    desk.sign_in(officer)
    page = desk.page(f"/agency/calls/{call_id}/notice")
    typed = dict(re.findall(r'name="(notice\.\w+)"[^>]*>\n?([^<]*)</textarea>', page))
    assert len(typed) == 9 or typed
    values = {name: text or "x" for name, text in typed.items()} | {"notice.rights": "權" * 20_001}
    answer = desk.post(f"/agency/calls/{call_id}/notice", values)
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "權" * 20_001 in shown
    assert "最多 20000 個字，目前有 20001 個字" in shown


def test_a_vote_too_far_ahead_is_refused_when_it_is_published(rt: Runtime, officer: Actor) -> None:
    later = {name: value.replace("2026-", "2036-") for name, value in call_values().items()}
    later |= {"grounds.0.cut_off_on": "2036-01-31", "grounds.1.cut_off_on": "2036-01-31"}
    found = findings(lambda: calls_service.review_draft(rt, later))
    assert {finding.code for finding in found} == {"rules.date-absurd"}
    assert {"timeline.voting_opens_at", "timeline.proposals_close_at"} <= {finding.field for finding in found}


def test_the_page_names_the_other_field_and_its_date(
    officer: Actor, call_id: CallId, site: FlaskClient
) -> None:
    desk = Browser(site)
    desk.sign_in(officer)
    wrong = call_values() | {"timeline.issue_until": "2026-04-30T09:00", "action": "check"}
    page = desk.post("/agency/calls/new", wrong).get_data(as_text=True)
    assert (
        "民國115年4月30日（2026-04-30） 09:00 必須在「投票開始」（民國115年5月1日（2026-05-01） 09:00）之後"
        in page
    )


# --- what people say


def test_every_text_that_is_shown_is_refused_when_too_long_or_turned_round(
    rt: Runtime, officer: Actor, call_id: CallId
) -> None:
    ming = put_resident(rt, "王小明")
    sent = put_submitted(rt, put_resident(rt, "陳大文"), call_id)
    waiting = put_submitted(rt, ming, call_id, title="另一案")
    moderation_service.decide(rt, officer, sent.id, decision="accept")
    comment = talking.comment(rt, ming, sent.id, body="好")

    def reject(text: str) -> object:
        return moderation_service.decide(rt, officer, waiting.id, decision="reject", reason=text)

    doors: dict[str, tuple[int, Callable[[str], object]]] = {
        "body": (1000, lambda text: talking.comment(rt, ming, sent.id, body=text)),
        "question": (1000, lambda text: talking.ask(rt, ming, sent.id, body=text)),
        "report": (500, lambda text: engagement_service.report(rt, ming, comment, reason=text)),
        "hide": (500, lambda text: engagement_service.hide(rt, officer, comment, reason=text)),
        "decision": (2000, reject),
        "label": (
            40,
            lambda text: moderation_service.classify(rt, officer, sent.id, track="", exclusive=text),
        ),
        "name": (60, lambda text: accounts_service.request_sign_in_link(rt, "a@example.org", text)),
        "withdrawal": (500, lambda text: counting_service.withdraw_project(rt, officer, call_id, 1, text)),
        "proposer": (200, lambda text: _entered(rt, officer, call_id, proposer_name=text)),
        "meeting": (200, lambda text: _entered(rt, officer, call_id, meeting=text)),
    }
    for name, (most, act) in doors.items():
        (long,) = findings(lambda act=act, most=most: act("字" * (most + 1)))  # type: ignore[misc]
        assert (long.code, long.facts["length"]) == ("typed.text-too-long", most + 1), name
        for turned in spelt.TURNED:
            (finding,) = findings(lambda act=act, turned=turned: act(turned))  # type: ignore[misc]
            assert finding.code == "typed.text-turned", name
        for unseen in spelt.INVISIBLE:
            assert findings(lambda act=act, unseen=unseen: act(unseen)), (name, unseen)  # type: ignore[misc]


def _entered(rt: Runtime, officer: Actor, call_id: CallId, **changes: str) -> object:
    return service.enter_workshop_proposal(rt, officer, call_id, workshop_values(**changes))


def test_a_draft_with_a_text_too_long_is_kept_whole_on_its_page(
    rt: Runtime, call_id: CallId, site: FlaskClient
) -> None:
    browser = Browser(site)
    browser.sign_in(put_resident(rt, "王小明"))
    answer = browser.post(f"/my/calls/{call_id}/proposals/new", {"title": "題" * 301, "summary": "x"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "題" * 301 in page
    assert "最多 300 個字，目前有 301 個字" in page


# --- comparing and searching


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("公園（東側）改造", "（東側）"),
        ("公園（東側）改造", "(東側)"),
        ("１００號防火巷", "１００"),
        ("１００號防火巷", "100號"),
        ("臺北步道", "台北"),
        ("台北步道", "臺北"),
        ("Ｐａｒｋ 步道", "PARK"),
        ("公\u200b園步道", "公園"),
        ("㈱步道", "(株)"),
        ("100%步道", "１００％"),
        ("里鄰公廁", "公厠"),
        ("里鄰公厠", "公廁"),
        ("老樹羣步道", "樹群"),
    ],
)
def test_a_search_finds_whatever_spelling_either_side_has(
    rt: Runtime, officer: Actor, call_id: CallId, site: FlaskClient, title: str, words: str
) -> None:
    sent = put_submitted(rt, put_resident(rt, "王小明"), call_id, title=title)
    moderation_service.decide(rt, officer, sent.id, decision="accept")
    with rt.read_main() as tx:
        assert search.list_public(tx, call_id, Search(words=words)).total == 1
        assert search.list_public(tx, call_id, Search(words="火星")).total == 0
        shown = {str(call_id): Searched(readable_from=ReadableFrom.DECISION)}
        assert [one.id for one in search.find_everywhere(tx, words, calls=shown).items] == [sent.id]
    front = Browser(site).page(f"/?words={words.replace('%', '%25').replace('％', '%EF%BC%85')}")
    assert f"/proposals/{sent.id}" in front


def test_the_description_is_searched_in_either_spelling(rt: Runtime, officer: Actor, call_id: CallId) -> None:
    sent = put_submitted(rt, put_resident(rt, "王小明"), call_id, description_md="在臺北（東側）的說明")
    moderation_service.decide(rt, officer, sent.id, decision="accept")
    with rt.read_main() as tx:
        assert search.list_public(tx, call_id, Search(words="台北(東側)")).total == 1


def test_alike_is_what_differs_in_width_alone() -> None:
    assert ranked("１００號（東側）步道", "", [(1, "100號(東側)步道", "")])[0][1] >= 0.6


def test_the_same_proposal_in_another_width_is_entered_twice(
    rt: Runtime, officer: Actor, call_id: CallId
) -> None:
    service.enter_workshop_proposal(rt, officer, call_id, workshop_values(title="公園（東側）"))
    found = findings(lambda: _entered(rt, officer, call_id, title="公園(東側)", proposer_name="陳大文 "))
    assert [finding.code for finding in found] == ["proposals.entered-twice"]


def test_a_label_in_another_width_is_the_same_label(rt: Runtime, officer: Actor, call_id: CallId) -> None:
    ming = put_resident(rt, "王小明")
    one, other = (put_submitted(rt, ming, call_id, title=title) for title in ("甲", "乙"))
    moderation_service.classify(rt, officer, one.id, track="", exclusive="公園Ａ")
    assert (
        moderation_service.classify(rt, officer, other.id, track="", exclusive="公園a").exclusive == "公園Ａ"
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"districts.0.name": "臺北區", "districts.1.name": "台北區"}, "districts.1.name"),
        ({"categories.0.name": "公園", "categories.1.name": "公\u200b園"}, "categories.1.name"),
        ({"grounds.0.area": "臺北市", "grounds.1.area": "台北市"}, "grounds.1.kind"),
    ],
)
def test_two_names_that_look_alike_are_the_same_name(
    rt: Runtime, changes: dict[str, str], field: str
) -> None:
    (finding,) = findings(lambda: calls_service.review_draft(rt, call_values() | changes))
    assert (finding.field, finding.code) == (field, "rules.twice")


# --- rules, without any form


def test_rules_with_dates_of_another_age_are_refused_wherever_they_come_from(rt: Runtime) -> None:
    from dataclasses import replace
    from datetime import date

    rules: Ruleset = calls_service.review_draft(rt, call_values())
    ground = rules.grounds[0]
    for wrong, field in (
        (replace(rules, age_on=date(115, 11, 20)), "age_on"),
        (replace(rules, age_on=date(2127, 1, 1)), "age_on"),
        (replace(rules, grounds=(replace(ground, cut_off_on=date(115, 1, 1)),)), "grounds.0.cut_off_on"),
        (replace(rules, grounds=(replace(ground, cut_off_on=date(2030, 1, 1)),)), "grounds.0.cut_off_on"),
    ):
        assert [finding.field for finding in findings(wrong.check)] == [field]
    later = datetime(2127, 5, 10, 9, tzinfo=UTC)
    timeline = replace(rules.timeline, issue_until=later, cast_until=later.replace(hour=10))
    found = {finding.field for finding in findings(replace(rules, timeline=timeline).check)}
    assert found == {"timeline.issue_until", "timeline.cast_until"}


# --- pictures


@pytest.mark.parametrize("transposed", [False, True])
def test_a_picture_of_sixteen_bit_grey_keeps_its_shades(transposed: bool) -> None:
    shades = np.linspace(0, 65535, 64 * 64, dtype=np.uint16).reshape(64, 64)
    out = io.BytesIO()
    exif = Image.Exif()
    if transposed:
        exif[0x0112] = 3
    Image.fromarray(shades).save(out, "PNG", exif=exif)
    with Image.open(io.BytesIO(encode(out.getvalue()).content)) as kept:
        grey = np.asarray(kept.convert("L")).astype(int)
    expected = (shades >> 8).astype(int)
    expected = expected[::-1, ::-1] if transposed else expected
    assert abs(grey - expected).mean() < 3


def test_what_a_page_says_of_an_amount_is_what_the_server_reads(site: FlaskClient) -> None:
    for typed, amount in spelt.MONEY.items():
        read = site.get("/amount", query_string={"typed": typed}).get_json()
        assert read == {"said": f"讀成 {amount:,} 元", "amount": amount}, typed
    for typed in spelt.NO_MONEY:
        read = site.get("/amount", query_string={"typed": typed}).get_json()
        assert read["amount"] is None, typed
        assert "看不出是多少元" in read["said"]
    assert site.get("/amount").get_json() == {"said": "", "amount": None}
