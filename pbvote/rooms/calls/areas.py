"""Where a call's districts lie: found by what the agency, its county and the districts are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pbvote.core.letters import folded
from pbvote.core.rules.ruleset import District
from pbvote.core.types import DistrictId
from pbvote.platform.outlines.atlas import Atlas, named
from pbvote.platform.outlines.shapes import Area, Point
from pbvote.rooms.calls.queries import CallView

_KINDS = "縣市區鄉鎮里村"
"""What the name of an area may end with, and what people leave away."""
_WHOLE = ("全", "不分")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAreas:
    """The districts that have an outline, and their neighbours; ``county`` and ``town`` hold them all."""

    districts: Mapping[DistrictId, Area]
    around: tuple[Area, ...]
    county: Area | None = None
    town: Area | None = None

    def district_at(self, point: Point) -> DistrictId | None:
        """The district in which a point lies."""
        return next((each for each, area in self.districts.items() if area.holds(point)), None)


def areas_of(call: CallView, atlas: Atlas) -> CallAreas | None:
    """Where the districts of a published call lie; None where no name is known.

    The villages of an office's town come before the towns of its county. A call with one district that is
    called 全市, 不分區 or as the agency's area is for all of it.
    """
    county = _county(call, atlas)
    districts = call.rules.districts
    if county is None:
        return _matched(districts, atlas.counties(), None, None)
    towns = atlas.towns(county.code)
    town = _town(call, towns)
    levels = [atlas.villages(town.code)] if town else []
    for areas in (*levels, towns):
        found = _matched(districts, areas, county, town)
        if found:
            return found
    whole = town if call.agency.level == "township" else county
    if whole and len(districts) == 1 and _is_whole(districts[0].name, whole):
        around = tuple(area for area in towns if area is not whole) if town else ()
        return CallAreas(districts={districts[0].id: whole}, around=around, county=county, town=town)
    return None


def _is_whole(name: str, area: Area) -> bool:
    return any(word in name for word in _WHOLE) or _finder([area], [])(name) is not None


def _county(call: CallView, atlas: Atlas) -> Area | None:
    """The agency's county, or the one in which people must live."""
    names = [call.agency.county, *(ground.area for ground in call.rules.grounds)]
    return next((area for area in map(atlas.county_named, names) if area), None)


def _town(call: CallView, towns: Sequence[Area]) -> Area | None:
    """The town whose office holds the call."""
    if call.agency.level != "township":
        return None
    office = folded(call.agency.name)
    return next((town for town in towns if folded(town.name) in office), None)


def _matched(
    districts: Sequence[District], areas: Sequence[Area], county: Area | None, town: Area | None
) -> CallAreas | None:
    above = [folded(area.name) for area in (county, town) if area]
    find = _finder(areas, above)
    found = {district.id: area for district in districts if (area := find(district.name))}
    if not found or len({area.code for area in found.values()}) < len(found):
        return None
    around = tuple(area for area in areas if area not in found.values())
    return CallAreas(districts=found, around=around, county=county, town=town)


def _finder(areas: Sequence[Area], above: Sequence[str]) -> Callable[[str], Area | None]:
    """Finds the area that is meant by a name, also by 新北市板橋區 or 板橋 where no other is called so."""
    short: dict[str, list[Area]] = {}
    for area in areas:
        short.setdefault(_short(folded(area.name)), []).append(area)

    def find(name: str) -> Area | None:
        plain = folded(name)
        for each in above:
            plain = plain.removeprefix(each).strip() or plain
        alike = short.get(plain, [])
        return named(areas, plain) or (alike[0] if len(alike) == 1 else None)

    return find


def _short(name: str) -> str:
    return name[:-1] if len(name) > 2 and name[-1] in _KINDS else name
