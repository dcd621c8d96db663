"""What changed between two versions of a proposal, letter by letter, for people to read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from pbvote.proposals.queries import RevisionView
from pbvote.proposals.status import Move

COMPARED = ("title", "summary", "district", "category", "place", "cost_twd", "description_md")
_TOKEN = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)
_MOST_TOKENS = 6000
"""Longer texts are compared line by line, so that no page takes seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of text that stayed, went or came."""

    kind: Literal["same", "gone", "new"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field whose content differs."""

    field: str
    before: str
    after: str

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The two versions woven together."""
        return woven(self.before, self.after)


def _tokens(text: str, other: str) -> tuple[Sequence[str], Sequence[str]]:
    one, two = _TOKEN.findall(text), _TOKEN.findall(other)
    if len(one) + len(two) > _MOST_TOKENS:
        return text.splitlines(keepends=True), other.splitlines(keepends=True)
    return one, two


def woven(before: str, after: str) -> tuple[Piece, ...]:
    """Both texts in one run of pieces: words of Latin letters whole, Chinese letter by letter."""
    one, two = _tokens(before, after)
    pieces: list[Piece] = []
    for act, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if act == "equal":
            pieces.append(Piece(kind="same", text="".join(one[a:b])))
            continue
        if b > a:
            pieces.append(Piece(kind="gone", text="".join(one[a:b])))
        if d > c:
            pieces.append(Piece(kind="new", text="".join(two[c:d])))
    return tuple(pieces)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """The fields that differ, in the order of the form."""
    return tuple(
        Change(field=name, before=str(before.get(name, "")), after=str(after.get(name, "")))
        for name in COMPARED
        if str(before.get(name, "")) != str(after.get(name, ""))
    )


def since_correction(revisions: Sequence[RevisionView]) -> tuple[Change, ...]:
    """What changed after the last request for a correction; nothing where there was none."""
    asked = [each for each in revisions if each.move == Move.CORRECT]
    if not asked or revisions[-1] is asked[-1]:
        return ()
    return changes(asked[-1].content, revisions[-1].content)
