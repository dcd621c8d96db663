"""`pbvote tally`: options in, exit status out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pbvote.core.errors import PbvoteError
from pbvote.core.record.elections import Countable
from pbvote.core.tally.tie_breaking import TieUndecided
from pbvote.tools.pabulib import counting
from pbvote.tools.pabulib.counting import Counted
from pbvote.tools.pabulib.printing import print_count

Undecided = Callable[[PbvoteError, dict[int, str]], None]


def run(countable: Countable, *, undecided: Undecided, **options: Any) -> int:
    """Count, print, and write the trace; 0, or 1 where the official winners differ.

    Raises:
        InvalidInput: a rule or tie order that makes no sense.
        TieUndecided: unless ``undecided`` ends the program.
    """
    try:
        counted = _counted(countable, options)
    except TieUndecided as error:
        undecided(error, countable.ids)
        raise
    if counted is None:
        print(json.dumps(counting.unknown_rule(countable), ensure_ascii=False))
        return 0
    trace: Path | None = options["trace"]
    if trace is not None:
        counted.write_trace(trace)
    if options["as_json"]:
        answer = counted.to_json()
        if options["explained"]:
            answer["explanations"] = dict(counted.explanations())
        print(json.dumps(answer, ensure_ascii=False))
    else:
        explained = "yes" if options["explained"] else ""
        print_count(counted, language=options["language"], explained=explained)
    return 1 if counted.official.get("agree") is False else 0


def _counted(countable: Countable, options: dict[str, Any]) -> Counted | None:
    if options["official"]:
        return counting.count_officially(countable)
    given = {name: options[name] for name in ("score", "fit", "completion", "comparison")}
    if options["completion"] == "add1":
        given["add1_stop"] = options["add1_stop"]
    return counting.count_file(
        countable,
        method=options["method"],
        ties=counting.tie_order(options["ties"] or ""),
        threshold=options["threshold"],
        options=given,
    )
