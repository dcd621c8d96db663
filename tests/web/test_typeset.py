"""Lines of a poster are as wide as allowed, break where Chinese may, and lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.edges.web.site.typeset import lines_of


def ten(text: str) -> list[str]:
    return lines_of(text, width=10, measure=len)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("青溪公園遮陰步道", ["青溪公園遮陰步道"]),
        ("青溪公園遮陰步道與座椅更新", ["青溪公園遮陰步道與座", "椅更新"]),
        ("青溪公園遮陰步道與座，椅更新", ["青溪公園遮陰步道與", "座，椅更新"]),
        ("青溪公園遮陰步道與「椅」更新", ["青溪公園遮陰步道與", "「椅」更新"]),
        ("A park for everybody", ["A park for", "everybody"]),
        ("incomprehensibilities", ["incomprehe", "nsibilitie", "s"]),
        ("共 12 座 street lamps", ["共 12 座", "street", "lamps"]),
    ],
)
def test_examples(text: str, lines: list[str]) -> None:
    assert ten(text) == lines


@given(st.text(alphabet="公園步道，。「」 abc\n1", max_size=80))
def test_nothing_is_lost_and_nothing_is_wider(text: str) -> None:
    lines = ten(text)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(len(line) <= 11 for line in lines)
    assert all(lines)
