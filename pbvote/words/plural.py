"""Words that depend on a number: ``{count:project|projects}`` in an English sentence.

The first word is for one, the second for every other number. Traditional Chinese needs none.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import Any

_CHOICE = re.compile(r"\{(\w+):([^{}|]*)\|([^{}|]*)\}")


def choose(text: str, facts: Mapping[str, object]) -> str:
    """The text with every choice of words made; the facts themselves are filled in by the caller."""
    if "|" not in text:
        return text
    return _CHOICE.sub(lambda found: _chosen(facts.get(found[1]), f"{found[2]}|{found[3]}"), text)


def _chosen(value: object, words: str) -> str:
    one, _, many = words.partition("|")
    return one if str(value) == "1" else many


class Sentence(string.Formatter):
    """``str.format`` with choices of words; a fact that is missing is shown as a dash."""

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        """The fact."""
        return kwargs.get(str(key), "—")

    def format_field(self, value: Any, format_spec: str) -> Any:
        """One fact, or the word that goes with it."""
        if "|" in format_spec:
            return _chosen(value, format_spec)
        return value if isinstance(value, str) else super().format_field(value, format_spec)


def filled(text: str, facts: Mapping[str, object]) -> str:
    """A text of ``error_texts`` or of the explanations with its facts."""
    return Sentence().vformat(text, (), facts)
