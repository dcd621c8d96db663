"""The map on which a proposal gets its pin, and what is asked about a pin outside its district."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify

from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.limits import limiter
from pbvote.edges.web.base.maps import Map, call_areas, district_names, map_of, villages_on
from pbvote.edges.web.base.policy import allow
from pbvote.platform.outlines.atlas import atlas_of
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.areas import CallAreas
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.proposals.content import content_findings

bp = Blueprint("placing", __name__, url_prefix="/my")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """The map of the call, where the pin stands on it, and in which district that is.

    ``map`` is None where the districts have no outline. ``at``: None without a pin. ``chosen`` and
    ``found`` are district ids; ``found`` is empty outside all of them.
    """

    map: Map | None
    at: tuple[float, float] | None
    chosen: str
    found: str

    @property
    def is_outside(self) -> bool:
        """Whether the pin lies elsewhere than in the district that was chosen: worth a question."""
        on_map = any(shape.id == self.chosen for shape in self.map.shapes) if self.map else False
        return self.at is not None and on_map and self.found != self.chosen


def placing(rt: Runtime, call: CallView, values: Mapping[str, str]) -> Placing:
    """Map, pin and district of what was typed so far."""
    content, _findings = content_findings(values, call.rules)
    areas = call_areas(rt, call)
    drawn = _drawn(call, areas) if areas else None
    at, found = None, ""
    if content.latitude is not None and content.longitude is not None:
        point = (content.longitude, content.latitude)
        at = drawn.frame.place(point) if drawn else point
        found = (areas.district_at(point) or "") if areas else ""
    return Placing(map=drawn, at=at, chosen=content.district, found=found)


def _drawn(call: CallView, areas: CallAreas) -> Map | None:
    return map_of(areas, district_names(call))


@bp.get("/calls/<call_id>/villages/<district_id>")
@allow("resident")
@limiter.limit("120 per minute")
def villages(call_id: str, district_id: str) -> Response:
    """The villages of a district in the units of the call's map: what a pin is put between."""
    rt = runtime()
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
    areas = call_areas(rt, call)
    drawn = _drawn(call, areas) if areas else None
    area = (
        next((area for each, area in areas.districts.items() if each == district_id), None) if areas else None
    )
    inside = atlas_of(rt).villages(area.code) if area else ()
    shapes = villages_on(drawn.frame, inside) if drawn else ()
    return jsonify({"villages": [{"path": s.path, "label": s.label, "x": s.x, "y": s.y} for s in shapes]})
