"""The languages that the service speaks, and that of whoever reads what is written now.

Traditional Chinese is the first: its sentences are the keys. English is complete beside it. Every further
language is one file, ``catalogues/CODE.po``, whose header carries what is not a sentence:

``X-Name``      what its speakers call it
``X-Review``    ``needed`` until a speaker has read it; pages say so
``X-Day``       how a day is written, in the letters of CLDR (``d MMMM y``); years of the common era
``X-Year``      the day with the year of the Republic, as Taiwan's papers show it: ``{day} (ROC {roc})``
``X-Short``     day and time of day where room is scarce
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from email import message_from_string
from functools import cache
from pathlib import Path
from typing import Final

from pbvote.words.pieces import said_in

SOURCE: Final = "zh"
SECOND: Final = "en"
LANGUAGES: Final = (SOURCE, SECOND)
"""Those in which every sentence stands: pages of staff, commands and mails know no others."""
FOLDERS: Final = [Path(__file__).parent / "catalogues"]
_reader: ContextVar[str] = ContextVar("language", default=SOURCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language that readers can choose."""

    code: str
    tag: str
    """As ``lang`` attributes name it (BCP 47)."""
    name: str
    needs_review: bool = False
    day: str = "d MMMM y"
    year: str = "{day} (ROC {roc})"
    short: str = "EEE d MMM y, HH:mm"
    catalogue: Path | None = None


_PATTERNS: Final = ("day", "year", "short")
_CHINESE: Final = Language(code=SOURCE, tag="zh-Hant-TW", name="中文")


def _header(path: Path) -> dict[str, str]:
    """The header of a catalogue: the text of its empty msgid."""
    text = path.read_text(encoding="utf-8")
    _, _, rest = text.partition('\nmsgstr ""\n')
    lines = []
    for line in rest.splitlines():
        if not line.startswith('"'):
            break
        lines.append(str(ast.literal_eval(line)))
    return dict(message_from_string("".join(lines)).items())


def _of(path: Path) -> Language:
    header = _header(path)
    patterns = {name: header[f"X-{name.title()}"] for name in _PATTERNS if f"X-{name.title()}" in header}
    return Language(
        code=path.stem,
        tag=header.get("Language", path.stem),
        name=header.get("X-Name", path.stem),
        needs_review=header.get("X-Review", "") == "needed",
        catalogue=path,
        **patterns,
    )


@cache
def _known() -> dict[str, Language]:
    paths = [path for folder in FOLDERS for path in folder.glob("*.po")]
    found = {path.stem: _of(path) for path in sorted(paths)}
    return {SOURCE: _CHINESE, SECOND: found.pop(SECOND), **found}


def offered() -> tuple[Language, ...]:
    """Every language that readers can choose: Traditional Chinese, English, then the others by code."""
    return tuple(_known().values())


def named(code: str) -> Language:
    """The language of a code; Traditional Chinese where the code is none of ours."""
    return _known().get(code, _CHINESE)


def forget() -> None:
    """Look for the files again: a language has come or gone, or its header has changed."""
    _known.cache_clear()


def language() -> str:
    """The reader's: ``zh`` (Traditional Chinese) unless something else was said, ``en`` or a further code."""
    return _reader.get()


def speak(wanted: str) -> None:
    """From now on in this thread or task; a request says it anew each time."""
    if wanted not in _known():
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
    return "" if language() == SOURCE else " "


def either(chinese: str, english: str) -> str:
    """What an agency called something: in English where the reader has no Chinese and there is a word.

    To readers of a further language it is a piece in another language, and marked so.
    """
    here = language()
    text, code = (english, SECOND) if english and here != SOURCE else (chinese, SOURCE)
    return text if here in LANGUAGES else said_in(code, text)
