"""What the worker stores of every project of a result: by the whole rule of the call, counted again here."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pbvote.core.tally.explain import Standing
from pbvote.core.types import Choices
from pbvote.platform.runtime import Runtime
from pbvote.rooms.counting import queries, recount
from pbvote.rooms.counting.errors import NotCertified
from pbvote.rooms.counting.queries import ToldView
from tests.make.polls import Poll, closed_poll, moderated_poll

CHOSEN = {
    0: (1, 3), 1: (2,), 3: (3,), 4: (2, 3), 6: (2, 3), 7: (1,), 9: (2, 3), 2: (4,), 5: (5,), 8: (5,), 11: (5,)
}  # fmt: skip
POINTS = {
    "ballot_form.kind": "points",
    "ballot_form.points_total": "10",
    "left_over": "city-pool",
    "districts.0.budget_twd": "6000000",
}
RULES: dict[str, dict[str, str]] = {
    "a share of the ballots": {"winner_rule.threshold_of": "ballots", "winner_rule.threshold_share": "40"},
    "equal shares, a share of the ballots": {
        "winner_rule.method": "equal-shares-cost",
        "winner_rule.threshold_of": "ballots",
        "winner_rule.threshold_share": "40",
    },
    "equal shares with a floor": {"winner_rule.method": "equal-shares-count", "winner_rule.floor": "1"},
    "phragmen": {"winner_rule.method": "phragmen"},
    "the city's pool": {"left_over": "city-pool", "districts.0.budget_twd": "6000000"},
    "points and the city's pool": POINTS,
}


def _published(rt: Runtime, values: dict[str, str]) -> tuple[Poll, dict[int, ToldView]]:
    poll = moderated_poll(rt, values=values)
    poll.freeze()
    poll.open_voting()
    for number, chosen in CHOSEN.items():
        points = (4, 3)[: len(chosen)] if "ballot_form.kind" in values else ()
        poll.cast(number, Choices(chosen, points))
    poll.close()
    poll.open_box()
    poll.certify()
    with rt.read_main() as tx:
        told = queries.told(tx, [poll.call_id])
    return poll, {number: each for (_call, number), each in told.items()}


def _wins(rt: Runtime, poll: Poll, each: ToldView, *, more: int) -> bool:
    """The whole vote counted again with further ballots, or by score with more of it, pool and all."""
    whole = recount.district_count(rt, poll.call_id, each.district).whole
    counting = copy.copy(whole.counting)
    counting._ballots = {district: list(cast) for district, cast in whole.counting._ballots.items()}
    ballots = counting._ballots[each.district]
    points = "each_gives" in each.found or each.found["support"] == "points"
    if more and each.found["support"] == "points":
        ballots.append((Choices((each.number,), (more,)), 1))
    elif more and each.found["support"] == "voters":
        ballots += [(Choices((each.number,), (each.found["each_gives"],) if points else ()), 1)] * more
    else:  # votes of people who are there already
        for index, (choices, weight) in enumerate(ballots):
            if more and weight == 1 and each.number not in choices.projects:
                ballots[index] = (Choices(tuple(sorted((*choices.projects, each.number)))), weight)
                more -= 1
        if more:
            ballots.append((Choices((each.number,)), more))
    counted = counting.counted(whole.tie_seed)
    pooled = counted.pool.winners if counted.pool else ()
    return each.number in (*counted.outcomes[each.district].winners, *pooled)


@pytest.mark.parametrize("name", RULES)
def test_counting_the_whole_vote_again_confirms_every_number_that_is_stored(rt: Runtime, name: str) -> None:
    poll, told = _published(rt, RULES[name])
    losers = [each for each in told.values() if not each.standing.funded]
    assert losers
    for each in losers:
        more = each.found.get("more_support")
        if more is not None:
            assert _wins(rt, poll, each, more=more), each
            assert not _wins(rt, poll, each, more=more - 1), each
    assert any("more_support" in each.found for each in losers)


def test_what_wins_by_the_pool_is_no_runner_up(rt: Runtime) -> None:
    _poll, told = _published(rt, RULES["the city's pool"])
    pooled = [each for each in told.values() if each.standing is Standing.POOLED]
    assert pooled
    places: dict[str, list[int]] = {}
    for each in told.values():
        if each.standing is Standing.RUNNER_UP:
            places.setdefault(each.district, []).append(each.place)
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in places.values())


def test_a_withdrawn_project_is_told_as_withdrawn_and_nothing_before_the_certification(rt: Runtime) -> None:
    poll = closed_poll(rt)
    poll.open_box()
    with rt.read_main() as tx:
        assert queries.told(tx, [poll.call_id]) == {}
        with pytest.raises(NotCertified):
            queries.outcome(tx, poll.call_id)
    poll.certify()
    with rt.read_main() as tx:
        told = queries.told(tx, [poll.call_id])
        assert queries.told(tx, [poll.call_id], numbers=[3]).keys() == {(poll.call_id, 3)}
        assert queries.told(tx, ["other"]) == {}
    standings: dict[int, Any] = {number: each.standing for (_call, number), each in told.items()}
    assert standings[3] is Standing.WITHDRAWN
    assert standings[2] is Standing.WON
    assert (standings[1], told[poll.call_id, 1].place) == (Standing.RUNNER_UP, 1)
