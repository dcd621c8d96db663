"""Drawings of categories: chosen by words, the same for a whole category, and all of them drawn."""

from __future__ import annotations

import re
import tomllib

import pytest

from pbvote.core.rules.intake import Category, Intake
from pbvote.words import drawings
from pbvote.words.drawings import COMMON, drawing
from tests.architecture.source import PACKAGE

DRAWN = set(
    re.findall(r'<symbol id="([^"]+)"', (PACKAGE / "edges/web/static/art.svg").read_text(encoding="utf-8"))
)
STYLES = (PACKAGE / "edges/web/static/css/base.css").read_text(encoding="utf-8")
DEMO = sorted((PACKAGE / "tools/demo").glob("call-*.toml"))


def of(name: str, name_en: str = "", title: str = "甲案") -> str:
    return drawing(Intake(categories=(Category(id="c1", name=name, name_en=name_en),)), "c1", title)


@pytest.mark.parametrize("symbol", [*drawings._WORDS, COMMON])
def test_what_can_be_chosen_is_drawn_and_has_its_hue(symbol: str) -> None:
    assert symbol in DRAWN
    assert f".art--{symbol} {{ --h:" in STYLES


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("公園綠地", "park"),
        ("行人安全", "street"),
        ("社區照顧", "elders"),
        ("文化學習", "culture"),
        ("圖書與閱讀", "library"),
        ("水岸與海堤", "coast"),
        ("臺灣特色", COMMON),
        ("", COMMON),
    ],
)
def test_a_name_chooses_whatever_the_title_says(name: str, symbol: str) -> None:
    assert of(name) == of(name, title="公園裡的球場") == symbol


def test_english_helps_where_the_chinese_name_says_nothing() -> None:
    assert of("綜合類", "Parks and nature") == "park"
    assert of("公園", "Roads") == "park"


def test_without_categories_the_words_of_the_title_choose() -> None:
    assert drawing(Intake(), "", "口袋公園與座椅") == "park"
    assert drawing(Intake(), "", "甲案") == COMMON


def test_every_category_of_the_demo_city_has_a_drawing_of_its_own() -> None:
    found = 0
    for path in DEMO:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        flat = values.get("rule", {})
        for key, name in flat.items():
            if re.fullmatch(r"categories\.\d+\.name", key):
                assert of(name) != COMMON, name
                found += 1
    assert found
