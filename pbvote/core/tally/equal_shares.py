"""The Method of Equal Shares (等額分配法): every voter has the same share of the money.

A project is bought by its supporters together, each paying the same per unit of utility or all that they
have left; of the projects that their supporters can pay, the one with the lowest price comes next.

Source: Peters, Pierczyński, Skowron, Proportional Participatory Budgeting with Additive Utilities
(NeurIPS 2021); completions: the same and https://equalshares.net. The comparison step is that of
Wieliczka's regulation (2023).

The rounds at one endowment are :mod:`market`'s; here are the rule around them and its completions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from pbvote.core.tally.greedy import in_one_order
from pbvote.core.tally.jump import same_until
from pbvote.core.tally.limits import Limits
from pbvote.core.tally.market import Digits, Market, Offer, Purchase, Utility
from pbvote.core.tally.options import DEFAULT_METHOD, Add1Stop, Comparison
from pbvote.core.tally.outcome import Compared, Count, Fate, Outcome, Round, TraceRow, Verdict
from pbvote.core.tally.profile import Project
from pbvote.core.tally.tie_breaking import Tie

_PATIENCE: Final = 50
_MOST_FOR_JUMPS: Final = 20_000
"""Supporters, summed over projects, beyond which Add1 has few steps and a jump costs more than they do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """All purchases at one endowment."""

    endowment: Fraction
    bought: tuple[Purchase, ...]
    ties: tuple[Tie, ...]
    forbidden: dict[int, Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesRound:
    """A round with everything that was on offer.

    candidates: number and price of every project that its supporters could pay, cheapest first.
    in_full: voters (by weight) who paid the whole price; the other supporters paid all they had left.
    out: number and missing money, rounded up, of the projects that fell out of reach since the last round.
    """

    number: int
    project: int
    price: str
    exact: str
    candidates: tuple[tuple[int, str], ...]
    supporters: int
    in_full: int
    out: tuple[tuple[int, int], ...]


def rounds_at(count: Count, endowment: Fraction, *, utility: Utility) -> Iterator[SharesRound]:
    """Every round at an endowment, with all prices: what a trace shows and a count does not need.

    The last item has project 0: nothing more could be bought, and ``out`` holds what fell out then.
    """
    offer = Offer(count, utility=utility)
    market = Market(offer, endowment, digits=Digits.EIGHT)
    in_reach = {project.number for project in offer.priced}
    while True:
        board = market.board()
        now = {project.number for project, _ in board}
        fallen = [p for p in offer.priced if p.number in in_reach - now - market.forbidden.keys()]
        out = tuple((p.number, market.short_of(p)) for p in fallen if p not in market.projects_bought())
        in_reach = now
        chosen = market.choose()
        yield SharesRound(
            number=len(market.bought) + 1,
            project=chosen.project.number if chosen else 0,
            price=chosen.price if chosen else "",
            exact=chosen.exact if chosen else "",
            candidates=tuple((p.number, text) for p, text in board),
            supporters=offer.electorate.supporters[chosen.project.number].votes if chosen else 0,
            in_full=market.in_full(chosen) if chosen else 0,
            out=out,
        )
        if chosen is None:
            return
        market.take(chosen)


class _Idle:
    """Counts Add1 runs that change nothing, and jumps over the next of them where that pays.

    A jump costs as much as some tens of runs, so one is tried after a number of idle runs that doubles
    whenever a jump went no further than that.
    """

    def __init__(self, offer: Offer, step: int) -> None:
        self._offer = offer
        self._step = step
        self._patience = _PATIENCE
        self._idle = 0
        self._last: list[Project] = []

    def steps(self, market: Market, endowment: Fraction) -> int | None:
        """Steps to the next run worth making; None where no endowment would change anything."""
        bought = market.projects_bought()
        self._idle = self._idle + 1 if bought == self._last else 0
        self._last = bought
        if self._idle < self._patience or market.limited or self._offer.electorate.size > _MOST_FOR_JUMPS:
            return 1
        self._idle = 0
        rise = same_until(self._offer, endowment, bought)
        if rise is None:
            return None
        steps = max(1, math.ceil(rise / self._step))
        if steps < 4 * self._patience:
            self._patience *= 2
        return steps


class EqualShares:
    """One count by Equal Shares: the electorate, the rule and the runs."""

    def __init__(self, count: Count, *, utility: Utility) -> None:
        self.count = count
        self.offer = Offer(count, utility=utility)

    # ---- the whole rule

    def outcome(self) -> Outcome:
        """The outcome with its completion and comparison step."""
        spec = self.count.spec
        if not self.offer.electorate.voters:
            return self._narrated(None)
        start = Fraction(spec.budget, self.offer.electorate.voters)
        run = self._add1(start) if spec.completion.raises else self.run(start)
        outcome = self._narrated(run)
        return self._compared(outcome) if spec.comparison is Comparison.SATISFACTION else outcome

    def at(self, endowment: Fraction) -> Outcome:
        """The outcome of one run, without looking for another endowment."""
        return self._narrated(self.run(endowment))

    def _add1(self, start: Fraction) -> _Run:
        """The last run that does not overspend, with a higher endowment each time."""
        spec, endowment = self.count.spec, start
        idle = _Idle(self.offer, spec.add1_step)
        while (trial := self._trial(endowment)) is not None:
            rest = trial.not_bought()
            room = spec.budget - trial.cost
            if spec.add1_stop is Add1Stop.EXHAUSTIVE and not any(p.cost <= room for p in rest):
                break
            if not rest:
                break  # more money buys nothing more
            steps = idle.steps(trial, endowment)
            if steps is None:
                break
            endowment += steps * spec.add1_step
        else:  # the runs jumped over bought the same, the one before this among them
            endowment = max(start, endowment - spec.add1_step)
        return self.run(endowment)

    def _trial(self, endowment: Fraction) -> Market | None:
        """The rounds at an endowment; None where the winners overspend."""
        market = Market(self.offer, endowment, digits=Digits.NONE)
        for _ in market:
            if market.cost > self.count.spec.budget:
                return None
        return market

    def run(self, endowment: Fraction) -> _Run:
        """Every purchase at an endowment, with the figures that the trace shows."""
        market = Market(self.offer, endowment, digits=Digits.EIGHT)
        bought = tuple(market)
        return _Run(endowment=endowment, bought=bought, ties=tuple(market.ties), forbidden=market.forbidden)

    # ---- the outcome

    def _narrated(self, run: _Run | None) -> Outcome:
        count, spec = self.count, self.count.spec
        bought = run.bought if run else ()
        rows: list[TraceRow] = []
        left = spec.budget
        for place, purchase in enumerate(bought, start=1):
            rows.append(
                count.row(purchase.project, rank=place, left=left, verdict=Verdict(fate=Fate.SELECTED))
            )
            left -= purchase.project.cost
        winners = {purchase.project.number for purchase in bought}
        rest = [project for project in count.standing if project.number not in winners]
        ties = run.ties if run else ()
        if spec.completion.fills:
            added, more = self._utilitarian(rest, bought, left)
            rows, ties = rows + added, ties + more
        else:
            money = self._money_behind(run)
            for project in count.ties.listing(rest, scores=count.scores):
                rows.append(
                    count.row(project, rank=len(rows) + 1, left=left, verdict=self._lost(project, run, money))
                )
        outcome = count.outcome(tuple(rows), ties=ties)
        if run is None:
            return outcome
        rounds = tuple(
            Round(number=place, project=p.project.number, price=p.price, exact=p.exact)
            for place, p in enumerate(bought, start=1)
        )
        return replace(outcome, rounds=rounds, endowment=str(run.endowment))

    def _lost(self, project: Project, run: _Run | None, money: dict[int, int]) -> Verdict:
        below = self.count.below(project)
        if below is not None:
            return below
        if run is not None and project.number in run.forbidden:
            return run.forbidden[project.number]
        return Verdict(fate=Fate.UNAFFORDABLE, missing=money.get(project.number, project.cost))

    def _money_behind(self, run: _Run | None) -> dict[int, int]:
        """What the supporters of every project not bought are short of in the end, rounded up."""
        if run is None:
            return {}
        market = Market(self.offer, run.endowment, digits=Digits.NONE)
        bought = {purchase.project.number for purchase in run.bought}
        for purchase in run.bought:
            market.take(purchase)
        missing: dict[int, int] = {}
        for project in self.offer.priced:
            if project.number not in bought and project.number not in run.forbidden:
                missing[project.number] = market.short_of(project)
        return missing

    def _utilitarian(
        self, rest: list[Project], bought: tuple[Purchase, ...], left: int
    ) -> tuple[list[TraceRow], tuple[Tie, ...]]:
        """Greedy by votes over what was not bought, with the money left (utilitarian completion)."""
        count = self.count
        limits = Limits(count.spec)
        for purchase in bought:
            limits.take(purchase.project)
        ranking = count.ties.rank(rest, scores=count.scores)
        rows: list[TraceRow] = []
        for rank, project in enumerate(ranking.projects, start=len(bought) + 1):
            verdict = count.below(project) or limits.obstacle(project)
            if verdict is None and project.cost > left:
                verdict = Verdict(fate=Fate.DID_NOT_FIT, missing=project.cost - left)
            rows.append(
                count.row(project, rank=rank, left=left, verdict=verdict or Verdict(fate=Fate.SELECTED))
            )
            if verdict is None:
                limits.take(project)
                left -= project.cost
        return rows, ranking.ties

    def _compared(self, outcome: Outcome) -> Outcome:
        """The outcome, or greedy by votes where strictly more voters have more winners by it."""
        greedy = in_one_order(self.count)
        shares, votes = set(outcome.winners), set(greedy.winners)
        for_shares = for_greedy = 0
        for (projects, _), weight in self.count.profile.groups:
            difference = len(shares.intersection(projects)) - len(votes.intersection(projects))
            if difference > 0:
                for_shares += weight
            elif difference < 0:
                for_greedy += weight
        kept = DEFAULT_METHOD if for_greedy > for_shares else self.count.spec.method.name
        chosen = greedy if for_greedy > for_shares else outcome
        compared = Compared(for_equal_shares=for_shares, for_greedy=for_greedy, kept=kept)
        return replace(chosen, compared=compared)
