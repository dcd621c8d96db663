"""Data made safe to print: what a terminal or a reader could take for more than text is replaced.

Names, titles and descriptions come from files of anybody. A control character could move the cursor or
colour the screen, a line break could add a line of its own, and a character of Unicode's category Cf
could turn the direction of the text or hide in it.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Final

REPLACEMENT: Final = "\ufffd"
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


def printable(text: str) -> str:
    """The text with every control, format, surrogate and unassigned character as U+FFFD; a tab is a space."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(letter: str) -> str:
    if letter == "\t":
        return " "
    return REPLACEMENT if unicodedata.category(letter) in _UNPRINTABLE else letter


def printable_json(value: Any, *, indent: int | None = None) -> str:
    """The same value as JSON text without such characters: each stands as an escape, so that none is lost."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(letter if letter == "\n" else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    if unicodedata.category(letter) not in _UNPRINTABLE:
        return letter
    return json.dumps(letter)[1:-1] if letter != "\x7f" else "\\u007f"
