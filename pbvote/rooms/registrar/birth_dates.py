"""Dates of birth as people in Taiwan write them: ROC or Common Era years, in many spellings."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final

from pbvote.rooms.registrar.errors import BirthDateInvalid

_ROC: Final = 1911
_OLDEST: Final = 1890
_PARTS = re.compile(r"(?:民國)?\s*(\d{1,4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_DIGITS = re.compile(r"(\d{2,4})(\d{2})(\d{2})")


def birth_date(text: str, *, field: str = "birth_on") -> date:
    """The date of ``1979-05-12``, ``68/5/12``, ``民國68年5月12日``, ``0680512`` or ``19790512``.

    A year below 1890 counts from the founding of the Republic (1911).

    Raises:
        BirthDateInvalid: anything else.
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    found = _PARTS.fullmatch(folded) or _DIGITS.fullmatch(folded)
    if found is None:
        raise BirthDateInvalid(field=field)
    return date_of_parts(found[1], found[2], found[3], field=field)


def date_of_parts(year: str, month: str, day: str, *, field: str = "birth_on") -> date:
    """The date of a year (ROC or Common Era), a month and a day as typed.

    Raises:
        BirthDateInvalid: no such day.
    """
    parts = [unicodedata.normalize("NFKC", part).strip() for part in (year, month, day)]
    if not all(part.isascii() and part.isdecimal() and len(part) <= 4 for part in parts):
        raise BirthDateInvalid(field=field)
    numbers = [int(part) for part in parts]
    if 0 < numbers[0] < _OLDEST:
        numbers[0] += _ROC
    try:
        born = date(*numbers)
    except ValueError as error:
        raise BirthDateInvalid(field=field) from error
    if not _OLDEST <= born.year <= 2100:
        raise BirthDateInvalid(field=field)
    return born
