"""The stage follows from the dates, the officers' acts and the clock; nobody moves it otherwise (PRA-05)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core.errors import SeveralErrors, StageClosed, findings_of
from pbvote.core.rules.stage import ACTS, Act, DateMissing, DateOrder, Progress, Stage, Timeline, require
from tests.make.votes import TIMELINE

TICK = timedelta(seconds=1)
MOMENTS = st.integers(-150 * 86400, 300 * 86400).map(
    lambda s: TIMELINE.voting_opens_at + timedelta(seconds=s)
)
OPENS, CLOSES = TIMELINE.proposals_open_at, TIMELINE.proposals_close_at
assert OPENS is not None
assert CLOSES is not None


@pytest.mark.parametrize(
    ("progress", "now", "stage"),
    [
        (Progress.PUBLISHED, OPENS - TICK, Stage.ANNOUNCED),
        (Progress.PUBLISHED, OPENS, Stage.COLLECTING),
        (Progress.PUBLISHED, CLOSES - TICK, Stage.COLLECTING),
        (Progress.PUBLISHED, CLOSES, Stage.MODERATION),
        (Progress.PUBLISHED, TIMELINE.moderation_until - TICK, Stage.MODERATION),
        (Progress.PUBLISHED, TIMELINE.moderation_until, Stage.READY),
        (Progress.PUBLISHED, TIMELINE.voting_opens_at - TICK, Stage.READY),
        (Progress.PUBLISHED, TIMELINE.voting_opens_at, Stage.UNFROZEN),
        (Progress.PUBLISHED, TIMELINE.cast_until + TICK, Stage.UNFROZEN),
        (Progress.FROZEN, TIMELINE.voting_opens_at - TICK, Stage.FROZEN),
        (Progress.FROZEN, TIMELINE.voting_opens_at, Stage.VOTING),
        (Progress.FROZEN, TIMELINE.issue_until - TICK, Stage.VOTING),
        (Progress.FROZEN, TIMELINE.issue_until, Stage.GRACE),
        (Progress.FROZEN, TIMELINE.cast_until - TICK, Stage.GRACE),
        (Progress.FROZEN, TIMELINE.cast_until, Stage.CLOSED),
        (Progress.OPENED, TIMELINE.cast_until, Stage.OPENED),
        (Progress.CERTIFIED, TIMELINE.cast_until, Stage.CERTIFIED),
    ],
)
def test_a_window_is_open_at_its_first_instant_and_closed_at_its_last(
    progress: Progress, now: datetime, stage: Stage
) -> None:
    assert TIMELINE.stage(progress, now) is stage


@given(MOMENTS)
def test_a_draft_is_a_draft_at_any_time(now: datetime) -> None:
    assert TIMELINE.stage(Progress.DRAFT, now) is Stage.DRAFT


@given(MOMENTS, st.sampled_from(Progress))
def test_voting_never_opens_unfrozen_and_no_vote_is_taken_outside_its_dates(
    now: datetime, progress: Progress
) -> None:
    """PRA-05: without the freeze there is no vote, whatever the clock says."""
    stage = TIMELINE.stage(progress, now)
    open_acts = ACTS[stage]
    assert (Act.ISSUE in open_acts) == (
        progress is Progress.FROZEN and TIMELINE.voting_opens_at <= now < TIMELINE.issue_until
    )
    assert (Act.CAST in open_acts) == (
        progress is Progress.FROZEN and TIMELINE.voting_opens_at <= now < TIMELINE.cast_until
    )
    assert (Act.OPEN in open_acts) == (progress is Progress.FROZEN and now >= TIMELINE.cast_until)


def test_the_freeze_lies_between_the_moderation_deadline_and_the_opening() -> None:
    """S1 of the protocol."""
    assert {stage for stage, acts in ACTS.items() if Act.FREEZE in acts} == {Stage.READY}


def test_nothing_that_is_voted_on_changes_after_the_freeze() -> None:
    """PRA-05, PRA-06: later changes are refused; a withdrawal is marked, and nothing else."""
    frozen = {Stage.FROZEN, Stage.VOTING, Stage.GRACE, Stage.CLOSED, Stage.OPENED, Stage.CERTIFIED}
    changing = {
        Act.EDIT_CALL,
        Act.PUBLISH,
        Act.PROPOSE,
        Act.CORRECT,
        Act.WITHDRAW_PROPOSAL,
        Act.ENTER_WORKSHOP_PROPOSAL,
        Act.MODERATE,
        Act.FREEZE,
    }
    for stage in frozen:
        assert not ACTS[stage] & changing, stage


def test_the_result_is_read_after_certification_alone() -> None:
    """PRA-09."""
    assert {stage for stage, acts in ACTS.items() if Act.READ_RESULT in acts} == {Stage.CERTIFIED}


def test_the_table_knows_every_stage_and_every_act_is_open_somewhere() -> None:
    assert set(ACTS) == set(Stage)
    assert frozenset().union(*ACTS.values()) == set(Act)


@pytest.mark.parametrize("stage", Stage)
def test_an_act_outside_its_stage_is_refused_with_both_named(stage: Stage) -> None:
    for act in Act:
        if act in ACTS[stage]:
            require(stage, act)
            continue
        with pytest.raises(StageClosed) as caught:
            require(stage, act)
        assert caught.value.facts == {"act": act.value, "stage": stage.value}


def test_a_call_may_start_at_the_vote() -> None:
    """NDC-04: proposals made at a workshop need no intake on line."""
    late = replace(TIMELINE, proposals_open_at=None, proposals_close_at=None)
    late.check()
    stage = late.stage(Progress.PUBLISHED, late.moderation_until - TICK)
    assert stage is Stage.MODERATION
    assert Act.ENTER_WORKSHOP_PROPOSAL in ACTS[stage]


def test_half_an_intake_window_is_refused_with_the_missing_date_named() -> None:
    with pytest.raises(DateMissing) as caught:
        replace(TIMELINE, proposals_close_at=None).check()
    assert caught.value.field == "timeline.proposals_close_at"
    with pytest.raises(DateMissing) as caught:
        replace(TIMELINE, proposals_open_at=None).check()
    assert caught.value.field == "timeline.proposals_open_at"


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("proposals_close_at", "proposals_open_at"),
        ("moderation_until", "proposals_close_at"),
        ("voting_opens_at", "moderation_until"),
        ("issue_until", "voting_opens_at"),
        ("cast_until", "issue_until"),
    ],
)
def test_a_date_before_the_one_that_it_follows_is_refused_with_its_field(name: str, before: str) -> None:
    wrong: Timeline = replace(TIMELINE, **{name: getattr(TIMELINE, before) - TICK})
    with pytest.raises(DateOrder) as caught:
        wrong.check()
    assert caught.value.field == f"timeline.{name}"
    assert caught.value.facts["after"] == f"timeline.{before}"


def test_every_wrong_date_is_told_at_once() -> None:
    wrong = replace(TIMELINE, proposals_close_at=OPENS - TICK, cast_until=TIMELINE.issue_until)
    with pytest.raises(SeveralErrors) as caught:
        wrong.check()
    fields = [finding.field for finding in findings_of(caught.value)]
    assert fields == ["timeline.proposals_close_at", "timeline.cast_until"]


def test_a_voting_window_of_no_length_is_refused() -> None:
    for name, before in (("issue_until", "voting_opens_at"), ("cast_until", "issue_until")):
        with pytest.raises(DateOrder):
            replace(TIMELINE, **{name: getattr(TIMELINE, before)}).check()
