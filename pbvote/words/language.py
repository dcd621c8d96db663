"""The language of whoever reads what is written now: a visitor, a mail's receiver, a command's user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

LANGUAGES: Final = ("zh", "en")
_reader: ContextVar[str] = ContextVar("language", default=LANGUAGES[0])


def language() -> str:
    """``zh`` (Traditional Chinese, unless something else was said) or ``en``."""
    return _reader.get()


def speak(wanted: str) -> None:
    """From now on in this thread or task; a request says it anew each time."""
    if wanted not in LANGUAGES:
        raise ValueError(wanted)
    _reader.set(wanted)


@contextmanager
def in_language(wanted: str) -> Iterator[None]:
    """Within the block."""
    before = language()
    speak(wanted)
    try:
        yield
    finally:
        speak(before)


def gap() -> str:
    """What stands between two sentences: nothing in Chinese."""
    return " " if language() == "en" else ""


def either(chinese: str, english: str) -> str:
    """What an agency called something, in English where the reader wants it and there is a word."""
    return english if english and language() == "en" else chinese
