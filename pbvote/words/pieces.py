"""Pieces of a page in another language than the page's: what a catalogue lacks, what an agency wrote.

A piece is marked where it comes from, because only there its language is known; the web turns the marks into
``lang`` attributes, or drops them where there can be none. The marks are Unicode noncharacters, which no text
that is interchanged contains. Pages in Traditional Chinese and English have none: both are complete.
"""

from __future__ import annotations

import re
from typing import Final

OPEN: Final = "\ufdd0"
SAID: Final = "\ufdd1"
CLOSE: Final = "\ufdd2"
INNERMOST: Final = re.compile(f"{OPEN}([a-z]{{2,8}}){SAID}([^{OPEN}{CLOSE}]*){CLOSE}")
_MARKS: Final = re.compile(f"{OPEN}[a-z]{{2,8}}{SAID}|[{OPEN}{SAID}{CLOSE}]")
_WHOLE: Final = re.compile(f"{OPEN}([a-z]{{2,8}}){SAID}[^{OPEN}{CLOSE}]*{CLOSE}")


def said_in(code: str, text: str) -> str:
    """The text, marked as being in the language of that code."""
    return f"{OPEN}{code}{SAID}{text}{CLOSE}" if text else text


def marked(text: str) -> bool:
    """Whether the text has a piece in another language."""
    return OPEN in text


def language_of(text: str) -> str:
    """The code of the language that the whole text is in, or nothing."""
    found = _WHOLE.fullmatch(text.strip())
    return found[1] if found else ""


def plain(text: str) -> str:
    """The text without marks: for attributes, files, measures."""
    return _MARKS.sub("", text)
