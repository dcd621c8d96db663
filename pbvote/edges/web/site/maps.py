"""Where proposals lie: dots in an SVG of our own, and map tiles where the operator set a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians
from urllib.parse import urlsplit

from pbvote.platform.runtime import Runtime
from pbvote.rooms.proposals.search import Place

WIDTH, HEIGHT, EDGE = 640.0, 420.0, 40.0
_METRES_PER_DEGREE = 111_320.0
_LEAST_SPAN = 0.004
"""Degrees: a single place is drawn with about 400 metres around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A proposal on the drawing; ``x`` and ``y`` in the units of the SVG."""

    place: Place
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All dots and a scale bar: ``bar`` units of the SVG are ``bar_metres`` metres."""

    dots: tuple[Dot, ...]
    bar: float
    bar_metres: int


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


def dots(placed: Sequence[Place]) -> Drawing | None:
    """The proposals that have a place, north up, equirectangular; None where none has."""
    if not placed:
        return None
    north = max(each.latitude for each in placed)
    south = min(each.latitude for each in placed)
    west = min(each.longitude for each in placed)
    east = max(each.longitude for each in placed)
    middle = (north + south) / 2
    shrink = cos(radians(middle))
    span_x = max((east - west) * shrink, _LEAST_SPAN)
    span_y = max(north - south, _LEAST_SPAN)
    scale = min((WIDTH - 2 * EDGE) / span_x, (HEIGHT - 2 * EDGE) / span_y)
    metres = _round_metres(WIDTH / scale * _METRES_PER_DEGREE / 4)
    centre = (west + east) / 2
    return Drawing(
        dots=tuple(
            Dot(
                place=each,
                x=round(WIDTH / 2 + (each.longitude - centre) * shrink * scale, 1),
                y=round(HEIGHT / 2 - (each.latitude - middle) * scale, 1),
            )
            for each in placed
        ),
        bar=round(metres / _METRES_PER_DEGREE * scale, 1),
        bar_metres=metres,
    )


def _round_metres(metres: float) -> int:
    """The largest 1, 2 or 5 times a power of ten that is not longer."""
    size = 1
    while size * 10 <= metres:
        size *= 10
    return max(step * size for step in (1, 2, 5) if step * size <= max(metres, 1))
