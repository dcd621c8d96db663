"""Counting again with other support or another cost of one project, and where that changes its fate.

A boundary is two whole counts that lie side by side: in one the project wins, in the other it does not.
Where a count takes long and the method has an estimate, the search begins at the estimated boundary and
widens from there, so that few whole counts are made. Between the two ends that are known the project's fate
may in theory change more than once (Equal Shares is not monotone); what is given is one true boundary.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from pbvote.core.tally.method import Threshold
from pbvote.core.tally.options import Score
from pbvote.core.tally.outcome import Count, Outcome, TraceRow
from pbvote.core.tally.tie_breaking import TieUndecided

Recount: TypeAlias = Callable[[Count], Collection[int]]
"""The winners of changed inputs by the whole rule."""
_WIDER: Final = 6
"""How often the bound on the support is doubled where it turns out not to be enough."""


class Support(StrEnum):
    """What :attr:`Explanation.more_support` counts."""

    VOTES = "votes"
    POINTS = "points"
    VOTERS = "voters"


class Interrupted(Exception):
    """There is no time for another count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """How changed inputs are counted again, and for how long.

    recount: the whole rule, with what lies outside this one count (the city's pool); None: the method
    alone. threshold: the least score by further ballots; None: it stays. go_on: asked before each count;
    where it says no, the explanation is given without the number that was looked for.
    """

    recount: Recount | None = None
    threshold: Threshold | None = None
    go_on: Callable[[], bool] = field(default=lambda: True)


class Search:
    """Counting again with other support or another cost of one project."""

    def __init__(self, count: Count, outcome: Outcome, row: TraceRow, means: Means) -> None:
        self.count, self.outcome, self.row, self.means = count, outcome, row, means
        self.method = count.spec.method
        self.threshold: Threshold = means.threshold or (lambda more: count.spec.threshold)
        self.ended = False
        self._winners: dict[int, Collection[int]] = {}

    @property
    def support(self) -> Support:
        """What support is counted in."""
        if self.method.adds_voters:
            return Support.VOTERS
        return Support.VOTES if self.count.spec.score is Score.VOTES else Support.POINTS

    @property
    def enough(self) -> int | None:
        """More support than the project can need; None where none can help."""
        return self.method.enough_support(self.count, self.row, threshold=self.threshold)

    @property
    def hopeless(self) -> bool:
        """Whether it is certain that no support would have helped.

        Where score alone decides the place, enough of it is the first place, and that was tried. Elsewhere
        only a cost above the whole budget is certain.
        """
        return self.over_budget or not (self.ended or self.open_ended)

    @property
    def over_budget(self) -> bool:
        """Whether it costs more than everything there is, under a rule that looks at money."""
        minds_money = self.method.recheck().minds_money
        return minds_money and not self.means.recount and self.row.cost > self.outcome.budget

    @property
    def open_ended(self) -> bool:
        """Whether what is called enough may not be: shares, or money that other districts leave."""
        return self.method.adds_voters or self.means.recount is not None

    def reaches_threshold(self, more: int) -> bool:
        """Whether so much more support is enough for the threshold."""
        changed = self._supported(more)
        return changed.scores.get(self.row.project, 0) >= changed.spec.threshold

    def wins(self, more: int) -> bool:
        """Whether the project wins with so much more support.

        Raises:
            Interrupted: no more counting.
        """
        if more not in self._winners:
            self._winners[more] = self._again(self._supported(more))
        return self.row.project in self._winners[more]

    def wins_at(self, cost: int) -> bool:
        """Whether the project wins at another cost; raises as :meth:`wins`."""
        return self.row.project in self._again(self._costing(cost))

    def seems_to_win(self, more: int) -> bool | None:
        """The same by an estimate; None where counting is as quick."""
        return self._seems(self._supported(more))

    def seems_to_win_at(self, cost: int) -> bool | None:
        """The same at another cost."""
        return self._seems(self._costing(cost))

    def displaced(self, more: int | None) -> set[int]:
        """The winners that would not have won beside the project with so much more support."""
        return set(self.outcome.winners) - set(self._winners.get(more or 0, self.outcome.winners))

    def _supported(self, more: int) -> Count:
        return self.method.with_support(
            self.count, number=self.row.project, more=more, threshold=self.threshold
        )

    def _costing(self, cost: int) -> Count:
        return self.count.with_more(self.row.project, more=0, cost=cost)

    def _again(self, changed: Count) -> Collection[int]:
        if not self.means.go_on():
            self.ended = True
            raise Interrupted
        try:
            return self.means.recount(changed) if self.means.recount else self.method.run(changed).winners
        except TieUndecided:
            return ()  # a tie that nothing decides is no win

    def _seems(self, changed: Count) -> bool | None:
        if not self.means.go_on():
            self.ended = True
            raise Interrupted
        try:
            found = self.method.estimate(changed, self.outcome, voters=self.count.voters)
        except TieUndecided:
            found = ()
        return None if found is None else self.row.project in found


def least_support(search: Search) -> int | None:
    """Support with which the project wins while it does not with one less; None where none is known."""
    enough = search.enough
    if enough is None:
        return None
    most = enough * 2**_WIDER if search.open_ended else enough
    try:
        start = _estimated(search.seems_to_win, 0, enough)
        if start is not None:
            return _near(search.wins, start=start, most=most)
        while not search.wins(enough):
            if enough >= most:
                return None
            enough *= 2
        return _between(search.wins, 0, enough)
    except Interrupted:
        return None


def _estimated(seems: Callable[[int], bool | None], low: int, high: int) -> int | None:
    """The boundary by estimates between an end that loses and one that wins; None without estimates."""
    while high - low > 1:
        middle = (low + high) // 2
        found = seems(middle)
        if found is None:
            return None
        low, high = (low, middle) if found else (middle, high)
    return high


def _near(wins: Callable[[int], bool], *, start: int, most: int) -> int | None:
    """A number near ``start`` that wins after one that does not; 0 is known to lose."""
    low, high, step = 0, start, 1
    if wins(start):
        while high > 1 and wins(probe := max(1, high - step)):
            high, step = probe, step * 2
        low = max(0, high - step)
    else:
        while not wins(high):
            if high >= most:
                return None
            low, high, step = high, min(most, high + step), step * 2
    return _between(wins, low, high)


def _between(wins: Callable[[int], bool], low: int, high: int) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if wins(middle) else (middle, high)
    return high


def largest_cost(search: Search) -> int | None:
    """The largest cost with which the project wins while it does not with one more; None: none is known."""
    row = search.row
    try:
        if row.cost < 2 or search.seems_to_win_at(1) is None:
            return _largest(search.wins_at, row)
        cost = _estimated(lambda less: search.seems_to_win_at(row.cost - less), 0, row.cost - 1)
        guess = row.cost - (cost or 0)
        sure = 0 < guess < row.cost and search.wins_at(guess)
        return guess if sure and (guess + 1 == row.cost or not search.wins_at(guess + 1)) else None
    except Interrupted:
        return None


def _largest(wins: Callable[[int], bool], row: TraceRow) -> int | None:
    """Starts from the money left at the project's turn, which is the answer unless the order moves."""
    low, high = 0, row.cost
    guess = row.money_left
    if low < guess < high:
        if wins(guess):
            low = guess
            if not wins(guess + 1):
                return guess
        else:
            high = guess
    if not low and not wins(1):
        return None
    low = max(low, 1)
    while high - low > 1:
        middle = (low + high) // 2
        if wins(middle):
            low = middle
        else:
            high = middle
    return low
