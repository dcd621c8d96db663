"""The files of an election record (投票查核資料): names, framing, and the list of contents.

A record is read through :class:`RecordSource`, so that the audit runs over a folder, an archive or
memory alike. The logs are framed as ``len32 || entry``; nothing is read whole that can stream.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from pbvote.core import canonical
from pbvote.core.errors import NotFound, VerificationError

MANIFEST: Final = "manifest.json"
BOX_LOG: Final = "box.log"
ROLL_LOG: Final = "roll.log"
BOX_CHECKPOINT: Final = "box.checkpoint"
ROLL_CHECKPOINT: Final = "roll.checkpoint"
ELECTION_KEY: Final = "election-key.json"
OUTCOME: Final = "outcome.json"
CONTENTS: Final = "contents.json"
PABULIB: Final = "pabulib"

REQUIRED: Final = (
    *(MANIFEST, BOX_LOG, ROLL_LOG, BOX_CHECKPOINT, ROLL_CHECKPOINT),
    *(ELECTION_KEY, OUTCOME, CONTENTS),
)
VERSION: Final = 1
LONGEST_ENTRY: Final = 1 << 26
"""A manifest of 5,000 projects with long texts stays far below; a longer frame is damage."""
_MOST_FILES: Final = 10_000
_BLOCK: Final = 1 << 20


class RecordFileMissing(NotFound):
    """The record has no readable file of that name (fact ``name``)."""

    code = "record.file-missing"


class RecordTooLong(VerificationError):
    """A file that should be short is not (fact ``name``)."""

    code = "record.file-too-long"


class FrameBroken(VerificationError):
    """The log ends inside an entry, or an entry claims an impossible length (fact ``position``)."""

    code = "record.frame-broken"


class RecordSource(Protocol):
    """Where a record's files are read from."""

    def names(self) -> tuple[str, ...]:
        """Every file's name with ``/`` between folders, sorted."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A file for reading from its start. Raises RecordFileMissing."""
        ...


class FolderSource:
    """A record in a folder. Symbolic links are not followed: a record holds its own bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> tuple[str, ...]:
        """Every regular file below the folder; at most 10,000, a record has a handful."""
        found: list[str] = []
        try:
            for path in self.folder.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    found.append(path.relative_to(self.folder).as_posix())
                if len(found) >= _MOST_FILES:
                    break
        except OSError:
            pass  # what cannot be listed is missing, and is reported as such
        return tuple(sorted(found))

    def open(self, name: str) -> BinaryIO:
        """A file of the folder.

        Raises:
            RecordFileMissing: no regular file, or not readable.
        """
        path = self.folder / name
        try:
            if path.is_symlink() or not path.is_file():
                raise RecordFileMissing(name=name)
            return path.open("rb")
        except (OSError, ValueError) as error:
            raise RecordFileMissing(name=name) from error


def read_short(source: RecordSource, name: str, *, most: int = LONGEST_ENTRY) -> bytes:
    """A whole file of at most ``most`` bytes.

    Raises:
        RecordFileMissing, RecordTooLong.
    """
    with source.open(name) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise RecordTooLong(name=name)
    return content


def frame(entry: bytes) -> bytes:
    """An entry as it stands in a log file: ``len32 || entry``."""
    return len(entry).to_bytes(4, "big") + entry


def read_frames(stream: BinaryIO) -> Iterator[bytes]:
    """The entries of a log file, one after the other.

    Raises:
        FrameBroken: the file ends inside an entry; the entries before it have been given.
    """
    position = 0
    while head := stream.read(4):
        length = int.from_bytes(head, "big")
        if len(head) < 4 or length > LONGEST_ENTRY:
            raise FrameBroken(position=position)
        entry = stream.read(length)
        if len(entry) < length:
            raise FrameBroken(position=position)
        yield entry
        position += 1


def file_digest(stream: BinaryIO) -> tuple[int, str]:
    """Length and SHA-256 (hexadecimal) of a file."""
    hasher, length = hashlib.sha256(), 0
    while block := stream.read(_BLOCK):
        hasher.update(block)
        length += len(block)
    return length, hasher.hexdigest()


def list_contents(source: RecordSource) -> bytes:
    """The bytes of ``contents.json`` for the files of a record."""
    files = [_listed(source, name) for name in source.names() if name != CONTENTS]
    return canonical.encode({"version": VERSION, "files": files})


def _listed(source: RecordSource, name: str) -> dict[str, object]:
    with source.open(name) as stream:
        length, digest = file_digest(stream)
    return {"name": name, "length": length, "sha256": digest}


def contents_differences(source: RecordSource) -> Iterable[str]:
    """The names of files that differ from ``contents.json``, are missing, or are not listed in it.

    A list that cannot be read differs from everything and is named itself.
    """
    try:
        listed = _parse_contents(read_short(source, CONTENTS))
    except (VerificationError, NotFound):
        return [CONTENTS]
    found: dict[str, tuple[int, str]] = {}
    for name in source.names():
        if name == CONTENTS:
            continue
        try:
            with source.open(name) as stream:
                found[name] = file_digest(stream)
        except (RecordFileMissing, OSError):
            continue
    return sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))


def _parse_contents(content: bytes) -> dict[str, tuple[int, str]]:
    values = canonical.decode(content)
    if not isinstance(values, dict) or values.get("version") != VERSION or len(values) != 2:
        raise canonical.NotCanonical(value="contents")
    files = values.get("files")
    if not isinstance(files, list):
        raise canonical.NotCanonical(value="contents")
    listed: dict[str, tuple[int, str]] = {}
    for item in files:
        if not isinstance(item, dict) or set(item) != {"name", "length", "sha256"}:
            raise canonical.NotCanonical(value="contents")
        name, length, digest = item["name"], item["length"], item["sha256"]
        if not isinstance(name, str) or not isinstance(length, int) or not isinstance(digest, str):
            raise canonical.NotCanonical(value="contents")
        if name in listed:
            raise canonical.NotCanonical(value="contents")
        listed[name] = (length, digest)
    return listed
