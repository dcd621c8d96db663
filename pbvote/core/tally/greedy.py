"""Counting in one order of projects: once through, by falling merit.

The order is by falling merit, level projects by the tie order. Greedy funds each project that the money
left covers; at one that it does not cover the count goes on (fit ``skip``), ends (``stop``), or ends and
covers that one from outside (``cover:P``). Withdrawn projects are left out before the ranking: they take
no money and are never a reason to stop; neither is one that a limit forbids (:mod:`limits`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeAlias

from pbvote.core.tally.limits import Limits
from pbvote.core.tally.outcome import Count, Fate, Outcome, TraceRow, Verdict
from pbvote.core.tally.profile import Project
from pbvote.core.tally.spec import Group
from pbvote.core.tally.tie_breaking import SortNumber

Merit: TypeAlias = Callable[[Project], SortNumber]


class Money(Enum):
    """Whether the budget limits who wins, or nobody looks at money."""

    BUDGET = "budget"
    ANY = "any"


def in_one_order(count: Count, *, merit: Merit | None = None, money: Money = Money.BUDGET) -> Outcome:
    """The outcome of one pass over the projects by falling merit, by default their score.

    Raises:
        TieUndecided: the tie order leaves two projects of equal merit unordered.
    """
    ranking = count.ties.rank(count.standing, scores=count.scores, merit=merit)
    return count.outcome(_Walk(count, money).over(ranking.projects), ties=ranking.ties)


@dataclass(slots=True)
class _Walk:
    """One pass over the order, with the money spent and the project that stopped the count."""

    count: Count
    money: Money
    spent: int = 0
    stopped_by: int = 0
    rank: int = 0
    chosen: set[int] = field(default_factory=set)
    limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        self.limits = Limits(self.count.spec)

    @property
    def left(self) -> int:
        return max(0, self.count.spec.budget - self.spent)

    def over(self, ordered: tuple[Project, ...]) -> tuple[TraceRow, ...]:
        """One trace row per project: those that a quota chooses first, then the others in order."""
        rows = [row for group in self.count.spec.groups for row in self._quota(group, ordered)]
        return tuple(rows + [self._row(project) for project in ordered if project.number not in self.chosen])

    def _quota(self, group: Group, ordered: tuple[Project, ...]) -> list[TraceRow]:
        """The best of a group that can win at all, up to its quota (保障名額).

        A project that the quota of an earlier group chose counts here too.
        """
        rows: list[TraceRow] = []
        for project in ordered:
            if len(self.chosen.intersection(group.projects)) >= group.quota:
                break
            if project.number not in group.projects or project.number in self.chosen:
                continue
            if self._decide(project).fate is Fate.SELECTED:
                rows.append(self._row(project, group=group.name))
                self.chosen.add(project.number)
        return rows

    def _row(self, project: Project, *, group: str = "") -> TraceRow:
        self.rank += 1
        left = self.left
        found = self._decide(project)
        if found.fate is Fate.SELECTED:
            self.spent += project.cost
            self.limits.take(project)
        elif found.fate in (Fate.DID_NOT_FIT, Fate.COVERED) and self.count.spec.fit.stops:
            self.stopped_by = project.number
        if group:
            found = replace(found, group=group)
        return self.count.row(project, rank=self.rank, left=left, verdict=found, stopped_by=self.stopped_by)

    def _decide(self, project: Project) -> Verdict:
        """The project's fate now; the reasons in the order of :class:`Fate`."""
        below = self.count.below(project)
        if below is not None:
            return below
        if self.stopped_by:
            return Verdict(fate=Fate.STOPPED)
        obstacle = self.limits.obstacle(project)
        if obstacle is not None:
            return obstacle
        missing = project.cost - self.left
        if missing <= 0 or self.money is Money.ANY:
            return Verdict(fate=Fate.SELECTED)
        cover = self.count.spec.fit.cover
        if cover and self.left * 100 >= cover * project.cost:
            return Verdict(fate=Fate.COVERED, missing=missing)
        return Verdict(fate=Fate.DID_NOT_FIT, missing=missing)
