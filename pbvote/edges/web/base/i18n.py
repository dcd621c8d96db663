"""The reader's language, and what every template may use: translations, dates, money, Markdown."""

from __future__ import annotations

import re
from urllib.parse import quote

import nh3
from flask import Flask, request
from jinja2 import pass_context
from jinja2.runtime import Context
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from pbvote.edges.web.base.context import runtime
from pbvote.words import amounts, formats
from pbvote.words.catalogue import translated
from pbvote.words.language import (
    LANGUAGES,
    SECOND,
    SOURCE,
    either,
    gap,
    language,
    named,
    offered,
    speak,
)
from pbvote.words.pieces import language_of, marked, plain
from pbvote.words.plural import choose

COOKIE = "pbvote_language"
LETTERS_COOKIE = "pbvote_letters"
LETTERS = ("usual", "large", "largest")
"""Sizes of letters that a reader can choose."""

_WITHOUT_TABLES = MarkdownIt("commonmark", {"html": False, "linkify": False})
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_MOST_CELLS = 10_000
_CHINESE = re.compile("[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN_WORD = re.compile("[A-Za-z]{2,}")
_TELEPHONE = re.compile(
    r"(?<![\d-])(?P<number>(?:[(（]0\d{1,3}[)）]|0\d{1,3})[- ]?\d{3,4}[- ]?\d{3,4})(?!\d)"
    r"(?:\s*(?:轉|分機|#|＃|ext\.?)\s*(?P<extension>\d{1,6}))?"
)
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


_STAFF_PAGES = ("/agency/", "/audit/", "/staff/")


def for_staff() -> bool:
    """Whether staff alone read this page: those are in Chinese and English, and in no further language."""
    return f"{request.path}/".startswith(_STAFF_PAGES)


def _wanted() -> str:
    """Remembered, or the browser's preference."""
    codes = {each.tag.lower(): each.code for each in offered()}
    remembered = request.cookies.get(COOKIE, "")
    if remembered not in codes.values():
        tags = ["zh-TW", "zh-Hant", "zh", *(tag for tag, code in codes.items() if code != SOURCE)]
        best = request.accept_languages.best_match(tags, SOURCE)
        remembered = codes.get(best.lower(), SOURCE)
    return remembered if remembered in LANGUAGES or not for_staff() else SECOND


def _cells_at_most(text: str) -> int:
    """How many cells a table of the text could get: every short row is filled up to the longest."""
    lines = _LINE_END.split(text)
    return len(lines) * max(line.count("|") + 1 for line in lines)


def markdown(text: str) -> Markup:
    """Safe HTML of Markdown: no raw HTML, links without referrer, no table of a size to choke on."""
    text = plain(text)
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


def tongue_of(text: str) -> str:
    """The language of a typed text where it is not the page's, else nothing (WCAG 2.1, 3.1.2)."""
    said = language_of(text)
    if said or marked(text):
        return named(said).tag if said else ""
    chinese = len(_CHINESE.findall(text))
    here = language()
    if chinese and here != SOURCE and 4 * chinese >= len(_LETTER.findall(text)):
        return named(SOURCE).tag
    if not chinese and here == SOURCE and len(_LATIN_WORD.findall(text)) > 1:
        return SECOND
    return ""


def _tongue(text: str) -> str:
    """The text, within an element that names its language where it is another than the page's."""
    tag = "" if marked(str(text)) else tongue_of(str(text))
    return Markup('<span lang="{}">{}</span>').format(tag, text) if tag else text


def _spoken(text: str) -> str:
    """The attribute for a whole element."""
    tag = tongue_of(str(text))
    return Markup(' lang="{}"').format(tag) if tag else ""


def telephones(text: str) -> Markup:
    """The text, with Taiwan's telephone numbers in it as links that dial them, extensions after a pause."""
    parts: list[Markup] = []
    end = 0
    for found in _TELEPHONE.finditer(text):
        dialled = re.sub(r"\D", "", found["number"])
        if found["extension"]:
            dialled += f",{found['extension']}"
        link = Markup('<a href="tel:{}">{}</a>').format(dialled, found[0])
        parts += [escape(text[end : found.start()]), link]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


@pass_context
def _gettext(context: Context, text: str, /, **facts: object) -> str:
    """For templates: facts are escaped as they are filled in, the text itself is ours."""
    found = choose(translated(text), facts)
    return (Markup(found) if context.eval_ctx.autoescape else found) % facts  # noqa: S704 -- our own text


def install(app: Flask) -> None:
    """Translations and filters for every template of the application."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.newstyle_gettext = True  # type: ignore[attr-defined]
    app.jinja_env.globals.update(gettext=_gettext, _=_gettext)
    app.jinja_env.filters.update(
        money=formats.money,
        understood=amounts.understood,
        paper=lambda document: formats.paper(document.pages, document.size),
        day=formats.day,
        moment=formats.moment,
        short=formats.short,
        short_day=formats.short_day,
        left=lambda value: formats.left(value, runtime().clock()),
        markdown=markdown,
        tongue=_tongue,
        spoken=_spoken,
        telephones=telephones,
    )

    @app.before_request
    def listen() -> None:
        speak(_wanted())

    @app.context_processor
    def names() -> dict[str, object]:
        here = quote(request.full_path.rstrip("?"), safe="/")
        reader = named(language())
        letters = request.cookies.get(LETTERS_COOKIE, "")
        return {
            "letters": letters if letters in LETTERS else LETTERS[0],
            "lang": language(),
            "html_lang": reader.tag,
            "gap": gap(),
            "either": either,
            "tongue_name": lambda code: named(code).name,
            "tongue_here": reader,
            "tongues": [each for each in offered() if each.code in LANGUAGES or not for_staff()],
            "language_next": here,
        }
