"""The ballot box takes sealed ballots and promises to publish each (protocol, S1, S6).

It knows the frozen manifest and nothing else: no person, no session, no address, no time of arrival.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field
from enum import IntEnum

from sqlalchemy import Engine, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from pbvote.core.ballot.ballot import BallotChecker
from pbvote.core.ballot.receipt import Receipt, include_by, make_receipt
from pbvote.core.crypto import signing
from pbvote.core.errors import StageClosed
from pbvote.core.log.checkpoint import parse_verifier_key, verifier_key
from pbvote.core.log.entry import ManifestEntry, NoticeEntry, entry_hash
from pbvote.core.manifest import Manifest, parse_manifest
from pbvote.core.rules.stage import ACTS, Act, Progress
from pbvote.core.types import CallId, EntryHash
from pbvote.platform.bulletin.log import EntryUnknown, Log
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import locks
from pbvote.rooms.ballotbox.errors import BoxKeyWrong, BoxSealed, CredentialUsed, OtherManifest, VoteUnknown
from pbvote.rooms.ballotbox.help import Help, help_of
from pbvote.rooms.ballotbox.models import CREDENTIAL, NOTICE, PENDING, VOTE


class State(IntEnum):
    """How far the box is; each step once."""

    TAKING = 0
    SEALED = 1
    OPENED = 2
    CERTIFIED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What the box needs for every ballot of a call, made once: none of it ever changes."""

    manifest: Manifest
    checker: BallotChecker
    log_name: str
    seed: bytes = field(repr=False)


_votes: weakref.WeakKeyDictionary[Engine, dict[CallId, Vote]] = weakref.WeakKeyDictionary()
_votes_lock = threading.Lock()


def key_name(call_id: CallId) -> str:
    """Where the key store keeps the key that signs the box's checkpoints and promises."""
    return f"call/{call_id}/box-log"


def prepare_key(rt: Runtime, call_id: CallId, *, log_name: str) -> str:
    """The verifier key of the call's box log, its secret made on the first call and kept.

    ``log_name`` becomes the log's origin, such as ``pb.example.gov.tw/box/<call>``.
    """
    name = key_name(call_id)
    if not rt.keystore.has(name):
        rt.keystore.put(name, signing.generate_seed())
    return verifier_key(log_name, signing.public_key_of(rt.keystore.get(name)))


def receive_manifest(rt: Runtime, content: bytes) -> Manifest:
    """Take a frozen manifest as entry 0 of its log; the same bytes again change nothing.

    Raises:
        ManifestMalformed: not a manifest.
        BoxKeyWrong: it names a key that this box does not hold.
        OtherManifest: the call has another one already.
    """
    manifest = parse_manifest(content)
    key = parse_verifier_key(manifest.box_vkey)
    name = key_name(manifest.call)
    if not rt.keystore.has(name) or signing.public_key_of(rt.keystore.get(name)) != key.public:
        raise BoxKeyWrong(call=manifest.call)
    with rt.box() as tx:
        found = tx.scalar(select(VOTE.c.manifest).where(VOTE.c.call_id == manifest.call))
        if found is not None and bytes(found) != content:
            raise OtherManifest(call=manifest.call)
        if found is None:
            tx.execute(
                insert(VOTE).values(
                    call_id=manifest.call, manifest=content, state=State.TAKING, uncleaned=False
                )
            )
            log = Log(tx, "box", manifest.call)
            log.append([ManifestEntry(content).encode()])
            log.sign_checkpoint(key.name, rt.keystore.get(name))
    return manifest


def keep_help(rt: Runtime, call_id: CallId, told: Help) -> None:
    """From now on the vote's pages say whom to ask; the same again writes nothing."""
    with rt.read_box() as tx:
        if help_of(tx, call_id) == told:
            return
    kept = {"agency": dict(told.agency), "contact": dict(told.contact)}
    with rt.box() as tx:
        tx.execute(update(VOTE).where(VOTE.c.call_id == call_id).values(help=kept))


