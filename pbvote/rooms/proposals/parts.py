"""The parts of a proposal that one writes one by one, and how a request for a correction stands with each."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pbvote.core.errors import InvalidInput
from pbvote.rooms.proposals.consent import is_minor
from pbvote.rooms.proposals.content import LONGEST_REPLY
from pbvote.rooms.proposals.queries import ProposalView, RevisionView
from pbvote.rooms.proposals.status import Move, Status
from pbvote.typed.numbers import money_or_none
from pbvote.typed.texts import prose, text_findings

FORMS: dict[str, tuple[str, ...]] = {
    "idea": ("title", "summary", "category", "description_md"),
    "place": ("district", "place", "latitude", "longitude"),
    "cost": ("cost_twd",),
    "people": ("show_name", "minor", "guardian_how", "guardian_name", "guardian_contact"),
}
"""The fields of each part that is a form."""
PARTS = ("idea", "place", "cost", "pictures", "documents", "people")
WHOLE = "whole"
"""What a request that names no part is about."""
_MOVES = {
    "pictures": frozenset({"attach-picture", "remove-picture", "arrange-pictures"}),
    "documents": frozenset({"attach-document", "remove-document", "describe-documents"}),
}


class Standing(StrEnum):
    """How a part stands that the agency asked to be corrected."""

    ASKED = "asked"
    CHANGED = "changed"
    ANSWERED = "answered"


def reply_field(part: str) -> str:
    """The field in which the proposer answers the agency about a part."""
    return f"reply_{part}"


REPLIES = tuple(reply_field(part) for part in (*PARTS, WHOLE))


def replies_of(values: dict[str, str]) -> dict[str, str]:
    """What the proposer answers, by part, as it is kept."""
    said = {part: prose(values.get(reply_field(part), "")) for part in (*PARTS, WHOLE)}
    return {part: text for part, text in said.items() if text}


def reply_findings(values: dict[str, str]) -> list[InvalidInput]:
    """Answers that are too long or cannot be shown."""
    findings: list[InvalidInput] = []
    for part, text in replies_of(values).items():
        findings += text_findings(text, field=reply_field(part), most=LONGEST_REPLY, missing=None)
    return findings


def standings(proposal: ProposalView, revisions: Iterable[RevisionView]) -> dict[str, Standing]:
    """How each part stands that was asked for; nothing unless a correction is awaited.

    A part counts as changed when it differs from what was handed in, as answered when there are words on it.
    """
    if proposal.status is not Status.CORRECTION:
        return {}
    moves: set[str] = set()
    for revision in revisions:
        moves = set() if revision.move == Move.CORRECT else moves | {revision.move}
    replies = replies_of(proposal.values)
    found: dict[str, Standing] = {}
    for part in proposal.asked:
        if _is_changed(proposal, part, moves):
            found[part] = Standing.CHANGED
        else:
            found[part] = Standing.ANSWERED if part in replies else Standing.ASKED
    return found


def _is_changed(proposal: ProposalView, part: str, moves: set[str]) -> bool:
    if part in _MOVES:
        return not moves.isdisjoint(_MOVES[part])
    before, now = proposal.handed_in, proposal.values
    return any(_plain(name, before) != _plain(name, now) for name in FORMS[part])


def _plain(name: str, values: dict[str, str]) -> object:
    typed = prose(values.get(name, ""))
    if name == "minor":
        return is_minor(values)
    return (money_or_none(typed) or typed) if name == "cost_twd" else typed
