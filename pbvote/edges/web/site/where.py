"""「我住在哪一區？」: from a map, or a list, to the ballot that is for a place, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template

from pbvote.core.errors import NotFound
from pbvote.core.letters import folded
from pbvote.core.rules.stage import Stage
from pbvote.core.types import DistrictId
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.maps import Map, area_name, map_of_areas
from pbvote.edges.web.base.policy import allow
from pbvote.platform.outlines.atlas import Atlas, atlas_of
from pbvote.platform.outlines.shapes import Area
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.areas import CallAreas, areas_of
from pbvote.rooms.calls.queries import CallView

bp = Blueprint("where", __name__, url_prefix="/where")

_OPEN = frozenset({Stage.VOTING})
_ENDED = frozenset({Stage.GRACE, Stage.CLOSED, Stage.OPENED, Stage.CERTIFIED})


class AreaUnknown(NotFound):
    """No county, town or village has that code."""

    code = "where.unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Areas to choose from, on a map and as a list: name and address of each."""

    map: Map
    links: dict[str, str]
    names: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """The ballot of a district; ``district`` is None where the names do not say which one it is."""

    call: CallView
    stage: Stage
    district: DistrictId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The ballots for a place; ``by_village``: some call tells its districts apart by village."""

    open: tuple[Ballot, ...]
    coming: tuple[Ballot, ...]
    ended: tuple[Ballot, ...]
    unclear: tuple[Ballot, ...]
    by_village: bool


def choice(areas: Sequence[Area], address: str, *, drawn: Sequence[Area] = ()) -> Choice:
    """The areas as links below an address; ``drawn``: those that stand on the map, if not all."""
    return Choice(
        map=map_of_areas(drawn or areas),
        links={area.code: f"{address}/{area.code}" for area in areas},
        names={area.code: area_name(area) for area in areas},
    )


def choice_at_home(rt: Runtime, published: Iterable[CallView], near: str) -> tuple[Area, Choice] | None:
    """The towns of the county that the front page is about: the reader's, or the only one with a call."""
    atlas = atlas_of(rt)
    counties = {area.code: area for call in published if (area := atlas.county_named(call.agency.county))}
    chosen = [area for area in counties.values() if folded(area.name) == folded(near)]
    if len(counties) != 1 and not chosen:
        return None
    county = chosen[0] if chosen else next(iter(counties.values()))
    return county, choice(atlas.towns(county.code), f"/where/{county.code}")


def ballots_for(rt: Runtime, atlas: Atlas, published: Sequence[CallView], county: Area, code: str) -> Found:
    """Every published call that is for the town or village of a code, by whether it can be voted in."""
    now = rt.clock()
    mine: list[Ballot] = []
    unclear: list[Ballot] = []
    by_village = False
    for call in published:
        areas = areas_of(call, atlas)
        districts, inside = _districts(areas, code)
        by_village = by_village or bool(inside)
        if districts:
            mine += [_ballot(call, each, now) for each in districts]
        elif not inside and _is_unclear(call, areas, county, code):
            unclear.append(_ballot(call, None, now))
    mine.sort(key=lambda each: each.call.rules.timeline.voting_opens_at)
    return Found(
        open=tuple(each for each in mine if each.stage in _OPEN),
        coming=tuple(each for each in mine if each.stage not in _OPEN | _ENDED),
        ended=tuple(each for each in mine if each.stage in _ENDED),
        unclear=tuple(each for each in unclear if each.stage not in _ENDED),
        by_village=by_village,
    )


def _ballot(call: CallView, district: DistrictId | None, now: datetime) -> Ballot:
    return Ballot(call=call, stage=call.stage(now), district=district)


def _districts(areas: CallAreas | None, code: str) -> tuple[list[DistrictId], list[DistrictId]]:
    """The districts that hold a place, and those that are parts of it: codes begin with what holds them."""
    known = areas.districts.items() if areas else ()
    holding = [each for each, area in known if code.startswith(area.code)]
    return holding, [each for each, area in known if area.code.startswith(code) and area.code != code]


def _is_unclear(call: CallView, areas: CallAreas | None, county: Area, code: str) -> bool:
    """Whether the call is of this place's county or town, but has districts that no map knows."""
    if folded(call.agency.county) not in {folded(county.name), folded(county.name_en)}:
        return False
    if areas is None:
        return True
    elsewhere = areas.town is not None and not code.startswith(areas.town.code)
    return len(areas.districts) < len(call.rules.districts) and not elsewhere


@bp.get("")
@allow("public")
def counties() -> str:
    """Which county?"""
    atlas = atlas_of(runtime())
    areas = sorted(atlas.counties(), key=lambda area: -area.at[1])  # from north to south
    with runtime().read_main() as tx:
        held = {folded(call.agency.county) for call in calls.list_published(tx)}
    return render_template(
        "site/where.html",
        step="county",
        above=(),
        choice=choice(areas, "/where", drawn=[area for area in areas if not area.is_invented]),
        first=[area.code for area in areas if folded(area.name) in held],
    )


@bp.get("/<county>")
@allow("public")
def towns(county: str) -> str:
    """Which town?"""
    atlas = atlas_of(runtime())
    area = _known(atlas.counties(), county)
    return render_template(
        "site/where.html",
        step="town",
        above=((area_name(area), ""),),
        choice=choice(atlas.towns(area.code), f"/where/{area.code}"),
        first=(),
    )


@bp.get("/<county>/<town>")
@allow("public")
def answer(county: str, town: str) -> str:
    """Which ballot is for this town, and when; and which village, where that matters."""
    return _answer(county, town, "")


@bp.get("/<county>/<town>/<village>")
@allow("public")
def answer_of_village(county: str, town: str, village: str) -> str:
    """Which ballot is for this village, and when."""
    return _answer(county, town, village)


def _answer(county_code: str, town_code: str, village_code: str) -> str:
    rt = runtime()
    atlas = atlas_of(rt)
    county = _known(atlas.counties(), county_code)
    town = _known(atlas.towns(county.code), town_code)
    village = _known(atlas.villages(town.code), village_code) if village_code else None
    with rt.read_main() as tx:
        published = calls.list_published(tx)
    found = ballots_for(rt, atlas, published, county, village.code if village else town.code)
    above = [(area_name(county), f"/where/{county.code}"), (area_name(town), "")]
    if village:
        above = [above[0], (area_name(town), f"/where/{county.code}/{town.code}"), (area_name(village), "")]
    ask = found.by_village and village is None
    return render_template(
        "site/where_answer.html",
        above=above,
        place=area_name(village or town),
        found=found,
        choice=choice(atlas.villages(town.code), f"/where/{county.code}/{town.code}") if ask else None,
        first=(),
    )


def _known(areas: Iterable[Area], code: str) -> Area:
    """The area of that code.

    Raises:
        AreaUnknown: there is none.
    """
    found = next((area for area in areas if area.code == code), None)
    if found is None:
        raise AreaUnknown()
    return found
