"""A good record, one thing changed, the named error: the tamper list of docs/record-format.md."""

from __future__ import annotations

import copy
import itertools
import json
import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest

from pbvote.core import canonical
from pbvote.core.crypto import credential, sealing
from pbvote.core.log.checkpoint import Checkpoint, parse_verifier_key, sign_checkpoint
from pbvote.core.log.entry import BatchEntry, CloseEntry, OpeningEntry, RollEntry, parse_batch
from pbvote.core.log.merkle import leaf_hash
from pbvote.core.manifest import parse_manifest
from pbvote.core.record import contents
from pbvote.core.record.contents import frame
from pbvote.core.record.counted import election_key_file
from pbvote.core.record.report import Flaw, Report
from pbvote.core.types import Mode, StyleId, b64
from tests.make import records as rb
from tests.make.records import Built
from tests.tamper.checking import check, saved_earlier

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def honest() -> Built:
    return rb.build_record()


@pytest.fixture
def built(honest: Built) -> Built:
    return copy.deepcopy(honest)


def logs_of(built: Built, name: str = "box") -> Files:
    """The record with an edited log under the old checkpoint."""
    files = dict(built.files)
    files[f"{name}.log"] = b"".join(map(frame, built.box if name == "box" else built.roll))
    return files


def receipt_file(built: Built, entry: bytes) -> bytes:
    receipt = built.receipt(entry)
    return json.dumps(
        {
            "version": 1,
            "call": built.manifest.call,
            "entry_hash": b64(receipt.entry_hash),
            "include_by": receipt.include_by,
            "signature": b64(receipt.signature),
        }
    ).encode()


def test_an_honest_record_is_valid_when_compared_with_the_notice(built: Built) -> None:
    own = receipt_file(built, built.box[built.ballots()[2]])
    report = check(
        built.files,
        election_hash=built.manifest.election_hash.hex(),
        checkpoints={"mine": saved_earlier(built)},
        receipts={"receipt.json": own},
    )
    assert report.codes == ()
    assert report.verdict == "valid"
    assert report.compared == ("manifest", "checkpoint", "receipt")
    assert report.mode == "test"
    assert report.styles["d1-1"].issued == 7
    assert report.spoiled == {"project-unknown": 1}
    assert sum(f.blank for f in report.styles.values()) == 1


def test_without_anything_to_compare_with_it_is_only_consistent(built: Built) -> None:
    assert check(built.files).verdict == "consistent"


def test_a_committed_lot_decides_ties_and_verifies() -> None:
    drawn = rb.build_record(tie_seed=secrets.token_bytes(32))
    assert check(drawn.files).codes == ()


# -- the manifest


def test_a_changed_manifest_file_is_named(built: Built) -> None:
    values = canonical.decode(built.files["manifest.json"])
    assert isinstance(values, dict)
    values["title"] = "另一個標題"
    built.files["manifest.json"] = canonical.encode(values)
    assert "manifest-changed" in check(rb.listed(built.files)).codes


def test_a_manifest_other_than_on_the_notice_is_named(built: Built) -> None:
    assert check(built.files, election_hash="00" * 32).codes == ("manifest-changed",)


def test_another_manifest_in_entry_0_and_in_the_file_is_named(built: Built) -> None:
    changed = replace(built.manifest, title="另一個標題")
    built.box[0] = b"\x00\x01" + changed.bytes
    built.files["manifest.json"] = changed.bytes
    report = check(built.sealed_again(), election_hash=built.manifest.election_hash.hex())
    assert "manifest-changed" in report.codes
    assert "token-other-call" in report.codes


# -- the logs, not signed again


def alter(box: list[bytes], at: int) -> None:
    box[at] = box[at][:-1] + bytes([box[at][-1] ^ 1])


