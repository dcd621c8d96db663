"""Why a project did not win, as data: the one source of every sentence that is said about it.

Two counterfactuals, everything else left as it was: the least support more with which it would have won,
and the largest cost at which it would have won. Both are whole counts again, by the whole rule with its
completions, its comparison and what the districts leave: at the boundary that is given the project wins,
and one step before it does not. Where that cannot be found with reasonable work, no number is given.

What counts as support is the method's to say: votes or points from the ballots that were cast (methods
that go once through one order), or further voters for this project alone (Equal Shares, Phragmén).

Source: Boehmer, Faliszewski, Janeczko, Peters, Pierczyński, Schierreich, Skowron, Szufa, Evaluation of
Project Performance in Participatory Budgeting (IJCAI 2024): the measures of cost reduction and of adding
singletons, here with the budget held fixed and not the share of a voter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from pbvote.core.tally.again import Means, Search, Support, largest_cost, least_support
from pbvote.core.tally.outcome import Count, Fate, Outcome, TraceRow
from pbvote.core.tally.tie_breaking import Tie


class Standing(StrEnum):
    """What became of a project in the whole result.

    POOLED: won by what all districts left. COVERED: paid for with money from outside the budget too.
    """

    WON = "won"
    POOLED = "pooled"
    COVERED = "covered"
    RUNNER_UP = "runner-up"
    LOST = "lost"
    WITHDRAWN = "withdrawn"

    @property
    def funded(self) -> bool:
        """Whether the result funds it."""
        return self in (Standing.WON, Standing.POOLED, Standing.COVERED)


class Place(StrEnum):
    """Why another project is worth comparing with.

    INSTEAD: a winner that would have had to give way. AHEAD: the winner before it, whose money it lacked.
    PAID: the winner to which its supporters gave most. SMALLER: a winner with no more support.
    """

    INSTEAD = "instead"
    AHEAD = "ahead"
    PAID = "paid"
    SMALLER = "smaller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A winner that the project is compared with."""

    place: Place
    number: int
    score: int
    cost: int

    def to_json(self) -> dict[str, object]:
        """The rival as a JSON object of integers and strings."""
        return {"place": self.place.value, "project": self.number, "score": self.score, "cost": self.cost}


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
    order alone, and the keys; 0 where no tie was lost. more_support: with so much more of ``support`` it
    would have won, and with one less it would not; None where that is not known. each_gives: points that
    every further voter gives it, where ballots give points. hopeless: no support would have helped;
    over_budget: because it costs more than everything. beyond_threshold: reaching the threshold would not
    have been enough. largest_cost: the largest cost with which it would have won; None where none is known.
    rivals: winners to compare it with. money: Equal Shares only. nobody_voted: the district has no ballot
    at all. threshold: the least score of a winner. left: what the winners left of the budget, 0 where it
    covers a misfit; least_cost: the cheapest project that was passed over, 0 for none.
    """

    row: TraceRow
    nobody_voted: bool = False
    lost_to: int = 0
    decided_by: tuple[str, ...] = ()
    support: Support = Support.VOTES
    more_support: int | None = None
    each_gives: int = 0
    hopeless: bool = False
    over_budget: bool = False
    beyond_threshold: bool = False
    largest_cost: int | None = None
    rivals: tuple[Rival, ...] = ()
    money: Money | None = None
    threshold: int = 0
    left: int = 0
    least_cost: int = 0

    def to_json(self) -> dict[str, object]:
        """The explanation as a JSON object of integers and strings; what is not known is absent."""
        members: dict[str, object] = {"reason": self.row.to_json()}
        if self.row.fate in (Fate.SELECTED, Fate.WITHDRAWN):
            return members
        flags = ("nobody_voted", "hopeless", "over_budget", "beyond_threshold")
        members |= {name: 1 for name in flags if getattr(self, name)}
        if self.lost_to:
            members |= {"lost_to": self.lost_to, "decided_by": list(self.decided_by)}
        if self.more_support is not None:
            members |= {"support": self.support.value, "more_support": self.more_support}
        numbers = {
            "each_gives": self.each_gives if self.more_support is not None else 0,
            "largest_cost": self.largest_cost or 0,
            "threshold": self.threshold,
            "left": self.left,
            "least_cost": self.least_cost,
        }
        members |= {name: value for name, value in numbers.items() if value}
        if self.rivals:
            members["rivals"] = [each.to_json() for each in self.rivals]
        if self.money is not None:
            members["money"] = self.money.to_json()
        return members


def explain(count: Count, outcome: Outcome, number: int, means: Means | None = None) -> Explanation:
    """The explanation of a project that did not win; for a winner only its row.

    ``outcome`` is the outcome of ``count``. One count again costs what a count costs, and some ten to
    thirty are made; the boundaries of a rule that raises shares step by step are estimated first.

    Raises:
        KeyError: no such project.
    """
    row = outcome.row_of(number)
    if row.fate in (Fate.SELECTED, Fate.WITHDRAWN):
        return Explanation(row=row)
    search = Search(count, outcome, row, means or Means())
    tie = _lost_tie(outcome, row)
    more = least_support(search)
    method = count.spec.method
    money = method.money(count, outcome, row)
    return Explanation(
        row=row,
        nobody_voted=not count.voters,
        lost_to=tie.projects[0] if tie else 0,
        decided_by=tie.decided_by if tie else (),
        support=search.support,
        more_support=more,
        each_gives=count.most_points(number) if method.adds_voters and count.gives_points else 0,
        hopeless=more is None and search.hopeless,
        over_budget=more is None and search.over_budget,
        beyond_threshold=row.fate is Fate.BELOW_THRESHOLD and search.reaches_threshold((more or 1) - 1),
        largest_cost=largest_cost(search),
        rivals=_rivals(outcome, row, gone=search.displaced(more), money=money),
        money=money,
        threshold=count.spec.threshold,
        left=0 if outcome.covered else max(0, outcome.budget - outcome.spent),
        least_cost=_least_cost(outcome),
    )


# ---- comparisons


def _lost_tie(outcome: Outcome, row: TraceRow) -> Tie | None:
    """The tie that put a winner before the project, with the nearest such winner first."""
    for tie in outcome.ties:
        if row.project in tie.projects:
            before = [n for n in tie.projects[: tie.projects.index(row.project)] if n in outcome.winners]
            if before:
                return replace(tie, projects=(before[-1], row.project))
    return None


def _rivals(outcome: Outcome, row: TraceRow, *, gone: set[int], money: Money | None) -> tuple[Rival, ...]:
    """The winner that got the money, and one that had no more support, where there are any."""
    won = [each for each in outcome.trace if each.fate is Fate.SELECTED and each.cost]
    found: list[tuple[Place, TraceRow]] = []
    instead = [each for each in won if each.project in gone]
    paid = dict(money.paid) if money else {}
    ahead = [each for each in won if not outcome.rounds and each.rank < row.rank]
    if instead:
        found.append((Place.INSTEAD, instead[-1]))
    elif paid:
        found.append((Place.PAID, max(won, key=lambda each: (paid.get(each.project, 0), -each.rank))))
    elif ahead:
        found.append((Place.AHEAD, ahead[-1]))
    named = {each.project for _, each in found}
    smaller = [each for each in won if each.score <= row.score and each.project not in named]
    if row.fate is Fate.DID_NOT_FIT:
        smaller = [each for each in smaller if each.rank > row.rank]
    elif row.fate is not Fate.UNAFFORDABLE:
        smaller = []
    if smaller:
        found.append((Place.SMALLER, min(smaller, key=lambda each: (each.score, each.project))))
    return tuple(
        Rival(place=place, number=each.project, score=each.score, cost=each.cost) for place, each in found
    )


def _least_cost(outcome: Outcome) -> int:
    """The lowest cost of what was passed over, whatever the reason; 0 where nothing was."""
    return min((row.cost for row in outcome.trace if row.fate not in _SETTLED), default=0)


_SETTLED = (Fate.SELECTED, Fate.COVERED, Fate.WITHDRAWN)
