"""What an outline is: rings of longitude and latitude (WGS 84), and whether a point lies inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

Point = tuple[float, float]
"""Longitude, latitude."""
Ring = tuple[Point, ...]
"""Closed without its first point at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The least rectangle round some points."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, point: Point) -> bool:
        """Whether a point lies in it."""
        return self.west <= point[0] <= self.east and self.south <= point[1] <= self.north

    def within(self, other: Box) -> bool:
        """Whether all of it lies in the other."""
        return other.holds((self.west, self.south)) and other.holds((self.east, self.north))


def box_of(points: Iterable[Point]) -> Box:
    """The box round at least one point."""
    found = list(points)
    return Box(
        west=min(x for x, _ in found),
        south=min(y for _, y in found),
        east=max(x for x, _ in found),
        north=max(y for _, y in found),
    )


def size_of(ring: Sequence[Point]) -> float:
    """The area of a ring in square units, whichever way it turns."""
    pairs = zip(ring, [*ring[1:], *ring[:1]], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def crosses(ring: Sequence[Point], point: Point) -> bool:
    """Whether a line from the point to the east meets the ring an odd number of times."""
    x, y = point
    odd = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], *ring[:1]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            odd = not odd
    return odd


@dataclass(frozen=True, kw_only=True, eq=False)
class Area:
    """A county, town or village; read once, so that each is itself and no other.

    ``at``: a point well inside, where its name can stand.
    """

    code: str
    name: str
    name_en: str
    rings: tuple[Ring, ...]
    at: Point

    @property
    def is_invented(self) -> bool:
        """Whether it belongs to the city of demonstrations; no office has a code like it."""
        return self.code.startswith("0000")

    @cached_property
    def main(self) -> Ring:
        """The largest ring: what a picture is fitted to, so that far islets do not shrink it."""
        return max(self.rings, key=size_of)

    @cached_property
    def box(self) -> Box:
        """The box round all rings."""
        return box_of(point for ring in self.rings for point in ring)

    def holds(self, point: Point) -> bool:
        """Whether the point lies inside; holes are rings too, and count as outside."""
        return self.box.holds(point) and sum(crosses(ring, point) for ring in self.rings) % 2 == 1
