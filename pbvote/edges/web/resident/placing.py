"""The map on which a proposal gets its pin, and what is asked about a pin outside its district."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pbvote.edges.web.base.maps import Map, call_areas, map_of
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.proposals.content import content_findings
from pbvote.words.names import district_name


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
    names = {district.id: district_name(call, district.id) for district in call.rules.districts}
    drawn = map_of(areas, {str(each): name for each, name in names.items()}) if areas else None
    at, found = None, ""
    if content.latitude is not None and content.longitude is not None:
        point = (content.longitude, content.latitude)
        at = drawn.frame.place(point) if drawn else point
        found = (areas.district_at(point) or "") if areas else ""
    return Placing(map=drawn, at=at, chosen=content.district, found=found)
