"""Flask-Babel's gettext with types (the library has none)."""

from __future__ import annotations

import flask_babel


def gettext(text: str, /, **facts: object) -> str:
    """The text in the reader's language, with its facts filled in."""
    return str(flask_babel.gettext(text, **facts))
