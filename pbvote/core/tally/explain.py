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
from fractions import Fraction
from typing import TypeAlias

from pbvote.core.rules.winner_rule import IN_ONE_ORDER, Method
from pbvote.core.tally.equal_shares import UTILITIES, would_win
from pbvote.core.tally.exact_purses import ExactPurses
from pbvote.core.tally.market import Offer
from pbvote.core.tally.methods import METHODS
from pbvote.core.tally.outcome import Count, Fate, Outcome, TraceRow
from pbvote.core.tally.profile import Profile, Project
from pbvote.core.tally.tie_breaking import Tie, TieUndecided
from pbvote.core.types import Choices

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
    None where nothing of the kind helps. money: Equal Shares only.
    """

    row: TraceRow
    lost_to: int = 0
    decided_by: tuple[str, ...] = ()
    more_support: int | None = None
    largest_cost: int | None = None
    money: Money | None = None

    def to_json(self) -> dict[str, object]:
        """The explanation as a JSON object of integers and strings; what is not known is absent."""
        members: dict[str, object] = {"reason": self.row.to_json()}
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
    if outcome.compared and outcome.compared.kept == Method.GREEDY_VOTES:
        count = replace(count, spec=replace(count.spec, method=Method.GREEDY_VOTES.value))
    by_shares = count.spec.method in UTILITIES and bool(outcome.endowment)
    wins = _wins_of(count, outcome, number)
    tie = _lost_tie(outcome, row)
    return Explanation(
        row=row,
        lost_to=tie.projects[0] if tie else 0,
        decided_by=tie.decided_by if tie else (),
        more_support=_least_support(count, outcome, row, wins=wins),
        largest_cost=_largest_cost(row, wins),
        money=_money(count, outcome, row) if by_shares else None,
    )


def _lost_tie(outcome: Outcome, row: TraceRow) -> Tie | None:
    """The tie that put a winner before the project, with the nearest such winner first."""
    for tie in outcome.ties:
        if row.project in tie.projects:
            before = [n for n in tie.projects[: tie.projects.index(row.project)] if n in outcome.winners]
            if before:
                return replace(tie, projects=(before[-1], row.project))
    return None


# ---- counting again


def _wins_of(count: Count, outcome: Outcome, number: int) -> Wins:
    def changed(more: int, cost: int) -> Count:
        scores = {**count.scores, number: count.scores.get(number, 0) + more}
        projects = tuple(replace(p, cost=cost) if p.number == number else p for p in count.projects)
        return replace(count, scores=scores, projects=projects)

    def in_one_order(more: int, cost: int) -> bool:
        return number in METHODS[count.spec.method](changed(more, cost)).winners

    def by_shares(more: int, cost: int) -> bool:
        endowment = Fraction(outcome.endowment)
        return would_win(changed(more, cost), number, endowment=endowment, more_voters=more)

    def by_loads(more: int, cost: int) -> bool:
        groups = [*count.profile.groups, (Choices((number,)), more)] if more else count.profile.groups
        return (
            number
            in METHODS[count.spec.method](
                replace(changed(more, cost), profile=Profile.merged(groups))
            ).winners
        )

    if count.spec.method in IN_ONE_ORDER:
        found: Wins = in_one_order
    else:
        found = by_shares if count.spec.method in UTILITIES else by_loads

    def decided(more: int, cost: int) -> bool:
        try:
            return found(more, cost)
        except TieUndecided:
            return False  # a tie that nothing decides is no win

    return decided


def _least_support(count: Count, outcome: Outcome, row: TraceRow, *, wins: Wins) -> int | None:
    if count.spec.method in IN_ONE_ORDER:
        most = max((outcome.scores[n] for n in outcome.scores), default=0)
        enough = max(most - row.score + 1, count.spec.threshold - row.score, 1)
    elif outcome.endowment and Fraction(outcome.endowment):
        enough = int(row.cost / Fraction(outcome.endowment)) + max(1, count.spec.threshold)
    elif count.spec.method == Method.PHRAGMEN:
        enough = max(1, count.profile.weight * 2, count.spec.threshold)
    else:
        return None
    if not wins(enough, row.cost):
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


# ---- the supporters' money


def _money(count: Count, outcome: Outcome, row: TraceRow) -> Money | None:
    """Followed exactly, purchase by purchase."""
    offer = Offer(count, utility=UTILITIES[count.spec.method])
    number = row.project
    if number not in offer.electorate.supporters:
        return None
    purses = ExactPurses(offer.electorate, Fraction(outcome.endowment))
    costs: dict[int, Project] = {project.number: project for project in count.projects}
    start = behind = purses.behind(number)
    short_in = 0 if behind < row.cost else -1
    paid: list[tuple[int, int]] = []
    for each in outcome.rounds:
        if not costs[each.project].cost:
            continue
        purses.buy(each.project, costs[each.project].cost)
        left = purses.behind(number)
        if behind > left:
            paid.append((each.project, round(behind - left)))
        behind = left
        if short_in < 0 and behind < row.cost:
            short_in = each.number
    return Money(at_start=round(start), at_end=round(behind), short_in=max(0, short_in), paid=tuple(paid))
