"""What an operator who holds every key of the server can do, and what shows it."""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pbvote.core.ballot.receipt import Receipt
from pbvote.core.crypto.keyfile import decrypt_key_file
from pbvote.core.identity.national_id import canonical_id, invented_id
from pbvote.core.identity.voter_record import person_key, voter_record
from pbvote.core.log.checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_verifier_key,
    sign_checkpoint,
)
from pbvote.core.log.entry import entry_hash
from pbvote.core.log.errors import ConsistencyInvalid
from pbvote.core.log.merkle import RootBuilder, leaf_hash, verify_consistency, verify_inclusion
from pbvote.core.record.contents import FolderSource
from pbvote.core.record.report import Report
from pbvote.core.record.verify import Expectations, verify_record
from pbvote.core.types import StyleId, b64, sha256
from pbvote.edges.web.app import create_service
from pbvote.platform.runtime import Runtime
from pbvote.rooms import records
from pbvote.rooms.ballotbox import queries as ballotbox
from pbvote.rooms.ballotbox import service as ballotbox_service
from pbvote.rooms.counting import queries, service
from pbvote.rooms.counting.ceremony import AUDITOR
from pbvote.rooms.counting.errors import ChecksFailed
from pbvote.rooms.registrar import keys
from pbvote.rooms.registrar import service as registrar_service
from pbvote.rooms.registrar.issuing import seal_evidence
from pbvote.rooms.registrar.models import Issuance, RollRow
from pbvote.rooms.registrar.tickets import Ticket
from pbvote.tools.voter import client, steps
from pbvote.tools.voter.attempt import Attempt, Step
from pbvote.tools.voter.errors import NotIncluded
from tests.attacks.attackers import Minted, mint
from tests.make.polls import AUDITOR_PASSPHRASE, Poll, auditor_key_file, moderated_poll
from tests.make.services import MovableClock, make_runtime
from tests.secrecy.whole_poll import Device, Recorder

VOTERS = 15
ABSTAINER = 20


def started(rt: Runtime) -> Poll:
    poll = moderated_poll(rt, people=24)
    poll.freeze()
    poll.open_voting()
    for number in range(VOTERS):
        poll.vote(number, 4 if number % 3 == 2 else 1)
    return poll


def verify(folder: Path, **expected: Any) -> Report:
    return verify_record(FolderSource(folder), expectations=Expectations(**expected))


def exported(poll: Poll, folder: Path) -> Path:
    poll.open_box()
    poll.certify()
    records.export(poll.rt, poll.call_id, folder)
    return folder


def findings(poll: Poll) -> tuple[str, ...]:
    with poll.rt.read_main() as tx:
        checks = queries.progress_of(tx, poll.call_id).checks
    assert checks is not None
    return checks.findings


# -- stuffing


def invent_issuance(poll: Poll, minted: Minted, *, national_id: str, record: bytes) -> None:
    """A row in the registrar's table, as if that person had come."""
    ticket = Ticket(
        call_id=poll.call_id,
        canonical_id=national_id,
        style=minted.voter.style,
        method="roll",
        expires_at=poll.clock.now,
    )
    digest = sha256(minted.blinded)
    evidence = seal_evidence(poll.manifest, ticket, person=canonical_id(national_id), blinded_hash=digest)
    with poll.rt.main() as tx:
        tx.add(
            Issuance(
                call_id=poll.call_id,
                voter_record=record,
                style=minted.voter.style,
                blinded_hash=digest,
                salt=secrets.token_bytes(32),
                batch=0,
                channel="roll",
                evidence=evidence,
            )
        )


def enrolled_style(poll: Poll, national_id: str) -> str | None:
    """The style that the roll has for a number."""
    key = person_key(poll.rt.keystore.get(keys.k_roll(poll.call_id)), poll.call_id, canonical_id(national_id))
    with poll.rt.read_main() as tx:
        return tx.scalar(select(RollRow.style).where(RollRow.person_key == key))


def test_stuffing_without_a_roll_entry_is_seen_by_the_count_and_stops_it(
    rt: Runtime, clock: MovableClock
) -> None:
    poll = started(rt)
    for _ in range(3):
        ballotbox_service.cast_ballot(rt, poll.call_id, mint(poll, "d1-w1").voter.ballot(1).encode())
    poll.close()
    poll.open_box()
    assert "more-ballots-than-issued" in findings(poll)
    with pytest.raises(ChecksFailed):
        service.certify(rt, poll.officer, poll.call_id, totp=poll.officer.code(clock))


