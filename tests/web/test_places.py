"""A call gets its map by names, and pages draw it: districts, pins, and a kind question about a pin."""

from __future__ import annotations

import re

import pytest

from pbvote.core.types import Actor, CallId
from pbvote.edges.web.base.maps import PIN, call_areas, frame_of, map_of
from pbvote.edges.web.resident.placing import placing
from pbvote.platform.outlines.atlas import atlas_of
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.areas import areas_of
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import service as proposals_service
from tests.make.calls import published_call
from tests.make.people import Staff, staff_of
from tests.make.proposals import COLLECTING, proposal_values, put_submitted
from tests.make.services import MovableClock
from tests.make.visitors import Browser

TAIPEI = {"districts.0.name": "信義區", "districts.0.name_en": "Xinyi", "districts.1.name": "大安"}
CITY_HALL = {"latitude": "25.0375", "longitude": "121.5637"}  # in Xinyi


def call_with(
    rt: Runtime, *names: str, level: str = "county", office: str = "市政府", county: str = "臺北市"
) -> CallId:
    """A call whose districts are called so."""
    agency = accounts_service.create_agency(rt, slug="named", name=office, level=level, county=county)
    values = {"grounds.0.area": county or "某地"}
    for at, name in enumerate(names):
        values |= {
            f"districts.{at}.name": name,
            f"districts.{at}.name_en": "",
            f"districts.{at}.budget_twd": "1000000",
        }
    without = [f"districts.{at}" for at in range(len(names), 2)] + ["grounds.1"]
    return published_call(rt, staff_of(int(agency.id)), values=values, without=without)


def found(rt: Runtime, call_id: CallId) -> dict[str, str]:
    """The code of each district's outline, by the district's name."""
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
    areas = areas_of(call, atlas_of(rt))
    names = {district.id: district.name for district in call.rules.districts}
    return {names[each]: area.code for each, area in areas.districts.items()} if areas else {}


@pytest.mark.parametrize(
    ("names", "where", "codes"),
    [
        (("信義區", "大安區"), {}, ["63000020", "63000030"]),
        (("台北市信義區", "大安"), {"county": "台北市"}, ["63000020", "63000030"]),
        (("信義區", "線上"), {}, ["63000020"]),
        (("全市",), {}, ["63000"]),
        (("全區",), {"level": "township", "office": "臺北市信義區公所"}, ["63000020"]),
        (
            ("西村里", "三張里"),
            {"level": "township", "office": "臺北市信義區公所"},
            ["63000020001", "63000020030"],
        ),
        (("信義區",), {"level": "township", "office": "臺北市信義區公所"}, ["63000020"]),
        (("第一選區", "第二選區"), {}, []),
        (("臺北",), {}, ["63000"]),
        (("社子島",), {}, []),
        (("全區",), {"level": "township", "office": "某區公所"}, []),
        (("東區", "西區"), {"county": "某市"}, []),
        (("花蓮縣", "台東縣"), {"county": "", "level": "central", "office": "部"}, ["10015", "10014"]),
    ],
)
def test_districts_are_found_by_their_names(
    rt: Runtime, names: tuple[str, ...], where: dict[str, str], codes: list[str]
) -> None:
    matched = found(rt, call_with(rt, *names, **where))
    assert sorted(matched.values())[: len(codes)] == sorted(codes)
    assert len(matched) == len(codes)


def test_two_districts_are_never_one_place(rt: Runtime) -> None:
    assert found(rt, call_with(rt, "信義區", "信義")) == {}


@pytest.fixture
def taipei(rt: Runtime, officer: Staff, clock: MovableClock) -> CallId:
    """A call with two districts of Taipei that collects proposals."""
    made = published_call(rt, officer, values=TAIPEI)
    clock.set(COLLECTING)
    return made


def test_only_the_page_of_the_pin_may_ask_where_the_device_is(
    rt: Runtime, browser: Browser, ming: Actor, taipei: CallId
) -> None:
    browser.sign_in(ming)
    draft = proposals_service.save_draft(rt, ming, taipei, {"title": "座椅"})
    for path, allowed in (
        (f"/my/proposals/{draft.id}/edit/place", "geolocation=(self)"),
        (f"/my/proposals/{draft.id}/edit/idea", "geolocation=()"),
        (f"/calls/{taipei}/proposals?seed=1", "geolocation=()"),
        ("/", "geolocation=()"),
    ):
        assert allowed in browser.site.get(path).headers["Permissions-Policy"], path


