"""Greedy by votes: projects in order of votes, each funded if the money left covers it.

With fit ``skip`` a project that does not fit is passed over; with fit ``stop`` the count ends there.
A threshold counts weighted votes and is inclusive. Withdrawn projects are left out before the
ranking: they take no money and are never a reason to stop.
"""

from __future__ import annotations

from dataclasses import dataclass

from pbvote.core.tally.outcome import CountSpec, Fate, Fit, Outcome, TraceRow, inputs_digest
from pbvote.core.tally.profile import Profile, Project, scores
from pbvote.core.tally.tie_breaking import Ranking, TieOrder


def greedy(
    spec: CountSpec,
    projects: tuple[Project, ...],
    *,
    profile: Profile,
    ties: TieOrder,
    withdrawn: tuple[int, ...],
) -> Outcome:
    """The outcome of greedy selection by votes; called through :func:`methods.count`, which checks.

    Raises:
        TieUndecided: the tie order leaves two equally scored projects unordered.
    """
    votes = scores(profile)
    standing = [project for project in projects if project.number not in withdrawn]
    ranking = ties.rank(standing, scores=votes)
    trace = _Walk(spec=spec, votes=votes).over(ranking)
    winners = tuple(row.project for row in trace if row.fate is Fate.SELECTED)
    behind = tuple(row.project for row in trace if row.fate in (Fate.DID_NOT_FIT, Fate.STOPPED))
    spent = sum(row.cost for row in trace if row.fate is Fate.SELECTED)
    left_out = tuple(
        TraceRow(
            rank=0,
            project=project.number,
            score=votes.get(project.number, 0),
            cost=project.cost,
            money_left=spec.budget - spent,
            fate=Fate.WITHDRAWN,
        )
        for project in projects
        if project.number in withdrawn
    )
    return Outcome(
        spec=spec,
        tie_order=ties.keys,
        lot_seed=ties.lot_seed,
        winners=winners,
        runners_up=behind,
        withdrawn=withdrawn,
        spent=spent,
        scores={project.number: votes.get(project.number, 0) for project in projects},
        ties=ranking.ties,
        trace=trace + left_out,
        inputs=inputs_digest(spec, projects, profile=profile, ties=ties, withdrawn=withdrawn),
    )


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One pass over the ranking, with the money left and the project that stopped the count."""

    spec: CountSpec
    votes: dict[int, int]
    spent: int = 0
    stopped_by: int = 0

    def over(self, ranking: Ranking) -> tuple[TraceRow, ...]:
        """One trace row per ranked project, in order."""
        return tuple(self._row(rank, project) for rank, project in enumerate(ranking.projects, start=1))

    def _row(self, rank: int, project: Project) -> TraceRow:
        score = self.votes.get(project.number, 0)
        left = self.spec.budget - self.spent
        fate, missing = self._decide(project, score)
        row = TraceRow(
            rank=rank,
            project=project.number,
            score=score,
            cost=project.cost,
            money_left=left,
            fate=fate,
            missing=missing,
            stopped_by=self.stopped_by if fate is Fate.STOPPED else 0,
        )
        if fate is Fate.SELECTED:
            self.spent += project.cost
        elif fate is Fate.DID_NOT_FIT and self.spec.fit == Fit.STOP:
            self.stopped_by = project.number
        return row

    def _decide(self, project: Project, score: int) -> tuple[Fate, int]:
        if score < self.spec.threshold:
            return Fate.BELOW_THRESHOLD, self.spec.threshold - score
        if self.stopped_by:
            return Fate.STOPPED, 0
        left = self.spec.budget - self.spent
        if project.cost > left:
            return Fate.DID_NOT_FIT, project.cost - left
        return Fate.SELECTED, 0
