"""Texts as people type them: lines and longer texts, words for yes and no, mail addresses."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pbvote.core.errors import InvalidInput
from pbvote.core.letters import bidi_controls, folded, has_visible, narrow, without_invisible
from pbvote.typed.errors import (
    NeitherYesNorNo,
    NotAnAddress,
    NotATelephone,
    TextMissing,
    TextTooLong,
    TextTurned,
)

_ECHO: Final = 40
YES: Final = frozenset(
    {
        *("1", "y", "yes", "true", "v", "on", "✓", "✔", "☑", "√", "○", "✅", "◯"),
        *("是", "公開", "同意", "願意", "可", "可以", "要", "顯示", "公布", "勾選"),
        *("t", "是的"),
        *("同意公開", "願意公開", "可公開", "可以公開", "要公開", "公開姓名", "同意公開姓名", "願意公開姓名"),
    }
)
NO: Final = frozenset(
    {
        *("", "0", "n", "no", "false", "off", "none", "null", "n/a", "na"),
        *("f", "不是", "拒絕", "未同意", "未公開", "不予公開", "不宜公開", "暫不公開"),
        *("x", "×", "✗", "✘", "✕", "✖", "☐", "☒", "❌", "╳", "-", "–", "—", "/"),
        *("否", "不", "無", "沒有", "不要", "不可", "不可以", "不公開", "不同意", "不願意"),
        *("不顯示", "不公布", "不同意公開", "不願意公開", "不可公開", "不要公開", "勿公開", "請勿公開"),
        *("保密", "匿名", "隱藏", "未勾選"),
        *("不公開姓名", "不同意公開姓名", "不願意公開姓名", "不願公開", "不願", "勿"),
    }
)
_KEPT_CONTROLS: Final = frozenset("\n\t")
# plain atoms only: no comment, group, quotes or encoded word, by which one mailbox has many addresses
_ATOM = r"[\w!#$%&'*+/=^`{|}~-]+"
_ADDRESS = re.compile(
    rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]{2,59})"
)
_LONGEST_ADDRESS: Final = 200
_LONGEST_TELEPHONE: Final = 40
_TELEPHONE = re.compile(
    r"(?:\+886[- ]?[1-9]\d{0,2}|\(?0\d{1,3}\)?)[- ]?\d{3,4}[- ]?\d{3,4}(?:\s?(?:轉|分機|#|ext\.?)\s?\d{1,6})?"
    r"|1\d{2,3}(?:\s?(?:轉|分機|#)\s?\d{1,6})?",
    re.ASCII,
)
_GMAIL: Final = frozenset({"gmail.com", "googlemail.com"})


def N_(text: str) -> str:
    """Marks a text that is translated where it is shown (tools/catalogue.py finds it)."""
    return text


def quoted(text: str) -> str:
    """What was typed, for a sentence about it: one line, and marked where it is not all of it."""
    line = narrow(without_invisible(text))
    return line if len(line) <= _ECHO else f"{line[: _ECHO - 1]}…"


def prose(text: str) -> str:
    """A text of several lines as it is kept: line ends of one kind, no control characters, trimmed.

    Joiners and variation selectors stay: emoji and rare characters are made of them.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in plain if c in _KEPT_CONTROLS or unicodedata.category(c) != "Cc").strip()


def line(text: str) -> str:
    """A text of one line as it is kept: it goes into mail headings and onto the ballot."""
    return " ".join(prose(text).split())


def text_findings(
    text: str,
    *,
    field: str,
    most: int,
    missing: type[InvalidInput] | None = TextMissing,
) -> list[InvalidInput]:
    """What is wrong with a text that will be shown; ``missing`` None: it may be empty.

    A text of which nothing can be seen is missing, or, where none is needed, still refused: it would be
    shown as something.
    """
    if not has_visible(text):
        if missing is not None:
            return [missing(field=field)]
        return [TextMissing(field=field)] if text.strip() else []
    controls = bidi_controls(text)
    if controls:
        return [TextTurned(field=field, controls=controls)]
    if len(text) > most:
        return [TextTooLong(field=field, most=most, length=len(text))]
    return []


def yes_of(text: str, *, field: str) -> bool:
    """Whether the text says yes; only a known word for yes does.

    Raises:
        NeitherYesNorNo: no known word for yes or no. Consent is never guessed.
    """
    word = _word(text)
    if word in _YES_WORDS:
        return True
    if word in _NO_WORDS:
        return False
    raise NeitherYesNorNo(field=field, value=quoted(text))


def _word(text: str) -> str:
    word = folded(text)
    return word.strip("()[].。!") if len(word) > 1 else word


_YES_WORDS: Final = frozenset(_word(word) for word in YES)
_NO_WORDS: Final = frozenset(_word(word) for word in NO)


def address_of(text: str, *, field: str = "email") -> str:
    """A mail address in the form that it is kept in and written to: narrow, lower case.

    Raises:
        NotAnAddress: anything else.
    """
    address = narrow(text).lower().removeprefix("mailto:")
    spoilt = len(text) > 4 * _LONGEST_ADDRESS or any(unicodedata.category(c) == "Cc" for c in text.strip())
    if spoilt or len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise NotAnAddress(field=field)
    return address


def telephone_of(text: str, *, field: str) -> str:
    """A telephone number of Taiwan as it is shown: narrow, ``02-2345-6789 轉 123``, ``1999``.

    Raises:
        NotATelephone: anything else.
    """
    number = " ".join(narrow(text).split())
    if len(text) > _LONGEST_TELEPHONE or not _TELEPHONE.fullmatch(number.lower()):
        raise NotATelephone(field=field, value=quoted(text))
    return number


def mailbox_of(address: str) -> str:
    """The one mailbox that several addresses lead to, to compare by and never to write to.

    What follows a ``+`` is a tag at nearly every provider; Gmail reads no dots, and has two domains.
    """
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"
