"""Breaking a text into lines, in Chinese and in English, for a page that no browser sets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_NOT_FIRST: Final = frozenset("，。、；：！？）」』》〉】…—～·,.;:!?)]}%")
"""What never begins a line (行頭禁則)."""
_NOT_LAST: Final = frozenset("（「『《〈【([{")
"""What never ends one."""
_PIECE = re.compile(r"[!-~\u00c0-\u024f]+|\s+|.", re.S)


def lines_of(text: str, *, width: float, measure: Callable[[str], float]) -> list[str]:
    """The text in lines that are no wider than ``width``, as ``measure`` sees them.

    A line may end between any two Chinese characters, never within a word of Latin letters unless the word
    alone is wider than a line, and never so that closing punctuation stands first or an opening bracket last.
    """
    lines, line = [], ""
    for piece in _pieces(text, width=width, measure=measure):
        if piece.isspace():
            line += " " if line else ""
        elif not line or measure(line + piece) <= width:
            line += piece
        else:
            kept, carried = _parted(line, piece)
            lines.append(kept.rstrip())
            line = carried + piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str, *, width: float, measure: Callable[[str], float]) -> list[str]:
    found: list[str] = []
    for piece in _PIECE.findall(text):
        found += [piece] if measure(piece) <= width else list(piece)
    return found


def _parted(line: str, piece: str) -> tuple[str, str]:
    """What stays on the line, and what goes along to the next, so that neither begins or ends wrongly."""
    at = len(line)
    first = piece
    while at > 1 and (first[0] in _NOT_FIRST or line[at - 1] in _NOT_LAST):
        at -= 1
        first = line[at]
    return (line[:at], line[at:]) if at > 1 else (line, "")
