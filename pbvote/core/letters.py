"""Letters as people see them: what is invisible, what turns text round, and one spelling to compare by.

The sets follow Unicode's Default_Ignorable_Code_Point and the category Cf, and add what fonts draw as
nothing: the Hangul fillers and the empty Braille cell.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CONTROLS: Final = ((0x00, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F))
_FORMAT: Final = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x0600, 0x0605), (0x061C, 0x061C), (0x06DD, 0x06DD),
    (0x070F, 0x070F), (0x0890, 0x0891), (0x08E2, 0x08E2), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800),
    (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB),
    (0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
_INVISIBLE: Final = re.compile(
    "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in (*_CONTROLS, *_FORMAT)) + "]"
)
BIDI_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates: they show the letters behind them in another order."""
_NO_INK: Final = frozenset({"Cc", "Cf", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"})


def is_invisible(letter: str) -> bool:
    """Whether a character is drawn as nothing and is no space or line end: Cf, fillers, other controls."""
    return _INVISIBLE.fullmatch(letter) is not None


def without_invisible(text: str) -> str:
    """The text without its invisible characters."""
    return _INVISIBLE.sub("", text)


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
    if not text.isascii():
        text = unicodedata.normalize("NFKC", without_invisible(text))
    return " ".join(without_invisible(text).split())


_VARIANTS: Final = str.maketrans(
    "厠裏着羣峯綫塲牀鷄衆温汚舘吿菓傢佈週菸噉豔灾", "廁裡著群峰線場床雞眾溫污館告果家布周煙啖艷災"
)
"""Letters that people write for others of the same sound and sense (Ministry of Education, 異體字字典)."""


def loosely(text: str) -> str:
    """The spelling by which words are looked for: as :func:`folded`, and variant characters are one."""
    return folded(text).translate(_VARIANTS)


def folded(text: str) -> str:
    """The one spelling by which texts are compared and searched, on both sides of every comparison.

    Width, case, invisible characters and runs of spaces make no difference, nor do 臺 and 台.
    """
    return narrow(unicodedata.normalize("NFKC", narrow(text).casefold())).replace("臺", "台")
