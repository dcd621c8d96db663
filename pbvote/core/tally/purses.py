"""The voters' money in Equal Shares, as floating point with an error bound.

Every distinct ballot has one purse for each of its voters. A project of cost c takes from its supporters
min(purse, x·v), v being the utility of a voter, where the price x solves

    g(x) = sum over supporters of weight · min(purse, x·v) = c.

g is concave and piecewise linear, so Newton's method from the left reaches its root in a few steps.

**Error bound.** Let E bound the summed difference (by weight) between the purses held here and the true
ones. The step purse -> max(0, purse - x·v), with x chosen so that exactly c is taken, keeps order and
takes the same sum from both; such a step never increases the summed difference (Crandall and Tartar,
Some relations between nonexpansive and order preserving mappings, 1980). So E grows only by what one
evaluation rounds: it is added up in :attr:`error`, and a root found here is off by no more than what
E and the rounding of one sum can shift it (:meth:`lowest`, :meth:`highest`).

Two stores of the same money: lists for small elections, arrays for large ones. They round differently,
and by the bound no decision can tell.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pbvote.core.tally.profile import Profile

EPS: Final = 2.0**-52
_SUMMING: Final = 48
_ARRAYS_FROM: Final = 2_000
"""Supporters (distinct ballots, summed over projects) from which arrays are faster than lists."""

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Supporters:
    """Who pays for a project: distinct ballots by index, their weights, and utilities if not all 1.

    ``rates`` are weights times utilities, ``rate`` their sum, ``votes`` the sum of the weights.
    """

    ballots: NDArray[np.intp]
    weights: Floats
    utilities: Floats | None
    rates: Floats
    votes: int
    rate: int

    @cached_property
    def rows(self) -> list[tuple[int, int, int]]:
        """Ballot, weight and utility of every supporter, as plain integers."""
        whole = [int(w) for w in self.weights]
        values = [1] * len(whole) if self.utilities is None else [int(v) for v in self.utilities]
        return list(zip(self.ballots.tolist(), whole, values, strict=True))


class Worth(Enum):
    """Whether all projects of a ballot are worth the same, or what it says (points, or by place)."""

    EQUAL = "equal"
    AS_SAID = "as-said"


class Electorate:
    """Distinct ballots by project: what does not change from one endowment to the next."""

    def __init__(self, profile: Profile, *, worth: Worth, positions: tuple[int, ...] = ()) -> None:
        self.voters = profile.weight
        self.ballots = len(profile.groups)
        self.supporters: dict[int, Supporters] = {}
        for number, found in profile.mentions.items():
            values = found.worth(positions) if worth is Worth.AS_SAID else None
            paying = slice(None) if values is None else values > 0
            weights = found.weights[paying]
            rates = weights if values is None else weights * values[paying]
            if weights.size:
                self.supporters[number] = Supporters(
                    ballots=found.ballots[paying].astype(np.intp),
                    weights=weights.astype(np.float64),
                    utilities=None if values is None else values[paying].astype(np.float64),
                    rates=rates.astype(np.float64),
                    votes=int(weights.sum()),
                    rate=int(rates.sum()),
                )
        self.size = sum(each.ballots.size for each in self.supporters.values())

    def purses(self, endowment: Fraction) -> Purses:
        """Full purses of that much money per voter, in the store that is faster for this size."""
        return (ListPurses if self.size < _ARRAYS_FROM else ArrayPurses)(self, endowment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """Where g meets the cost: price ``x``, slope ``rate`` there, and the money below it.

    ``rate`` 0: nobody has money left at any price and ``taken`` is all that the supporters have.
    ``off`` bounds |g(x) - cost| over the purses held here.
    """

    x: float
    rate: float
    taken: float
    off: float


class Purses(ABC):
    """Money of every distinct ballot's voters, with the bound on its total error."""

    def __init__(self, electorate: Electorate, endowment: Fraction) -> None:
        self.electorate = electorate
        self.endowment = float(endowment)
        self.error = electorate.voters * self.endowment * EPS

    @abstractmethod
    def _newton(self, number: int, cost: float, start: float) -> tuple[float, float, float]:
        """Price, rate and money taken below the price; a rate of 0 means all money, whatever the price."""

    @abstractmethod
    def _rate(self, number: int, price: float) -> float:
        """Rate of the supporters whose purse covers the price."""

    @abstractmethod
    def _charge(self, number: int, price: float) -> None:
        """Take min(purse, price · utility) from every supporter."""

    @abstractmethod
    def payers(self, number: int, price: float, *, slack: float) -> int:
        """Weight of the supporters who have at least price · utility, plus the slack."""

    @abstractmethod
    def behind(self, number: int) -> float:
        """Money of all supporters, by weight."""

    def rounding(self, number: int, amount: float) -> float:
        """Bound on what summing the supporters' money up to ``amount`` rounds.

        ``fsum`` rounds once; numpy adds pairwise, in blocks of 128 in eight strands each, which rounds at
        most 16 times in a strand and once more for each doubling (numpy.sum, Notes).
        """
        return (_SUMMING + self.electorate.supporters[number].ballots.size.bit_length()) * EPS * amount

    def root(self, number: int, cost: float, start: float) -> Root:
        """The price of a project; ``start`` is a price known to be no higher."""
        x, rate, taken = self._newton(number, cost, start)
        return Root(x=x, rate=rate, taken=taken, off=self.rounding(number, max(cost, taken)))

    def lowest(self, root: Root) -> float:
        """A price that the true one is not below: left of x the slope is at least ``rate``."""
        return max(0.0, (root.x - (self.error + root.off) / root.rate) * (1 - 4 * EPS))

    def highest(self, number: int, root: Root) -> float:
        """A price that the true one is not above; infinite where the money may not suffice at all."""
        doubt, rate = self.error + root.off, root.rate
        while rate:
            price = (root.x + doubt / rate) * (1 + 4 * EPS)
            beyond = self._rate(number, price)
            if beyond >= rate:
                return price
            rate = beyond
        return math.inf

    def pay(self, number: int, price: float, *, off: float) -> None:
        """Buy a project at a price that takes its cost up to ``off``."""
        self._charge(number, price)
        self.error += off + 4 * EPS * self.endowment * self.electorate.supporters[number].votes


