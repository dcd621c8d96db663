"""One Pabulib file counted by one rule: inputs from the command line, the answer as JSON or a table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pbvote.core.printable import printable_json
from pbvote.core.record.elections import Countable, Duplicates, official_rule, read_countable
from pbvote.core.tally.check import check_trace
from pbvote.core.tally.explain import explain
from pbvote.core.tally.methods import Count, CountSpec, Outcome, TieOrder, checked
from pbvote.core.tally.tie_breaking import SEED_LENGTH
from pbvote.core.tally.trace import trace_lines
from pbvote.tools.pabulib.errors import FileUnreadable, SeedMissing, TraceUnreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A file, the rule, and the outcome; ``official`` holds more where the file's own rule was asked."""

    countable: Countable
    spec: CountSpec
    ties: TieOrder
    outcome: Outcome
    official: Mapping[str, Any] = field(default_factory=dict)

    def inputs(self) -> Count:
        """The checked inputs of the count."""
        c = self.countable
        return checked(self.spec, c.projects, profile=c.profile, ties=self.ties, withdrawn=c.withdrawn)

    def ids(self, numbers: Iterable[int]) -> list[str]:
        """Project ids of ballot numbers."""
        ids = self.countable.ids
        return [ids[number] for number in numbers]

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON: ids are strings, amounts integers or decimal strings."""
        countable, outcome = self.countable, self.outcome
        answer: dict[str, Any] = {
            "method": outcome.spec.method.name,
            "winners": self.ids(outcome.winners),
            "runners_up": self.ids(outcome.runners_up),
            "spent": countable.money(outcome.spent),
            "budget": countable.money(outcome.budget),
            "ties": [
                {"projects": self.ids(tie.projects), "decided_by": list(tie.decided_by)}
                for tie in outcome.ties
            ],
        }
        if outcome.covered:
            answer["covered"] = countable.ids[outcome.covered]
        if outcome.endowment:
            answer["endowment"] = outcome.endowment
        if outcome.compared:
            answer["compared"] = outcome.compared.to_json()
        if outcome.withdrawn:
            answer["withdrawn"] = self.ids(outcome.withdrawn)
        if countable.repeating:
            answer["rows_naming_a_project_twice"] = countable.repeating
        answer |= _contradicted(countable)
        if countable.ignores_signs(outcome.spec):
            answer["signs_ignored"] = True
        return answer | dict(self.official)

    def explanations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Project id and explanation of everything that did not win."""
        inputs = self.inputs()
        for row in self.outcome.trace:
            if row.project not in self.outcome.winners:
                found = explain(inputs, self.outcome, row.project)
                yield self.countable.ids[row.project], found.to_json()

    def write_trace(self, path: Path) -> None:
        """The trace as JSON lines."""
        lines = (printable_json(line) for line in trace_lines(self.inputs(), self.outcome))
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_file(path: Path, *, duplicates: str = Duplicates.DEDUPE) -> Countable:
    """The file as the count wants it.

    Raises:
        FileUnreadable: it cannot be opened.
        PabulibMalformed: it is not in the format.
    """
    try:
        return read_countable(path, duplicates=Duplicates(duplicates))
    except OSError as error:
        raise FileUnreadable(file=str(path)) from error


def tie_order(text: str) -> TieOrder:
    """The tie order of ``KEY,KEY``; ``lot:SEED`` takes 64 hexadecimal digits, or hashes any other text.

    Raises:
        SeedMissing, TieOrderInvalid.
    """
    keys: list[str] = []
    seed = b""
    for key in (part.strip() for part in text.split(",") if part.strip()):
        name, _, given = key.partition(":")
        keys.append(name)
        if name == "lot":
            if not given:
                raise SeedMissing(field="ties")
            seed = seed_of(given)
    return TieOrder(tuple(keys), seed)


def seed_of(text: str) -> bytes:
    """32 bytes: those that 64 hexadecimal digits spell, or the SHA-256 of any other text."""
    try:
        seed = bytes.fromhex(text)
    except ValueError:
        seed = b""
    return seed if len(seed) == SEED_LENGTH else hashlib.sha256(text.encode()).digest()


def count_file(
    countable: Countable, *, method: str, ties: TieOrder, threshold: int, options: Mapping[str, Any]
) -> Counted:
    """The outcome of a named method; ``options`` as in :class:`CountSpec`.

    Raises:
        InvalidInput: a rule that makes no sense.
        TieUndecided: the tie order leaves level projects unordered.
    """
    scaled = threshold * (countable.points_scale if options.get("score") == "points" else 1)
    spec = countable.spec(method, threshold=scaled, **options)
    return Counted(countable=countable, spec=spec, ties=ties, outcome=countable.count(spec, ties))


def count_officially(countable: Countable) -> Counted | None:
    """The outcome of the file's own rule, compared with its winners; None where the rule is unknown.

    ``agree`` is None where the file names no winners.
    """
    rule = official_rule(countable)
    if rule is None:
        return None
    outcome = countable.count(rule.spec, rule.ties)
    winners = sorted(countable.ids[number] for number in outcome.winners)
    official: dict[str, Any] = {
        "rule": countable.meta["rule"],
        "official": countable.official,
        "agree": winners == sorted(countable.official) if countable.official else None,
    }
    if official["agree"] is False and differs_by_ties(countable, rule.spec):
        differing = set(winners) ^ set(countable.official)
        level = {countable.ids[number] for tie in outcome.ties for number in tie.projects}
        official["only_ties"] = sorted(differing & level) or sorted(differing)
    return Counted(countable=countable, spec=rule.spec, ties=rule.ties, outcome=outcome, official=official)


def differs_by_ties(countable: Countable, spec: CountSpec) -> bool:
    """Whether the official winners follow from the rule where level projects are ordered in their favour.

    The same count once more, with the official winners first among level ones.
    """
    official = set(countable.official)
    favoured = tuple(
        replace(project, id=f"{'0' if project.id in official else '1'}{project.id}")
        for project in countable.projects
    )
    outcome = replace(countable, projects=favoured).count(spec, TieOrder(("id",)))
    return {countable.ids[number] for number in outcome.winners} == official


def unknown_rule(countable: Countable) -> dict[str, Any]:
    """The answer for a file whose rule nobody knows: nothing is counted, nothing claimed."""
    return {
        "method": None,
        "winners": [],
        "runners_up": [],
        "spent": 0,
        "budget": countable.money(countable.budget),
        "ties": [],
        "rule": countable.meta["rule"],
        "official": countable.official,
        "agree": None,
        **_contradicted(countable),
    }


def _contradicted(countable: Countable) -> dict[str, Any]:
    found = [each.to_json() for each in countable.contradictions]
    return {"contradictions": found} if found else {}


def check_file(countable: Countable, path: Path) -> None:
    """Guarantee that a trace file follows from the ballots.

    Raises:
        FileUnreadable, TraceUnreadable, TraceWrong.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise FileUnreadable(file=str(path)) from error
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise TraceUnreadable(file=path.name, line=number) from error
        if not isinstance(values, dict):
            raise TraceUnreadable(file=path.name, line=number)
        found.append(values)
    try:
        check_trace(found, countable.profile)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError) as error:
        raise TraceUnreadable(file=path.name, line=len(found)) from error
