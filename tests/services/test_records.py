"""The exported record of a vote held through the services satisfies the verifier."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pbvote.core.record import contents
from pbvote.core.record.contents import FolderSource
from pbvote.core.record.pabulib import read_pabulib
from pbvote.core.record.verify import Expectations, verify_record
from pbvote.core.types import b64
from pbvote.platform.runtime import Runtime
from pbvote.rooms import records
from pbvote.rooms.counting.errors import ExportFolderInUse, NotCertified
from pbvote.verifier.__main__ import main
from tests.make.polls import Poll, closed_poll


@pytest.fixture
def poll(rt: Runtime) -> Poll:
    found = closed_poll(rt)
    found.open_box()
    return found


def test_the_record_of_a_whole_vote_is_valid(rt: Runtime, poll: Poll, tmp_path: Path) -> None:
    poll.certify()
    folder = tmp_path / "record"
    records.export(rt, poll.call_id, folder)
    assert set(contents.REQUIRED) <= {path.name for path in folder.iterdir()}
    receipt = (
        f'{{"version":1,"kind":"pbvote-receipt","call":"{poll.call_id}",'
        f'"entry_hash":"{b64(poll.receipts[3].entry_hash)}","include_by":{poll.receipts[3].include_by},'
        f'"signature":"{b64(poll.receipts[3].signature)}"}}'
    ).encode()
    report = verify_record(
        FolderSource(folder),
        expectations=Expectations(
            election_hash=poll.manifest.election_hash.hex(), receipts={"mine": receipt}
        ),
    )
    assert report.codes == ()
    assert report.verdict == "valid"
    assert report.winners == {"d1": (2,), "d2": (5,)}
    assert main([str(folder), "--workers", "1"]) == 0
    east = read_pabulib((folder / "pabulib" / "d1.pb").read_text(encoding="utf-8"))
    assert east.meta["num_votes"] == "12"  # four ballots of weight 1, four of weight 2


def test_there_is_no_record_before_certification(rt: Runtime, poll: Poll, tmp_path: Path) -> None:
    with pytest.raises(NotCertified):
        records.export(rt, poll.call_id, tmp_path / "record")
    with pytest.raises(NotCertified):
        records.archive(rt, poll.call_id)
    assert not (tmp_path / "record").exists()


def test_an_export_never_writes_into_a_folder_that_holds_something(
    rt: Runtime, poll: Poll, tmp_path: Path
) -> None:
    poll.certify()
    used = tmp_path / "used"
    used.mkdir()
    (used / "file").touch()
    with pytest.raises(ExportFolderInUse):
        records.export(rt, poll.call_id, used)
    empty = tmp_path / "empty"
    empty.mkdir()
    records.export(rt, poll.call_id, empty)
    assert verify_record(FolderSource(empty)).codes == ()


def test_the_archive_holds_the_same_record_and_is_made_once(rt: Runtime, poll: Poll, tmp_path: Path) -> None:
    poll.certify()
    records.archive_published(rt)
    path = records.archive_path(rt, poll.call_id)
    made = path.stat().st_mtime_ns
    assert records.archive(rt, poll.call_id) == path
    records.archive_published(rt)
    assert path.stat().st_mtime_ns == made
    with zipfile.ZipFile(path) as packed:
        packed.extractall(tmp_path)
    assert verify_record(FolderSource(tmp_path / poll.call_id)).codes == ()
