"""Sequential Phragmén: the cost of each winner is a load on its supporters, kept as even as possible.

Source: Brill, Freeman, Janson, Lackner, Phragmén's Voting Methods and Justified Representation (AAAI
2017); for projects with costs: Los, Christoff, Grossi, Proportional Budget Allocations (IJCAI 2022). The
count ends at the first project in this order that the money left does not cover.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from pbvote.core.tally.decimals import significant
from pbvote.core.tally.limits import Limits
from pbvote.core.tally.outcome import Count, Fate, Outcome, Round, TraceRow, Verdict
from pbvote.core.tally.profile import Project
from pbvote.core.tally.tie_breaking import Tie


class Phragmen:
    """Loads by class of voters: everybody's load is that of the last project bought for them.

    All loads are fractions; nothing is rounded. If several projects are level in a round and any of them
    does not fit, the count ends, as the rule cannot say which of them was meant.
    """

    def __init__(self, count: Count) -> None:
        self.count = count
        self._groups = count.profile.groups
        self._limits = Limits(count.spec)
        self._load_of = [0] * len(self._groups)
        self._loads = [Fraction(0)]
        self._supporters: dict[int, list[int]] = defaultdict(list)
        self._votes: dict[int, int] = defaultdict(int)
        for index, ((projects, _), weight) in enumerate(self._groups):
            for number in projects:
                self._supporters[number].append(index)
                self._votes[number] += weight
        fits = [p for p in count.standing if p.cost <= count.spec.budget]
        reached = [p for p in fits if count.below(p) is None]
        self._alive = {p.number: p for p in reached if self._votes[p.number]}
        self._unsupported = [p for p in reached if not self._votes[p.number]]
        self._loaded = {number: Fraction(0) for number in self._alive}
        self.bought: list[Project] = []
        self.rounds: list[Round] = []
        self.ties: list[Tie] = []
        self.fates: dict[int, Verdict] = {}
        self._ended_at = 0

    def run(self) -> Iterator[Project]:
        """Round by round until a project does not fit; unsupported ones come last, all level.

        Each project is given before it is bought, with the loads as they are then.
        """
        left = self.count.spec.budget
        while level := self._level():
            if any(project.cost > left for project in level):
                self._stop(level, left)
                return
            project = self._first(level)
            yield project
            self._buy(project)
            left -= project.cost

    def loads(self) -> tuple[tuple[int, Fraction], ...]:
        """Number and load afterwards of every project with supporters still to be had, least first."""
        loads = sorted((self._load_after(number), number) for number in self._alive)
        return tuple((number, load) for load, number in loads)

    def outcome(self) -> Outcome:
        """The outcome of the whole run."""
        for _ in self.run():
            continue
        trace = self._trace()
        return replace(self.count.outcome(tuple(trace), ties=tuple(self.ties)), rounds=tuple(self.rounds))

    def _level(self) -> list[Project]:
        """The projects of least load afterwards; those without supporters once no others are left."""
        if not self._alive:
            return self._unsupported
        loads = {number: self._load_after(number) for number in self._alive}
        least = min(loads.values())
        return [self._alive[number] for number, load in loads.items() if load == least]

    def _load_after(self, number: int) -> Fraction:
        return (self._loaded[number] + self._alive[number].cost) / self._votes[number]

    def _first(self, level: list[Project]) -> Project:
        if len(level) == 1:
            return level[0]
        project, tie = self.count.ties.first(level, round=len(self.bought) + 1)
        self.ties.append(tie)
        return project

    def _buy(self, project: Project) -> None:
        number = project.number
        if number in self._alive:
            loads = [self._load_after(other) for other in self._alive]
            load = self._load_after(number)
            shared = sum(significant(other) == significant(load) for other in loads) > 1
            price, exact = significant(load), str(load) if shared else ""
            del self._alive[number]
            self._spread(number, load)
        else:
            price = exact = ""
            self._unsupported.remove(project)
        self.bought.append(project)
        self.rounds.append(Round(number=len(self.bought), project=number, price=price, exact=exact))
        self._limits.take(project)
        for other in (*self._alive.values(), *self._unsupported):
            verdict = self._limits.obstacle(other)
            if verdict is not None:
                self.fates[other.number] = verdict
        self._alive = {n: p for n, p in self._alive.items() if n not in self.fates}
        self._unsupported = [p for p in self._unsupported if p.number not in self.fates]

    def _spread(self, number: int, load: Fraction) -> None:
        """Raise every supporter to the load, and with them what their other projects carry."""
        rises: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for index in self._supporters[number]:
            (projects, _), weight = self._groups[index]
            for other in projects:
                if other in self._alive:
                    rises[other][self._load_of[index]] += weight
            self._load_of[index] = len(self._loads)
        for other, by_load in rises.items():
            self._loaded[other] += sum((load - self._loads[at]) * weight for at, weight in by_load.items())
        self._loads.append(load)

    def _stop(self, level: list[Project], left: int) -> None:
        """The level project that the tie order names ends the count."""
        too_dear = [project for project in level if project.cost > left]
        end = self._first(too_dear)
        self.fates[end.number] = Verdict(fate=Fate.DID_NOT_FIT, missing=end.cost - left)
        self._ended_at = end.number

    def _trace(self) -> list[TraceRow]:
        count, left = self.count, self.count.spec.budget
        rows: list[TraceRow] = []
        for rank, project in enumerate(self.bought, start=1):
            verdict = Verdict(fate=Fate.SELECTED)
            rows.append(count.row(project, rank=rank, left=left, verdict=verdict))
            left -= project.cost
        rest = [p for p in count.standing if p not in self.bought]
        for project in count.ties.listing(rest, scores=count.scores):
            verdict = self._lost(project, left)
            rows.append(
                count.row(project, rank=len(rows) + 1, left=left, verdict=verdict, stopped_by=self._ended_at)
            )
        return rows

    def _lost(self, project: Project, left: int) -> Verdict:
        below = self.count.below(project)
        if below is not None:
            return below
        if project.number in self.fates:
            return self.fates[project.number]
        if project.cost > left:
            return Verdict(fate=Fate.DID_NOT_FIT, missing=project.cost - left)
        return Verdict(fate=Fate.STOPPED)
