"""Maps of our own: outlines and pins as SVG, north up, so that no page asks anybody else for a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, cos, hypot, radians, sqrt

from pbvote.platform.outlines.atlas import atlas_of
from pbvote.platform.outlines.shapes import Area, Box, Point, box_of, size_of
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls.areas import CallAreas, areas_of
from pbvote.rooms.calls.queries import CallView
from pbvote.words.language import either, language
from pbvote.words.names import district_name
from pbvote.words.pieces import plain

WIDTH = 1000
LOWEST, HIGHEST = 560, 1250
EDGE = 40
PIN = 38
"""Half the width of a pin in units of the drawing: 13 pixels where a telephone draws it 350 wide."""
_LETTER, _LATIN, _LINE = 42, 23, 48
_LEAST_SPAN = 0.006
"""Degrees: about 600 metres round a single place."""
_TRIES = 8
_Room = tuple[float, float, float, float]
_ENDINGS = (" District", " Township", " City", " County", " Village")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The part of the world that a drawing shows, equirectangular; ``across``, ``up``: units per degree."""

    west: float
    north: float
    across: float
    up: float
    height: int
    width: int = WIDTH

    def place(self, point: Point) -> tuple[float, float]:
        """Where a point stands on the drawing."""
        return (point[0] - self.west) * self.across, (self.north - point[1]) * self.up

    def point(self, place: tuple[float, float]) -> Point:
        """Which point stands there."""
        return self.west + place[0] / self.across, self.north - place[1] / self.up


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """An outline on the drawing; ``label`` is empty where the name would lie on another's.

    ``shade``: from 1 to 3 where the areas are compared by a number, which the label says too.
    """

    id: str
    name: str
    path: str
    label: str
    x: int
    y: int
    box: str
    shade: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A pin: ``x`` and ``y`` where it is drawn, ``at_x`` and ``at_y`` where its place is."""

    id: int
    x: float
    y: float
    at_x: float
    at_y: float

    @property
    def is_moved(self) -> bool:
        """Whether it had to make room for others."""
        return hypot(self.x - self.at_x, self.y - self.at_y) > PIN / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """A drawing: districts, what lies around them, pins, and places that are only dots."""

    frame: Frame
    shapes: tuple[Shape, ...]
    around: tuple[str, ...] = ()
    pins: tuple[Pin, ...] = ()
    dots: tuple[tuple[float, float], ...] = ()
    invented: bool = False

    @property
    def radius(self) -> int:
        """Half the width of a pin."""
        return PIN


def call_areas(rt: Runtime, call: CallView) -> CallAreas | None:
    """Where the districts of a call lie."""
    return areas_of(call, atlas_of(rt))


def district_names(call: CallView) -> dict[str, str]:
    """What the districts of a call are called in the reader's language, by id."""
    return {str(each.id): district_name(call, each.id) for each in call.rules.districts}


def map_of(
    areas: CallAreas | None,
    names: Mapping[str, str],
    *,
    places: Mapping[int, Point] | None = None,
    others: Sequence[Point] = (),
    focus: Sequence[Area] = (),
    counts: Mapping[str, int] | None = None,
) -> Map | None:
    """A map of a call's districts with the pins of its places; None where nothing is known to draw.

    ``names``: what the districts are called, by id. ``others``: places without a pin of their own.
    ``focus``: what the drawing is fitted to instead of everything. ``counts``: what is written behind the
    districts' names.
    """
    placed = dict(places or {})
    near = focus or (tuple(areas.districts.values()) if areas else ())
    corners = [point for area in near for point in area.main] + list(placed.values())
    if not focus:
        corners += others
    if not corners:
        return None
    frame = frame_of(corners)
    pins = _pins(frame, placed)
    named = (
        {str(each): (area, names.get(each, area.name)) for each, area in areas.districts.items()}
        if areas
        else {}
    )
    return Map(
        frame=frame,
        shapes=_shapes(frame, named, pins, counts or {}),
        around=tuple(_path(frame, area) for area in areas.around) if areas else (),
        pins=pins,
        dots=tuple(_whole(frame.place(each)) for each in others),
        invented=any(area.is_invented for area, _name in named.values()),
    )


def map_of_areas(areas: Sequence[Area]) -> Map:
    """A map of areas by their codes, named in the reader's language."""
    return _drawn(tuple(areas), language())


