"""Dates and money as Taiwan writes them, and in English."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pbvote.words.language import language

TAIPEI = ZoneInfo("Asia/Taipei")


def money(amount: int) -> str:
    """``5,000,000 元``, in English ``NT$5,000,000``."""
    return f"NT${amount:,}" if language() == "en" else f"{amount:,} 元"


def day(value: date | datetime | None) -> str:
    """``民國115年11月20日（2026-11-20）``, in English ``20 November 2026 (ROC 115)``."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        value = value.astimezone(TAIPEI).date()
    if language() == "en":
        return f"{value.day} {value.strftime('%B')} {value.year} (ROC {value.year - 1911})"
    return f"民國{value.year - 1911}年{value.month}月{value.day}日（{value.isoformat()}）"


def moment(value: datetime | None) -> str:
    """Day and time of day in Taipei."""
    if value is None:
        return "—"
    local = value.astimezone(TAIPEI)
    joint = ", " if language() == "en" else " "
    return f"{day(local.date())}{joint}{local:%H:%M}"


def short(value: datetime | None) -> str:
    """``115年12月5日（六）17:00``, in English ``Sat 5 Dec 2026, 17:00``: for lists, where room is scarce."""
    if value is None:
        return "—"
    local = value.astimezone(TAIPEI)
    if language() == "en":
        return f"{local:%a} {local.day} {local:%b} {local.year}, {local:%H:%M}"
    weekday = "一二三四五六日"[local.weekday()]
    return f"{local.year - 1911}年{local.month}月{local.day}日（{weekday}）{local:%H:%M}"


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
