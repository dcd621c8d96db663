"""Letters as people see them: what is invisible, what turns text round, and one spelling to compare by.

The sets follow Unicode's Default_Ignorable_Code_Point and the category Cf, and add what fonts draw as
nothing: the Hangul fillers and the empty Braille cell.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_IGNORABLE: Final = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800),
    (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB),
    (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
BIDI_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates: they show the letters behind them in another order."""
_NO_INK: Final = frozenset({"Cc", "Cf", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"})


def is_invisible(letter: str) -> bool:
    """Whether a character is drawn as nothing and is no space or line end: Cf, fillers, other controls."""
    if letter.isspace():
        return False
    code = ord(letter)
    if code < 0x7F:
        return code < 0x20
    if unicodedata.category(letter) in {"Cf", "Cc"}:
        return True
    return any(first <= code <= last for first, last in _IGNORABLE)


def without_invisible(text: str) -> str:
    """The text without its invisible characters."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter for letter in text if not is_invisible(letter))


def has_visible(text: str) -> bool:
    """Whether anything of the text can be seen."""
    return any(
        unicodedata.category(letter) not in _NO_INK and not is_invisible(letter)
        for letter in unicodedata.normalize("NFKC", text)
    )


def bidi_controls(text: str) -> str:
    """The characters of the text that turn others round, by number: ``U+202E U+2066``; else ``""``."""
    return " ".join(f"U+{ord(letter):04X}" for letter in sorted(BIDI_CONTROLS & set(text)))


def narrow(text: str) -> str:
    """NFKC without invisible characters, every space one plain space: to read numbers and dates from."""
    plain = without_invisible(unicodedata.normalize("NFKC", without_invisible(text)))
    return " ".join(plain.split())


def folded(text: str) -> str:
    """The one spelling by which texts are compared and searched, on both sides of every comparison.

    Width, case, invisible characters and runs of spaces make no difference, nor do 臺 and 台.
    """
    return narrow(unicodedata.normalize("NFKC", narrow(text).casefold())).replace("臺", "台")
