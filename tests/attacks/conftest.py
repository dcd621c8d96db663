"""A frozen vote of invented people, open for casting, for all attacks of a module."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.make.polls import Poll, moderated_poll
from tests.make.services import MovableClock, make_runtime
from tests.make.votes import ExampleVoter


@pytest.fixture(scope="module")
def vote(tmp_path_factory: pytest.TempPathFactory, empty_databases: Path) -> Iterator[Poll]:
    """Voting is open; what an attack leaves behind the next one would see."""
    clock = MovableClock()
    rt = make_runtime(tmp_path_factory.mktemp("attacks"), empty_databases, clock)
    poll = moderated_poll(rt, people=24)
    poll.freeze()
    poll.open_voting()
    yield poll
    for which in ("main", "box"):
        rt.engine(which).dispose()


@pytest.fixture
def voting(vote: Poll) -> Poll:
    """The vote with its clock an hour after the opening."""
    vote.clock.set(vote.manifest.opens_at + timedelta(hours=1))
    return vote


@pytest.fixture(scope="module")
def honest(vote: Poll) -> ExampleVoter:
    """A voter with a token who has not cast."""
    vote.clock.set(vote.manifest.opens_at + timedelta(hours=1))
    return vote.issue(0)


@pytest.fixture(scope="module")
def published(vote: Poll) -> tuple[ExampleVoter, bytes]:
    """Somebody whose ballot is in the box, as everybody can read it in the log later."""
    from pbvote.rooms.ballotbox import service

    vote.clock.set(vote.manifest.opens_at + timedelta(hours=1))
    voter = vote.issue(3)
    entry = voter.ballot(1).encode()
    service.cast_ballot(vote.rt, vote.call_id, entry)
    return voter, entry
