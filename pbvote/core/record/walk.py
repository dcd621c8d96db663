"""One pass over each log: every entry in its place, every batch, count and signature (protocol, S7-S11).

Order of the box log: manifest; ballots with the batch entry that closes them, notices between batches;
close; opening; outcome. Order of the roll log: roll entries with their batch entries; close.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pbvote.core.ballot.receipt import include_by
from pbvote.core.crypto import signing
from pbvote.core.errors import VerificationError
from pbvote.core.log.checkpoint import parse_verifier_key
from pbvote.core.log.entry import (
    BatchEntry,
    CloseEntry,
    Kind,
    NoticeEntry,
    OpeningEntry,
    OutcomeEntry,
    ballot_style,
    parse_batch,
    parse_close,
    parse_notice,
    parse_opening,
    parse_outcome,
    parse_roll,
)
from pbvote.core.log.errors import EntryMalformed
from pbvote.core.log.merkle import RootBuilder, leaf_hash
from pbvote.core.manifest import Manifest
from pbvote.core.record.ballots import CHUNK, CheckedBallot, Chunk, Job, Run
from pbvote.core.record.contents import BOX_LOG, ROLL_LOG, FrameBroken
from pbvote.core.record.counted import Counting, parse_withdrawal
from pbvote.core.record.report import Findings, Flaw

_PREFIX: Final = 16
_BATCHED: Final = (bytes([Kind.ROLL]), bytes([Kind.BALLOT]))


@dataclass(slots=True)
class Scan:
    """A log's size and root, the roots at the sizes asked for, and the entries found on the way."""

    size: int = 0
    root: bytes = b""
    roots: dict[int, bytes] = field(default_factory=dict)
    first: bytes = b""
    opening: bytes = b""
    found: set[bytes] = field(default_factory=set)
    is_broken: bool = False


def scan_log(entries: Iterable[bytes], *, sizes: Iterable[int] = (), wanted: Iterable[bytes] = ()) -> Scan:
    """Hash a whole log once; a broken frame ends it and is noted."""
    scan, tree = Scan(), RootBuilder()
    at, looked_for = set(sizes), set(wanted)
    if 0 in at:
        scan.roots[0] = tree.root()
    try:
        for octets in entries:
            if not tree.size:
                scan.first = octets
            if octets[:1] == bytes([Kind.OPENING]):
                scan.opening = octets
            name = leaf_hash(octets)
            tree.add(name)
            if name in looked_for:
                scan.found.add(name)
            if tree.size in at:
                scan.roots[tree.size] = tree.root()
    except FrameBroken:
        scan.is_broken = True
    scan.size, scan.root = tree.size, tree.root()
    return scan


def root_in_batch_order(entries: Iterable[bytes]) -> bytes:
    """The root that the log has when every batch is put into the order of its hashes.

    If that is the signed root, only the order was changed.
    """
    tree = RootBuilder()
    batch: list[bytes] = []
    try:
        for octets in entries:
            if octets[:1] in _BATCHED:
                batch.append(leaf_hash(octets))
                continue
            for name in sorted(batch):
                tree.add(name)
            batch.clear()
            tree.add(leaf_hash(octets))
    except FrameBroken:
        pass
    for name in sorted(batch):
        tree.add(name)
    return tree.root()


@dataclass(slots=True)
class _Batches:
    """The entries since the last batch entry, and what every batch has to agree with."""

    file: str
    findings: Findings
    latest: int
    sealed_from: int = 0
    least: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    disordered: int = 0
    _styles: set[str] = field(default_factory=set)
    _count: int = 0
    _last: bytes = b""
    _is_sorted: bool = True
    _number: int = -1
    _time: int = 0

    def entry(self, style: str, name: bytes) -> None:
        """Take one ballot or roll entry."""
        self._is_sorted = self._is_sorted and self._last < name
        self._last = name
        self._count += 1
        self._styles.add(style)
        self.totals[style] = self.totals.get(style, 0) + 1

    def close(self, batch: BatchEntry, position: int) -> None:
        """Hold a batch entry against the entries before it."""
        checks = {
            "count": batch.count == self._count,
            "style": self._styles <= {batch.style} or not batch.style,
            "order": self._is_sorted,
            "number": batch.number > self._number,
            "time": self._time <= batch.time,
            # S6: everything is promised to be in the log by then
            "late": batch.time <= self.latest,
            # S7: a batch smaller than K may only be the last one, after the end
            "small": batch.count >= self.least or batch.time >= self.sealed_from,
        }
        self.disordered += not self._is_sorted
        for problem, good in checks.items():
            if not good:
                self.findings.add(Flaw.BATCH_INVALID, self.file, position=position, detail=problem)
        self._number, self._time = max(self._number, batch.number), max(self._time, batch.time)
        self._restart()

    def end(self, position: int) -> None:
        """Nothing may be left without a batch entry."""
        if self._count:
            self.findings.add(Flaw.BATCH_INVALID, self.file, position=position, detail="open")
            self.disordered += not self._is_sorted
            self._restart()

    def _restart(self) -> None:
        self._styles, self._count, self._last, self._is_sorted = set(), 0, b"", True


