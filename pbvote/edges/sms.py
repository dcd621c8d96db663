"""Text messages: rendered from ``templates/sms`` and left in a folder, from which a gateway takes them.

A message is one file of JSON, ``{"to": "+8869…", "text": "…"}``, that appears whole under its name or not at
all. It fits one part of 70 characters (UCS-2), so that it costs one message and arrives in one piece.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pbvote.platform.places import TEMPLATES
from pbvote.platform.runtime import Clock, Text
from pbvote.words.language import LANGUAGES, SECOND

PART: Final = 70
"""Characters of UCS-2 in one part."""


class TextRenderer:
    """Turns a message into its words; a title gives way where the whole would be too long."""

    def __init__(self, *, origin: str) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES / "sms"),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 -- plain text
        )
        self._origin = origin

    def text(self, message: Text) -> str:
        """The words as they go out, in one line."""
        language = message.language if message.language in LANGUAGES else SECOND
        template = self._environment.get_template(f"{message.template}.{language}.txt")
        facts: dict[str, Any] = dict(message.facts)
        title = " ".join(str(facts.get("title", "")).split())
        for kept in range(len(title), -1, -1):
            cut = title if kept == len(title) else f"{title[:kept]}…" if kept else ""
            words = " ".join(template.render(origin=self._origin, **{**facts, "title": cut}).split())
            if units(words) <= PART:
                break
        return words


def units(words: str) -> int:
    """How many characters of UCS-2 the words take; what lies beyond the basic plane takes two."""
    return len(words.encode("utf-16-be")) // 2


class FolderTexter:
    """Leaves each message as a file in a folder; names sort by arrival."""

    def __init__(self, folder: Path, *, origin: str, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        self._renderer = TextRenderer(origin=origin)

    def send(self, message: Text) -> None:
        """Write the message; its name appears when all of it is on the disk."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = json.dumps({"to": message.to, "text": self._renderer.text(message)}, ensure_ascii=False)
        name = f"{self._clock():%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}.json"
        fresh = self._folder / f".{name}.part"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self._folder / name)
