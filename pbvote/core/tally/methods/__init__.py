"""The methods of counting by name, and the one way to run them.

Example:
    >>> projects = [Project(number=1, cost=60, id="A"), Project(number=2, cost=50, id="B")]
    >>> profile = Profile.merged([(Choices((1,)), 3), (Choices((1, 2)), 2)])
    >>> spec = CountSpec(method=method_named("greedy-votes"), budget=100)
    >>> outcome = count(spec, projects, profile=profile, ties=TieOrder(("cheaper", "number")))
    >>> outcome.winners, outcome.row_of(2).fate.value, outcome.row_of(2).missing
    ((1,), 'did-not-fit', 10)
"""

from __future__ import annotations

from collections.abc import Iterable

from pbvote.core.tally.method import METHODS, Method, MethodUnknown, Option, method_named
from pbvote.core.tally.methods import equal_shares, greedy, phragmen
from pbvote.core.tally.options import Score
from pbvote.core.tally.outcome import Compared, Count, Fate, Outcome, Round, TraceRow
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
    "Method",
    "MethodUnknown",
    "Outcome",
    "Profile",
    "Project",
    "Round",
    "Tie",
    "TieOrder",
    "TraceRow",
    "checked",
    "count",
    "method_named",
]

_EVERY: tuple[Method, ...] = (
    greedy.GreedyVotes(),
    greedy.GreedyVotesPerCost(),
    equal_shares.EqualSharesCost(),
    equal_shares.EqualSharesCount(),
    equal_shares.EqualSharesPoints(),
    phragmen.SequentialPhragmen(),
    greedy.PriorityOrder(),
)
METHODS.update({method.name: method for method in _EVERY})


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
        CountSpecInvalid: an option that the method does not know, or a limit on no listed project.
        ProjectsInvalid: numbers or ids repeat, or a withdrawn number is not listed.
        BallotUncountable: a ballot names a project that is not listed.
        TieUndecided: the tie order leaves two level projects unordered.
    """
    return spec.method.run(checked(spec, projects, profile=profile, ties=ties, withdrawn=withdrawn))


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
    votes = profile.votes()
    return Count(
        spec=spec,
        projects=listed,
        profile=profile,
        ties=ties.knowing(votes),
        withdrawn=out,
        scores=votes if spec.score is Score.VOTES else profile.points(spec.positions),
        votes=votes,
        voters=profile.weight,
    )


def _require_sense(spec: CountSpec, numbers: set[int]) -> None:
    """Guarantee that nothing in the rule is without effect under its method."""
    for useless in spec.without_effect(None):
        raise CountSpecInvalid(field=useless.option, problem=useless.problem)
    if not spec.uses(Option.QUOTA) and any(group.quota for group in spec.groups):
        raise CountSpecInvalid(field="groups", problem="not-of-this-method")
    if len({group.name for group in spec.groups}) != len(spec.groups):
        raise CountSpecInvalid(field="groups", problem="name-repeated")
    named = [number for group in spec.groups for number in group.projects]
    named += [number for exclusive in spec.exclusions for number in exclusive]
    if not numbers.issuperset(named):
        raise CountSpecInvalid(field="groups", problem="not-listed")
