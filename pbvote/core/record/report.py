"""What an audit found: stable codes, where, and the figures that are always shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pbvote.core import canonical

FIRST_PER_CODE: Final = 20
"""So many findings of one code are listed with their place; the rest is counted."""


class Flaw(StrEnum):
    """Why a record is not valid. The codes are part of the format and never change."""

    MANIFEST_CHANGED = "manifest-changed"
    ENTRY_ALTERED = "entry-altered"
    ENTRY_REMOVED = "entry-removed"
    ENTRY_ADDED = "entry-added"
    ENTRIES_REORDERED = "entries-reordered"
    LOG_SHRUNK = "log-shrunk"
    SPLIT_VIEW = "split-view"
    CHECKPOINT_UNSIGNED = "checkpoint-unsigned"
    CHECKPOINT_OTHER_ORIGIN = "checkpoint-other-origin"
    TOKEN_FORGED = "token-forged"  # noqa: S105
    TOKEN_OTHER_STYLE = "token-other-style"  # noqa: S105
    TOKEN_OTHER_CALL = "token-other-call"  # noqa: S105
    SIGNATURE_BAD = "signature-bad"
    SIGNATURE_HIGH_S = "signature-high-s"
    CREDENTIAL_TWICE = "credential-twice"
    BALLOT_COPIED = "ballot-copied"
    MORE_BALLOTS_THAN_ISSUED = "more-ballots-than-issued"
    MORE_ISSUED_THAN_ELIGIBLE = "more-issued-than-eligible"
    PROMISE_BROKEN = "promise-broken"
    KEY_WRONG = "key-wrong"
    OUTCOME_CHANGED = "outcome-changed"
    PABULIB_CHANGED = "pabulib-changed"
    CONTENTS_CHANGED = "contents-changed"
    TRUNCATED = "truncated"
    EXTENDED = "extended"
    FILE_MISSING = "file-missing"
    MANIFEST_UNFIT = "manifest-unfit"
    ENTRY_MALFORMED = "entry-malformed"
    ENTRY_MISPLACED = "entry-misplaced"
    BALLOT_LENGTH = "ballot-length"
    ROLL_ENTRY_TWICE = "roll-entry-twice"
    BATCH_INVALID = "batch-invalid"
    CLOSE_INVALID = "close-invalid"
    NOTICE_UNSIGNED = "notice-unsigned"
    TIE_SEED_WRONG = "tie-seed-wrong"
    RECEIPT_MALFORMED = "receipt-malformed"
    NOT_COUNTABLE = "not-countable"


MEANINGS: Final[Mapping[Flaw, str]] = {
    Flaw.MANIFEST_CHANGED: "the manifest is not the one that the vote was frozen with",
    Flaw.ENTRY_ALTERED: "the entries do not hash to the signed root: an entry was altered",
    Flaw.ENTRY_REMOVED: "the log holds fewer entries than its signed checkpoint says",
    Flaw.ENTRY_ADDED: "the log holds more entries than its signed checkpoint says",
    Flaw.ENTRIES_REORDERED: "the entries do not hash to the signed root: their order was changed",
    Flaw.LOG_SHRUNK: "the log ends before its last entries, or before a checkpoint that was given out",
    Flaw.SPLIT_VIEW: "the log contradicts a checkpoint that was given out: two histories exist",
    Flaw.CHECKPOINT_UNSIGNED: "the checkpoint is not signed by the log's key",
    Flaw.CHECKPOINT_OTHER_ORIGIN: "the checkpoint belongs to another log",
    Flaw.TOKEN_FORGED: "the ballot token was not signed by the issuing key",
    Flaw.TOKEN_OTHER_STYLE: "the ballot token was issued for another ballot style",
    Flaw.TOKEN_OTHER_CALL: "token and signature are not of this vote: a ballot of another call",
    Flaw.SIGNATURE_BAD: "the ballot is not signed by its credential",
    Flaw.SIGNATURE_HIGH_S: "the ballot's signature is in its second, malleable form",
    Flaw.CREDENTIAL_TWICE: "two ballots under one credential",
    Flaw.BALLOT_COPIED: "the same ballot stands in the log twice",
    Flaw.MORE_BALLOTS_THAN_ISSUED: "more ballots of a style than tokens were issued for it",
    Flaw.MORE_ISSUED_THAN_ELIGIBLE: "more tokens of a style than people stood on the roll at the freeze",
    Flaw.PROMISE_BROKEN: "the box promised to include a ballot that is not in the log",
    Flaw.KEY_WRONG: "the opening key does not belong to the manifest",
    Flaw.OUTCOME_CHANGED: "counting again gives another outcome",
    Flaw.PABULIB_CHANGED: "the Pabulib file does not say what the record says",
    Flaw.CONTENTS_CHANGED: "a file differs from the list of contents",
    Flaw.TRUNCATED: "something ends too early",
    Flaw.EXTENDED: "something has bytes behind its end",
    Flaw.MANIFEST_UNFIT: "the manifest's keys or numbers are weaker than its mode allows",
    Flaw.FILE_MISSING: "a file of the record is missing",
    Flaw.ENTRY_MALFORMED: "an entry is not in the form of its kind",
    Flaw.ENTRY_MISPLACED: "an entry stands where its kind may not stand",
    Flaw.BALLOT_LENGTH: "a sealed ballot does not have the one length of this vote",
    Flaw.ROLL_ENTRY_TWICE: "the same roll entry stands in the log twice",
    Flaw.BATCH_INVALID: "a batch does not agree with the entries that it closes",
    Flaw.CLOSE_INVALID: "the closing entry does not agree with the log",
    Flaw.NOTICE_UNSIGNED: "a notice is not signed by the agency's key",
    Flaw.TIE_SEED_WRONG: "the tie seed is not the one that the manifest committed to",
    Flaw.RECEIPT_MALFORMED: "the receipt given for comparison is none of this vote",
    Flaw.NOT_COUNTABLE: "the opened ballots cannot be counted under the rules of the manifest",
}


class NotARecord(Exception):
    """There is no manifest to read: nothing can be said about it (exit status 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One flaw and its place: a file, and a position in a log where one is meant (else -1)."""

    flaw: Flaw
    file: str
    position: int = -1
    detail: str = ""

    def to_json(self) -> dict[str, object]:
        """The finding as a JSON object of integers and strings."""
        return {
            "code": self.flaw.value,
            "file": self.file,
            "position": self.position,
            "detail": self.detail,
        }


@dataclass(slots=True)
class Findings:
    """Findings in order; of one code the first 20 are kept and all are counted."""

    kept: list[Finding] = field(default_factory=list)
    counts: dict[Flaw, int] = field(default_factory=dict)

    def add(self, flaw: Flaw, file: str, *, position: int = -1, detail: str = "") -> None:
        """Note one flaw."""
        count = self.counts.get(flaw, 0) + 1
        self.counts[flaw] = count
        if count <= FIRST_PER_CODE:
            self.kept.append(Finding(flaw=flaw, file=file, position=position, detail=detail[:200]))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFigures:
    """Size and root of a log as its entries give them."""

    size: int
    root: bytes

    def to_json(self) -> dict[str, object]:
        """The figures as a JSON object."""
        return {"size": self.size, "root": self.root.hex()}


@dataclass(slots=True, kw_only=True)
class StyleFigures:
    """What was issued, cast, spoiled and left blank in one ballot style."""

    issued: int = 0
    cast: int = 0
    spoiled: int = 0
    blank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result of an audit.

    ``compared`` names what the reader brought along to compare with (manifest, checkpoint, receipt);
    without any of it a record can only be found consistent in itself. ``own_files`` are given checkpoints
    that are the record's own: they compare nothing. ``withdrawn`` are the projects that notices withdrew.
    """

    election_hash: str
    mode: str
    call: str
    agency: str
    title: str
    box: LogFigures
    roll: LogFigures
    styles: Mapping[str, StyleFigures]
    spoiled: Mapping[str, int]
    winners: Mapping[str, tuple[int, ...]]
    findings: tuple[Finding, ...]
    counts: Mapping[Flaw, int]
    compared: tuple[str, ...]
    own_files: tuple[str, ...] = ()
    withdrawn: tuple[int, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether no flaw was found."""
        return not self.counts

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes found, sorted."""
        return tuple(sorted(flaw.value for flaw in self.counts))

    @property
    def verdict(self) -> str:
        """``invalid``, ``valid``, or ``consistent``: not compared with the published notice."""
        if not self.is_valid:
            return "invalid"
        return "valid" if self.compared else "consistent"

    def to_json(self) -> dict[str, object]:
        """The report as JSON of integers and strings."""
        return {
            "verdict": self.verdict,
            "election_hash": self.election_hash,
            "mode": self.mode,
            "call": self.call,
            "agency": self.agency,
            "title": self.title,
            "box": self.box.to_json(),
            "roll": self.roll.to_json(),
            "styles": {
                style: {"issued": f.issued, "cast": f.cast, "spoiled": f.spoiled, "blank": f.blank}
                for style, f in self.styles.items()
            },
            "spoiled": dict(self.spoiled),
            "winners": {district: list(numbers) for district, numbers in self.winners.items()},
            "errors": [finding.to_json() for finding in self.findings],
            "counts": {flaw.value: count for flaw, count in self.counts.items()},
            "compared": list(self.compared),
            "own_files": list(self.own_files),
            "withdrawn": list(self.withdrawn),
        }

    def to_bytes(self) -> bytes:
        """Canonical bytes of :meth:`to_json`."""
        return canonical.encode(self.to_json())
