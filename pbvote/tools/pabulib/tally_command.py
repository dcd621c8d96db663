"""`pbvote tally`: options in, exit status out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pbvote.core.errors import PbvoteError
from pbvote.core.printable import printable_json
from pbvote.core.record.elections import Countable
from pbvote.core.tally.options import Completion
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
        print(printable_json(counting.unknown_rule(countable)))
        return 0
    trace: Path | None = options["trace"]
    if trace is not None:
        counted.write_trace(trace)
    explanations = dict(counted.explanations()) if options["explained"] else {}
    if options["as_json"]:
        told = {"explanations": explanations} if options["explained"] else {}
        print(printable_json(counted.to_json() | told))
    else:
        print_count(counted, language=options["language"], explanations=explanations)
    return 1 if counted.official.get("agree") is False else 0


def _counted(countable: Countable, options: dict[str, Any]) -> Counted | None:
    if options["official"]:
        return counting.count_officially(countable)
    given = {name: options[name] for name in ("score", "fit", "floor", "completion", "comparison")}
    if Completion(options["completion"]).raises:
        given["add1_stop"] = options["add1_stop"]
    return counting.count_file(
        countable,
        method=options["method"],
        ties=counting.tie_order(options["ties"] or ""),
        threshold=options["threshold"],
        options=given,
    )
