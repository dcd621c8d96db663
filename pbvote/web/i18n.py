"""Languages, dates and money as Taiwan writes them.

msgid = Traditional Chinese; English is complete (a test fails on a gap). Catalogues are read from the
readable ``.po`` at start-up, so that no compiled file has to be kept in step.
"""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from functools import cache
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import nh3
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain
from markdown_it import MarkdownIt
from markupsafe import Markup

from pbvote.web.context import runtime

TAIPEI = ZoneInfo("Asia/Taipei")
CATALOGUE = Path(__file__).parent / "translations" / "en.po"
COOKIE = "pbvote_language"

_WITHOUT_TABLES = MarkdownIt("commonmark", {"html": False, "linkify": False})
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_MOST_CELLS = 10_000
_LINE_END = re.compile(r"[\r\n]+")
_TAGS = {
    "p",
    "h2",
    "h3",
    "h4",
    "ul",
    "ol",
    "li",
    "em",
    "strong",
    "a",
    "blockquote",
    "code",
    "pre",
    "br",
    "hr",
}
_TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td"}


@cache
def english() -> Translations:
    """The English catalogue, compiled in memory."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


class _Domain(Domain):  # type: ignore[misc]
    def get_translations(self) -> NullTranslations:
        return english() if language() == "en" else NullTranslations()


def language() -> str:
    """``zh`` or ``en``: remembered, or the browser's preference."""
    if not has_request_context():
        return "zh"
    chosen: str | None = g.get("language")
    if chosen is None:
        wanted = request.cookies.get(COOKIE)
        if wanted not in {"zh", "en"}:
            best = request.accept_languages.best_match(["zh-TW", "zh-Hant", "zh", "en"], "zh")
            wanted = "en" if best == "en" else "zh"
        chosen = g.language = wanted
    return chosen


def either(chinese: str, english: str) -> str:
    """What an agency called something, in English where the reader wants it and there is a word."""
    return english if english and language() == "en" else chinese


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


def _cells_at_most(text: str) -> int:
    """How many cells a table of the text could get: every short row is filled up to the longest."""
    lines = _LINE_END.split(text)
    return len(lines) * max(line.count("|") + 1 for line in lines)


def markdown(text: str) -> Markup:
    """Safe HTML of Markdown: no raw HTML, links without referrer, no table of a size to choke on."""
    html = (_MARKDOWN if _cells_at_most(text) <= _MOST_CELLS else _WITHOUT_TABLES).render(text)
    return Markup(  # noqa: S704 -- cleaned by nh3 with an allow-list
        nh3.clean(
            html,
            tags=_TAGS | _TABLE_TAGS,
            attributes={"a": {"href"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )


def short(value: datetime | None) -> str:
    """``115年12月5日（六）17:00``, in English ``Sat 5 Dec 2026, 17:00``: for lists, where room is scarce."""
    if value is None:
        return "—"
    local = value.astimezone(TAIPEI)
    if language() == "en":
        return f"{local:%a} {local.day} {local:%b} {local.year}, {local:%H:%M}"
    weekday = "一二三四五六日"[local.weekday()]
    return f"{local.year - 1911}年{local.month}月{local.day}日（{weekday}）{local:%H:%M}"


def left(value: datetime | None) -> str:
    """How long until then: ``還有 14 天``, ``還有 5 小時``, ``剩 20 分鐘``; nothing once it has passed."""
    seconds = int((value - runtime().clock()).total_seconds()) if value else 0
    if seconds <= 0:
        return ""
    days, hours, minutes = seconds // 86400, seconds // 3600, max(1, seconds // 60)
    if language() == "en":
        count, unit = (days, "day") if days else (hours, "hour") if hours else (minutes, "minute")
        return f"{count} {unit}{'' if count == 1 else 's'} left"
    if days:
        return f"還有 {days} 天"
    return f"還有 {hours} 小時" if hours else f"剩 {minutes} 分鐘"


def install(app: Flask) -> None:
    """Translations and filters for every template of the application."""
    babel = Babel()
    babel.domain_instance = _Domain()
    babel.init_app(
        app,
        locale_selector=lambda: "en" if language() == "en" else "zh_Hant_TW",
        timezone_selector=lambda: "Asia/Taipei",
    )
    app.jinja_env.filters.update(
        money=money, day=day, moment=moment, short=short, left=left, markdown=markdown
    )

    @app.context_processor
    def names() -> dict[str, object]:
        other = "zh" if language() == "en" else "en"
        here = quote(request.full_path.rstrip("?"), safe="/")
        return {
            "lang": language(),
            "html_lang": "en" if language() == "en" else "zh-Hant-TW",
            "language_url": f"/language/{other}?next={here}",
        }