def _flaw_of(error: EntryMalformed) -> Flaw:
    reason = error.facts.get("reason")
    return {"truncated": Flaw.TRUNCATED, "extended": Flaw.EXTENDED}.get(str(reason), Flaw.ENTRY_MALFORMED)


class RollWalk:
    """The roll log: how many tokens were issued per style."""

    def __init__(self, manifest: Manifest, findings: Findings) -> None:
        self._manifest = manifest
        self._findings = findings
        self._seen: set[bytes] = set()
        self.closed: CloseEntry | None = None
        self.batches = _Batches(ROLL_LOG, findings, latest=include_by(manifest.cast_until))

    def read(self, entries: Iterable[bytes]) -> dict[str, int]:
        """Issued tokens per style, every entry checked."""
        position = 0
        try:
            for octets in entries:
                self._entry(octets, position)
                position += 1
        except FrameBroken:
            pass  # the scan has noted it
        self.batches.end(position)
        issued = self.batches.totals
        self._compare_eligible(issued)
        if self.closed is not None:
            floor = int(self._manifest.issue_until.timestamp())
            _check_close(self._findings, ROLL_LOG, closed=self.closed, totals=issued, floor=floor)
        return issued

    def _entry(self, octets: bytes, position: int) -> None:
        add = self._findings.add
        if self.closed is not None:
            add(Flaw.ENTRY_MISPLACED, ROLL_LOG, position=position, detail="after the close")
            return
        try:
            if octets[:1] == bytes([Kind.ROLL]):
                self._roll(octets, position)
            elif octets[:1] == bytes([Kind.BATCH]):
                self.batches.close(parse_batch(octets), position)
            elif octets[:1] == bytes([Kind.CLOSE]):
                self.batches.end(position)
                self.closed = parse_close(octets)
            else:
                add(Flaw.ENTRY_MISPLACED, ROLL_LOG, position=position, detail="kind")
        except EntryMalformed as error:
            add(_flaw_of(error), ROLL_LOG, position=position, detail=str(error.facts.get("reason", "")))

    def _compare_eligible(self, issued: dict[str, int]) -> None:
        """Where the manifest says how many may vote, no more tokens than that."""
        if not self._manifest.knows_eligible:
            return
        for style in self._manifest.styles:
            count = issued.get(style.id, 0)
            if count > style.eligible:
                self._findings.add(
                    Flaw.MORE_ISSUED_THAN_ELIGIBLE, ROLL_LOG, detail=f"{style.id}: {count} > {style.eligible}"
                )

    def _roll(self, octets: bytes, position: int) -> None:
        entry = parse_roll(octets)
        name = leaf_hash(octets)
        if entry.style not in {style.id for style in self._manifest.styles}:
            self._findings.add(Flaw.ENTRY_MALFORMED, ROLL_LOG, position=position, detail="unknown style")
        if name[:_PREFIX] in self._seen:
            self._findings.add(Flaw.ROLL_ENTRY_TWICE, ROLL_LOG, position=position)
        self._seen.add(name[:_PREFIX])
        self.batches.entry(entry.style, name)


def _check_close(
    findings: Findings, file: str, *, closed: CloseEntry, totals: dict[str, int], floor: int
) -> None:
    said = {style: count for style, count in closed.counts.items() if count}
    if said != totals:
        findings.add(Flaw.CLOSE_INVALID, file, detail="counts")
    if closed.time < floor:
        findings.add(Flaw.CLOSE_INVALID, file, detail="time")


