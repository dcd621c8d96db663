"""Outlines of counties, towns and villages: neighbours meet, nothing is missing, known places are found."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from pbvote.core.types import Mode
from pbvote.platform.outlines.atlas import FOLDER, INVENTED, REAL, Atlas, atlas_of
from pbvote.platform.outlines.shapes import Area, box_of, crosses, size_of
from pbvote.platform.runtime import Runtime
from pbvote.tools.demo.plan import load_calls, load_city
from tests.architecture.source import ROOT
from tests.make.services import MovableClock

TAIWAN = Atlas(folders=(REAL,))
CITY = Atlas(folders=(INVENTED,))
HALLS = {
    ("臺北市", "信義區"): (25.0375, 121.5637),
    ("新北市", "板橋區"): (25.0120, 121.4657),
    ("桃園市", "桃園區"): (24.9930, 121.3010),
    ("臺中市", "西屯區"): (24.1618, 120.6469),
    ("臺南市", "安平區"): (22.9921, 120.1849),
    ("高雄市", "苓雅區"): (22.6203, 120.3120),
    ("基隆市", "中正區"): (25.1317, 121.7447),
    ("宜蘭縣", "宜蘭市"): (24.7307, 121.7631),
    ("南投縣", "南投市"): (23.9026, 120.6905),
    ("嘉義縣", "太保市"): (23.4589, 120.2932),
    ("屏東縣", "屏東市"): (22.6829, 120.4879),
    ("花蓮縣", "花蓮市"): (23.9911, 121.6198),
    ("臺東縣", "臺東市"): (22.7554, 121.1505),
    ("澎湖縣", "馬公市"): (23.5697, 119.5663),
    ("金門縣", "金城鎮"): (24.4367, 118.3186),
    ("連江縣", "南竿鄉"): (26.1578, 119.9519),
}
"""City and county halls: latitude, longitude."""
NEARLY = 0.03
"""Counties are drawn coarser than towns: a border may lie beside the other's by this part of the county."""
Edge = frozenset[tuple[float, float]]


def towns() -> list[tuple[Area, Area]]:
    """Every town with its county."""
    return [(county, town) for county in TAIWAN.counties() for town in TAIWAN.towns(county.code)]


def land(area: Area) -> float:
    """The size of all islands, without what another county cuts out."""
    holes = [ring for ring in area.rings if ring != area.main and crosses(area.main, ring[0])]
    return sum(size_of(ring) for ring in area.rings) - 2 * sum(size_of(ring) for ring in holes)


def edges(area: Area) -> list[Edge]:
    return [frozenset(pair) for ring in area.rings for pair in zip(ring, ring[1:] + ring[:1], strict=True)]


def test_every_county_town_and_village_is_there() -> None:
    assert len(TAIWAN.counties()) == 22
    assert len(towns()) == 368
    villages = [village for _county, town in towns() for village in TAIWAN.villages(town.code)]
    assert len(villages) == 7701
    assert [village.code for village in villages if not village.name or len(village.main) < 3] == []


def test_every_town_lies_in_the_box_of_its_county() -> None:
    outside = []
    for county, town in towns():
        frame, own = county.box, box_of(town.main)
        across, up = frame.east - frame.west, frame.north - frame.south
        if not (
            frame.west - across * NEARLY <= own.west
            and frame.south - up * NEARLY <= own.south
            and own.east <= frame.east + across * NEARLY
            and own.north <= frame.north + up * NEARLY
        ):
            outside.append((county.name, town.name))
    assert outside == [("金門縣", "烏坵鄉")]  # two rocks far out, too small for the map of counties


@pytest.mark.parametrize("county", TAIWAN.counties(), ids=lambda county: county.name)
def test_neighbours_have_one_border(county: Area) -> None:
    """A line between two points belongs to one town (the coast) or two; never to more, and never half."""
    uses = Counter(edge for town in TAIWAN.towns(county.code) for edge in edges(town))
    assert max(uses.values()) <= 2
    parts = sum(land(town) for town in TAIWAN.towns(county.code))
    assert parts == pytest.approx(land(county), rel=0.12)
    if len(TAIWAN.towns(county.code)) > 6:
        assert sum(many == 2 for many in uses.values()) > 20


@pytest.mark.parametrize(("names", "place"), HALLS.items(), ids=lambda each: str(each))
def test_a_city_hall_lies_in_its_town(names: tuple[str, str], place: tuple[float, float]) -> None:
    county = TAIWAN.county_named(names[0])
    assert county is not None
    point = (place[1], place[0])
    assert [town.name for town in TAIWAN.towns(county.code) if town.holds(point)] == [names[1]]
    (town,) = (town for town in TAIWAN.towns(county.code) if town.holds(point))
    assert len([village for village in TAIWAN.villages(town.code) if village.holds(point)]) <= 1


def test_a_name_stands_inside_its_outline() -> None:
    counties, every_town = list(TAIWAN.counties()), [town for _county, town in towns()]
    assert [area.name for area in counties + every_town if not area.holds(area.at)] == []


def test_the_two_ways_to_write_tai_are_one() -> None:
    assert TAIWAN.county_named("台北市") is TAIWAN.county_named("臺北市") is not None
    assert TAIWAN.county_named("Taipei City") is TAIWAN.county_named("臺北市")
    assert TAIWAN.county_named("") is None
    assert TAIWAN.towns("99999") == ()


def test_every_project_of_the_invented_city_lies_in_its_district(clock: MovableClock) -> None:
    plan = load_city()
    outlines = {town.name: town for town in CITY.towns("00001")}
    assert set(outlines) == {district.name for district in plan.districts.values()}
    placed = [project for call in load_calls(clock()) for project in call.projects if project.at]
    assert len(placed) > 40
    wrong = [
        project.title
        for project in placed
        if not outlines[plan.districts[project.district].name].holds((project.at[1], project.at[0]))
    ]
    assert wrong == []


def test_the_invented_city_touches_no_real_one() -> None:
    (city,) = CITY.counties()
    corners = [*city.main, city.at]
    assert [county.name for county in TAIWAN.counties() if any(county.holds(each) for each in corners)] == []
    assert {village.name for village in CITY.villages("00001010")} == {"青溪里", "溪北里", "柳岸里"}


def test_no_invented_city_where_real_people_vote(rt: Runtime) -> None:
    assert atlas_of(rt).county_named("雲海市") is not None
    real = rt.settings.model_copy(update={"mode": Mode.PRODUCTION})
    assert atlas_of(replace(rt, settings=real)).county_named("雲海市") is None


def test_the_outlines_are_small() -> None:
    def weight(folder: Path, pattern: str) -> int:
        return sum(path.stat().st_size for path in folder.glob(pattern))

    assert weight(FOLDER, "*/*.json") < 1_500_000
    assert weight(REAL, "towns-*.json") < 250_000
    assert weight(REAL, "counties.json") < 25_000


def test_the_tool_makes_the_same_invented_city_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ROOT / "tools" / "invented_city.py"
    spec = importlib.util.spec_from_file_location("invented_city", path)
    assert spec is not None
    assert spec.loader is not None
    monkeypatch.setattr(sys, "path", [*sys.path])
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.setattr(tool, "OUT", tmp_path)
    tool.main()
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in INVENTED.iterdir()}
