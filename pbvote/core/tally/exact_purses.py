"""The voters' money in Equal Shares, exact: integers over one common denominator.

Voters with equal money are one class, so that a purchase splits classes instead of touching voters. The
purchases are caught up with only when a decision is closer than the error bound of :mod:`purses`.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from pbvote.core.tally.purses import Electorate

_FEWEST_CLASSES = 64


class ExactPurses:
    """The money after a number of purchases, each for exactly its cost."""

    def __init__(self, electorate: Electorate, endowment: Fraction) -> None:
        self._electorate = electorate
        self._class = [0] * electorate.ballots
        self._money = [endowment.numerator]
        self._denominator = endowment.denominator
        self._live = _FEWEST_CLASSES

    def price(self, number: int, cost: int) -> Fraction | None:
        """The price x that solves g(x) = cost, or None where the supporters have not that much."""
        found = self._solve(number, cost)
        return None if found is None else Fraction(found[0], self._denominator * found[1])

    def payers(self, number: int, cost: int) -> int:
        """Weight of the supporters who can pay the whole price of a project; 0 where it has none."""
        price = self.price(number, cost)
        if price is None:
            return 0
        supporters, money, of = self._electorate.supporters[number], self._money, self._class
        due = price * self._denominator
        return sum(w for ballot, w, v in supporters.rows if money[of[ballot]] >= due * v)

    def behind(self, number: int) -> Fraction:
        """Money of all supporters, by weight."""
        supporters, money, of = self._electorate.supporters[number], self._money, self._class
        total = sum(money[of[ballot]] * w for ballot, w, _ in supporters.rows)
        return Fraction(total, self._denominator)

    def _solve(self, number: int, cost: int) -> tuple[int, int] | None:
        """Numerator over the common denominator, and rate, of the price."""
        supporters = self._electorate.supporters[number]
        of, money = self._class, self._money
        weight: dict[tuple[int, int], int] = {}
        for ballot, w, v in supporters.rows:
            key = (of[ballot], v)
            weight[key] = weight.get(key, 0) + w
        left, rate = cost * self._denominator, supporters.rate
        for (purse, v), w in sorted(
            weight.items(), key=self._purse if supporters.utilities is None else self._reach
        ):
            if left * v <= money[purse] * rate:
                return left, rate
            left -= money[purse] * w
            rate -= w * v
        return None

    def _purse(self, item: tuple[tuple[int, int], int]) -> int:
        return self._money[item[0][0]]

    def _reach(self, item: tuple[tuple[int, int], int]) -> Fraction:
        (purse, v), _ = item
        return Fraction(self._money[purse], v)

    def buy(self, number: int, cost: int) -> None:
        """Take the cost from the supporters.

        Raises:
            ValueError: they have not that much.
        """
        found = self._solve(number, cost)
        if found is None:
            raise ValueError(number)
        shrunk = gcd(*found)
        due, widen = found[0] // shrunk, found[1] // shrunk
        if widen != 1:
            self._money = [amount * widen for amount in self._money]
            self._denominator *= widen
        money, of = self._money, self._class
        supporters = self._electorate.supporters[number]
        moved: dict[tuple[int, int], int] = {}
        empty = -1
        for ballot, _, v in supporters.rows:
            key = (of[ballot], v)
            if key not in moved:
                rest = money[key[0]] - due * v
                if rest > 0:
                    moved[key] = len(money)
                    money.append(rest)
                else:
                    if empty < 0:
                        empty = len(money)
                        money.append(0)
                    moved[key] = empty
            of[ballot] = moved[key]
        if len(money) > 4 * self._live:
            self._forget_empty_classes()

    def _forget_empty_classes(self) -> None:
        used = sorted(set(self._class))
        place = {old: new for new, old in enumerate(used)}
        self._money = [self._money[old] for old in used]
        self._class = [place[old] for old in self._class]
        self._live = max(_FEWEST_CLASSES, len(used))