class BoxWalk:
    """The box log: every ballot checked and, with a key, opened into a :class:`Counting`."""

    def __init__(self, manifest: Manifest, findings: Findings, *, issued: dict[str, int]) -> None:
        rules = manifest.ruleset
        self._manifest = manifest
        self._findings = findings
        self._notice_key = parse_verifier_key(manifest.roll_vkey).public
        self._positions: deque[list[int]] = deque()
        self._credentials: set[bytes] = set()
        self._entries: set[bytes] = set()
        self.counting = Counting(manifest, issued)
        self.closed: CloseEntry | None = None
        self.opening: OpeningEntry | None = None
        self.outcome: OutcomeEntry | None = None
        self.batches = _Batches(
            BOX_LOG,
            findings,
            latest=include_by(manifest.cast_until),
            sealed_from=int(manifest.cast_until.timestamp()),
            least=rules.batch_least,
        )

    def read(self, entries: Iterable[bytes], *, run: Run, job: Job) -> Counting:
        """Walk the whole log; ballots go to ``job`` through ``run`` in chunks and come back in order."""
        for answers in run(job, self._chunks(entries)):
            for position, ballot in zip(self._positions.popleft(), answers, strict=True):
                self._take(ballot, position)
        if self.closed is not None:
            floor = int(self._manifest.cast_until.timestamp())
            _check_close(self._findings, BOX_LOG, closed=self.closed, totals=self.batches.totals, floor=floor)
        for style, count in self.batches.totals.items():
            issued = self.counting.issued.get(style, 0)
            if count > issued:
                self._findings.add(
                    Flaw.MORE_BALLOTS_THAN_ISSUED, BOX_LOG, detail=f"{style}: {count} > {issued}"
                )
        return self.counting

    def _chunks(self, entries: Iterable[bytes]) -> Iterator[Chunk]:
        chunk: list[bytes] = []
        places: list[int] = []
        position = 0
        try:
            for octets in entries:
                if octets[:1] == bytes([Kind.BALLOT]):
                    self._ballot(octets, position)
                    chunk.append(octets)
                    places.append(position)
                else:
                    self._other(octets, position)
                position += 1
                if len(chunk) == CHUNK:
                    self._positions.append(places)
                    yield chunk
                    chunk, places = [], []
        except FrameBroken:
            pass  # the scan has noted it
        self.batches.end(position)
        if chunk:
            self._positions.append(places)
            yield chunk

    def _ballot(self, octets: bytes, position: int) -> None:
        name = leaf_hash(octets)
        try:
            style = str(ballot_style(octets))
        except EntryMalformed:
            style = ""
        if self.closed is not None or position == 0:
            self._findings.add(Flaw.ENTRY_MISPLACED, BOX_LOG, position=position, detail="ballot")
        if name[:_PREFIX] in self._entries:
            self._findings.add(Flaw.BALLOT_COPIED, BOX_LOG, position=position)
        self._entries.add(name[:_PREFIX])
        self.batches.entry(style, name)

    def _take(self, ballot: CheckedBallot, position: int) -> None:
        if ballot.flaw:
            self._findings.add(Flaw(ballot.flaw), BOX_LOG, position=position, detail=ballot.detail)
            return
        if ballot.credential in self._credentials:
            self._findings.add(Flaw.CREDENTIAL_TWICE, BOX_LOG, position=position)
            return
        self._credentials.add(ballot.credential)
        self.counting.add(ballot)

    def _other(self, octets: bytes, position: int) -> None:
        if not self._placed(octets[:1], position):
            self._findings.add(Flaw.ENTRY_MISPLACED, BOX_LOG, position=position, detail=octets[:1].hex())
        self._read_other(octets, position)

    def _placed(self, kind: bytes, position: int) -> bool:
        """Whether this kind may stand here."""
        expected = {
            bytes([Kind.MANIFEST]): position == 0,
            bytes([Kind.NOTICE]): position > 0 and self.closed is None,
            bytes([Kind.BATCH]): position > 0 and self.closed is None,
            bytes([Kind.CLOSE]): position > 0 and self.closed is None,
            bytes([Kind.OPENING]): self.closed is not None and self.opening is None,
            bytes([Kind.OUTCOME]): self.opening is not None and self.outcome is None,
        }
        return expected.get(kind, False)

    def _read_other(self, octets: bytes, position: int) -> None:
        kind = octets[:1]
        try:
            if kind == bytes([Kind.BATCH]):
                self.batches.close(parse_batch(octets), position)
            elif kind == bytes([Kind.NOTICE]):
                self.batches.end(position)
                self._notice(parse_notice(octets), position)
            elif kind == bytes([Kind.CLOSE]):
                self.batches.end(position)
                self.closed = self.closed or parse_close(octets)
            elif kind == bytes([Kind.OPENING]):
                self.opening = self.opening or parse_opening(octets)
            elif kind == bytes([Kind.OUTCOME]):
                self.outcome = self.outcome or parse_outcome(octets)
        except EntryMalformed as error:
            detail = str(error.facts.get("reason", ""))
            self._findings.add(_flaw_of(error), BOX_LOG, position=position, detail=detail)

    def _notice(self, notice: NoticeEntry, position: int) -> None:
        try:
            message = notice.signed_message(self._manifest.election_hash)
            signing.verify(self._notice_key, message, notice.signature)
        except VerificationError:
            self._findings.add(Flaw.NOTICE_UNSIGNED, BOX_LOG, position=position)
            return
        try:
            self.counting.withdraw(parse_withdrawal(notice.statement))
        except VerificationError:
            self._findings.add(Flaw.ENTRY_MALFORMED, BOX_LOG, position=position, detail="statement")
