"""Records and manifests of an earlier version stay readable, valid and equal in their bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbvote.core.manifest import parse_manifest
from pbvote.core.record.contents import FolderSource
from pbvote.core.record.verify import Expectations, verify_record
from pbvote.core.rules.ruleset import ruleset_from_json

HERE = Path(__file__).parent
RECORDS = sorted(path for path in (HERE / "records").iterdir() if path.is_dir())
MANIFESTS = sorted((HERE / "manifests").glob("*.json"))


def test_every_kind_is_kept() -> None:
    assert len(RECORDS) >= 14
    assert {path.stem for path in MANIFESTS} >= {path.name for path in RECORDS}


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.name)
def test_an_old_record_is_valid_and_counted_to_the_same_bytes(record: Path) -> None:
    published = parse_manifest((record / "manifest.json").read_bytes()).election_hash.hex()
    report = verify_record(FolderSource(record), expectations=Expectations(election_hash=published))
    assert report.codes == ()
    assert report.verdict == "valid"


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_an_old_manifest_keeps_its_bytes(path: Path) -> None:
    content = path.read_bytes()
    manifest = parse_manifest(content)
    assert manifest.bytes == content
    rules = manifest.ruleset
    rules.check()
    assert ruleset_from_json(rules.to_json()) == rules
