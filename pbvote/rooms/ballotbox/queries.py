"""What others may read of the box: the manifest, its notices, and what is in the public log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core import canonical
from pbvote.core.ballot.receipt import INCLUDE_WITHIN
from pbvote.core.canonical import Json
from pbvote.core.manifest import Manifest, parse_manifest
from pbvote.core.rules.errors import RuleInvalid
from pbvote.core.rules.instants import parse_instant
from pbvote.core.types import CallId, EntryHash
from pbvote.platform.bulletin.log import Log
from pbvote.rooms.ballotbox.errors import VoteUnknown
from pbvote.rooms.ballotbox.help import Help, help_from
from pbvote.rooms.ballotbox.models import NOTICE, VOTE
from pbvote.rooms.ballotbox.sequencing import turnout as turnout
from pbvote.rooms.ballotbox.service import State


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteTitle:
    """A vote that this box holds, for people to choose from; all its ballots are public by ``public_by``."""

    call: CallId
    title: str
    title_en: str
    agency: str
    public_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That an entry is in the log under a signed checkpoint."""

    entry_hash: EntryHash
    position: int
    size: int
    hashes: tuple[bytes, ...]
    checkpoint: str


def get_manifest(tx: Session, call_id: CallId) -> Manifest:
    """The frozen manifest.

    Raises:
        VoteUnknown: the box has none of that call.
    """
    content = tx.scalar(select(VOTE.c.manifest).where(VOTE.c.call_id == call_id))
    if content is None:
        raise VoteUnknown(call=call_id)
    return parse_manifest(bytes(content))


def sealed_and_help(tx: Session, call_id: CallId) -> tuple[bool, Help]:
    """Whether the box takes no ballot any more, whatever the clock says; and whom its voters can ask."""
    row = tx.execute(select(VOTE.c.state, VOTE.c.help).where(VOTE.c.call_id == call_id)).first()
    if row is None:
        return False, help_from(None)
    return row.state != State.TAKING, help_from(row.help)


def votes(tx: Session) -> list[VoteTitle]:
    """Every vote of this box; the one whose ballots are public last stands first."""
    contents: Iterable[bytes] = tx.scalars(select(VOTE.c.manifest))
    titles = (canonical.decode(bytes(content)) for content in contents)
    found = [
        VoteTitle(
            call=CallId(str(each["call"])),
            title=str(each["title"]),
            title_en=str(each.get("title_en", "")),
            agency=str(each["agency"]),
            public_by=_public_by(str(each["cast_until"])),
        )
        for each in titles
        if isinstance(each, dict)
    ]
    return sorted(found, key=lambda vote: (-vote.public_by.timestamp(), vote.title, vote.call))


def _public_by(cast_until: str) -> datetime:
    last = parse_instant(cast_until, field="cast_until")
    if last is None:
        raise RuleInvalid(field="cast_until", value=cast_until)
    return last + INCLUDE_WITHIN


def notices(tx: Session, call_id: CallId) -> list[dict[str, Json]]:
    """The statements of the signed notices, in the order of the log."""
    rows: Iterable[bytes] = tx.scalars(
        select(NOTICE.c.statement).where(NOTICE.c.call_id == call_id).order_by(NOTICE.c.position)
    )
    statements = (canonical.decode(bytes(row)) for row in rows)
    return [statement for statement in statements if isinstance(statement, dict)]


def checkpoint(tx: Session, call_id: CallId) -> str:
    """The newest signed checkpoint of the box log.

    Raises:
        CheckpointUnknown: the box has no such vote.
    """
    return Log(tx, "box", call_id).checkpoint()


def entries(tx: Session, call_id: CallId, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The entries of the box log in order; everything appended is public at once."""
    return Log(tx, "box", call_id).entries(start, stop)


def tile(tx: Session, call_id: CallId, level: int, index: int) -> bytes:
    """The hashes stored so far in a tile of the box log, ``b""`` where it does not exist."""
    return Log(tx, "box", call_id).tile(level, index)


def consistency(tx: Session, call_id: CallId, old: int) -> tuple[list[bytes], str]:
    """The proof from a log of that size to the newest checkpoint, and that checkpoint.

    Raises:
        CheckpointUnknown: no such vote. ProofImpossible: no such size.
    """
    log = Log(tx, "box", call_id)
    note = log.checkpoint()
    return log.consistency(old, log.signed_size()), note


def proof(tx: Session, call_id: CallId, wanted: bytes) -> Proof:
    """The proof for the entry whose hash starts with the bytes: a whole hash or a check code's ten.

    Raises:
        EntryUnknown: it is not in the log (yet).
    """
    log = Log(tx, "box", call_id)
    position, name = log.find(wanted)
    note = log.checkpoint()
    size = log.signed_size()
    return Proof(
        entry_hash=name,
        position=position,
        size=size,
        hashes=tuple(log.inclusion(position, size)),
        checkpoint=note,
    )
