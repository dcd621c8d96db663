"""The whole audit of an election record as one function; no database, network, clock or chance.

    report = verify_record(FolderSource(Path("record")))
    report.verdict, report.codes

It reads the box log twice (hashing, then checking and opening) and streams both times; what it keeps is
one reference per ballot. Whatever stands in the files becomes a finding, never an exception; only a
folder without any manifest is :class:`NotARecord`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pbvote.core.ballot.ballot import BallotChecker
from pbvote.core.ballot.receipt import Receipt, verify_receipt
from pbvote.core.crypto.sealing import OpeningKey
from pbvote.core.errors import Conflict, InvalidInput, NotFound, VerificationError
from pbvote.core.log.checkpoint import Checkpoint, open_checkpoint, parse_verifier_key
from pbvote.core.log.entry import parse_manifest as parse_manifest_entry
from pbvote.core.log.entry import parse_opening
from pbvote.core.log.errors import CheckpointOtherOrigin
from pbvote.core.manifest import Manifest, parse_manifest
from pbvote.core.record import contents
from pbvote.core.record.ballots import BallotJob, Run, run_here
from pbvote.core.record.contents import RecordSource
from pbvote.core.record.counted import Counted, Counting, parse_election_key
from pbvote.core.record.given import Expectations, parse_receipt
from pbvote.core.record.report import Findings, Flaw, LogFigures, NotARecord, Report
from pbvote.core.record.walk import BoxWalk, RollWalk, Scan, root_in_batch_order, scan_log
from pbvote.core.tally.tie_breaking import lot_commitment
from pbvote.core.types import Mode

_LEAST_RSA_BITS = 3072
_LEAST_BATCH = 20
_OF_THE_WHOLE = {
    *(Flaw.BATCH_INVALID, Flaw.CONTENTS_CHANGED, Flaw.CLOSE_INVALID, Flaw.ENTRY_MISPLACED),
    *(Flaw.PABULIB_CHANGED, Flaw.ENTRIES_REORDERED),
}
"""Flaws that a change of order brings with it."""


def verify_record(
    source: RecordSource, *, expectations: Expectations | None = None, run: Run = run_here
) -> Report:
    """The audit of a record; ``run`` may spread the ballots over processors.

    Raises:
        NotARecord: neither ``manifest.json`` nor entry 0 of the box log is a manifest.
    """
    return _Audit(source, expectations or Expectations(), run).report()


class _Audit:
    def __init__(self, source: RecordSource, expectations: Expectations, run: Run) -> None:
        self._source = source
        self._expected = expectations
        self._run = run
        self._findings = Findings()
        self._counting: Counting | None = None
        self._counted: Counted | None = None
        self._own_files: list[str] = []

    def report(self) -> Report:
        """Every check in turn."""
        self._check_contents()
        manifest = self._manifest()
        checkpoints = self._given_checkpoints(manifest)
        receipts = self._given_receipts(manifest)
        sizes = {c.size for c in checkpoints.values()}
        box = scan_log(
            self._frames(contents.BOX_LOG), sizes=sizes, wanted=[r.entry_hash for r in receipts.values()]
        )
        roll = scan_log(self._frames(contents.ROLL_LOG), sizes=sizes)
        self._compare_checkpoints(manifest, checkpoints, scans={"box": box, "roll": roll})
        for name, receipt in receipts.items():
            if receipt.entry_hash not in box.found:
                self._findings.add(Flaw.PROMISE_BROKEN, name, detail=receipt.entry_hash.hex())
        disordered = self._walk(manifest, box) if self._is_fit(manifest) else {}
        self._check_root(contents.BOX_LOG, box, manifest.box_vkey, disordered=disordered)
        self._check_root(contents.ROLL_LOG, roll, manifest.roll_vkey, disordered=disordered)
        return self._report(manifest, box=box, roll=roll)

    def _report(self, manifest: Manifest, *, box: Scan, roll: Scan) -> Report:
        counting, counted, expected = self._counting, self._counted, self._expected
        compared = {
            "manifest": bool(expected.election_hash),
            "checkpoint": len(self._own_files) < len(expected.checkpoints),
            "receipt": bool(expected.receipts),
        }
        return Report(
            election_hash=manifest.election_hash.hex(),
            mode=manifest.mode.value,
            call=manifest.call,
            agency=manifest.agency,
            title=manifest.title,
            box=LogFigures(size=box.size, root=box.root),
            roll=LogFigures(size=roll.size, root=roll.root),
            styles=counting.styles if counting else {},
            spoiled=counting.reasons.now if counting else {},
            winners={d: o.winners for d, o in counted.outcomes.items()} if counted else {},
            findings=tuple(self._findings.kept),
            counts=self._findings.counts,
            compared=tuple(name for name, is_given in compared.items() if is_given),
            own_files=tuple(self._own_files),
            withdrawn=tuple(sorted(counting.withdrawals)) if counting else (),
        )

    # -- files

    def _frames(self, name: str) -> Iterator[bytes]:
        try:
            with self._source.open(name) as stream:
                yield from contents.read_frames(stream)
        except (NotFound, OSError):
            return

    def _short(self, name: str) -> bytes | None:
        try:
            return contents.read_short(self._source, name)
        except (VerificationError, NotFound, OSError):
            return None

    def _check_contents(self) -> None:
        names = set(self._source.names())
        for name in contents.REQUIRED:
            if name not in names:
                self._findings.add(Flaw.FILE_MISSING, name)
        if contents.CONTENTS in names:
            for name in contents.contents_differences(self._source):
                self._findings.add(Flaw.CONTENTS_CHANGED, name)

    # -- manifest

    def _manifest(self) -> Manifest:
        """The manifest of the log's entry 0, which the signed root covers; else that of the file."""
        written = self._short(contents.MANIFEST)
        logged: bytes | None = None
        for octets in self._frames_until_broken(contents.BOX_LOG):
            logged = octets
            break
        if logged is not None:
            try:
                logged = parse_manifest_entry(logged).manifest
            except VerificationError:
                logged = None
        found = [m for m in (_parsed(logged), _parsed(written)) if m is not None]
        if not found:
            raise NotARecord
        if logged is None or logged != written:
            self._findings.add(Flaw.MANIFEST_CHANGED, contents.MANIFEST, detail="entry 0 differs")
        manifest = self._preferred(found)
        expected = self._expected.election_hash
        if expected and expected != manifest.election_hash.hex():
            self._findings.add(Flaw.MANIFEST_CHANGED, contents.MANIFEST, detail="other than expected")
        return manifest

    def _preferred(self, found: list[Manifest]) -> Manifest:
        expected = self._expected.election_hash
        for manifest in found:
            if manifest.election_hash.hex() == expected:
                return manifest
        return found[0]

    def _frames_until_broken(self, name: str) -> Iterator[bytes]:
        try:
            yield from self._frames(name)
        except contents.FrameBroken:
            return

    def _is_fit(self, manifest: Manifest) -> bool:
        """Whether the manifest's keys can be used at all; what its mode forbids is noted."""
        try:
            bits = [8 * n for n in BallotChecker(manifest).token_lengths.values()]
            parse_verifier_key(manifest.box_vkey)
            parse_verifier_key(manifest.roll_vkey)
        except VerificationError as error:
            self._findings.add(Flaw.MANIFEST_UNFIT, contents.MANIFEST, detail=error.code)
            return False
        rules = manifest.ruleset
        weak = {
            "rsa": min(bits) < _LEAST_RSA_BITS,
            "batch": rules.batch_least < _LEAST_BATCH,
            rules.way.name: rules.way.demo_only,
        }
        for name, is_weak in weak.items():
            if is_weak and manifest.mode is Mode.PRODUCTION:
                self._findings.add(Flaw.MANIFEST_UNFIT, contents.MANIFEST, detail=name)
        return True

    # -- checkpoints and roots

    def _given_checkpoints(self, manifest: Manifest) -> dict[tuple[str, str], Checkpoint]:
        """The reader's own checkpoints, by file name and log."""
        given: dict[tuple[str, str], Checkpoint] = {}
        own = self._own_checkpoints(manifest)
        for name, content in self._expected.checkpoints.items():
            for log, vkey in (("box", manifest.box_vkey), ("roll", manifest.roll_vkey)):
                try:
                    given[name, log] = _open_note(content, vkey)
                except VerificationError:
                    continue
                if given[name, log] in own:
                    self._own_files.append(name)
                break
            else:
                self._findings.add(Flaw.CHECKPOINT_UNSIGNED, name, detail="given for comparison")
        return given

    def _own_checkpoints(self, manifest: Manifest) -> list[Checkpoint]:
        """The record's own checkpoints: whoever gives these back compares the record with itself."""
        own: list[Checkpoint] = []
        for file, vkey in (
            (contents.BOX_CHECKPOINT, manifest.box_vkey),
            (contents.ROLL_CHECKPOINT, manifest.roll_vkey),
        ):
            try:
                own.append(_open_note(self._short(file) or b"", vkey))
            except VerificationError:
                continue
        return own

    def _compare_checkpoints(
        self,
        manifest: Manifest,
        given: Mapping[tuple[str, str], Checkpoint],
        *,
        scans: Mapping[str, Scan],
    ) -> None:
        for (name, log), checkpoint in given.items():
            scan = scans[log]
            if checkpoint.size > scan.size:
                self._findings.add(Flaw.LOG_SHRUNK, f"{log}.log", detail=name)
            elif scan.roots.get(checkpoint.size) != checkpoint.root:
                self._findings.add(Flaw.SPLIT_VIEW, f"{log}.log", detail=name)

    def _check_root(self, log: str, scan: Scan, vkey: str, *, disordered: Mapping[str, int]) -> None:
        """The signed checkpoint against the entries, and what differs named as well as can be."""
        file = contents.BOX_CHECKPOINT if log == contents.BOX_LOG else contents.ROLL_CHECKPOINT
        add = self._findings.add
        try:
            checkpoint = _open_note(self._short(file) or b"", vkey)
        except CheckpointOtherOrigin:
            add(Flaw.CHECKPOINT_OTHER_ORIGIN, file)
            checkpoint = None
        except VerificationError as error:
            add(Flaw.CHECKPOINT_UNSIGNED, file, detail=error.code)
            checkpoint = None
        size = scan.size if checkpoint is None else checkpoint.size
        if scan.is_broken:
            add(Flaw.TRUNCATED if scan.size < size else Flaw.EXTENDED, log, position=scan.size)
        if checkpoint is None:
            return
        if scan.size < size:
            add(Flaw.ENTRY_REMOVED, log, detail=f"{scan.size} of {size}")
        elif scan.size > size:
            add(Flaw.ENTRY_ADDED, log, detail=f"{scan.size} for {size}")
        elif scan.root != checkpoint.root:
            add(self._altered_or_reordered(log, checkpoint.root, disordered.get(log, 0)), log)

    def _altered_or_reordered(self, log: str, root: bytes, disordered: int) -> Flaw:
        """Reordered if sorting mends it, or if batches are out of order and no entry is wrong in itself.

        An altered ballot is always wrong in itself. An altered roll entry is not, and puts one batch
        out of order; an exchange between two batches usually puts both.
        """
        if root_in_batch_order(self._frames(log)) == root:
            return Flaw.ENTRIES_REORDERED
        found = self._findings.counts.keys()
        if log == contents.BOX_LOG:
            is_moved = bool(disordered) or bool(found & {Flaw.ENTRY_MISPLACED, Flaw.PABULIB_CHANGED})
        else:
            is_moved = disordered > 1 or Flaw.ENTRY_MISPLACED in found
        return Flaw.ENTRIES_REORDERED if is_moved and not found - _OF_THE_WHOLE else Flaw.ENTRY_ALTERED

    # -- receipts

    def _given_receipts(self, manifest: Manifest) -> dict[str, Receipt]:
        receipts: dict[str, Receipt] = {}
        for name, content in self._expected.receipts.items():
            try:
                receipt = parse_receipt(content, manifest)
                public = parse_verifier_key(manifest.box_vkey).public
                verify_receipt(manifest.election_hash, receipt, public_key=public)
            except (VerificationError, InvalidInput) as error:
                self._findings.add(Flaw.RECEIPT_MALFORMED, name, detail=error.code)
                continue
            receipts[name] = receipt
        return receipts

    # -- the logs and the count

    def _walk(self, manifest: Manifest, box: Scan) -> dict[str, int]:
        roll = RollWalk(manifest, self._findings)
        issued = roll.read(self._frames(contents.ROLL_LOG))
        key, seed = self._opening(manifest, box)
        walk = BoxWalk(manifest, self._findings, issued=issued)
        job = BallotJob(manifest.bytes, key)
        self._counting = walk.read(self._frames(contents.BOX_LOG), run=self._run, job=job)
        ends = {"close": walk.closed, "opening": walk.opening, "outcome": walk.outcome}
        for name, entry in ends.items():
            if entry is None:
                self._findings.add(Flaw.LOG_SHRUNK, contents.BOX_LOG, detail=f"no {name}")
        if roll.closed is None:
            self._findings.add(Flaw.LOG_SHRUNK, contents.ROLL_LOG, detail="no close")
        if key:
            self._count(walk, seed)
        return {
            contents.BOX_LOG: walk.batches.disordered,
            contents.ROLL_LOG: roll.batches.disordered,
        }

    def _opening(self, manifest: Manifest, box: Scan) -> tuple[bytes, bytes]:
        """The opening key and tie seed that fit the manifest, from the log or else from the file."""
        logged: tuple[bytes, bytes] | None = None
        written: tuple[bytes, bytes] | None = None
        try:
            opening = parse_opening(box.opening)
            logged = (opening.private_key, opening.tie_seed)
        except VerificationError:
            pass
        try:
            written = parse_election_key(self._short(contents.ELECTION_KEY) or b"")
        except VerificationError:
            self._findings.add(Flaw.KEY_WRONG, contents.ELECTION_KEY, detail="not readable")
        if written is not None and logged is not None and written != logged:
            self._findings.add(Flaw.KEY_WRONG, contents.ELECTION_KEY, detail="not the log's")
        for key, seed in (pair for pair in (logged, written) if pair is not None):
            if _key_fits(key, manifest):
                if _seed_hash(seed) != manifest.tie_seed_hash:
                    self._findings.add(Flaw.TIE_SEED_WRONG, contents.ELECTION_KEY)
                return key, seed
        self._findings.add(Flaw.KEY_WRONG, contents.ELECTION_KEY, detail="not the manifest's")
        return b"", b""

    def _count(self, walk: BoxWalk, seed: bytes) -> None:
        try:
            counted = walk.counting.counted(seed)
            written = walk.outcome.content if walk.outcome is not None else self._short(contents.OUTCOME)
            before = counted.to_bytes_before()
            again = before if written == before else counted.to_bytes()
            files = dict(counted.pabulib_files())
        except (InvalidInput, Conflict, VerificationError) as error:
            self._findings.add(Flaw.NOT_COUNTABLE, contents.OUTCOME, detail=error.code)
            return
        self._counted = counted
        if walk.outcome is not None and walk.outcome.content != again:
            self._findings.add(Flaw.OUTCOME_CHANGED, contents.BOX_LOG)
        if self._short(contents.OUTCOME) != again:
            self._findings.add(Flaw.OUTCOME_CHANGED, contents.OUTCOME)
        folder = f"{contents.PABULIB}/"
        there = {name for name in self._source.names() if name.startswith(folder)}
        for name in sorted(there | files.keys()):
            if name not in files or self._file_differs(name, files[name]):
                self._findings.add(Flaw.PABULIB_CHANGED, name)

    def _file_differs(self, name: str, expected: bytes) -> bool:
        try:
            return contents.read_short(self._source, name, most=len(expected)) != expected
        except (VerificationError, NotFound, OSError):
            return True


def _parsed(content: bytes | None) -> Manifest | None:
    if content is None:
        return None
    try:
        return parse_manifest(content)
    except (VerificationError, InvalidInput):
        return None


def _open_note(content: bytes, vkey: str) -> Checkpoint:
    """The checkpoint of the log whose key this is: its name is the log's origin."""
    name = parse_verifier_key(vkey).name
    return open_checkpoint(content.decode(errors="replace"), vkey, origin=name)


def _key_fits(key: bytes, manifest: Manifest) -> bool:
    try:
        return OpeningKey(key).public_point == manifest.hpke_pk
    except VerificationError:
        return False


def _seed_hash(seed: bytes) -> str:
    try:
        return lot_commitment(seed).hex() if seed else ""
    except InvalidInput:
        return "-"
