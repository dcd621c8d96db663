"""Mails in the further languages: line by line from the Chinese text, whose lines are msgids.

A mail of which a line is missing is sent in English as a whole: within a mail nothing says which language a
piece is in.
"""

from __future__ import annotations

import re

from pbvote.platform.places import TEMPLATES
from pbvote.words.catalogue import texts
from pbvote.words.language import LANGUAGES, SECOND, SOURCE, named

_CHINESE = re.compile("[\u3400-\u9fff]")
FOLDER = TEMPLATES / "mail"


def lines_of(template: str) -> list[str]:
    """The msgids of a mail: the lines of its Chinese text that say something."""
    chinese = (FOLDER / f"{template}.{SOURCE}.txt").read_text(encoding="utf-8")
    return [line for line in chinese.splitlines() if _CHINESE.search(line)]


def source(template: str, wanted: str) -> str:
    """The template of a mail in a language, else in English."""
    code = named(wanted).code
    if code not in LANGUAGES:
        known = texts(code)
        if all(line in known for line in lines_of(template)):
            chinese = (FOLDER / f"{template}.{SOURCE}.txt").read_text(encoding="utf-8")
            return "\n".join(known.get(line, line) for line in chinese.splitlines())
        code = SECOND
    return (FOLDER / f"{template}.{code}.txt").read_text(encoding="utf-8")


def load(name: str) -> str:
    """A template by its name, ``NAME.CODE.txt``, in any language: what Jinja asks for."""
    template, _, code = name.removesuffix(".txt").rpartition(".")
    return source(template, code)
