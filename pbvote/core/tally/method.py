"""What a method of counting is: one object that knows everything about itself, and the list of them.

A method counts (:meth:`Method.run`), shows its rounds, writes them into a trace and re-checks such a
trace, says what would have made a project win, which options it uses, which ballots it can count, and
what Pabulib calls its rules. Its words stand in ``pbvote/words/methods.toml``. Nothing else
asks which method it is. How to add one stands in ``CONTRIBUTING.md``; what a ``recheck`` has to know in
:mod:`pbvote.core.tally.recheck`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from pbvote.core.errors import InvalidInput

if TYPE_CHECKING:
    from pbvote.core.tally.explain import Money
    from pbvote.core.tally.outcome import Count, Outcome, TraceRow
    from pbvote.core.tally.recheck import Recheck
    from pbvote.core.tally.spec import CountSpec


Threshold: TypeAlias = Callable[[int], int]
"""The least score of a winner, by the number of ballots more than were cast."""


class MethodUnknown(InvalidInput):
    """No method of counting has this name (facts: field, method)."""

    code = "tally.method-unknown"


class Option(StrEnum):
    """Options that not every method has a use for.

    FIT: what happens where a project costs more than what is left. SCORE: the score orders the count,
    whatever it is: votes, points, or points by place. QUOTA: places kept for a track. POOL: what districts
    leave can be counted once more. COMPLETION, COMPARISON: how Equal Shares goes on after its first run.
    """

    FIT = "fit"
    SCORE = "score"
    QUOTA = "quota"
    POOL = "left_over"
    COMPLETION = "completion"
    COMPARISON = "comparison"


class Says(StrEnum):
    """What a ballot says of its projects: nothing more, their order, or points for each."""

    SET = "set"
    RANKING = "ranking"
    POINTS = "points"


class RoundKind(StrEnum):
    """What the figures of a round are: what supporters pay, or what they bear afterwards."""

    PAID = "shares"
    BORNE = "loads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A round for people: the project, and for each candidate the money per supporter.

    supporters, in_full: how many pay, and how many of them the whole figure (PAID only). out: number and
    missing money of the projects that fell out of reach.
    """

    kind: RoundKind
    project: int
    candidates: tuple[tuple[int, Fraction], ...]
    figure: Fraction | None
    supporters: int = 0
    in_full: int = 0
    out: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A method with options as it stands in a comparison of rules; ``name`` is also its text's key."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


class Method(ABC):
    """A way of counting; the docstring of each names its source."""

    name: ClassVar[str]
    uses: ClassVar[frozenset[Option]] = frozenset()
    ballots: ClassVar[frozenset[Says]] = frozenset(Says)
    adds_voters: ClassVar[bool] = False
    """Whether what a project lacked is told in further voters, or in more score from the ballots cast."""
    reads_worth: ClassVar[bool] = False
    """Whether a project is worth the points of a ballot, or of its place, to the voter."""
    columns: ClassVar[tuple[Column, ...]] = ()
    pabulib_rules: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """What Pabulib calls the method with which options."""

    def __str__(self) -> str:
        return self.name

    @abstractmethod
    def run(self, count: Count) -> Outcome:
        """The outcome of checked inputs, a function of them alone.

        Raises:
            TieUndecided: the tie order leaves two level projects unordered.
        """

    @abstractmethod
    def recheck(self) -> Recheck:
        """How a trace of this method is checked, without sharing anything with :meth:`run`."""

    def rounds(self, count: Count, outcome: Outcome) -> Iterator[Shown]:
        """The rounds for people to page through; none where the method has no rounds."""
        return iter(())

    def round_lines(self, count: Count, outcome: Outcome) -> Iterator[dict[str, Any]]:
        """The lines ``round`` of a trace (:mod:`pbvote.core.tally.trace`)."""
        return iter(())

    def with_support(self, count: Count, *, number: int, more: int, threshold: Threshold) -> Count:
        """The inputs with more support for a project, as this method measures support.

        Where :attr:`adds_voters`, ``more`` voters come who vote for this project alone, and ``threshold``
        says the least score with so many further ballots; else the ballots that are there give it more.
        """
        if not more:
            return count
        if self.adds_voters:
            return count.joined(number, voters=more, threshold=threshold(more))
        cost = next(project.cost for project in count.projects if project.number == number)
        return count.with_more(number, more=more, cost=cost)

    def enough_support(self, count: Count, row: TraceRow, *, threshold: Threshold) -> int | None:
        """More support than any project could need; None where no support can help."""
        most = max(count.scores.values(), default=0)
        to_floor = count.floor_of(row.project, cost=row.cost) - count.votes.get(row.project, 0)
        return max(most - row.score + 1, count.spec.threshold - row.score, to_floor, 1)

    def estimate(self, changed: Count, outcome: Outcome, *, voters: int) -> Collection[int] | None:
        """The winners of changed inputs by less work than a count, perhaps wrong; None: a count is quick.

        ``outcome`` is that of the inputs before they were changed, with so many ``voters``.
        """
        return None

    def money(self, count: Count, outcome: Outcome, row: TraceRow) -> Money | None:
        """What became of the money of a project's supporters; None where they have none."""
        return None

    def pabulib_rule(self, spec: CountSpec) -> str:
        """Pabulib's word for the method with these options; ``unknown`` where it has none."""
        return UNKNOWN_RULE


UNKNOWN_RULE: Final = "unknown"
METHODS: Final[dict[str, Method]] = {}
"""Every method by name, in the order in which they are offered (:mod:`pbvote.core.tally.methods`)."""


def method_named(name: str) -> Method:
    """The method of that name.

    Raises:
        MethodUnknown: there is none.
    """
    if name not in METHODS:
        raise MethodUnknown(field="method", method=name)
    return METHODS[name]
