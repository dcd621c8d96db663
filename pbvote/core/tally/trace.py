"""The trace of a count as JSON lines: everything on offer, every decision, enough to replay by hand.

Lines, each an object with a member ``line``:

- ``count``: spec, projects, scores, tie order and seed, withdrawn numbers, ballots (weight), the SHA-256
  of the inputs;
- ``round`` (Equal Shares, Phragmén): ``run`` (``final``, or ``next`` for the Add1 run that overspent),
  its endowment, the purchase, the price of every candidate, who paid how (supporters, those who paid the
  whole price), what fell out of reach and by how much; the last one of a run has project 0;
- ``tie``: projects in the order decided, and by which keys;
- ``project``: a row per project in the order considered (:class:`TraceRow`);
- ``outcome``: winners, runners-up, covered, spent, endowment, comparison.

Prices are decimals of eight significant digits, with the exact fraction where those do not tell
candidates apart. :mod:`check` re-checks a trace against the ballots without searching for anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from pbvote.core.rules.winner_rule import Add1Stop, Completion
from pbvote.core.tally.equal_shares import UTILITIES, rounds_at
from pbvote.core.tally.outcome import Count, Outcome
from pbvote.core.tally.phragmen import loads_by_round


def trace_lines(count: Count, outcome: Outcome) -> Iterator[dict[str, Any]]:
    """The lines of an outcome's trace; the same inputs give the same lines on every machine."""
    yield {
        "line": "count",
        "spec": outcome.spec.to_json(),
        "projects": [{"number": p.number, "id": p.id, "cost": p.cost} for p in count.projects],
        "scores": [{"project": number, "score": score} for number, score in outcome.scores.items()],
        "tie_order": list(outcome.tie_order),
        "lot_seed": outcome.lot_seed.hex(),
        "withdrawn": list(outcome.withdrawn),
        "ballots": count.profile.weight,
        "inputs": outcome.inputs.hex(),
    }
    yield from _rounds(count, outcome)
    for tie in outcome.ties:
        yield {"line": "tie", **tie.to_json()}
    for row in outcome.trace:
        yield {"line": "project", **row.to_json()}
    last: dict[str, Any] = {
        "line": "outcome",
        "winners": list(outcome.winners),
        "runners_up": list(outcome.runners_up),
        "spent": outcome.spent,
    }
    if outcome.covered:
        last["covered"] = outcome.covered
    if outcome.endowment:
        last["endowment"] = outcome.endowment
    if outcome.compared:
        last["compared"] = outcome.compared.to_json()
    yield last


def _rounds(count: Count, outcome: Outcome) -> Iterator[dict[str, Any]]:
    if outcome.spec.method == "phragmen":
        for number, project, loads in loads_by_round(count):
            candidates = [{"project": other, "load": load} for other, load in loads]
            yield {"line": "round", "round": number, "project": project, "candidates": candidates}
    if outcome.spec.method not in UTILITIES or not outcome.endowment:
        return
    endowment = Fraction(outcome.endowment)
    yield from _purchases(count, "final", endowment)
    spec = outcome.spec
    if spec.completion == Completion.ADD1 and spec.add1_stop == Add1Stop.OVERSPEND:
        following = list(_purchases(count, "next", endowment + spec.add1_step))
        cost = {project.number: project.cost for project in count.projects}
        if sum(cost.get(line["project"], 0) for line in following) > spec.budget:
            yield from following  # else everything was bought, and no run was tried after it


def _purchases(count: Count, run: str, endowment: Fraction) -> Iterator[dict[str, Any]]:
    """The rounds at an endowment; those of the run after the last end where the money is overspent."""
    spent, cost = 0, {project.number: project.cost for project in count.projects}
    for found in rounds_at(count, endowment):
        line: dict[str, Any] = {
            "line": "round",
            "run": run,
            "endowment": str(endowment),
            "round": found.number,
            "project": found.project,
            "price": found.price,
            "candidates": [{"project": number, "price": price} for number, price in found.candidates],
            "supporters": found.supporters,
            "in_full": found.in_full,
            "out": [{"project": number, "missing": missing} for number, missing in found.out],
        }
        if found.exact:
            line["exact"] = found.exact
        yield line
        spent += cost.get(found.project, 0)
        if run == "next" and spent > count.spec.budget:
            return
