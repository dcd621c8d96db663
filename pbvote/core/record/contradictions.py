"""Where a Pabulib file contradicts itself: limits that its META announces and its rows do not keep.

Nothing here refuses a file; a count of it stands beside what was found, as official files hold such rows.
Each kind is one member of :class:`Contradicts`, with how often it occurs, what was stated and one example.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from math import inf
from typing import Any

from pbvote.core.record.pabulib import MergedVotes, PabulibElection, PabulibProject, amount


class Contradicts(StrEnum):
    """What can contradict what; the words for people have the same keys."""

    CHOICES_OVER = "more-choices-than-max-length"
    CHOICES_UNDER = "fewer-choices-than-min-length"
    POINTS_OVER = "points-over-max-points"
    POINTS_UNDER = "points-under-min-points"
    SUM_OVER = "points-in-all-over-max-sum-points"
    SUM_UNDER = "points-in-all-under-min-sum-points"
    COST_OVER = "cost-over-max-sum-cost"
    COST_UNDER = "cost-under-min-sum-cost"
    POINTS_NEGATIVE = "points-below-zero"
    POINTS_UNUSED = "points-in-a-file-without-points"
    VOTER_TWICE = "voter-more-than-once"
    PROJECT_COST = "project-cost-outside-its-limits"
    VOTES_DIFFER = "votes-column-differs"
    SCORE_DIFFERS = "score-column-differs"
    SELECTED_OVER = "selected-cost-more-than-the-budget"
    NOT_FUNDED = "not-fully-funded"
    DATES = "begins-after-it-ends"
    DATE_UNREADABLE = "date-unreadable"
    LIMITS = "least-over-most"
    UNREADABLE = "limit-unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A kind, how many rows (or keys) show it, the META key and value, and one of the rows as an example."""

    kind: Contradicts
    count: int
    key: str
    stated: str
    example: str

    def to_json(self) -> dict[str, Any]:
        """The contradiction as JSON of integers and strings."""
        return {
            "kind": self.kind.value,
            "count": self.count,
            "key": self.key,
            "stated": self.stated,
            "example": self.example,
        }


_PAIRS = (
    ("min_length", "max_length"),
    ("min_points", "max_points"),
    ("min_sum_points", "max_sum_points"),
    ("min_sum_cost", "max_sum_cost"),
    ("min_project_cost", "max_project_cost"),
)
_YEAR = "[1-9][0-9]{3}"
_DATE = re.compile(
    rf"(?P<only>{_YEAR})|(?P<d>[0-9]{{1,2}})\.(?P<m>[0-9]{{1,2}})\.(?P<y>{_YEAR})"
    rf"|(?P<iso_y>{_YEAR})-(?P<iso_m>[0-9]{{2}})-(?P<iso_d>[0-9]{{2}})"
)
_WITH_POINTS = ("cumulative", "scoring")


class Limits:
    """The limits of a file's META as numbers."""

    def __init__(self, meta: Mapping[str, str]) -> None:
        self.meta = meta
        self.values: dict[str, Fraction | int] = {}
        self.unreadable: list[str] = []
        for key in (key for pair in _PAIRS for key in pair):
            text = meta.get(key, "").strip()
            if not text or text.casefold() in ("inf", "none"):
                continue
            try:
                value = _number(text)
                if key.endswith("_length") and value.denominator != 1:
                    raise ValueError(text)
                self.values[key] = int(value) if value.denominator == 1 else value
            except ValueError:
                self.unreadable.append(key)
        if meta["vote_type"] == "choose-1":
            self.values.setdefault("max_length", 1)
        self.most_choices = float(self.values.get("max_length", inf))

    def over(self, key: str, value: Fraction | int) -> bool:
        """Whether a value is above the limit of that key; never where there is none."""
        return key in self.values and value > self.values[key]

    def under(self, key: str, value: Fraction | int) -> bool:
        """Whether a value is below the limit of that key; never where there is none."""
        return key in self.values and value < self.values[key]


