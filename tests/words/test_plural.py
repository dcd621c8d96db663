"""Sentences of numbers: one vote, two votes."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po

from pbvote.words.catalogue import CATALOGUE, gettext
from pbvote.words.errors import all_texts
from pbvote.words.explanations import Sentences
from pbvote.words.language import in_language
from pbvote.words.plural import choose, filled

SENTENCES = Sentences(language="en", money=lambda amount: f"NT${amount:,}", groups={})


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 votes"), (1, "1 vote"), ("1", "1 vote"), (2, "2 votes"), ("1,001", "1,001 votes")],
)
def test_the_word_goes_with_its_number(count: object, said: str) -> None:
    assert filled("{score} {score:vote|votes}", {"score": count}) == said
    assert choose("%(score)s {score:vote|votes}", {"score": count}) % {"score": count} == said


def test_scores_in_an_explanation() -> None:
    assert [SENTENCES.scored(score) for score in (0, 1, 2)] == ["0 votes", "1 vote", "2 votes"]


def test_a_page_says_one_project() -> None:
    with in_language("en"):
        assert gettext("%(count)s 案", count=1) == "1 project"
        assert gettext("%(count)s 案", count=2) == "2 projects"


def test_what_somebody_typed_is_no_choice_of_words() -> None:
    """A title with braces is filled in as it is."""
    with in_language("en"):
        said = gettext("「%(title)s」的通知已全部取消。", title="{a:b|c} %(x)s")
    assert "{a:b|c} %(x)s" in said


NUMBERED = (
    r"(?:more |ballot )?(votes|points|projects|people|minutes|times|characters|ballots|proposals|rows)\b"
)


def test_no_english_sentence_forgets_that_a_number_may_be_one() -> None:
    with CATALOGUE.open("rb") as file:
        pages = [str(message.string) for message in read_po(file, locale="en") if message.id]
    errors = [texts["en"] for texts in all_texts().values()]
    wrong = [text for text in pages if re.search(r"%\(\w+\)[sd] " + NUMBERED, text)]
    wrong += [text for text in errors if re.search(r"\{\w+\} " + NUMBERED, text)]
    assert wrong == []
