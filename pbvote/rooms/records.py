"""The election record (投票查核資料): written once a result is certified, checked by pbvote.verifier."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import structlog

from pbvote.core.log.entry import Kind, parse_opening
from pbvote.core.manifest import Manifest
from pbvote.core.record import contents
from pbvote.core.record.ballots import OpeningJob, run_here
from pbvote.core.record.contents import FolderSource
from pbvote.core.record.counted import Counted, election_key_file
from pbvote.core.record.report import Findings
from pbvote.core.record.walk import BoxWalk, RollWalk
from pbvote.core.types import CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import queries as ballotbox
from pbvote.rooms.counting import queries
from pbvote.rooms.counting.errors import ExportFolderInUse, NotCertified
from pbvote.rooms.registrar import queries as registrar

log = structlog.get_logger()


def export(rt: Runtime, call_id: CallId, folder: Path) -> None:
    """The record of a certified vote in a folder that was absent or empty; complete, or not there.

    Everything is rebuilt from the public logs, as an auditor would; no secret key is needed.

    Raises:
        NotCertified: there is no result yet.
        ExportFolderInUse: the folder exists and holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportFolderInUse(folder=str(folder))
    with rt.read_main() as tx:
        outcome = queries.outcome_bytes(tx, call_id)
        manifest = queries.progress_of(tx, call_id).manifest
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".record-") as scratch:
        made = Path(scratch) / "record"
        made.mkdir()
        _write(rt, manifest, outcome, made)
        if folder.exists():
            folder.rmdir()
        made.rename(folder)


def _write(rt: Runtime, manifest: Manifest, outcome: bytes, folder: Path) -> None:
    call_id = manifest.call
    with rt.read_main() as main, rt.read_box() as box:
        _write_log(folder / contents.ROLL_LOG, registrar.roll_entries(main, call_id))
        _write_log(folder / contents.BOX_LOG, ballotbox.entries(box, call_id))
        (folder / contents.ROLL_CHECKPOINT).write_text(
            registrar.roll_checkpoint(main, call_id), encoding="utf-8"
        )
        (folder / contents.BOX_CHECKPOINT).write_text(ballotbox.checkpoint(box, call_id), encoding="utf-8")
    (folder / contents.MANIFEST).write_bytes(manifest.bytes)
    (folder / contents.OUTCOME).write_bytes(outcome)
    key, seed = _opening_of(folder)
    (folder / contents.ELECTION_KEY).write_bytes(election_key_file(key, seed))
    (folder / contents.PABULIB).mkdir()
    for name, content in _counted(manifest, folder, key, seed).pabulib_files():
        (folder / name).write_bytes(content)
    (folder / contents.CONTENTS).write_bytes(contents.list_contents(FolderSource(folder)))


def _write_log(path: Path, entries: Iterable[bytes]) -> None:
    with path.open("wb") as stream:
        for entry in entries:
            stream.write(contents.frame(entry))


def _opening_of(folder: Path) -> tuple[bytes, bytes]:
    """The opening key as it stands in the public log."""
    with (folder / contents.BOX_LOG).open("rb") as stream:
        for entry in contents.read_frames(stream):
            if entry[:1] == bytes([Kind.OPENING]):
                opening = parse_opening(entry)
                return opening.private_key, opening.tie_seed
    raise NotCertified()


def _counted(manifest: Manifest, folder: Path, key: bytes, seed: bytes) -> Counted:
    findings = Findings()
    with (folder / contents.ROLL_LOG).open("rb") as stream:
        issued = RollWalk(manifest, findings).read(contents.read_frames(stream))
    walk = BoxWalk(manifest, findings, issued=issued)
    with (folder / contents.BOX_LOG).open("rb") as stream:
        job = OpeningJob(manifest.bytes, key)
        counting = walk.read(contents.read_frames(stream), run=run_here, job=job)
    return counting.counted(seed)


def archive_path(rt: Runtime, call_id: CallId) -> Path:
    """Where the record of a call lies as one ZIP file for download."""
    return rt.settings.state_dir / "records" / f"{call_id}.zip"


def archive(rt: Runtime, call_id: CallId) -> Path:
    """The record as one ZIP file, made on the first call and kept.

    Raises:
        NotCertified: there is no result yet.
    """
    path = archive_path(rt, call_id)
    with rt.read_main() as tx:
        queries.outcome_bytes(tx, call_id)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".zip-") as scratch:
        folder = Path(scratch) / call_id
        export(rt, call_id, folder)
        packed = Path(scratch) / path.name
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for name in FolderSource(folder).names():
                with (folder / name).open("rb") as source, _member(target, call_id, name) as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
        packed.replace(path)
    return path


def _member(target: zipfile.ZipFile, call_id: CallId, name: str) -> IO[bytes]:
    # one fixed date, so that the same record is the same file
    member = zipfile.ZipInfo(f"{call_id}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return target.open(member, "w", force_zip64=True)


def archive_published(rt: Runtime) -> None:
    """Every published vote has its archive; the worker calls this, because it has both databases."""
    with rt.read_main() as tx:
        published = queries.certified(tx)
    for call_id in published:
        if not archive_path(rt, call_id).exists():
            archive(rt, call_id)
            log.info("record archived", call=call_id)