def test_a_pin_elsewhere_is_asked_about_on_form_and_check_page_and_handed_in(
    rt: Runtime, browser: Browser, ming: Actor, taipei: CallId
) -> None:
    browser.sign_in(ming)
    draft = proposals_service.save_draft(rt, ming, taipei, proposal_values(district="d2", **CITY_HALL))
    question = "圖釘在「信義區」，您選的分區是「大安」"
    assert question in browser.page(f"/my/proposals/{draft.id}/edit/place")
    assert question in browser.page(f"/my/proposals/{draft.id}/check")
    assert browser.post(f"/my/proposals/{draft.id}/check", {}).status_code == 303
    right = proposals_service.save_draft(rt, ming, taipei, proposal_values(district="d1", **CITY_HALL))
    assert "您選的分區是" not in browser.page(f"/my/proposals/{right.id}/check")
    far = proposals_service.save_draft(
        rt, ming, taipei, proposal_values(district="d1", latitude="22.6203", longitude="120.3120")
    )
    assert "圖釘不在「信義區」裡，也不在其他分區裡" in browser.page(f"/my/proposals/{far.id}/check")


def test_where_no_name_is_known_the_numbers_stand_open(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    browser.sign_in(ming)
    draft = proposals_service.save_draft(rt, ming, call_id, {"title": "座椅"})
    page = browser.page(f"/my/proposals/{draft.id}/edit/place")
    assert 'class="atlas' not in page
    assert re.search(r"<details\s+open", page)
    assert "data-locate" in page  # the device can still say where it is


def test_list_and_page_show_where_a_proposal_lies(
    rt: Runtime, browser: Browser, ming: Actor, officer: Staff, taipei: CallId
) -> None:
    pinned = put_submitted(rt, ming, taipei, **CITY_HALL)
    bare = put_submitted(rt, ming, taipei, title="沒有位置的")
    for each in (pinned, bare):
        moderation_service.decide(rt, officer, each.id, decision="accept")
    page = browser.page(f"/calls/{taipei}/proposals?seed=1")
    assert page.count('class="pin"') == 1
    assert f'href="#p-{pinned.id}"' in page
    assert f'id="p-{pinned.id}"' in page
    assert 'aria-label="只看Xinyi"' not in page
    assert 'aria-label="只看信義區"' in page
    assert "內政部開放資料" in page
    only = browser.page(f"/calls/{taipei}/proposals?seed=1&district=d1")
    assert 'aria-label="看全部分區"' in only
    one = browser.page(f"/calls/{taipei}/proposals/{pinned.id}")
    assert 'aria-label="和平公園東側在信義區的位置，上方是北方"' in one
    assert '<svg class="atlas"' not in browser.page(f"/calls/{taipei}/proposals/{bare.id}")


def test_pins_make_room_for_each_other(rt: Runtime, taipei: CallId) -> None:
    with rt.read_main() as tx:
        areas = call_areas(rt, calls.get_published(tx, taipei))
    crowd = dict.fromkeys(range(24), (121.5637, 25.0375))
    drawn = map_of(areas, {}, places=crowd)
    assert drawn is not None
    for i, one in enumerate(drawn.pins):
        assert PIN <= one.x <= 1000 - PIN
        for other in drawn.pins[:i]:
            assert (one.x - other.x) ** 2 + (one.y - other.y) ** 2 > (1.6 * PIN) ** 2
    assert sum(pin.is_moved for pin in drawn.pins) > 20


def test_a_place_and_its_point_are_each_others_way_back() -> None:
    frame = frame_of([(121.45, 25.0), (121.6, 25.2)])
    for point in ((121.5, 25.1), (121.45, 25.2)):
        assert frame.point(frame.place(point)) == pytest.approx(point, abs=1e-9)
    x, y = frame.place((121.45, 25.2))
    assert x < 500
    assert y < frame.height / 2


def test_the_villages_of_a_district_lie_within_it(
    rt: Runtime, browser: Browser, ming: Actor, taipei: CallId
) -> None:
    path = f"/my/calls/{taipei}/villages/"
    assert browser.site.get(path + "d1").status_code == 302  # for who proposes
    browser.sign_in(ming)
    drawn = browser.site.get(path + "d1").get_json()["villages"]
    assert len(drawn) == 41
    assert all(each["path"].startswith("M") for each in drawn)
    assert 20 < sum(bool(each["label"]) for each in drawn) <= 41
    with rt.read_main() as tx:
        call = calls.get_published(tx, taipei)
    chart, areas = placing(rt, call, {}).map, call_areas(rt, call)
    assert chart is not None
    assert areas is not None
    (xinyi,) = (area for area in areas.districts.values() if area.name == "信義區")
    assert all(xinyi.holds(chart.frame.point((each["x"], each["y"]))) for each in drawn if each["label"])
    assert browser.site.get(path + "d9").get_json() == {"villages": []}
