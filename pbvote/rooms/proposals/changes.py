"""What changed between two versions of a proposal, letter by letter, for people to read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from pbvote.rooms.proposals.queries import RevisionView
from pbvote.rooms.proposals.status import Move

COMPARED = ("title", "summary", "district", "category", "place", "cost_twd", "description_md")
_PROSE = frozenset({"title", "summary", "description_md"})
"""What is compared word by word; a sum or the name of a place is read whole."""
_TOKEN = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)
_MOST_WORK = 100_000
"""Pairs of equal tokens; above it a text is compared more coarsely, so that no page takes seconds."""


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
    def is_prose(self) -> bool:
        """Whether it is running text; anything else is shown as the old value and the new one."""
        return self.field in _PROSE

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The two versions woven together."""
        return woven(self.before, self.after)


def woven(before: str, after: str) -> tuple[Piece, ...]:
    """Both texts in one run of pieces: words of Latin letters whole, Chinese letter by letter.

    What begins and ends the same is set aside first. Texts that would take long to compare, however they
    were made, are compared line by line, and if that takes long too, not at all: one went, the other came.
    """
    head = _shared(before, after)
    tail = min(_shared(before[::-1], after[::-1]), len(before) - head, len(after) - head)
    one, two = before[head : len(before) - tail], after[head : len(after) - tail]
    for cut in (_TOKEN.findall, _lines):
        left, right = cut(one), cut(two)
        if _work(left, right) <= _MOST_WORK:
            break
    else:
        left, right = [one], [two]
    pieces = [Piece(kind="same", text=before[:head]), *_opcodes(left, right)]
    pieces.append(Piece(kind="same", text=before[len(before) - tail :]))
    return tuple(piece for piece in pieces if piece.text)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _shared(one: str, two: str) -> int:
    """How many letters both begin with."""
    for at, (left, right) in enumerate(zip(one, two, strict=False)):
        if left != right:
            return at
    return min(len(one), len(two))


def _work(one: Sequence[str], two: Sequence[str]) -> int:
    """How many equal pairs the comparison would have to look at: its cost, whatever the texts."""
    counted = Counter(two)
    return len(one) + len(two) + sum(many * counted[token] for token, many in Counter(one).items())


def _opcodes(one: Sequence[str], two: Sequence[str]) -> list[Piece]:
    pieces: list[Piece] = []
    for act, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if act == "equal":
            pieces.append(Piece(kind="same", text="".join(one[a:b])))
            continue
        if b > a:
            pieces.append(Piece(kind="gone", text="".join(one[a:b])))
        if d > c:
            pieces.append(Piece(kind="new", text="".join(two[c:d])))
    return pieces


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


def since_submission(revisions: Sequence[RevisionView]) -> tuple[Change, ...]:
    """What differs from the version that was handed in first; what was a draft is not compared."""
    first = next((each for each in revisions if each.move == Move.SUBMIT), None)
    return changes(first.content, revisions[-1].content) if first else ()
