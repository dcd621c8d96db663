"""The sentence for every error code, in the reader's language (``error_texts/*.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path

from pbvote.core.errors import PbvoteError
from pbvote.words.catalogue import paired
from pbvote.words.formats import day_in, moment_in
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


_FIELDS = ("after", "other")
"""Facts that name another field of the same form."""


def text_for(error: PbvoteError, wanted: str, label_of: Callable[[str], str] | None = None) -> str:
    """What happened and what to do, in a language; ``label_of``: what the form calls a field."""
    texts = all_texts().get(error.code) or all_texts()["internal"]
    facts = {name: _fact(name, value, wanted, label_of) for name, value in error.facts.items()}
    return filled(paired(texts, wanted), facts)


def _fact(name: str, value: object, wanted: str, label_of: Callable[[str], str] | None) -> object:
    if isinstance(value, datetime):
        return moment_in(value, wanted)
    if isinstance(value, date):
        return day_in(value, wanted)
    if name in _FIELDS and label_of is not None:
        return label_of(str(value)) or value
    return value


def sentence(error: PbvoteError, label_of: Callable[[str], str] | None = None) -> str:
    """What happened and what to do, in the reader's language."""
    return text_for(error, language(), label_of)


def sentence_of(code: str) -> str:
    """The sentence of a code that has no facts, in the reader's language."""
    return paired(all_texts()[code], language())
