"""One blind ballot token per person: claim the row first, sign after (S4).

Two requests for one person can never both be signed, on whatever processes they run; the same request
again gets the same bytes, so that a lost answer harms nobody. No activity entry, no log line, no time.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core import canonical
from pbvote.core.crypto import blind_rsa, sealing
from pbvote.core.crypto.errors import BlindedMessageUnfit
from pbvote.core.identity.national_id import CanonicalId
from pbvote.core.identity.voter_record import voter_record
from pbvote.core.manifest import Manifest
from pbvote.core.rules.stage import Act, Progress, Stage, require
from pbvote.core.types import CallId, ElectionHash, StyleId, sha256, tag
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import keys, queries
from pbvote.rooms.registrar.errors import (
    AlreadyIssued,
    GroundUnstated,
    RequestTaken,
    TicketExpired,
    WrongStyle,
)
from pbvote.rooms.registrar.models import Issuance, QueuedIssueMail
from pbvote.rooms.registrar.roll import Aliases
from pbvote.rooms.registrar.tickets import Ticket, owes_statement

SALT_LENGTH: Final = 32
_EVIDENCE_LENGTH: Final = 448


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """The answer to one issue: with salt and record the voter finds their entry in the roll log."""

    signature: bytes
    salt: bytes = field(repr=False)
    voter_record: bytes = field(repr=False)


def issue(rt: Runtime, ticket: Ticket, *, style: StyleId, blinded: bytes) -> Issued:
    """The blind signature for this person, once; the same blinded message again gives the same bytes.

    Raises:
        TicketExpired, WrongStyle: identify again, or for the right style.
        GroundUnstated: a statement comes first.
        VoteNotReady, StageClosed: no token is issued now (a repeated request is still answered until
            tokens can no longer be cast).
        IssuingEnded: the box is sealed, whatever the clock says.
        BlindedMessageUnfit: what should be signed has the wrong length or is out of range.
        AlreadyIssued: this person was issued a token for something else.
        RequestTaken: the blinded message is another person's; nothing was claimed.
    """
    with rt.read_main() as tx:
        manifest = queries.get_manifest(tx, ticket.call_id)
    if ticket.expires_at <= rt.clock():
        raise TicketExpired()
    if style != ticket.style:
        raise WrongStyle()
    if owes_statement(manifest.ruleset, ticket):
        raise GroundUnstated(field="ground")
    signer = keys.signer(rt.keystore, ticket.call_id, style)
    _require_fit(signer, blinded)
    with rt.main() as tx:
        stage = manifest.ruleset.timeline.stage(Progress.FROZEN, rt.clock())
        salt, record = _claim(rt, tx, manifest, ticket=ticket, blinded=blinded, stage=stage)
    return Issued(signature=signer.sign(blinded), salt=salt, voter_record=record)


def has_token(rt: Runtime, ticket: Ticket) -> bool:
    """Whether this person was issued their one token before."""
    with rt.read_main() as tx:
        manifest = queries.get_manifest(tx, ticket.call_id)
        _person, record = _voter(rt, tx, manifest, ticket)
        found = select(Issuance.salt).where(
            Issuance.call_id == ticket.call_id, Issuance.voter_record == record
        )
        return tx.scalar(found) is not None


def _voter(rt: Runtime, tx: Session, manifest: Manifest, ticket: Ticket) -> tuple[CanonicalId, bytes]:
    """The number under which the person votes, and their voter record."""
    person = Aliases(rt, tx, ticket.call_id).resolve(CanonicalId(ticket.canonical_id))
    k_call = rt.keystore.get(keys.k_call(ticket.call_id))
    return person, voter_record(k_call, manifest.election_hash, person)


def _require_fit(signer: blind_rsa.BlindSigner, blinded: bytes) -> None:
    """Guarantee, before a row is claimed, that the signer will not refuse afterwards."""
    length = blind_rsa.token_length(signer.public_key)
    if len(blinded) != length:
        raise BlindedMessageUnfit(field="blinded", expected=length, found=len(blinded))
    if not 1 < int.from_bytes(blinded, "big") < signer.public_key.public_numbers().n - 1:
        raise BlindedMessageUnfit(field="blinded", reason="range")


def _claim(
    rt: Runtime, tx: Session, manifest: Manifest, *, ticket: Ticket, blinded: bytes, stage: Stage
) -> tuple[bytes, bytes]:
    call_id = ticket.call_id
    queries.require_issuing(tx, call_id)
    person, record = _voter(rt, tx, manifest, ticket)
    digest = sha256(blinded)
    if stage is not Stage.GRACE:
        require(stage, Act.ISSUE)
        row = keys.insert(tx, Issuance).values(
            call_id=call_id,
            voter_record=record,
            style=ticket.style,
            blinded_hash=digest,
            salt=secrets.token_bytes(SALT_LENGTH),
            batch=0,
            channel=ticket.method,
            evidence=seal_evidence(manifest, ticket, person=person, blinded_hash=digest),
        )
        made = tx.execute(
            row.on_conflict_do_nothing(),  # the person's row, or another's with the same message
            execution_options={"preserve_rowcount": True},  # without it PostgreSQL's count is always -1
        )
        if made.rowcount and ticket.notify_to:  # type: ignore[attr-defined]
            queue_issue_mail(rt, tx, email=ticket.notify_to, language=ticket.language)
    found = tx.execute(
        select(Issuance.blinded_hash, Issuance.style, Issuance.salt).where(
            Issuance.call_id == call_id, Issuance.voter_record == record
        )
    ).first()
    if found is None:
        require(stage, Act.ISSUE)
        raise RequestTaken()
    same = hmac.compare_digest(bytes(found.blinded_hash), digest)
    if not same or found.style != ticket.style:
        raise AlreadyIssued()
    return bytes(found.salt), record


def evidence_info(election_hash: ElectionHash, blinded_hash: bytes) -> bytes:
    """What a piece of evidence is bound to."""
    return tag("pbvote/evidence/v1") + election_hash + blinded_hash


def seal_evidence(manifest: Manifest, ticket: Ticket, *, person: CanonicalId, blinded_hash: bytes) -> bytes:
    """Who was identified how, sealed to the auditor's key; all pieces have one length.

    This is what limits an operator who stuffs the box: every token needs a piece of evidence that
    auditors open and check against the identity source.
    """
    content = canonical.encode(
        {
            "id": person.number,
            "method": ticket.method,
            "transaction": ticket.transaction[:64],
            "blinded": blinded_hash.hex(),
            "notice": ticket.notice,
            "style": ticket.style,
            "ground": "" if ticket.ground is None else str(ticket.ground),
        }
    )
    padded = len(content).to_bytes(2, "big") + content
    padded += bytes(max(0, _EVIDENCE_LENGTH - len(padded)))
    return sealing.seal(manifest.auditor_pk, evidence_info(manifest.election_hash, blinded_hash), padded)


def queue_issue_mail(rt: Runtime, tx: Session, *, email: str, language: str) -> None:
    """Remember that somebody wants to hear of an issue: sealed, without call, record or time."""
    key = rt.keystore.get(keys.NOTICES)
    content = canonical.encode({"email": email, "language": language})
    tx.add(
        QueuedIssueMail(
            id=secrets.token_bytes(16),
            sealed=keys.seal_small(key, content, bound=tag("pbvote/notice-queue/v1")),
        )
    )


def notify_after_issue(rt: Runtime, call_id: CallId, email: str, *, language: str = "zh") -> None:
    """Queue the notice "a token was issued" for an address; which call it was is not kept."""
    with rt.main() as tx:
        queries.get_manifest(tx, call_id)
        queue_issue_mail(rt, tx, email=email, language=language)
