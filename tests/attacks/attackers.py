"""Holders of real tokens, and what they or the operator make of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from pbvote.core.crypto import blind_rsa, credential
from pbvote.core.log.entry import token_message
from pbvote.core.types import ElectionHash, StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox.models import CREDENTIAL, PENDING
from pbvote.rooms.registrar import keys
from tests.make.polls import Poll
from tests.make.votes import ExampleVoter


@dataclass(frozen=True, kw_only=True)
class Minted:
    """A token that the operator signed for nobody, and the blinded message that it signed."""

    voter: ExampleVoter
    blinded: bytes


def mint(
    poll: Poll, style: str, *, election_hash: ElectionHash | None = None, salt_length: int = 48
) -> Minted:
    """What whoever holds the signing key can make without the registrar."""
    signer = keys.signer(poll.rt.keystore, poll.call_id, style)
    own = credential.generate_credential()
    point = credential.credential_point(own)
    told = token_message(election_hash or poll.manifest.election_hash, StyleId(style), point)
    message = blind_rsa.prepare(told)
    blinding = blind_rsa.blind(signer.public_key, message, salt_length=salt_length)
    token = blind_rsa.finalize(
        signer.public_key, message, signer.sign(blinding.blinded), blinding.inverse, salt_length=salt_length
    )
    voter = ExampleVoter(
        manifest=poll.manifest,
        style=StyleId(style),
        credential=own,
        point=point,
        random=message[:32],
        token=token,
    )
    return Minted(voter=voter, blinded=blinding.blinded)


def rows(rt: Runtime) -> tuple[int, int]:
    """How many ballots wait and how many credentials are used."""
    with rt.read_box() as tx:
        counts = (tx.scalar(select(func.count()).select_from(table)) for table in (PENDING, CREDENTIAL))
        waiting, used = (int(count or 0) for count in counts)
    return waiting, used
