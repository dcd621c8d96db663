"""Dates and money as Taiwan writes them, and in English, for whoever reads."""

from __future__ import annotations

from datetime import date, datetime

from pbvote.typed.dates import day_text, moment_text, short_text, taipei_day
from pbvote.words.language import language


def money(amount: int) -> str:
    """``5,000,000 元``, in English ``NT$5,000,000``."""
    return f"NT${amount:,}" if language() == "en" else f"{amount:,} 元"


def day(value: date | datetime | None) -> str:
    """``民國115年11月20日（2026-11-20）``, in English ``20 November 2026 (ROC 115)``."""
    if value is None:
        return "—"
    return day_text(taipei_day(value) if isinstance(value, datetime) else value, language=language())


def moment(value: datetime | None) -> str:
    """Day and time of day in Taipei."""
    return "—" if value is None else moment_text(value, language=language())


def short(value: datetime | None) -> str:
    """``115年12月5日（六）17:00``, in English ``Sat 5 Dec 2026, 17:00``: for lists, where room is scarce."""
    return "—" if value is None else short_text(value, language=language())


def left(value: datetime | None, now: datetime) -> str:
    """How long until then: ``還有 14 天``, ``還有 5 小時``, ``剩 20 分鐘``; nothing once it has passed."""
    seconds = int((value - now).total_seconds()) if value else 0
    if seconds <= 0:
        return ""
    days, hours, minutes = seconds // 86400, seconds // 3600, max(1, seconds // 60)
    if language() == "en":
        count, unit = (days, "day") if days else (hours, "hour") if hours else (minutes, "minute")
        return f"{count} {unit}{'' if count == 1 else 's'} left"
    if days:
        return f"還有 {days} 天"
    return f"還有 {hours} 小時" if hours else f"剩 {minutes} 分鐘"
