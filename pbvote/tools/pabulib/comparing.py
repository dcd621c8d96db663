"""All methods side by side on one file: who wins by each, and what that means for voters and money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pbvote.core.record.elections import Countable
from pbvote.core.tally.method import METHODS, Method, Option
from pbvote.core.tally.method import Column as Rule
from pbvote.core.tally.methods import Outcome, TieOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One rule's outcome, with figures of who got what.

    rule: the method with the options in use. per_voter: winners on an average voter's ballot; without:
    voters (by weight) with no winner on it.
    """

    method: Method
    rule: Rule
    outcome: Outcome
    per_voter: Fraction
    without: int

    def to_json(self, countable: Countable) -> dict[str, Any]:
        """The column as JSON; the average with three decimals."""
        return {
            "rule": self.rule.name,
            "method": self.method.name,
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
    """The outcome of every rule that can count these ballots, greedy ones by the score they have by nature.

    Raises:
        TieUndecided: the tie order leaves level projects unordered.
    """
    able = [method for method in METHODS.values() if countable.says in method.ballots]
    return [_column(countable, ties, method, rule) for method in able for rule in method.columns]


def _column(countable: Countable, ties: TieOrder, method: Method, rule: Rule) -> Column:
    given = dict(rule.options)
    if Option.SCORE in method.uses:
        given["score"] = countable.natural_score
    outcome = countable.count(countable.spec(method, **given), ties)
    winners = set(outcome.winners)
    hits = [(len(winners.intersection(c.projects)), weight) for c, weight in countable.profile.groups]
    voters = countable.profile.weight
    return Column(
        method=method,
        rule=rule,
        outcome=outcome,
        per_voter=Fraction(sum(hit * weight for hit, weight in hits), voters or 1),
        without=sum(weight for hit, weight in hits if not hit),
    )


def rows(countable: Countable, columns: Sequence[Column]) -> Iterator[tuple[int, list[str]]]:
    """Project number and its fate by each rule, most votes first."""
    votes = countable.profile.votes()
    for project in sorted(countable.projects, key=lambda p: (-votes.get(p.number, 0), p.number)):
        yield project.number, [column.outcome.row_of(project.number).fate.value for column in columns]
