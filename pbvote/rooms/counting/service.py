"""The acts of officers and auditors on a vote: freeze, withdraw a project, open, certify, destroy keys."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.crypto import sealing
from pbvote.core.crypto.keyfile import decrypt_key_file
from pbvote.core.errors import VerificationError, raise_findings
from pbvote.core.manifest import Manifest, parse_manifest
from pbvote.core.record.counted import Withdrawal
from pbvote.core.rules.stage import Act, Progress
from pbvote.core.types import Actor, CallId, Role
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts.errors import RoleNeeded
from pbvote.rooms.accounts.service import require_fresh_totp
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting.ceremony import OPENING
from pbvote.rooms.counting.errors import (
    ApprovedAlready,
    BoxNotClosed,
    ChecksFailed,
    DestroyedAlready,
    DestructionDate,
    NotCertified,
    NotCounted,
    OpeningKeyOther,
    VoteNotFrozen,
    WithdrawalReasonMissing,
)
from pbvote.rooms.counting.freeze import freeze
from pbvote.rooms.counting.models import Approval, Destruction, Notice, Vote
from pbvote.rooms.counting.progress import Step, opening_name
from pbvote.rooms.proposals import service as proposals_service
from pbvote.rooms.registrar import keys as registrar_keys
from pbvote.rooms.registrar import service as registrar_service
from pbvote.typed.dates import taipei_day
from pbvote.typed.texts import prose, text_findings

__all__ = ["certify", "destroy_keys", "freeze", "keys_to_destroy", "open_box", "withdraw_project"]

_LONGEST_REASON: Final = 500
_LONGEST_KEY_FILE: Final = 4096


def _locked(tx: Session, call_id: CallId) -> Vote:
    row = tx.get(Vote, call_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise VoteNotFrozen(call=call_id)
    return row


def withdraw_project(rt: Runtime, actor: Actor, call_id: CallId, number: int, reason: str) -> None:
    """A project is marked as withdrawn, with a signed notice for the log; ballots stay valid (PRA-06).

    Raises:
        CallUnknown, RoleNeeded, StageClosed, VoteNotFrozen.
        WithdrawalReasonMissing, InvalidInput: nothing that voters could read, or over 500 characters.
        ProposalUnknown, WrongStatus: no such project, or withdrawn before.
    """
    told = prose(reason)
    raise_findings(text_findings(told, field="reason", most=_LONGEST_REASON, missing=WithdrawalReasonMissing))
    now = rt.clock()
    with rt.main() as tx:
        calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id).require(Act.WITHDRAW_PROJECT, now)
        manifest = parse_manifest(_locked(tx, call_id).manifest)
        proposals_service.withdraw_project(tx, call_id, number, reason=told, at=now, actor=actor)
        statement = Withdrawal(number=number, reason=told, time=int(now.timestamp())).statement()
        signature = registrar_service.sign_notice(rt, manifest, statement)
        tx.add(Notice(call_id=call_id, statement=statement, signature=signature))
        activity.record(tx, actor, Activity.PROJECT_WITHDRAW, at=now, call_id=call_id, subject=str(number))


def open_box(
    rt: Runtime, actor: Actor, call_id: CallId, *, key_file: bytes, passphrase: str, totp: str
) -> None:
    """The opening key is in the key store and the worker counts in memory; no count is shown (S10).

    Raises:
        CallUnknown, RoleNeeded, StageClosed, VoteNotFrozen.
        BoxNotClosed: the final checkpoint is not there yet.
        KeyFileDamaged, KeyFileOtherPurpose, PassphraseWrong, OpeningKeyOther: the key file.
        TotpRefused: the one-time code.
    """
    with rt.read_main() as tx:
        manifest = _openable(rt, tx, actor, call_id)
    secret = decrypt_key_file(key_file[:_LONGEST_KEY_FILE], passphrase, purpose=OPENING)
    try:
        fits = sealing.public_point(secret) == manifest.hpke_pk
    except VerificationError as error:
        raise OpeningKeyOther(call=call_id) from error
    if not fits:
        raise OpeningKeyOther(call=call_id)
    require_fresh_totp(rt, actor, totp)
    rt.keystore.put(opening_name(call_id), secret)
    now = rt.clock()
    with rt.main() as tx:
        _openable(rt, tx, actor, call_id)
        _locked(tx, call_id).step = Step.OPENED
        calls_service.set_progress(tx, call_id, Progress.OPENED)
        activity.record(tx, actor, Activity.VOTE_OPEN, at=now, call_id=call_id)


def _openable(rt: Runtime, tx: Session, actor: Actor, call_id: CallId) -> Manifest:
    call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
    call.require(Act.OPEN, rt.clock())
    row = tx.get(Vote, call_id)
    if row is None:
        raise VoteNotFrozen(call=call_id)
    if row.step < Step.SEALED:
        raise BoxNotClosed(call=call_id)
    return parse_manifest(row.manifest)


def certify(rt: Runtime, actor: Actor, call_id: CallId, *, totp: str) -> tuple[Role, ...]:
    """One of the two approvals of a result (審定); with both the worker publishes. Returns who is still due.

    An officer and an auditor, two people; who holds both roles gives the one that is missing.

    Raises:
        CallUnknown, StageClosed, VoteNotFrozen, TotpRefused.
        RoleNeeded: neither officer nor auditor, or that role has approved already.
        NotCounted: the worker has not counted yet.
        ChecksFailed: the verifier's checks found flaws.
        ApprovedAlready: this person has approved already.
    """
    with rt.read_main() as tx:
        _approvable(rt, tx, actor, call_id)
    require_fresh_totp(rt, actor, totp)
    now = rt.clock()
    with rt.main() as tx:
        row = _locked(tx, call_id)
        role = _approvable(rt, tx, actor, call_id)
        tx.add(Approval(call_id=call_id, role=role.value, account_id=actor.id, at=now))
        activity.record(tx, actor, Activity.VOTE_CERTIFY, at=now, call_id=call_id, subject=role.value)
        due = _due(tx, call_id)
        if not due:
            row.step = Step.APPROVED
    return due


def _due(tx: Session, call_id: CallId) -> tuple[Role, ...]:
    tx.flush()
    given = set(tx.scalars(select(Approval.role).where(Approval.call_id == call_id)))
    return tuple(role for role in (Role.OFFICER, Role.AUDITOR) if role.value not in given)


def _approvable(rt: Runtime, tx: Session, actor: Actor, call_id: CallId) -> Role:
    """The role in which this person's approval is still due."""
    call = calls.get_call_of_agency(tx, actor, call_id=call_id)
    call.require(Act.CERTIFY, rt.clock())
    row = tx.get(Vote, call_id)
    if row is None:
        raise VoteNotFrozen(call=call_id)
    if row.step < Step.COUNTED:
        raise NotCounted(call=call_id)
    if row.checks.get("findings"):
        raise ChecksFailed(codes=", ".join(row.checks["findings"]))
    mine = select(Approval.role).where(Approval.call_id == call_id, Approval.account_id == actor.id)
    if tx.scalars(mine).first() is not None:
        raise ApprovedAlready(call=call_id)
    for role in _due(tx, call_id):
        if actor.has(role):
            return role
    raise RoleNeeded(role=" / ".join(role.value for role in _due(tx, call_id)))