def test_stuffing_with_an_invented_roll_passes_the_public_verifier_and_fails_the_evidence_audit(
    rt: Runtime, tmp_path: Path
) -> None:
    """The limit that the threat model states: against the issuer itself only the evidence helps.

    Three inventions: a person who is on no roll, a made-up record for somebody who is, and, best of
    all, somebody on the roll who stayed at home. The last fits everything that the server holds:
    only who asks that person (or the identity service) finds out.
    """
    poll = started(rt)
    k_call = rt.keystore.get(keys.k_call(poll.call_id))
    stranger, abstainer = invented_id(500), invented_id(ABSTAINER)
    for person, record in (
        (stranger, voter_record(k_call, poll.manifest.election_hash, canonical_id(stranger))),
        (abstainer, secrets.token_bytes(32)),
        (abstainer, voter_record(k_call, poll.manifest.election_hash, canonical_id(abstainer))),
    ):
        minted = mint(poll, enrolled_style(poll, person) or "d1-w1")
        invent_issuance(poll, minted, national_id=person, record=record)
        ballotbox_service.cast_ballot(rt, poll.call_id, minted.voter.ballot(1).encode())
    poll.close()
    folder = exported(poll, tmp_path / "record")
    report = verify(folder, election_hash=poll.manifest.election_hash.hex())
    assert report.codes == ()  # the limit
    secret = decrypt_key_file(auditor_key_file(), AUDITOR_PASSPHRASE, purpose=AUDITOR)
    audit = registrar_service.audit_evidence(rt, poll.call_id, secret, actor=poll.auditor)
    assert audit.issuances == VOTERS + 3
    assert audit.good == VOTERS + 1  # the abstainer's evidence is consistent in itself
    assert {problem.kind for problem in audit.problems} == {"not-on-the-roll", "evidence-of-another-person"}


def test_a_person_whose_ballot_was_made_heavier_is_found_by_the_evidence_audit(
    rt: Runtime,
) -> None:
    """The operator issues a token of double weight for somebody whom the roll has with a single one."""
    poll = started(rt)
    k_call = rt.keystore.get(keys.k_call(poll.call_id))
    abstainer = invented_id(ABSTAINER)
    enrolled = enrolled_style(poll, abstainer)
    heavier = "d1-w2" if enrolled != "d1-w2" else "d1-w1"
    minted = mint(poll, heavier)
    record = voter_record(k_call, poll.manifest.election_hash, canonical_id(abstainer))
    invent_issuance(poll, minted, national_id=abstainer, record=record)
    poll.close()
    secret = decrypt_key_file(auditor_key_file(), AUDITOR_PASSPHRASE, purpose=AUDITOR)
    audit = registrar_service.audit_evidence(rt, poll.call_id, secret, actor=poll.auditor)
    assert [problem.kind for problem in audit.problems] == ["roll-has-another-style"]


# -- promises and split views


@dataclass(frozen=True, kw_only=True)
class Rewritten:
    """A certified poll whose operator dropped one promised ballot before the flush."""

    poll: Poll
    folder: Path
    kept_checkpoint: str
    dropped: int
    device: Device


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory: pytest.TempPathFactory, empty_databases: Path) -> Iterator[Rewritten]:
    state = tmp_path_factory.mktemp("operator")
    clock = MovableClock()
    rt = make_runtime(state, empty_databases, clock)
    poll = started(rt)
    clock.forward(seconds=5)
    poll.advance()
    with rt.read_box() as tx:
        kept = ballotbox.checkpoint(tx, poll.call_id)
        logged = {bytes(entry_hash(entry)) for entry in ballotbox.entries(tx, poll.call_id)}
    dropped = next(at for at, entry in enumerate(poll.entries) if bytes(entry_hash(entry)) not in logged)
    with sqlite3.connect(state / "box.db") as box:
        gone = box.execute(
            "delete from ballotbox_pending where entry_hash=?", (bytes(entry_hash(poll.entries[dropped])),)
        )
        assert gone.rowcount == 1
    poll.close()
    yield Rewritten(
        poll=poll,
        folder=exported(poll, tmp_path_factory.mktemp("record") / "record"),
        kept_checkpoint=kept,
        dropped=dropped,
        device=Device(),
    )
    for which in ("main", "box"):
        rt.engine(which).dispose()


def receipt_file(poll: Poll, receipt: Receipt) -> bytes:
    """What a voter's device saved."""
    return json.dumps(
        {
            "version": 1,
            "call": poll.call_id,
            "entry_hash": b64(receipt.entry_hash),
            "include_by": receipt.include_by,
            "signature": b64(receipt.signature),
        }
    ).encode()


def test_a_dropped_ballot_is_invisible_without_its_receipt_and_proven_with_it(rewritten: Rewritten) -> None:
    poll = rewritten.poll
    assert verify(rewritten.folder).codes == ()
    for at, receipt in enumerate(poll.receipts):
        report = verify(rewritten.folder, receipts={"mine": receipt_file(poll, receipt)})
        assert report.codes == (("promise-broken",) if at == rewritten.dropped else ())


