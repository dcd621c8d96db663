"""Sentences by their Traditional Chinese text: the msgid is what a Chinese reader sees.

English is complete (a test fails on a gap). The catalogue is read from the readable ``.po`` when it is first
needed, so that no compiled file has to be kept in step.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from pbvote.words.language import language
from pbvote.words.plural import choose

CATALOGUE = Path(__file__).parent / "catalogues" / "en.po"


@cache
def english() -> Translations:
    """The English catalogue, compiled in memory."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def translated(text: str) -> str:
    """The text in the reader's language, as it stands in the catalogue."""
    return english().gettext(text) if language() == "en" else text


def gettext(text: str, /, **facts: object) -> str:
    """The text in the reader's language, with its facts (``%(name)s``) filled in."""
    found = choose(translated(text), facts)
    return found % facts if facts else found
