"""The voter's steps as functions of what is known: no network, no clock (protocol, S4 to S8).

Every answer of the service is verified here before it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric import rsa

from pbvote.core.ballot.ballot import require_legal, seal_choices
from pbvote.core.ballot.receipt import Receipt, include_by, verify_receipt
from pbvote.core.crypto import blind_rsa, credential
from pbvote.core.log.checkpoint import open_checkpoint, parse_verifier_key
from pbvote.core.log.entry import (
    BallotEntry,
    ballot_body,
    cast_message,
    entry_hash,
    token_message,
)
from pbvote.core.log.merkle import verify_inclusion
from pbvote.core.manifest import Manifest
from pbvote.core.types import Choices, StyleId
from pbvote.tools.voter.attempt import Attempt, Step
from pbvote.tools.voter.errors import NotIncluded, OtherElection, OtherStyle

SEQUENCE = 0


@dataclass(frozen=True)
class Poll:
    """One election as a voter sees it: the manifest and the keys in it, loaded once."""

    manifest: Manifest
    _keys: dict[str, rsa.RSAPublicKey] = field(default_factory=dict, repr=False)

    def key(self, style: str) -> rsa.RSAPublicKey:
        """The key that signs tokens of a style. Raises UnknownStyle, KeyUnfit."""
        if style not in self._keys:
            self._keys[style] = blind_rsa.load_public_key(self.manifest.style(style).rsa_spki)
        return self._keys[style]

    @property
    def promise_key(self) -> bytes:
        """The key that signs promises: that of the box log."""
        return parse_verifier_key(self.manifest.box_vkey).public


def poll_of(manifest: Manifest, *, expect: bytes = b"") -> Poll:
    """The poll of a manifest; ``expect`` is the election hash on the published notice.

    Raises:
        OtherElection: another manifest.
    """
    if expect and manifest.election_hash != expect:
        raise OtherElection(found=manifest.election_hash.hex())
    return Poll(manifest)


def prepare(poll: Poll, style: str) -> Attempt:
    """A fresh credential and its blinded token request (S4). Save it before asking."""
    key = credential.generate_credential()
    point = credential.credential_point(key)
    message = blind_rsa.prepare(token_message(poll.manifest.election_hash, StyleId(style), point))
    blinding = blind_rsa.blind(poll.key(style), message)
    return Attempt(
        step=Step.PREPARED,
        style=style,
        credential=credential.credential_bytes(key),
        message=message,
        blinded=blinding.blinded,
        inverse=blinding.inverse,
    )


def take_token(
    poll: Poll, attempt: Attempt, *, signature: bytes, salt: bytes, voter_record: bytes
) -> Attempt:
    """The attempt with its token, which the manifest's key is known to have signed (S5).

    Raises:
        TokenInvalid: the issuer answered something else.
    """
    attempt.require(Step.PREPARED)
    token = blind_rsa.finalize(poll.key(attempt.style), attempt.message, signature, attempt.inverse)
    return replace(attempt, step=Step.ISSUED, token=token, inverse=b"", salt=salt, voter_record=voter_record)


def seal(poll: Poll, attempt: Attempt, choices: Choices) -> Attempt:
    """The attempt with its ballot, final from here on: who resumes casts these very bytes (S5).

    Raises:
        BallotTooFew, BallotTooMany, BallotTwice, BallotForeignProject, BallotOverBudget,
            BallotPointsRange, BallotPointsTooMany.
    """
    attempt.require(Step.ISSUED)
    manifest, style = poll.manifest, StyleId(attempt.style)
    require_legal(manifest, manifest.style(style).district, choices)
    key = credential.load_credential(attempt.credential)
    point = credential.credential_point(key)
    sealed = seal_choices(manifest, style=style, point=point, choices=choices, sequence=SEQUENCE)
    random = attempt.message[: blind_rsa.PREFIX_LENGTH]
    body = ballot_body(style, point, random=random, token=attempt.token, sequence=SEQUENCE, sealed=sealed)
    entry = BallotEntry(
        style=style,
        credential=point,
        random=random,
        token=attempt.token,
        sequence=SEQUENCE,
        sealed=sealed,
        signature=credential.sign(key, cast_message(manifest.election_hash, body)),
    ).encode()
    # nothing is signed again: the choices and the credential have done their work
    return replace(attempt, step=Step.SEALED, entry=entry, entry_hash=entry_hash(entry)).wiped()


def take_promise(poll: Poll, attempt: Attempt, receipt: Receipt) -> Attempt:
    """The attempt with the box's promise to include exactly this ballot in time (S6).

    Raises:
        PromiseInvalid: for another ballot or election, or not the box's signature.
        OtherElection: the promised time is not the one that the manifest fixes for everybody.
    """
    attempt.require(Step.SEALED)
    manifest = poll.manifest
    mine = replace_hash(receipt, attempt)
    verify_receipt(manifest.election_hash, mine, public_key=poll.promise_key)
    if mine.include_by != include_by(manifest.cast_until):
        raise OtherElection(found=str(mine.include_by))
    return replace(attempt, step=Step.CAST, include_by=mine.include_by, promise=mine.signature)


def replace_hash(receipt: Receipt, attempt: Attempt) -> Receipt:
    """The receipt as it would have to read for this attempt's ballot, whatever hash it states."""
    return Receipt(entry_hash=attempt.entry_hash, include_by=receipt.include_by, signature=receipt.signature)


def take_proof(
    poll: Poll, attempt: Attempt, *, position: int, proof: tuple[bytes, ...], checkpoint: str
) -> Attempt:
    """The attempt, known to be in the log under a signed checkpoint (S8).

    Raises:
        NotIncluded: the proof leads to another root.
        CheckpointUnsigned, CheckpointOtherOrigin, CheckpointMalformed.
    """
    attempt.require(Step.CAST)
    vkey = poll.manifest.box_vkey
    stated = open_checkpoint(checkpoint, vkey, origin=parse_verifier_key(vkey).name)
    try:
        verify_inclusion(attempt.entry_hash, index=position, size=stated.size, proof=proof, root=stated.root)
    except Exception as error:  # whatever a hostile answer provokes is one answer
        raise NotIncluded(position=position, size=stated.size) from error
    return replace(attempt, step=Step.INCLUDED)


def require_same_style(attempt: Attempt, style: str) -> None:
    """Guarantee that a saved attempt fits the style that the roll gives now.

    Raises:
        OtherStyle: it does not; the agency has to be asked.
    """
    if attempt.style != style:
        raise OtherStyle(saved=attempt.style, given=style)
