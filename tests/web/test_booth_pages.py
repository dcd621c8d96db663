"""The booth's pages: what they show, what they never set, and how little they ask of the database."""

from __future__ import annotations

import gzip
import html
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from pbvote.core import canonical
from pbvote.core.rules.ballot_form import BallotForm, FormKind
from pbvote.core.rules.intake import Category, Intake
from pbvote.core.types import sha256
from pbvote.edges.web.booth.pages import PROJECTS_A_PAGE
from pbvote.platform.places import BROWSER_MODULES
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import service
from pbvote.rooms.ballotbox.help import Help
from pbvote.rooms.counting.client_modules import client_modules
from pbvote.words.grounds import weight_sentences
from pbvote.words.language import in_language
from tests.make.boxes import CLOSED, box_manifest, open_vote, signed_notice
from tests.make.visitors import in_one_line
from tests.make.votes import NORTH, TIMELINE, project

CALL = "abcdefghij23"
LANGUAGES = ["zh-TW", "en"]


def page(box: FlaskClient, path: str, language: str = "zh-TW", status: int = 200) -> str:
    response = box.get(path, headers={"Accept-Language": language})
    assert response.status_code == status
    assert "Set-Cookie" not in response.headers
    return in_one_line(response.text)


def withdraw(rt: Runtime, manifest: Any, number: int, reason: str) -> None:
    statement = canonical.encode(
        {"kind": "project-withdrawn", "project": number, "reason": reason, "time": 1}
    )
    service.receive_notice(rt, manifest.call, statement, signed_notice(manifest, statement))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", ["", "?district=north", "review", "cast", "receipt", "done"])
def test_every_page_of_the_vote_shows_in_both_languages(
    rt: Runtime, clock: Any, box: FlaskClient, language: str, step: str
) -> None:
    open_vote(rt, clock)
    text = page(box, f"/booth/{CALL}/{step}", language)
    assert f'lang="{"en" if language == "en" else "zh-Hant-TW"}"' in text
    assert "<script>" not in text
    assert "style=" not in text


def test_the_ballot_lists_the_districts_own_projects(rt: Runtime, clock: Any, box: FlaskClient) -> None:
    open_vote(rt, clock)
    north = page(box, f"/booth/{CALL}/?district=north")
    for number in (1, 2, 3, 4):
        assert f'value="{number}"' in north
    assert 'value="10"' not in north
    assert "400,000 元" in north
    assert '"max_choices":3' in html.unescape(north)


