"""Where the proposals of a list lie: a map of our own, and tiles where the operator set a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from pbvote.edges.web.base.maps import Map, call_areas, district_names, map_of
from pbvote.platform.outlines.shapes import Point
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.search import Place
from pbvote.words.catalogue import gettext as _


@dataclass(frozen=True, slots=True, kw_only=True)
class TileLayer:
    """A source of map tiles that the operator has chosen; ``origin`` is all that the browser may ask."""

    url: str
    attribution: str

    @property
    def origin(self) -> str:
        """Scheme and host of the source."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def tile_layer(rt: Runtime) -> TileLayer | None:
    """The source of map tiles, or None: without one no page asks anybody else for anything."""
    web = rt.settings.web
    return TileLayer(url=web.map_tiles_url, attribution=web.map_attribution) if web.map_tiles_url else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMap:
    """The map beside a list. ``marks``: what stands on the pins, by proposal; ``links``: where pressing a
    district leads; ``said``: what pins (``p-ID``) and districts are called.
    """

    map: Map | None
    marks: Mapping[int, str]
    links: Mapping[str, str]
    said: Mapping[str, str]


def _places(proposals: Sequence[ProposalView]) -> dict[int, Point]:
    """Where the proposals lie that say it, by id."""
    return {
        p.id: (p.longitude, p.latitude)
        for p in proposals
        if p.longitude is not None and p.latitude is not None
    }


def map_of_list(
    rt: Runtime,
    call: CallView,
    items: Sequence[ProposalView],
    placed: Sequence[Place],
    filters: Mapping[str, str],
) -> ListMap:
    """Pins for the proposals of this page of the list, dots for those of the other pages."""
    areas = call_areas(rt, call)
    names = district_names(call)
    where = _places(items)
    wanted = filters.get("district", "")
    focus = [area for each, area in areas.districts.items() if each == wanted] if areas else []
    here = {p.id for p in items}
    drawn = map_of(
        areas,
        names,
        places=where,
        others=[(each.longitude, each.latitude) for each in placed if each.id not in here],
        focus=focus,
    )
    shown = [p for p in items if p.id in where]
    marks = {p.id: str(p.number or at) for at, p in enumerate(shown, 1)}
    many = drawn is not None and len(drawn.shapes) > 1
    kept = {name: text for name, text in filters.items() if text and name != "district"}
    return ListMap(
        map=drawn if placed else None,
        marks=marks,
        links={each: "?" + urlencode(kept if each == wanted else kept | {"district": each}) for each in names}
        if many
        else {},
        said={
            each: _("看全部分區") if each == wanted else _("只看%(name)s", name=name)
            for each, name in names.items()
        }
        | {f"p-{p.id}": f"{marks[p.id]} {p.title}" for p in shown},
    )


def map_of_funded(rt: Runtime, call: CallView, projects: Sequence[ProposalView]) -> ListMap | None:
    """Where what was funded will stand, as far as it is known; a pin leads to its card on the page."""
    where = _places(projects)
    names = district_names(call)
    drawn = map_of(call_areas(rt, call), names, places=where) if where else None
    placed = [p for p in projects if p.id in where]
    marks = {p.id: str(p.number) for p in placed}
    said = {f"p-{p.id}": f"{p.number} {p.title}" for p in placed}
    return ListMap(map=drawn, marks=marks, links={}, said=said) if drawn else None


def map_of_one(rt: Runtime, call: CallView, proposal: ProposalView) -> Map | None:
    """Where one proposal lies in its district; None where either is not known."""
    areas, where = call_areas(rt, call), _places([proposal])
    if areas is None or not where:
        return None
    own = areas.districts.get(proposal.district)
    return map_of(areas, district_names(call), places=where, focus=[own] if own else [])


def map_of_districts(rt: Runtime, call: CallView, counts: Mapping[str, int]) -> ListMap | None:
    """The districts of a call with how many proposals each has; None where there is one, or no outline."""
    areas = call_areas(rt, call)
    if areas is None or len(areas.districts) < 2:
        return None
    names = district_names(call)
    numbers = {each: counts.get(each, 0) for each in names}
    return ListMap(
        map=map_of(areas, names, counts=numbers),
        marks={},
        links={
            each: f"/calls/{call.id}/proposals?{urlencode({'district': each})}"
            for each, many in numbers.items()
            if many
        },
        said={
            each: _("%(name)s：%(count)s 件", name=names[each], count=many) for each, many in numbers.items()
        },
    )
