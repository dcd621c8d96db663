"""The colours by day and by night: what stands on what can be read (WCAG 2.1, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source import PACKAGE

_STYLE = (PACKAGE / "edges/web/static/css/base.css").read_text(encoding="utf-8")
_TOKENS = _STYLE[_STYLE.index("@layer tokens {") : _STYLE.index("@layer reset {")]
_DAY, _NIGHT = (block for block in re.findall(r":root \{(.*?)\n\s*\}", _TOKENS, re.S))


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


DAY = _colours(_DAY)
NIGHT = {**DAY, **_colours(_NIGHT)}

TEXT = [  # at least 4.5 : 1
    *((ink, paper) for ink in ("ink", "ink-2", "link") for paper in ("paper", "paper-2", "paper-3")),
    ("brand", "paper"),
    ("brand", "brand-soft"),
    ("ink", "brand-soft"),
    ("brand-ink", "brand"),
    ("brand-ink", "brand-strong"),
    ("warm-ink", "warm-soft"),
    ("warm-ink", "paper"),
    ("on-warm", "warm"),
    *((f"{kind}", f"{kind}-soft") for kind in ("good", "warn", "bad")),
    *(("ink", f"{kind}-soft") for kind in ("good", "warn", "bad")),
    ("bad", "paper"),
    ("foot-ink", "foot"),
    ("ink", "area"),
    ("ink", "area-mine"),
]
SHAPES = [
    ("line-strong", "paper"),
    ("focus", "paper"),
    ("border", "area"),
    ("brand", "paper-3"),
]
"""Borders of fields, the ring of focus, outlines on the map, bars: at least 3 : 1."""


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    """The contrast of two colours as WCAG defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("colours", [DAY, NIGHT], ids=["day", "night"])
def test_text_can_be_read(colours: dict[str, str]) -> None:
    low = {pair: round(ratio(colours[pair[0]], colours[pair[1]]), 2) for pair in TEXT}
    assert {pair: found for pair, found in low.items() if found < 4.5} == {}


@pytest.mark.parametrize("colours", [DAY, NIGHT], ids=["day", "night"])
def test_shapes_can_be_seen(colours: dict[str, str]) -> None:
    low = {pair: round(ratio(colours[pair[0]], colours[pair[1]]), 2) for pair in SHAPES}
    assert {pair: found for pair, found in low.items() if found < 3} == {}
