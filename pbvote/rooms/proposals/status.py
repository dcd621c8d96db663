"""The states of a proposal in one table: which move leads from where to where."""

from __future__ import annotations

from enum import StrEnum

from pbvote.rooms.proposals.errors import WrongStatus


class Status(StrEnum):
    """How far a proposal (提案) is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CORRECTION = "correction"  # 補正
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What proposers and officers do with a proposal."""

    SUBMIT = "submit"
    REVISE = "revise"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    CORRECT = "correct"  # ask for a correction
    REJECT = "reject"
    WITHDRAW_PROJECT = "withdraw-project"  # after the freeze, by the agency (PRA-06)


MOVES: dict[Move, dict[Status, Status]] = {
    Move.SUBMIT: {Status.DRAFT: Status.SUBMITTED, Status.CORRECTION: Status.SUBMITTED},
    Move.REVISE: {Status.SUBMITTED: Status.SUBMITTED},
    Move.WITHDRAW: {
        Status.DRAFT: Status.WITHDRAWN,
        Status.SUBMITTED: Status.WITHDRAWN,
        Status.CORRECTION: Status.WITHDRAWN,
        Status.ACCEPTED: Status.WITHDRAWN,
    },
    Move.ACCEPT: {
        Status.SUBMITTED: Status.ACCEPTED,
        Status.CORRECTION: Status.ACCEPTED,
        Status.REJECTED: Status.ACCEPTED,  # a complaint was upheld
    },
    Move.CORRECT: {
        Status.SUBMITTED: Status.CORRECTION,
        Status.CORRECTION: Status.CORRECTION,  # more time
        Status.ACCEPTED: Status.CORRECTION,
    },
    Move.REJECT: {
        Status.SUBMITTED: Status.REJECTED,
        Status.CORRECTION: Status.REJECTED,
        Status.ACCEPTED: Status.REJECTED,
    },
    Move.WITHDRAW_PROJECT: {Status.ACCEPTED: Status.WITHDRAWN},
}

DECISIONS = (Move.ACCEPT, Move.CORRECT, Move.REJECT)
EDITABLE = frozenset({Status.DRAFT, Status.SUBMITTED, Status.CORRECTION})
UNDECIDED = frozenset({Status.SUBMITTED, Status.CORRECTION})


def after(status: Status, move: Move) -> Status:
    """The status that the move leads to.

    Raises:
        WrongStatus: the move does not start from this status (facts ``status``, ``move``).
    """
    try:
        return MOVES[move][status]
    except KeyError as error:
        raise WrongStatus(status=status.value, move=move.value) from error