@lru_cache(maxsize=64)
def _drawn(areas: tuple[Area, ...], _language: str) -> Map:
    frame = frame_of([point for area in areas for point in area.main])
    named = {area.code: (area, area_name(area)) for area in areas}
    return Map(
        frame=frame,
        shapes=_shapes(frame, named, (), {}),
        invented=any(area.is_invented for area in areas),
    )


def villages_on(frame: Frame, villages: Sequence[Area]) -> tuple[Shape, ...]:
    """Villages in the units of a larger map, with the names that have room where they fill the page."""
    if not villages:
        return ()
    near = frame_of([point for area in villages for point in area.main])
    named = {area.code: (area, area_name(area)) for area in villages}
    return tuple(
        replace(
            shape,
            path=_path(frame, named[shape.id][0]),
            x=round(frame.place(near.point((shape.x, shape.y)))[0]),
            y=round(frame.place(near.point((shape.x, shape.y)))[1]),
        )
        for shape in _shapes(near, named, (), {})
    )


def area_name(area: Area) -> str:
    """The name in the reader's language."""
    return either(area.name, area.name_en)


def frame_of(corners: Iterable[Point]) -> Frame:
    """The frame round the corners, never flatter or higher than a page can show."""
    box = _widened(box_of(corners))
    middle = (box.north + box.south) / 2
    shrink = cos(radians(middle))
    wide, high = (box.east - box.west) * shrink, box.north - box.south
    scale = (WIDTH - 2 * EDGE) / wide
    height = high * scale + 2 * EDGE
    if height > HIGHEST:
        scale = (HIGHEST - 2 * EDGE) / high
    height = min(max(height, LOWEST), HIGHEST)
    across = scale * shrink
    return Frame(
        west=round((box.west + box.east) / 2 - WIDTH / 2 / across, 6),
        north=round(middle + height / 2 / scale, 6),
        across=round(across, 3),
        up=round(scale, 3),
        height=round(height),
    )


def _widened(box: Box) -> Box:
    wide = max(0.0, _LEAST_SPAN - (box.east - box.west)) / 2
    high = max(0.0, _LEAST_SPAN / 2 - (box.north - box.south)) / 2
    return Box(west=box.west - wide, south=box.south - high, east=box.east + wide, north=box.north + high)


@lru_cache(maxsize=2048)
def _path(frame: Frame, area: Area) -> str:
    """The rings as whole units and steps; what lies far outside the drawing is left out."""
    pieces = []
    for ring in area.rings:
        points = [tuple(round(each) for each in frame.place(point)) for point in ring]
        if not _is_near(frame, points):
            continue
        steps = [
            f"{bx - ax} {by - ay}"
            for (ax, ay), (bx, by) in zip(points, points[1:], strict=False)
            if (ax, ay) != (bx, by)
        ]
        if len(steps) > 1:
            pieces.append(f"M{points[0][0]} {points[0][1]}l{' '.join(steps).replace(' -', '-')}z")
    return "".join(pieces)


def _is_near(frame: Frame, points: Sequence[tuple[int, ...]]) -> bool:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs) < WIDTH and max(xs) > 0 and min(ys) < frame.height and max(ys) > 0


def _shapes(
    frame: Frame, named: Mapping[str, tuple[Area, str]], pins: Sequence[Pin], counts: Mapping[str, int]
) -> tuple[Shape, ...]:
    """The outlines with the names that have room, those of the largest first."""
    taken = [(pin.x - PIN, pin.y - PIN, pin.x + PIN, pin.y + PIN) for pin in pins]
    named = {each: (area, plain(name)) for each, (area, name) in named.items()}  # a drawing has no elements
    labels = {
        each: _shortened(name) + (f" {counts[each]}" if each in counts else "")
        for each, (_area, name) in named.items()
    }
    most = max(counts.values(), default=0)
    spots: dict[str, tuple[float, float] | None] = {}
    for each, (area, _name) in sorted(named.items(), key=lambda item: -size_of(item[1][0].main)):
        half = _half(labels[each])
        spots[each] = _spot(frame, area, half, taken)
        if spot := spots[each]:
            taken.append(_room(spot, half))
    return tuple(
        Shape(
            id=each,
            name=name,
            path=_path(frame, area),
            label=labels[each] if spots[each] else "",
            x=round((spots[each] or (0, 0))[0]),
            y=round((spots[each] or (0, 0))[1]),
            box=_box(frame, area),
            shade=ceil(3 * counts.get(each, 0) / most) if most else 0,
        )
        for each, (area, name) in named.items()
    )