def swap(box: list[bytes], at: int) -> None:
    box[at], box[at + 1] = box[at + 1], box[at]


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (alter, Flaw.ENTRY_ALTERED),
        (lambda box, at: box.pop(at), Flaw.ENTRY_REMOVED),
        (lambda box, at: box.insert(at, box[at]), Flaw.ENTRY_ADDED),
        (swap, Flaw.ENTRIES_REORDERED),
    ],
)
def test_an_edited_box_log_does_not_fit_its_checkpoint(
    built: Built, edit: Callable[[list[bytes], int], object], code: Flaw
) -> None:
    edit(built.box, built.ballots()[3])
    files = rb.listed(logs_of(built))
    assert code.value in check(files).codes


def test_ballots_exchanged_between_two_batches_are_reordered(built: Built) -> None:
    positions = [i for i in built.ballots() if built.ballot(i).style == "d1-1"]
    good = list(built.box)
    for first, last in itertools.product(positions[:3], positions[3:]):
        built.box = list(good)
        built.box[first], built.box[last] = good[last], good[first]
        runs = ([leaf_hash(built.box[i]) for i in part] for part in (positions[:3], positions[3:]))
        if any(run != sorted(run) for run in runs):
            break
    assert "entries-reordered" in check(rb.listed(logs_of(built))).codes


def test_an_altered_roll_entry_is_altered_not_reordered(built: Built) -> None:
    alter(built.roll, 2)
    assert "entry-altered" in check(rb.listed(logs_of(built, "roll"))).codes


def test_an_altered_batch_time_is_noticed(built: Built) -> None:
    at = next(i for i, entry in enumerate(built.box) if entry[0] == 4)
    batch = parse_batch(built.box[at])
    built.box[at] = BatchEntry(batch.style, batch.number, batch.count, batch.time + 1).encode()
    assert check(rb.listed(logs_of(built))).codes == ("entry-altered",)


@pytest.mark.parametrize("name", ["box", "roll"])
def test_a_checkpoint_without_the_logs_signature_is_refused(built: Built, name: str) -> None:
    files = built.files
    files[f"{name}.checkpoint"] = files[f"{name}.checkpoint"].replace(b"\n\n", b"\n\n", 1)[:-5] + b"AAA=\n"
    assert "checkpoint-unsigned" in check(rb.listed(files)).codes


def test_a_checkpoint_of_another_origin_is_refused(built: Built) -> None:
    entries, key = built.box, built.manifest.box_vkey
    note = rb.signed(entries, key, built.keys.box)
    text, signature = note.split("\n\n")
    assert signature
    other = sign_checkpoint(
        Checkpoint("127.0.0.1/box/another", len(entries), b"\0" * 32),
        parse_verifier_key(key).name,
        built.keys.box,
    )
    built.files["box.checkpoint"] = other.encode()
    assert "checkpoint-other-origin" in check(rb.listed(built.files)).codes
    assert text


# -- the logs, rewritten and signed again by the operator


@pytest.mark.parametrize("how", ["remove", "reorder"])
def test_a_rewritten_box_passes_alone_and_fails_against_a_receipt_or_an_old_checkpoint(
    built: Built, how: str
) -> None:
    old = built.checkpoints["box"].encode()
    positions = [i for i in built.ballots() if built.ballot(i).style == "d1-1"]
    victim = built.box[positions[-1]]
    batch_at = next(i for i in range(positions[-1], len(built.box)) if built.box[i][0] == 4)
    batch = parse_batch(built.box[batch_at])
    close_at = next(i for i, entry in enumerate(built.box) if entry[0] == 5)
    if how == "remove":
        built.box[batch_at] = BatchEntry(batch.style, batch.number, batch.count - 1, batch.time).encode()
        close = CloseEntry(built.box[close_at][2:])
        counts = {**close.counts, StyleId("d1-1"): close.counts[StyleId("d1-1")] - 1}
        built.box[close_at] = CloseEntry.of(counts, close.time).encode()
        del built.box[positions[-1]]
    else:
        batch_at = max(i for i, entry in enumerate(built.box) if entry[0] == 4)
        batch = parse_batch(built.box[batch_at])
        built.box[batch_at] = BatchEntry(batch.style, batch.number, batch.count, batch.time + 1).encode()
    rb.count_again(built)
    assert check(built.files).codes == ()
    report = check(built.files, checkpoints={"old": old})
    assert report.codes == (("log-shrunk",) if how == "remove" else ("split-view",))
    report = check(built.files, receipts={"mine": receipt_file(built, victim)})
    assert report.codes == (("promise-broken",) if how == "remove" else ())


