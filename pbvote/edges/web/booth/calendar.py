"""What comes after the vote, as a calendar file (RFC 5545): the same bytes for everybody in one language.

No code and nothing of a person stands in it: it is about the call, and anybody may fetch it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from pbvote.core.ballot.receipt import INCLUDE_WITHIN
from pbvote.core.manifest import Manifest
from pbvote.words.catalogue import gettext as _
from pbvote.words.language import either, language
from pbvote.words.pieces import plain

_LONGEST_LINE = 75  # bytes, without the line end
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""})


def after_the_vote(manifest: Manifest) -> bytes:
    """The end of the vote, and the moment from which every ballot can be looked up."""
    title = plain(either(manifest.title, manifest.title_en))
    site = manifest.origin
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//pbvote//after the vote//EN",
        "CALSCALE:GREGORIAN",
        *_event(
            manifest,
            name="closes",
            at=manifest.issue_until,
            what=_("投票截止，之後開票：%(title)s", title=title),
            more=_("開票、計票、審定之後，結果公布在活動頁。"),
            link=f"{site}/calls/{manifest.call}/",
        ),
        *_event(
            manifest,
            name="public",
            at=manifest.cast_until + INCLUDE_WITHIN,
            what=_("可以查核我的票：%(title)s", title=title),
            more=_("所有選票都已進入公開紀錄。查核碼不在這個檔案裡，請用您自己留的。"),
            link=f"{site}/booth/check",
        ),
        "END:VCALENDAR",
    ]
    return b"".join(part + b"\r\n" for line in lines for part in _folded(line))


def _event(manifest: Manifest, *, name: str, at: datetime, what: str, more: str, link: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{manifest.call}-{name}-{language()}@{urlsplit(manifest.origin).hostname}"
    yield f"DTSTAMP:{_instant(manifest.opens_at)}"
    yield f"DTSTART:{_instant(at)}"
    yield f"SUMMARY:{what.translate(_ESCAPES)}"
    yield f"DESCRIPTION:{more.translate(_ESCAPES)}\\n{link}"
    yield f"URL:{link}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _folded(line: str) -> Iterator[bytes]:
    """The line in parts of at most 75 bytes, none of which cuts a character."""
    part = b""
    for letter in line:
        octets = letter.encode()
        if len(part) + len(octets) > _LONGEST_LINE:
            yield part
            part = b" "
        part += octets
    yield part