def keys_to_destroy(call: CallView, manifest: Manifest) -> tuple[str, ...]:
    """The names of the keys on a call's destruction list (銷毀清單).

    Without them nobody can tell any more who took part: the roll's hashes and the voter records say
    nothing, and no token can be issued. The keys that sign the two logs stay. The auditor's key is not
    on the server; its destruction is the auditor's act.
    """
    names = [registrar_keys.k_call(call.id), registrar_keys.k_roll(call.id)]
    return (*names, *(registrar_keys.rsa(call.id, style.id) for style in manifest.styles))


def destroy_keys(
    rt: Runtime, actor: Actor, call_id: CallId, *, periods_over_on: date, totp: str
) -> tuple[str, ...]:
    """The keys on the list are gone, and who approved it and why it was time is recorded (PRA-18).

    ``periods_over_on``: the day on which, as the officer states, complaint and appeal periods ended.

    Raises:
        CallUnknown, RoleNeeded, VoteNotFrozen, TotpRefused.
        NotCertified: there is no result yet.
        DestructionDate: before the certification, or in the future.
        DestroyedAlready: done before.
    """
    with rt.read_main() as tx:
        names = _destructible(rt, tx, actor, call_id, periods_over_on)
    require_fresh_totp(rt, actor, totp)
    now = rt.clock()
    with rt.main() as tx:
        _locked(tx, call_id)
        _destructible(rt, tx, actor, call_id, periods_over_on)
        tx.add(
            Destruction(
                call_id=call_id,
                account_id=actor.id,
                at=now,
                periods_over_on=periods_over_on,
                keys=list(names),
            )
        )
        activity.record(
            tx,
            actor,
            Activity.KEYS_DESTROY,
            at=now,
            call_id=call_id,
            periods_over_on=periods_over_on.isoformat(),
            keys=list(names),
        )
    shred_destroyed(rt, call_id)
    return names


def _destructible(
    rt: Runtime, tx: Session, actor: Actor, call_id: CallId, periods_over_on: date
) -> tuple[str, ...]:
    call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
    row = tx.get(Vote, call_id)
    if row is None:
        raise VoteNotFrozen(call=call_id)
    if row.certified_at is None:
        raise NotCertified(call=call_id)
    if tx.get(Destruction, call_id) is not None:
        raise DestroyedAlready(call=call_id)
    if not taipei_day(row.certified_at) <= periods_over_on <= taipei_day(rt.clock()):
        raise DestructionDate(field="periods_over_on")
    return keys_to_destroy(call, parse_manifest(row.manifest))


def shred_destroyed(rt: Runtime, call_id: CallId) -> None:
    """Shred every key that a recorded destruction lists; again changes nothing."""
    with rt.read_main() as tx:
        row = tx.get(Destruction, call_id)
        names = list(row.keys) if row is not None else []
    for name in names:
        rt.keystore.shred(name)