def test_a_log_that_ends_before_its_outcome_has_shrunk(built: Built) -> None:
    built.box = built.box[:-1]
    assert check(built.sealed_again()).codes == ("log-shrunk",)


def test_a_log_that_ends_before_its_close_has_shrunk(built: Built) -> None:
    built.roll = built.roll[:-1]
    assert "log-shrunk" in check(built.sealed_again()).codes


def test_two_histories_of_one_size_are_a_split_view(built: Built) -> None:
    tree = [*built.box[:4], b"another history"]
    other = rb.signed(tree, built.manifest.box_vkey, built.keys.box).encode()
    assert check(built.files, checkpoints={"given": other}).codes == ("split-view",)


# -- ballots, the log signed again


def replaced(built: Built, at: int, entry: bytes) -> Report:
    built.box[at] = entry
    return check(built.sealed_again())


def test_a_forged_token_is_named(built: Built) -> None:
    token = rb.issue_token(built.keys, built.manifest, "d1-1")
    forged = replace(token, token=secrets.token_bytes(256))
    entry = rb.make_ballot(built.manifest, forged, "d1-1", (1,))
    assert "token-forged" in replaced(built, built.ballots()[0], entry).codes


def test_a_token_of_another_style_is_named(built: Built) -> None:
    token = rb.issue_token(built.keys, built.manifest, "d1-1")
    entry = rb.make_ballot(built.manifest, token, "d1-2", (1,))
    assert "token-other-style" in replaced(built, built.ballots()[0], entry).codes


def test_a_ballot_of_another_call_is_named(built: Built) -> None:
    other = rb.build_record(voters=4, prefix="other")
    report = replaced(built, built.ballots()[0], other.box[other.ballots()[0]])
    assert "token-other-call" in report.codes


def test_a_bad_signature_is_named(built: Built) -> None:
    at = built.ballots()[0]
    entry = built.ballot(at)
    bad = replace(entry, signature=bytes(31) + b"\1" + bytes(31) + b"\1").encode()
    assert "signature-bad" in replaced(built, at, bad).codes


def test_a_signature_in_its_high_form_is_named(built: Built) -> None:
    at = built.ballots()[0]
    entry = built.ballot(at)
    s = int.from_bytes(entry.signature[32:], "big")
    high = entry.signature[:32] + (credential.CURVE_ORDER - s).to_bytes(32, "big")
    assert "signature-high-s" in replaced(built, at, replace(entry, signature=high).encode()).codes


def test_two_ballots_under_one_credential_are_named(built: Built) -> None:
    token = rb.issue_token(built.keys, built.manifest, "d1-1")
    first, second = built.ballots()[:2]
    built.box[first] = rb.make_ballot(built.manifest, token, "d1-1", (1,))
    built.box[second] = rb.make_ballot(built.manifest, token, "d1-1", (2,))
    assert "credential-twice" in check(built.sealed_again()).codes


def test_the_same_ballot_twice_is_named(built: Built) -> None:
    first, second = built.ballots()[:2]
    built.box[second] = built.box[first]
    assert {"ballot-copied", "credential-twice"} <= set(check(built.sealed_again()).codes)


def test_somebody_elses_sealed_ballot_under_an_own_credential_is_spoiled(built: Built) -> None:
    """Ballot copying: the seal is bound to its credential, so a copy does not open and does not count."""
    at = built.ballots()[0]
    victim = built.ballot(at)
    token = rb.issue_token(built.keys, built.manifest, "d1-1")
    built.roll.insert(0, token.roll_entry)
    copied = rb.make_ballot(built.manifest, token, "d1-1", sealed=victim.sealed)
    built.box.insert(at, copied)
    report = check(built.sealed_again())
    assert sum(report.spoiled.values()) == 2
    assert {"copied", "seal-broken"} & report.spoiled.keys()


