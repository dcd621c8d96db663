"""Pieces in another language than their page's: marks become ``lang`` attributes, or go where none can be.

See :mod:`pbvote.words.pieces`. Pages in Traditional Chinese and English have no marks and pass as they are.
"""

from __future__ import annotations

import re
from typing import Final

from flask import Flask, Response
from markupsafe import escape

from pbvote.words.language import LANGUAGES, language, named
from pbvote.words.pieces import INNERMOST, marked, plain

_NO_ELEMENTS: Final = re.compile(
    r"<(script|style|title|textarea|option|svg)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE
)
"""Tags with their attributes, and what holds text or drawings alone."""
_ESCAPED: Final = re.compile(r"\\ufdd0[a-z]{2,8}\\ufdd1|\\ufdd[0-2]")
"""Marks as JSON writes them."""
_TEXTS: Final = ("text/", "application/json")


def _span(piece: re.Match[str]) -> str:
    return f'<span lang="{escape(named(piece[1]).tag)}">{piece[2]}</span>'


def _spans(text: str) -> str:
    while INNERMOST.search(text):
        text = INNERMOST.sub(_span, text)
    return text


def _bare(text: str) -> str:
    return _ESCAPED.sub("", plain(text))


def spoken(html: str) -> str:
    """A page with every marked piece in an element that names its language."""
    if not marked(html) and not _ESCAPED.search(html):
        return html
    html = _NO_ELEMENTS.sub(lambda found: _bare(found[0]), html)
    return _bare(_spans(html))


def install(app: Flask) -> None:
    """At the end of every request by a reader of a further language, before anything is compressed."""

    @app.after_request
    def pieces(response: Response) -> Response:
        if language() in LANGUAGES or response.is_streamed or not str(response.mimetype).startswith(_TEXTS):
            return response
        text = response.get_data(as_text=True)
        shown = spoken(text) if response.mimetype == "text/html" else _bare(text)
        if shown != text:
            response.set_data(shown)
        return response
