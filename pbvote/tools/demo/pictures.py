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
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
