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
from typing import Any

from pbvote.core.tally.outcome import Count, Outcome


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
    yield from outcome.spec.method.round_lines(count, outcome)
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
