"""Texts in both languages: English to the last comma, money with its thousands apart."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from pbvote.platform.places import TEMPLATES
from pbvote.words.catalogue import CATALOGUE

WORDS = CATALOGUE.parent.parent
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
NAMED = re.compile(r"王○明|公開姓名|the wide ？")
"""What an English sentence quotes: an invented name, a column of a file, a letter that a file lost."""


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, f"{name}.{key}")
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each, name)
    elif isinstance(value, str):
        yield name, value


def _english(path: Path) -> Iterator[tuple[str, str]]:
    texts = _leaves(tomllib.loads(path.read_text(encoding="utf-8")), path.stem)
    return ((name, text) for name, text in texts if "en" in name.split("."))


def _of_the_catalogue() -> Iterator[tuple[str, str]]:
    with CATALOGUE.open("rb") as file:
        for message in read_po(file, locale="en"):
            if message.id:
                yield str(message.id), str(message.string)


def test_no_english_text_holds_chinese_letters_or_full_width_signs() -> None:
    files = sorted(WORDS.rglob("*.toml"))
    texts = [*_of_the_catalogue(), *(found for path in files for found in _english(path))]
    texts += [
        (path.name, path.read_text(encoding="utf-8")) for path in sorted(TEMPLATES.glob("mail/*.en.txt"))
    ]
    assert len(texts) > 1500
    found = [(name, CHINESE.findall(NAMED.sub("", text))) for name, text in texts]
    assert [(name, signs) for name, signs in found if signs] == []


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_page_puts_a_full_width_sign_between_texts_of_both_languages(path: Path) -> None:
    """A sign that stands in the template itself is shown to everybody; it belongs into the text."""
    page = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert CHINESE.findall(page) == []


def test_money_in_a_sentence_has_its_thousands_apart() -> None:
    texts = [
        found
        for path in sorted(WORDS.rglob("*.toml"))
        for found in _leaves(tomllib.loads(path.read_text(encoding="utf-8")), path.stem)
    ]
    bare = re.compile(r"\{\w+\} ?元|NT\$\{\w+\}")
    assert [(name, bare.findall(text)) for name, text in texts if bare.search(text)] == []
