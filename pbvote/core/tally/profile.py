"""Merged ballots: what a tally counts, independent of the order in which ballots arrived.

Example:
    >>> one, both = Choices((4,)), Choices((1, 4))
    >>> profile = Profile.merged([(both, 1), (one, 2), (both, 1)])
    >>> profile.groups == ((both, 2), (one, 2))
    True
    >>> profile.votes()
    {1: 2, 4: 4}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pbvote.core.errors import InvalidInput
from pbvote.core.types import Choices


class BallotUncountable(InvalidInput):
    """A ballot cannot enter the count (facts: problem; project where one is meant)."""

    code = "tally.ballot"


class ProjectsInvalid(InvalidInput):
    """The list of projects is not countable (facts: problem, project)."""

    code = "tally.projects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project as the count sees it: published ballot number, cost in whole units, stable id."""

    number: int
    cost: int
    id: str


_LINES_AT_ONCE = 4096


def _line(choices: Choices, weight: int) -> str:
    if choices.points:
        pairs = zip(choices.projects, choices.points, strict=True)
        return f"{','.join([f'{number}:{given}' for number, given in pairs])} {weight}\n"
    return f"{','.join(map(str, choices.projects))} {weight}\n"


Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mentions:
    """The distinct ballots that name a project, in parallel and in order of the profile's groups.

    ballots: their indices; weights: of each group; places: the project's place on the ballot from 0;
    points: what the ballot gives it, 1 where it has no points; None where no ballot has any.
    """

    ballots: NDArray[np.int32]
    weights: Integers
    places: NDArray[np.int32]
    points: Integers | None

    def worth(self, positions: tuple[int, ...]) -> Integers:
        """Points of each ballot for the project.

        With ``positions`` (a ranking) the points of its place, nothing from the end of that vector on;
        without, what the ballots say.
        """
        if not positions:
            return np.ones(self.ballots.size, dtype=np.int64) if self.points is None else self.points
        vector = np.zeros(max(len(positions), int(self.places.max(initial=0)) + 1), dtype=np.int64)
        vector[: len(positions)] = positions
        return vector[self.places]


@dataclass(frozen=True)
class Profile:
    """Distinct ballots with their summed weights, sorted: equal ballots give equal profiles."""

    groups: tuple[tuple[Choices, int], ...]

    @classmethod
    def merged(cls, ballots: Iterable[tuple[Choices, int]]) -> Profile:
        """The profile of a stream of (choices, weight); any order of the stream gives the same one.

        Only distinct ballots are held, so memory follows their number and not the turnout.

        Raises:
            BallotUncountable: a weight is not positive, a ballot names a project twice, or its points
                are not one for each project.
        """
        weights: dict[Choices, int] = {}
        for choices, weight in ballots:
            if weight < 1:
                raise BallotUncountable(field="weight", problem="weight-not-positive")
            weights[choices] = weights.get(choices, 0) + weight
        for projects, points in weights:
            if len(set(projects)) != len(projects):
                twice = next(number for number in projects if projects.count(number) > 1)
                raise BallotUncountable(field="choices", problem="project-repeated", project=twice)
            if points and len(points) != len(projects):
                raise BallotUncountable(field="choices", problem="number-of-points")
        groups = list(weights.items())
        del weights  # as large as the groups themselves
        groups.sort()
        return cls(tuple(groups))

    @cached_property
    def weight(self) -> int:
        """Sum of the weights of all ballots, blank ones included."""
        return sum(weight for _, weight in self.groups)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over one line per group, ascending.

        ``1,4 2`` is choices 1 and 4 with weight 2; ``1:5,4:1 2`` is five points for 1 and one for 4.
        """
        hasher = hashlib.sha256()
        for start in range(0, len(self.groups), _LINES_AT_ONCE):
            part = self.groups[start : start + _LINES_AT_ONCE]
            hasher.update("".join([_line(choices, weight) for choices, weight in part]).encode())
        return hasher.digest()

    @cached_property
    def mentions(self) -> Mapping[int, Mentions]:
        """Every project that a ballot names, by ascending number."""
        said = [choices.projects for choices, _ in self.groups]
        lengths = np.fromiter(map(len, said), dtype=np.intp, count=len(said))
        flat = np.fromiter(chain.from_iterable(said), dtype=np.int32, count=int(lengths.sum()))
        given: Integers | None = None
        if any(choices.points for choices, _ in self.groups):
            points = (choices.points or (1,) * len(choices.projects) for choices, _ in self.groups)
            given = np.fromiter(chain.from_iterable(points), dtype=np.int64, count=flat.size)
        weights = np.fromiter((weight for _, weight in self.groups), dtype=np.int64, count=len(said))
        ballots = np.repeat(np.arange(len(said), dtype=np.int32), lengths)
        starts = (np.cumsum(lengths) - lengths).astype(np.int32)
        places = np.arange(flat.size, dtype=np.int32) - np.repeat(starts, lengths)
        order = np.argsort(flat, kind="stable").astype(np.int32)
        numbers, firsts = np.unique(flat[order], return_index=True)
        parts = np.split(order, firsts[1:]) if flat.size else []
        return {
            int(number): Mentions(
                ballots=ballots[part],
                weights=weights[ballots[part]],
                places=places[part],
                points=None if given is None else given[part],
            )
            for number, part in zip(numbers.tolist(), parts, strict=True)
        }

    def votes(self) -> dict[int, int]:
        """Weighted ballots that name each project, by ascending number."""
        return {number: int(found.weights.sum()) for number, found in self.mentions.items()}

    def points(self, positions: tuple[int, ...] = ()) -> dict[int, int]:
        """Weighted points of each project, by ascending number (:meth:`Mentions.worth`)."""
        return {
            number: int((found.worth(positions) * found.weights).sum())
            for number, found in self.mentions.items()
        }


def check_projects(projects: Iterable[Project]) -> tuple[Project, ...]:
    """The projects by ascending number, with distinct numbers and ids and no negative cost.

    Raises:
        ProjectsInvalid: a number or id occurs twice, a number is below 1 or a cost below 0.
    """
    listed = tuple(sorted(projects, key=lambda project: project.number))
    numbers: set[int] = set()
    ids: set[str] = set()
    for project in listed:
        if project.number < 1 or project.number in numbers:
            raise ProjectsInvalid(field="number", problem="number-not-unique", project=project.number)
        if project.id in ids:
            raise ProjectsInvalid(field="id", problem="id-not-unique", project=project.number)
        if project.cost < 0:
            raise ProjectsInvalid(field="cost", problem="cost-negative", project=project.number)
        numbers.add(project.number)
        ids.add(project.id)
    return listed
