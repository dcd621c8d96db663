"""「我住在哪一區？」: every place leads to its ballots, and says so where names do not tell."""

from __future__ import annotations

import pytest

from pbvote.core.types import CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import service as accounts_service
from tests.make.calls import published_call
from tests.make.people import Staff, staff_of
from tests.make.polls import VOTING
from tests.make.proposals import COLLECTING
from tests.make.services import MovableClock
from tests.make.visitors import Browser, in_one_line

TAIPEI = {"districts.0.name": "信義區", "districts.1.name": "大安區"}
XINYI, DAAN, ZHONGZHENG = "/where/63000/63000020", "/where/63000/63000030", "/where/63000/63000050"


@pytest.fixture
def taipei(rt: Runtime, officer: Staff, clock: MovableClock) -> CallId:
    """A call of Taipei with two of its districts that collects proposals."""
    made = published_call(rt, officer, values=TAIPEI | {"title": "臺北票選"})
    clock.set(COLLECTING)
    return made


def township_call(rt: Runtime, title: str, *names: str) -> CallId:
    """A call of a district office, with districts of its own."""
    agency = accounts_service.create_agency(
        rt, slug="xinyi", name="臺北市信義區公所", level="township", county="臺北市"
    )
    values = {"title": title} | {f"districts.{at}.name": name for at, name in enumerate(names)}
    without = ["grounds.1", *(f"districts.{at}" for at in range(len(names), 2))]
    return published_call(rt, staff_of(int(agency.id)), values=values, without=without)


def test_from_counties_to_towns_without_a_script(browser: Browser, taipei: CallId) -> None:
    counties = browser.page("/where")
    assert counties.count('class="chip"') == 22  # 21 real ones, and the invented city
    assert counties.count("chip--first") == 1  # where something is held
    assert counties.count('class="atlas__d"') == 22
    assert counties.count('href="/where/63000"') == 2  # on the map and in the list
    towns = browser.page("/where/63000")
    assert towns.count('class="chip"') == towns.count('class="atlas__d"') == 12
    assert f'href="{XINYI}"' in towns


def test_a_town_is_told_its_ballot_and_when(browser: Browser, taipei: CallId, clock: MovableClock) -> None:
    page = in_one_line(browser.page(XINYI))
    assert "還沒開始投票" in page
    assert "這裡的選票：「信義區」" in page
    assert "投票從115年5月1日" in page
    assert f'href="/my/calls/{taipei}/proposals/new"' in page
    assert "這裡現在沒有正在進行的活動。" in browser.page(ZHONGZHENG)
    clock.set(VOTING)
    assert "也可能和您有關" not in browser.page(DAAN)


def test_a_call_whose_districts_no_map_knows_leads_to_its_page_alone(
    rt: Runtime, browser: Browser, clock: MovableClock, poll: object
) -> None:
    """Nobody is sent to a ballot that may not be theirs."""
    page = in_one_line(browser.page(XINYI))
    assert "也可能和您有關" in page
    assert "?district=" not in page


def test_villages_are_asked_for_only_where_they_matter(
    rt: Runtime, browser: Browser, taipei: CallId, clock: MovableClock
) -> None:
    assert "您住在哪一里（村）？" not in browser.page(XINYI)
    township_call(rt, "里的票選", "西村里", "三張里")
    town = in_one_line(browser.page(XINYI))
    assert "您住在哪一里（村）？" in town
    assert "里的票選" not in town
    village = in_one_line(browser.page(f"{XINYI}/63000020001"))
    assert "這裡的選票：「西村里」" in village
    assert "這裡的選票：「信義區」" in village
    other = in_one_line(browser.page(f"{XINYI}/63000020011"))
    assert "里的票選" not in other
    assert "您住在哪一里（村）？" not in browser.page(DAAN)


def test_a_call_for_a_whole_town_is_no_other_towns(
    rt: Runtime, browser: Browser, clock: MovableClock
) -> None:
    township_call(rt, "全區的票選", "不分區")
    clock.set(COLLECTING)
    assert "這裡的選票：「不分區」" in in_one_line(browser.page(XINYI))
    assert "全區的票選" not in browser.page(DAAN)


@pytest.mark.parametrize(
    "path", ["/where/99999", "/where/63000/64000010", "/where/63000/63000020/1", "/where/../setup"]
)
def test_a_place_that_is_none_is_not_found(browser: Browser, path: str) -> None:
    assert browser.site.get(path).status_code == 404


def test_the_front_page_asks_where_somebody_lives(browser: Browser, taipei: CallId) -> None:
    page = in_one_line(browser.page("/"))
    assert "您住在哪一區？" in page
    assert page.count(f'href="{XINYI}"') == 2
    assert "您住在哪一區？" not in browser.page("/?words=公園")


def test_english_names_stand_on_map_and_list(browser: Browser, taipei: CallId) -> None:
    browser.speak("en")
    page = in_one_line(browser.page("/where/63000"))
    assert ">Xinyi District</a>" in page
    assert ">Xinyi</text>" in page
