"""Pictures of a proposal: re-encoded, stripped of place and camera, stored under their hash.

A photograph from a telephone carries where it was taken; re-encoding drops that (EXIF), and
whatever else a file could hide.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import struct
import threading
import warnings
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from weakref import WeakKeyDictionary

import filetype
from PIL import ExifTags, Image
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pbvote.core.errors import raise_findings
from pbvote.core.rules.stage import Act
from pbvote.core.types import Actor, Role, is_hex_digest
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts.access import require_role
from pbvote.rooms.proposals import store
from pbvote.rooms.proposals.errors import (
    FieldMissing,
    PictureBroken,
    PictureLarge,
    PicturesBusy,
    PicturesFull,
    PicturesMany,
    PictureTooLarge,
    PictureType,
    PictureUnknown,
    WrongStatus,
)
from pbvote.rooms.proposals.models import Picture, Proposal
from pbvote.rooms.proposals.queries import ProposalView, view
from pbvote.rooms.proposals.status import EDITABLE, Status
from pbvote.typed.texts import line, text_findings

MOST_PICTURES = 5
ALLOWED = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_MOST_MEGAPIXELS = 25
HOURLY = {"resident": 30, "officer": 300}
"""Pictures that one account may have decoded in an hour, whatever became of them."""
_WAIT_SECONDS = 10.0
_LONGEST_SIDE = 1600
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a photograph upright, by its EXIF orientation."""
LONGEST_ALT = 200
WIDTHS = (320, 800)
"""Pixels across of the smaller copies that lists and telephones get."""
MEDIA = "media"
"""The folder of the proposals' pictures; other rooms have a shelf of their own."""
_decoding = threading.Semaphore(1)
"""One picture is decoded at a time in a process: 25 megapixels are 100 MB in memory."""
_at_pictures = threading.Semaphore(2)
"""One more may wait; the rest are told to come again, so that pictures never hold all threads."""
_tried: WeakKeyDictionary[Engine, dict[tuple[str, int], deque[datetime]]] = WeakKeyDictionary()
_tried_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A picture as it is stored: WebP, without any metadata."""

    content: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """Its name in the media folder."""
        return hashlib.sha256(self.content).hexdigest()


def encode(content: bytes) -> Encoded:
    """The picture turned upright, at most 1600 pixels a side, as WebP without metadata.

    Raises:
        PictureType, PictureBroken, PictureTooLarge: with ``field`` = picture.
        PicturesBusy: others are being decoded.
    """
    kind = filetype.guess_mime(content) if content else None
    if kind not in ALLOWED:
        raise PictureType(field="picture")
    if not _at_pictures.acquire(blocking=False):
        raise PicturesBusy(retry_after=30)
    try:
        if not _decoding.acquire(timeout=_WAIT_SECONDS):
            raise PicturesBusy(retry_after=30)
        try:
            return _encoded(content, ALLOWED[kind])
        finally:
            _decoding.release()
    finally:
        _at_pictures.release()


def _encoded(content: bytes, kind: str) -> Encoded:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[kind]) as picture:
                if picture.width * picture.height > _MOST_MEGAPIXELS * 1_000_000:
                    raise PictureTooLarge(field="picture", most=_MOST_MEGAPIXELS)
                plain = _upright(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooLarge(field="picture", most=_MOST_MEGAPIXELS) from error
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
        raise PictureBroken(field="picture") from error
    out = io.BytesIO()
    plain.save(out, "WEBP", quality=82, method=4)
    return Encoded(content=out.getvalue(), width=plain.width, height=plain.height)


def _upright(picture: Image.Image) -> Image.Image:
    """The picture small first and then turned, so that the whole of it is in memory once only.

    A JPEG is decoded at a half, a quarter or an eighth where that is large enough.
    """
    longest = _LONGEST_SIDE, _LONGEST_SIDE
    picture.draft(None, longest)
    exif = picture.getexif()
    exif.tobytes()  # raises where the camera's part cannot be read: a broken file
    turn = exif.get(ExifTags.Base.Orientation, 1)
    if picture.mode.startswith("I"):  # sixteen bits of grey: eight are shown
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    picture.thumbnail(longest)
    plain = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return plain.transpose(_TURNS[turn]) if turn in _TURNS else plain


def media_path(rt: Runtime, sha256: str, *, width: int = 0, shelf: str = MEDIA) -> Path:
    """Where the bytes of a stored picture lie, or those of its smaller copy; ``shelf``: whose they are.

    Raises:
        PictureUnknown: not the name of a picture.
    """
    if not is_hex_digest(sha256):
        raise PictureUnknown()
    name = f"{sha256}-{width}.webp" if width else f"{sha256}.webp"
    return rt.settings.state_dir / shelf / sha256[:2] / name


def picture_bytes(rt: Runtime, sha256: str, *, width: int = 0, shelf: str = MEDIA) -> bytes:
    """The bytes of a stored picture; a smaller copy is made when it is first asked for.

    Raises:
        PictureUnknown: no such picture.
    """
    path = media_path(rt, sha256, width=width, shelf=shelf)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        if not width:
            raise PictureUnknown() from error
    with Image.open(io.BytesIO(picture_bytes(rt, sha256, shelf=shelf)), formats=["WEBP"]) as whole:
        whole.thumbnail((width, _LONGEST_SIDE))
        out = io.BytesIO()
        whole.save(out, "WEBP", quality=78, method=4)
    write(path, out.getvalue())
    return out.getvalue()


def write(path: Path, content: bytes) -> None:
    """Write the file whole or not at all; several writers of the same picture do not disturb each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{secrets.token_hex(8)}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def editable(tx: Session, rt: Runtime, actor: Actor, *, proposal_id: int) -> Proposal:
    """The row, where the actor may change its pictures now."""
    if actor.kind == "resident":
        row = store.locked_author(tx, actor, proposal_id)
        act = Act.CORRECT if row.status == Status.CORRECTION else Act.PROPOSE
    else:
        row = store.locked(tx, proposal_id)
        require_role(actor, Role.OFFICER, store.call_of(tx, row).agency_id)
        act = Act.ENTER_WORKSHOP_PROPOSAL
        if not row.workshop:
            raise WrongStatus(status=row.status, move="picture")  # the proposer's own to change
    store.call_of(tx, row).require(act, rt.clock())
    if Status(row.status) not in EDITABLE:
        raise WrongStatus(status=row.status, move="picture")
    return row