def test_a_withdrawn_project_is_struck_through_with_the_reason(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    manifest = open_vote(rt, clock)
    withdraw(rt, manifest, 2, "提案人<撤回>")
    text = page(box, f"/booth/{CALL}/?district=north")
    assert 'data-withdrawn="2"' in text
    assert "提案人&lt;撤回&gt;" in text
    row = text[text.index('value="2"') - 300 : text.index('value="2"') + 400]
    assert "struck" in row
    assert "data-choosable" not in re.findall(r'<input[^>]*value="2"[^>]*>', text)[0]
    assert "data-choosable" in re.findall(r'<input[^>]*value="1"[^>]*>', text)[0]


def test_before_the_opening_the_ballot_is_shown_but_cannot_be_filled(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    open_vote(rt, clock)
    clock.set(TIMELINE.voting_opens_at - timedelta(hours=1))
    text = page(box, f"/booth/{CALL}/?district=north")
    assert "投票於" in text
    assert "booth.js" not in text
    clock.set(CLOSED)
    assert "截止" in page(box, f"/booth/{CALL}/?district=north")


def test_a_knapsack_ballot_counts_money(rt: Runtime, clock: Any, box: FlaskClient) -> None:
    plain = box_manifest(rt)
    form = BallotForm(kind=FormKind.KNAPSACK, min_choices=0, max_choices=4)
    manifest = replace(plain, ruleset=replace(plain.ruleset, ballot_form=form))
    service.receive_manifest(rt, manifest.bytes)
    clock.set(TIMELINE.voting_opens_at)
    text = page(box, f"/booth/{CALL}/?district=north")
    assert 'data-form="{"kind":"knapsack","min_choices":0,"max_choices":4}"' in html.unescape(text)
    assert 'data-budget="1000000"' in text


def test_a_long_ballot_comes_in_pages(rt: Runtime, clock: Any, box: FlaskClient) -> None:
    projects = tuple(project(n, NORTH, 1000) for n in range(1, PROJECTS_A_PAGE + 2))
    open_vote(rt, clock, projects=projects)
    assert page(box, f"/booth/{CALL}/?district=north").count('name="project"') == PROJECTS_A_PAGE
    assert page(box, f"/booth/{CALL}/?district=north&page=2").count('name="project"') == 1
    page(box, f"/booth/{CALL}/?district=north&page=3", status=404)


def test_unknown_votes_districts_and_steps_are_not_found(rt: Runtime, clock: Any, box: FlaskClient) -> None:
    open_vote(rt, clock)
    for path in ("nosuchcall22/", f"{CALL}/?district=west", f"{CALL}/elsewhere"):
        page(box, f"/booth/{path}", status=404)


def test_a_ballot_page_takes_at_most_two_statements_whatever_its_length(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    open_vote(rt, clock, projects=tuple(project(n, NORTH, 1000) for n in range(1, 301)))
    page(box, f"/booth/{CALL}/?district=north")
    statements: list[str] = []
    event.listen(rt.engine("box"), "before_cursor_execute", lambda *call: statements.append(call[2]))
    page(box, f"/booth/{CALL}/?district=north")
    assert len([each for each in statements if not each.startswith("BEGIN")]) <= 2


def test_check_offers_the_votes_and_says_what_an_unscripted_browser_did_not_check(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    open_vote(rt, clock)
    assert "某市參與式預算" in page(box, "/booth/check")
    answer = box.post("/booth/check", data={"call": CALL, "code": "0123-4567-89AB-CDEF"})
    assert "伺服器回答" in answer.text
    wrong = box.post("/booth/check", data={"call": CALL, "code": "short"})
    assert wrong.status_code == 422
    assert 'value="short"' in wrong.text


@pytest.mark.parametrize("code", ["ABCD-EFGH-JKMN-PQRS-1", "ABCD-EFGH-JKMN-PQRS"], ids=["new", "old"])
def test_without_a_script_the_check_page_tells_mistyped_unknown_and_not_yet_apart(
    rt: Runtime, clock: Any, box: FlaskClient, code: str
) -> None:
    manifest = open_vote(rt, clock)
    typed = {"call": CALL, "code": code}
    assert "還沒有全部公開" in box.post("/booth/check", data=typed).text
    clock.set(manifest.cast_until + timedelta(minutes=59))
    assert "還沒有全部公開" in box.post("/booth/check", data=typed).text
    clock.set(manifest.cast_until + timedelta(minutes=61))
    assert "裡面沒有這個查核碼" in box.post("/booth/check", data=typed).text
    wrong = box.post("/booth/check", data={"call": CALL, "code": "ABCD-EFGH-JKMN-PQSR-1"})
    assert wrong.status_code == 422
    assert "這個查核碼打錯了" in wrong.text
    assert box.get(f"/box/{CALL}/proof/ABCD-EFGH-JKMN-PQSR-1").json["code"] == "receipt.code-mistyped"


def test_the_service_worker_is_the_manifests_file_and_may_serve_the_check_in(box: FlaskClient) -> None:
    answer = box.get("/booth/worker.js")
    assert answer.data == (BROWSER_MODULES / "worker.js").read_bytes()
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert dict(client_modules())["worker.js"] == sha256(answer.data).hex()


def test_only_booth_and_check_in_allow_a_policy_and_it_is_one(
    rt: Runtime, clock: Any, box: FlaskClient, site: FlaskClient
) -> None:
    open_vote(rt, clock)
    booth = box.get(f"/booth/{CALL}/").headers["Content-Security-Policy"]
    assert "trusted-types pbvote-worker;" in f"{booth};"
    assert "require-trusted-types-for 'script'" in booth
    assert "trusted-types 'none'" in site.get("/").headers["Content-Security-Policy"]


def test_words_categories_and_orders_find_projects_on_a_long_ballot(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    many = tuple(
        replace(
            project(number, district=NORTH, cost_twd=1000 * (100 - number)),
            title=f"公園第{number}期" if number % 2 else f"台階第{number}期",
            category="c1" if number < 5 else "",
        )
        for number in range(1, 71)
    )
    plain = box_manifest(rt)
    kinds = Intake(categories=(Category(id="c1", name="公園綠地", name_en="Parks"),))
    manifest = replace(plain, projects=many, ruleset=replace(plain.ruleset, intake=kinds))
    service.receive_manifest(rt, manifest.bytes)
    clock.set(TIMELINE.voting_opens_at + timedelta(hours=1))

    def listed(query: str) -> list[int]:
        text = page(box, f"/booth/{CALL}/?district=north&{query}")
        return [int(number) for number in re.findall(r'name="project" value="(\d+)"', text)]

    assert listed("words=公園第")[:3] == [1, 3, 5]
    assert listed("words=臺階 第2期") == [2]
    assert listed("category=c1") == [1, 2, 3, 4]
    assert listed("order=cheapest")[:2] == [70, 69]
    assert listed("order=dearest")[:2] == [1, 2]
    first, second = (listed(f"order=random&seed=7&page={at}") for at in (1, 2))
    assert sorted(first + second) == list(range(1, 71))
    assert first == listed("order=random&seed=7")
    assert first != sorted(first)
    following = page(box, f"/booth/{CALL}/?district=north&words=第&order=dearest")
    assert re.search(r'rel="next" href="\?district=north&amp;words=[^"]+order=dearest&amp;page=2"', following)
    assert "Parks" in page(box, f"/booth/{CALL}/?district=north", "en")


def test_an_english_title_stands_on_the_english_ballot(rt: Runtime, clock: Any, box: FlaskClient) -> None:
    open_vote(rt, clock, title_en="Vote 2026")
    for step in ("", "?district=north", "review", "receipt"):
        assert "Vote 2026" in page(box, f"/booth/{CALL}/{step}", "en")
        assert "Vote 2026" not in page(box, f"/booth/{CALL}/{step}")


def test_pages_without_a_secret_are_compressed_and_others_are_not(
    rt: Runtime, clock: Any, box: FlaskClient, site: FlaskClient
) -> None:
    open_vote(rt, clock)
    asked = {"Accept-Encoding": "gzip"}
    ballot = box.get(f"/booth/{CALL}/?district=north", headers=asked)
    assert ballot.headers["Content-Encoding"] == "gzip"
    assert b"<!DOCTYPE html>" in gzip.decompress(ballot.data)
    assert "Content-Encoding" not in box.get(f"/booth/{CALL}/?district=north").headers
    style = site.get("/static/css/base.css", headers=asked)
    assert b"@layer" in gzip.decompress(style.data)
    again = site.get("/static/css/base.css", headers=asked | {"If-None-Match": style.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Encoding" not in site.get("/account/sign-in", headers=asked).headers  # sets a session
    assert "Content-Encoding" not in site.get("/about/promise", headers=asked).headers  # which is sent now


@pytest.mark.parametrize("taken", ["another", "counter"])
def test_a_link_on_another_site_takes_nobodys_choices_away(
    rt: Runtime, clock: Any, box: FlaskClient, taken: str
) -> None:
    open_vote(rt, clock)
    path = f"/booth/{CALL}/?district=north&{taken}=1"
    for site, status in (("cross-site", 302), ("same-site", 302), ("same-origin", 200)):
        assert box.get(path, headers={"Sec-Fetch-Site": site}).status_code == status


def test_every_page_of_a_vote_says_whom_to_ask_without_script_or_storage(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    open_vote(rt, clock)
    told = Help(
        agency={"zh": "雲海市政府", "en": "Yunhai City"},
        contact={"zh": "民政課，電話 02-2345-6789 轉 12", "en": "Civil affairs, telephone 02-2345-6789"},
    )
    paths = [
        f"{CALL}/",
        f"{CALL}/?district=north",
        *(f"{CALL}/{step}" for step in ("review", "cast", "receipt")),
    ]
    for path in paths:
        assert f'href="/calls/{CALL}/#ask"' in page(box, f"/booth/{path}")  # nobody has told the box yet
    service.keep_help(rt, CALL, told)
    for path in paths:
        found = in_one_line(page(box, f"/booth/{path}"))
        assert '<a href="tel:0223456789,12">02-2345-6789 轉 12</a>' in found, path
        assert "雲海市政府：" in found
        answer = box.get(f"/booth/{path}", headers={"Accept-Language": "en"}).get_data(as_text=True)
        assert "Civil affairs, telephone" in answer
        assert "民政課" not in answer


def test_what_the_box_is_told_twice_is_written_once(rt: Runtime, clock: Any) -> None:
    open_vote(rt, clock)
    told = Help(agency={"zh": "甲"}, contact={"zh": "乙"})
    service.keep_help(rt, CALL, told)
    statements: list[str] = []
    event.listen(rt.engine("box"), "before_cursor_execute", lambda *call: statements.append(call[2]))
    service.keep_help(rt, CALL, told)
    assert not [each for each in statements if each.startswith("UPDATE")]


def test_a_ballot_tells_how_much_it_counts_where_grounds_differ(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    plain = open_vote(rt, clock)
    with in_language("zh"):
        told = weight_sentences(plain.ruleset)
        same = replace(plain.ruleset, grounds=tuple(replace(g, weight=1) for g in plain.ruleset.grounds))
        assert weight_sentences(same) == []
    assert told[:2] == ["就學的人，一票以 3 票計算。", "設籍的人，一票以 2 票計算。"]
    assert "".join(told) in page(box, f"/booth/{plain.call}/?district=north")
