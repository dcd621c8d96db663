"""Dates and money as Taiwan writes them, in English, and in further languages as their catalogues say."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from babel.dates import format_date, format_datetime

from pbvote.core.types import TAIPEI
from pbvote.typed.dates import ROC, day_text, moment_text, short_day_text, short_text, taipei_day
from pbvote.words.catalogue import gettext as _
from pbvote.words.language import LANGUAGES, language, named

_NOTHING: Final = "—"
_TIME: Final = "HH:mm"
"""Where the time of day begins in a short pattern; what stands before it is the day."""


def money(amount: int) -> str:
    """``5,000,000 元``, in English ``NT$5,000,000``."""
    return _("%(amount)s 元", amount=f"{amount:,}")


def paper(pages: int, size: int) -> str:
    """What kind of file a document is: ``PDF，2 頁，0.3 MB``."""
    weight = f"{max(0.1, size / 2**20):.1f}"
    return _("PDF，%(pages)s 頁，%(size)s MB", pages=pages, size=weight)


def day_in(value: date, wanted: str) -> str:
    """``民國115年11月20日（2026-11-20）``, in English ``20 November 2026 (ROC 115)``."""
    if wanted in LANGUAGES:
        return day_text(value, language=wanted)
    tongue = named(wanted)
    said = format_date(value, tongue.day, locale=tongue.code)
    return tongue.year.format(day=said, roc=value.year - ROC) if value.year > ROC else said


def moment_in(value: datetime, wanted: str) -> str:
    """Day and time of day in Taipei, in a language."""
    if wanted in LANGUAGES:
        return moment_text(value, language=wanted)
    return f"{day_in(taipei_day(value), wanted)}, {value.astimezone(TAIPEI):%H:%M}"


def day(value: date | datetime | None) -> str:
    """The day in Taipei, in the reader's language."""
    if value is None:
        return _NOTHING
    return day_in(taipei_day(value) if isinstance(value, datetime) else value, language())


def moment(value: datetime | None) -> str:
    """Day and time of day in Taipei."""
    return _NOTHING if value is None else moment_in(value, language())


def short(value: datetime | None) -> str:
    """``115年12月5日（六）17:00``, in English ``Sat 5 Dec 2026, 17:00``: for lists, where room is scarce."""
    if value is None:
        return _NOTHING
    here = language()
    if here in LANGUAGES:
        return short_text(value, language=here)
    return format_datetime(value.astimezone(TAIPEI), named(here).short, locale=here)


def short_day(value: date | datetime | None) -> str:
    """``115年12月5日（六）``, in English ``Sat 5 Dec 2026``: a date in lists."""
    if value is None:
        return _NOTHING
    day, here = taipei_day(value) if isinstance(value, datetime) else value, language()
    if here in LANGUAGES:
        return short_day_text(day, language=here)
    return format_date(day, named(here).short.partition(_TIME)[0].rstrip(", "), locale=here)


def left(value: datetime | None, now: datetime) -> str:
    """How long until then: ``還有 14 天``, ``還有 5 小時``, ``剩 20 分鐘``; nothing once it has passed."""
    seconds = int((value - now).total_seconds()) if value else 0
    if seconds <= 0:
        return ""
    days, hours, minutes = seconds // 86400, seconds // 3600, max(1, seconds // 60)
    if days:
        return _("還有 %(count)s 天", count=days)
    return _("還有 %(count)s 小時", count=hours) if hours else _("剩 %(count)s 分鐘", count=minutes)
