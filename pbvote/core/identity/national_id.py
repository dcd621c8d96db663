"""National identity and resident permit numbers of Taiwan: one canonical form, checked.

Three forms may appear: national numbers (國民身分證統一編號, letter, 1 or 2, eight digits), new permit
numbers (新式統一證號 since 2021, letter, 8 or 9, eight digits) and old permit numbers (two letters, the
second A to D, eight digits). A person keeps one of them at a time, but a roll or a counter may meet the
old number after the new one was given; nothing in the numbers tells that they belong together. So the
registrar keeps them as rows of aliases, and :func:`principal_id` names the one that is hashed (PRA-14).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pbvote.core.identity.errors import IdCheckDigit, IdMalformed
from pbvote.core.letters import narrow

_FIELD: Final = "national_id"
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
# the order above is that of the values 10, 11, 12 ... 35 which the household registry gave the letters
_VALUE_OF: Final = {letter: value for value, letter in enumerate(_LETTERS, 10)}
_WEIGHTS: Final = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
_SHAPE = re.compile(r"[A-Z][1289A-D][0-9]{8}")
_IGNORED = re.compile(r"[\s\-\u2010-\u2015\u2212]")
_LONGEST_TEXT: Final = 64


class IdKind(StrEnum):
    """Which of the three forms a number has."""

    NATIONAL = "national"
    RESIDENT = "resident"
    RESIDENT_OLD = "resident-old"


_KIND_OF_SECOND: Final = {
    **dict.fromkeys("12", IdKind.NATIONAL),
    **dict.fromkeys("89", IdKind.RESIDENT),
    **dict.fromkeys("ABCD", IdKind.RESIDENT_OLD),
}


@dataclass(frozen=True, slots=True, repr=False)
class CanonicalId:
    """A checked number in its one spelling. Its repr and str are masked, so that no log shows it."""

    number: str

    @property
    def kind(self) -> IdKind:
        """Which of the three forms it has."""
        return _KIND_OF_SECOND[self.number[1]]

    def __repr__(self) -> str:
        return f"<CanonicalId {mask(self.number)}>"

    def __str__(self) -> str:
        return mask(self.number)


def canonical_id(text: str) -> CanonicalId:
    """The one spelling of a number, whatever width, case, spaces, hyphens or invisible characters it has.

    Raises:
        IdMalformed: none of the three forms.
        IdCheckDigit: the last digit does not belong to the others.
    """
    if len(text) > _LONGEST_TEXT:
        raise IdMalformed(field=_FIELD)
    folded = _IGNORED.sub("", narrow(text))
    number = folded.upper()
    # only ASCII before upper-casing: other scripts have letters whose capital is an ASCII one
    if not folded.isascii() or not _SHAPE.fullmatch(number):
        raise IdMalformed(field=_FIELD)
    if int(number[9]) != _check_digit(number[:9]):
        raise IdCheckDigit(field=_FIELD)
    return CanonicalId(number)


def _check_digit(stem: str) -> int:
    """The digit that makes the weighted sum of the first nine characters a multiple of ten."""
    second = stem[1]
    middle = int(second) if second.isdigit() else _VALUE_OF[second] % 10
    digits = (*divmod(_VALUE_OF[stem[0]], 10), middle, *map(int, stem[2:]))
    total = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return -total % 10


def principal_id(aliases: Iterable[CanonicalId]) -> CanonicalId:
    """The number under which a person with several numbers is hashed, whatever their order.

    A national number comes before a new permit number and that before an old one: the newest status
    wins, and it is the number that the person can still show.

    Raises:
        ValueError: no number at all.
    """
    rank = list(IdKind)
    return min(aliases, key=lambda alias: (rank.index(alias.kind), alias.number))


def mask(text: str) -> str:
    """The text with at most its first and last three characters left, for pages and messages."""
    if len(text) < 8:
        return "*" * len(text)
    return text[0] + "*" * (len(text) - 4) + text[-3:]


_SECONDS: Final = {
    IdKind.NATIONAL: "12",
    IdKind.RESIDENT: "89",
    IdKind.RESIDENT_OLD: "ABCD",
}
_STEMS: Final = 10**7


def invented_id(number: int, *, kind: IdKind = IdKind.NATIONAL) -> str:
    """A number with a valid check digit for invented person ``number``: for demo, rehearsal and tests.

    Different persons get different numbers; the same person always the same.

    Raises:
        ValueError: negative, or more than the form has numbers.
    """
    seconds = _SECONDS[kind]
    rest, digits = divmod(number, _STEMS)
    second, letter = divmod(rest, len(_LETTERS))
    if number < 0 or second >= len(seconds):
        raise ValueError("no such invented person")
    stem = f"{_LETTERS[letter]}{seconds[second]}{digits:07d}"
    return f"{stem}{_check_digit(stem)}"