def test_a_sealed_part_of_another_length_is_named(built: Built) -> None:
    token = rb.issue_token(built.keys, built.manifest, "d1-1")
    entry = rb.make_ballot(built.manifest, token, "d1-1", sealed=bytes(20))
    assert "ballot-length" in replaced(built, built.ballots()[0], entry).codes


def stuffed(built: Built, count: int) -> None:
    """The operator signs tokens of nobody and puts their ballots into a batch and the close."""
    for _ in range(count):
        token = rb.issue_token(built.keys, built.manifest, "d1-1")
        at = built.ballots()[0]
        end = next(i for i in range(at, len(built.box)) if built.box[i][0] == 4)
        batch = parse_batch(built.box[end])
        ballots = [*built.box[at:end], rb.make_ballot(built.manifest, token, "d1-1", (1,))]
        built.box[at : end + 1] = rb.in_batches(ballots, batch.style, number=batch.number, time=batch.time)
    close_at = next(i for i, entry in enumerate(built.box) if entry[0] == 5)
    close = CloseEntry(built.box[close_at][2:])
    counts = {**close.counts, StyleId("d1-1"): close.counts[StyleId("d1-1")] + count}
    built.box[close_at] = CloseEntry.of(counts, close.time).encode()


def test_stuffing_without_issuance_is_seen(built: Built) -> None:
    stuffed(built, 3)
    rb.count_again(built)
    assert check(built.files).codes == ("more-ballots-than-issued",)


def test_stuffing_with_an_invented_roll_is_not_seen_by_the_public(built: Built) -> None:
    """The limit that the public page states: only the sealed identity evidence shows it.

    The auditors' side of this is in tests/services/test_counting.py.
    """
    stuffed(built, 1)
    roll = [entry for entry in built.roll if entry[0] == 1]
    roll.append(RollEntry(StyleId("d1-1"), secrets.token_bytes(32)).encode())
    close = CloseEntry(built.roll[-1][2:])
    counts = {**close.counts, StyleId("d1-1"): close.counts[StyleId("d1-1")] + 1}
    built.roll = rb.in_batches(roll, "", number=1, time=close.time)
    built.roll.append(CloseEntry.of(counts, close.time).encode())
    rb.count_again(built)
    assert check(built.files).codes == ()


# -- keys, outcome, exports, files


def test_another_opening_key_is_named(built: Built) -> None:
    other = sealing.generate_opening_key()
    built.files["election-key.json"] = election_key_file(other, b"")
    assert check(rb.listed(built.files)).codes == ("key-wrong",)
    built.box[-2] = OpeningEntry(other).encode()
    report = check(built.sealed_again())
    assert report.codes == ("key-wrong",)
    assert report.winners == {}


def test_another_tie_seed_is_named() -> None:
    drawn = rb.build_record(tie_seed=secrets.token_bytes(32))
    drawn.keys.tie_seed = secrets.token_bytes(32)
    rb.count_again(drawn)
    assert check(drawn.files).codes == ("tie-seed-wrong",)


def test_a_changed_outcome_is_named(built: Built) -> None:
    changed = built.files["outcome.json"].replace(b'"spent":650000', b'"spent":650001')
    assert changed != built.files["outcome.json"]
    built.files["outcome.json"] = changed
    assert check(rb.listed(built.files)).codes == ("outcome-changed",)
    built.box[-1] = b"\x07\x01" + changed
    assert check(built.sealed_again()).codes == ("outcome-changed",)


def test_a_changed_pabulib_file_is_named(built: Built) -> None:
    built.files["pabulib/d1.pb"] = built.files["pabulib/d1.pb"].replace(b"greedy", b"greedo")
    assert check(rb.listed(built.files)).codes == ("pabulib-changed",)


@pytest.mark.parametrize("name", ["pabulib/d1.pb", "pabulib/d9.pb"])
def test_a_missing_or_surplus_pabulib_file_is_named(built: Built, name: str) -> None:
    if name in built.files:
        del built.files[name]
    else:
        built.files[name] = b"META\n"
    assert check(rb.listed(built.files)).codes == ("pabulib-changed",)


