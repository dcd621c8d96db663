"""The sentence for every error code, in the reader's language (``texts/*.toml``)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pbvote.core.errors import PbvoteError

TEXTS = Path(__file__).parent / "texts"


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


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "—"


def text_for(error: PbvoteError, language: str) -> str:
    """What happened and what to do, for a person."""
    texts = all_texts().get(error.code) or all_texts()["internal"]
    return texts[language].format_map(_Facts(error.facts))
