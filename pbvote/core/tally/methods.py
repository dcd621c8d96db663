"""The methods of counting by name, and the one way to run them.

Example:
    >>> projects = [Project(number=1, cost=60, id="A"), Project(number=2, cost=50, id="B")]
    >>> profile = Profile.merged([((1,), 3), ((1, 2), 2)])
    >>> spec = CountSpec(method="greedy-votes", budget=100, fit="skip", threshold=0)
    >>> outcome = count(spec, projects, profile=profile, ties=TieOrder(("cheaper", "number")))
    >>> outcome.winners, outcome.row_of(2).fate.value, outcome.row_of(2).missing
    ((1,), 'did-not-fit', 10)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from pbvote.core.errors import InvalidInput
from pbvote.core.tally.greedy import greedy
from pbvote.core.tally.outcome import CountSpec, Fate, Fit, Outcome, TraceRow
from pbvote.core.tally.profile import (
    BallotUncountable,
    Profile,
    Project,
    ProjectsInvalid,
    check_projects,
)
from pbvote.core.tally.tie_breaking import TieOrder

__all__ = [
    "METHODS",
    "CountSpec",
    "Fate",
    "Fit",
    "Method",
    "MethodUnknown",
    "Outcome",
    "Profile",
    "Project",
    "TieOrder",
    "TraceRow",
    "count",
]


class MethodUnknown(InvalidInput):
    """No method of counting has this name (facts: field, method)."""

    code = "tally.method-unknown"


class Method(Protocol):
    """A way of counting; its inputs are checked, the projects and withdrawn numbers ascending."""

    def __call__(
        self,
        spec: CountSpec,
        projects: tuple[Project, ...],
        *,
        profile: Profile,
        ties: TieOrder,
        withdrawn: tuple[int, ...],
    ) -> Outcome:
        """The outcome, a function of the arguments alone."""
        ...


METHODS: Mapping[str, Method] = {"greedy-votes": greedy}


def count(
    spec: CountSpec,
    projects: Iterable[Project],
    *,
    profile: Profile,
    ties: TieOrder,
    withdrawn: Iterable[int] = (),
) -> Outcome:
    """The outcome of the named method; the same inputs give the same bytes on every machine.

    Raises:
        MethodUnknown: the registry has no such method.
        ProjectsInvalid: numbers or ids repeat, or a withdrawn number is not listed.
        BallotUncountable: a ballot names a project that is not listed.
        TieUndecided: the tie order leaves two equally scored projects unordered.
    """
    method = METHODS.get(spec.method)
    if method is None:
        raise MethodUnknown(field="method", method=spec.method)
    listed = check_projects(projects)
    numbers = {project.number for project in listed}
    out = tuple(sorted(set(withdrawn)))
    for number in out:
        if number not in numbers:
            raise ProjectsInvalid(field="withdrawn", problem="not-listed", project=number)
    for choices, _ in profile.groups:
        for number in choices:
            if number not in numbers:
                raise BallotUncountable(field="choices", problem="not-listed", project=number)
    return method(spec, listed, profile=profile, ties=ties, withdrawn=out)
