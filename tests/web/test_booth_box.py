"""The box over HTTP: casting without identity, and the public log as anybody reads it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from pbvote.core.ballot.receipt import Receipt, check_code, verify_receipt
from pbvote.core.log.checkpoint import open_checkpoint, parse_verifier_key
from pbvote.core.log.entry import entry_hash
from pbvote.core.log.merkle import leaf_hash, verify_consistency, verify_inclusion
from pbvote.core.types import EntryHash, unb64
from pbvote.platform.db import truncate_wal
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import sequencing
from tests.make.boxes import CLOSED, ballots, open_vote
from tests.make.votes import ExampleVoter

CALL = "abcdefghij23"
NAME = f"vote.example/box/{CALL}"


def cast(box: FlaskClient, ballot: bytes, **headers: str) -> Any:
    return box.post(
        f"/box/{CALL}/ballots", data=ballot, content_type="application/octet-stream", headers=headers
    )


def test_a_cast_is_answered_with_a_promise_and_nothing_else(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    manifest = open_vote(rt, clock)
    (ballot,) = ballots(manifest, 1)
    answer = cast(box, ballot)
    assert answer.status_code == 201
    assert "Set-Cookie" not in answer.headers
    assert set(answer.json) == {"entry_hash", "include_by", "signature"}
    receipt = Receipt(
        entry_hash=EntryHash(unb64(answer.json["entry_hash"])),
        include_by=answer.json["include_by"],
        signature=unb64(answer.json["signature"]),
    )
    key = parse_verifier_key(manifest.box_vkey).public
    verify_receipt(manifest.election_hash, receipt, public_key=key)
    assert cast(box, ballot).data == answer.data


def test_a_ballot_with_anything_that_names_a_person_is_refused(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    manifest = open_vote(rt, clock)
    (ballot,) = ballots(manifest, 1)
    named = cast(box, ballot, Authorization="Basic YTpi")
    assert (named.status_code, named.json["code"]) == (400, "ballot.with-identity")
    box.set_cookie("pbvote_session", "abc")
    named = cast(box, ballot)
    assert (named.status_code, named.json["code"]) == (400, "ballot.with-identity")
    box.delete_cookie("pbvote_session")
    assert cast(box, ballot).status_code == 201


def test_refusals_carry_a_code_and_a_sentence(rt: Runtime, clock: Any, box: FlaskClient) -> None:
    manifest = open_vote(rt, clock)
    voter = ExampleVoter.with_token(manifest)
    cast(box, voter.ballot(1).encode())
    second = cast(box, voter.ballot(2).encode())
    assert (second.status_code, second.json["code"]) == (409, "ballot.credential-used")
    assert second.json["text"]
    altered = bytearray(ballots(manifest, 1)[0])
    altered[-1] ^= 1
    assert cast(box, bytes(altered)).status_code == 400
    assert cast(box, bytes(200_000)).status_code == 413
    clock.set(CLOSED)
    late = cast(box, ballots(manifest, 1)[0])
    assert (late.status_code, late.json["code"]) == (409, "stage.closed")


def test_a_cast_writes_no_line_into_any_log(
    rt: Runtime, clock: Any, box: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = open_vote(rt, clock)
    caplog.set_level(logging.DEBUG)
    with capture_logs() as written:
        assert cast(box, ballots(manifest, 1)[0]).status_code == 201
    assert written == []
    assert [record for record in caplog.records if record.name != "asyncio"] == []


def test_the_log_can_be_read_checked_and_followed_by_anybody(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    manifest = open_vote(rt, clock)
    assert box.get(f"/box/{CALL}/manifest").data == manifest.bytes
    first = open_checkpoint(box.get(f"/box/{CALL}/checkpoint").text, manifest.box_vkey, origin=NAME)
    entries = ballots(manifest, 5)
    for each in entries:
        assert cast(box, each).status_code == 201
    assert box.get(f"/box/{CALL}/proof/{entry_hash(entries[0]).hex()}").status_code == 404
    clock.set(CLOSED)
    sequencing.seal(rt, manifest.call)
    last = open_checkpoint(box.get(f"/box/{CALL}/checkpoint").text, manifest.box_vkey, origin=NAME)
    grown = box.get(f"/box/{CALL}/consistency/{first.size}").json
    verify_consistency(
        old_size=first.size,
        new_size=last.size,
        old_root=first.root,
        new_root=last.root,
        proof=[unb64(each) for each in grown["hashes"]],
    )
    for each in entries:
        code = check_code(entry_hash(each))
        for wanted in (entry_hash(each).hex(), code, code.lower()):
            found = box.get(f"/box/{CALL}/proof/{wanted}").json
            verify_inclusion(
                entry_hash(each),
                index=found["position"],
                size=last.size,
                proof=[unb64(part) for part in found["hashes"]],
                root=last.root,
            )
    frames = box.get(f"/box/{CALL}/entries?start=1&stop=3").data
    length = int.from_bytes(frames[:4], "big")
    tile = box.get(f"/box/{CALL}/tile/0/0").data
    assert leaf_hash(frames[4 : 4 + length]) == tile[32:64]
    assert len(tile) == 32 * last.size


def test_a_slow_reader_of_the_log_does_not_keep_its_traces(rt: Runtime, clock: Any, box: FlaskClient) -> None:
    manifest = open_vote(rt, clock)
    with box.get(f"/box/{CALL}/entries", buffered=False) as answer:
        assert next(answer.iter_encoded())
        assert cast(box, ballots(manifest, 1)[0]).status_code == 201
        assert truncate_wal(rt.engine("box"))


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("entries?start=99999999999999999999", 200),
        ("entries?stop=99999999999999999999", 200),
        ("entries?start=-5&stop=-1", 200),
        ("consistency/99999999999999999999", 404),
        ("tile/99999999999999999999/0", 404),
        ("tile/0/99999999999999999999", 404),
    ],
)
def test_a_number_beyond_every_database_is_no_error(
    rt: Runtime, clock: Any, box: FlaskClient, place: str, status: int
) -> None:
    open_vote(rt, clock)
    assert box.get(f"/box/{CALL}/{place}").status_code == status


def test_malformed_codes_and_places_are_refused_with_a_sentence(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    open_vote(rt, clock)
    assert box.get(f"/box/{CALL}/proof/nonsense").json["code"] == "receipt.code-malformed"
    assert box.get(f"/box/{CALL}/tile/0/9").status_code == 404
    assert box.get("/box/nosuchcall22/checkpoint").status_code == 404
    assert box.get(f"/box/{CALL}/notices").json == []


def test_no_address_of_the_box_is_told_a_check_code_to_draw_it(
    rt: Runtime, clock: Any, box: FlaskClient
) -> None:
    open_vote(rt, clock)
    assert box.get(f"/box/{CALL}/qr/0123-4567-89AB-CDEF.svg").status_code == 404