def test_a_file_that_differs_from_the_contents_is_reported_and_the_rest_is_checked(built: Built) -> None:
    built.files["readme.txt"] = b"hello"
    report = check(built.files)
    assert report.codes == ("contents-changed",)
    assert report.winners


def test_a_truncated_log_is_named(built: Built) -> None:
    for name in ("box.log", "roll.log"):
        files = {**built.files, name: built.files[name][:-3]}
        assert "truncated" in check(rb.listed(files)).codes


def test_an_extended_log_is_named(built: Built) -> None:
    for name in ("box.log", "roll.log"):
        files = {**built.files, name: built.files[name] + b"\x7f\x00\x00"}
        assert "extended" in check(rb.listed(files)).codes


@pytest.mark.parametrize(
    ("change", "code"), [(lambda e: e[:-1], "truncated"), (lambda e: e + b"\0", "extended")]
)
def test_a_truncated_or_extended_entry_is_named(
    built: Built, change: Callable[[bytes], bytes], code: str
) -> None:
    for name, log, at in (("box", built.box, built.ballots()[0]), ("roll", built.roll, 0)):
        good = log[at]
        log[at] = change(good)
        assert code in check(built.sealed_again()).codes, name
        log[at] = good


@pytest.mark.parametrize("name", contents.REQUIRED)
def test_a_missing_file_is_named(built: Built, name: str) -> None:
    del built.files[name]
    assert "file-missing" in check(built.files).codes


# -- structure


def test_a_batch_below_k_before_the_end_is_named(built: Built) -> None:
    ballots = built.ballots()
    end = next(i for i in range(ballots[0], len(built.box)) if built.box[i][0] == 4)
    batch = parse_batch(built.box[end])
    split = rb.in_batches([built.box[ballots[0]]], batch.style, number=0, time=batch.time)
    rest = rb.in_batches(built.box[ballots[0] + 1 : end], batch.style, number=1, time=batch.time)
    built.box[ballots[0] : end + 1] = [*split, *rest]
    report = check(built.sealed_again())
    assert report.codes == ("batch-invalid",)
    assert {finding.detail for finding in report.findings} == {"small"}


def test_a_ballot_after_the_close_is_misplaced(built: Built) -> None:
    moved = built.box.pop(built.ballots()[-1])
    built.box.insert(len(built.box) - 2, moved)
    assert "entry-misplaced" in check(built.sealed_again()).codes


def test_a_notice_that_nobody_signed_is_named(built: Built) -> None:
    at = next(i for i, entry in enumerate(built.box) if entry[0] == 3)
    built.box[at] = built.box[at][:-64] + bytes(64)
    assert "notice-unsigned" in check(built.sealed_again()).codes


def test_a_close_that_says_other_counts_is_named(built: Built) -> None:
    at = next(i for i, entry in enumerate(built.box) if entry[0] == 5)
    built.box[at] = CloseEntry.of({StyleId("d1-1"): 1}, rb.CLOSED).encode()
    assert check(built.sealed_again()).codes == ("close-invalid",)


def test_a_production_record_with_weak_parts_is_named(built: Built) -> None:
    weak = replace(built.manifest, mode=Mode.PRODUCTION)
    built.box[0] = b"\x00\x01" + weak.bytes
    built.files["manifest.json"] = weak.bytes
    report = check(built.sealed_again())
    assert {f.detail for f in report.findings if f.flaw is Flaw.MANIFEST_UNFIT} == {"rsa", "batch"}


def test_a_promise_that_the_box_did_not_make_is_no_receipt_of_this_vote(built: Built) -> None:
    good = json.loads(receipt_file(built, built.box[built.ballots()[0]]))
    for change in ({"call": "x"}, {"include_by": 7}, {"entry_hash": "AAAA"}, {"signature": "?"}):
        given = json.dumps({**good, **change}).encode()
        assert check(built.files, receipts={"r": given}).codes == ("receipt-malformed",)


def test_the_manifest_of_the_builder_survives_a_round_trip(built: Built) -> None:
    assert parse_manifest(built.manifest.bytes).bytes == built.manifest.bytes
