"""The sentence for every error code, in the reader's language (``error_texts/*.toml``)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pbvote.core.errors import PbvoteError
from pbvote.words.language import language
from pbvote.words.plural import filled

TEXTS = Path(__file__).parent / "error_texts"


@cache
def all_texts() -> dict[str, dict[str, str]]:
    """``{code: {"zh": …, "en": …}}`` from every file; a code written twice is a mistake."""
    table: dict[str, dict[str, str]] = {}
    for path in sorted(TEXTS.glob("*.toml")):
        for code, texts in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if code in table:
                raise ValueError(f"{code} stands in two files")
            table[code] = texts
    return table


def text_for(error: PbvoteError, wanted: str) -> str:
    """What happened and what to do, for a person, in ``zh`` or ``en``."""
    texts = all_texts().get(error.code) or all_texts()["internal"]
    return filled(texts[wanted], error.facts)


def sentence(error: PbvoteError) -> str:
    """What happened and what to do, in the reader's language."""
    return text_for(error, language())


def sentence_of(code: str) -> str:
    """The sentence of a code that has no facts, in the reader's language."""
    return all_texts()[code][language()]
