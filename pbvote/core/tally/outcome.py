"""What a count is asked (CountSpec) and what it answers (Outcome), in integers and strings only.

An outcome replays: it holds the rule, the scores, every tie with the keys that decided it, one trace
row per project with the reason of its fate, and a SHA-256 over everything that was counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pbvote.core import canonical
from pbvote.core.errors import InvalidInput
from pbvote.core.tally.profile import Profile, Project
from pbvote.core.tally.tie_breaking import Tie, TieOrder


class CountSpecInvalid(InvalidInput):
    """The rule of the count is not usable (facts: field, problem)."""

    code = "tally.spec"


class Fit(StrEnum):
    """What happens at a project that costs more than is left."""

    SKIP = "skip"
    STOP = "stop"


class Fate(StrEnum):
    """Why a project won or did not; of several reasons the first in the order of the rules."""

    SELECTED = "selected"
    WITHDRAWN = "withdrawn"
    BELOW_THRESHOLD = "below-threshold"
    STOPPED = "stopped"
    DID_NOT_FIT = "did-not-fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSpec:
    """A usable rule: method, budget in whole units, fit ``skip`` or ``stop``, threshold in votes.

    The threshold is inclusive. With threshold 0 a project that nobody chose may win, as in the
    official results of several cities; a call that does not want that sets 1.
    """

    method: str
    budget: int
    fit: str
    threshold: int

    def __post_init__(self) -> None:
        if self.budget < 0:
            raise CountSpecInvalid(field="budget", problem="negative")
        if self.threshold < 0:
            raise CountSpecInvalid(field="threshold", problem="negative")
        if self.fit not in tuple(Fit):
            raise CountSpecInvalid(field="fit", problem="unknown-fit")

    def to_json(self) -> dict[str, object]:
        """The rule as a JSON object of integers and strings."""
        return {"method": self.method, "budget": self.budget, "fit": self.fit, "threshold": self.threshold}


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow:
    """One decision: the project's rank and score, the money left before its turn, and its fate.

    ``missing`` is the number of votes short of the threshold (below-threshold) or the money short of
    the cost (did-not-fit), else 0. ``stopped_by`` is the project at which the count stopped, else 0.
    A withdrawn project has rank 0: it is never considered.
    """

    rank: int
    project: int
    score: int
    cost: int
    money_left: int
    fate: Fate
    missing: int = 0
    stopped_by: int = 0

    def to_json(self) -> dict[str, object]:
        """The row as a JSON object of integers and strings."""
        return {
            "rank": self.rank,
            "project": self.project,
            "score": self.score,
            "cost": self.cost,
            "money_left": self.money_left,
            "fate": self.fate.value,
            "missing": self.missing,
            "stopped_by": self.stopped_by,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of a count: a function of the inputs alone, equal in bytes wherever it is computed.

    ``winners`` and ``runners_up`` are ballot numbers in order. Runners-up (備取) are the order
    continued: all that reached the threshold, were not withdrawn and did not win; the reason of each
    stands in the trace. ``spent`` is the cost of the winners and never above ``spec.budget``.
    """

    spec: CountSpec
    tie_order: tuple[str, ...]
    lot_seed: bytes
    winners: tuple[int, ...]
    runners_up: tuple[int, ...]
    withdrawn: tuple[int, ...]
    spent: int
    scores: Mapping[int, int]
    ties: tuple[Tie, ...]
    trace: tuple[TraceRow, ...]
    inputs: bytes

    @property
    def budget(self) -> int:
        """The money that could be spent."""
        return self.spec.budget

    def row_of(self, number: int) -> TraceRow:
        """The trace row of a project; KeyError for a number that was not counted."""
        for row in self.trace:
            if row.project == number:
                return row
        raise KeyError(number)

    def to_json(self) -> dict[str, object]:
        """The outcome as JSON of integers and strings, ready for canonical bytes."""
        return {
            "spec": self.spec.to_json(),
            "tie_order": list(self.tie_order),
            "lot_seed": self.lot_seed.hex(),
            "winners": list(self.winners),
            "runners_up": list(self.runners_up),
            "withdrawn": list(self.withdrawn),
            "spent": self.spent,
            "scores": [{"project": number, "score": score} for number, score in self.scores.items()],
            "ties": [tie.to_json() for tie in self.ties],
            "trace": [row.to_json() for row in self.trace],
            "inputs": self.inputs.hex(),
        }

    def to_bytes(self) -> bytes:
        """Canonical bytes (RFC 8785) of :meth:`to_json`."""
        return canonical.encode(self.to_json())


def inputs_digest(
    spec: CountSpec,
    projects: tuple[Project, ...],
    *,
    profile: Profile,
    ties: TieOrder,
    withdrawn: tuple[int, ...],
) -> bytes:
    """SHA-256 over the canonical JSON of everything that the outcome depends on.

    ``projects`` and ``withdrawn`` are ascending; the ballots enter by :meth:`Profile.digest`.
    """
    listed = [{"number": p.number, "cost": p.cost, "id": p.id} for p in projects]
    counted = {
        "spec": spec.to_json(),
        "projects": listed,
        "ballots": profile.digest().hex(),
        "tie_order": list(ties.keys),
        "lot_seed": ties.lot_seed.hex(),
        "withdrawn": list(withdrawn),
    }
    return hashlib.sha256(canonical.encode(counted)).digest()
