"""Exact numbers as short decimals, rounded the same way on every machine."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

DIGITS: Final = 8


def significant(value: Fraction, digits: int = DIGITS) -> str:
    """The value with that many significant digits, halves to even, without an exponent.

    Trailing zeros behind the point are left out: ``significant(Fraction(1, 3), 3)`` is ``0.333``,
    ``significant(Fraction(20))`` is ``20``.
    """
    if not value:
        return "0"
    size = abs(value)
    shift = digits - _magnitude(size)
    scaled = round(size * Fraction(10) ** shift)
    if scaled == 10**digits:  # rounded up into one more digit before the point
        shift -= 1
        scaled = 10 ** (digits - 1)
    text = _placed(scaled, shift)
    return f"-{text}" if value < 0 else text


def _magnitude(size: Fraction) -> int:
    """Digits before the point: the least m with size < 10**m; 0 or less below one tenth."""
    magnitude = len(str(size.numerator)) - len(str(size.denominator))
    while size >= Fraction(10) ** magnitude:
        magnitude += 1
    while size < Fraction(10) ** (magnitude - 1):
        magnitude -= 1
    return magnitude


def _placed(scaled: int, shift: int) -> str:
    if shift <= 0:
        return str(scaled * 10**-shift)
    digits = str(scaled).rjust(shift + 1, "0")
    whole, part = digits[:-shift], digits[-shift:].rstrip("0")
    return f"{whole}.{part}" if part else whole