def vote_of(rt: Runtime, call_id: CallId) -> Vote:
    """The vote of a call; one statement the first time, none afterwards.

    Raises:
        VoteUnknown: the box has not received its manifest.
    """
    engine = rt.engine("box")
    with _votes_lock:
        known = _votes.setdefault(engine, {}).get(call_id)
    if known is not None:
        return known
    with rt.read_box() as tx:
        content = tx.scalar(select(VOTE.c.manifest).where(VOTE.c.call_id == call_id))
    if content is None:
        raise VoteUnknown(call=call_id)
    manifest = parse_manifest(bytes(content))
    vote = Vote(
        manifest=manifest,
        checker=BallotChecker(manifest),
        log_name=parse_verifier_key(manifest.box_vkey).name,
        seed=rt.keystore.get(key_name(call_id)),
    )
    with _votes_lock:
        _votes[engine][call_id] = vote
    return vote


def receive_notice(rt: Runtime, call_id: CallId, statement: bytes, signature: bytes) -> int:
    """Append a signed notice, such as a withdrawn project; the same again changes nothing.

    Returns its position in the log. A notice never changes which ballots are valid.

    Raises:
        EntryMalformed: the statement is not canonical JSON.
        SignatureBad: not signed under the manifest's roll key.
        BoxSealed: the vote has ended.
    """
    vote = vote_of(rt, call_id)
    entry = NoticeEntry(statement, signature)
    public = parse_verifier_key(vote.manifest.roll_vkey).public
    signing.verify(public, entry.signed_message(vote.manifest.election_hash), signature)
    with rt.box() as tx:
        state = locks.sequence(tx, call_id)
        log = Log(tx, "box", call_id)
        try:
            return log.position_of(entry_hash(entry.encode()))
        except EntryUnknown:
            pass
        if state != State.TAKING:
            raise BoxSealed(call=call_id)
        position = log.append([entry.encode()]) - 1
        tx.execute(insert(NOTICE).values(call_id=call_id, position=position, statement=statement))
        log.sign_checkpoint(vote.log_name, vote.seed)
    return position


def cast_ballot(rt: Runtime, call_id: CallId, content: bytes) -> Receipt:
    """Store a sealed ballot durably and promise to publish it; the same bytes get the same receipt.

    At most three statements, one commit, no row that two casts share.

    Raises:
        VoteUnknown: no such vote.
        EntryMalformed, BallotLength, TokenInvalid, SignatureBad, SignatureHighS: not a valid ballot.
        CredentialUsed: another ballot was cast with this credential.
        StageClosed: voting has not begun, or has ended and this ballot was not in the box.
        BoxSealed: the box was sealed although the clock says that voting goes on.
    """
    vote = vote_of(rt, call_id)
    ballot = vote.checker.check(content)
    name = entry_hash(content)
    with rt.box() as tx:
        locks.share(tx, call_id)
        # read under the lock that sealing waits for: what passes here is sealed in
        stage = vote.manifest.ruleset.timeline.stage(Progress.FROZEN, rt.clock())
        if Act.CAST in ACTS[stage] and _claim(tx, call_id, ballot.credential, name=name):
            tx.execute(
                insert(PENDING).values(call_id=call_id, style=ballot.style, entry_hash=name, entry=content)
            )
        elif not _holds(tx, call_id, ballot.credential, name=name):
            if Act.CAST in ACTS[stage]:
                raise BoxSealed(call=call_id)  # before the announced end: the clock is no excuse
            raise StageClosed(act=Act.CAST.value, stage=stage.value)
    return make_receipt(
        vote.manifest.election_hash,
        name,
        include_by=include_by(vote.manifest.cast_until),
        seed=vote.seed,
    )


def _claim(tx: Session, call_id: CallId, credential: bytes, *, name: EntryHash) -> bool:
    """Whether the credential was free and now belongs to this ballot; never in a sealed box."""
    make = sqlite.insert if tx.get_bind().dialect.name == "sqlite" else postgresql.insert
    taking = select(VOTE.c.call_id, literal(credential), literal(name)).where(
        VOTE.c.call_id == call_id, VOTE.c.state == State.TAKING
    )
    statement = make(CREDENTIAL).from_select(["call_id", "credential", "entry_hash"], taking)
    claimed = statement.on_conflict_do_nothing().returning(CREDENTIAL.c.call_id)
    return tx.execute(claimed).first() is not None


def _holds(tx: Session, call_id: CallId, credential: bytes, *, name: EntryHash) -> bool:
    """Whether this very ballot is in the box already, which a voter may ask again at any time."""
    found = tx.scalar(
        select(CREDENTIAL.c.entry_hash).where(
            CREDENTIAL.c.call_id == call_id, CREDENTIAL.c.credential == credential
        )
    )
    if found is not None and bytes(found) != name:
        raise CredentialUsed(call=call_id)
    return found is not None
