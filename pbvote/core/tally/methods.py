"""The methods of counting by name, and the one way to run them.

Example:
    >>> projects = [Project(number=1, cost=60, id="A"), Project(number=2, cost=50, id="B")]
    >>> profile = Profile.merged([(Choices((1,)), 3), (Choices((1, 2)), 2)])
    >>> spec = CountSpec(method="greedy-votes", budget=100)
    >>> outcome = count(spec, projects, profile=profile, ties=TieOrder(("cheaper", "number")))
    >>> outcome.winners, outcome.row_of(2).fate.value, outcome.row_of(2).missing
    ((1,), 'did-not-fit', 10)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from pbvote.core.errors import InvalidInput
from pbvote.core.rules.winner_rule import (
    EQUAL_SHARES,
    GREEDY,
    IN_ONE_ORDER,
    Comparison,
    Completion,
    Fit,
    Score,
)
from pbvote.core.rules.winner_rule import Method as Name
from pbvote.core.tally.equal_shares import equal_shares_cost, equal_shares_count, equal_shares_points
from pbvote.core.tally.greedy import greedy_votes, greedy_votes_per_cost, priority_order
from pbvote.core.tally.outcome import Compared, Count, Fate, Outcome, Round, TraceRow
from pbvote.core.tally.phragmen import phragmen
from pbvote.core.tally.profile import (
    BallotUncountable,
    Profile,
    Project,
    ProjectsInvalid,
    check_projects,
)
from pbvote.core.tally.spec import CountSpec, CountSpecInvalid, Group
from pbvote.core.tally.tie_breaking import Tie, TieOrder
from pbvote.core.types import Choices

__all__ = [
    "METHODS",
    "Choices",
    "Compared",
    "Count",
    "CountSpec",
    "Fate",
    "Group",
    "MethodUnknown",
    "Outcome",
    "Profile",
    "Project",
    "Round",
    "Tie",
    "TieOrder",
    "TraceRow",
    "count",
]


class MethodUnknown(InvalidInput):
    """No method of counting has this name (facts: field, method)."""

    code = "tally.method-unknown"


Method: TypeAlias = Callable[[Count], Outcome]
"""A way of counting: a function of checked inputs alone."""

METHODS: Mapping[str, Method] = {
    Name.GREEDY_VOTES: greedy_votes,
    Name.GREEDY_VOTES_PER_COST: greedy_votes_per_cost,
    Name.EQUAL_SHARES_COST: equal_shares_cost,
    Name.EQUAL_SHARES_COUNT: equal_shares_count,
    Name.EQUAL_SHARES_POINTS: equal_shares_points,
    Name.PHRAGMEN: phragmen,
    Name.PRIORITY_ORDER: priority_order,
}


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
        CountSpecInvalid: an option that the method does not know, or a limit on no listed project.
        ProjectsInvalid: numbers or ids repeat, or a withdrawn number is not listed.
        BallotUncountable: a ballot names a project that is not listed.
        TieUndecided: the tie order leaves two level projects unordered.
    """
    method = METHODS.get(spec.method)
    if method is None:
        raise MethodUnknown(field="method", method=spec.method)
    return method(checked(spec, projects, profile=profile, ties=ties, withdrawn=withdrawn))


def checked(
    spec: CountSpec,
    projects: Iterable[Project],
    *,
    profile: Profile,
    ties: TieOrder,
    withdrawn: Iterable[int] = (),
) -> Count:
    """The inputs as every method is given them; raises as :func:`count` does."""
    listed = check_projects(projects)
    numbers = {project.number for project in listed}
    out = tuple(sorted(set(withdrawn)))
    for number in out:
        if number not in numbers:
            raise ProjectsInvalid(field="withdrawn", problem="not-listed", project=number)
    _require_sense(spec, numbers)
    for number in profile.mentions:
        if number not in numbers:
            raise BallotUncountable(field="choices", problem="not-listed", project=number)
    scores = profile.votes() if spec.score == Score.VOTES else profile.points(spec.positions)
    return Count(spec=spec, projects=listed, profile=profile, ties=ties, withdrawn=out, scores=scores)


def _require_sense(spec: CountSpec, numbers: set[int]) -> None:
    """Guarantee that nothing in the rule is without effect under its method."""
    plain_fit, plain_quota = spec.fit == Fit.SKIP, not any(group.quota for group in spec.groups)
    if spec.method not in GREEDY and not plain_fit:
        raise CountSpecInvalid(field="fit", problem="greedy-only")
    if spec.method not in IN_ONE_ORDER and not plain_quota:
        raise CountSpecInvalid(field="groups", problem="quota-greedy-only")
    if spec.method not in EQUAL_SHARES and spec.completion != Completion.NONE:
        raise CountSpecInvalid(field="completion", problem="equal-shares-only")
    if spec.method not in EQUAL_SHARES and spec.comparison != Comparison.NONE:
        raise CountSpecInvalid(field="comparison", problem="equal-shares-only")
    if len({group.name for group in spec.groups}) != len(spec.groups):
        raise CountSpecInvalid(field="groups", problem="name-repeated")
    named = [number for group in spec.groups for number in group.projects]
    named += [number for exclusive in spec.exclusions for number in exclusive]
    if not numbers.issuperset(named):
        raise CountSpecInvalid(field="groups", problem="not-listed")
