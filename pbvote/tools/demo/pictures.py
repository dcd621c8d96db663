"""Simple drawings for the proposals of the demo city: drawn here, so that nobody's picture is used."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageDraw

from pbvote.core.types import sha256

_SIZE: Final = 960, 540
_SKY_AND_LAND: Final = {
    "qingxi": ("#d7ecf4", "#7fb069", "#4f9d8f"),
    "haian": ("#dfeaf7", "#e6cfa0", "#3f7fae"),
    "songling": ("#f2eadb", "#5d8a5a", "#38624a"),
}


def sketch(district: str, *, seed: str) -> bytes:
    """A PNG: hills, water and some trees, always the same for the same seed."""
    sky, land, deep = _SKY_AND_LAND[district]
    draws = sha256(seed.encode())
    picture = Image.new("RGB", _SIZE, sky)
    pen = ImageDraw.Draw(picture)
    width, height = _SIZE
    sun = 120 + draws[0] * 2
    pen.ellipse((sun, 60, sun + 90, 150), fill="#f6c667")
    for number in range(3):
        left = number * 300 - draws[1 + number]
        top = 190 + draws[4 + number] // 3
        pen.ellipse((left, top, left + 620, top + 560), fill=deep if number % 2 else land)
    pen.rectangle((0, height - 130, width, height), fill=land)
    pen.rectangle((0, height - 60 - draws[7] // 8, width, height), fill=deep)
    for number in range(5):
        x = 60 + number * 180 + draws[8 + number] // 3
        y = height - 150 - draws[13 + number] // 8
        pen.rectangle((x - 5, y, x + 5, y + 60), fill="#6b4f3a")
        pen.ellipse((x - 34, y - 60, x + 34, y + 12), fill="#2f6b4f")
    return _png(picture)


def site(seed: str, *, stage: str) -> bytes:
    """A PNG of one place before, during or after the work: the same place for the same seed."""
    draws = sha256(seed.encode())
    picture = Image.new("RGB", _SIZE, "#d9e9ef" if stage != "before" else "#d5dadc")
    pen = ImageDraw.Draw(picture)
    width, height = _SIZE
    for number in range(4):
        left, top = number * 250 - draws[number] // 3, 110 + draws[4 + number] // 4
        pen.rectangle((left, top, left + 190, height), fill="#b9c7cd" if number % 2 else "#c8d3d8")
        for row in range(3):
            pen.rectangle((left + 24, top + 30 + row * 70, left + 74, top + 66 + row * 70), fill="#eef4f6")
    pen.rectangle((0, 350, width, height), fill="#8fae86" if stage == "after" else "#a79f92")
    _STAGES[stage](pen, 120 + draws[9])
    return _png(picture)


def _bare(pen: ImageDraw.ImageDraw, left: int) -> None:
    """Heaps and weeds."""
    for number in range(5):
        x, top = left + number * 120, 400 - 18 * (number % 3)
        pen.polygon([(x, 470), (x + 40, top), (x + 110, 470)], fill="#7d756b" if number % 2 else "#6d7f60")
    pen.line([(60, 500), (900, 505)], fill="#6b645b", width=6)


def _fenced(pen: ImageDraw.ImageDraw, left: int) -> None:
    """A fence, cones and new ground."""
    pen.rectangle((left, 440, left + 520, 500), fill="#c9c4bb")
    for number in range(9):
        x = left - 20 + number * 70
        pen.rectangle((x, 340, x + 52, 430), fill="#f0f3f4" if number % 2 else "#e2703a")
    pen.polygon([(left + 200, 500), (left + 230, 420), (left + 260, 500)], fill="#e2703a")


def _done(pen: ImageDraw.ImageDraw, left: int) -> None:
    """Benches, a rail and people."""
    for number in range(3):
        x = left + number * 210
        pen.rectangle((x, 430, x + 150, 446), fill="#7a5233")
        pen.rectangle((x + 10, 446, x + 22, 490), fill="#5a3b24")
        pen.rectangle((x + 128, 446, x + 140, 490), fill="#5a3b24")
    pen.line([(40, 395), (920, 395)], fill="#2f7f95", width=8)
    pen.ellipse((left + 50, 350, left + 92, 392), fill="#d99a6c")
    pen.rectangle((left + 46, 388, left + 96, 432), fill="#f5a623")


_STAGES: Final = {"before": _bare, "during": _fenced, "after": _done}


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
