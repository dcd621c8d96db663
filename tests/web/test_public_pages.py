"""What everybody sees, stage by stage; and what nobody sees."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from pbvote.core.rules.stage import Progress
from pbvote.core.types import Actor, CallId
from pbvote.edges.web.base import i18n
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.calls.service import set_progress
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import service as proposals_service
from tests.make.calls import published_call
from tests.make.people import put_agency, put_resident, staff_of
from tests.make.polls import freeze_at_once
from tests.make.proposals import COLLECTING, MODERATION, proposal_values, put_submitted
from tests.make.services import MovableClock
from tests.make.visitors import Browser

VOTING = datetime(2026, 5, 2, tzinfo=UTC)
GRACE = datetime(2026, 5, 10, 9, 10, tzinfo=UTC)
CLOSED = datetime(2026, 5, 11, tzinfo=UTC)


@pytest.fixture
def call_id(rt: Runtime, officer: Actor) -> CallId:
    return published_call(rt, officer)


def accepted(rt: Runtime, officer: Actor, call_id: str, **changes: str) -> int:
    sent = put_submitted(rt, put_resident(rt, f"王小明{len(changes)}"), call_id, **changes)
    moderation_service.decide(rt, officer, sent.id, decision="accept")
    return sent.id


def freeze(rt: Runtime, call_id: CallId, *proposal_ids: int) -> None:
    with rt.main() as tx:
        proposals_service.set_numbers(tx, call_id, {p: n for n, p in enumerate(proposal_ids, 1)})
        set_progress(tx, call_id, Progress.FROZEN)


def test_a_draft_call_is_not_found(rt: Runtime, browser: Browser, officer: Actor) -> None:
    hidden = calls_service.create_call(rt, officer, {"title": "未公開的徵件"}).id
    for path in ("", "proposals", "proposals/1", "projects/1"):
        browser.page(f"/calls/{hidden}/{path}", status=404)
    assert "未公開的徵件" not in browser.page("/")


def test_the_front_page_groups_calls_by_stage_and_filters_by_agency_and_county(
    rt: Runtime, browser: Browser, officer: Actor, call_id: CallId, clock: MovableClock
) -> None:
    """NDC-06"""
    other = staff_of(put_agency(rt, "wanhua"))
    published_call(rt, other, values={"title": "萬華的徵件", "title_en": "Wanhua"})
    clock.set(COLLECTING)
    page = browser.page("/")
    assert "正在徵件" in page
    assert "115年參與式預算" in page
    assert "萬華的徵件" in page
    assert "正在投票</h2>" not in page
    only = browser.page("/?agency=wanhua")
    assert "萬華的徵件" in only
    assert "115年參與式預算" not in only
    assert "沒有符合條件" in browser.page("/?county=高雄市")
    assert "沒有符合條件" in browser.page("/?stage=results")
    assert "萬華的徵件" in browser.page("/?county=臺北市&stage=collecting")


@pytest.mark.parametrize(
    ("moment", "progress", "shown", "hidden"),
    [
        (COLLECTING - timedelta(days=5), Progress.PUBLISHED, "開始徵件", "我要提案"),
        (COLLECTING, Progress.PUBLISHED, "我要提案", "前往投票"),
        (MODERATION, Progress.PUBLISHED, "開始投票", "我要提案"),
        (VOTING, Progress.PUBLISHED, "投票沒有開始", "前往投票"),
        (MODERATION, Progress.FROZEN, "票選方案", "前往投票"),
        (VOTING, Progress.FROZEN, "前往投票", "看票選結果"),
        (GRACE, Progress.FROZEN, "繼續投票", "前往投票"),
        (CLOSED, Progress.FROZEN, "得票數在審定前不公開", "看票選結果"),
        (CLOSED, Progress.OPENED, "得票數在審定前不公開", "看票選結果"),
        (CLOSED, Progress.CERTIFIED, "看票選結果", "得票數在審定前不公開"),
    ],
)
def test_the_calls_page_offers_what_its_stage_allows(
    rt: Runtime,
    browser: Browser,
    call_id: CallId,
    clock: MovableClock,
    moment: datetime,
    progress: Progress,
    shown: str,
    hidden: str,
) -> None:
    with rt.main() as tx:
        for step in Progress:
            if Progress.PUBLISHED < step <= progress:
                set_progress(tx, call_id, step)
    clock.set(moment)
    page = browser.page(f"/calls/{call_id}/")
    assert shown in page
    assert hidden not in page


def test_the_calls_page_tells_kind_rules_dates_budgets_notice_and_help(
    browser: Browser, call_id: CallId
) -> None:
    """NDC-02, NDC-03, PRA-17"""
    page = browser.page(f"/calls/{call_id}/")
    for words in (
        "票選",
        "5,000,000 元",
        "民國115年5月1日",
        "設籍",
        '民政課 <a href="tel:0200000000">02-0000-0000</a>',
        "為了什麼",
        "密封",
    ):
        assert words in page, words


def test_markdown_of_a_call_and_a_proposal_never_becomes_live_html(
    rt: Runtime, browser: Browser, officer: Actor, clock: MovableClock
) -> None:
    hostile = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)> **粗**"
    call_id = published_call(rt, officer, values={"description_md": hostile})
    clock.set(COLLECTING)
    shown = accepted(rt, officer, call_id, description_md=hostile, title="<i>標題</i>")
    for path in (f"/calls/{call_id}/", f"/calls/{call_id}/proposals/{shown}"):
        page = browser.page(path)
        assert "<strong>粗</strong>" in page
        for bad in ("<script>alert", 'href="javascript', "<img src=x", "<i>標題"):
            assert bad not in page


def test_a_table_that_would_fill_the_memory_is_shown_as_text() -> None:
    columns = 3000
    bomb = "|" + "a|" * columns + "\n|" + "-|" * columns + "\n" + "x\n" * columns
    assert len(i18n.markdown(bomb)) < 2 * len(bomb)
    assert "<td>" in i18n.markdown("|項目|金額|\n|-|-|\n|樹|100|\n")


@pytest.mark.parametrize("place", ["//evil.example", "/\t/evil.example", "/\r/evil.example", "/\\x.example"])
def test_the_language_switch_never_leaves_the_site(browser: Browser, place: str) -> None:
    answer = browser.site.get("/language/en", query_string={"next": place})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_the_public_sees_masked_names_and_decided_proposals_only(
    rt: Runtime, browser: Browser, officer: Actor, call_id: CallId, clock: MovableClock
) -> None:
    """PRA-08, PRA-15"""
    clock.set(COLLECTING)
    ming = put_resident(rt, "王小明")
    shown, waiting, refused = (put_submitted(rt, ming, call_id, title=t) for t in ("涼亭", "等待", "遊艇"))
    moderation_service.decide(rt, officer, shown.id, decision="accept")
    moderation_service.decide(rt, officer, refused.id, decision="reject", reason="非本區權責")
    listed = browser.page(f"/calls/{call_id}/proposals")
    assert "涼亭" in listed
    assert "等待" not in listed
    assert "遊艇" not in listed
    assert "1 件提案正在審核" in listed
    detail = browser.page(f"/calls/{call_id}/proposals/{shown.id}")
    assert "王○明" in detail
    assert "王小明" not in detail
    browser.page(f"/calls/{call_id}/proposals/{waiting.id}", status=404)
    assert "非本區權責" in browser.page(f"/calls/{call_id}/proposals?status=rejected")
    turned_down = browser.page(f"/calls/{call_id}/proposals/{refused.id}")
    assert "非本區權責" in turned_down
    assert "溜滑梯" not in turned_down


def test_another_calls_page_does_not_show_the_proposal(
    rt: Runtime, browser: Browser, officer: Actor, call_id: CallId, clock: MovableClock
) -> None:
    other = published_call(rt, officer)
    clock.set(COLLECTING)
    shown = accepted(rt, officer, call_id)
    browser.page(f"/calls/{other}/proposals/{shown}", status=404)


def test_projects_have_numbers_and_a_withdrawn_one_is_struck_through_with_its_reason(
    rt: Runtime, browser: Browser, officer: Actor, call_id: CallId, clock: MovableClock
) -> None:
    """PRA-06"""
    clock.set(COLLECTING)
    first, second = accepted(rt, officer, call_id), accepted(rt, officer, call_id, title="第二案")
    clock.set(MODERATION)
    freeze(rt, call_id, first, second)
    with rt.main() as tx:
        proposals_service.withdraw_project(tx, call_id, 2, reason="土地爭議", at=clock.now)
    clock.set(VOTING)
    listed = browser.page(f"/calls/{call_id}/proposals")
    assert f'href="/calls/{call_id}/projects/1"' in listed
    assert '<span class="struck">第二案</span>' in listed
    gone = browser.page(f"/calls/{call_id}/projects/2")
    assert "土地爭議" in gone
    assert "回到選票" not in gone
    assert "回到選票" in browser.page(f"/calls/{call_id}/projects/1")
    browser.page(f"/calls/{call_id}/projects/3", status=404)
    browser.page(f"/calls/{call_id}/projects/99999999999999999999", status=404)


def test_a_long_list_has_pages_and_a_search(
    rt: Runtime, browser: Browser, officer: Actor, call_id: CallId, clock: MovableClock
) -> None:
    clock.set(COLLECTING)
    ming = put_resident(rt, "王小明")
    for n in range(51):
        sent = put_submitted(rt, ming, call_id, title=f"方案{n:03}", district="d2" if n == 7 else "d1")
        moderation_service.decide(rt, officer, sent.id, decision="accept")
    path = f"/calls/{call_id}/proposals"
    first, last = browser.page(f"{path}?order=newest"), browser.page(f"{path}?order=newest&page=3")
    assert "方案050" in first
    assert "方案026" not in first
    assert "方案000" in last
    assert "page=2" in last
    assert "方案007" in browser.page(f"{path}?district=d2")
    assert "共 1 件" in browser.page(f"{path}?words=方案007")
    assert "方案000" in browser.page(f"{path}?order=newest&page=999")
    assert "方案050" in browser.page(f"{path}?order=newest&page=x")


def test_a_random_order_is_the_same_from_page_to_page_and_another_for_another_visit(
    rt: Runtime, browser: Browser, officer: Actor, call_id: CallId, clock: MovableClock
) -> None:
    clock.set(COLLECTING)
    ming = put_resident(rt, "王小明")
    for n in range(30):
        sent = put_submitted(rt, ming, call_id, title=f"方案{n:03}")
        moderation_service.decide(rt, officer, sent.id, decision="accept")
    path = f"/calls/{call_id}/proposals"

    def order(seed: int) -> list[str]:
        pages = [browser.page(f"{path}?seed={seed}&page={page}") for page in (1, 2)]
        return [title for page in pages for title in re.findall(r"<span>(方案\d+)</span>", page)]

    one = order(7)
    assert sorted(one) == [f"方案{n:03}" for n in range(30)]
    assert order(7) == one
    assert order(8) != one
    assert one != sorted(one)
    assert browser.site.get(path).location.startswith(f"{path}?seed=")


def test_filters_and_words_find_what_they_say(
    rt: Runtime, browser: Browser, officer: Actor, clock: MovableClock
) -> None:
    call_id = published_call(
        rt, officer, values={"categories.0.name": "公園綠地", "categories.1.name": "行人安全"}
    )
    clock.set(COLLECTING)
    made = {
        "臺北橋下公園": {"category": "c1", "cost_twd": "100000"},
        "學校前斑馬線": {
            "category": "行人安全",
            "cost_twd": "900000",
            "place": "校門",
            "description_md": "過馬路",
        },
        "河岸步道": {"category": "c2", "cost_twd": "500000", "description_md": "沿著公園走"},
    }
    for title, values in made.items():
        sent = put_submitted(rt, put_resident(rt, title), call_id, title=title, **values)
        moderation_service.decide(rt, officer, sent.id, decision="accept")
    path = f"/calls/{call_id}/proposals?order=newest"
    for query, titles in {
        "words=公園": {"臺北橋下公園", "河岸步道"},
        "words=綠地": {"臺北橋下公園"},
        "words=行人安全 斑馬線": {"學校前斑馬線"},
        "words=西區": set(),
        "words=台北": {"臺北橋下公園"},
        "words=公園 步道": {"河岸步道"},
        "category=c2": {"學校前斑馬線", "河岸步道"},
        "least=400000&most=500,000 元": {"河岸步道"},
        "status=withdrawn": set(),
    }.items():
        page = browser.page(f"{path}&{query}")
        assert {title for title in made if f"<span>{title}</span>" in page} == titles, query
    found = browser.page("/?words=公園")
    assert "臺北橋下公園" in found
    assert "學校前斑馬線" not in found
    assert "沿著公園走" not in found
    assert "河岸步道" in found  # whose text speaks of a park


def test_what_can_be_voted_for_now_is_found_first_and_by_its_category_and_district(
    rt: Runtime, browser: Browser, officer: Actor, clock: MovableClock
) -> None:
    kinds = {"categories.0.name": "公園綠地", "categories.0.name_en": "Parks"}
    calls = {name: published_call(rt, officer, values={**kinds, "title": name}) for name in ("投票", "審核")}
    clock.set(COLLECTING)
    made = {"東方廣場": "投票", "和平公園": "審核"}
    for title, name in made.items():
        more = {
            "title": title,
            "category": "c1",
            "summary": "一起玩。",
            "place": "東側",
            "description_md": "好。",
        }
        sent = put_submitted(rt, put_resident(rt, title), calls[name], **more)
        moderation_service.decide(rt, officer, sent.id, decision="accept")
    freeze_at_once(rt, calls["投票"])
    clock.set(VOTING)

    def titles(words: str) -> list[str]:
        page = browser.page(f"/?words={words}")
        return sorted((title for title in made if f"<span>{title}</span>" in page), key=page.index)

    assert titles("公園") == ["東方廣場", "和平公園"]
    assert titles("parks") == ["東方廣場", "和平公園"]
    assert titles("廣場") == ["東方廣場"]
    ballot = f"/booth/{calls['投票']}/?district=d1"
    assert ballot in browser.page("/?words=東區")
    assert ballot not in browser.page("/?words=西區")
    assert f"/booth/{calls['投票']}/?district=d2" in browser.page("/?words=西區")


def test_a_word_of_joined_words_finds_what_has_a_part_of_it_and_says_so(
    rt: Runtime, browser: Browser, officer: Actor, call_id: CallId, clock: MovableClock
) -> None:
    clock.set(COLLECTING)
    for title in ("里鄰活動", "公園步道", "校門口"):
        values = {"summary": "好。", "place": "東側", "description_md": "好。"}
        sent = put_submitted(rt, put_resident(rt, title), call_id, title=title, **values)
        moderation_service.decide(rt, officer, sent.id, decision="accept")
    partly = "沒有方案提到全部的字"
    page = browser.page("/?words=公園步道里鄰")
    assert partly in page
    assert page.index("<span>公園步道</span>") < page.index("<span>里鄰活動</span>")
    assert "<span>校門口</span>" not in page
    assert partly not in browser.page("/?words=公園步道")
    assert partly not in browser.page("/?words=火星")


def test_votes_order_nothing_before_the_certification(
    rt: Runtime, browser: Browser, officer: Actor, call_id: CallId, clock: MovableClock
) -> None:
    """PRA-09"""
    clock.set(COLLECTING)
    accepted(rt, officer, call_id)
    assert 'value="votes"' not in browser.page(f"/calls/{call_id}/proposals?order=votes")


def test_a_list_asks_the_database_as_often_for_many_proposals_as_for_few(
    rt: Runtime, browser: Browser, officer: Actor, call_id: CallId, clock: MovableClock
) -> None:
    clock.set(COLLECTING)
    asked: list[str] = []
    event.listen(rt.engine("main"), "before_cursor_execute", lambda *given: asked.append(given[2]))

    def queries_for(path: str) -> int:
        browser.page(path)  # whatever is read once is read
        asked.clear()
        browser.page(path)
        return len(asked)

    paths = ["/", f"/calls/{call_id}/", f"/calls/{call_id}/proposals?order=newest", "/?words=方案"]
    ming = put_resident(rt, "王小明")
    counts = []
    for many in (2, 20):
        for n in range(many):
            sent = put_submitted(rt, ming, call_id, title=f"方案{n:03}")
            moderation_service.decide(rt, officer, sent.id, decision="accept")
        counts.append([queries_for(path) for path in paths])
    assert counts[0] == counts[1]


def test_the_county_that_somebody_chose_stands_first_next_time(
    rt: Runtime, browser: Browser, officer: Actor, clock: MovableClock
) -> None:
    near = published_call(rt, officer, values={"title": "近的"})
    clock.set(COLLECTING)
    browser.page("/?county=臺北市")
    assert "臺北市的在前面" in browser.page("/")
    assert near in browser.page("/")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh",
            (
                "一張計入的選票",
                "任何人都能查核",
                "脅迫",
                "買票",
                "監看網路",
                "人數很少",
                "無法補發",
                "代稱",
                "有條件",
            ),
        ),
        (
            "en",
            ("One counted ballot", "Anybody can check", "coercion", "vote buying", "watches the network")
            + ("very few voters", "cannot be replaced", "pseudonym", "condition"),
        ),
    ],
)
def test_the_promise_page_says_both_what_holds_and_what_does_not(
    browser: Browser, language: str, words: tuple[str, ...]
) -> None:
    browser.speak(language)
    page = browser.page("/about/promise")
    for word in words:
        assert word in page
    assert "匿名" not in page
    assert "anonym" not in page


def test_the_privacy_page_shows_nobodys_data_to_a_stranger(
    rt: Runtime, browser: Browser, officer: Actor
) -> None:
    ming = put_resident(rt, "王小明")
    assert "example.org" not in browser.page("/about/privacy")
    browser.sign_in(ming)
    assert "王小明@example.org" in browser.page("/about/privacy")


@pytest.mark.parametrize("name", ["0" * 64, "../x", "A" * 64])
def test_an_unknown_picture_is_not_found(browser: Browser, name: str) -> None:
    browser.page(f"/media/{name}.webp", status=404)


def test_every_public_page_opens_in_english_without_a_leftover_chinese_sentence(
    rt: Runtime, browser: Browser, officer: Actor, clock: MovableClock
) -> None:
    call_id = published_call(rt, officer)
    clock.set(COLLECTING)
    browser.speak("en")
    values = proposal_values(
        title="Pavilion", summary="Shade", place="Park", description_md="Why", cost_twd="5"
    )
    shown = accepted(rt, officer, call_id, **values)
    for path in (
        "/",
        f"/calls/{call_id}/",
        f"/calls/{call_id}/proposals",
        f"/calls/{call_id}/proposals/{shown}",
    ):
        page = browser.page(path)
        assert "Participatory budget 2026" in page
        for chinese in ("正在徵件", "我要提案", "分區", "提案人", "時程"):
            assert chinese not in page


def test_the_site_map_leads_to_every_published_call_and_every_page_about_the_site(
    browser: Browser, call_id: CallId
) -> None:
    listed = browser.page("/about/pages")
    linked = set(re.findall(r'<a href="(/[^"]*)"', listed[listed.index("<main") :]))
    assert {f"/calls/{call_id}/", "/about/promise", "/about/privacy", "/about/accessibility"} <= linked
    for path in linked - {"/booth/check"}:  # of another application
        browser.page(path)
    assert "WCAG 2.1" in browser.page("/about/accessibility")
