"""After the result: the board, a winner's page, the table and the feed, and the officers' forms."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from xml.etree import ElementTree as Xml

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from pbvote.core.types import Actor
from pbvote.edges.web.base import downloads
from pbvote.platform.runtime import Runtime
from pbvote.rooms.delivery import queries, schedule, service
from pbvote.rooms.delivery.models import Delivery
from pbvote.rooms.delivery.queries import DeliveryView
from pbvote.rooms.engagement import queries as engagement
from tests.make.delivered import certified_poll, delivered_poll, said
from tests.make.files import picture
from tests.make.people import put_agency, put_resident, put_staff
from tests.make.polls import Poll, closed_poll
from tests.make.visitors import Browser, in_one_line

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def poll(rt: Runtime) -> Poll:
    return delivered_poll(rt)


@pytest.fixture
def office(site: FlaskClient, poll: Poll) -> Browser:
    """The officer, signed in."""
    browser = Browser(site)
    browser.sign_in(poll.officer)
    return browser


def now(poll: Poll, number: int = 2) -> DeliveryView:
    with poll.rt.read_main() as tx:
        return queries.get(tx, poll.call_id, number)


def say(poll: Poll, number: int = 2, *, photo: bytes = b"", **changes: str) -> None:
    found = now(poll, number)
    start = said(state=found.state.value, spent_twd=str(found.spent_twd or ""))
    service.update(
        poll.rt, poll.officer, poll.call_id, number, start | changes, seen=found.version, photo=photo
    )


def read(browser: Browser, path: str, language: str = "zh", *, status: int = 200) -> str:
    browser.speak(language)
    return in_one_line(browser.page(path, status=status))


def one(poll: Poll, number: int = 2) -> str:
    return f"/calls/{poll.call_id}/projects/{number}/progress"


# --- what everybody sees


def test_a_winner_that_was_just_certified_has_not_started(poll: Poll, browser: Browser) -> None:
    shown = read(browser, one(poll))
    assert "尚未開始：承辦機關還沒有更新進度。" in shown
    assert '<li class="is-now" aria-current="step"><b>核定</b>' in shown
    assert "2,500,000 元" in shown
    assert "tel:0200000000" in shown  # the call's telephone, while no office is named
    assert "Not started" in read(browser, one(poll), "en")


def test_before_the_certification_and_for_losers_there_is_no_such_page(rt: Runtime, browser: Browser) -> None:
    poll = closed_poll(rt)
    for number in (1, 2, 3):
        browser.page(one(poll, number), status=404)
    assert "還沒有投票結果公告" in read(browser, "/progress")
    poll.open_box()
    poll.certify()
    service.take_up(rt)
    browser.page(one(poll, 3), status=404)  # withdrawn
    browser.page(one(poll, 2))


def test_the_page_tells_state_dates_money_and_reasons(poll: Poll, browser: Browser) -> None:
    rows = {"tendered.planned": "2026-06-01", "finished.planned": "2026-09-30", "own.0.title": "說明會"}
    schedule.plan(poll.rt, poll.officer, poll.call_id, 2, rows, seen=1)
    poll.clock.set(datetime.fromisoformat("2026-06-11T04:00:00+00:00"))
    shown = read(browser, one(poll))
    assert "逾期 10 天" in shown
    assert "10 days overdue" in read(browser, one(poll), "en")
    say(poll, state="tendered", since_on="2026-06-05", spent_twd="130000", note="兩家投標。")
    shown = read(browser, one(poll))
    assert "逾期" not in shown
    assert "115年6月5日（五）" in shown
    assert "晚了 4 天" in shown
    assert '<p class="talk__body">兩家投標。</p>' in shown
    assert "已支用：130,000 元" in shown
    assert "說明會" in shown
    say(poll, state="cancelled", note="土地不能用。")
    shown = read(browser, one(poll))
    assert "這個方案取消執行" in shown
    assert "土地不能用。" in shown
    assert "投票結果不變" in shown
    results = read(browser, f"/calls/{poll.call_id}/results")
    assert "大家選出了 3 個方案" in results
    assert "tag--cancelled" in results


def test_the_officers_name_is_for_the_agency_alone(poll: Poll, browser: Browser, site: FlaskClient) -> None:
    say(poll, state="tendered")
    assert ">officer<" not in read(browser, one(poll))
    desk = Browser(site)
    desk.sign_in(poll.officer)
    assert "· officer" in read(desk, f"/agency/calls/{poll.call_id}/progress/2")


def test_a_rewritten_history_is_said_aloud(poll: Poll, browser: Browser) -> None:
    from sqlalchemy import update

    from pbvote.rooms.delivery.models import Change

    say(poll, state="tendered", note="晚了兩個月。")
    assert "指紋不符" not in read(browser, one(poll))
    with poll.rt.main() as tx:
        tx.execute(update(Change).values(note="一切順利。"))
    assert "指紋不符" in read(browser, one(poll))


def test_photographs_are_shown_with_their_words_and_go_when_they_are_taken_away(
    poll: Poll, browser: Browser
) -> None:
    say(poll, photo=picture(), alt="堆著雜物的空地", moment="before")
    say(poll, photo=picture(shade=7), alt="新的球場", moment="after", state="finished")
    shown = read(browser, one(poll))
    assert shown.count('loading="lazy"') == 2
    assert 'alt="新的球場"' in shown
    sha = now(poll).photos[1].sha256
    for name in (f"{sha}.webp", f"{sha}-320.webp", f"{sha}-800.webp"):
        answer = browser.site.get(f"/media/delivery/{name}")
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert browser.site.get(f"/media/delivery/{sha}-99.webp").status_code == 404
    assert f'og:image" content="{poll.rt.settings.web.origin}/media/delivery/{sha}-800.webp' in shown
    service.remove_photo(poll.rt, poll.officer, poll.call_id, 2, now(poll).photos[1].id, reason="有路人")
    assert browser.site.get(f"/media/delivery/{sha}-320.webp").status_code == 404
    assert "有路人" in read(browser, one(poll))


def test_the_board_counts_groups_and_names_what_is_late(poll: Poll, browser: Browser) -> None:
    say(poll, 2, state="finished", spent_twd="2400000")
    schedule.plan(poll.rt, poll.officer, poll.call_id, 5, {"finished.planned": "2026-06-01"}, seen=1)
    poll.clock.set(datetime.fromisoformat("2026-06-04T04:00:00+00:00"))
    shown = read(browser, "/progress")
    assert "33%<small>，3 案中 1 案</small>" in shown
    assert "2,400,000 元" in shown
    assert '<h2 id="late">' in shown
    assert shown.index("逾期 3 天") > 0
    for state, count in (("核定", 2), ("發包", 0), ("完工", 1)):
        assert re.search(rf'<h2 id="s-\w+">{state}<span aria-hidden="true">{count}</span>', shown), state
    assert 'id="s-cancelled"' not in shown
    late = read(browser, "/progress?late=1")
    assert "1 個方案" in late
    assert "方案5" in late
    assert "方案2" not in late
    west = read(browser, "/progress?district=西區")
    assert "0%<small>，1 案中 0 案</small>" in west
    assert "沒有符合條件" in read(browser, "/progress?year=99")
    assert "沒有符合條件" in read(browser, "/progress?agency=nobody&state=finished")
    assert "1 個方案" in read(browser, "/progress?state=finished")
    assert "方案2" in read(browser, f"/progress?call={poll.call_id}")


def test_the_board_says_what_is_planned_and_what_is_cancelled(poll: Poll, browser: Browser) -> None:
    assert "含取消" not in read(browser, "/progress")
    rows = {"tendered.planned": "2026-08-01", "building.planned": "2026-08-01", "own.0.title": "說明會"}
    schedule.plan(poll.rt, poll.officer, poll.call_id, 2, rows | {"own.0.planned": "2026-12-01"}, seen=1)
    say(poll, 3, state="cancelled", note="土地不能用。")
    shown = re.sub("<[^>]*>", "", read(browser, "/progress"))
    assert re.search("施工：預定 *115年8月1日（六）", shown), re.findall(".{9}預定 *.{14}", shown)
    assert "含取消的 1 案" in shown
    assert "含取消方案的 " in shown
    say(poll, state="building")
    shown = re.sub("<[^>]*>", "", read(browser, "/progress"))
    assert re.search("說明會：預定 *115年12月1日（二）", shown)


def test_a_long_list_is_paged_and_the_pages_keep_the_filters(poll: Poll, browser: Browser) -> None:
    fill(poll, 60)
    shown = read(browser, "/progress?state=building&page=2")
    assert "第 2 頁，共 3 頁" in shown
    assert "state=building&amp;page=3" in shown.replace(
        "page=3&amp;state=building", "state=building&amp;page=3"
    )
    column = read(browser, "/progress")
    assert "看全部 60 案" in column
    assert "第 3 頁" in read(browser, "/progress?state=building&page=99")


def fill(poll: Poll, count: int) -> None:
    """So many more winners, all being built."""
    row = now(poll)
    with poll.rt.main() as tx:
        tx.add_all(
            Delivery(
                call_id=poll.call_id,
                number=1000 + n,
                proposal_id=row.proposal_id,
                agency_id=row.agency_id,
                year=115,
                district="d1",
                district_name="東區",
                title=f"大方案{n}",
                granted_twd=100_000,
                certified_on=row.certified_on,
                state="building",
                since_on=row.since_on,
                office="公所",
                telephone="",
                version=1,
            )
            for n in range(count)
        )


def test_pages_ask_as_often_for_many_projects_as_for_few(
    poll: Poll, browser: Browser, office: Browser
) -> None:
    paths = ("/", "/progress", "/progress?state=building", "/progress.csv", "/progress.atom")
    desk = ("/agency/progress", f"/agency/calls/{poll.call_id}/progress", "/agency/")
    say(poll, state="building", note="動工")
    asked: list[str] = []

    def statement(*call: object) -> None:
        asked.append(str(call[2]))

    def counts() -> list[int]:
        found = []
        for path in (*paths, *desk):
            asked.clear()
            assert office.site.get(path).status_code == 200
            found.append(len(asked))
        return found

    event.listen(poll.rt.engine("main"), "before_cursor_execute", statement)
    try:
        few = counts()
        fill(poll, 400)
        assert counts() == few
    finally:
        event.remove(poll.rt.engine("main"), "before_cursor_execute", statement)


def test_every_door_leads_to_the_progress(poll: Poll, browser: Browser) -> None:
    say(poll, state="building")
    page = f"/calls/{poll.call_id}"
    assert f'href="{one(poll)}"' in read(browser, f"{page}/projects/2")
    assert f"/progress?call={poll.call_id}" in read(browser, f"{page}/results")
    assert '<a href="/progress"' in read(browser, "/about/pages")
    front = read(browser, "/")
    assert "入選的方案 3 案，已完工 0 案。" in front
    assert f'href="{one(poll)}"' in front
    assert "執行進度" not in read(browser, f"{page}/projects/1").partition("<main")[2]


def test_the_proposer_finds_it_among_their_own(poll: Poll, site: FlaskClient, ming: Actor) -> None:
    from sqlalchemy import update

    from pbvote.rooms.proposals.models import Proposal

    own = now(poll).proposal_id
    with poll.rt.main() as tx:
        tx.execute(update(Proposal).where(Proposal.id == own).values(proposer_id=ming.id))
    say(poll, state="building")
    mine = Browser(site)
    mine.sign_in(ming)
    assert 'tag--building">施工' in read(mine, "/my/")
    assert f'href="{one(poll)}"' in read(mine, f"/my/proposals/{own}")


def test_a_resident_follows_from_the_page_and_comes_back_to_it(
    poll: Poll, site: FlaskClient, ming: Actor
) -> None:
    mine = Browser(site)
    mine.sign_in(ming)
    assert "追蹤這個方案" in read(mine, one(poll))
    form = {"proposal": str(now(poll).proposal_id), "wanted": "1", "back": "progress"}
    answer = mine.post(f"/calls/{poll.call_id}/follow", form)
    assert (answer.status_code, answer.location) == (303, one(poll))
    with poll.rt.read_main() as tx:
        assert [each.proposal_id for each in engagement.follows(tx, ming.id)] == [now(poll).proposal_id]
    assert "停止追蹤" in read(mine, one(poll))


# --- to take away


def test_the_table_opens_in_a_spreadsheet_and_runs_nothing(poll: Poll, browser: Browser) -> None:
    from sqlalchemy import update

    with poll.rt.main() as tx:
        tx.execute(
            update(Delivery).where(Delivery.number == 2).values(title='=HYPERLINK("x")', office="+886")
        )
    say(poll, state="building", spent_twd="0")
    answer = browser.site.get("/progress.csv", headers={"Accept-Language": "zh-TW"})
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["編號"] for row in rows] == ["2", "3", "5"]
    first = rows[0]
    assert first["方案"] == '\'=HYPERLINK("x")'
    assert first["負責單位"] == "'+886"
    assert (first["狀態"], first["核定金額（元）"], first["已支用（元）"]) == ("施工", "2500000", "0")
    assert first["實際施工"] == now(poll).since_on.isoformat()
    assert first["網址"] == f"{poll.rt.settings.web.origin}{one(poll)}"
    assert rows[1]["已支用（元）"] == ""
    finished = browser.site.get("/progress.csv?state=building").data.decode("utf-8-sig").splitlines()
    assert len(finished) == 2


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "－1"])
def test_a_cell_is_no_formula(value: str) -> None:
    assert downloads.cell(value) == f"'{value}"


@pytest.mark.parametrize(
    ("value", "shown"), [(-5, "-5"), (None, ""), ("公園", "公園"), (date(2026, 5, 1), "2026-05-01")]
)
def test_a_cell_is_as_it_was(value: object, shown: str) -> None:
    assert downloads.cell(value) == shown


def parsed(content: bytes) -> Xml.Element:
    return Xml.fromstring(content)  # noqa: S314 -- our own


def test_the_feed_is_atom_with_whole_addresses(poll: Poll, browser: Browser) -> None:
    origin = poll.rt.settings.web.origin
    empty = parsed(browser.site.get("/progress.atom").data)
    assert empty.findall(f"{ATOM}entry") == []
    say(poll, state="tendered", note="第一行\n<b>第二行</b>\x0b & 其他")
    poll.clock.forward(minutes=5)
    say(poll, 5, state="building")
    answer = browser.site.get("/progress.atom", headers={"Accept-Language": "zh-TW"})
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    feed = parsed(answer.data)
    for name in ("title", "id", "updated", "author", "link"):
        assert feed.find(f"{ATOM}{name}") is not None, name
    assert feed.findtext(f"{ATOM}id") == f"{origin}/progress.atom"
    entries = feed.findall(f"{ATOM}entry")
    assert [e.findtext(f"{ATOM}id") for e in entries] == [
        f"{origin}{one(poll, 5)}#c1",
        f"{origin}{one(poll)}#c1",
    ]
    assert entries[1].findtext(f"{ATOM}title") == "方案2：發包"
    assert "<b>第二行</b> & 其他" in str(entries[1].findtext(f"{ATOM}content"))
    assert feed.findtext(f"{ATOM}updated") == entries[0].findtext(f"{ATOM}updated")
    for link in feed.iter(f"{ATOM}link"):
        assert str(link.get("href")).startswith(f"{origin}/")
    again = browser.site.get(
        "/progress.atom", headers={"Accept-Language": "zh-TW", "If-None-Match": str(answer.headers["ETag"])}
    )
    assert again.status_code == 304
    own = parsed(browser.site.get(f"{one(poll)}.atom").data)
    assert len(own.findall(f"{ATOM}entry")) == 1
    assert 'id="c1"' in read(browser, one(poll))


# --- the officers' forms


def test_an_officer_updates_a_project_with_a_photograph(poll: Poll, office: Browser) -> None:
    address = f"/agency/calls/{poll.call_id}/progress/2"
    page = read(office, address)
    assert 'enctype="multipart/form-data"' in page
    form = said(state="building", spent_twd="13萬", note="動工了", alt="空地", moment="before")
    upload = {"picture": (io.BytesIO(picture()), "IMG_1.JPG"), "seen": "1"}
    answer = office.post(address, form | upload)  # type: ignore[operator]
    assert (answer.status_code, answer.location) == (303, address)
    found = now(poll)
    assert (found.state.value, found.spent_twd, found.photos[0].alt) == ("building", 130_000, "空地")
    assert "已儲存，現在大家都看得到。" in read(office, address)


def test_a_refusal_keeps_everything_that_was_typed(poll: Poll, office: Browser) -> None:
    address = f"/agency/calls/{poll.call_id}/progress/2"
    form = said(state="cancelled", spent_twd="一堆", since_on="2026-13-01") | {"seen": "1", "alt": "球場"}
    answer = office.post(address, form)
    shown = in_one_line(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert 'value="一堆"' in shown
    assert 'value="2026-13-01"' in shown
    assert 'value="球場"' in shown
    assert re.search(r'value="cancelled" checked', shown)
    assert 'href="#f-spent_twd"' in shown
    dates = {
        "tendered.planned": "2026-08-01",
        "building.planned": "2026-07-01",
        "own.0.title": "說明會",
        "why": "等",
    }
    answer = office.post(f"{address}/schedule", dates | {"seen": "1"})
    shown = in_one_line(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert '<details class="fold" id="schedule" open>' in shown
    assert 'value="說明會"' in shown
    assert "預定施工：這個日期比前一個步驟還早" in shown
    answer = office.post(f"{address}/office", {"office": "工務課", "telephone": "櫃檯", "seen": "1"})
    assert answer.status_code == 422
    assert 'value="櫃檯"' in answer.get_data(as_text=True)


def sent(page: str, action: str) -> dict[str, str]:
    """What a browser sends of the page's form to that address."""
    inside = page[page.index(f'action="{action}"') :].partition("</form>")[0]
    found = dict.fromkeys(re.findall(r'<textarea[^>]* name="([^"]+)"', inside), "")
    for tag in re.findall(r"<input[^>]*>", inside):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        chosen = " checked" in tag or not re.search('type="(radio|checkbox)"', tag)
        if 'type="file"' in tag or not chosen:
            continue
        assert name
        found[name[1]] = value[1] if value else ""
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', inside):
        found[name] = text.strip()
    return found


