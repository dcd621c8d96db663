"""Makes ``pbvote/platform/outlines/invented``: the outlines of the city that demonstrations live in.

    python tools/invented_city.py

An island out at sea, where no real street is: three districts and their villages. Corners are given here;
the lines between them are drawn by halving each again and again and moving its middle by chance. The
chance is seeded with the line's name, so that the same corners give the same city.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from outlines import STEP, Level, Outline, Point, on_grid, written  # noqa: E402 -- beside this file

OUT = ROOT / "pbvote" / "platform" / "outlines" / "invented"
SOURCE = "An invented city: every name and line in it is made up, by tools/invented_city.py"
LICENCE = "Apache-2.0, as the service itself"
CODE = "00001"

CORNERS: dict[str, Point] = {
    "north-west": (120.0815, 24.3090),  # where the border of Haian and Qingxi meets the sea
    "north-east": (120.1040, 24.3300),  # of Qingxi and Songling
    "south-east": (120.1240, 24.2880),
    "south-west": (120.0930, 24.2680),
    "brook": (120.0990, 24.3000),
    "brook-mouth": (120.0920, 24.3210),
    "weir": (120.0865, 24.2880),
    "pass": (120.1165, 24.3070),
    "ridge": (120.1125, 24.3170),
    "cape": (120.0470, 24.2780),
    "east-cove": (120.1510, 24.3240),
}
LINES: dict[str, tuple[str, tuple[Point, ...], str]] = {
    "coast-1": ("north-west", (), "brook-mouth"),
    "coast-2": ("brook-mouth", (), "north-east"),
    "coast-3": (
        "north-east",
        ((120.1110, 24.3390), (120.1200, 24.3365), (120.1280, 24.3455), (120.1430, 24.3430)),
        "east-cove",
    ),
    "coast-4": ("east-cove", ((120.1425, 24.3185), (120.1490, 24.3100), (120.1400, 24.3040)), "south-east"),
    "coast-5": ("south-east", ((120.1150, 24.2850), (120.1160, 24.2750), (120.1050, 24.2755)), "south-west"),
    "coast-6": (
        "south-west",
        ((120.0830, 24.2630), (120.0740, 24.2610), (120.0690, 24.2690), (120.0560, 24.2640)),
        "cape",
    ),
    "coast-7": (
        "cape",
        ((120.0550, 24.2900), (120.0490, 24.2970), (120.0580, 24.3040), (120.0680, 24.2970)),
        "north-west",
    ),
    "haian-qingxi-1": ("north-west", ((120.0845, 24.2985),), "weir"),
    "haian-qingxi-2": ("weir", (), "south-west"),
    "qingxi-songling-1": ("north-east", (), "ridge"),
    "qingxi-songling-2": ("ridge", (), "pass"),
    "qingxi-songling-3": ("pass", (), "south-east"),
    "qingxi-1": ("brook", (), "brook-mouth"),
    "qingxi-2": ("brook", (), "pass"),
    "qingxi-3": ("brook", (), "weir"),
    "haian-1": ("weir", ((120.0680, 24.2850),), "cape"),
    "songling-1": ("ridge", ((120.1330, 24.3190),), "east-cove"),
}
VILLAGES = (
    ("00001010", "001", "青溪里", "Qingxi", ("coast-1", "-qingxi-1", "qingxi-3", "-haian-qingxi-1")),
    (
        "00001010",
        "002",
        "溪北里",
        "Xibei",
        ("coast-2", "qingxi-songling-1", "qingxi-songling-2", "-qingxi-2", "qingxi-1"),
    ),
    (
        "00001010",
        "003",
        "柳岸里",
        "Liuan",
        ("qingxi-songling-3", "coast-5", "-haian-qingxi-2", "-qingxi-3", "qingxi-2"),
    ),
    ("00001020", "001", "望潮里", "Wangchao", ("coast-7", "haian-qingxi-1", "haian-1")),
    ("00001020", "002", "燈塔里", "Dengta", ("coast-6", "-haian-1", "haian-qingxi-2")),
    ("00001030", "001", "松嶺里", "Songling", ("coast-3", "-songling-1", "-qingxi-songling-1")),
    (
        "00001030",
        "002",
        "下坪里",
        "Xiaping",
        ("coast-4", "-qingxi-songling-3", "-qingxi-songling-2", "songling-1"),
    ),
)
TOWNS = (
    (
        "00001010",
        "青溪區",
        "Qingxi District",
        (
            "coast-1",
            "coast-2",
            "qingxi-songling-1",
            "qingxi-songling-2",
            "qingxi-songling-3",
            "coast-5",
            "-haian-qingxi-2",
            "-haian-qingxi-1",
        ),
    ),
    ("00001020", "海岸區", "Haian District", ("coast-7", "haian-qingxi-1", "haian-qingxi-2", "coast-6")),
    (
        "00001030",
        "松嶺區",
        "Songling District",
        ("coast-3", "coast-4", "-qingxi-songling-3", "-qingxi-songling-2", "-qingxi-songling-1"),
    ),
)
COUNTY = (CODE, "雲海市", "Yunhai City", tuple(f"coast-{number}" for number in range(1, 8)))


def drawn(name: str) -> list[Point]:
    """A line with its bends: the coast rougher than a border."""
    start, between, end = LINES[name]
    rough = 0.19 if name.startswith("coast") else 0.11
    chance = random.Random(name)  # noqa: S311 -- a drawing
    points = [CORNERS[start], *between, CORNERS[end]]
    for _ in range(4):
        halved = [points[0]]
        for (ax, ay), (bx, by) in zip(points, points[1:], strict=False):
            side = chance.uniform(-rough, rough)
            halved += [((ax + bx) / 2 - (by - ay) * side, (ay + by) / 2 + (bx - ax) * side), (bx, by)]
        points = halved
    return points


def numbers(lines: Sequence[str]) -> list[int]:
    """The lines of a ring as numbers of arcs; a line with ``-`` before its name runs from its end."""
    order = list(LINES)
    return [~order.index(line[1:]) if line.startswith("-") else order.index(line) for line in lines]


def main() -> int:
    """Run."""
    arcs = [on_grid(drawn(name)) for name in LINES]
    levels = {
        "counties": [Outline(COUNTY[0], COUNTY[1], COUNTY[2], [numbers(COUNTY[3])])],
        f"towns-{CODE}": [Outline(code, name, en, [numbers(ring)]) for code, name, en, ring in TOWNS],
        f"villages-{CODE}": [
            Outline(town + code, name, en, [numbers(ring)]) for town, code, name, en, ring in VILLAGES
        ],
    }
    OUT.mkdir(parents=True, exist_ok=True)
    for name, areas in levels.items():
        text = written(Level(arcs=arcs, areas=areas), source=SOURCE, licence=LICENCE)
        (OUT / f"{name}.json").write_text(text, encoding="utf-8")
    print(f"{len(arcs)} lines on a grid of {STEP} degrees")
    return 0


if __name__ == "__main__":
    sys.exit(main())
