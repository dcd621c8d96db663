"""A Pabulib file as a count: exact whole numbers, and the rule that the file says it was held under.

Costs and points become integers by one scale each. A project that the file prices with nothing but nines,
above the budget, was withdrawn (Gdynia 2020, Katowice 2024 and others): it takes no money and stops
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, lcm
from pathlib import Path
from typing import Any, Final

from pbvote.core import canonical
from pbvote.core.errors import InvalidInput, VerificationError
from pbvote.core.record.contradictions import Contradiction, Contradicts, contradictions
from pbvote.core.record.pabulib import MergedVotes, PabulibElection, PabulibMalformed, read_merged
from pbvote.core.record.pabulib_export import RULE_NOTE
from pbvote.core.tally.method import METHODS, Method, Option, Says
from pbvote.core.tally.methods import Choices, CountSpec, Outcome, Profile, Project, TieOrder, count
from pbvote.core.tally.options import Comparison, Completion, Score, method_of
from pbvote.core.tally.spec import falling_positions, spec_from_json

OFFICIAL_TIES: Final = ("cheaper", "number")
_TIES_BY_CITY: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("Warszawa", "2018"): ("number",),
}
"""Cities that order equal votes otherwise: Warszawa took the project listed first (Niskie Okęcie 2018)."""
_RULES_BY_CITY: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    ("Świecie", "2023"): {"floor": 3, "comparison": Comparison.SATISFACTION},
}
"""Cities whose rule has parts that the format has no word for.

