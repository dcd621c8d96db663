"""What a trace is re-checked with: the ballots added up again, and what each method must add to that.

Nothing here is shared with the count but the ballots' form; money and loads are fractions, and no winner
is searched for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, ClassVar, NoReturn, TypeAlias

from pbvote.core.errors import VerificationError
from pbvote.core.tally.profile import Profile
from pbvote.core.tally.tie_breaking import lot_value

Line: TypeAlias = Mapping[str, Any]


class TraceWrong(VerificationError):
    """A line of a trace does not follow from the ballots (facts: line from 1, problem, project)."""

    code = "tally.trace-wrong"


class State:
    """A trace as far as it has been read: the rule, the ballots added up again, the winners so far.

    supporters: per project the index, weight and utility of each distinct ballot that names it. purse: the
    money, or load, of each distinct ballot's voters in the run that is read. spent: money by run.
    """

    def __init__(self, profile: Profile, line: Line, *, worth_counts: bool, place: int) -> None:
        self.ballots = profile.groups
        self.place = place
        self.winners: list[int] = []
        self.bought: list[int] = []
        self.spent: dict[str, int] = {}
        self.purse: list[Fraction] = []
        self.spec, self.keys = line["spec"], line["tie_order"]
        self.seed = bytes.fromhex(line["lot_seed"])
        self.cost: dict[int, int] = {p["number"]: p["cost"] for p in line["projects"]}
        self.id = {p["number"]: p["id"] for p in line["projects"]}
        self.supporters: dict[int, list[tuple[int, int, int]]] = {number: [] for number in self.cost}
        self.score = dict.fromkeys(self.cost, 0)
        self.votes = dict.fromkeys(self.cost, 0)
        self._add_up(worth_counts=worth_counts)
        self.voters = sum(weight for _, weight in self.ballots)
        if self.voters != line["ballots"]:
            self.wrong("ballots")
        if self.score != {row["project"]: row["score"] for row in line["scores"]}:
            self.wrong("scores")
        withdrawn = line["withdrawn"]
        self.standing = [n for n in self.cost if n not in withdrawn and not self.below(n)]

    def _add_up(self, *, worth_counts: bool) -> None:
        places = self.spec.get("positions", [])
        by_votes = self.spec.get("score", "votes") == "votes"
        for index, ((projects, points), weight) in enumerate(self.ballots):
            for place, number in enumerate(projects):
                worth = points[place] if points else 1
                if places:
                    worth = places[place] if place < len(places) else 0
                utility = worth if worth_counts else 1
                if utility > 0:
                    self.supporters[number].append((index, weight, utility))
                self.score[number] += weight * (1 if by_votes else worth)
                self.votes[number] += weight

    def wrong(self, problem: str, project: int = 0) -> NoReturn:
        """Say that the line being read does not follow.

        Raises:
            TraceWrong: always.
        """
        raise TraceWrong(line=self.place, problem=problem, project=project)

    def below(self, number: int) -> str:
        """The fate of a project that the threshold or the cost-proportional floor keeps out."""
        if self.score[number] < self.spec["threshold"]:
            return "below-threshold"
        floor, budget = self.spec.get("floor", 0), self.spec["budget"]
        if floor and budget and self.votes[number] * floor * budget < self.cost[number] * self.voters:
            return "below-floor"
        return ""

    def forbids(self, number: int, winners: list[int]) -> str:
        """The limit that keeps a project from standing beside the winners."""
        if self.spec.get("most_winners") and len(winners) >= self.spec["most_winners"]:
            return "full"
        for exclusive in self.spec.get("exclusions", []):
            if number in exclusive and set(exclusive).intersection(winners):
                return "excluded"
        for group in self.spec.get("groups", []):
            if number in group["projects"]:
                inside = [n for n in winners if n in group["projects"]]
                dear = group["cap"] and sum(self.cost[n] for n in [*inside, number]) > group["cap"]
                if dear or (group["most"] and len(inside) >= group["most"]):
                    return "over-cap"
        return ""

    def by_keys(self, number: int) -> tuple[Any, ...]:
        """A project's place by the tie order."""
        values = {
            "cheaper": self.cost[number],
            "votes": -self.votes[number],
            "number": number,
            "id": self.id[number],
        }
        return tuple(lot_value(self.seed, number) if key == "lot" else values[key] for key in self.keys)

    def begin_run(self, run: str, *, start: Fraction) -> None:
        """Fill every purse where a run begins; nothing where it goes on."""
        if run not in self.spent:
            self.spent[run] = 0
            self.bought = []
            self.purse = [start] * len(self.ballots)

    def take(self, number: int, run: str) -> None:
        """Count a purchase in."""
        self.bought.append(number)
        self.spent[run] += self.cost[number]

    def for_sale(self) -> list[int]:
        """What stands, is not bought in this run and may stand beside what is."""
        return [n for n in self.standing if n not in self.bought and not self.forbids(n, self.bought)]


class Recheck:
    """How a trace of one method is checked; as it stands, for methods in one order by falling score."""

    worth_counts: ClassVar[bool] = False
    minds_money: ClassVar[bool] = True

    def merit(self, score: int, cost: int) -> tuple[Any, ...]:
        """What orders projects before the tie keys, ascending."""
        return (-score,)

    def round(self, state: State, line: Line) -> None:
        """Check a line ``round`` and take its purchase; a method without rounds has none.

        Raises:
            TraceWrong: the line does not follow.
        """
        state.wrong("round", line["project"])

    def rows_decided(self, state: State, outcome: Line) -> bool:
        """Whether rows were decided in one order, behind what the rounds bought."""
        return True

    def ended(self, state: State) -> None:
        """Check what can only be said at the end."""

    def in_one_order(self, state: State, rows: list[Line]) -> Iterator[tuple[Line, str]]:
        """Rows decided one after the other, and the fate that each must have."""
        chosen, stopped = list(state.winners), False
        left = state.spec["budget"] - sum(state.cost[n] for n in chosen)
        for row in rows:
            number = row["project"]
            fate = state.below(number)
            if not fate:
                fate = "stopped" if stopped else state.forbids(number, chosen)
            if not fate and state.cost[number] > left and self.minds_money:
                fit, _, percent = state.spec["fit"].partition(":")
                stopped = fit != "skip"
                covered = percent and left * 100 >= int(percent) * state.cost[number]
                fate = "covered" if covered else "did-not-fit"
            yield row, fate or "selected"
            if not fate:
                chosen.append(number)
                left -= state.cost[number]
