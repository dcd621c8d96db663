"""What a page says, as data: the sentences of the rules, and which letters are Chinese."""

from __future__ import annotations

import re

from pbvote.core.rules.ruleset import Ruleset
from pbvote.words import rules as rules_text
from pbvote.words.language import in_language

HAN = re.compile(r"[\u4e00-\u9fff]")


def sentences(ruleset: Ruleset, language: str = "zh") -> list[str]:
    """The rules as residents read them."""
    with in_language(language):
        return rules_text.rules_sentences(ruleset)
