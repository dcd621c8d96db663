"""What a reader gives to compare with, what counts as a comparison, and how copies are named."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pbvote.core.log.merkle import leaf_hash
from pbvote.core.record.counted import Counted
from pbvote.core.record.given import Expectations, ExpectationUnfit
from pbvote.core.record.spoiled import Reasons
from pbvote.core.rules.ways import Verification
from pbvote.core.types import StyleId
from pbvote.verifier.__main__ import main
from tests.make import records as rb
from tests.make.records import Built
from tests.tamper.checking import check, saved_earlier


@pytest.fixture(scope="module")
def honest() -> Built:
    return rb.build_record()


@pytest.fixture
def built(honest: Built) -> Built:
    return copy.deepcopy(honest)


@pytest.fixture
def folder(built: Built, tmp_path: Path) -> Path:
    for name, content in built.files.items():
        path = tmp_path / "record" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "record"


# -- the command


@pytest.mark.parametrize("blank", ["", " ", "\t", "\n", "\u3000", "\u00a0"])
def test_a_blank_election_hash_is_a_mistake_and_no_comparison(
    folder: Path, blank: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(folder), "--workers", "1", "--expect-manifest", blank])
    assert ended.value.code == 3
    assert "VALID" not in capsys.readouterr().out


@pytest.mark.parametrize("change", ["short", "long", "not hexadecimal", "inside", "full width"])
def test_what_is_no_election_hash_is_refused(folder: Path, built: Built, change: str) -> None:
    right = built.manifest.election_hash.hex()
    typed = {
        "short": right[:-1],
        "long": right + "0",
        "not hexadecimal": "g" + right[1:],
        "inside": right[:32] + " " + right[32:],
        "full width": "\uff10" + right[1:],
    }[change]
    with pytest.raises(SystemExit) as ended:
        main([str(folder), "--workers", "1", "--expect-manifest", typed])
    assert ended.value.code == 3
    with pytest.raises(ExpectationUnfit):
        Expectations(election_hash=typed)


def test_the_hash_may_be_typed_in_capitals_and_with_spaces_around(folder: Path, built: Built) -> None:
    right = built.manifest.election_hash.hex()
    assert main([str(folder), "--workers", "1", "--expect-manifest", f" {right.upper()} "]) == 0
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    assert main([str(folder), "--workers", "1", "--expect-manifest", wrong]) == 1


@pytest.mark.parametrize("option", ["--receipt", "--checkpoint"])
@pytest.mark.parametrize("path", ["none", "."])
def test_a_file_that_cannot_be_read_says_nothing_about_the_record(
    folder: Path, option: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(folder), "--json", "--workers", "1", option, str(folder / path)])
    assert ended.value.code == 3
    assert "not-a-record" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["--workers", "0"], ["--workers", "-3"], ["--workers", "x"], ["--what"]]
)
def test_a_wrong_option_has_the_status_of_a_mistake(folder: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(folder), *arguments])
    assert ended.value.code == 3


@pytest.mark.parametrize("log", ["box", "roll"])
@pytest.mark.parametrize("tail", ["", "\u2014 somebody else\n"])
def test_the_records_own_checkpoint_compares_nothing_and_it_is_said(
    folder: Path, tmp_path: Path, log: str, tail: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "mine"
    given.write_bytes((folder / f"{log}.checkpoint").read_bytes() + tail.encode())
    assert main([str(folder), "--workers", "1", "--checkpoint", str(given)]) == 0
    said = capsys.readouterr().out
    assert "VALID, compared" not in said
    assert "the record's own checkpoint" in said
    assert (
        main([str(folder), "--json", "--workers", "1", "--checkpoint", str(folder / f"{log}.checkpoint")])
        == 0
    )
    report = json.loads(capsys.readouterr().out)
    assert (report["verdict"], report["compared"]) == ("consistent", [])
    assert len(report["own_files"]) == 1


def test_an_own_checkpoint_beside_the_records_is_a_comparison(built: Built) -> None:
    files = {"mine": saved_earlier(built), "its own": built.checkpoints["box"].encode()}
    report = check(built.files, checkpoints=files)
    assert (report.verdict, report.compared, report.own_files) == ("valid", ("checkpoint",), ("its own",))


def test_a_withdrawn_project_is_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(folder), "--workers", "1"])
    assert "project 3: withdrawn by a notice" in capsys.readouterr().out


# -- more tokens than people


def _with(built: Built, *, eligible: int, **rules: Any) -> Built:
    manifest = replace(
        built.manifest,
        styles=tuple(replace(style, eligible=eligible) for style in built.manifest.styles),
        ruleset=replace(built.manifest.ruleset, **rules),
    )
    return replace(built, manifest=manifest)


@pytest.mark.parametrize(
    ("eligible", "rules", "found"),
    [
        (7, {}, False),
        (6, {}, True),
        (0, {}, True),
        (6, {"desk": True}, False),
        (0, {"verification": Verification.SANDBOX}, False),
    ],
)
def test_more_tokens_than_people_on_the_roll_are_named(
    built: Built, eligible: int, rules: dict[str, Any], found: bool
) -> None:
    from pbvote.core.record.report import Findings
    from pbvote.core.record.walk import RollWalk

    other = _with(built, eligible=eligible, **rules)
    findings = Findings()
    RollWalk(other.manifest, findings).read(built.roll)
    named = [finding for finding in findings.kept if finding.flaw == "more-issued-than-eligible"]
    assert bool(named) is found
    if eligible == 6 and found:
        assert {finding.detail for finding in named} == {"d1-1: 7 > 6", "d1-2: 7 > 6"}


# -- copies


def _copy(built: Built, victim_at: int, *, first: bool) -> None:
    """A copy of a ballot's sealed part under an own credential, before or after its victim."""
    victim = built.ballot(victim_at)
    style = str(victim.style)
    token = rb.issue_token(built.keys, built.manifest, style)
    built.roll.insert(0, token.roll_entry)
    while True:
        entry = rb.make_ballot(built.manifest, token, style, sealed=victim.sealed)
        if (leaf_hash(entry) < leaf_hash(built.box[victim_at])) is first:
            break
        token = rb.issue_token(built.keys, built.manifest, style)
        built.roll[0] = token.roll_entry
    built.box.insert(victim_at, entry)
    start = max(at for at in range(victim_at) if built.box[at][:1] != b"\x02") + 1
    end = next(at for at in range(victim_at, len(built.box)) if built.box[at][:1] != b"\x02")
    built.box[start:end] = sorted(built.box[start:end], key=leaf_hash)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("spoiled", [True, False])
