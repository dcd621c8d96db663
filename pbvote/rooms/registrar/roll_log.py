"""The roll log: one hiding commitment per token issued, appended once a day and at the end (S7).

A commitment tells nobody who was issued a token; a voter with their salt and record finds it, and the
verifier counts that there are no more ballots than issuances of a style.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from pbvote.core import canonical
from pbvote.core.log.checkpoint import parse_verifier_key
from pbvote.core.log.entry import BatchEntry, CloseEntry, RollEntry, entry_hash, roll_commitment_of
from pbvote.core.manifest import Manifest
from pbvote.core.rules.stage import Progress, Stage
from pbvote.core.types import CallId, StyleId, tag
from pbvote.platform import outbox
from pbvote.platform.bulletin.log import Log
from pbvote.platform.db import is_sqlite, truncate_wal
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.registrar import attempts, keys, queries
from pbvote.rooms.registrar.errors import RollClosed, RollNotOver, VoteNotReady
from pbvote.rooms.registrar.models import FrozenManifest, Issuance, QueuedIssueMail

log = structlog.get_logger()


def flush_roll(rt: Runtime, call_id: CallId) -> int:
    """Every issuance so far is in the roll log, under a checkpoint; returns how many were appended.

    Entries stand in the order of their hashes. Then the queued notices go out in random order.

    Raises:
        VoteNotReady: there is no manifest.
        RollClosed: the closing entry stands.
    """
    now = rt.clock()
    with rt.main() as tx:
        row = _locked(tx, call_id)
        if row.closed == queries.Closing.CLOSED:
            raise RollClosed(call=call_id)
        appended = _append_waiting(rt, tx, row, now=now)
        _send_issue_mails(rt, tx, now=now)
    if appended:
        _drop_dead_rows(rt)
    return appended


def flush_roll_when_due(rt: Runtime, call_id: CallId) -> int:
    """:func:`flush_roll` once a day (``vote.roll_flush_hours``) and from ``issue_until`` on.

    Raises:
        VoteNotReady: there is no manifest.
    """
    now = rt.clock()
    with rt.read_main() as tx:
        manifest = queries.get_manifest(tx, call_id)
        flushed_at, closed = queries.roll_state(tx, call_id)
        waiting = tx.scalar(_waiting(call_id)) or 0
    over = now >= manifest.issue_until
    due = flushed_at + timedelta(hours=rt.settings.vote.roll_flush_hours) <= now
    if closed or not (due or (over and waiting)):
        return 0
    return flush_roll(rt, call_id)


def stop_issuing(rt: Runtime, call_id: CallId) -> None:
    """No token is issued any more, whatever the clock says; again changes nothing.

    Raises:
        VoteNotReady: there is no manifest.
    """
    with rt.main() as tx:
        row = _locked(tx, call_id)
        row.closed = row.closed or queries.Closing.STOPPED


def close_roll(rt: Runtime, call_id: CallId) -> None:
    """The roll log ends with its closing entry and final checkpoint; again changes nothing.

    Raises:
        VoteNotReady: there is no manifest.
        RollNotOver: a token can still be cast, so a repeated request may still be answered.
    """
    now = rt.clock()
    with rt.main() as tx:
        row = _locked(tx, call_id)
        if row.closed == queries.Closing.CLOSED:
            return
        manifest = queries.get_manifest(tx, call_id)
        if not row.closed and manifest.ruleset.timeline.stage(Progress.FROZEN, now) is not Stage.CLOSED:
            raise RollNotOver(call=call_id)
        _append_waiting(rt, tx, row, now=now)
        _send_issue_mails(rt, tx, now=now)
        attempts.forget_before(tx, call_id, now + timedelta(days=1))
        issued = queries.issued_per_style(tx, call_id)
        counts = {style.id: issued.get(style.id, 0) for style in manifest.styles}
        Log(tx, "main", call_id).append([CloseEntry.of(counts, int(now.timestamp())).encode()])
        _sign(rt, tx, manifest)
        row.closed = queries.Closing.CLOSED
    _drop_dead_rows(rt)


def start_log(rt: Runtime, tx: Session, manifest: Manifest) -> None:
    """The empty roll log has a checkpoint, so that it can be watched from the beginning."""
    _sign(rt, tx, manifest)


def _waiting(call_id: CallId) -> Any:
    return select(func.count()).where(Issuance.call_id == call_id, Issuance.batch == 0)


def _locked(tx: Session, call_id: CallId) -> FrozenManifest:
    row = tx.get(FrozenManifest, call_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise VoteNotReady(call=call_id)
    return row


def _append_waiting(rt: Runtime, tx: Session, row: FrozenManifest, *, now: datetime) -> int:
    call_id = CallId(row.call_id)
    manifest = queries.get_manifest(tx, call_id)
    number = row.batches + 1
    taken = _take_waiting(tx, call_id, number=number)
    row.flushed_at = now
    if not taken:
        return 0
    entries = [
        RollEntry(
            StyleId(issued["style"]),
            roll_commitment_of(
                manifest.election_hash,
                salt=issued["salt"],
                voter_record=issued["voter_record"],
                blinded_hash=issued["blinded_hash"],
            ),
        ).encode()
        for issued in taken
    ]
    entries.sort(key=entry_hash)
    time = int(now.timestamp())
    entries.append(BatchEntry(StyleId(""), number=number, count=len(taken), time=time).encode())
    Log(tx, "main", call_id).append(entries)
    _sign(rt, tx, manifest)
    row.batches = number
    return len(taken)


def _take_waiting(tx: Session, call_id: CallId, *, number: int) -> list[dict[str, Any]]:
    """The waiting rows, written anew in the order of their records: their places tell no arrival.

    A dump of a PostgreSQL table shows its rows in the order of writing; an update keeps it. Whoever
    asks again for one of these rows waits for this transaction and then meets the new row.
    """
    waiting = (Issuance.call_id == call_id, Issuance.batch == 0)
    found = tx.execute(delete(Issuance).where(*waiting).returning(*Issuance.__table__.columns)).mappings()
    rows = sorted(({**row, "batch": number} for row in found), key=lambda row: bytes(row["voter_record"]))
    if rows:
        tx.execute(insert(Issuance), rows)
    return rows


def _drop_dead_rows(rt: Runtime) -> None:
    """Reclaim the rows as they were before the flush, and SQLite's write-ahead log with their order.

    SQLite overwrites deleted rows by itself (secure_delete); its log is emptied at the next flush where
    a reader keeps it from that now.
    """
    engine = rt.engine("main")
    if not is_sqlite(engine):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM registrar_issuance")
    elif not any(truncate_wal(engine) for _ in range(3)):
        log.warning("registrar.wal-kept")


def _sign(rt: Runtime, tx: Session, manifest: Manifest) -> None:
    name = parse_verifier_key(manifest.roll_vkey).name
    seed = rt.keystore.get(keys.roll_log(manifest.call))
    Log(tx, "main", manifest.call).sign_checkpoint(name, seed)


def _send_issue_mails(rt: Runtime, tx: Session, *, now: datetime) -> None:
    """Queued notices move to the outbox in random order, as mail that names no call and no time."""
    queued = list(tx.execute(select(QueuedIssueMail.id, QueuedIssueMail.sealed)))
    if not queued:
        return
    key = rt.keystore.get(keys.NOTICES)
    secrets.SystemRandom().shuffle(queued)
    for notice in queued:
        opened = keys.open_small(key, bytes(notice.sealed), bound=tag("pbvote/notice-queue/v1"))
        content: Any = canonical.decode(opened)
        outbox.post(
            tx,
            to=content["email"],
            template=MailTemplate.TOKEN_ISSUED,
            due_at=now,
            language=content["language"],
        )
    tx.execute(delete(QueuedIssueMail).where(QueuedIssueMail.id.in_([notice.id for notice in queued])))
