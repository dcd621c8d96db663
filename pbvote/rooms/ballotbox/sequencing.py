"""From the box into the public log: in batches per style, sorted by hash, so that arrival is forgotten.

A flush appends all waiting ballots of a style but K drawn at random, and only when at least 2K wait:
whoever compares two states of the log sees ballots of at least K people mixed (protocol, S7). After
the vote's end the last flush takes all, and the box is sealed (S9). The opening key and the outcome
follow when the officers certify (S10, S11).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from pbvote.core.crypto import sealing
from pbvote.core.errors import StageClosed
from pbvote.core.log.entry import (
    BatchEntry,
    CloseEntry,
    OpeningEntry,
    OutcomeEntry,
    entry_hash,
)
from pbvote.core.types import CallId, StyleId
from pbvote.platform.bulletin.log import EntryUnknown, Log
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import locks
from pbvote.rooms.ballotbox.errors import (
    BoxNotOpened,
    BoxNotSealed,
    EnteredDifferently,
    OpeningKeyWrong,
)
from pbvote.rooms.ballotbox.models import BATCH, CREDENTIAL, PENDING, VOTE
from pbvote.rooms.ballotbox.service import State, Vote, vote_of
from pbvote.rooms.ballotbox.traces import wipe_traces

_AT_ONCE = 400


def flush(rt: Runtime, call_id: CallId) -> int:
    """Append what is due and wipe its traces; returns how many ballots went into the log.

    Nothing is due before the batch time of a style has passed since its last batch.

    Raises:
        TracesRemain: the ballots are in the log, but the database still holds old copies; call again.
    """
    vote = vote_of(rt, call_id)
    appended = 0
    if _due(rt, vote):
        with rt.box() as tx:
            if locks.sequence(tx, call_id) == State.TAKING:
                appended = _flush_due(tx, vote, now=rt.clock())
    wipe_traces(rt, call_id)
    return appended


def seal(rt: Runtime, call_id: CallId) -> str:
    """End the vote: last flush, closing entry with the counts, signed checkpoint (returned).

    From here on no ballot gets in. Sealing a sealed box only returns its newest checkpoint.

    Raises:
        StageClosed: ballots may still be cast.
        TracesRemain: sealed, but the database still holds old copies; call again.
    """
    vote = vote_of(rt, call_id)
    with rt.box() as tx:
        locks.exclude(tx, call_id)
        state = locks.sequence(tx, call_id)
        log = Log(tx, "box", call_id)
        now = rt.clock()
        if state == State.TAKING:
            if now < vote.manifest.cast_until:
                raise StageClosed(act="seal", stage="voting")
            for style in vote.manifest.styles:
                hashes = _waiting(tx, call_id, style.id)
                if hashes:
                    _append_batch(tx, vote, style=style.id, hashes=hashes, now=now)
            counts = turnout(tx, vote)
            log.append([CloseEntry.of(counts, int(now.timestamp())).encode()])
            log.sign_checkpoint(vote.log_name, vote.seed)
            _set(tx, call_id, state=State.SEALED, uncleaned=True)
        note = log.checkpoint()
    wipe_traces(rt, call_id)
    return note


def append_opening(rt: Runtime, call_id: CallId, private_key: bytes, tie_seed: bytes = b"") -> str:
    """Enter the opening key into the sealed box's log; returns the checkpoint. The same again is fine.

    Raises:
        BoxNotSealed: the last checkpoint of the vote is not there yet.
        OpeningKeyWrong: not the private key of the manifest's public key.
        EnteredDifferently: another key or seed stands in the log.
    """
    vote = vote_of(rt, call_id)
    if sealing.public_point(private_key) != vote.manifest.hpke_pk:
        raise OpeningKeyWrong(call=call_id)
    with rt.box() as tx:
        state = locks.sequence(tx, call_id)
        if state < State.SEALED:
            raise BoxNotSealed(call=call_id)
        entry = OpeningEntry(private_key, tie_seed).encode()
        return _enter(tx, vote, entry, state=state, becomes=State.OPENED)


def append_outcome(rt: Runtime, call_id: CallId, outcome: bytes) -> str:
    """Enter the certified outcome; returns the final checkpoint. The same again is fine.

    Raises:
        BoxNotOpened: the opening key comes first.
        EntryMalformed: not canonical JSON.
        EnteredDifferently: another outcome stands in the log.
    """
    vote = vote_of(rt, call_id)
    entry = OutcomeEntry(outcome).encode()
    with rt.box() as tx:
        state = locks.sequence(tx, call_id)
        if state < State.OPENED:
            raise BoxNotOpened(call=call_id)
        return _enter(tx, vote, entry, state=state, becomes=State.CERTIFIED)


def turnout(tx: Session, vote: Vote) -> dict[StyleId, int]:
    """Ballots per style that are in the log; what still waits is not told."""
    rows: Iterable[tuple[str, int]] = tx.execute(
        select(BATCH.c.style, func.sum(BATCH.c.count))
        .where(BATCH.c.call_id == vote.manifest.call)
        .group_by(BATCH.c.style)
    )
    counted = {style: int(count) for style, count in rows}
    return {style.id: counted.get(style.id, 0) for style in vote.manifest.styles}


def _enter(tx: Session, vote: Vote, entry: bytes, *, state: int, becomes: State) -> str:
    log = Log(tx, "box", vote.manifest.call)
    if state >= becomes:
        try:
            log.position_of(entry_hash(entry))
        except EntryUnknown as error:
            raise EnteredDifferently(call=vote.manifest.call) from error
        return log.checkpoint()
    log.append([entry])
    _set(tx, vote.manifest.call, state=becomes)
    return log.sign_checkpoint(vote.log_name, vote.seed)


def _set(tx: Session, call_id: CallId, **values: int) -> None:
    tx.execute(update(VOTE).where(VOTE.c.call_id == call_id).values(**values))


def _due(rt: Runtime, vote: Vote) -> bool:
    """Whether any style's batch time has passed; read only, so that waiting costs nobody a lock."""
    with rt.read_box() as tx:
        return any(_due_styles(tx, vote, now=rt.clock()))