def test_the_copy_is_named_and_never_its_victim(built: Built, first: bool, spoiled: bool) -> None:
    wanted = [at for at in built.ballots() if _reason(built, at) == ("project-unknown" if spoiled else "")]
    _copy(built, wanted[0], first=first)
    report = check(built.sealed_again())
    assert report.spoiled == {"project-unknown": 1, "copied": 1}


def _reason(built: Built, at: int) -> str:
    from pbvote.core.record.ballots import BallotJob

    (looked,) = BallotJob(built.manifest.bytes, built.keys.opening)([built.box[at]])
    return looked.spoiled


def test_reasons_do_not_depend_on_the_order() -> None:
    import itertools

    broken = "seal-broken"
    ballots = [(b"a", ""), (b"a", broken), (b"b", "too-few"), (b"b", broken), (b"c", broken)]
    ballots += [(b"d", broken), (b"d", broken)]
    for order in itertools.permutations(ballots):
        reasons = Reasons()
        for sealed, reason in order:
            reasons.take(sealed, reason)
        assert reasons.now == {"copied": 4, "seal-broken": 1, "too-few": 1}


def test_a_record_whose_copies_were_named_by_the_earlier_release_is_valid_as_before(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [at for at in built.ballots() if _reason(built, at) == "project-unknown"]
    _copy(built, wanted[0], first=True)
    close = next(at for at, entry in enumerate(built.box) if entry[:1] == b"\x05")
    from pbvote.core.log.entry import BatchEntry, CloseEntry, parse_batch, parse_close

    closed = parse_close(built.box[close])
    counts = {StyleId(style): count + (style == "d2-1") for style, count in closed.counts.items()}
    built.box[close] = CloseEntry.of(counts, closed.time).encode()
    at = next(i for i in range(wanted[0], len(built.box)) if built.box[i][:1] == b"\x04")
    batch = parse_batch(built.box[at])
    built.box[at] = BatchEntry(batch.style, batch.number, batch.count + 1, batch.time).encode()
    issued = parse_close(built.roll[-1])
    named = {StyleId(style): count + (style == "d2-1") for style, count in issued.counts.items()}
    built.roll[-1] = CloseEntry.of(named, issued.time).encode()
    last = next(i for i in range(len(built.roll)) if built.roll[i][:1] == b"\x04")
    batch = parse_batch(built.roll[last])
    entries = sorted(built.roll[:last], key=leaf_hash)
    built.roll[: last + 1] = [
        *entries,
        BatchEntry(batch.style, batch.number, batch.count + 1, batch.time).encode(),
    ]
    rb.count_again(built)
    assert check(built.files).codes == ()
    with monkeypatch.context() as earlier:
        earlier.setattr(Counted, "to_bytes", Counted.to_bytes_before)
        rb.count_again(built)
    assert json.loads(built.files["outcome.json"])["spoiled"] == {"copied": 1, "seal-broken": 1}
    assert check(built.files).codes == ()


@pytest.mark.parametrize("first", ["", "0" * 64])
def test_two_election_hashes_are_a_mistake_whichever_comes_last(
    folder: Path, built: Built, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    right = built.manifest.election_hash.hex()
    for pair in ((first, right), (right, first), (right, right)):
        options = [part for each in pair for part in ("--expect-manifest", each)]
        with pytest.raises(SystemExit) as ended:
            main([str(folder), "--workers", "1", *options])
        assert ended.value.code == 3
        assert "VALID" not in capsys.readouterr().out
