"""S6: what the box takes, what it promises, and what it refuses."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from pbvote.core import canonical
from pbvote.core.ballot.ballot import BallotLength
from pbvote.core.ballot.receipt import include_by, verify_receipt
from pbvote.core.crypto.errors import SignatureBad, TokenInvalid
from pbvote.core.errors import PbvoteError, StageClosed, VerificationError
from pbvote.core.log.checkpoint import parse_verifier_key
from pbvote.core.log.entry import entry_hash, parse_ballot
from pbvote.core.types import CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import errors, queries, service
from pbvote.rooms.ballotbox.models import CREDENTIAL, PENDING
from tests.make.boxes import CLOSED, OPEN, ballots, box_manifest, open_vote, signed_notice
from tests.make.votes import NORTH_1, NORTH_2, TIMELINE, ExampleVoter


def count(rt: Runtime, table: Any) -> int:
    with rt.read_box() as tx:
        return int(tx.scalar(select(func.count()).select_from(table)) or 0)


def test_a_valid_ballot_is_kept_and_promised(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    (ballot,) = ballots(manifest, 1)
    receipt = service.cast_ballot(rt, manifest.call, ballot)
    assert receipt.entry_hash == entry_hash(ballot)
    assert receipt.include_by == include_by(TIMELINE.cast_until)
    key = parse_verifier_key(manifest.box_vkey).public
    verify_receipt(manifest.election_hash, receipt, public_key=key)
    with rt.read_box() as tx:
        row = tx.execute(select(PENDING)).one()
    assert (row.entry, row.style, row.entry_hash) == (ballot, NORTH_1, entry_hash(ballot))


def test_the_same_ballot_again_gets_the_same_receipt_even_after_the_close(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    (ballot,) = ballots(manifest, 1)
    receipt = service.cast_ballot(rt, manifest.call, ballot)
    assert service.cast_ballot(rt, manifest.call, ballot) == receipt
    clock.set(CLOSED)
    assert service.cast_ballot(rt, manifest.call, ballot) == receipt
    assert count(rt, PENDING) == 1


def test_a_second_ballot_with_one_credential_is_refused_and_leaves_no_trace(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    voter = ExampleVoter.with_token(manifest)
    service.cast_ballot(rt, manifest.call, voter.ballot(1).encode())
    with pytest.raises(errors.CredentialUsed):
        service.cast_ballot(rt, manifest.call, voter.ballot(2).encode())
    assert (count(rt, PENDING), count(rt, CREDENTIAL)) == (1, 1)


@pytest.mark.parametrize("at", [TIMELINE.voting_opens_at - timedelta(seconds=1), TIMELINE.cast_until])
def test_a_new_ballot_outside_the_voting_time_is_refused(rt: Runtime, clock: Any, at: Any) -> None:
    manifest = open_vote(rt, clock)
    clock.set(at)
    with pytest.raises(StageClosed):
        service.cast_ballot(rt, manifest.call, ballots(manifest, 1)[0])
    assert count(rt, CREDENTIAL) == 0


def test_a_token_can_still_be_cast_after_issuing_has_ended(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    clock.set(TIMELINE.issue_until + timedelta(minutes=29))
    service.cast_ballot(rt, manifest.call, ballots(manifest, 1)[0])
    assert count(rt, PENDING) == 1


def test_no_altered_byte_of_a_ballot_gets_in(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    (ballot,) = ballots(manifest, 1)
    for position in range(0, len(ballot), 7):
        altered = bytearray(ballot)
        altered[position] ^= 1
        with pytest.raises(VerificationError):
            service.cast_ballot(rt, manifest.call, bytes(altered))
    for hostile in (b"", ballot[:-1], ballot + b"\0", ballot[:100], bytes(2000)):
        with pytest.raises(PbvoteError):
            service.cast_ballot(rt, manifest.call, hostile)
    assert count(rt, CREDENTIAL) == 0


def test_a_token_of_another_style_or_credential_is_refused(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    one, other = ExampleVoter.with_token(manifest), ExampleVoter.with_token(manifest)
    moved = replace(one, style=NORTH_2)
    with pytest.raises(TokenInvalid):
        service.cast_ballot(rt, manifest.call, moved.ballot(1).encode())
    stolen = replace(other, token=one.token, random=one.random)
    with pytest.raises(TokenInvalid):
        service.cast_ballot(rt, manifest.call, stolen.ballot(1).encode())


def test_a_sealed_part_of_another_length_is_refused(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    voter = ExampleVoter.with_token(manifest)
    with pytest.raises(BallotLength):
        service.cast_ballot(rt, manifest.call, voter.entry(voter.seal(1) + b"\0").encode())


def test_an_unknown_vote_takes_nothing(rt: Runtime) -> None:
    with pytest.raises(errors.VoteUnknown):
        service.cast_ballot(rt, CallId("nosuchcall22"), b"anything")


def test_a_cast_takes_at_most_three_statements(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    first, second = ballots(manifest, 2)
    service.cast_ballot(rt, manifest.call, first)
    statements: list[str] = []
    event.listen(
        rt.engine("box"), "before_cursor_execute", lambda *call: statements.append(call[2].split()[0])
    )
    service.cast_ballot(rt, manifest.call, second)
    assert statements == ["INSERT", "INSERT"] or statements == ["BEGIN", "INSERT", "INSERT"]


def test_of_many_parallel_ballots_with_one_credential_one_is_kept(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    voter = ExampleVoter.with_token(manifest)
    rivals = [voter.ballot(1 + i % 3).encode() for i in range(16)]
    answers: list[str] = []

    def cast(ballot: bytes) -> None:
        try:
            service.cast_ballot(rt, manifest.call, ballot)
            answers.append("kept")
        except errors.CredentialUsed:
            answers.append("refused")

    threads = [threading.Thread(target=cast, args=(each,)) for each in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["kept"] + ["refused"] * 15
    assert (count(rt, PENDING), count(rt, CREDENTIAL)) == (1, 1)


def test_neither_time_nor_order_of_arrival_has_a_column(rt: Runtime, clock: Any) -> None:
    open_vote(rt, clock)
    assert {column.name for column in PENDING.columns} == {"call_id", "style", "entry_hash", "entry"}
    assert {column.name for column in CREDENTIAL.columns} == {"call_id", "credential", "entry_hash"}
    with rt.read_box() as tx:
        sql = tx.connection().exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        made = {name: text for name, text in sql if name.startswith("ballotbox_")}
    assert "WITHOUT ROWID" in made["ballotbox_pending"]
    assert "WITHOUT ROWID" in made["ballotbox_credential"]


def test_what_the_box_stores_is_as_long_for_every_choice(rt: Runtime, clock: Any) -> None:
    manifest = open_vote(rt, clock)
    lengths = {
        len(ExampleVoter.with_token(manifest).ballot(*choices).encode())
        for choices in ((1,), (1, 2, 3), (2, 4))
    }
    assert len(lengths) == 1
    assert max(lengths) < 1900
    parse_ballot(ballots(manifest, 1)[0], token_length=256)


class TestManifestAndNotices:
    def test_a_manifest_is_entry_zero_and_the_same_again_changes_nothing(
        self, rt: Runtime, clock: Any
    ) -> None:
        manifest = open_vote(rt, clock)
        service.receive_manifest(rt, manifest.bytes)
        with rt.read_box() as tx:
            assert list(queries.entries(tx, manifest.call)) == [b"\x00\x01" + manifest.bytes]
            assert queries.get_manifest(tx, manifest.call).bytes == manifest.bytes

    def test_another_manifest_for_a_frozen_vote_is_refused(self, rt: Runtime, clock: Any) -> None:
        open_vote(rt, clock)
        with pytest.raises(errors.OtherManifest):
            service.receive_manifest(rt, box_manifest(rt, title="另一個標題").bytes)

    def test_a_manifest_that_names_a_foreign_box_key_is_refused(self, rt: Runtime) -> None:
        manifest = box_manifest(rt)
        with pytest.raises(errors.BoxKeyWrong):
            service.receive_manifest(rt, replace(manifest, box_vkey=manifest.roll_vkey).bytes)

    def test_a_signed_notice_enters_the_log_once(self, rt: Runtime, clock: Any) -> None:
        manifest = open_vote(rt, clock)
        statement = canonical.encode(
            {"kind": "project-withdrawn", "project": 2, "reason": "提案人撤回", "time": 1}
        )
        signature = signed_notice(manifest, statement)
        assert service.receive_notice(rt, manifest.call, statement, signature) == 1
        assert service.receive_notice(rt, manifest.call, statement, signature) == 1
        with rt.read_box() as tx:
            assert [each["project"] for each in queries.notices(tx, manifest.call)] == [2]

    def test_a_notice_under_another_key_is_refused(self, rt: Runtime, clock: Any) -> None:
        manifest = open_vote(rt, clock)
        statement = canonical.encode({"kind": "project-withdrawn"})
        with pytest.raises(SignatureBad):
            service.receive_notice(
                rt, manifest.call, statement, signed_notice(manifest, statement, seed=bytes(32))
            )

    def test_a_withdrawn_project_stays_valid_to_choose(self, rt: Runtime, clock: Any) -> None:
        manifest = open_vote(rt, clock)
        statement = canonical.encode({"kind": "project-withdrawn", "project": 1, "reason": "撤回", "time": 1})
        service.receive_notice(rt, manifest.call, statement, signed_notice(manifest, statement))
        service.cast_ballot(rt, manifest.call, ballots(manifest, 1)[0])
        assert clock() == OPEN