Świecie 2023: a project wins only if its share of the voters is at least a third of its share of the
budget, and a comparison step (https://equalshares.net/elections/swiecie-2024).
"""
_MOST_PLACES: Final = 10_000
_MOST_MONEY: Final = 2**53 - 1
_SENTINEL: Final = re.compile(r"9{8,}(?:\.0+)?", re.ASCII)
_PAIR: Final = re.compile(r"projects (\S+) and (\S+) [^.#]*could not be implemented simultaneously")


class Duplicates(StrEnum):
    """What becomes of a project that a row names twice: counted once, or as often as it stands there."""

    DEDUPE = "dedupe"
    AS_RECORDED = "as-recorded"


class BallotsUnfit(InvalidInput):
    """The ballots do not say what a method or a score counts: places, or points (facts: field, value)."""

    code = "tally.ballots-unfit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Countable:
    """What a file gives the count. Money is in 1/``scale`` of its currency, points in 1/``points_scale``.

    A project's number is its row, or what our own export says.
    ``repeating`` counts the rows that name a project more than once, ``contradictions`` say where the
    file does not keep to what its META states.
    """

    projects: tuple[Project, ...]
    profile: Profile
    budget: int
    scale: int
    points_scale: int
    withdrawn: tuple[int, ...]
    names: Mapping[int, str]
    selected: Mapping[int, int]
    repeating: int
    contradictions: tuple[Contradiction, ...]
    meta: Mapping[str, str]

    @property
    def ids(self) -> dict[int, str]:
        """The project id of every number."""
        return {project.number: project.id for project in self.projects}

    @property
    def official(self) -> list[str]:
        """Project ids with ``selected`` = 1, in file order."""
        ids = self.ids
        return [ids[number] for number, value in self.selected.items() if value == 1]

    def ignores_signs(self, spec: CountSpec) -> bool:
        """Whether ballots give points below zero and this rule takes no notice of the sign."""
        negative = any(each.kind is Contradicts.POINTS_NEGATIVE for each in self.contradictions)
        return negative and spec.score is not Score.POINTS

    def money(self, amount: int) -> int | str:
        """An amount of the count in the file's currency: an int where it is whole, else a decimal."""
        value = Fraction(amount, self.scale)
        return int(value) if value.denominator == 1 else _decimal(value)

    @property
    def longest(self) -> int:
        """Places on the longest ballot, at least one: META ``max_length``, else what the ballots show.

        A number that no ballot has so many places for is as good as none.
        """
        stated = self.meta.get("max_length", "").strip()
        if re.fullmatch("0*[1-9][0-9]{0,4}", stated) and int(stated) <= _MOST_PLACES:
            return int(stated)
        return max((1, *(len(choices.projects) for choices, _ in self.profile.groups)))

    @property
    def natural_score(self) -> Score:
        """What a project's score is by the file's vote type."""
        kinds = {"cumulative": Score.POINTS, "scoring": Score.POINTS, "ordinal": Score.POSITIONAL}
        return kinds.get(self.meta["vote_type"], Score.VOTES)

    @property
    def says(self) -> Says:
        """What the ballots say of their projects; one named several times, as recorded, has points."""
        if any(choices.points for choices, _ in self.profile.groups):
            return Says.POINTS
        return self.natural_score.needs or Says.SET

    def spec(self, method: Method | str, **options: Any) -> CountSpec:
        """A rule over this file's budget; positions and the Add1 step (one unit of currency) filled in.

        Raises:
            MethodUnknown, CountSpecInvalid: a rule that makes no sense.
            BallotsUnfit: the method or the score asks more of ballots than these say.
        """
        method = method_of(method)
        by_place = self.meta["vote_type"] == "ordinal" and (
            options.get("score") == Score.POSITIONAL or method.reads_worth
        )
        raises = Completion(options.get("completion", Completion.NONE)).raises
        positions = falling_positions(self.longest) if by_place else ()
        spec = CountSpec(
            **{
                "method": method,
                "budget": self.budget,
                "positions": positions,
                "add1_step": self.scale if raises else 1,
                **options,
            }
        )
        for useless in spec.without_effect(self.says):
            if useless.problem == "other-ballots":
                raise BallotsUnfit(field=useless.option, value=str(getattr(spec, useless.option)))
        return spec

    def count(self, spec: CountSpec, ties: TieOrder) -> Outcome:
        """The outcome under a rule; raises as :func:`pbvote.core.tally.methods.count` does."""
        return count(spec, self.projects, profile=self.profile, ties=ties, withdrawn=self.withdrawn)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialRule:
    """The rule that a file was held under, and the order of its ties."""

    spec: CountSpec
    ties: TieOrder


def read_countable(source: str | Path, *, duplicates: Duplicates = Duplicates.DEDUPE) -> Countable:
    """What the file at a path, or a text, gives the count.

    Raises:
        PabulibMalformed: with the line at which reading ended, the problem and the field.
        OSError: the path cannot be read.
    """
    return _countable(*read_merged(source), duplicates=duplicates)


def _countable(election: PabulibElection, votes: MergedVotes, *, duplicates: Duplicates) -> Countable:
    listed = election.listed()
    scale = lcm(election.budget.denominator, *(project.cost.denominator for project in listed))
    noted = _noted(election.meta)
    rows = range(1, len(listed) + 1)
    against = contradictions(election, votes)
    numbers = dict(zip((p.id for p in listed), noted["numbers"] if noted else rows, strict=True))
    points_scale = lcm(
        1,
        *(Fraction(p).denominator for key in votes.groups if isinstance(key, tuple) for p in _split(key[1])),
    )
    budget = int(election.budget * scale)
    for field, most in (("budget", budget), ("cost", max((int(p.cost * scale) for p in listed), default=0))):
        if most > _MOST_MONEY:
            raise PabulibMalformed(line=1, problem="amount", field=field)
    struck = [
        numbers[p.id]
        for p in listed
        if _SENTINEL.fullmatch(p.fields["cost"].strip()) and p.cost > election.budget
    ]
    return Countable(
        projects=tuple(Project(number=numbers[p.id], cost=int(p.cost * scale), id=p.id) for p in listed),
        profile=Profile.merged(_choices(election.meta, votes, numbers, points_scale, duplicates)),
        budget=budget,
        scale=scale,
        points_scale=points_scale,
        withdrawn=tuple(sorted({*struck, *(noted["withdrawn"] if noted else ())})),
        names={numbers[p.id]: p.name or p.id for p in listed},
        selected={numbers[p.id]: p.selected for p in listed if p.selected is not None},
        repeating=votes.repeating,
        contradictions=against,
        meta=election.meta,
    )


def _split(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _choices(
    meta: Mapping[str, str],
    votes: MergedVotes,
    numbers: Mapping[str, int],
    points_scale: int,
    duplicates: Duplicates,
) -> Iterator[tuple[Choices, int]]:
    """Every distinct row as the count wants it: sets and points ascending, rankings in order."""
    ordinal, with_points = meta["vote_type"] == "ordinal", meta["vote_type"] in ("cumulative", "scoring")
    for ids, points, rows in votes.drained():
        named = [numbers[each] for each in ids]
        if ordinal:
            yield Choices(tuple(dict.fromkeys(named))), rows
        elif with_points:
            given: dict[int, int] = {}
            for number, value in zip(named, points, strict=True):
                if number not in given or duplicates is Duplicates.AS_RECORDED:
                    given[number] = given.get(number, 0) + int(Fraction(value) * points_scale)
            yield _pointed(given), rows
        elif duplicates is Duplicates.AS_RECORDED:
            yield _pointed({number: named.count(number) for number in named}), rows
        else:
            yield Choices(tuple(sorted(set(named)))), rows


def _pointed(given: Mapping[int, int]) -> Choices:
    return Choices(tuple(sorted(given)), tuple(given[number] for number in sorted(given)))


def _decimal(value: Fraction) -> str:
    """An exact decimal; every amount of a file has one."""
    places = next(n for n in range(1, 400) if (value * 10**n).denominator == 1)
    digits = str(int(value * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def _noted(meta: Mapping[str, str]) -> dict[str, Any] | None:
    """The rule that our own export writes into its comment; None in anybody else's file.

    Raises:
        PabulibMalformed: it is there and cannot be read.
    """
    _, found, rest = meta.get("comment", "").partition(RULE_NOTE)
    if not found:
        return None
    try:
        noted = canonical.decode(rest.encode())
    except VerificationError as error:
        raise PabulibMalformed(line=1, problem="rule-note", field="comment") from error
    wanted = {"spec", "tie_order", "lot_seed", "withdrawn", "numbers"}
    if not isinstance(noted, dict) or set(noted) != wanted or not isinstance(noted["numbers"], list):
        raise PabulibMalformed(line=1, problem="rule-note", field="comment")
    numbers = noted["numbers"]
    if len(numbers) != int(meta["num_projects"]) or not all(isinstance(n, int) for n in numbers):
        raise PabulibMalformed(line=1, problem="rule-note", field="comment")
    return dict(noted)


def official_rule(countable: Countable) -> OfficialRule | None:
    """The rule that the file names, or None where it is unknown.

    ``greedy`` passes over what does not fit, ``greedy-no-skip`` stops there; a threshold is the file's
    ``min_project_score_threshold``; ``greedy-custom`` is Poznań's (the first misfit is covered from 80 per
    cent on); ``greedy-exclusive`` follows the pairs that the comment names. Equal Shares is by cost, and
    Add1 runs until it would overspend.
    """
    noted = _noted(countable.meta)
    if noted is not None:
        try:
            return OfficialRule(spec=spec_from_json(noted["spec"]), ties=_ties_of(noted))
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise PabulibMalformed(line=1, problem="rule-note", field="comment") from error
    rule = countable.meta["rule"]
    city = (countable.meta.get("unit", ""), countable.meta.get("instance", ""))
    named = {
        name: (method, given) for method in METHODS.values() for name, given in method.pabulib_rules.items()
    }
    if rule not in named:
        return None
    method, given = named[rule]
    options = {**given, **_RULES_BY_CITY.get(city, {}), "threshold": _threshold(countable)}
    options["exclusions"] = tuple(_pairs(countable))
    if Option.SCORE in method.uses:
        options["score"] = countable.natural_score
    return OfficialRule(
        spec=countable.spec(method, **options), ties=TieOrder(_TIES_BY_CITY.get(city, OFFICIAL_TIES))
    )


def _threshold(countable: Countable) -> int:
    stated = countable.meta.get("min_project_score_threshold", "").strip() or "0"
    factor = countable.points_scale if countable.natural_score is Score.POINTS else 1
    return ceil(Fraction(stated.replace(",", ".")) * factor)


def _pairs(countable: Countable) -> Iterator[tuple[int, int]]:
    if countable.meta["rule"] != "greedy-exclusive":
        return
    number = {project.id: project.number for project in countable.projects}
    for one, other in _PAIR.findall(countable.meta.get("comment", "")):
        if one in number and other in number:
            yield number[one], number[other]


def _ties_of(noted: Mapping[str, Any]) -> TieOrder:
    keys: Iterable[str] = noted["tie_order"]
    return TieOrder(tuple(keys), bytes.fromhex(noted["lot_seed"]))
