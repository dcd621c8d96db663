"""What the registrar tells others: the manifest, counts per style, and the roll log. No writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import IntEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pbvote.core.manifest import Manifest, parse_manifest
from pbvote.core.rules.ways import ROLL
from pbvote.core.types import CallId, StyleId
from pbvote.platform.bulletin.log import Log
from pbvote.rooms.registrar.errors import IssuingEnded, VoteNotReady
from pbvote.rooms.registrar.models import FrozenManifest, Issuance, Poll, RollRow, StyleMerge


class Closing(IntEnum):
    """How far the roll log is on its way to its end."""

    OPEN = 0
    CLOSED = 1  # it has its closing entry
    STOPPED = 2  # no token is issued any more, the closing entry is due


_KEPT: Final = 32
_parsed: dict[bytes, Manifest] = {}
_parsed_lock = threading.Lock()


def get_manifest(tx: Session, call_id: CallId) -> Manifest:
    """The frozen manifest of a call; parsed once per process, because its bytes never change.

    Raises:
        VoteNotReady: there is none yet.
    """
    stored = tx.scalar(select(FrozenManifest.election_hash).where(FrozenManifest.call_id == call_id))
    if stored is None:
        raise VoteNotReady(call=call_id)
    election_hash = bytes(stored)
    with _parsed_lock:
        known = _parsed.get(election_hash)
    if known is not None:
        return known
    content = tx.scalar(select(FrozenManifest.manifest).where(FrozenManifest.call_id == call_id))
    manifest = parse_manifest(bytes(content or b""))
    with _parsed_lock:
        if len(_parsed) >= _KEPT:
            _parsed.pop(next(iter(_parsed)))
        _parsed[election_hash] = manifest
    return manifest


def is_frozen(tx: Session, call_id: CallId) -> bool:
    """Whether the registrar has the call's manifest."""
    found = tx.scalar(select(FrozenManifest.call_id).where(FrozenManifest.call_id == call_id))
    return found is not None


def merged_styles(tx: Session, call_id: CallId) -> dict[StyleId, StyleId]:
    """Ballot styles that were merged at the freeze, each with the one that it became."""
    rows = tx.execute(select(StyleMerge.style, StyleMerge.into).where(StyleMerge.call_id == call_id))
    return {StyleId(style): StyleId(into) for style, into in rows}


def eligible_per_style(
    tx: Session, call_id: CallId, *, merged: Mapping[StyleId, StyleId] | None = None
) -> dict[StyleId, int]:
    """Persons on the imported roll per style, merged styles added up; former numbers do not count.

    ``merged``: as if these styles were merged and no others; by default those that are.
    """
    rows = tx.execute(
        select(RollRow.style, func.count())
        .where(RollRow.call_id == call_id, RollRow.channel == ROLL.name, RollRow.principal.is_(None))
        .group_by(RollRow.style)
    )
    into = merged_styles(tx, call_id) if merged is None else merged
    counts: dict[StyleId, int] = {}
    for style, count in rows:
        target = into.get(StyleId(style), StyleId(style))
        counts[target] = counts.get(target, 0) + int(count)
    return counts


def issued_per_style(tx: Session, call_id: CallId) -> dict[StyleId, int]:
    """Tokens issued per style so far."""
    rows = tx.execute(
        select(Issuance.style, func.count()).where(Issuance.call_id == call_id).group_by(Issuance.style)
    )
    return {StyleId(style): int(count) for style, count in rows}


def has_roll(tx: Session, call_id: CallId) -> bool:
    """Whether a roll was imported, or somebody entered on it otherwise."""
    return tx.scalar(select(RollRow.style).where(RollRow.call_id == call_id).limit(1)) is not None


def asks_for_code(tx: Session, call_id: CallId) -> bool:
    """Whether some voters of the call got a code by letter, so that the form has to ask."""
    return bool(tx.scalar(select(Poll.codes).where(Poll.call_id == call_id)))


def roll_state(tx: Session, call_id: CallId) -> tuple[datetime, bool]:
    """When the roll log was last written, and whether it has its closing entry.

    Raises:
        VoteNotReady: there is no manifest yet.
    """
    row = tx.execute(
        select(FrozenManifest.flushed_at, FrozenManifest.closed).where(FrozenManifest.call_id == call_id)
    ).first()
    if row is None:
        raise VoteNotReady(call=call_id)
    return row.flushed_at, row.closed == Closing.CLOSED


def require_issuing(tx: Session, call_id: CallId) -> None:
    """Guarantee that the vote was not ended for the registrar, whatever the clock says.

    Raises:
        IssuingEnded: the box is sealed, or about to be.
    """
    if tx.scalar(select(FrozenManifest.closed).where(FrozenManifest.call_id == call_id)):
        raise IssuingEnded(call=call_id)


def roll_checkpoint(tx: Session, call_id: CallId) -> str:
    """The newest signed checkpoint of the roll log.

    Raises:
        CheckpointUnknown: there is none yet.
    """
    return Log(tx, "main", call_id).checkpoint()


def roll_entries(tx: Session, call_id: CallId, start: int = 0) -> Iterator[bytes]:
    """The entries of the roll log in order."""
    return Log(tx, "main", call_id).entries(start)
