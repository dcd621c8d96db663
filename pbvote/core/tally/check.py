"""Re-check a trace against the ballots, in fractions and without searching for a winner.

Nothing here is shared with the count but the ballots' form and the rounding of a printed price: every
score is added up again; every purchase of Equal Shares is paid from exact purses after no other project is
found cheaper; every row of a greedy order must stand where its score and the tie order put it.
What it does not re-check: that an Add1 run is the first to end (only that it does not overspend and the
next one does), and the run that a comparison step rejected.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pbvote.core.tally.method import Method, method_named
from pbvote.core.tally.options import DEFAULT_METHOD
from pbvote.core.tally.profile import Profile
from pbvote.core.tally.recheck import Line, Recheck, State, TraceWrong

__all__ = ["Line", "TraceWrong", "check_trace"]


def check_trace(lines: Iterable[Line], profile: Profile) -> None:
    """Guarantee that a trace (:mod:`trace`) follows from the ballots.

    Raises:
        TraceWrong: the first line that does not, and why.
        MethodUnknown: it names no method of this version.
        KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError: it is no trace.
    """
    state: State | None = None
    rows: list[Line] = []
    recheck = Recheck()
    place = 0
    for place, line in enumerate(lines, start=1):
        if (line["line"] == "count") != (state is None):
            raise TraceWrong(line=place, problem="order-of-lines", project=0)
        if state is None:
            recheck = method_named(line["spec"]["method"]).recheck()
            state = State(profile, line, worth_counts=recheck.worth_counts, place=place)
            continue
        state.place = place
        if line["line"] == "round":
            recheck.round(state, line)
        elif line["line"] == "project":
            rows.append(line)
        elif line["line"] == "outcome":
            _check_outcome(state, recheck, rows, line)
            return
    raise TraceWrong(line=place, problem="cut-short", project=0)


def _check_outcome(state: State, recheck: Recheck, rows: list[Line], line: Line) -> None:
    greedy = not state.spent and "compared" in line  # the comparison step kept the count by votes
    method: Method = method_named(DEFAULT_METHOD if greedy else state.spec["method"])
    in_order = method.recheck() if greedy else recheck
    if recheck.rows_decided(state, line):
        rest = [row for row in rows if row["rank"] and row["project"] not in state.winners]
        ranked = [row["project"] for row in rest if not (row.get("group") and row["fate"] == "selected")]

        def order(number: int) -> tuple[Any, ...]:
            merit = in_order.merit(state.score[number], state.cost[number])
            return (*merit, *state.by_keys(number))

        if ranked != sorted(ranked, key=order):
            state.wrong("order-of-projects")
        for row, fate in list(in_order.in_one_order(state, rest)):
            if row["fate"] != fate:
                state.wrong("fate", row["project"])
        state.winners += [row["project"] for row in rest if row["fate"] == "selected"]
    spent = sum(state.cost[number] for number in state.winners)
    if line["winners"] != state.winners or line["spent"] != spent:
        state.wrong("winners")
    if spent > state.spec["budget"] and recheck.minds_money:
        state.wrong("overspent")
    recheck.ended(state)