def _due_styles(tx: Session, vote: Vote, *, now: datetime) -> Iterator[StyleId]:
    manifest = vote.manifest
    rows: Iterable[tuple[str, datetime]] = tx.execute(
        select(BATCH.c.style, func.max(BATCH.c.flushed_at))
        .where(BATCH.c.call_id == manifest.call)
        .group_by(BATCH.c.style)
    )
    last = {str(row[0]): row[1] for row in rows}
    pause = timedelta(seconds=manifest.ruleset.batch_seconds)
    for style in manifest.styles:
        if now >= last.get(style.id, manifest.opens_at) + pause:
            yield style.id


def _flush_due(tx: Session, vote: Vote, *, now: datetime) -> int:
    call_id, least = vote.manifest.call, vote.manifest.ruleset.batch_least
    appended = 0
    for style in list(_due_styles(tx, vote, now=now)):
        hashes = _waiting(tx, call_id, style)
        if len(hashes) < max(1, 2 * least):
            continue
        kept = set(secrets.SystemRandom().sample(hashes, least))
        chosen = [name for name in hashes if name not in kept]
        _append_batch(tx, vote, style=style, hashes=chosen, now=now)
        appended += len(chosen)
    if appended:
        _rewrite_waiting(tx, vote)
        Log(tx, "box", call_id).sign_checkpoint(vote.log_name, vote.seed)
        _set(tx, call_id, uncleaned=True)
    return appended


def _waiting(tx: Session, call_id: CallId, style: StyleId) -> list[bytes]:
    """Hashes of the waiting ballots of a style, sorted."""
    rows: Iterable[bytes] = tx.scalars(
        select(PENDING.c.entry_hash)
        .where(PENDING.c.call_id == call_id, PENDING.c.style == style)
        .order_by(PENDING.c.entry_hash)
    )
    return [bytes(row) for row in rows]


def _append_batch(tx: Session, vote: Vote, *, style: StyleId, hashes: Sequence[bytes], now: datetime) -> None:
    """Move the ballots into the log in the order of their hashes, and say so in a batch entry."""
    call_id = vote.manifest.call
    number = 1 + int(tx.scalar(select(func.max(BATCH.c.number)).where(BATCH.c.call_id == call_id)) or 0)
    batch = BatchEntry(style, number, len(hashes), int(now.timestamp()))
    log = Log(tx, "box", call_id)
    log.append(chain(_take(tx, vote, style=style, hashes=hashes), [batch.encode()]))
    tx.execute(
        insert(BATCH).values(call_id=call_id, number=number, style=style, count=len(hashes), flushed_at=now)
    )


def _take(tx: Session, vote: Vote, *, style: StyleId, hashes: Sequence[bytes]) -> Iterator[bytes]:
    """The waiting ballots of these hashes, each deleted from the waiting ones."""
    call_id = vote.manifest.call
    rest = iter(hashes)
    while chunk := list(islice(rest, _AT_ONCE)):
        these = (
            PENDING.c.call_id == call_id,
            PENDING.c.style == style,
            PENDING.c.entry_hash.in_(chunk),
        )
        rows = tx.execute(
            select(PENDING.c.entry_hash, PENDING.c.entry).where(*these).order_by(PENDING.c.entry_hash)
        ).all()
        entries = [(bytes(row.entry_hash), bytes(row.entry)) for row in rows]
        tx.execute(delete(PENDING).where(*these))
        _reorder_credentials(tx, vote, entries)
        yield from (entry for _, entry in entries)


def _rewrite_waiting(tx: Session, vote: Vote) -> None:
    """What was held back is stored anew as well, so that a flush ends every trace of arrival so far."""
    call_id = vote.manifest.call
    for style in vote.manifest.styles:
        rest = iter(_waiting(tx, call_id, style.id))
        while chunk := list(islice(rest, _AT_ONCE)):
            these = (
                PENDING.c.call_id == call_id,
                PENDING.c.style == style.id,
                PENDING.c.entry_hash.in_(chunk),
            )
            rows = tx.execute(select(PENDING).where(*these).order_by(PENDING.c.entry_hash)).mappings().all()
            tx.execute(delete(PENDING).where(*these))
            tx.execute(insert(PENDING), [dict(row) for row in rows])
            _reorder_credentials(tx, vote, [(bytes(row["entry_hash"]), bytes(row["entry"])) for row in rows])


def _reorder_credentials(tx: Session, vote: Vote, entries: Sequence[tuple[bytes, bytes]]) -> None:
    """Store the credentials anew in the order of the hashes: their places no longer tell the arrival.

    A dump of a PostgreSQL table shows its rows in the order of writing, and so do the bytes of a SQLite
    page, whatever the keys. Another cast of the same credential waits for this transaction and then
    meets the new row.
    """
    call_id = vote.manifest.call
    points = [vote.checker.parse(entry).credential for _, entry in entries]
    tx.execute(delete(CREDENTIAL).where(CREDENTIAL.c.call_id == call_id, CREDENTIAL.c.credential.in_(points)))
    tx.execute(
        insert(CREDENTIAL),
        [
            {"call_id": call_id, "credential": point, "entry_hash": name}
            for point, (name, _) in zip(points, entries, strict=True)
        ],
    )
