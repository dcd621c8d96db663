"""A feed of news as XML (Atom, RFC 4287): every address in it is whole, every entry keeps its id for ever."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as Xml  # writes only: nothing that anybody sent is parsed

from flask import Response, request

from pbvote.core.types import sha256
from pbvote.words.language import language

_NAMESPACE: Final = "http://www.w3.org/2005/Atom"
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold, not even escaped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One piece of news; ``address`` is its id too."""

    address: str
    title: str
    text: str
    at: datetime
    author: str


def _add(parent: Xml.Element, name: str, text: str = "", **attributes: str) -> Xml.Element:
    element = Xml.SubElement(parent, name, attributes)
    element.text = _NO_XML.sub("\ufffd", text) or None
    return element


def atom(
    entries: Sequence[Entry], *, title: str, page: str, itself: str, updated: datetime, author: str
) -> Response:
    """The feed; a reader that has it already is told so (304)."""
    root = Xml.Element(
        "feed", {"xmlns": _NAMESPACE, "xml:lang": "en" if language() == "en" else "zh-Hant-TW"}
    )
    _add(root, "title", title)
    _add(root, "id", itself)
    _add(root, "updated", _instant(updated))
    _add(root, "link", rel="self", type="application/atom+xml", href=itself)
    _add(root, "link", rel="alternate", type="text/html", href=page)
    _add(_add(root, "author"), "name", author)
    for each in entries:
        entry = _add(root, "entry")
        _add(entry, "title", each.title)
        _add(entry, "id", each.address)
        _add(entry, "updated", _instant(each.at))
        _add(entry, "link", rel="alternate", type="text/html", href=each.address)
        _add(_add(entry, "author"), "name", each.author)
        _add(entry, "content", each.text or each.title, type="text")
    content = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    response = Response(content, content_type="application/atom+xml; charset=utf-8")
    response.set_etag(sha256(content).hex())
    response.make_conditional(request)
    return response


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
