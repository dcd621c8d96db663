"""Hostile records: whatever stands in the files, the audit answers, and never with a yes."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pbvote.core import canonical
from pbvote.core.record import contents
from pbvote.core.record.contents import FolderSource, frame
from pbvote.core.record.report import NotARecord
from pbvote.core.record.verify import Expectations, verify_record
from pbvote.verifier.__main__ import main
from tests.make import records as rb
from tests.make.records import Built, MemorySource

WEAK_RSA = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu"
    "KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ=="
)


@pytest.fixture(scope="module")
def built() -> Built:
    return rb.build_record(voters=12)


@pytest.fixture
def folder(built: Built, tmp_path: Path) -> Path:
    target = tmp_path / "record"
    for name, content in built.files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return target


def answers(files: dict[str, bytes]) -> tuple[str, ...]:
    """The codes; an audit without a manifest says so."""
    try:
        return verify_record(MemorySource(files)).codes
    except NotARecord:
        return ("not-a-record",)


@pytest.mark.parametrize("name", contents.REQUIRED)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[" * 5000,
        b"null",
        b"\xff\xfe\x00",
        b"\x00\x00\x00\x00" * 3,
        b"\xff\xff\xff\xff",
        b'{"version":1}',
        b'{"files":[{"length":1,"name":"../../etc/passwd","sha256":"00"}],"version":1}',
    ],
    ids=["empty", "object", "deep", "null", "not-utf8", "empty-frames", "huge-frame", "version", "path"],
)
def test_a_file_of_rubbish_is_an_answer_and_no_yes(built: Built, name: str, content: bytes) -> None:
    files = {**built.files, name: content}
    assert answers(files) != ()
    if name != contents.CONTENTS:
        assert answers(rb.listed(files)) != ()


def test_no_single_flipped_byte_anywhere_passes(built: Built) -> None:
    """A sample of every file; each flip is an error even with a fresh list of contents."""
    chance = random.Random(7)
    for name, content in built.files.items():
        if name == contents.CONTENTS:
            continue
        for place in {0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(12))}:
            changed = bytearray(content)
            changed[place] ^= 1 << chance.randrange(8)
            files = rb.listed({**built.files, name: bytes(changed)})
            assert answers(files) != (), (name, place)


def test_no_cut_of_any_file_passes(built: Built) -> None:
    chance = random.Random(8)
    for name, content in built.files.items():
        for end in {0, 1, len(content) - 1, *(chance.randrange(len(content)) for _ in range(4))}:
            files = {**built.files, name: content[:end]}
            if name != contents.CONTENTS:
                files = rb.listed(files)
            assert answers(files) != (), (name, end)


HOSTILE_ENTRIES = [
    b"",
    b"\x02",
    b"\x02\x01\xff",
    b"\x02\x01\x04d1-1" + bytes(65),
    b"\x02\x02\x04d1-1",
    b"\x08\x01",
    b"\x03\x01\xff\xff\xff\xff",
    b"\x04\x01\x00" + b"\xff" * 16,
    b'\x05\x01{"counts":{"d1-1":99999999},"time":0}',
    b'\x05\x01{"counts":[],"time":"x"}',
    b"\x06\x01\x20" + bytes(32) + b"\x00",
    b"\x06\x01\x20" + b"\xff" * 32 + b"\x00",
    b"\x07\x01[]",
    b"\x01\x01\x02zz" + bytes(32),
]


@pytest.mark.parametrize("entry", HOSTILE_ENTRIES, ids=lambda entry: entry[:6].hex() or "empty")
@pytest.mark.parametrize("place", [0, 1, 5, -1])
def test_a_hostile_entry_under_the_operators_own_signature_is_no_yes(
    built: Built, entry: bytes, place: int
) -> None:
    for log in ("box", "roll"):
        edited = rb.Built(
            keys=built.keys,
            manifest=built.manifest,
            box=list(built.box),
            roll=list(built.roll),
            files=dict(built.files),
        )
        target = edited.box if log == "box" else edited.roll
        target.insert(place % (len(target) + 1), entry)
        assert answers(edited.sealed_again()) != (), log


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("box_vkey", "nonsense"),
        ("roll_vkey", ""),
        ("pad_to", 2),
        ("hpke_pk", "AAAA"),
        ("styles", []),
        ("projects", []),
        ("tie_seed_hash", "00"),
        ("version", 2),
        ("mode", "festival"),
    ],
)
def test_a_hostile_manifest_is_no_yes(built: Built, member: str, value: object) -> None:
    values = canonical.decode(built.manifest.bytes)
    assert isinstance(values, dict)
    content = canonical.encode({**values, member: value})
    box = [b"\x00\x01" + content, *built.box[1:]]
    files = {**built.files, "manifest.json": content, "box.log": b"".join(map(frame, box))}
    files["box.checkpoint"] = rb.signed(box, built.manifest.box_vkey, built.keys.box).encode()
    assert answers(rb.listed(files)) != ()


def test_a_weak_rsa_key_in_the_manifest_is_no_yes(built: Built) -> None:
    weak = WEAK_RSA
    values = canonical.decode(built.manifest.bytes)
    assert isinstance(values, dict)
    styles = values["styles"]
    assert isinstance(styles, list)
    first = styles[0]
    assert isinstance(first, dict)
    content = canonical.encode({**values, "styles": [{**first, "rsa_spki": weak}, *styles[1:]]})
    box = [b"\x00\x01" + content, *built.box[1:]]
    files = {**built.files, "manifest.json": content, "box.log": b"".join(map(frame, box))}
    files["box.checkpoint"] = rb.signed(box, built.manifest.box_vkey, built.keys.box).encode()
    assert "manifest-unfit" in answers(rb.listed(files))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"call":1e999}', b"9" * 6000])
def test_hostile_things_given_for_comparison_are_an_answer(built: Built, content: bytes) -> None:
    source = MemorySource(built.files)
    receipts = verify_record(source, expectations=Expectations(receipts={"r": content}))
    assert receipts.codes == ("receipt-malformed",)
    checkpoints = verify_record(source, expectations=Expectations(checkpoints={"c": content}))
    assert checkpoints.codes == ("checkpoint-unsigned",)


def test_a_folder_without_a_manifest_is_not_a_record(tmp_path: Path) -> None:
    with pytest.raises(NotARecord):
        verify_record(FolderSource(tmp_path / "absent"))
    assert main([str(tmp_path), "--workers", "1"]) == 2


def test_links_and_folders_in_the_place_of_files_are_missing_files(folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "outside"
    shutil.move(folder / "outcome.json", moved)
    (folder / "outcome.json").symlink_to(moved)
    (folder / "election-key.json").unlink()
    (folder / "election-key.json").mkdir()
    report = verify_record(FolderSource(folder))
    assert "file-missing" in report.codes


# -- the command


def test_the_command_prints_hash_mode_and_both_roots_and_exits_0(
    built: Built, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder), "--workers", "1"]) == 0
    shown = capsys.readouterr().out
    assert built.manifest.election_hash.hex() in shown
    assert "mode           test" in shown
    report = verify_record(FolderSource(folder))
    assert report.box.root.hex() in shown
    assert report.roll.root.hex() in shown
    assert "consistent, but not compared with the published notice" in shown


def test_the_command_compares_and_exits_1_on_a_difference(
    built: Built, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = built.manifest.election_hash.hex()
    assert main([str(folder), "--workers", "1", "--expect-manifest", good]) == 0
    assert "VALID, compared with your own: manifest" in capsys.readouterr().out
    assert main([str(folder), "--workers", "1", "--json", "--expect-manifest", "00" * 32]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "invalid"
    assert [error["code"] for error in report["errors"]] == ["manifest-changed"]


def test_several_processes_find_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), "--json", "--workers", "2"]) == 0
    several = capsys.readouterr().out
    assert main([str(folder), "--json", "--workers", "1"]) == 0
    assert several == capsys.readouterr().out


def test_the_command_runs_as_a_module_with_core_alone(folder: Path) -> None:
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['verifier', {str(folder)!r}, '--workers', '1']\n"
        "try:\n    runpy.run_module('pbvote.verifier', run_name='__main__')\n"
        "except SystemExit as done:\n    assert done.code == 0, done.code\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'flask', 'sqlalchemy', 'sqlite3', 'pydantic', 'structlog'}, loaded\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
