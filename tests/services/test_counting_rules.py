"""Whole polls under the rarer rules: from the form to the verified record and its Pabulib files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pbvote.core.record.elections import official_rule, read_countable
from pbvote.core.rules.errors import RuleConflict
from pbvote.core.types import Choices
from pbvote.platform.runtime import Runtime
from pbvote.rooms import records
from pbvote.rooms.calls.queries import get_call
from pbvote.rooms.counting import queries, recount
from pbvote.rooms.counting.errors import NotCertified
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.moderation.errors import TrackUnknown
from pbvote.rooms.proposals import queries as proposals
from pbvote.typed.errors import TextTooLong
from pbvote.verifier.__main__ import main as verify
from tests.make.polls import Poll, moderated_poll

POINTS = {
    "ballot_form.kind": "points",
    "ballot_form.points_total": "10",
    "ballot_form.points_most": "6",
    "districts.0.budget_twd": "6000000",
    "winner_rule.threshold_of": "eligible",
    "winner_rule.threshold_share": "12.5",
    "tracks.0.name": "青年組",
    "tracks.0.quota": "1",
    "left_over": "city-pool",
}


def _proposals(poll: Poll) -> list[int]:
    with poll.rt.read_main() as tx:
        return [proposal.id for proposal in proposals.accepted_in_order(tx, poll.call_id)]


def _published(poll: Poll) -> dict[str, Any]:
    poll.close()
    poll.open_box()
    poll.certify()
    with poll.rt.read_main() as tx:
        return queries.outcome(tx, poll.call_id)


def _check_record(
    poll: Poll, folder: Path, winners: dict[str, list[int]], *, checked: str = "checked"
) -> None:
    """The record verifies, and every Pabulib file passes its checker and counts again to the winners."""
    checker = pytest.importorskip("pabulib.checker")
    records.export(poll.rt, poll.call_id, folder)
    assert verify([str(folder)]) == 0
    for district, expected in winners.items():
        path = folder / "pabulib" / f"{district}.pb"
        if checked:
            found = checker.Checker().process_files([str(path)])
            assert [name for name, errors in _errors(found) if errors] == [], found
        countable = read_countable(path)
        rule = official_rule(countable)
        assert rule is not None
        assert list(countable.count(rule.spec, rule.ties).winners) == expected


def _errors(found: dict[str, Any]) -> list[tuple[str, Any]]:
    files = [name for name in found if name not in ("metadata", "summary")]
    return [(name, found[name]["results"].get("errors")) for name in files if "results" in found[name]
            and isinstance(found[name]["results"], dict)]  # fmt: skip


def test_points_with_a_quota_an_exclusion_a_share_and_the_city_pool(rt: Runtime, tmp_path: Path) -> None:
    poll = moderated_poll(rt, values=POINTS)
    first, second, third, *_ = _proposals(poll)
    officer = poll.officer
    for proposal in (first, second):
        moderation_service.classify(rt, officer, proposal, track="", exclusive=" 站前廣場 ")
    moderation_service.classify(rt, officer, third, track="t1", exclusive="")
    manifest = poll.freeze()
    assert [(p.track, p.exclusive) for p in manifest.projects[:3]] == [
        ("", "站前廣場"),
        ("", "站前廣場"),
        ("t1", ""),
    ]
    poll.open_voting()
    poll.cast(0, Choices((1, 2), (6, 4)))
    poll.cast(1, Choices((2,), (5,)))  # weighs two
    poll.cast(3, Choices((1,), (6,)))
    poll.cast(4, Choices((3,), (1,)))  # weighs two
    poll.cast(6, Choices((1, 2), (6, 5)))  # eleven points
    poll.cast(9, Choices((1,), (7,)))  # seven for one project
    poll.cast(2, Choices((4,), (6,)))
    poll.cast(5, Choices((4, 5), (3, 1)))
    outcome = _published(poll)
    east, west = (district["outcome"] for district in outcome["districts"])
    assert outcome["spoiled"] == {"points-range": 1, "points-too-many": 1}
    assert {row["project"]: row["score"] for row in east["scores"]} == {1: 12, 2: 14, 3: 2}
    assert east["spec"]["threshold"] == 1
    assert east["winners"] == [3, 2]
    rows = {row["project"]: row for row in east["trace"]}
    assert rows[3]["group"] == "t1"
    assert (rows[1]["fate"], rows[1]["by"]) == ("excluded", 2)
    assert west["winners"] == [4]
    assert outcome["pool"]["spec"]["budget"] == 2_500_000
    assert outcome["pool"]["winners"] == [5]
    _check_record(poll, tmp_path / "record", {"d1": [3, 2], "d2": [4]})


def test_equal_shares_with_add1_on_approval_ballots(rt: Runtime, tmp_path: Path) -> None:
    poll = moderated_poll(
        rt, values={"winner_rule.method": "equal-shares-cost", "winner_rule.completion": "add1"}
    )
    poll.freeze()
    poll.open_voting()
    for number, choices in ((0, (1, 3)), (1, (2,)), (3, (3,)), (4, (2, 3)), (2, (4,)), (5, (5,)), (8, (5,))):
        poll.vote(number, *choices)
    outcome = _published(poll)
    east, west = (district["outcome"] for district in outcome["districts"])
    assert east["spec"]["completion"] == "add1"
    assert (east["winners"], west["winners"]) == ([3, 2], [5])
    assert [each["project"] for each in east["rounds"]] == [3, 2]
    assert "pool" not in outcome
    # the checker runs Add1 step by step, which takes it hours for seven voters and five million
    _check_record(poll, tmp_path / "record", {"d1": [3, 2], "d2": [5]}, checked="")


def test_rankings_are_counted_by_places(rt: Runtime, tmp_path: Path) -> None:
    poll = moderated_poll(rt, values={"ballot_form.kind": "ranking", "ballot_form.max_choices": "2"})
    poll.freeze()
    poll.open_voting()
    poll.cast(0, Choices((3, 1)))
    poll.cast(3, Choices((2, 1)))
    poll.cast(2, Choices((5, 4)))
    outcome = _published(poll)
    east = outcome["districts"][0]["outcome"]
    assert east["spec"]["positions"] == [2, 1]
    assert {row["project"]: row["score"] for row in east["scores"]} == {1: 2, 2: 2, 3: 2}
    _check_record(poll, tmp_path / "record", {"d1": east["winners"], "d2": [5]})


def test_a_count_is_made_again_only_once_it_is_certified(rt: Runtime) -> None:
    poll = moderated_poll(rt)
    poll.freeze()
    poll.open_voting()
    poll.vote(0, 1, 3)
    poll.close()
    poll.open_box()
    with pytest.raises(NotCertified):
        recount.district_count(rt, poll.call_id, "d1")
    poll.certify()
    found = recount.district_count(rt, poll.call_id, "d1")
    assert found.outcome.winners == (3, 1)
    assert found.inputs.profile.weight == 1


def test_tracks_and_labels_are_the_officers_until_the_freeze(rt: Runtime) -> None:
    poll = moderated_poll(rt, values={"tracks.0.name": "青年組", "tracks.0.most_winners": "1"})
    first, *_ = _proposals(poll)
    with pytest.raises(TrackUnknown):
        moderation_service.classify(rt, poll.officer, first, track="t9", exclusive="")
    with pytest.raises(TextTooLong):
        moderation_service.classify(rt, poll.officer, first, track="", exclusive="長" * 41)
    assert moderation_service.classify(rt, poll.officer, first, track="t1", exclusive="甲").track == "t1"
    with rt.read_main() as tx:
        assert get_call(tx, poll.call_id).rules.tracks[0].name == "青年組"
        assert proposals.get(tx, first).exclusive == "甲"


def test_rules_that_contradict_each_other_are_named(rt: Runtime) -> None:
    with pytest.raises(RuleConflict) as caught:
        moderated_poll(rt, values={"winner_rule.method": "equal-shares-points"})
    assert caught.value.field == "winner_rule.method"
