"""All methods side by side on one file: who wins by each, and what that means for voters and money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from pbvote.core.record.elections import Countable
from pbvote.core.rules.winner_rule import Completion, Method
from pbvote.core.tally.methods import Outcome, TieOrder

RULES: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    ("greedy", Method.GREEDY_VOTES.value, {}),
    ("greedy-per-cost", Method.GREEDY_VOTES_PER_COST.value, {}),
    ("equal-shares", Method.EQUAL_SHARES_COST.value, {"completion": Completion.ADD1.value}),
    ("equal-shares-utilitarian", Method.EQUAL_SHARES_COST.value, {"completion": "utilitarian"}),
    ("equal-shares-count", Method.EQUAL_SHARES_COUNT.value, {"completion": Completion.ADD1.value}),
    ("phragmen", Method.PHRAGMEN.value, {}),
)
"""Short name, method and options of what is compared: Equal Shares with the completions in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One rule's outcome, with figures of who got what.

    per_voter: winners on an average voter's ballot; without: voters (by weight) with no winner on it.
    """

    name: str
    outcome: Outcome
    per_voter: Fraction
    without: int

    def to_json(self, countable: Countable) -> dict[str, Any]:
        """The column as JSON; the average with three decimals."""
        return {
            "rule": self.name,
            "method": self.outcome.spec.method,
            "options": {
                key: value
                for key, value in self.outcome.spec.to_json().items()
                if key in ("completion", "score")
            },
            "winners": [countable.ids[number] for number in self.outcome.winners],
            "spent": countable.money(self.outcome.spent),
            "winners_per_voter": f"{float(self.per_voter):.3f}",
            "voters_without_a_winner": self.without,
        }


def compare(countable: Countable, ties: TieOrder) -> list[Column]:
    """The outcome of every rule; greedy counts by the score that the file's ballots have by nature.

    Raises:
        TieUndecided: the tie order leaves level projects unordered.
    """
    return [_column(countable, ties, name, method, options) for name, method, options in RULES]


def _column(countable: Countable, ties: TieOrder, name: str, method: str, options: dict[str, str]) -> Column:
    given = {**options, "score": countable.natural_score.value} if name.startswith("greedy") else options
    outcome = countable.count(countable.spec(method, **given), ties)
    winners = set(outcome.winners)
    hits = [(len(winners.intersection(c.projects)), weight) for c, weight in countable.profile.groups]
    voters = countable.profile.weight
    return Column(
        name=name,
        outcome=outcome,
        per_voter=Fraction(sum(hit * weight for hit, weight in hits), voters or 1),
        without=sum(weight for hit, weight in hits if not hit),
    )


def rows(countable: Countable, columns: Sequence[Column]) -> Iterator[tuple[int, list[str]]]:
    """Project number and its fate by each rule, most votes first."""
    votes = countable.profile.votes()
    for project in sorted(countable.projects, key=lambda p: (-votes.get(p.number, 0), p.number)):
        yield project.number, [column.outcome.row_of(project.number).fate.value for column in columns]
