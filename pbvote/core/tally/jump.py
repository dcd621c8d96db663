"""How far the endowment of Equal Shares can rise before any purchase changes: Add1 without idle runs.

While the purchases stay the same, every purse is a linear function of the rise d, and so is the price of
each purchase, until one of its supporters passes from paying all that is left to paying the price or back.
The price of a project that is not bought is a convex function of d (the root of a function concave in price
and rise together), so its tangent bounds it from below. The purchases therefore stay the same up to the
first rise at which a winner's payers change, a tangent meets the winner's price, or the money behind a
project that was out of reach meets its cost. All of it in fractions.

After the idea of Streamlining Equal Shares (arXiv 2502.11797): to go at once to the next endowment that
matters.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from pbvote.core.tally.market import Offer
from pbvote.core.tally.profile import Project


class _Line(NamedTuple):
    """``at + slope · d``; lines compare as they lie just behind d = 0."""

    at: Fraction
    slope: Fraction

    def times(self, factor: Fraction | int) -> _Line:
        return _Line(self.at * factor, self.slope * factor)

    def less(self, other: _Line) -> _Line:
        return _Line(self.at - other.at, self.slope - other.slope)

    def meets(self, other: _Line) -> Fraction | None:
        """The rise at which this line, now below the other, reaches it."""
        closing = self.slope - other.slope
        return (other.at - self.at) / closing if closing > 0 else None


_NOTHING = _Line(Fraction(0), Fraction(0))


def same_until(offer: Offer, endowment: Fraction, bought: Iterable[Project]) -> Fraction | None:
    """A rise of the endowment below which the purchases are the same; None where they always are.

    ``bought`` is what is bought at this endowment, in order. The answer is 0 where no rise is known to
    change nothing, as when a tie at this endowment is none at any other.
    """
    purses = [_Line(endowment, Fraction(1))] * offer.electorate.ballots
    waiting = list(offer.priced)
    nearest: Fraction | None = None
    for winner in [project for project in bought if project.cost]:
        price, payers = _price(offer, winner, purses)
        if price is None:
            return Fraction(0)
        waiting.remove(winner)
        events = [payers]
        worth = price.times(Fraction(1, offer.unit(winner)))
        for other in waiting:
            events.append(_reaches(offer, other, purses, worth))
        for event in events:
            if event is not None and (nearest is None or event < nearest):
                nearest = event
        if nearest is not None and nearest <= 0:
            return Fraction(0)
        for ballot, _, utility in offer.electorate.supporters[winner.number].rows:
            due = price.times(utility)
            purses[ballot] = purses[ballot].less(due) if purses[ballot] > due else _NOTHING
    for other in waiting:
        event = _reaches(offer, other, purses, None)
        if event is not None and (nearest is None or event < nearest):
            nearest = event
    return nearest


def _reaches(offer: Offer, project: Project, purses: list[_Line], worth: _Line | None) -> Fraction | None:
    """The rise at which a project could be the cheapest of a round, or be paid at all."""
    price, _ = _price(offer, project, purses)
    if price is None:
        behind = _NOTHING
        for ballot, weight, _ in offer.electorate.supporters[project.number].rows:
            behind = _Line(*(a + b for a, b in zip(behind, purses[ballot].times(weight), strict=True)))
        return behind.meets(_Line(Fraction(project.cost), Fraction(0)))
    if worth is None:
        return Fraction(0)
    own = price.times(Fraction(1, offer.unit(project)))
    if own == worth:
        return None  # level now and for as long as both are linear; the tie order decides as it did
    return worth.meets(own) if worth < own else Fraction(0)


def _price(offer: Offer, project: Project, purses: list[_Line]) -> tuple[_Line | None, Fraction | None]:
    """A project's price, and the rise at which one of its payers changes; no price where out of reach."""
    supporters = offer.electorate.supporters[project.number]
    reach: dict[_Line, int] = {}
    for ballot, weight, utility in supporters.rows:
        line = purses[ballot].times(Fraction(1, utility))
        reach[line] = reach.get(line, 0) + weight * utility
    left, rate = _Line(Fraction(project.cost), Fraction(0)), supporters.rate
    lines = sorted(reach)
    for place, line in enumerate(lines):
        price = left.times(Fraction(1, rate))
        if price <= line:
            below = [found for short in lines[:place] if (found := short.meets(price)) is not None]
            above = [
                found for rich in lines[place:] if rich != price and (found := price.meets(rich)) is not None
            ]
            return price, min([*below, *above], default=None)
        left = left.less(line.times(reach[line]))
        rate -= reach[line]
    return None, None