def test_a_promise_that_is_not_kept_shows_at_the_voters_own_check(rewritten: Rewritten) -> None:
    poll = rewritten.poll
    known = steps.poll_of(poll.manifest)
    wire = Recorder(create_service(poll.rt))
    for at, (entry, receipt) in enumerate(zip(poll.entries, poll.receipts, strict=True)):
        attempt = Attempt(
            step=Step.CAST,
            style=StyleId("d1-w1"),
            entry=entry,
            entry_hash=receipt.entry_hash,
            include_by=receipt.include_by,
            promise=receipt.signature,
        )
        if at == rewritten.dropped:
            with pytest.raises(NotIncluded):
                client.check_inclusion(known, wire, attempt, shelf=rewritten.device)
        else:
            checked = client.check_inclusion(known, wire, attempt, shelf=rewritten.device)
            assert checked.step is Step.INCLUDED


def box_log(rewritten: Rewritten) -> list[bytes]:
    with rewritten.poll.rt.read_box() as tx:
        return list(ballotbox.entries(tx, rewritten.poll.call_id))


def root_of(entries: list[bytes]) -> bytes:
    tree = RootBuilder()
    for entry in entries:
        tree.add(leaf_hash(entry))
    return tree.root()


def test_a_checkpoint_kept_during_the_vote_fits_the_honest_log_and_no_other(rewritten: Rewritten) -> None:
    """A split view: two histories signed by the same key contradict each other for who kept one."""
    poll = rewritten.poll
    name = parse_verifier_key(poll.manifest.box_vkey).name
    kept = open_checkpoint(rewritten.kept_checkpoint, poll.manifest.box_vkey, origin=name)
    assert verify(rewritten.folder, checkpoints={"kept": rewritten.kept_checkpoint.encode()}).codes == ()
    with poll.rt.read_box() as tx:
        proof, note = ballotbox.consistency(tx, poll.call_id, kept.size)
    final = open_checkpoint(note, poll.manifest.box_vkey, origin=name)
    assert 10 < kept.size < final.size
    consistent(proof, kept, final)

    other = box_log(rewritten)[: kept.size]
    other[2], other[3] = other[3], other[2]
    seed = poll.rt.keystore.get(ballotbox_service.key_name(poll.call_id))
    shown = Checkpoint(origin=name, size=kept.size, root=root_of(other))
    forged = sign_checkpoint(shown, name, seed)
    assert shown.size == kept.size
    assert shown.root != kept.root
    assert verify(rewritten.folder, checkpoints={"shown to me": forged.encode()}).codes == ("split-view",)
    with pytest.raises(ConsistencyInvalid):
        consistent(proof, shown, final)


def consistent(proof: list[bytes], old: Checkpoint, new: Checkpoint) -> None:
    verify_consistency(
        old_size=old.size, new_size=new.size, proof=proof, old_root=old.root, new_root=new.root
    )


def test_an_inclusion_proof_that_was_kept_outlives_the_operators_database(
    rewritten: Rewritten, tmp_path: Path
) -> None:
    """The voter's proof under a kept checkpoint stands, whatever is exported later."""
    poll = rewritten.poll
    included = next(at for at in range(len(poll.entries)) if at != rewritten.dropped)
    name = parse_verifier_key(poll.manifest.box_vkey).name
    with poll.rt.read_box() as tx:
        found = ballotbox.proof(tx, poll.call_id, entry_hash(poll.entries[included]))
    point = open_checkpoint(found.checkpoint, poll.manifest.box_vkey, origin=name)
    shutil.copytree(rewritten.folder, tmp_path / "later")
    log = (tmp_path / "later" / "box.log").read_bytes()
    altered = log.replace(poll.entries[included][-64:], bytes(64))
    assert altered != log
    (tmp_path / "later" / "box.log").write_bytes(altered)
    assert verify(tmp_path / "later", checkpoints={"kept": found.checkpoint.encode()}).codes != ()
    verify_inclusion(
        entry_hash(poll.entries[included]),
        index=found.position,
        size=point.size,
        proof=found.hashes,
        root=point.root,
    )


def test_the_worker_closes_nothing_before_the_end_that_the_manifest_names(
    rt: Runtime, clock: MovableClock
) -> None:
    poll = started(rt)
    clock.set(poll.manifest.cast_until - timedelta(seconds=1))
    poll.advance()
    with rt.read_box() as tx:
        kinds = {entry[0] for entry in ballotbox.entries(tx, poll.call_id)}
    assert 5 not in kinds