def _number(text: str) -> Fraction:
    return -amount(text[1:]) if text.startswith("-") else amount(text)


class _Found:
    """Contradictions as they come in, by kind and key."""

    def __init__(self, meta: Mapping[str, str]) -> None:
        self._meta = meta
        self._counts: dict[tuple[Contradicts, str], int] = {}
        self._examples: dict[tuple[Contradicts, str], str] = {}

    def add(self, kind: Contradicts, key: str, example: str, *, times: int = 1) -> None:
        self._counts[kind, key] = self._counts.get((kind, key), 0) + times
        self._examples.setdefault((kind, key), example)

    def listed(self) -> tuple[Contradiction, ...]:
        order = list(Contradicts)
        return tuple(
            Contradiction(
                kind=kind,
                count=self._counts[kind, key],
                key=key,
                stated=self._meta.get(key, ""),
                example=self._examples[kind, key],
            )
            for kind, key in sorted(self._counts, key=lambda each: (order.index(each[0]), each[1]))
        )


def contradictions(election: PabulibElection, votes: MergedVotes) -> tuple[Contradiction, ...]:
    """Everything in which the file contradicts itself, in the order of :class:`Contradicts`."""
    meta, limits, found = election.meta, Limits(election.meta), _Found(election.meta)
    listed = election.listed()
    _check_meta(limits, listed, budget=election.budget, add=found.add)
    counted = _Columns(meta, listed)
    cost = {project.id: project.cost for project in listed}
    for key, times in votes.groups.items():
        vote, points = key if isinstance(key, tuple) else (key, "")
        choices = _items(vote)
        _check_choices(limits, choices, cost, add=_repeated(found.add, vote, times))
        given = _items(points) if points else []
        if meta["vote_type"] in _WITH_POINTS:
            worth = [Fraction(each) for each in given]
            _check_points(limits, worth, add=_repeated(found.add, f"{vote};{points}", times))
            counted.add(choices, worth, times)
        else:
            if given and meta["vote_type"] != "ordinal":  # a ranking's points only repeat its places
                found.add(Contradicts.POINTS_UNUSED, "vote_type", f"{vote};{points}", times=times)
            counted.add(choices, [], times)
    if votes.voters_again:
        found.add(Contradicts.VOTER_TWICE, "num_votes", votes.voter_again, times=votes.voters_again)
    counted.compare(found.add)
    return found.listed()


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _repeated(add: Callable[..., None], example: str, times: int) -> Callable[[Contradicts, str], None]:
    def once(kind: Contradicts, key: str) -> None:
        add(kind, key, example, times=times)

    return once


def _check_meta(
    limits: Limits, listed: Iterable[PabulibProject], *, budget: Fraction, add: Callable[..., None]
) -> None:
    meta = limits.meta
    for key in limits.unreadable:
        add(Contradicts.UNREADABLE, key, meta[key])
    for least, most in _PAIRS:
        if least in limits.values and limits.over(most, limits.values[least]):
            add(Contradicts.LIMITS, least, f"{most} {meta.get(most, '1')}")
    begins, ends = _day(meta["date_begin"]), _day(meta["date_end"])
    for key, read in (("date_begin", begins), ("date_end", ends)):
        if read is None and meta[key].strip():
            add(Contradicts.DATE_UNREADABLE, key, meta[key])
    if begins and ends and begins[0] > ends[1]:
        add(Contradicts.DATES, "date_begin", meta["date_end"])
    projects = list(listed)
    for project in projects:
        for key, outside in (("max_project_cost", limits.over), ("min_project_cost", limits.under)):
            if outside(key, project.cost):
                add(Contradicts.PROJECT_COST, key, project.id)
    selected = sum((project.cost for project in projects if project.selected == 1), Fraction(0))
    if selected > budget:
        add(Contradicts.SELECTED_OVER, "budget", _shown(selected))
    whole = sum((project.cost for project in projects), Fraction(0))
    if meta.get("fully_funded", "").strip() == "1" and whole > budget:
        add(Contradicts.NOT_FUNDED, "fully_funded", _shown(whole))


