"""S7 and S9 to S11: batches that hide arrival, the seal, and what follows the count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from pbvote.core import canonical
from pbvote.core.ballot.ballot import decode_choices
from pbvote.core.errors import StageClosed
from pbvote.core.log.checkpoint import open_checkpoint
from pbvote.core.log.entry import (
    BallotEntry,
    BatchEntry,
    CloseEntry,
    OpeningEntry,
    OutcomeEntry,
    entry_hash,
    parse_entry,
)
from pbvote.core.log.merkle import RootBuilder, verify_inclusion
from pbvote.core.manifest import Manifest
from pbvote.core.types import Choices, StyleId
from pbvote.platform.bulletin.log import EntryUnknown
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import errors, queries, sequencing, service, traces
from pbvote.rooms.ballotbox.models import CREDENTIAL, PENDING
from tests.make.boxes import CLOSED, OPEN, ballots, open_vote
from tests.make.votes import NORTH_1, SOUTH_1, TIMELINE, ExampleVoter, opening_key


def read_log(rt: Runtime, manifest: Manifest) -> list[Any]:
    lengths = {style.id: 256 for style in manifest.styles}
    with rt.read_box() as tx:
        octets = list(queries.entries(tx, manifest.call))
        note = queries.checkpoint(tx, manifest.call)
    checkpoint = open_checkpoint(note, manifest.box_vkey, origin=f"vote.example/box/{manifest.call}")
    tree = RootBuilder()
    for each in octets:
        tree.add(entry_hash(each))
    assert (checkpoint.size, checkpoint.root) == (tree.size, tree.root())
    return [parse_entry(each, token_lengths=lengths) for each in octets]


def cast_all(rt: Runtime, manifest: Manifest, entries: list[bytes]) -> None:
    for each in entries:
        service.cast_ballot(rt, manifest.call, each)


def waiting(rt: Runtime) -> int:
    with rt.read_box() as tx:
        return int(tx.scalar(select(func.count()).select_from(PENDING)) or 0)


def test_nothing_is_flushed_before_its_time_or_below_twice_k(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    entries = ballots(manifest, 6)
    clock.set(TIMELINE.voting_opens_at + timedelta(seconds=1))
    cast_all(rt, manifest, entries[:5])
    assert sequencing.flush(rt, manifest.call) == 0
    clock.set(OPEN)
    assert sequencing.flush(rt, manifest.call) == 0
    assert len(read_log(rt, manifest)) == 1
    cast_all(rt, manifest, entries[5:])
    assert sequencing.flush(rt, manifest.call) == 3


def test_a_batch_holds_all_but_k_in_the_order_of_their_hashes(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    entries = ballots(manifest, 10)
    cast_all(rt, manifest, entries)
    assert sequencing.flush(rt, manifest.call) == 7
    log = read_log(rt, manifest)
    in_log = [each for each in log if isinstance(each, BallotEntry)]
    names = [entry_hash(each.encode()) for each in in_log]
    assert names == sorted(names)
    assert {each.encode() for each in in_log} < set(entries)
    assert log[-1] == BatchEntry(NORTH_1, 1, 7, int(OPEN.timestamp()))
    assert waiting(rt) == 3


def test_the_order_of_arrival_does_not_show_in_the_log(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    entries = ballots(manifest, 12)
    cast_all(rt, manifest, entries)
    sequencing.flush(rt, manifest.call)
    log = [each.encode() for each in read_log(rt, manifest) if isinstance(each, BallotEntry)]
    order = [entries.index(each) for each in log]
    assert order != sorted(order)


def test_styles_are_flushed_apart(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    cast_all(rt, manifest, ballots(manifest, 6) + ballots(manifest, 5, SOUTH_1))
    sequencing.flush(rt, manifest.call)
    with rt.read_box() as tx:
        told = queries.turnout(tx, service.vote_of(rt, manifest.call))
    assert told == {"north-w1": 3, "north-w2": 0, "south-w1": 0}


def test_the_next_batch_of_a_style_waits_for_its_time(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    entries = ballots(manifest, 12)
    cast_all(rt, manifest, entries[:6])
    assert sequencing.flush(rt, manifest.call) == 3
    cast_all(rt, manifest, entries[6:])
    assert sequencing.flush(rt, manifest.call) == 0
    clock.forward(seconds=60)
    assert sequencing.flush(rt, manifest.call) == 6
    numbers = [each.number for each in read_log(rt, manifest) if isinstance(each, BatchEntry)]
    assert numbers == [1, 2]


def test_after_a_flush_each_ballot_stands_once_in_the_files_and_nowhere_else(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    entries = ballots(manifest, 40)
    cast_all(rt, manifest, entries)
    clock.set(CLOSED)
    sequencing.seal(rt, manifest.call)
    folder = rt.settings.state_dir
    wal = folder / "box.db-wal"
    seals = [each[-70:-64] + each[-64:-40] for each in entries]
    assert not any(seal in wal.read_bytes() for seal in seals)
    content = (folder / "box.db").read_bytes()
    counts = {content.count(each[-64:]) for each in entries}
    assert counts <= {0, 1}  # an entry that crosses a page is cut by the file's own structure
    assert waiting(rt) == 0


def test_traces_that_could_not_be_wiped_are_tried_again(
    rt: Runtime, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = open_vote(rt, clock)
    cast_all(rt, manifest, ballots(manifest, 6))
    with monkeypatch.context() as patched:
        patched.setattr(traces, "truncate_wal", lambda _engine: False)
        with pytest.raises(errors.TracesRemain):
            sequencing.flush(rt, manifest.call)
    sequencing.flush(rt, manifest.call)
    wal = (rt.settings.state_dir / "box.db-wal").read_bytes()
    assert len(read_log(rt, manifest)) == 5
    assert len(wal) < 20_000


def test_the_last_flush_takes_everything_and_seals(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    entries = ballots(manifest, 7) + ballots(manifest, 1, SOUTH_1)
    cast_all(rt, manifest, entries)
    sequencing.flush(rt, manifest.call)
    clock.set(CLOSED)
    note = sequencing.seal(rt, manifest.call)
    assert sequencing.seal(rt, manifest.call) == note
    log = read_log(rt, manifest)
    cast = {each.encode() for each in log if isinstance(each, BallotEntry)}
    assert cast == set(entries)
    assert isinstance(log[-1], CloseEntry)
    assert log[-1].counts == {"north-w1": 7, "north-w2": 0, "south-w1": 1}


def test_nobody_seals_early(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    clock.set(TIMELINE.cast_until - timedelta(seconds=1))
    with pytest.raises(StageClosed):
        sequencing.seal(rt, manifest.call)


def test_a_sealed_box_takes_nothing_even_under_a_clock_that_runs_behind(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    clock.set(CLOSED)
    sequencing.seal(rt, manifest.call)
    clock.set(OPEN)
    with pytest.raises(errors.BoxSealed):
        service.cast_ballot(rt, manifest.call, ballots(manifest, 1)[0])
    with rt.read_box() as tx:
        assert tx.scalar(select(func.count()).select_from(CREDENTIAL)) == 0


def test_every_promise_is_kept_by_a_proof(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    entries = ballots(manifest, 9)
    receipts = [service.cast_ballot(rt, manifest.call, each) for each in entries]
    with rt.read_box() as tx, pytest.raises(EntryUnknown):
        queries.proof(tx, manifest.call, receipts[0].entry_hash)
    clock.set(CLOSED)
    sequencing.seal(rt, manifest.call)
    name = f"vote.example/box/{manifest.call}"
    with rt.read_box() as tx:
        for receipt in receipts:
            for wanted in (receipt.entry_hash, receipt.entry_hash[:10]):
                found = queries.proof(tx, manifest.call, wanted)
                checkpoint = open_checkpoint(found.checkpoint, manifest.box_vkey, origin=name)
                verify_inclusion(
                    receipt.entry_hash,
                    index=found.position,
                    size=checkpoint.size,
                    proof=found.hashes,
                    root=checkpoint.root,
                )


class TestOpening:
    def sealed(self, rt: Runtime, clock: Any) -> Manifest:
        manifest = open_vote(rt, clock)
        voter = ExampleVoter.with_token(manifest)
        service.cast_ballot(rt, manifest.call, voter.ballot(1, 3).encode())
        clock.set(CLOSED)
        sequencing.seal(rt, manifest.call)
        return manifest

    def test_nothing_is_opened_before_the_seal(self, rt: Runtime, clock: Any) -> None:
        manifest = open_vote(rt, clock)
        with pytest.raises(errors.BoxNotSealed):
            sequencing.append_opening(rt, manifest.call, opening_key())

    def test_another_key_is_refused(self, rt: Runtime, clock: Any) -> None:
        manifest = self.sealed(rt, clock)
        with pytest.raises(errors.OpeningKeyWrong):
            sequencing.append_opening(rt, manifest.call, bytes(31) + b"\x07")

    def test_the_outcome_does_not_come_before_the_key(self, rt: Runtime, clock: Any) -> None:
        manifest = self.sealed(rt, clock)
        with pytest.raises(errors.BoxNotOpened):
            sequencing.append_outcome(rt, manifest.call, canonical.encode({"version": 1}))

    def test_key_and_outcome_enter_once_and_stay(self, rt: Runtime, clock: Any) -> None:
        manifest = self.sealed(rt, clock)
        outcome = canonical.encode({"version": 1})
        sequencing.append_opening(rt, manifest.call, opening_key())
        final = sequencing.append_outcome(rt, manifest.call, outcome)
        assert sequencing.append_outcome(rt, manifest.call, outcome) == final
        assert sequencing.append_opening(rt, manifest.call, opening_key()) == final
        with pytest.raises(errors.EnteredDifferently):
            sequencing.append_outcome(rt, manifest.call, canonical.encode({"version": 2}))
        with pytest.raises(errors.EnteredDifferently):
            sequencing.append_opening(rt, manifest.call, opening_key(), bytes(32))
        log = read_log(rt, manifest)
        assert log[-2:] == [OpeningEntry(opening_key()), OutcomeEntry(outcome)]


def test_what_is_in_the_log_opens_to_what_was_chosen(rt: Runtime, clock: Any) -> None:
    from pbvote.core.ballot.ballot import open_choices
    from pbvote.core.crypto.sealing import OpeningKey

    manifest = TestOpening().sealed(rt, clock)
    (ballot,) = (each for each in read_log(rt, manifest) if isinstance(each, BallotEntry))
    assert open_choices(manifest, OpeningKey(opening_key()), ballot) == Choices((1, 3))
    assert StyleId(ballot.style) == NORTH_1
    assert decode_choices(b"\x00\x02[]" + bytes(12), manifest.ruleset.ballot_form) == Choices()
