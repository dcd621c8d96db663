"""Sentences about points are right for one and for many, in both languages."""

from __future__ import annotations

import json

import pytest

from pbvote.core.rules.ballot_form import BallotForm, FormKind
from pbvote.edges.web.app import create_site
from pbvote.platform.runtime import Runtime
from pbvote.words import ballot_forms as ballot_words

FORM = BallotForm(kind=FormKind.POINTS, min_choices=1, max_choices=3, points_total=10, points_most=6)


@pytest.mark.parametrize(
    ("language", "one", "many"), [("zh-TW", "1 點", "{n} 點"), ("en", "1 point", "{n} points")]
)
def test_one_point_and_many(rt: Runtime, language: str, one: str, many: str) -> None:
    with create_site(rt).test_request_context("/", headers={"Accept-Language": language}):
        words = json.loads(ballot_words.for_browser(FORM))
    assert (words["givenOne"], words["given"]) == (one, many)
