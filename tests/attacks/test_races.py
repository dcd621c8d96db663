"""Many at once on one right: exactly one gets through, on both kinds of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from pbvote.core.log.entry import BallotEntry, entry_hash, parse_entry
from pbvote.core.manifest import Manifest
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import errors, queries, sequencing, service
from tests.attacks.attackers import rows
from tests.make.boxes import CLOSED, ballots, open_vote
from tests.make.votes import ExampleVoter

RIVALS = 64


def at_once(rt: Runtime, manifest: Manifest, entries: list[bytes]) -> list[str]:
    gate = Barrier(len(entries))

    def cast(entry: bytes) -> str:
        gate.wait(60)
        try:
            return service.cast_ballot(rt, manifest.call, entry).signature.hex()
        except errors.CredentialUsed as error:
            return error.code

    with ThreadPoolExecutor(len(entries)) as pool:
        return list(pool.map(cast, entries))


def logged(rt: Runtime, manifest: Manifest) -> list[BallotEntry]:
    lengths = {style.id: 256 for style in manifest.styles}
    with rt.read_box() as tx:
        entries = [parse_entry(each, token_lengths=lengths) for each in queries.entries(tx, manifest.call)]
    return [each for each in entries if isinstance(each, BallotEntry)]


def test_of_64_casts_under_one_credential_one_is_accepted(shared: Runtime, clock: Any) -> None:
    manifest = open_vote(shared, clock)
    voter = ExampleVoter.with_token(manifest)
    rivals = [voter.ballot(1 + number % 3).encode() for number in range(RIVALS)]
    answers = at_once(shared, manifest, rivals)
    assert answers.count("ballot.credential-used") == RIVALS - 1
    assert rows(shared) == (1, 1)
    winner = next(at for at, answer in enumerate(answers) if answer != "ballot.credential-used")
    clock.set(CLOSED)
    sequencing.seal(shared, manifest.call)
    assert [entry_hash(each.encode()) for each in logged(shared, manifest)] == [entry_hash(rivals[winner])]


def test_one_ballot_sent_64_times_at_once_is_one_ballot_with_one_promise(shared: Runtime, clock: Any) -> None:
    manifest = open_vote(shared, clock)
    (entry,) = ballots(manifest, 1)
    answers = at_once(shared, manifest, [entry] * RIVALS)
    assert len(set(answers)) == 1
    assert answers[0] != "ballot.credential-used"
    assert rows(shared) == (1, 1)


def test_rivals_that_race_with_flushes_are_one_ballot_in_the_log(shared: Runtime, clock: Any) -> None:
    """A flush writes the rows of credentials anew; no second ballot slips in between."""
    manifest = open_vote(shared, clock)
    crowd = ballots(manifest, 10)
    for entry in crowd:
        service.cast_ballot(shared, manifest.call, entry)
    voter = ExampleVoter.with_token(manifest)
    first = voter.ballot(1).encode()
    service.cast_ballot(shared, manifest.call, first)
    rivals = [voter.ballot(1 + number % 3).encode() for number in range(12)]
    gate = Barrier(len(rivals) + 1)

    def work(entry: bytes) -> str:
        gate.wait(60)
        if not entry:
            clock.forward(seconds=61)
            return str(sequencing.flush(shared, manifest.call))
        try:
            service.cast_ballot(shared, manifest.call, entry)
        except errors.CredentialUsed as error:
            return error.code
        return "kept"

    with ThreadPoolExecutor(len(rivals) + 1) as pool:
        answers = list(pool.map(work, [b"", *rivals]))
    assert answers[1:] == ["ballot.credential-used"] * len(rivals)
    assert int(answers[0]) >= 5
    clock.set(CLOSED)
    sequencing.seal(shared, manifest.call)
    names = [entry_hash(each.encode()) for each in logged(shared, manifest)]
    assert sorted(names) == sorted(map(entry_hash, [*crowd, first]))
