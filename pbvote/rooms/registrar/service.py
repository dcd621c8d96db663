"""The registrar (報到處) identifies voters and issues each one blind ballot token. It knows WHO, never WHAT.

The use cases of a vote, in their order::

    prepare_keys(rt, call_id, ruleset, styles=styles)        # before the manifest
    receive_manifest(rt, manifest)                           # the freeze
    ticket = identify(rt, call_id, national_id=…, birth_on=…, code=…, device=…)
    issued = issue(rt, ticket, style=ticket.style, blinded=…)
    flush_roll_when_due(rt, call_id)                         # daily, and at issue_until
    close_roll(rt, call_id)                                  # when nothing can be cast any more
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from pbvote.core.crypto import signing
from pbvote.core.identity.national_id import canonical_id
from pbvote.core.log.checkpoint import parse_verifier_key, verifier_key
from pbvote.core.log.entry import notice_message
from pbvote.core.manifest import Manifest
from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.types import Actor, CallId, StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import keys, queries, roll, roll_log
from pbvote.rooms.registrar.attempts import forget_old_misses
from pbvote.rooms.registrar.contact import (
    confirm_contact_code,
    confirm_station_code,
    request_contact_code,
)
from pbvote.rooms.registrar.desk import Desk, desk
from pbvote.rooms.registrar.documents import check_at_desk
from pbvote.rooms.registrar.errors import OtherManifest, RollKeyWrong
from pbvote.rooms.registrar.evidence import EvidenceReport, audit_evidence
from pbvote.rooms.registrar.identification import finish, identify, require_identify, start
from pbvote.rooms.registrar.issuing import Issued, has_token, issue, notify_after_issue
from pbvote.rooms.registrar.looking_up import can_look_up, look_up, require_look_up
from pbvote.rooms.registrar.models import FrozenManifest
from pbvote.rooms.registrar.outside import Started, open_started
from pbvote.rooms.registrar.roll import (
    RollReport,
    clear_roll,
    import_roll,
    make_station_codes,
    merge_styles,
    merge_styles_in,
)
from pbvote.rooms.registrar.roll_log import close_roll, flush_roll, flush_roll_when_due, stop_issuing
from pbvote.rooms.registrar.tickets import (
    Ticket,
    open_ticket,
    owes_statement,
    person_mark,
    seal_ticket,
    stating,
)

__all__ = [
    "Desk",
    "EvidenceReport",
    "Issued",
    "RollReport",
    "Started",
    "Ticket",
    "audit_evidence",
    "can_look_up",
    "check_at_desk",
    "clear_roll",
    "close_roll",
    "confirm_contact_code",
    "confirm_station_code",
    "desk",
    "finish",
    "flush_roll",
    "flush_roll_when_due",
    "identify",
    "import_roll",
    "forget_old_misses",
    "has_token",
    "issue",
    "look_up",
    "make_station_codes",
    "merge_styles",
    "merge_styles_in",
    "notify_after_issue",
    "open_started",
    "open_ticket",
    "owes_statement",
    "person_mark",
    "prepare_keys",
    "receive_manifest",
    "request_contact_code",
    "require_identify",
    "require_look_up",
    "roll_log_name",
    "seal_ticket",
    "sign_notice",
    "start",
    "stating",
    "stop_issuing",
    "unlock",
]


def roll_log_name(rt: Runtime, call_id: CallId) -> str:
    """Origin of a call's roll log, and name of its key: ``pb.example.gov.tw/roll/<call>``."""
    return f"{urlsplit(rt.settings.web.origin).netloc}/roll/{call_id}"


def prepare_keys(
    rt: Runtime, call_id: CallId, ruleset: Ruleset, *, styles: Iterable[StyleId], log_name: str = ""
) -> tuple[tuple[tuple[StyleId, bytes], ...], str]:
    """The public token key (SPKI) of each style and the verifier key of the roll log.

    Secrets are made on the first call and kept: calling again gives the same keys.

    Raises:
        InvalidInput: rules that contradict themselves get no keys.
    """
    ruleset.check()
    keys.ensure(rt, call_id)
    spki = tuple((style, keys.ensure_rsa(rt, call_id, style)) for style in styles)
    public = signing.public_key_of(rt.keystore.get(keys.roll_log(call_id)))
    return spki, verifier_key(log_name or roll_log_name(rt, call_id), public)


def receive_manifest(rt: Runtime, manifest: Manifest) -> None:
    """The registrar works under this manifest from now on; the same again changes nothing.

    Raises:
        OtherManifest: the call has another one.
        RollKeyWrong: it names keys that this registrar does not hold.
    """
    call_id = manifest.call
    public = signing.public_key_of(rt.keystore.get(keys.roll_log(call_id)))
    if parse_verifier_key(manifest.roll_vkey).public != public:
        raise RollKeyWrong(call=call_id, key="roll")
    for style in manifest.styles:
        if keys.signer(rt.keystore, call_id, style.id).spki != style.rsa_spki:
            raise RollKeyWrong(call=call_id, key=style.id)
    with rt.main() as tx:
        row = keys.insert(tx, FrozenManifest).values(
            call_id=call_id,
            election_hash=manifest.election_hash,
            manifest=manifest.bytes,
            batches=0,
            flushed_at=rt.clock(),
            closed=queries.Closing.OPEN,
        )
        made = tx.execute(
            row.on_conflict_do_nothing(index_elements=["call_id"]),
            execution_options={"preserve_rowcount": True},  # without it PostgreSQL's count is always -1
        )
        if made.rowcount:  # type: ignore[attr-defined]
            roll_log.start_log(rt, tx, manifest)
        elif queries.get_manifest(tx, call_id).election_hash != manifest.election_hash:
            raise OtherManifest(call=call_id)


def sign_notice(rt: Runtime, manifest: Manifest, statement: bytes) -> bytes:
    """The signature under which the box takes a notice, such as a withdrawn project (S1)."""
    seed = rt.keystore.get(keys.roll_log(manifest.call))
    return signing.sign(seed, notice_message(manifest.election_hash, statement))


def unlock(rt: Runtime, actor: Actor, call_id: CallId, national_id: str) -> None:
    """The help desk forgets every miss for a number, so that its owner can try again at once.

    Raises:
        CallUnknown, RoleNeeded, VoteNotReady, IdMalformed, IdCheckDigit.
    """
    roll.unlock(rt, actor, call_id, canonical_id(national_id))