def require_few(rt: Runtime, actor: Actor) -> None:
    """Count a picture or document that is about to be read; in the memory of this process.

    Raises:
        PicturesMany: the account has sent many within an hour.
    """
    now = rt.clock()
    hour_ago = now - timedelta(hours=1)
    with _tried_lock:
        tried = _tried.setdefault(rt.engine("main"), {})
        for name in [name for name, times in tried.items() if times[-1] <= hour_ago]:
            del tried[name]
        times = tried.setdefault((actor.kind, actor.id), deque())
        while times and times[0] <= hour_ago:
            times.popleft()
        if len(times) >= HOURLY[actor.kind]:
            raise PicturesMany(retry_after=1 + int((times[0] - hour_ago).total_seconds()))
        times.append(now)


def check_alt(alt: str) -> None:
    """Guarantee words that stand for a picture.

    Raises:
        InvalidInput: none, or too many; with ``field`` = alt.
    """
    raise_findings(text_findings(alt, field="alt", most=LONGEST_ALT, missing=FieldMissing))


def megabytes(count: int) -> float:
    """Bytes as people are told them: whole megabytes, or as exactly as it takes."""
    return round(count / 2**20, 2) if count % 2**20 else count // 2**20


def _require_small(rt: Runtime, content: bytes) -> None:
    most = rt.settings.web.upload_bytes
    if len(content) > most:
        raise PictureLarge(field="picture", most=megabytes(most))


def attach_picture(rt: Runtime, actor: Actor, proposal_id: int, *, content: bytes, alt: str) -> ProposalView:
    """Add a picture with the words that stand for it where it cannot be seen; they may follow later.

    The file is written before the row: a crash between leaves a file that nothing names.

    Raises:
        InvalidInput: no picture, a file too large, or words too long.
        PicturesFull: five are there already.
        PicturesMany: this account has sent many within an hour. PicturesBusy: many are being worked on.
        ProposalUnknown, WrongStatus, StageClosed: not this actor's, or not to be changed now.
    """
    alt = line(alt)
    raise_findings(text_findings(alt, field="alt", most=LONGEST_ALT, missing=None))
    _require_small(rt, content)
    with rt.read_main() as tx:  # whatever costs little is asked before a picture is decoded
        if len(editable(tx, rt, actor, proposal_id=proposal_id).pictures) >= MOST_PICTURES:
            raise PicturesFull(most=MOST_PICTURES)
    require_few(rt, actor)
    picture = encode(content)
    write(media_path(rt, picture.sha256), picture.content)
    now = rt.clock()
    with rt.main() as tx:
        row = editable(tx, rt, actor, proposal_id=proposal_id)
        if any(old.sha256 == picture.sha256 for old in row.pictures):
            return view(row)
        if len(row.pictures) >= MOST_PICTURES:
            raise PicturesFull(most=MOST_PICTURES)
        row.pictures.append(
            Picture(
                proposal_id=row.id,
                sha256=picture.sha256,
                alt=alt,
                width=picture.width,
                height=picture.height,
                position=1 + max((old.position for old in row.pictures), default=0),
            )
        )
        store.keep_version(tx, row, "attach-picture", actor=actor, at=now)
        activity.record(
            tx, actor, Activity.PROPOSAL_PICTURE, at=now, call_id=row.call_id, subject=str(row.id)
        )
        return view(row)


def forget(rt: Runtime, sha256: str, *, shelf: str = MEDIA) -> None:
    """Delete a stored picture and its smaller copies."""
    for width in (0, *WIDTHS):
        media_path(rt, sha256, width=width, shelf=shelf).unlink(missing_ok=True)


def remove_picture(rt: Runtime, actor: Actor, proposal_id: int, picture_id: int) -> ProposalView:
    """Take a picture away; its file goes too unless another proposal shows the same.

    Raises:
        PictureUnknown: the proposal has no such picture.
        ProposalUnknown, WrongStatus, StageClosed: as for :func:`attach_picture`.
    """
    now = rt.clock()
    with rt.main() as tx:
        row = editable(tx, rt, actor, proposal_id=proposal_id)
        picture = next((old for old in row.pictures if old.id == picture_id), None)
        if picture is None:
            raise PictureUnknown()
        row.pictures.remove(picture)
        tx.delete(picture)
        store.keep_version(tx, row, "remove-picture", actor=actor, at=now)
        left = tx.scalar(select(func.count()).select_from(Picture).where(Picture.sha256 == picture.sha256))
        after = view(row)
    if not left:
        forget(rt, picture.sha256)
    return after