def _half(label: str) -> float:
    return sum(_LATIN if letter.isascii() else _LETTER for letter in label) / 2


def _room(spot: tuple[float, float], half: float) -> _Room:
    return spot[0] - half, spot[1] - _LINE / 2, spot[0] + half, spot[1] + _LINE / 2


def _spot(frame: Frame, area: Area, half: float, taken: Sequence[_Room]) -> tuple[float, float] | None:
    """Where a name lies on no pin and no other name: in the middle of its area, or near it."""
    x, y = frame.place(area.at)

    def is_clear(spot: tuple[float, float]) -> bool:
        west, north, east, south = _room(spot, half)
        on_page = west >= 0 and east <= WIDTH and north >= 0 and south <= frame.height
        return on_page and all(east <= a or west >= c or south <= b or north >= d for a, b, c, d in taken)

    def is_whole(spot: tuple[float, float]) -> bool:
        ends = [(spot[0] + side * half * 0.8, spot[1]) for side in (-1, 1)]
        return all(area.holds(frame.point(end)) for end in ends)

    if is_clear((x, y)) and is_whole((x, y)):
        return x, y
    spots = [(x, y), *sorted(_grid(frame, area), key=lambda at: hypot(at[0] - x, at[1] - y))]
    if frame.across * (area.box.east - area.box.west) < half * 1.6:  # an island smaller than its name
        spots.insert(0, (x, frame.place((area.box.west, area.box.south))[1] + _LINE * 0.6))
    clear = [spot for spot in spots if is_clear(spot)]
    return next((spot for spot in clear if is_whole(spot)), clear[0] if clear else None)


def _grid(frame: Frame, area: Area) -> list[tuple[float, float]]:
    """Some places inside an area."""
    box = area.box
    across, up = (box.east - box.west) / _TRIES, (box.north - box.south) / _TRIES
    points = [(box.west + across * i, box.south + up * j) for i in range(1, _TRIES) for j in range(1, _TRIES)]
    return [frame.place(point) for point in points if area.holds(point)]


def _shortened(name: str) -> str:
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def _box(frame: Frame, area: Area) -> str:
    points = [frame.place(point) for point in area.main]
    west, north = min(x for x, _ in points), min(y for _, y in points)
    east, south = max(x for x, _ in points), max(y for _, y in points)
    return f"{west:.0f} {north:.0f} {east - west:.0f} {south - north:.0f}"


def _whole(point: tuple[float, float]) -> tuple[float, float]:
    return round(point[0], 1), round(point[1], 1)


def _pins(frame: Frame, placed: Mapping[int, Point]) -> tuple[Pin, ...]:
    """Pins that do not lie on each other; each that had to move still knows its place."""
    true = {each: frame.place(point) for each, point in placed.items()}
    drawn = _spread(list(true.values()), frame)
    return tuple(
        Pin(
            id=each,
            x=round(x, 1),
            y=round(y, 1),
            at_x=round(true[each][0], 1),
            at_y=round(true[each][1], 1),
        )
        for each, (x, y) in zip(true, drawn, strict=True)
    )


def _spread(
    points: list[tuple[float, float]], frame: Frame, *, rounds: int = 60
) -> list[tuple[float, float]]:
    """The points pushed apart until two pins do not overlap, or as far as there is room."""
    apart = min(2 * PIN + 6.0, sqrt(WIDTH * frame.height / max(len(points), 1)) * 0.8)
    now = [list(point) for point in points]
    for _ in range(rounds):
        moved = False
        for i, a in enumerate(now):
            for j in range(i):
                b = now[j]
                dx, dy = a[0] - b[0], a[1] - b[1]
                gap = hypot(dx, dy)
                if gap >= apart - 0.5:
                    continue
                if gap < 0.5:  # the same place: each to a side of its own
                    dx, dy, gap = cos(i), cos(i + 1.57), 1.0
                push = (apart - gap) / 2 / gap
                a[0], a[1] = a[0] + dx * push, a[1] + dy * push
                b[0], b[1] = b[0] - dx * push, b[1] - dy * push
                moved = True
        for point in now:
            point[0] = min(max(point[0], PIN + 4), WIDTH - PIN - 4)
            point[1] = min(max(point[1], PIN + 4), frame.height - PIN - 4)
        if not moved:
            break
    return [(x, y) for x, y in now]
