"""Which counties there are, which towns a county has, which villages a town has, and where they lie."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pbvote.core.letters import folded
from pbvote.core.types import Mode
from pbvote.platform.outlines.shapes import Area, Point
from pbvote.platform.runtime import Runtime

FOLDER = Path(__file__).parent
REAL, INVENTED = FOLDER / "taiwan", FOLDER / "invented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """The outlines that this service knows; ``folders`` in the order in which counties are listed."""

    folders: tuple[Path, ...]

    def counties(self) -> tuple[Area, ...]:
        """Every county."""
        return tuple(area for folder in self.folders for area in _areas(folder / "counties.json"))

    def county(self, code: str) -> Area | None:
        """The county of that code."""
        return next((area for area in self.counties() if area.code == code), None)

    def county_named(self, name: str) -> Area | None:
        """The county of that name; 臺 and 台 are one."""
        return named(self.counties(), name)

    def towns(self, county: str) -> tuple[Area, ...]:
        """The towns of a county by its code, or none."""
        return self._of(county, "towns")

    def villages(self, town: str) -> tuple[Area, ...]:
        """The villages of a town by its code, or none."""
        return tuple(area for area in self._of(town[:5], "villages") if area.code.startswith(town))

    def _of(self, county: str, level: str) -> tuple[Area, ...]:
        for folder in self.folders:
            if any(area.code == county for area in _areas(folder / "counties.json")):
                return _areas(folder / f"{level}-{county}.json")
        return ()


def atlas_of(rt: Runtime) -> Atlas:
    """The real outlines, and before them the invented city's, except where real people vote."""
    if rt.settings.mode is Mode.PRODUCTION:
        return Atlas(folders=(REAL,))
    return Atlas(folders=(INVENTED, REAL))


def named(areas: Iterable[Area], name: str) -> Area | None:
    """The area of that name, in Chinese or English."""
    wanted = folded(name)
    return next(
        (area for area in areas if wanted and wanted in {folded(area.name), folded(area.name_en)}), None
    )


@cache
def _areas(path: Path) -> tuple[Area, ...]:
    content = json.loads(path.read_text(encoding="utf-8"))
    step, (west, south) = content["step"], content["origin"]

    def degrees(x: int, y: int) -> Point:
        return round(west + x * step, 6), round(south + y * step, 6)

    arcs = [_line(arc) for arc in content["arcs"]]
    return tuple(
        Area(
            code=code,
            name=name,
            name_en=name_en,
            rings=tuple(tuple(degrees(*point) for point in _ring(arcs, ring)) for ring in rings),
            at=degrees(*at),
        )
        for code, name, name_en, at, rings in content["areas"]
    )


def _line(arc: list[int]) -> list[tuple[int, int]]:
    """The points of an arc that is written as a point and steps from it."""
    points, x, y = [], 0, 0
    for dx, dy in zip(arc[::2], arc[1::2], strict=True):
        x, y = x + dx, y + dy
        points.append((x, y))
    return points


def _ring(arcs: list[list[tuple[int, int]]], numbers: list[int]) -> list[tuple[int, int]]:
    """The arcs of a ring one behind the other; ``~n`` is arc n from its end."""
    points: list[tuple[int, int]] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    return points[:-1]
