"""Comparing and finding texts that strangers wrote: right for people, and never long, whatever was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.rooms.proposals import changes, search
from pbvote.rooms.proposals.changes import woven
from pbvote.rooms.proposals.similar import dice, pairs, ranked

TEXTS = st.text(alphabet="的了一 aB1\n", max_size=120)


@given(TEXTS, TEXTS)
def test_the_pieces_hold_both_texts_whole(before: str, after: str) -> None:
    pieces = woven(before, after)
    assert "".join(p.text for p in pieces if p.kind != "new") == before
    assert "".join(p.text for p in pieces if p.kind != "gone") == after
    assert all(p.text for p in pieces)


def test_a_change_is_marked_letter_by_letter_and_latin_words_whole() -> None:
    said = [(p.kind, p.text) for p in woven("公園東側 playground 一座", "公園西側 playgrounds 一座")]
    assert said == [
        ("same", "公園"), ("gone", "東"), ("new", "西"), ("same", "側 "),
        ("gone", "playground"), ("new", "playgrounds"), ("same", " 一座"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("的" * 9000, "了".join(["的" * 50] * 180)),
        ("甲\n乙\n" * 5000, "乙\n甲\n" * 5000),
        ("的" * 20_000, "了" + "的" * 19_000 + "了"),
    ],
)
def test_texts_made_to_take_long_are_compared_coarsely(before: str, after: str) -> None:
    pieces = woven(before, after)
    assert "".join(p.text for p in pieces if p.kind != "gone") == after
    assert len(pieces) <= 4


def test_the_work_of_a_comparison_is_known_before_it_is_done() -> None:
    assert changes._work(["的"] * 400, ["的"] * 400) == 160_800
    assert changes._work(list("甲乙丙"), list("丁戊")) == 5


def test_likeness_reads_the_first_letters_only_and_ranks_the_likest_first() -> None:
    others = [(1, "和平公園共融遊具", "讓孩子一起玩"), (2, "和平公園遊具", "遊具"), (3, "路燈", "亮")]
    assert [one for one, _ in ranked("和平公園增設共融遊具", "讓孩子玩", others)] == [1, 2]
    assert dice(pairs("台北"), pairs("臺北")) == 1
    long = "長" + "的" * 100_000
    assert ranked(long, long, others) == []


def test_few_short_words_are_looked_for_whatever_is_typed() -> None:
    assert search.words_of("公園  公園 步道 遊具 路燈") == ["公園", "步道", "遊具"]
    assert search.words_of("的" * 500) == ["的" * search.LONGEST_WORD]
    assert search.words_of("ＰＡＲＫ") == ["park"]
    assert len(search.matches("台北 台南 台中 台東", search.Names())) == search.MOST_WORDS
    assert search.parts_of("里鄰公園 park 遊具") == ["里鄰", "鄰公", "公園"]
    assert len(search.parts_of("天地玄黃宇宙洪荒日月盈昃辰宿列張")) == search.MOST_PARTS
