"""What a count answers (Outcome), in integers and strings only.

An outcome replays: it holds the rule, the scores, every tie with the keys that decided it, one row per
project with the reason of its fate, the rounds of the methods that have rounds, and a SHA-256 over
everything that was counted. Members that a plain count does not need are absent from its JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Final

from pbvote.core import canonical
from pbvote.core.tally.options import Score, floor_votes
from pbvote.core.tally.profile import Profile, Project
from pbvote.core.tally.spec import CountSpec
from pbvote.core.tally.tie_breaking import Tie, TieOrder
from pbvote.core.types import Choices

_EVERYBODY: Final = 2**40
"""More voters than there are people."""


class Fate(StrEnum):
    """Why a project won or did not; of several reasons the first in this order."""

    SELECTED = "selected"
    COVERED = "covered"  # the first misfit, paid for from outside the budget too
    WITHDRAWN = "withdrawn"
    BELOW_THRESHOLD = "below-threshold"
    BELOW_FLOOR = "below-floor"  # too few votes for its share of the budget
    STOPPED = "stopped"
    FULL = "full"  # the number of winners was reached
    EXCLUDED = "excluded"  # a project that cannot stand beside it won
    OVER_CAP = "over-cap"  # its group has all that it may have
    DID_NOT_FIT = "did-not-fit"
    UNAFFORDABLE = "unaffordable"  # the money of its supporters ran short


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow:
    """One project: its rank and score, the money left before its turn, and its fate.

    rank: place in the order considered, from 1; 0 for a withdrawn project, which is never considered.
        By Equal Shares and Phragmén the winners in order of purchase, then the others by score.
    score: by votes, points or places, as the rule says.
    missing: score short of the threshold (below-threshold), votes short of the cost-proportional floor
        (below-floor), money short of the cost (did-not-fit), money
        put in from outside (covered), money that the supporters were short of in the end, rounded up
        (unaffordable), money over the group's cap (over-cap; 0 where its number of winners was
        reached), else 0.
    stopped_by: the project at which the count stopped (stopped), else 0.
    by: the winner that excluded it (excluded), else 0.
    group: the group that was full (over-cap) or whose quota chose it (selected), else "".
    """

    rank: int
    project: int
    score: int
    cost: int
    money_left: int
    fate: Fate
    missing: int = 0
    stopped_by: int = 0
    by: int = 0
    group: str = ""

    def to_json(self) -> dict[str, object]:
        """The row as a JSON object of integers and strings."""
        members: dict[str, object] = {
            "rank": self.rank,
            "project": self.project,
            "score": self.score,
            "cost": self.cost,
            "money_left": self.money_left,
            "fate": self.fate.value,
            "missing": self.missing,
            "stopped_by": self.stopped_by,
        }
        if self.by:
            members["by"] = self.by
        if self.group:
            members["group"] = self.group
        return members


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A project's fate at its turn, with the winner that excludes it or the group that is full."""

    fate: Fate
    by: int = 0
    group: str = ""
    missing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One purchase of a method that has rounds.

    price: Equal Shares: money per unit of utility (per unit of cost, per project or per point) that a
        supporter pays at most; Phragmén: the load of each supporter afterwards. A decimal with ten
        significant digits, correctly rounded, so that it is the same on every machine.
    exact: the price as a fraction, exactly where several candidates share the eight digits.
    """

    number: int
    project: int
    price: str
    exact: str = ""

    def to_json(self) -> dict[str, object]:
        """The round as a JSON object of integers and strings."""
        members: dict[str, object] = {"round": self.number, "project": self.project, "price": self.price}
        if self.exact:
            members["exact"] = self.exact
        return members


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The comparison step: voters with more winners by Equal Shares, and by greedy, and what was kept."""

    for_equal_shares: int
    for_greedy: int
    kept: str

    def to_json(self) -> dict[str, object]:
        """The comparison as a JSON object of integers and strings."""
        return {
            "for_equal_shares": self.for_equal_shares,
            "for_greedy": self.for_greedy,
            "kept": self.kept,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of a count: a function of the inputs alone, equal in bytes wherever it is computed.

    ``winners`` and ``runners_up`` are ballot numbers in order. Runners-up (備取) are the order
    continued: all that reached the threshold, were not withdrawn and did not win; the reason of each
    stands in the trace. ``spent`` is the cost of the winners and never above ``spec.budget`` (except by
    priority-order, which looks at no money). ``covered`` is the project that rule ``cover:P`` funds with
    money from outside the budget, 0 for none: it is no winner of this budget. ``endowment`` is the exact
    money per voter in the run of Equal Shares whose rounds are given.
    """

    spec: CountSpec
    tie_order: tuple[str, ...]
    lot_seed: bytes
    winners: tuple[int, ...]
    runners_up: tuple[int, ...]
    withdrawn: tuple[int, ...]
    spent: int
    scores: Mapping[int, int]
    ties: tuple[Tie, ...]
    trace: tuple[TraceRow, ...]
    inputs: bytes
    covered: int = 0
    endowment: str = ""
    rounds: tuple[Round, ...] = ()
    compared: Compared | None = None

    @property
    def budget(self) -> int:
        """The money that could be spent."""
        return self.spec.budget

    def row_of(self, number: int) -> TraceRow:
        """The trace row of a project; KeyError for a number that was not counted."""
        for row in self.trace:
            if row.project == number:
                return row
        raise KeyError(number)

    def to_json(self) -> dict[str, object]:
        """The outcome as JSON of integers and strings, ready for canonical bytes."""
        members: dict[str, object] = {
            "spec": self.spec.to_json(),
            "tie_order": list(self.tie_order),
            "lot_seed": self.lot_seed.hex(),
            "winners": list(self.winners),
            "runners_up": list(self.runners_up),
            "withdrawn": list(self.withdrawn),
            "spent": self.spent,
            "scores": [{"project": number, "score": score} for number, score in self.scores.items()],
            "ties": [tie.to_json() for tie in self.ties],
            "trace": [row.to_json() for row in self.trace],
            "inputs": self.inputs.hex(),
        }
        if self.covered:
            members["covered"] = self.covered
        if self.endowment:
            members["endowment"] = self.endowment
        if self.rounds:
            members["rounds"] = [each.to_json() for each in self.rounds]
        if self.compared:
            members["compared"] = self.compared.to_json()
        return members

    def to_bytes(self) -> bytes:
        """Canonical bytes (RFC 8785) of :meth:`to_json`."""
        return canonical.encode(self.to_json())


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Checked inputs of a count: what every method of the registry is given.

    ``projects`` and ``withdrawn`` ascend by number; ``scores`` follow ``spec.score``; ``votes`` are the
    ballots, by weight, that name each project, ``voters`` all ballots by weight.
    """

    spec: CountSpec
    projects: tuple[Project, ...]
    profile: Profile
    ties: TieOrder
    withdrawn: tuple[int, ...]
    scores: Mapping[int, int]
    votes: Mapping[int, int]
    voters: int

    @property
    def standing(self) -> tuple[Project, ...]:
        """The projects that were not withdrawn."""
        return tuple(project for project in self.projects if project.number not in self.withdrawn)

    def score(self, project: Project) -> int:
        """The project's score, 0 where no ballot names it."""
        return self.scores.get(project.number, 0)

    def floor_of(self, number: int, *, cost: int) -> int:
        """The least votes by the cost-proportional floor at a cost; 0 where the rule has none."""
        spec = self.spec
        return floor_votes(spec.floor, cost=cost, budget=spec.budget, voters=self.voters)

    def below(self, project: Project) -> Verdict | None:
        """What keeps a project out before anything is counted: the threshold, then the floor."""
        short = self.spec.threshold - self.score(project)
        if short > 0:
            return Verdict(fate=Fate.BELOW_THRESHOLD, missing=short)
        short = self.floor_of(project.number, cost=project.cost) - self.votes.get(project.number, 0)
        return Verdict(fate=Fate.BELOW_FLOOR, missing=short) if short > 0 else None

    def with_more(self, number: int, *, more: int, cost: int) -> Count:
        """The same inputs with more score for a project and another cost of it.

        A score by votes comes from voters who are there already and name this project too.
        """
        projects = tuple(replace(p, cost=cost) if p.number == number else p for p in self.projects)
        if not more:
            return replace(self, projects=projects)
        scores = {**self.scores, number: self.scores.get(number, 0) + more}
        if self.spec.score is not Score.VOTES:
            return replace(self, projects=projects, scores=scores)
        return self.with_votes(replace(self, projects=projects, scores=scores), number, more)

    def joined(self, number: int, *, voters: int, threshold: int) -> Count:
        """The same inputs after so many further voters voted for one project alone.

        Where ballots give points, each of them gives it the most points that anybody does
        (:attr:`most_points`). ``threshold``: the least score with so many ballots.
        """
        spec = replace(self.spec, threshold=threshold)
        given = (self.most_points(number),) if self.gives_points else ()
        profile = Profile.merged([*self.profile.groups, (Choices((number,), given), voters)])
        votes = profile.votes()
        return replace(
            self,
            spec=spec,
            profile=profile,
            ties=self.ties.knowing(votes),
            scores=votes if spec.score is Score.VOTES else profile.points(spec.positions),
            votes=votes,
            voters=profile.weight,
        )

    @property
    def gives_points(self) -> bool:
        """Whether a ballot of this count gives points."""
        return any(choices.points for choices, _ in self.profile.groups)

    def most_points(self, number: int) -> int:
        """The most points that a ballot gives a project; of all projects where none gives it any."""
        given = [
            points
            for choices, _ in self.profile.groups
            for other, points in zip(choices.projects, choices.points, strict=False)
            if other == number
        ]
        every = (points for choices, _ in self.profile.groups for points in choices.points)
        return max(1, max(given, default=0) or max(every, default=1))

    def newcomers(self, row: TraceRow) -> int:
        """Further voters for a project alone with whom it reaches the floor, however many others there are.

        Each of them is a voter more of whom the floor asks its share, so that votes + x must be at least
        share · (voters + x); 0 where there is no floor, or where nobody can reach it.
        """
        spec = self.spec
        share = Fraction(row.cost, spec.floor * spec.budget) if spec.floor and spec.budget else Fraction(0)
        if not 0 < share < 1:
            return 0
        return max(0, ceil((share * self.voters - self.votes.get(row.project, 0)) / (1 - share)))

    @staticmethod
    def with_votes(count: Count, number: int, more: int) -> Count:
        """The count with more votes for a project, also where votes break a tie."""
        votes = {**count.votes, number: count.votes.get(number, 0) + more}
        return replace(count, votes=votes, ties=count.ties.knowing(votes))

    def row(
        self, project: Project, *, rank: int, left: int, verdict: Verdict, stopped_by: int = 0
    ) -> TraceRow:
        """The trace row of a verdict; ``left``: money before the project's turn."""
        return TraceRow(
            rank=rank,
            project=project.number,
            score=self.score(project),
            cost=project.cost,
            money_left=left,
            fate=verdict.fate,
            missing=verdict.missing,
            stopped_by=stopped_by if verdict.fate is Fate.STOPPED else 0,
            by=verdict.by,
            group=verdict.group,
        )

    def inputs(self) -> bytes:
        """SHA-256 over the canonical JSON of everything that the outcome depends on."""
        counted = {
            "spec": self.spec.to_json(),
            "projects": [{"number": p.number, "cost": p.cost, "id": p.id} for p in self.projects],
            "ballots": self.profile.digest.hex(),
            "tie_order": list(self.ties.keys),
            "lot_seed": self.ties.lot_seed.hex(),
            "withdrawn": list(self.withdrawn),
        }
        return hashlib.sha256(canonical.encode(counted)).digest()

    def outcome(self, trace: tuple[TraceRow, ...], *, ties: tuple[Tie, ...]) -> Outcome:
        """The outcome that a trace without the withdrawn projects amounts to."""
        chosen = [row for row in trace if row.fate is Fate.SELECTED]
        spent = sum(row.cost for row in chosen)
        behind = {Fate.DID_NOT_FIT, Fate.STOPPED, Fate.FULL, Fate.EXCLUDED, Fate.OVER_CAP, Fate.UNAFFORDABLE}
        left_out = tuple(
            TraceRow(
                rank=0,
                project=project.number,
                score=self.score(project),
                cost=project.cost,
                money_left=max(0, self.spec.budget - spent),
                fate=Fate.WITHDRAWN,
            )
            for project in self.projects
            if project.number in self.withdrawn
        )
        return Outcome(
            spec=self.spec,
            tie_order=self.ties.keys,
            lot_seed=self.ties.lot_seed,
            winners=tuple(row.project for row in chosen),
            runners_up=tuple(row.project for row in trace if row.fate in behind),
            withdrawn=self.withdrawn,
            spent=spent,
            scores={project.number: self.score(project) for project in self.projects},
            ties=ties,
            trace=trace + left_out,
            covered=next((row.project for row in trace if row.fate is Fate.COVERED), 0),
            inputs=self.inputs(),
        )


def reaching(count: Count, row: TraceRow, threshold: Callable[[int], int]) -> int:
    """Further voters for a project alone who take it to the threshold; 0: it is there or never will be."""
    each = count.most_points(row.project) if count.spec.score is Score.POINTS else 1
    if count.spec.score is Score.POSITIONAL:
        each = count.spec.positions[0]
    more = 1
    while more < _EVERYBODY and row.score + each * more < threshold(more):
        more *= 2
    return more if more < _EVERYBODY and row.score < threshold(0) else 0