def test_a_stale_form_shows_what_will_change_and_the_second_time_writes_only_that(
    poll: Poll, office: Browser
) -> None:
    address = f"/agency/calls/{poll.call_id}/progress/2"
    say(poll, state="tendered", spent_twd="30000", note="招標")
    opened = sent(read(office, address), address)
    say(poll, state="building", spent_twd="50000", note="同事先存的")
    answer = office.post(address, opened | {"note": "我寫了很久的說明"})
    shown = in_one_line(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert "已經有人先更新了這個方案" in shown
    assert "我寫了很久的說明" in shown
    assert "同事先存的" in shown
    again = sent(shown, address)
    assert (again["state"], again["spent_twd"], again["seen"]) == ("building", "50,000", "3")
    assert "<li>說明：我寫了很久的說明</li>" in shown
    assert "現在的狀態：" not in shown
    assert office.post(address, again).status_code == 303
    found = now(poll)
    assert (found.state.value, found.spent_twd) == ("building", 50_000)


def test_a_stale_form_keeps_the_fields_that_its_officer_did_change(poll: Poll, office: Browser) -> None:
    address = f"/agency/calls/{poll.call_id}/progress/2"
    opened = sent(read(office, address), address)
    say(poll, state="tendered", spent_twd="50000", note="同事先存的")
    shown = in_one_line(office.post(address, opened | {"state": "building"}).get_data(as_text=True))
    assert "<li>現在的狀態：發包 → 施工</li>" in shown
    again = sent(shown, address)
    say(poll, state="tendered", spent_twd="60000", note="又存了一次")
    shown = in_one_line(office.post(address, again).get_data(as_text=True))
    again = sent(shown, address)
    assert (again["state"], again["spent_twd"]) == ("building", "60,000")
    assert office.post(address, again).status_code == 303
    assert (now(poll).state.value, now(poll).spent_twd) == ("building", 60_000)


def test_a_photograph_stays_while_its_form_is_put_right(poll: Poll, office: Browser) -> None:
    address = f"/agency/calls/{poll.call_id}/progress/2"
    opened = sent(read(office, address), address)
    upload = {"picture": (io.BytesIO(picture()), "IMG_1.JPG")}
    answer = office.post(address, opened | upload | {"moment": "during"})
    shown = in_one_line(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "照片收到了，還沒有公開，不用再選。" in shown
    waits = sent(shown, address)
    assert office.site.get(f"/media/delivery/{waits['waiting']}.webp").status_code == 404
    say(poll, state="tendered", note="同事先存的")
    shown = in_one_line(office.post(address, waits | {"alt": "球場"}).get_data(as_text=True))
    again = sent(shown, address)
    assert again["waiting"] == waits["waiting"]
    assert office.post(address, again).status_code == 303
    (photo,) = now(poll).photos
    assert (photo.alt, photo.moment.value, now(poll).state.value) == ("球場", "during", "tendered")
    assert office.site.get(f"/media/delivery/{photo.sha256}.webp").status_code == 200
    answer = office.post(address, again | {"seen": str(now(poll).version)})
    assert answer.status_code == 422  # it waits no more
    assert "先前選的照片沒有留住" in answer.get_data(as_text=True)


def test_a_photograph_that_waits_can_be_left_out_and_a_phone_takes_one(poll: Poll, office: Browser) -> None:
    address = f"/agency/calls/{poll.call_id}/progress/2"
    page = read(office, address)
    assert re.search(r'<input id="f-camera"[^>]*capture="environment"', page)
    opened = sent(page, address) | {"note": "動工了"}
    taken = {"camera": (io.BytesIO(picture()), "image.jpg")}
    answer = office.post(address, opened | taken)
    waits = sent(in_one_line(answer.get_data(as_text=True)), address)
    assert (answer.status_code, bool(waits["waiting"])) == (422, True)
    assert office.post(address, waits).status_code == 422
    assert office.post(address, waits | {"without": "1"}).status_code == 303
    assert now(poll).photos == ()


@pytest.mark.parametrize("words", [{"alt": "球場"}, {"moment": "during"}])
def test_words_for_a_photograph_without_one_are_not_dropped(
    poll: Poll, office: Browser, words: dict[str, str]
) -> None:
    address = f"/agency/calls/{poll.call_id}/progress/2"
    answer = office.post(address, sent(read(office, address), address) | {"note": "動工了"} | words)
    assert answer.status_code == 422
    assert "沒有選照片，所以什麼都還沒有儲存" in answer.get_data(as_text=True)
    assert now(poll).version == 1


def test_two_photographs_at_once_are_refused(poll: Poll, office: Browser) -> None:
    address = f"/agency/calls/{poll.call_id}/progress/2"
    two = {name: (io.BytesIO(picture()), "a.jpg") for name in ("picture", "camera")}
    answer = office.post(address, sent(read(office, address), address) | two | {"alt": "球場"})
    assert answer.status_code == 422
    assert "一次放一張照片" in answer.get_data(as_text=True)


def test_a_page_without_what_it_first_showed_changes_nothing_unseen(poll: Poll, office: Browser) -> None:
    address = f"/agency/calls/{poll.call_id}/progress/2"
    say(poll, state="building", note="同事先存的")
    answer = office.post(address, said(state="tendered", note="說明") | {"seen": "1"})
    shown = in_one_line(answer.get_data(as_text=True))
    assert "<li>現在的狀態：施工 → 發包</li>" in shown


def test_a_stale_schedule_and_office_keep_what_a_colleague_saved(poll: Poll, office: Browser) -> None:
    address = f"/agency/calls/{poll.call_id}/progress/2"
    page = read(office, address)
    dates, charge = sent(page, f"{address}/schedule"), sent(page, f"{address}/office")
    rows = {"tendered.planned": "2026-08-01", "own.0.title": "說明會"}
    schedule.plan(poll.rt, poll.officer, poll.call_id, 2, rows, seen=1)
    answer = office.post(f"{address}/schedule", dates | {"finished.planned": "2026-12-01"})
    shown = in_one_line(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert "<li>預定完工：115年12月1日（二）</li>" in shown
    assert office.post(f"{address}/schedule", sent(shown, f"{address}/schedule")).status_code == 303
    found = now(poll)
    assert [str(each.planned_on) for each in found.steps] == ["2026-08-01", "None", "2026-12-01"]
    assert [each.title for each in found.own] == ["說明會"]
    shown = in_one_line(
        office.post(f"{address}/office", charge | {"telephone": "02-2345-6789"}).get_data(as_text=True)
    )
    assert "<li>電話：" in shown
    assert office.post(f"{address}/office", sent(shown, f"{address}/office")).status_code == 303


def test_the_index_puts_what_is_overdue_first(poll: Poll, office: Browser) -> None:
    schedule.plan(poll.rt, poll.officer, poll.call_id, 5, {"finished.planned": "2026-06-01"}, seen=1)
    say(poll, 3, state="building")
    poll.clock.set(datetime.fromisoformat("2026-06-04T04:00:00+00:00"))
    office.sign_in(poll.officer)
    shown = read(office, "/agency/progress")
    order = [shown.index(f"/progress/{number}") for number in (5, 2, 3)]
    assert order == sorted(order)
    assert "有 1 案超過預定日期" in shown
    assert "還沒有更新過" in shown
    assert "有 1 案逾期" in read(office, "/agency/")
    assert "方案5" not in read(office, "/agency/progress?state=building").partition("<main")[2]
    assert f"/agency/calls/{poll.call_id}/progress" in read(office, f"/agency/calls/{poll.call_id}")


def test_a_photograph_is_removed_with_a_reason(poll: Poll, office: Browser) -> None:
    say(poll, photo=picture(), alt="空地", moment="before")
    photo = now(poll).photos[0].id
    address = f"/agency/calls/{poll.call_id}/progress/2/photos/{photo}/remove"
    assert 'alt="空地"' in read(office, address)
    assert office.post(address, {"reason": ""}).status_code == 422
    assert office.post(address, {"reason": "有路人"}).status_code == 303
    assert now(poll).photos == ()
    assert office.post(address, {"reason": "有路人"}).status_code == 404


def test_another_agency_and_other_roles_find_nothing_to_keep_up(poll: Poll, site: FlaskClient) -> None:
    stranger = Browser(site)
    stranger.sign_in(put_staff(poll.rt, put_agency(poll.rt, "other"), "stranger"))
    address = f"/agency/calls/{poll.call_id}/progress"
    for path in (address, f"{address}/2"):
        stranger.page(path, status=404)
    assert stranger.post(f"{address}/2", said(state="tendered") | {"seen": "1"}).status_code == 404
    assert "方案2" not in stranger.page("/agency/progress")
    stranger.sign_in(poll.auditor)
    stranger.page("/agency/progress", status=403)
    stranger.sign_in(put_resident(poll.rt, "路人"))
    stranger.page(f"{address}/2", status=403)


def test_a_call_that_is_not_certified_has_nothing_to_keep_up(rt: Runtime, site: FlaskClient) -> None:
    poll = closed_poll(rt)
    desk = Browser(site)
    desk.sign_in(poll.officer)
    base = f"/agency/calls/{poll.call_id}"
    assert f"{base}/progress" not in desk.page(base)
    assert "還沒有入選的方案" in read(desk, f"{base}/progress")
    desk.page(f"{base}/progress/2", status=404)


def test_a_survey_has_no_such_room(rt: Runtime, site: FlaskClient) -> None:
    poll = certified_poll(rt, vote_kind="survey")
    service.take_up(rt)
    desk = Browser(site)
    desk.sign_in(poll.officer)
    base = f"/agency/calls/{poll.call_id}"
    assert f"{base}/progress" not in desk.page(base)
    desk.page(one(poll), status=404)
