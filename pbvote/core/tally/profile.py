"""Merged ballots: what a tally counts, independent of the order in which ballots arrived.

Example:
    >>> profile = Profile.merged([((1, 4), 1), ((4,), 2), ((1, 4), 1)])
    >>> profile.groups
    (((1, 4), 2), ((4,), 2))
    >>> scores(profile)
    {1: 2, 4: 4}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from pbvote.core.errors import InvalidInput

Choices: TypeAlias = tuple[int, ...]
"""Project numbers as the ballot form writes them: ascending for a set, in order for a ranking."""


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


@dataclass(frozen=True, slots=True)
class Profile:
    """Distinct ballots with their summed weights, sorted: equal ballots give equal profiles."""

    groups: tuple[tuple[Choices, int], ...]

    @classmethod
    def merged(cls, ballots: Iterable[tuple[Choices, int]]) -> Profile:
        """The profile of a stream of (choices, weight); any order of the stream gives the same one.

        Only distinct ballots are held, so memory follows their number and not the turnout.

        Raises:
            BallotUncountable: a weight is not positive, or a ballot names a project twice.
        """
        weights: dict[Choices, int] = {}
        for choices, weight in ballots:
            if weight < 1:
                raise BallotUncountable(field="weight", problem="weight-not-positive")
            weights[choices] = weights.get(choices, 0) + weight
        for choices in weights:
            if len(set(choices)) != len(choices):
                twice = next(number for number in choices if choices.count(number) > 1)
                raise BallotUncountable(field="choices", problem="project-repeated", project=twice)
        return cls(tuple(sorted(weights.items())))

    @property
    def weight(self) -> int:
        """Sum of the weights of all ballots, blank ones included."""
        return sum(weight for _, weight in self.groups)

    def digest(self) -> bytes:
        """SHA-256 over one line per group, ``1,4 2`` for choices 1 and 4 with weight 2."""
        hasher = hashlib.sha256()
        for choices, weight in self.groups:
            hasher.update(f"{','.join(map(str, choices))} {weight}\n".encode())
        return hasher.digest()


def scores(profile: Profile) -> dict[int, int]:
    """Weighted votes of every project named on a ballot, by ascending number."""
    votes: dict[int, int] = {}
    for choices, weight in profile.groups:
        for number in choices:
            votes[number] = votes.get(number, 0) + weight
    return dict(sorted(votes.items()))


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