def _check_choices(
    limits: Limits,
    choices: list[str],
    cost: Mapping[str, Fraction],
    *,
    add: Callable[[Contradicts, str], None],
) -> None:
    if len(choices) > limits.most_choices and limits.over("max_length", len(set(choices))):
        add(Contradicts.CHOICES_OVER, "max_length")
    if limits.under("min_length", len(set(choices))):
        add(Contradicts.CHOICES_UNDER, "min_length")
    if "max_sum_cost" in limits.values or "min_sum_cost" in limits.values:
        total = sum((cost[each] for each in set(choices)), Fraction(0))
        if limits.over("max_sum_cost", total):
            add(Contradicts.COST_OVER, "max_sum_cost")
        if limits.under("min_sum_cost", total):
            add(Contradicts.COST_UNDER, "min_sum_cost")


def _check_points(limits: Limits, worth: list[Fraction], *, add: Callable[[Contradicts, str], None]) -> None:
    if any(limits.over("max_points", each) for each in worth):
        add(Contradicts.POINTS_OVER, "max_points")
    if any(limits.under("min_points", each) for each in worth):
        add(Contradicts.POINTS_UNDER, "min_points")
    if limits.over("max_sum_points", sum(worth)):
        add(Contradicts.SUM_OVER, "max_sum_points")
    if limits.under("min_sum_points", sum(worth)):
        add(Contradicts.SUM_UNDER, "min_sum_points")
    if any(each < 0 for each in worth):
        add(Contradicts.POINTS_NEGATIVE, "vote_type")


class _Columns:
    """Votes and points of every project as its ballots give them, to compare with the columns of the file."""

    def __init__(self, meta: Mapping[str, str], listed: Iterable[PabulibProject]) -> None:
        self._listed = list(listed)
        self._with_points = meta["vote_type"] in _WITH_POINTS
        self._compared = any({"votes", "score"} & project.fields.keys() for project in self._listed)
        self._once: dict[str, int] = {project.id: 0 for project in self._listed}
        self._as_often = dict(self._once)
        self._points = {project.id: Fraction(0) for project in self._listed}

    def add(self, choices: list[str], worth: list[Fraction], times: int) -> None:
        """A group of equal rows; nothing where the file has no column to compare with."""
        if not self._compared:
            return
        for each in set(choices):
            self._once[each] += times
        for each in choices:
            self._as_often[each] += times
        for each, points in zip(choices, worth, strict=False):
            self._points[each] += points * times

    def compare(self, add: Callable[..., None]) -> None:
        """Where the columns ``votes`` and ``score`` say something else."""
        for project in self._listed:
            votes = _column(project.fields.get("votes", ""))
            if votes is not None and votes not in (self._once[project.id], self._as_often[project.id]):
                add(Contradicts.VOTES_DIFFER, "votes", project.id)
            score = _column(project.fields.get("score", ""))
            if self._with_points and score is not None and score != self._points[project.id]:
                add(Contradicts.SCORE_DIFFERS, "score", project.id)


def _column(text: str) -> Fraction | None:
    try:
        return _number(text.strip()) if text.strip() else None
    except ValueError:
        return None


def _shown(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.2f}"


def _day(text: str) -> tuple[date, date] | None:
    """The first and the last day that a text can mean; None for another spelling, or for no day there is.

    ``dd.mm.yyyy`` and ``yyyy`` as the format says, and ``yyyy-mm-dd``, which some write.
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    if found["only"]:
        year = int(found["only"])
        return date(year, 1, 1), date(year, 12, 31)
    year, month, day = (int(found[part] or found[f"iso_{part}"]) for part in ("y", "m", "d"))
    try:
        return date(year, month, day), date(year, month, day)
    except ValueError:
        return None
