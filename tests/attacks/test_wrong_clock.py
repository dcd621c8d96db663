"""A clock that is wrong for a moment ends no vote; and no token is ever issued for a box that is sealed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from pbvote.core.identity.national_id import invented_id
from pbvote.edges.web.app import create_box, create_checkin
from pbvote.rooms.ballotbox import service
from pbvote.rooms.ballotbox.errors import BoxSealed
from pbvote.rooms.counting import ending, steps
from pbvote.rooms.counting.progress import Step
from pbvote.rooms.registrar import service as registrar_service
from pbvote.rooms.registrar.errors import IssuingEnded
from tests.make.polls import Poll, blinded, moderated_poll
from tests.make.polls import identify as identify_in
from tests.make.services import MovableClock, make_runtime


class Steady:
    """The machine's counter, moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Steady:
    counter = Steady()
    real = ending.is_over
    monkeypatch.setattr(ending, "is_over", lambda rt, call, until: real(rt, call, until, steady=counter))
    return counter


def _poll(folder: Path, empty: Path, clock: MovableClock, seconds: int) -> Poll:
    vote = {"rsa_bits": 2048, "batch_seconds": 1, "batch_least": 2, "seal_after_seconds": seconds}
    poll = moderated_poll(make_runtime(folder, empty, clock, vote=vote), people=24)
    poll.freeze()
    poll.open_voting()
    poll.clock.set(poll.manifest.opens_at + timedelta(hours=1))
    poll.advance()
    return poll


@pytest.fixture
def careful(tmp_path: Path, empty_databases: Path, clock: MovableClock) -> Iterator[Poll]:
    """A vote under way that is sealed a minute after its end."""
    poll = _poll(tmp_path, empty_databases, clock, 60)
    yield poll
    for which in ("main", "box"):
        poll.rt.engine(which).dispose()


@pytest.fixture
def hasty(tmp_path: Path, empty_databases: Path, clock: MovableClock) -> Iterator[Poll]:
    """A vote whose box was sealed under a wrong clock, which is right again."""
    poll = _poll(tmp_path, empty_databases, clock, 0)
    yield poll
    for which in ("main", "box"):
        poll.rt.engine(which).dispose()


def _round(poll: Poll, steady: Steady, seconds: float = 1.0) -> Step:
    steady.now += seconds
    poll.clock.forward(seconds=seconds)
    return steps.advance_vote(poll.rt, poll.call_id)


def test_a_clock_that_jumps_ahead_for_some_seconds_seals_nothing(careful: Poll, steady: Steady) -> None:
    assert _round(careful, steady) is Step.HANDED
    with structlog.testing.capture_logs() as said:
        careful.clock.forward(days=60)
        for _ in range(120):  # two minutes of it
            assert _round(careful, steady) is Step.HANDED
    assert [line["event"] for line in said if line["log_level"] == "error"] == [
        "the clock jumped ahead past the end of a vote: the box is not sealed yet, check the clock now"
    ]
    careful.clock.forward(days=-60)
    assert _round(careful, steady) is Step.HANDED
    content = careful.issue(1).ballot(1).encode()
    assert service.cast_ballot(careful.rt, careful.call_id, content).signature


def test_a_vote_that_ends_in_the_course_of_things_is_sealed_after_a_minute(
    careful: Poll, steady: Steady
) -> None:
    _round(careful, steady)
    rest = (careful.manifest.cast_until - careful.clock.now).total_seconds() - 1
    assert _round(careful, steady, rest) is Step.HANDED
    assert _round(careful, steady) is Step.HANDED  # at the end: the first reading
    for _ in range(59):
        assert _round(careful, steady) is Step.HANDED
    assert _round(careful, steady) is Step.SEALED


def test_one_long_pause_between_two_readings_is_not_several_rounds(careful: Poll, steady: Steady) -> None:
    _round(careful, steady)
    rest = (careful.manifest.cast_until - careful.clock.now).total_seconds()
    assert _round(careful, steady, rest) is Step.HANDED
    assert _round(careful, steady, 500) is Step.HANDED
    assert _round(careful, steady, 1) is Step.SEALED


def test_a_clock_that_really_was_behind_is_believed_after_a_quarter_of_an_hour(
    careful: Poll, steady: Steady
) -> None:
    _round(careful, steady)
    careful.clock.set(careful.manifest.cast_until + timedelta(hours=1))
    for _ in range(15):
        assert _round(careful, steady, 60) is Step.HANDED
    assert _round(careful, steady, 60) is Step.SEALED


def test_a_clock_that_stands_still_while_the_counter_runs_proves_no_end(
    careful: Poll, steady: Steady
) -> None:
    careful.clock.set(careful.manifest.cast_until - timedelta(seconds=1))
    for _ in range(50):
        steady.now += 60
        assert steps.advance_vote(careful.rt, careful.call_id) is Step.HANDED


def test_no_token_and_no_ballot_for_a_box_that_is_sealed_though_the_clock_says_open(hasty: Poll) -> None:
    rt, call_id = hasty.rt, hasty.call_id
    token = hasty.issue(1).ballot(1).encode()
    promised = hasty.issue(2).ballot(1).encode()
    receipt = service.cast_ballot(rt, call_id, promised)
    ticket = identify_in(rt, hasty, invented_id(3))
    request = blinded(hasty.manifest, ticket.style)
    right = hasty.clock.now
    hasty.clock.forward(days=60)
    hasty.advance()
    hasty.clock.set(right)
    with structlog.testing.capture_logs() as said:
        hasty.advance()
        hasty.advance()
    assert len([line for line in said if "sealed although the clock" in line["event"]]) == 1

    with pytest.raises(IssuingEnded):
        identify_in(rt, hasty, invented_id(4))
    with pytest.raises(IssuingEnded):
        registrar_service.issue(rt, ticket, style=ticket.style, blinded=request.blinded)
    page = create_checkin(rt).test_client().get(f"/checkin/{call_id}/")
    assert page.status_code == 409
    assert "已經封存" in page.get_data(as_text=True)
    with pytest.raises(BoxSealed):
        service.cast_ballot(rt, call_id, token)
    assert service.cast_ballot(rt, call_id, promised) == receipt
    box = create_box(rt).test_client()
    for district in ("d1", "d2"):
        ballot = box.get(f"/booth/{call_id}/?district={district}").get_data(as_text=True)
        assert "票匭已經封存" in ballot
        assert "/static/vote/booth.js" not in ballot  # the module that lets somebody choose and cast
    answer = box.post(f"/box/{call_id}/ballots", data=token)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "box.sealed")


def test_the_registrar_stops_before_the_box_is_sealed(hasty: Poll, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker dies between the two, and the clock is put right meanwhile."""

    def dies(*_args: object) -> str:
        raise RuntimeError("the worker is killed here")

    right = hasty.clock.now
    with monkeypatch.context() as patched:
        patched.setattr(steps.sequencing, "seal", dies)
        hasty.clock.forward(days=60)
        with pytest.raises(RuntimeError):
            hasty.advance()
    hasty.clock.set(right)
    with pytest.raises(IssuingEnded):
        identify_in(hasty.rt, hasty, invented_id(4))
    hasty.clock.forward(days=60)
    assert steps.advance_vote(hasty.rt, hasty.call_id) is Step.SEALED
