"""Re-check a trace against the ballots, in fractions and without searching for a winner.

Nothing here is shared with the count but the ballots' form and the rounding of a printed price: every
score is added up again; every purchase of Equal Shares is paid from exact purses after no other project is
found cheaper; every row of a greedy order must stand where its score and the tie order put it.
What it does not re-check: that an Add1 run is the first to end (only that it does not overspend and the
next one does), and the run that a comparison step rejected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NoReturn

from pbvote.core.errors import VerificationError
from pbvote.core.tally.decimals import significant
from pbvote.core.tally.profile import Profile
from pbvote.core.tally.tie_breaking import lot_value

Line = Mapping[str, Any]


class TraceWrong(VerificationError):
    """A line of a trace does not follow from the ballots (facts: line from 1, problem, project)."""

    code = "tally.trace-wrong"


def check_trace(lines: Iterable[Line], profile: Profile) -> None:
    """Guarantee that a trace (:mod:`trace`) follows from the ballots.

    Raises:
        TraceWrong: the first line that does not, and why.
    """
    _Check(profile).read(lines)


class _Check:
    def __init__(self, profile: Profile) -> None:
        self.ballots = profile.groups
        self.place = 0
        self.winners: list[int] = []
        self.rows: list[Line] = []
        self.runs: dict[str, int] = {}

    def wrong(self, problem: str, project: int = 0) -> NoReturn:
        raise TraceWrong(line=self.place, problem=problem, project=project)

    def read(self, lines: Iterable[Line]) -> None:
        handlers = {"count": self.header, "round": self.round, "project": self.rows.append}
        for self.place, line in enumerate(lines, start=1):
            if (line["line"] == "count") != (self.place == 1):
                self.wrong("order-of-lines")
            if line["line"] in handlers:
                handlers[line["line"]](line)
            elif line["line"] == "outcome":
                self.outcome(line)
                return
        self.wrong("cut-short")

    def header(self, line: Line) -> None:
        self.spec, self.keys = line["spec"], line["tie_order"]
        self.seed = bytes.fromhex(line["lot_seed"])
        self.cost = {p["number"]: p["cost"] for p in line["projects"]}
        self.id = {p["number"]: p["id"] for p in line["projects"]}
        self.points = self.spec["method"] == "equal-shares-points"
        self.supporters: dict[int, list[tuple[int, int, int]]] = {number: [] for number in self.cost}
        self.score = dict.fromkeys(self.cost, 0)
        vector = self.spec.get("positions", [])
        for index, ((projects, points), weight) in enumerate(self.ballots):
            for place, number in enumerate(projects):
                worth = points[place] if points else 1
                worth = (vector[place] if place < len(vector) else 0) if vector else worth
                utility = worth if self.points else 1
                if utility:
                    self.supporters[number].append((index, weight, utility))
                self.score[number] += weight * (1 if self.spec.get("score", "votes") == "votes" else worth)
        if sum(weight for _, weight in self.ballots) != line["ballots"]:
            self.wrong("ballots")
        if self.score != {row["project"]: row["score"] for row in line["scores"]}:
            self.wrong("scores")
        threshold, out = self.spec["threshold"], line["withdrawn"]
        self.standing = [n for n in self.cost if n not in out and self.score[n] >= threshold]

    # ---- rounds

    def round(self, line: Line) -> None:
        run, number = line.get("run", "load"), line["project"]
        if run not in self.runs:
            self.runs[run], self.bought = 0, list[int]()
            start = Fraction(line["endowment"]) if run != "load" else Fraction(0)
            self.purse = [start] * len(self.ballots)
        alive = [n for n in self.standing if n not in self.bought and not self.forbids(n, self.bought)]
        if run == "load":  # what is dearer than the whole budget is no candidate of Phragmén's
            alive = [n for n in alive if self.cost[n] <= self.spec["budget"]]
        supported = [n for n in alive if self.supporters[n]]
        alive = supported or (alive if run == "load" else [])
        if number and number not in alive:
            self.wrong("not-for-sale", number)
        (self.load if run == "load" else self.purchase)(line, alive)
        if number:
            self.bought.append(number)
            self.runs[run] += self.cost[number]
            if run != "next":
                self.winners.append(number)

    def purchase(self, line: Line, alive: list[int]) -> None:
        number = line["project"]
        if not number:
            for other in alive:
                if self.taken(other, None) >= self.cost[other]:
                    self.wrong("could-be-bought", other)
            return
        x = self.price(number, line)
        for other in alive:
            most = x / self.unit(number) * self.unit(other)
            if other != number and self.taken(other, most) > self.cost[other]:
                self.wrong("cheaper", other)
        for index, _, utility in self.supporters[number]:
            self.purse[index] -= min(self.purse[index], x * utility)

    def price(self, number: int, line: Line) -> Fraction:
        """The exact price behind the printed one: whoever has less than it gives all."""
        x = Fraction(line.get("exact", line["price"])) * self.unit(number)
        for _ in range(3):
            short = [row for row in self.supporters[number] if self.purse[row[0]] < x * row[2]]
            rate = sum(w * u for row in self.supporters[number] if row not in short for _, w, u in [row])
            left = self.cost[number] - sum(self.purse[index] * w for index, w, _ in short)
            most = max(self.purse[index] / u for index, _, u in self.supporters[number])
            x = Fraction(left) / rate if rate else most
            if self.taken(number, x) == self.cost[number]:
                break
        if self.taken(number, x) != self.cost[number] or self.printed(x, number) != line["price"]:
            self.wrong("price", number)
        full = sum(w for index, w, u in self.supporters[number] if self.purse[index] >= x * u)
        if full != line["in_full"]:
            self.wrong("in-full", number)
        return x

    def printed(self, x: Fraction, number: int) -> str:
        return significant(x / self.unit(number)) if self.cost[number] else "0"

    def unit(self, number: int) -> int:
        return self.cost[number] or 1 if self.spec["method"] == "equal-shares-cost" else 1

    def taken(self, number: int, x: Fraction | None) -> Fraction:
        """What a price takes from the supporters; all that they have without one."""
        purse = self.purse
        rows = self.supporters[number]
        return sum((w * (purse[i] if x is None else min(purse[i], x * u)) for i, w, u in rows), Fraction(0))

    def load(self, line: Line, alive: list[int]) -> None:
        number = line["project"]
        if not self.supporters[number]:
            return  # only where nothing with supporters is left, and then all are level
        loads = {n: self.load_after(n) for n in alive}
        if loads[number] > min(loads.values()):
            self.wrong("load", number)
        for index, _, _ in self.supporters[number]:
            self.purse[index] = loads[number]

    def load_after(self, number: int) -> Fraction:
        rows = self.supporters[number]
        carried = sum((self.purse[i] * w for i, w, _ in rows), Fraction(self.cost[number]))
        return carried / sum(w for _, w, _ in rows)

    # ---- rows

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

    def order(self, number: int) -> tuple[Any, ...]:
        cost, score = self.cost[number], self.score[number]
        per_cost = self.spec["method"] == "greedy-votes-per-cost"
        merit = (bool(cost) or not score, -Fraction(score, cost or 1)) if per_cost else (-score,)
        values = {"cheaper": cost, "number": number, "id": self.id[number]}
        keys = (lot_value(self.seed, number) if key == "lot" else values[key] for key in self.keys)
        return (*merit, *keys)

    def in_one_order(self) -> Iterator[tuple[Line, str]]:
        """Rows decided one after the other, and the fate that each must have."""
        chosen, stopped = list(self.winners), False
        left = self.spec["budget"] - sum(self.cost[n] for n in chosen)
        for row in (r for r in self.rows if r["rank"] and r["project"] not in self.winners):
            number = row["project"]
            fate = self.forbids(number, chosen)
            if self.score[number] < self.spec["threshold"]:
                fate = "below-threshold"
            elif stopped:
                fate = "stopped"
            elif not fate and self.cost[number] > left and self.spec["method"] != "priority-order":
                stopped = self.spec["fit"] != "skip"
                percent = int(self.spec["fit"].partition(":")[2] or 0)
                fate = "covered" if percent and left * 100 >= percent * self.cost[number] else "did-not-fit"
            yield row, fate or "selected"
            if not fate:
                chosen.append(number)
                left -= self.cost[number]

    def outcome(self, line: Line) -> None:
        bought_only = bool(self.runs) and self.spec.get("completion") != "utilitarian"
        if not bought_only:
            rest = [row for row in self.rows if row["rank"] and row["project"] not in self.winners]
            ranked = [row["project"] for row in rest if not (row.get("group") and row["fate"] == "selected")]
            if ranked != sorted(ranked, key=self.order):
                self.wrong("order-of-projects")
            for row, fate in list(self.in_one_order()):
                if row["fate"] != fate:
                    self.wrong("fate", row["project"])
            self.winners += [row["project"] for row in rest if row["fate"] == "selected"]
        spent = sum(self.cost[number] for number in self.winners)
        if line["winners"] != self.winners or line["spent"] != spent:
            self.wrong("winners")
        if spent > self.spec["budget"] and self.spec["method"] != "priority-order":
            self.wrong("overspent")
        if "next" in self.runs and self.runs["next"] <= self.spec["budget"]:
            self.wrong("add1-too-early")
