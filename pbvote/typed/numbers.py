"""Numbers as people and spreadsheets write them: whole numbers, money, percentages, degrees."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Final

from pbvote.core.letters import narrow
from pbvote.core.rules.ruleset import MAX_MONEY
from pbvote.typed.errors import NotANumber, NotAPercentage, NotMoney
from pbvote.typed.texts import quoted

MOST: Final = 10**15 - 1
_LONGEST: Final = 60
_PLAIN = r"\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d+"
_NUMBER = re.compile(rf"({_PLAIN})(\.\d+)?", re.ASCII)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+\d{2}", re.ASCII)  # as a spreadsheet shows a long number
_BEFORE = r"(?:(?:新?[臺台]幣|nt\$|ntd|nt|twd|\$):?\s?\$?\s?)?"
_AFTER = r"\s?(?:[元圓][整正]?|整|塊錢?|ntd|twd)?"
_MONEY = re.compile(rf"{_BEFORE}(?P<amount>.+?){_AFTER}")
_UNITS: Final = (("億", 10**8), ("萬", 10**4))
_NO_DIGITS: Final = ("<super>", "<sub>", "<fraction>", "<circle>")
_SMALL: Final = (("千", 1000), ("百", 100), ("十", 10))
_CHINESE: Final = str.maketrans(
    dict(zip("〇零一二兩三四五六七八九點", "001223456789.", strict=True))
    | dict(zip("壹貳參肆伍陸柒捌玖弍叁叄参贰陆两", "1234567892333262", strict=True))
    | {"拾": "十", "佰": "百", "仟": "千", "廿": "2十", "卅": "3十"}
)
"""Numbers in letters, those of cheques too; what 十, 百, 千 mean is read afterwards."""


def _number(text: str) -> Decimal | None:
    """A number without sign: plain or in groups of three, decimals, or scientific."""
    if _SCIENTIFIC.fullmatch(text):
        return Decimal(text)
    found = _NUMBER.fullmatch(text)
    if found and found[2] == ".000" and re.fullmatch("[1-9][0-9]{0,2}", found[1]):
        return None  # 300.000 may be 300, or 300,000 as other countries write it
    return Decimal(re.sub("[, ]", "", found[1]) + (found[2] or "")) if found else None


def _below(text: str) -> Decimal | None:
    """What stands before 億 or 萬, or behind them all: ``2,000``, ``3千``, ``2千5百``, ``8十5``."""
    if not any(unit in text for unit, _ in _SMALL):
        return _number(text)
    total, last = Decimal(0), 0
    for unit, worth in _SMALL:
        head, mark, rest = text.partition(unit)
        if mark:
            rest = rest.strip()
            digits = _number(head.strip() or ("1" if worth == 10 else ""))  # 十五 is 一十五
            if digits is None or (digits >= 10 and (last or worth == 10)):
                return None
            if digits != int(digits) and (rest or worth == 10):
                return None
            total, text, last = total + digits * worth, rest, worth
    if not text:
        return total
    ones = re.fullmatch("0?[0-9]" if last == 10 else "0[0-9]", text)
    return total + int(text) if ones else None  # 3千5 may be 3,005 or 3,500


def _amount(text: str) -> Decimal | None:
    """A sum with 億, 萬 and 千: ``1億2,000萬``, ``8.5萬``; decimals in its last part only."""
    total, larger = Decimal(0), 0
    for unit, worth in _UNITS:
        head, mark, rest = text.partition(unit)
        if not mark:
            continue
        part = _below(head.strip())
        rest = rest.strip()
        if part is None or (rest and part != int(part)) or (larger and part * worth >= larger):
            return None
        total, text, larger = total + part * worth, rest, worth
    if larger and not text:
        return total
    part = _below(text)
    if part is None or (larger and (part >= larger or re.fullmatch("[1-9][0-9]?", text))):
        return None  # 85萬5 may be 850,005 or 855,000
    return total + part


def _whole(value: Decimal | None, most: int) -> int | None:
    return int(value) if value is not None and value == int(value) and value <= most else None


def _plain(text: str) -> str:
    """The text to read from, or ``""`` where no number can be meant: too long, or digits set as a power."""
    if len(text) > _LONGEST:
        return ""
    if not text.isascii() and any(unicodedata.decomposition(c).startswith(_NO_DIGITS) for c in text):
        return ""
    return narrow(text).lower().replace("万", "萬").replace("亿", "億")


def whole_of(text: str, *, field: str, most: int = MOST) -> int:
    """A whole number from 0 to ``most``: ``5,000``, full width, ``300000.0`` and ``3E+05`` too.

    Raises:
        NotANumber: anything else; thousands stand in groups of three.
    """
    value = _whole(_number(_plain(text)), most)
    if value is None:
        raise NotANumber(field=field, value=quoted(text))
    return value


def money_of(text: str, *, field: str) -> int:
    """Whole NT$, zero or above: ``300,000 元``, ``NT$5,000,000``, ``85萬``, ``1億2,000萬元整``, ``八十五萬``.

    Raises:
        NotMoney: anything else: fractions of a dollar, negative, or more than a call can have.
    """
    found = _MONEY.fullmatch(_plain(text).translate(_CHINESE))
    value = _whole(_amount(found["amount"]), MAX_MONEY) if found else None
    if value is None:
        raise NotMoney(field=field, value=quoted(text))
    return value


def money_or_none(text: str) -> int | None:
    """The amount of :func:`money_of`, or None: for filters and for pages that show what it is worth."""
    try:
        return money_of(text, field="")
    except NotMoney:
        return None


def percent_of(text: str, *, field: str) -> int:
    """``5``, ``2.5 %`` or ``百分之5`` as 1/10,000ths, from 0 to 100 per cent.

    Raises:
        NotAPercentage: anything else, or more than two decimals.
    """
    plain = _plain(text)
    plain = plain.removeprefix("百分之").strip() if "百分之" in plain else plain.removesuffix("%").strip()
    value = Decimal(plain) if re.fullmatch("[0-9]{1,3}([.][0-9]{1,4})?", plain) else None
    parts = _whole(value * 100, 10_000) if value is not None else None
    if parts is None:
        raise NotAPercentage(field=field, value=quoted(text))
    return parts


def degrees_of(text: str) -> float | None:
    """Degrees of latitude or longitude with decimals, six of them kept; None for anything else."""
    plain = _plain(text).rstrip("° nesw北緯東經").lstrip("北緯東經 ")
    return round(float(plain), 6) if re.fullmatch("-?[0-9]{1,3}([.][0-9]{1,20})?", plain) else None
