"""Tie-breaking (同票處理) as a published list of keys; nothing is ever decided by chance or hash order.

A tie order is part of the rules and known before voting. The keys are tried one after the other:

- ``cheaper``: the lower cost first;
- ``votes``: more ballots (by weight) that name it first, whatever the score is made of and whatever became
  of their voters' money (Equal Shares advises cost, then votes, then a lot);
- ``number``: the lower ballot number first;
- ``id``: the project id that sorts first by code point;
- ``lot``: the lower SHA-256(tag("pbvote/lot/v1") || seed || number64) first. The seed is 32 bytes,
  its commitment stands in the manifest before the first ballot, the seed itself in the opening entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from pbvote.core.errors import Conflict, InvalidInput
from pbvote.core.tally.profile import Project
from pbvote.core.types import sha256, tag

SEED_LENGTH = 32

SortValue: TypeAlias = int | str | bytes
SortNumber: TypeAlias = int | Fraction


class TieOrderInvalid(InvalidInput):
    """The tie order cannot be used (facts: field, problem)."""

    code = "tally.tie-order"


class TieUndecided(Conflict):
    """Equally scored projects remain that no key tells apart (fact: projects, their numbers)."""

    code = "tally.tie-undecided"


def lot_value(seed: bytes, number: int) -> bytes:
    """The lot drawn for a project: SHA-256(tag("pbvote/lot/v1") || seed || number64)."""
    return sha256(tag("pbvote/lot/v1") + seed + number.to_bytes(8, "big"))


def lot_commitment(seed: bytes) -> bytes:
    """What is published of a seed before the vote: SHA-256(tag("pbvote/lot-commitment/v1") || seed).

    Raises:
        TieOrderInvalid: the seed is not 32 bytes.
    """
    if len(seed) != SEED_LENGTH:
        raise TieOrderInvalid(field="lot_seed", problem="seed-length")
    return sha256(tag("pbvote/lot-commitment/v1") + seed)


class TieKey(StrEnum):
    """The keys of a tie order."""

    CHEAPER = "cheaper"
    VOTES = "votes"
    NUMBER = "number"
    ID = "id"
    LOT = "lot"

    @property
    def decides(self) -> bool:
        """Whether no two projects can agree in it."""
        return self in (TieKey.NUMBER, TieKey.ID, TieKey.LOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Projects that the rule alone left level, in the order decided, and the keys that were needed.

    ``score`` is what they share. A tie of price in a round of Equal Shares or of load in a round of
    Phragmén has the ``round`` instead; in a count by votes per cost equal quotients may have unequal
    scores, and ``score`` is that of the first.
    """

    projects: tuple[int, ...]
    decided_by: tuple[str, ...]
    score: int = 0
    round: int = 0

    def to_json(self) -> dict[str, object]:
        """The tie as a JSON object of integers and strings."""
        level: dict[str, object] = {"round": self.round} if self.round else {"score": self.score}
        return level | {"projects": list(self.projects), "decided_by": list(self.decided_by)}


@dataclass(frozen=True, slots=True)
class TieOrder:
    """A usable list of tie keys, with the seed of the lot exactly when a lot is among them.

    ``votes``: ballots by weight that name each project; a count fills them in.
    """

    keys: tuple[str, ...]
    lot_seed: bytes = b""
    votes: Mapping[int, int] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for key in self.keys:
            if key not in tuple(TieKey):
                raise TieOrderInvalid(field="keys", problem="unknown-key", key=key)
        if len(set(self.keys)) != len(self.keys):
            raise TieOrderInvalid(field="keys", problem="key-repeated")
        if len(self.lot_seed) != (SEED_LENGTH if "lot" in self.keys else 0):
            raise TieOrderInvalid(field="lot_seed", problem="seed-length")

    def knowing(self, votes: Mapping[int, int]) -> TieOrder:
        """The same order with the votes that its key ``votes`` compares."""
        return replace(self, votes=votes)

    def _value(self, key: str, project: Project) -> SortValue:
        match TieKey(key):
            case TieKey.CHEAPER:
                return project.cost
            case TieKey.VOTES:
                return -self.votes.get(project.number, 0)
            case TieKey.NUMBER:
                return project.number
            case TieKey.ID:
                return project.id
            case TieKey.LOT:
                return lot_value(self.lot_seed, project.number)

    def order(self, projects: Iterable[Project]) -> tuple[Project, ...]:
        """The projects, taken as level, in the order of the keys.

        Raises:
            TieUndecided: two of them agree in every key.
        """
        return self._decide(tuple(projects))[0]

    def first(self, level: Iterable[Project], *, round: int) -> tuple[Project, Tie]:
        """Which of several level projects is taken in a round, and the tie to record.

        All of them must be told apart, as in :meth:`rank`.

        Raises:
            TieUndecided: two of them agree in every key.
        """
        ordered, decided_by = self._decide(tuple(level))
        numbers = tuple(project.number for project in ordered)
        return ordered[0], Tie(projects=numbers, decided_by=decided_by, round=round)

    def rank(
        self,
        projects: Iterable[Project],
        *,
        scores: Mapping[int, int],
        merit: Callable[[Project], SortNumber] | None = None,
    ) -> Ranking:
        """All projects by falling merit (by default the score), level ones by the keys, ties named.

        Every two level projects must be told apart, also where the outcome would be the same either
        way: whether a tie mattered is then no question that anybody has to judge.

        Raises:
            TieUndecided: level projects agree in every key.
        """
        worth = merit or (lambda project: scores.get(project.number, 0))
        levels: dict[SortNumber, list[Project]] = {}
        for project in projects:
            levels.setdefault(worth(project), []).append(project)
        ordered: list[Project] = []
        ties: list[Tie] = []
        for value in sorted(levels, reverse=True):
            level, decided_by = self._decide(tuple(levels[value]))
            ordered.extend(level)
            if len(level) > 1:
                numbers = tuple(project.number for project in level)
                ties.append(Tie(score=scores.get(numbers[0], 0), projects=numbers, decided_by=decided_by))
        return Ranking(tuple(ordered), tuple(ties))

    def listing(self, projects: Iterable[Project], *, scores: Mapping[int, int]) -> tuple[Project, ...]:
        """Projects by falling score for display, level ones by the keys and in the end by number.

        For lists that decide nothing: what Equal Shares and Phragmén did not buy.
        """

        def place(project: Project) -> tuple[object, ...]:
            keys = tuple(self._value(key, project) for key in self.keys)
            return (-scores.get(project.number, 0), *keys, project.number)

        return tuple(sorted(projects, key=place))

    def _decide(self, projects: tuple[Project, ...]) -> tuple[tuple[Project, ...], tuple[str, ...]]:
        used: list[str] = []
        groups: list[list[Project]] = [list(projects)]
        for key in self.keys:
            if all(len(group) < 2 for group in groups):
                break
            groups = [part for group in groups for part in self._split(group, key)]
            used.append(key)
        for group in groups:
            if len(group) > 1:
                raise TieUndecided(projects=sorted(project.number for project in group))
        return tuple(project for group in groups for project in group), tuple(used)

    def _split(self, group: list[Project], key: str) -> list[list[Project]]:
        parts: dict[SortValue, list[Project]] = {}
        for project in group:
            parts.setdefault(self._value(key, project), []).append(project)
        return [parts[found] for found in sorted(parts)]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Projects in the order in which they are considered, and the ties decided on the way."""

    projects: tuple[Project, ...]
    ties: tuple[Tie, ...]
