"""Sentences by their Traditional Chinese text: the msgid is what a Chinese reader sees.

English is complete (a test fails on a gap). A further language has at least the way from call to receipt;
what it lacks is said in English, marked as such. A catalogue is read from the readable ``.po`` when it is
first needed, so that no compiled file has to be kept in step.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

from pbvote.words.language import FOLDERS, LANGUAGES, SECOND, SOURCE, language, named
from pbvote.words.language import forget as forget_languages
from pbvote.words.pieces import said_in
from pbvote.words.plural import choose

CATALOGUE: Final = FOLDERS[0] / f"{SECOND}.po"
"""The English one."""


@cache
def _read(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=path.stem) if m.id and m.string}


def texts(code: str) -> dict[str, str]:
    """``{msgid: text}`` of a language; nothing for Traditional Chinese, whose texts are the msgids."""
    path = named(code).catalogue
    return _read(path) if path else {}


def forget() -> None:
    """Look for the files again: a language has come, gone or changed."""
    forget_languages()
    _read.cache_clear()


def translated(text: str) -> str:
    """The text in the reader's language, else in English, else as it is."""
    here = language()
    if here == SOURCE:
        return text
    found = texts(here).get(text)
    if found is not None:
        return found
    english = texts(SECOND).get(text)
    if here == SECOND:
        return english or text
    return said_in(SECOND, english) if english else said_in(SOURCE, text)


def paired(pair: Mapping[str, str], wanted: str) -> str:
    """A text that stands in Chinese and English side by side (``{"zh": …, "en": …}``), in a language.

    The Chinese is its msgid for the further languages.
    """
    if wanted in LANGUAGES:
        return pair[wanted]
    return texts(wanted).get(pair[SOURCE]) or said_in(SECOND, pair[SECOND])


def gettext(text: str, /, **facts: object) -> str:
    """The text in the reader's language, with its facts (``%(name)s``) filled in."""
    found = choose(translated(text), facts)
    return found % facts if facts else found
