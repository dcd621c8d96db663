"""The rounds of Equal Shares at one endowment: which project is the cheapest, exactly.

Prices are floating point with a bound on their error (:mod:`purses`). Wherever two candidates, or a price
and the money behind it, lie within that bound, they are computed as fractions (:mod:`exact_purses`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from fractions import Fraction
from typing import Final

from pbvote.core.tally.decimals import significant
from pbvote.core.tally.exact_purses import ExactPurses
from pbvote.core.tally.limits import Limits
from pbvote.core.tally.outcome import Count, Verdict
from pbvote.core.tally.profile import Project
from pbvote.core.tally.purses import Electorate, Purses, Root, Worth
from pbvote.core.tally.tie_breaking import Tie

_NEAR: Final = 1e-6
"""Candidates within this of the best are looked at in every round, so that a shared price is seen."""
_SAME_DIGITS: Final = 1.1e-7
"""Two prices that share eight significant digits differ by less than this, relatively."""
_ULPS: Final = 2.0**-50
"""More than the rounding of the few operations between a bound on x and one on the price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bid:
    """A candidate in a round: bounds on its price per unit of utility, and where they come from.

    ``high`` is infinite where the money behind the project may fall short of its cost.
    """

    project: Project
    low: float
    high: float
    root: Root


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A round: the project and its price.

    x, low, high: money per unit of a supporter's utility, and bounds on it; off: what x takes from all
    supporters differs from the cost by no more. price, exact: x by the project's own unit, as in
    :class:`pbvote.core.tally.outcome.Round`.
    """

    project: Project
    x: float = 0.0
    low: float = 0.0
    high: float = 0.0
    off: float = 0.0
    price: str = ""
    exact: str = ""


class Utility(StrEnum):
    """What a project is worth to a supporter: its cost, one, or what the ballot gives it."""

    COST = "cost"
    COUNT = "count"
    POINTS = "points"


class Digits(Enum):
    """Whether every price gets its eight digits, or only winners matter."""

    EIGHT = "eight"
    NONE = "none"


class Offer:
    """What is for sale to whom: supporters, the projects that reached the threshold, their unit."""

    def __init__(self, count: Count, *, utility: Utility) -> None:
        """``utility``: what a project is worth to a supporter."""
        self.count = count
        worth = Worth.AS_SAID if utility is Utility.POINTS else Worth.EQUAL
        self.electorate = Electorate(count.profile, worth=worth, positions=count.spec.positions)
        self._by_cost = utility is Utility.COST
        reached = [p for p in count.standing if count.below(p) is None]
        supported = [p for p in reached if p.number in self.electorate.supporters]
        self.free = [p for p in supported if not p.cost]
        self.priced = [p for p in supported if p.cost]

    def unit(self, project: Project) -> int:
        """What divides x into the price by which projects are compared."""
        return project.cost if self._by_cost else 1


class Market:
    """The rounds at one endowment, one purchase after the other."""

    def __init__(self, offer: Offer, endowment: Fraction, *, digits: Digits) -> None:
        self.offer = offer
        self.endowment = endowment
        self.digits = digits
        self.purses: Purses = offer.electorate.purses(endowment)
        self.bought: list[Purchase] = []
        self.ties: list[Tie] = []
        self.forbidden: dict[int, Verdict] = {}
        self.cost = 0
        self._limits = Limits(offer.count.spec)
        self.limited = bool(
            offer.count.spec.most_winners or offer.count.spec.groups or offer.count.spec.exclusions
        )
        votes = {p.number: offer.electorate.supporters[p.number].rate for p in offer.priced}
        self._alive = {p.number: p for p in offer.priced}
        self._start = {p.number: p.cost / votes[p.number] * (1 - 1e-12) for p in offer.priced}
        self._low = {p.number: self._start[p.number] / offer.unit(p) for p in offer.priced}
        self._exact: ExactPurses | None = None
        self._caught_up = 0

        self._gifts = self._level_gifts()
        self._forbid()

    def __iter__(self) -> Iterator[Purchase]:
        while (chosen := self.choose()) is not None:
            self.take(chosen)
            yield chosen

    def _level_gifts(self) -> list[Project]:
        """What costs nothing and has a supporter comes first, at price 0, in the tie order."""
        free = self.offer.free
        if len(free) < 2:
            return list(free)
        _, tie = self.offer.count.ties.first(free, round=1)
        self.ties.append(tie)
        by_number = {project.number: project for project in free}
        return [by_number[number] for number in tie.projects]

    def choose(self) -> Purchase | None:
        """The next purchase, not yet paid; None where no candidate can be paid any more."""
        if self._gifts:
            return Purchase(project=self._gifts[0], price="0")
        return self._cheapest()

    def take(self, purchase: Purchase) -> None:
        """Let the supporters pay."""
        project = purchase.project
        if project.cost:
            self.purses.pay(project.number, purchase.x, off=purchase.off)
            del self._alive[project.number]
        else:
            self._gifts.remove(project)
        self._limits.take(project)
        self.bought.append(purchase)
        self.cost += project.cost
        self._forbid()

    def projects_bought(self) -> list[Project]:
        """What has been bought, in order."""
        return [purchase.project for purchase in self.bought]

    def not_bought(self) -> list[Project]:
        """What has supporters and money alone could still buy."""
        bought = self.projects_bought()
        return [p for p in self.offer.priced if p not in bought and p.number not in self.forbidden]

    def _forbid(self) -> None:
        """Strike out what may not win any more beside the winners so far."""
        if not self.limited:
            return
        for project in (*self._gifts, *self._alive.values()):
            verdict = self._limits.obstacle(project)
            if verdict is not None:
                self.forbidden[project.number] = verdict
        self._gifts = [p for p in self._gifts if p.number not in self.forbidden]
        self._alive = {n: p for n, p in self._alive.items() if n not in self.forbidden}

    # ---- one round

    def _cheapest(self) -> Purchase | None:
        bids, ceiling = self._bids()
        while bids:
            reach = ceiling * (1 + (_SAME_DIGITS if self.digits is Digits.EIGHT else 0))
            close = [bid for bid in bids if bid.low <= reach]
            if len(close) == 1 and ceiling < math.inf:
                return self._plain(close[0])
            found = self._decide(close)
            if found is not None:
                return found
            bids = [bid for bid in bids if bid.project.number in self._alive]
            ceiling = min((bid.high for bid in bids), default=math.inf)
        return None

    def _bids(self) -> tuple[list[_Bid], float]:
        """The candidates that may be the cheapest, and a price that the cheapest is not above.

        The lowest price of the last round is a lower bound on this one's, so that most projects need
        not be looked at.
        """
        bids: list[_Bid] = []
        ceiling = math.inf
        for number in sorted(self._alive, key=self._low.__getitem__):
            if self._low[number] > ceiling * (1 + _NEAR):
                break
            project = self._alive[number]
            bid = self._bid(project, ceiling)
            if bid is None:
                del self._alive[number]
                continue
            bids.append(bid)
            ceiling = min(ceiling, bid.high)
        return bids, ceiling

    def _bid(self, project: Project, ceiling: float) -> _Bid | None:
        """The project's bid, or None where its supporters cannot pay it now and so never will.

        A bid above the ceiling cannot win; its upper bound is not looked for.
        """
        number, unit = project.number, self.offer.unit(project)
        root = self.purses.root(number, float(project.cost), self._start[number])
        if not root.rate:
            if root.taken < project.cost - root.off - self.purses.error:
                return None
            exact = self._exactly().price(number, project.cost)
            if exact is None:
                return None
            x, price = float(exact), float(exact) / unit
            known = replace(root, x=x, off=project.cost * _ULPS)
            return _Bid(project=project, low=price * (1 - _ULPS), high=price * (1 + _ULPS), root=known)
        self._start[number] = max(self._start[number], self.purses.lowest(root))
        self._low[number] = self._start[number] / unit * (1 - _ULPS)
        high = math.inf if self._low[number] > ceiling else self.purses.highest(number, root)
        return _Bid(project=project, low=self._low[number], high=high / unit * (1 + _ULPS), root=root)

    def _plain(self, bid: _Bid) -> Purchase:
        """The purchase of the only candidate that can be the cheapest."""
        unit, root = self.offer.unit(bid.project), bid.root
        plain = Purchase(
            project=bid.project, x=root.x, low=bid.low * unit, high=bid.high * unit, off=root.off
        )
        if self.digits is Digits.NONE:
            return plain
        low, high = significant(Fraction(bid.low)), significant(Fraction(bid.high))
        if low == high:
            return replace(plain, price=low)
        exact = self._exactly().price(bid.project.number, bid.project.cost)
        if exact is None:
            raise AssertionError(bid.project.number)  # its highest price was finite
        return self._priced(bid.project, exact, exact="")

    def _decide(self, close: list[_Bid]) -> Purchase | None:
        """The cheapest of several candidates by exact prices; None where one turns out unaffordable."""
        prices: dict[int, Fraction] = {}
        for bid in close:
            number = bid.project.number
            x = self._exactly().price(number, bid.project.cost)
            if x is None:
                del self._alive[number]
                return None
            prices[number] = x / self.offer.unit(bid.project)
        least = min(prices.values())
        level = [bid.project for bid in close if prices[bid.project.number] == least]
        winner = level[0]
        if len(level) > 1:
            winner, tie = self.offer.count.ties.first(level, round=len(self.bought) + 1)
            self.ties.append(tie)
        shared = sum(significant(price) == significant(least) for price in prices.values())
        text = str(least) if shared > 1 else ""
        return self._priced(winner, least * self.offer.unit(winner), exact=text)

    def _priced(self, project: Project, x: Fraction, *, exact: str) -> Purchase:
        return Purchase(
            project=project,
            x=float(x),
            low=float(x) * (1 - _ULPS),
            high=float(x) * (1 + _ULPS),
            off=project.cost * _ULPS,
            price=significant(x / self.offer.unit(project)),
            exact=exact,
        )

    def _exactly(self) -> ExactPurses:
        """The exact purses after the purchases so far."""
        if self._exact is None:
            self._exact = ExactPurses(self.offer.electorate, self.endowment)
        for purchase in self.bought[self._caught_up :]:
            if purchase.project.cost:
                self._exact.buy(purchase.project.number, purchase.project.cost)
        self._caught_up = len(self.bought)
        return self._exact

    # ---- what the trace shows beside the winner

    def board(self) -> list[tuple[Project, str]]:
        """The price of every project that its supporters can pay now, cheapest first."""
        found: list[tuple[float, int, str]] = []
        for number, project in list(self._alive.items()):
            bid = self._bid(project, math.inf)
            if bid is None:
                continue
            low, high = significant(Fraction(bid.low)), bid.high
            if math.isinf(high) or low != significant(Fraction(high)):
                exact = self._exactly().price(number, project.cost)
                if exact is None:
                    continue
                low = significant(exact / self.offer.unit(project))
            found.append((float(low), number, low))
        return [(self._alive[number], text) for _, number, text in sorted(found)]

    def in_full(self, purchase: Purchase) -> int:
        """How many voters, by weight, can pay a purchase's whole price; asked before it is paid."""
        number, error = purchase.project.number, self.purses.error
        if not purchase.project.cost:
            return self.offer.electorate.supporters[number].votes
        surely = self.purses.payers(number, purchase.high * (1 + _ULPS), slack=error)
        perhaps = self.purses.payers(number, purchase.low * (1 - _ULPS), slack=-error)
        if surely == perhaps:
            return surely
        return self._exactly().payers(number, purchase.project.cost)

    def short_of(self, project: Project) -> int:
        """What the project's supporters are short of its cost, in whole units rounded up."""
        behind = self.purses.behind(project.number)
        doubt = self.purses.error + self.purses.rounding(project.number, behind)
        least, most = (math.ceil(project.cost - behind - doubt), math.ceil(project.cost - behind + doubt))
        if least == most:
            return least
        return math.ceil(project.cost - self._exactly().behind(project.number))
