"""A real election's file as a call: form values, proposals, a roll of invented people, and ballots.

What the file says becomes the call's rules. Nothing is repaired: a ballot that the rules refuse is
counted as refused and not sent.

- Ballots name from ``min_length`` (default 1) to ``max_length`` (default all) projects; ``choose-1``
  is exactly one. Where ``max_sum_cost`` is the budget, the form is the knapsack; another limit on the
  sum of costs has no counterpart here and is not enforced.
- ``min_project_score_threshold`` is the winner rule's threshold, rounded up (votes are whole).
- The budget is floored to whole units; with whole costs no outcome changes by that.
- The files do not say how a city broke ties. Of the tie orders that calls may declare, the first is
  taken under which the file's own ballots give its own winners; ``cheaper,number`` where none does or
  no winners are named.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor
from pathlib import Path

from pbvote.core.identity.national_id import invented_id
from pbvote.core.letters import BIDI_CONTROLS
from pbvote.core.record.pabulib import PabulibElection, PabulibProject, amount, read_pabulib
from pbvote.core.rules.ruleset import MAX_MONEY
from pbvote.core.tally.methods import Choices, CountSpec, Profile, Project, TieOrder, count
from pbvote.core.tally.options import Fit
from pbvote.tools.rehearsal.errors import FieldUnsupported, FileUnreadable

FITS = {"greedy": "skip", "greedy-threshold": "skip", "greedy-no-skip": "stop"}
VOTE_TYPES = ("approval", "choose-1")
TIE_ORDERS = ("cheaper,number", "number")
AREA = "演練區"
_OLDEST = date(1940, 1, 1)
_DAYS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotLimits:
    """Which ballots the call's form takes."""

    kind: str
    least: int
    most: int
    money: int = 0

    def takes(self, choices: tuple[str, ...], costs: dict[str, int]) -> bool:
        """Whether a ballot of these project ids is legal."""
        return (
            len(set(choices)) == len(choices)
            and self.least <= len(choices) <= self.most
            and (not self.money or sum(costs[c] for c in choices) <= self.money)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PabulibCall:
    """One election, ready to be held again."""

    file: str
    title: str
    budget: int
    projects: tuple[PabulibProject, ...]
    limits: BallotLimits
    fit: str
    threshold: int
    tie_order: str
    voters: int
    ballots: tuple[Choices | None, ...]
    complete: bool

    @property
    def refused(self) -> int:
        """Ballots of the file that the rules refuse."""
        return sum(1 for ballot in self.ballots if ballot is None)

    @property
    def official_winners(self) -> list[str]:
        """The projects with ``selected`` = 1, in file order; empty where the file names none."""
        return [project.id for project in self.projects if project.selected == 1]

    def rules(self) -> dict[str, str]:
        """The form values of the call, but its dates."""
        return {
            "title": self.title,
            "title_en": "",
            "description_md": f"以公開選舉資料 {self.file} 進行的演練，不是真正的投票。",
            "contact": "演練服務台 02-0000-0000",
            "vote_kind": "selection",
            "verification": "roll",
            "minimum_age": "16",
            "districts.0.name": AREA,
            "districts.0.budget_twd": str(self.budget),
            "grounds.0.kind": "registered",
            "grounds.0.area": AREA,
            "grounds.0.evidence": "roll",
            "grounds.0.at_counter_only": "0",
            "grounds.0.weight": "1",
            "ballot_form.kind": self.limits.kind,
            "ballot_form.min_choices": str(self.limits.least),
            "ballot_form.max_choices": str(self.limits.most),
            "winner_rule.fit": self.fit,
            "winner_rule.threshold_votes": str(self.threshold),
            "tie_order": self.tie_order,
        }

    def proposal(self, project: PabulibProject) -> dict[str, str]:
        """The form values of a project's proposal."""
        title = (_plain(project.name) or project.id)[:300]
        return {
            "title": title,
            "summary": f"原始編號 {project.id}"[:200],
            "place": AREA,
            "cost_twd": str(int(project.cost)),
            "description_md": (_plain(project.fields.get("description", "")) or title)[:20_000],
        }

    def roll(self) -> bytes:
        """The roll of invented people as an agency's CSV."""
        text = io.StringIO(newline="")
        rows = csv.writer(text, lineterminator="\r\n")
        rows.writerow(("id", "birth_date"))
        rows.writerows((national_id_of(v), birth_of(v).isoformat()) for v in range(self.voters))
        return text.getvalue().encode("utf-8-sig")


def _plain(text: str) -> str:
    """A text of the file without the characters that turn letters round, which no form takes."""
    return "".join(letter for letter in text if letter not in BIDI_CONTROLS).strip()


def national_id_of(voter: int) -> str:
    """The invented number of voter 0, 1, 2 …"""
    return invented_id(voter)


def birth_of(voter: int) -> date:
    """The invented birth date of a voter."""
    return _OLDEST + timedelta(days=voter * 7919 % _DAYS)


def read_call(path: Path, voters: int | None) -> PabulibCall:
    """The call of a file, with the first ``voters`` of its ballots.

    Raises:
        FileUnreadable: no such file.
        PabulibMalformed: not a Pabulib file.
        FieldUnsupported: a rule, vote type or amount that the rehearsal does not take.
    """
    try:
        election = read_pabulib(path)
    except OSError as error:
        raise FileUnreadable(file=str(path)) from error
    _require_supported(election)
    listed = election.listed()
    number = {project.id: at for at, project in enumerate(listed, start=1)}
    limits = _limits(election)
    costs = {project.id: int(project.cost) for project in listed}
    every = [
        Choices.of_set(number[c] for c in vote.choices) if limits.takes(vote.choices, costs) else None
        for vote in election.ballots()
    ]
    used = len(every) if voters is None else min(voters, len(every))
    meta = election.meta
    return PabulibCall(
        file=path.name,
        title=" ".join(meta.get(k, "") for k in ("unit", "district", "instance") if meta.get(k))[:100],
        budget=floor(election.budget),
        projects=listed,
        limits=limits,
        fit=FITS[meta["rule"]],
        threshold=ceil(election.threshold),
        tie_order=_tie_order(election, every),
        voters=used,
        ballots=tuple(every[:used]),
        complete=used == len(every),
    )


def _require_supported(election: PabulibElection) -> None:
    meta = election.meta
    if meta["rule"] not in FITS:
        raise FieldUnsupported(field="rule", value=meta["rule"])
    if meta["vote_type"] not in VOTE_TYPES:
        raise FieldUnsupported(field="vote_type", value=meta["vote_type"])
    if not 1 <= election.budget <= MAX_MONEY:
        raise FieldUnsupported(field="budget", value=meta["budget"])
    for project in election.listed():
        if project.cost.denominator != 1 or not 1 <= project.cost <= MAX_MONEY:
            raise FieldUnsupported(field="cost", value=project.fields["cost"])
    if not election.projects.rows:
        raise FieldUnsupported(field="num_projects", value="0")
    if not election.votes.rows:
        raise FieldUnsupported(field="num_votes", value="0")


def _whole(election: PabulibElection, name: str, *, default: int) -> int:
    typed = election.meta.get(name, "").strip()
    if not typed:
        return default
    try:
        value = amount(typed)
    except ValueError as error:
        raise FieldUnsupported(field=name, value=typed) from error
    if value.denominator != 1:
        raise FieldUnsupported(field=name, value=typed)
    return int(value)


def _limits(election: PabulibElection) -> BallotLimits:
    projects = len(election.projects.rows)
    if election.meta["vote_type"] == "choose-1":
        return BallotLimits(kind="exactly", least=1, most=1)
    least = _whole(election, "min_length", default=1)
    most = max(1, min(projects, _whole(election, "max_length", default=projects)))
    if least > most:
        raise FieldUnsupported(field="min_length", value=str(least))
    if _spends_the_budget(election):
        return BallotLimits(kind="knapsack", least=least, most=most, money=floor(election.budget))
    if least == most:
        return BallotLimits(kind="exactly", least=least, most=most)
    return BallotLimits(kind="up-to" if least <= 1 else "between", least=least, most=most)


def _spends_the_budget(election: PabulibElection) -> bool:
    try:
        return amount(election.meta.get("max_sum_cost", "")) == election.budget
    except ValueError:
        return False


def _tie_order(election: PabulibElection, ballots: Iterable[Choices | None]) -> str:
    listed = election.listed()
    official = {at for at, project in enumerate(listed, start=1) if project.selected == 1}
    if not official:
        return TIE_ORDERS[0]
    spec = CountSpec(
        budget=floor(election.budget),
        fit=Fit.of(FITS[election.meta["rule"]]),
        threshold=ceil(election.threshold),
    )
    projects = [Project(number=at, cost=int(p.cost), id=p.id) for at, p in enumerate(listed, start=1)]
    profile = Profile.merged((ballot, 1) for ballot in ballots if ballot is not None)
    for order in TIE_ORDERS:
        outcome = count(spec, projects, profile=profile, ties=TieOrder(tuple(order.split(","))))
        if set(outcome.winners) == official:
            return order
    return TIE_ORDERS[0]
