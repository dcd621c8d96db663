"""The box on PostgreSQL: casts side by side, one per credential, and rows that forget arrival."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, text

from pbvote.core.errors import StageClosed
from pbvote.core.log.entry import entry_hash
from pbvote.edges.tables import METADATA
from pbvote.platform.db import BoxBase, open_engine
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import errors, sequencing, service
from tests.make.boxes import CLOSED, ballots, open_vote
from tests.make.votes import ExampleVoter
from tests.postgres import fresh_database

pytestmark = pytest.mark.postgres


@pytest.fixture
def pg(rt: Runtime, postgres_url: str) -> Iterator[Runtime]:
    """The test's runtime with its box on PostgreSQL."""
    with fresh_database(postgres_url) as url:
        engine = open_engine(url)
        assert METADATA["box"] is BoxBase.metadata
        BoxBase.metadata.create_all(engine)
        yield replace(rt, box_engine=engine)
        engine.dispose()


def side_by_side(work: Any, items: list[Any]) -> list[str]:
    answers: list[str] = []

    def one(item: Any) -> None:
        try:
            work(item)
            answers.append("kept")
        except (errors.CredentialUsed, StageClosed) as error:
            answers.append(error.code)

    threads = [threading.Thread(target=one, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


def test_of_many_parallel_ballots_with_one_credential_one_is_kept(pg: Runtime, clock: Any) -> None:
    manifest = open_vote(pg, clock)
    voter = ExampleVoter.with_token(manifest)
    rivals = [voter.ballot(1 + i % 3).encode() for i in range(16)]
    answers = side_by_side(lambda each: service.cast_ballot(pg, manifest.call, each), rivals)
    assert answers == ["ballot.credential-used"] * 15 + ["kept"]


def test_a_cast_takes_three_statements_and_locks_no_row_that_others_need(pg: Runtime, clock: Any) -> None:
    manifest = open_vote(pg, clock)
    first, second = ballots(manifest, 2)
    service.cast_ballot(pg, manifest.call, first)
    statements: list[str] = []
    event.listen(pg.engine("box"), "before_cursor_execute", lambda *call: statements.append(call[2]))
    service.cast_ballot(pg, manifest.call, second)
    assert len(statements) == 3
    assert not any("FOR UPDATE" in each for each in statements)


def test_after_a_flush_credentials_stand_in_the_order_of_their_hashes(pg: Runtime, clock: Any) -> None:
    manifest = open_vote(pg, clock)
    entries = ballots(manifest, 20)
    for each in entries:
        service.cast_ballot(pg, manifest.call, each)
    clock.set(CLOSED)
    sequencing.seal(pg, manifest.call)
    with pg.read_box() as tx:
        stored = [
            bytes(row.entry_hash)
            for row in tx.execute(text("SELECT entry_hash FROM ballotbox_credential ORDER BY ctid"))
        ]
        waiting = tx.scalar(text("SELECT count(*) FROM ballotbox_pending"))
    assert stored == sorted(entry_hash(each) for each in entries)
    assert waiting == 0


def test_every_ballot_that_races_with_the_seal_is_in_the_log_or_refused(pg: Runtime, clock: Any) -> None:
    manifest = open_vote(pg, clock)
    entries = ballots(manifest, 24)
    kept: set[bytes] = set()
    some_are_in = threading.Event()

    def cast_or_seal(item: bytes) -> None:
        if item == b"seal":
            some_are_in.wait(10)
            clock.set(CLOSED)
            sequencing.seal(pg, manifest.call)
            return
        service.cast_ballot(pg, manifest.call, item)
        kept.add(entry_hash(item))
        if len(kept) >= 4:
            some_are_in.set()

    side_by_side(cast_or_seal, [b"seal", *entries])
    with pg.read_box() as tx:
        logged = {bytes(row[0]) for row in tx.execute(text("SELECT hash FROM bulletin_entry"))}
    assert kept
    assert kept <= logged


def test_every_cast_waits_in_the_box_until_it_is_in_the_log(pg: Runtime, clock: Any) -> None:
    manifest = open_vote(pg, clock)
    entries = ballots(manifest, 6)
    for each in entries:
        service.cast_ballot(pg, manifest.call, each)
    assert sequencing.flush(pg, manifest.call) == 3
    with pg.read_box() as tx:
        waiting = {bytes(row[0]) for row in tx.execute(text("SELECT entry_hash FROM ballotbox_pending"))}
        logged = {bytes(row[0]) for row in tx.execute(text("SELECT hash FROM bulletin_entry"))}
    names = {entry_hash(each) for each in entries}
    assert waiting | (logged & names) == names
    assert len(waiting) == 3
