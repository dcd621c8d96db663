"""Proposals that say nearly the same: pairs of letters in common; Chinese needs no dictionary for it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.letters import folded
from pbvote.core.rules.intake import ReadableFrom
from pbvote.rooms.proposals.models import Proposal
from pbvote.rooms.proposals.queries import ProposalView, is_public, view

_TITLE, _TEXT = 0.6, 0.4
LEAST = 0.28
MOST = 5
_READ = 300
_NOISE = re.compile(r"[\W_]+")


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring letters, without case, width, spaces and punctuation."""
    plain = _NOISE.sub("", folded(text))
    if len(plain) < 2:
        return frozenset({plain} if plain else ())
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1))


def dice(one: frozenset[str], other: frozenset[str]) -> float:
    """The Sørensen-Dice coefficient, 0 to 1 (Dice, Ecology 26, 1945)."""
    if not one or not other:
        return 0.0
    return 2 * len(one & other) / (len(one) + len(other))


def ranked(
    title: str, text: str, others: Iterable[tuple[int, str, str]], *, most: int = MOST
) -> list[tuple[int, float]]:
    """``(id, likeness)`` of the proposals ``(id, title, text)`` that are alike enough, the likest first.

    Likeness is 0 to 1; the title says more than the rest, and no more than 300 letters of either are read.
    """
    own_title, own_text = pairs(title[:_READ]), pairs(text[:_READ])
    scored = [
        (other, _TITLE * dice(own_title, pairs(other_title)) + _TEXT * dice(own_text, pairs(other_text)))
        for other, other_title, other_text in others
    ]
    return sorted((each for each in scored if each[1] >= LEAST), key=lambda each: (-each[1], each[0]))[:most]


def similar_to(
    tx: Session, proposal: ProposalView, *, title: str, text: str, readable_from: ReadableFrom
) -> list[ProposalView]:
    """Public proposals of the same call that are like what somebody is writing; their own left out."""
    rows = tx.execute(
        select(Proposal.id, Proposal.title, Proposal.summary, Proposal.place).where(
            Proposal.call_id == proposal.call_id,
            Proposal.id != proposal.id,
            is_public(readable_from=readable_from),
        )
    )
    found = ranked(title, text, ((row[0], row[1], f"{row[2]}{row[3]}") for row in rows))
    by_id = {
        row.id: view(row)
        for row in tx.scalars(select(Proposal).where(Proposal.id.in_([i for i, _ in found])))
    }
    return [by_id[one] for one, _ in found]
