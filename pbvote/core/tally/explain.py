"""Why a project did not win, as data, and what would have changed it.

Two counterfactuals, everything else left as it was: the least score more (in greedy counts) or the least
number of further supporters who want this project alone and bring their own share of the money (Equal
Shares, Phragmén) with which it would have won; and the largest cost at which it would have won. Both are
found and confirmed by counting again on either side of the boundary, never by a formula alone.

Source: Boehmer, Faliszewski, Janeczko, Peters, Pierczyński, Schierreich, Skowron, Szufa, Evaluation of
Project Performance in Participatory Budgeting (IJCAI 2024): the measures of cost reduction and of adding
singletons. For Equal Shares the endowment of the final run is held fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from pbvote.core.tally.method import Method, method_named
from pbvote.core.tally.outcome import Count, Fate, Outcome, TraceRow
from pbvote.core.tally.tie_breaking import Tie, TieUndecided

Wins: TypeAlias = Callable[[int, int], bool]
"""Whether the project wins with so much more support and at this cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What became of the money of a project's supporters, in whole units, rounded to the nearest.

    at_start, at_end: all that they had before the first and after the last purchase. short_in: the round
    after which they could not pay for it any more (0: before the first). paid: the winners that they
    helped to buy and what they gave, in the order of purchase.
    """

    at_start: int
    at_end: int
    short_in: int
    paid: tuple[tuple[int, int], ...]

    def to_json(self) -> dict[str, object]:
        """The money as a JSON object of integers."""
        return {
            "at_start": self.at_start,
            "at_end": self.at_end,
            "short_in": self.short_in,
            "paid": [{"project": number, "money": money} for number, money in self.paid],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a project did not win.

    row: rank, score and the first reason. lost_to, decided_by: the winner that came before it by the tie
    order alone, and the keys; 0 where no tie was lost. more_support: the least that would have made it
    win, in score (greedy) or in supporters; largest_cost: the largest cost with which it would have won;
    None where nothing of the kind helps. money: Equal Shares only. nobody_voted: the district has no
    ballot at all.
    """

    row: TraceRow
    nobody_voted: bool = False
    lost_to: int = 0
    decided_by: tuple[str, ...] = ()
    more_support: int | None = None
    largest_cost: int | None = None
    money: Money | None = None

    def to_json(self) -> dict[str, object]:
        """The explanation as a JSON object of integers and strings; what is not known is absent."""
        members: dict[str, object] = {"reason": self.row.to_json()}
        if self.nobody_voted:
            members["nobody_voted"] = 1
        if self.lost_to:
            members |= {"lost_to": self.lost_to, "decided_by": list(self.decided_by)}
        if self.more_support is not None:
            members["more_support"] = self.more_support
        if self.largest_cost is not None:
            members["largest_cost"] = self.largest_cost
        if self.money is not None:
            members["money"] = self.money.to_json()
        return members


def explain(count: Count, outcome: Outcome, number: int) -> Explanation:
    """The explanation of a project that did not win; for a winner only its row.

    ``outcome`` is the outcome of ``count``. Greedy counts are counted again some thirty times, which
    takes no pass over the ballots; the others as often with one.

    Raises:
        KeyError: no such project.
    """
    row = outcome.row_of(number)
    if row.fate in (Fate.SELECTED, Fate.WITHDRAWN):
        return Explanation(row=row)
    method = _decided_by(outcome)
    wins = _wins_of(method, count, outcome, number)
    tie = _lost_tie(outcome, row)
    return Explanation(
        row=row,
        nobody_voted=not count.voters,
        lost_to=tie.projects[0] if tie else 0,
        decided_by=tie.decided_by if tie else (),
        more_support=_least_support(method.enough_support(count, outcome, row), row, wins),
        largest_cost=_largest_cost(row, wins),
        money=method.money(count, outcome, row),
    )


def _decided_by(outcome: Outcome) -> Method:
    """The method whose outcome stands, after a comparison step perhaps the other one."""
    return method_named(outcome.compared.kept) if outcome.compared else outcome.spec.method


def _lost_tie(outcome: Outcome, row: TraceRow) -> Tie | None:
    """The tie that put a winner before the project, with the nearest such winner first."""
    for tie in outcome.ties:
        if row.project in tie.projects:
            before = [n for n in tie.projects[: tie.projects.index(row.project)] if n in outcome.winners]
            if before:
                return replace(tie, projects=(before[-1], row.project))
    return None


# ---- counting again


def _wins_of(method: Method, count: Count, outcome: Outcome, number: int) -> Wins:
    def decided(more: int, cost: int) -> bool:
        try:
            return method.wins_with(count, outcome, number=number, more=more, cost=cost)
        except TieUndecided:
            return False  # a tie that nothing decides is no win

    return decided


def _least_support(enough: int | None, row: TraceRow, wins: Wins) -> int | None:
    """The least support that makes the project win, between none and what is enough for any project."""
    if enough is None or not wins(enough, row.cost):
        return None
    too_few = 0
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if wins(middle, row.cost):
            enough = middle
        else:
            too_few = middle
    return enough


def _largest_cost(row: TraceRow, wins: Wins) -> int | None:
    """Starts from the money left at the project's turn, which is the answer unless the order moves."""
    low, high = 0, row.cost
    guess = row.money_left
    if low < guess < high:
        if wins(0, guess):
            low = guess
            if not wins(0, guess + 1):
                return guess
        else:
            high = guess
    if not low and not wins(0, 1):
        return None
    low = max(low, 1)
    while high - low > 1:
        middle = (low + high) // 2
        if wins(0, middle):
            low = middle
        else:
            high = middle
    return low
