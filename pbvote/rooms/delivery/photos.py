"""Photographs of a project before, during and after the work: made and kept as pictures of proposals are."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from PIL import Image
from sqlalchemy import func, select

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.types import Actor, is_hex_digest
from pbvote.platform.runtime import Runtime
from pbvote.rooms.delivery.errors import MomentUnknown, PhotoNotKept, PhotosFull
from pbvote.rooms.delivery.kinds import Moment
from pbvote.rooms.delivery.models import Delivery, Photo
from pbvote.rooms.proposals import pictures
from pbvote.rooms.proposals.errors import PictureUnknown
from pbvote.rooms.proposals.pictures import Encoded
from pbvote.typed.texts import line

MOST_PHOTOS: Final = 20
SHELF: Final = "media/delivery"
"""Their own folder, so that a proposal's picture with the same bytes can be taken away."""
WAITING: Final = "media/delivery-waiting"
"""Where a photograph waits while the form that it came with is put right; nobody is shown what lies here."""
_WAITS: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What is said of a photograph: the words that stand for it, and when it was taken."""

    alt: str
    moment: Moment


def kept(row: Delivery) -> list[Photo]:
    """The photographs that were not taken away."""
    return [photo for photo in row.photos if photo.removed_at is None]


def checked(row: Delivery, typed: Mapping[str, str]) -> Described:
    """What was typed of a new photograph (``alt``, ``moment``).

    Raises:
        InvalidInput: no words for it, or no moment.
        PhotosFull: the project has as many as it may.
    """
    findings: list[InvalidInput] = []
    alt = line(typed.get("alt", ""))
    try:
        pictures.check_alt(alt)
    except InvalidInput as error:
        findings.append(error)
    if typed.get("moment", "") not in tuple(Moment):
        findings.append(MomentUnknown(field="moment"))
    raise_findings(findings)
    if len(kept(row)) >= MOST_PHOTOS:
        raise PhotosFull(most=MOST_PHOTOS)
    return Described(alt=alt, moment=Moment(typed["moment"]))


def stored(rt: Runtime, actor: Actor, content: bytes) -> Encoded:
    """The photograph re-encoded and written down; a crash later leaves a file that nothing names.

    Raises:
        PictureType, PictureBroken, PictureTooLarge, PicturesBusy, PicturesMany: as for proposals.
    """
    pictures.require_few(rt, actor)
    picture = pictures.encode(content)
    pictures.write(pictures.media_path(rt, picture.sha256, shelf=SHELF), picture.content)
    return picture


def wait(rt: Runtime, actor: Actor, content: bytes) -> str:
    """Keep a photograph, re-encoded, until its form is put right; returns its SHA-256, which finds it again.

    What has waited for a day goes.

    Raises:
        PictureType, PictureBroken, PictureTooLarge, PicturesBusy, PicturesMany: as for proposals.
    """
    pictures.require_few(rt, actor)
    picture = pictures.encode(content)
    now = rt.clock()
    for old in (rt.settings.state_dir / WAITING).glob("*/*.webp"):
        if old.stat().st_mtime < (now - _WAITS).timestamp():
            old.unlink(missing_ok=True)
    path = pictures.media_path(rt, picture.sha256, shelf=WAITING)
    pictures.write(path, picture.content)
    os.utime(path, (now.timestamp(), now.timestamp()))
    return picture.sha256


def waiting(rt: Runtime, sha256: str) -> Encoded:
    """The photograph that waits under that SHA-256, now among those that are shown.

    Raises:
        PhotoNotKept: there is none.
    """
    try:
        content = pictures.picture_bytes(rt, sha256, shelf=WAITING)
    except PictureUnknown as error:
        raise PhotoNotKept(field="picture") from error
    with Image.open(io.BytesIO(content), formats=["WEBP"]) as picture:
        found = Encoded(content=content, width=picture.width, height=picture.height)
    pictures.write(pictures.media_path(rt, found.sha256, shelf=SHELF), content)
    return found


def let_go(rt: Runtime, sha256: str) -> None:
    """A photograph waits no more."""
    if is_hex_digest(sha256):
        pictures.forget(rt, sha256, shelf=WAITING)


def add(row: Delivery, picture: Encoded, said: Described, *, at: datetime) -> dict[str, str | int]:
    """Put it among the project's photographs; returns the facts for the history.

    Raises:
        PhotosFull: the project has as many as it may.
    """
    if len(kept(row)) >= MOST_PHOTOS:
        raise PhotosFull(most=MOST_PHOTOS)
    row.photos.append(
        Photo(
            sha256=picture.sha256,
            alt=said.alt,
            width=picture.width,
            height=picture.height,
            moment=said.moment.value,
            at=at,
        )
    )
    return {"photo.moment": said.moment.value, "photo.alt": said.alt}


def forget(rt: Runtime, sha256: str) -> None:
    """Delete the file of a photograph that was taken away, unless another project shows the same."""
    with rt.read_main() as tx:
        left = tx.scalar(
            select(func.count()).select_from(Photo).where(Photo.sha256 == sha256, Photo.removed_at.is_(None))
        )
    if not left:
        pictures.forget(rt, sha256, shelf=SHELF)