class ListPurses(Purses):
    """Purses in a list."""

    def __init__(self, electorate: Electorate, endowment: Fraction) -> None:
        super().__init__(electorate, endowment)
        self._money = [self.endowment] * electorate.ballots

    def _newton(self, number: int, cost: float, start: float) -> tuple[float, float, float]:
        money, supporters = self._money, self.electorate.supporters[number]
        everybody = [(money[ballot], w, v) for ballot, w, v in supporters.rows]
        x = start
        while True:
            short = [(b, w, v) for b, w, v in everybody if b < x * v]
            taken = math.fsum(b * w for b, w, _ in short)
            rate = supporters.rate - sum(w * v for _, w, v in short)
            if not rate:
                return x, 0.0, taken
            better = (cost - taken) / rate
            if better < x * (1 - 4 * EPS) and x == start:
                start = x = better  # the known price was above the root of the rounded purses
            elif better <= x * (1 + 4 * EPS):
                return x, float(rate), taken
            else:
                x = better

    def _rate(self, number: int, price: float) -> float:
        money, rows = self._money, self.electorate.supporters[number].rows
        return float(sum(w * v for ballot, w, v in rows if money[ballot] >= price * v))

    def _charge(self, number: int, price: float) -> None:
        money = self._money
        for ballot, _, v in self.electorate.supporters[number].rows:
            money[ballot] = max(0.0, money[ballot] - price * v)

    def payers(self, number: int, price: float, *, slack: float) -> int:
        """As :class:`Purses` declares it."""
        money, rows = self._money, self.electorate.supporters[number].rows
        return sum(w for ballot, w, v in rows if money[ballot] >= price * v + slack)

    def behind(self, number: int) -> float:
        """As :class:`Purses` declares it."""
        money = self._money
        return math.fsum(money[ballot] * w for ballot, w, _ in self.electorate.supporters[number].rows)


class ArrayPurses(Purses):
    """Purses in an array."""

    def __init__(self, electorate: Electorate, endowment: Fraction) -> None:
        super().__init__(electorate, endowment)
        self._money = np.full(electorate.ballots, self.endowment)

    def _newton(self, number: int, cost: float, start: float) -> tuple[float, float, float]:
        supporters = self.electorate.supporters[number]
        purses = self._money[supporters.ballots]
        reach = purses if supporters.utilities is None else purses / supporters.utilities
        x = start
        while True:
            short = reach < x
            taken = float((supporters.weights * np.where(short, purses, 0.0)).sum())
            rate = supporters.rate - float(supporters.rates[short].sum())
            if not rate:
                return x, 0.0, taken
            better = (cost - taken) / rate
            if better < x * (1 - 4 * EPS) and x == start:
                start = x = better
            elif better <= x * (1 + 4 * EPS):
                return x, rate, taken
            else:
                x = better

    def _rate(self, number: int, price: float) -> float:
        supporters = self.electorate.supporters[number]
        return float(supporters.rates[self._covering(number, price)].sum())

    def _charge(self, number: int, price: float) -> None:
        supporters = self.electorate.supporters[number]
        due = price if supporters.utilities is None else price * supporters.utilities
        self._money[supporters.ballots] = np.maximum(self._money[supporters.ballots] - due, 0.0)

    def payers(self, number: int, price: float, *, slack: float) -> int:
        """As :class:`Purses` declares it."""
        return int(self.electorate.supporters[number].weights[self._covering(number, price, slack)].sum())

    def _covering(self, number: int, price: float, slack: float = 0.0) -> NDArray[np.bool_]:
        supporters = self.electorate.supporters[number]
        due = price if supporters.utilities is None else price * supporters.utilities
        covering: NDArray[np.bool_] = self._money[supporters.ballots] >= due + slack
        return covering

    def behind(self, number: int) -> float:
        """As :class:`Purses` declares it."""
        supporters = self.electorate.supporters[number]
        return float((supporters.weights * self._money[supporters.ballots]).sum())
