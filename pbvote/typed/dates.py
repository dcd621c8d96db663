"""Dates and moments as people in Taiwan write them, and as our own pages print them: read and written here.

A year of up to three digits, or one that begins with 0 (what a browser's date field makes of a ROC year),
counts from the founding of the Republic; four digits are a year of the Common Era. A date may stand twice,
in both calendars or with its weekday; then everything has to say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from pbvote.core.letters import narrow
from pbvote.core.types import TAIPEI
from pbvote.typed.errors import BirthDateInvalid, DateOutOfRange, NotADate, NotAMoment
from pbvote.typed.texts import quoted

ROC: Final = 1911
OLDEST_BIRTH: Final = date(1900, 1, 1)
FIRST: Final = date(1912, 1, 1)
LAST: Final = date(2199, 12, 31)
"""No date is read outside these; narrower ranges belong to what the date is of."""
_LONGEST: Final = 80
_WEEKDAYS: Final = "一二三四五六日"
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_ROC_NAME = r"(?:中華民國|民國|民|r\.?o\.?c\.?)"
_CE_NAME = r"(?:西元|公元|a\.?d\.?|c\.?e\.?)"
_YEAR = re.compile(
    rf"(?:(?P<roc>{_ROC_NAME})\s?(?P<before>前)?|(?P<ce>{_CE_NAME}))?\s?(?P<y>\d{{1,4}})\s?年?", re.ASCII
)
_ERA = rf"(?:(?P<roc>{_ROC_NAME})\s?(?P<before>前)?\s?|(?P<ce>{_CE_NAME})\s?)?"
_MARKED = re.compile(
    rf"{_ERA}(?P<y>\d{{1,4}})\s?年\s?(?P<m>\d{{1,2}})\s?月\s?(?P<d>\d{{1,2}})\s?[日號]?", re.ASCII
)
_PARTED = re.compile(
    rf"{_ERA}(?P<y>\d{{1,4}})\s?(?P<sep>[-/.])\s?(?P<m>\d{{1,2}})\s?(?P=sep)\s?(?P<d>\d{{1,2}})", re.ASCII
)
_CLOSED_UP = re.compile(rf"{_ERA}(?P<y>\d{{2,4}})(?P<m>\d{{2}})(?P<d>\d{{2}})(?!\d)", re.ASCII)
_MONTH = rf"(?P<name>{'|'.join(f'{m[:3]}(?:{m[3:]})?' if m[3:] else m for m in _MONTHS)})\.?"
_ENGLISH = re.compile(rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)? {_MONTH},? (?P<y>\d{{4}})(?!\d)", re.ASCII)
_AMERICAN = re.compile(rf"{_MONTH} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})(?!\d)", re.ASCII)
_FORMS: Final = (_MARKED, _PARTED, _CLOSED_UP, _ENGLISH, _AMERICAN)
_WEEKDAY = re.compile(
    r"\(?(?:(?:星期|週|周|禮拜)(?P<zh>[一二三四五六日天])|(?P<en>"
    + "|".join(f"{d[:3]}(?:{d[3:]})?" for d in _DAYS)
    + r")\.?)\)?|\((?P<short>[一二三四五六日天])\)"
)
_AGAIN = re.compile(r"\s?\((?P<other>[^()]*)\)")
_ROC_ONLY = re.compile(rf"{_ROC_NAME}\s?(?P<y>\d{{1,3}})\s?年?", re.ASCII)
_HALVES: Final = {
    **dict.fromkeys(("上午", "早上", "am", "a.m."), "morning"),
    **dict.fromkeys(("凌晨",), "night"),
    **dict.fromkeys(("中午",), "noon"),
    **dict.fromkeys(("下午", "pm", "p.m."), "afternoon"),
    **dict.fromkeys(("晚上", "晚間"), "evening"),
}
_HALF = "|".join(re.escape(word) for word in sorted(_HALVES, key=len, reverse=True))
_TIME = re.compile(
    rf"(?P<half>{_HALF})?\s?(?P<h>\d{{1,2}})\s?"
    r"(?::\s?(?P<m>\d{2})(?::(?P<s>\d{2})(?:\.0+)?)?"
    r"|[時点點]\s?(?:整|(?P<thirty>半)|(?P<m2>\d{1,2})\s?分\s?(?:(?P<s2>\d{1,2})\s?秒)?)?)?"
    rf"\s?(?P<after>{_HALF})?",
    re.ASCII,
)


class _Unread(Exception):
    """Not of the form that was looked for."""


def _year(digits: str, *, roc: str | None, before: str | None, ce: str | None) -> int:
    number = int(digits)
    if number == 0 or (roc and number > 999):
        raise _Unread
    if before:
        return ROC + 1 - number
    if roc:
        return number + ROC
    if ce:
        return number
    return number + ROC if len(digits) < 4 or digits.startswith("0") else number


def _day_of(found: re.Match[str]) -> date:
    parts = found.groupdict()
    year = _year(parts["y"], roc=parts.get("roc"), before=parts.get("before"), ce=parts.get("ce"))
    name = parts.get("name")
    month = [m[:3] for m in _MONTHS].index(name[:3]) + 1 if name else int(parts["m"])
    try:
        return date(year, month, int(parts["d"]))
    except ValueError as error:
        raise _Unread from error


def _weekday_of(found: re.Match[str]) -> int:
    if found["en"]:
        return [d[:3] for d in _DAYS].index(found["en"][:3])
    return _WEEKDAYS.index((found["zh"] or found["short"]).replace("天", "日"))


def _agrees(said: str, day: date) -> bool:
    """Whether what stands in brackets behind a date says the same day, weekday or ROC year."""
    said = said.strip()
    weekday = _WEEKDAY.fullmatch(said) or _WEEKDAY.fullmatch(f"({said})")
    if weekday:
        return _weekday_of(weekday) == day.weekday()
    year = _ROC_ONLY.fullmatch(said)
    if year:
        return int(year["y"]) + ROC == day.year
    return any((found := form.fullmatch(said)) is not None and _day_of(found) == day for form in _FORMS)


def _leading_days(text: str) -> Iterator[tuple[date, str]]:
    """Every reading of a date at the start of the text, with what stands behind it."""
    before = _WEEKDAY.match(text)
    rest = text[before.end() :].lstrip(" ,") if before else text
    for form in _FORMS:
        found = form.match(rest)
        if found is None:
            continue
        day, behind = _day_of(found), rest[found.end() :]
        if before and _weekday_of(before) != day.weekday():
            raise _Unread
        while again := _AGAIN.match(behind):
            if not _agrees(again["other"], day):
                raise _Unread
            behind = behind[again.end() :]
        weekday = _WEEKDAY.match(behind.lstrip())
        if weekday:
            if _weekday_of(weekday) != day.weekday():
                raise _Unread
            behind = behind.lstrip()[weekday.end() :]
        yield day, behind


def _seconds_of(text: str) -> int:
    """The time of day in seconds; 24:00 is the end of the day."""
    found = _TIME.fullmatch(text)
    if found is None or (found["half"] and found["after"]):
        raise _Unread
    said = found["half"] or found["after"]
    if not said and ":" not in text and not re.search("[時点點]", text):
        raise _Unread  # a lone number is no time
    hour = int(found["h"])
    minute = 30 if found["thirty"] else int(found["m"] or found["m2"] or 0)
    second = int(found["s"] or found["s2"] or 0)
    hour = _hour(hour, _HALVES[said]) if said else hour
    seconds = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or seconds > 86400:
        raise _Unread
    return seconds


def _hour(hour: int, half: str) -> int:
    """The hour of 24 of what was said by halves of the day."""
    if half in {"morning", "night"}:
        if hour > 12:
            raise _Unread
        return hour % 12
    if half == "noon":
        if hour not in {11, 12, 1}:
            raise _Unread
        return 13 if hour == 1 else hour
    if half == "evening" and hour % 12 < 5:
        raise _Unread  # twelve at night: which day's?
    if not 1 <= hour <= 23:
        raise _Unread
    return hour if hour >= 12 else hour + 12


def _plain(text: str) -> str:
    if len(text) > _LONGEST:
        raise _Unread
    return narrow(text).lower()


def _date(text: str) -> date:
    for day, behind in _leading_days(_plain(text)):
        behind = behind.strip().removeprefix("t").strip()
        # a spreadsheet puts midnight behind a day
        if not behind or _seconds_of(behind) == 0:
            return day
    raise _Unread


def date_of(text: str, *, field: str, first: date = FIRST, last: date = LAST) -> date:
    """The date, in any of the spellings, between ``first`` and ``last``.

    Raises:
        NotADate: anything else, no such day, or two dates that differ.
        DateOutOfRange: before ``first`` or after ``last``.
    """
    try:
        day = _date(text)
    except _Unread as error:
        raise NotADate(field=field, value=quoted(text)) from error
    if not first <= day <= last:
        raise DateOutOfRange(field=field, value=day, first=first, last=last)
    return day


def moment_of(text: str, *, field: str) -> datetime:
    """The instant of a date and a time of day in Taipei; 24:00 is the start of the next day.

    Raises:
        NotADate: no date.
        NotAMoment: a date without a time of day, or with one that there is not.
        DateOutOfRange: before 1912 or after 2199.
    """
    try:
        readings = list(_leading_days(_plain(text)))
    except _Unread as error:
        raise NotADate(field=field, value=quoted(text)) from error
    for day, behind in readings:
        try:
            seconds = _seconds_of(behind.strip(" ,").removeprefix("t").strip())
        except _Unread:
            continue
        if not FIRST <= day <= LAST:
            raise DateOutOfRange(field=field, value=day, first=FIRST, last=LAST)
        return datetime(day.year, day.month, day.day, tzinfo=TAIPEI) + timedelta(seconds=seconds)
    if readings:
        raise NotAMoment(field=field, value=quoted(text))
    raise NotADate(field=field, value=quoted(text))


def birth_date_of(text: str, *, today: date, field: str = "birth_on") -> date:
    """A date of birth, from 1900 to today.

    Raises:
        BirthDateInvalid: anything else.
    """
    try:
        return date_of(text, field=field, first=OLDEST_BIRTH, last=today)
    except (NotADate, DateOutOfRange) as error:
        raise BirthDateInvalid(field=field) from error


def birth_date_of_parts(year: str, month: str, day: str, *, today: date, field: str = "birth_on") -> date:
    """A date of birth typed in three boxes; ``民國52`` and ``52年`` are years, and so is ``1963``.

    A whole date in the first box is read where the other two are empty.

    Raises:
        BirthDateInvalid: no such day, before 1900, or after today.
    """
    boxes = [narrow(part) for part in (year, month, day)]
    if boxes[0] and not boxes[1] and not boxes[2]:
        return birth_date_of(boxes[0], today=today, field=field)
    found = _YEAR.fullmatch(boxes[0].lower())
    numbers = [box.removesuffix(unit).strip() for box, unit in zip(boxes[1:], "月日", strict=True)]
    if found is None or not all(re.fullmatch("[0-9]{1,2}", number) for number in numbers):
        raise BirthDateInvalid(field=field)
    try:
        on = date(
            _year(found["y"], roc=found["roc"], before=found["before"], ce=found["ce"]),
            int(numbers[0]),
            int(numbers[1]),
        )
    except (_Unread, ValueError) as error:
        raise BirthDateInvalid(field=field) from error
    return birth_date_of(on.isoformat(), today=today, field=field)


def taipei_day(moment: datetime) -> date:
    """The date in Taipei at an instant."""
    return moment.astimezone(TAIPEI).date()


def day_text(day: date, *, language: str = "zh") -> str:
    """``民國115年11月20日（2026-11-20）``, in English ``20 November 2026 (ROC 115)``.

    Years before the Republic are ``民國前3年``.
    """
    if language == "en":
        roc = f"ROC {day.year - ROC}" if day.year > ROC else f"{ROC + 1 - day.year} before ROC"
        return f"{day.day} {_MONTHS[day.month - 1].capitalize()} {day.year} ({roc})"
    year = f"民國{day.year - ROC}年" if day.year > ROC else f"民國前{ROC + 1 - day.year}年"
    return f"{year}{day.month}月{day.day}日（{day.isoformat()}）"


def moment_text(moment: datetime, *, language: str = "zh") -> str:
    """Day and time of day in Taipei: ``民國115年11月20日（2026-11-20） 17:00``."""
    local = moment.astimezone(TAIPEI)
    return f"{day_text(local.date(), language=language)}{', ' if language == 'en' else ' '}{local:%H:%M}"


def short_text(moment: datetime, *, language: str = "zh") -> str:
    """``115年12月5日（六）17:00``, in English ``Sat 5 Dec 2026, 17:00``."""
    local = moment.astimezone(TAIPEI)
    parted = ", " if language == "en" else ""
    return f"{short_day_text(local.date(), language=language)}{parted}{local:%H:%M}"


def short_day_text(day: date, *, language: str = "zh") -> str:
    """``115年12月5日（六）``, in English ``Sat 5 Dec 2026``."""
    if language == "en":
        weekday = _DAYS[day.weekday()][:3].capitalize()
        month = _MONTHS[day.month - 1][:3].capitalize()
        return f"{weekday} {day.day} {month} {day.year}"
    return f"{day.year - ROC}年{day.month}月{day.day}日（{_WEEKDAYS[day.weekday()]}）"


def plain_text(moment: datetime) -> str:
    """Day and time of day in Taipei as mails say it in every language: ``2026-11-20 17:00``."""
    return moment.astimezone(TAIPEI).strftime("%Y-%m-%d %H:%M")


def moment_field(moment: datetime) -> str:
    """As a date-and-time field of a browser holds it, in Taipei: ``2026-11-20T17:00``."""
    local = moment.astimezone(TAIPEI)
    return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")
