"""Sentences about points are right for one and for many, in both languages."""

from __future__ import annotations

import json

import pytest

from pbvote.core.rules.ballot_form import BallotForm, FormKind
from pbvote.words import ballot_forms as ballot_words
from pbvote.words.language import in_language

FORM = BallotForm(kind=FormKind.POINTS, min_choices=1, max_choices=3, points_total=10, points_most=6)


@pytest.mark.parametrize(
    ("language", "one", "many"), [("zh", "1 點", "{n} 點"), ("en", "1 point", "{n} points")]
)
def test_one_point_and_many(language: str, one: str, many: str) -> None:
    with in_language(language):
        words = json.loads(ballot_words.for_browser(FORM))
    assert (words["givenOne"], words["given"]) == (one, many)
