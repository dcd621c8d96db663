"""Checking and opening ballots in chunks, so that they can be spread over processors.

:class:`BallotJob` is a plain value that travels to another process; what it answers is small. With an
opening key the choices come back, without one only the checks are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from pbvote.core.ballot.ballot import BallotChecker, BallotLength, open_choices, require_legal
from pbvote.core.crypto import blind_rsa, credential
from pbvote.core.crypto.errors import SealBroken, SignatureBad, SignatureHighS, TokenInvalid
from pbvote.core.crypto.sealing import OpeningKey
from pbvote.core.errors import InvalidInput, VerificationError
from pbvote.core.log.entry import BallotEntry, token_message
from pbvote.core.log.errors import EntryMalformed
from pbvote.core.manifest import UnknownStyle, parse_manifest
from pbvote.core.record.report import Flaw
from pbvote.core.record.spoiled import SEAL_BROKEN
from pbvote.core.types import Choices, sha256

CHUNK: Final = 256
_DIGEST: Final = 16
_MOST_REMEMBERED: Final = 100_000

Chunk: TypeAlias = "Sequence[bytes]"
Job: TypeAlias = "Callable[[Chunk], list[CheckedBallot]]"
Run: TypeAlias = "Callable[[Job, Iterable[Chunk]], Iterable[list[CheckedBallot]]]"
"""How the chunks are worked off, in order: one after the other, or by several processes."""


class CheckedBallot(NamedTuple):
    """What is kept of a ballot: flaw or style, digests to find copies, and what was inside.

    ``spoiled`` is the reason why an opened ballot does not count; ``choices`` is empty then too.
    """

    flaw: str = ""
    detail: str = ""
    style: str = ""
    credential: bytes = b""
    sealed: bytes = b""
    spoiled: str = ""
    choices: Choices = Choices()


def run_here(job: Job, chunks: Iterable[Chunk]) -> Iterator[list[CheckedBallot]]:
    """One chunk after the other in this process."""
    return map(job, chunks)


@dataclass(frozen=True, slots=True)
class BallotJob:
    """Check, and with a private key open, the ballots of a chunk under one manifest."""

    manifest: bytes
    private_key: bytes = field(default=b"", repr=False)

    def __call__(self, chunk: Chunk) -> list[CheckedBallot]:
        """One answer per ballot, in order; never raises for whatever stands in an entry."""
        bench = _bench(self.manifest, self.private_key)
        return [bench.look_at(octets) for octets in chunk]


@dataclass(frozen=True, slots=True)
class OpeningJob:
    """Only open the ballots of a chunk: for a log that was checked as a whole before, under its root."""

    manifest: bytes
    private_key: bytes = field(repr=False)

    def __call__(self, chunk: Chunk) -> list[CheckedBallot]:
        """One answer per ballot, in order; never raises for whatever stands in an entry."""
        bench = _bench(self.manifest, self.private_key)
        return [bench.only_open(octets) for octets in chunk]


@lru_cache(maxsize=2)
def _bench(manifest: bytes, private_key: bytes) -> _Bench:
    return _Bench(manifest, private_key)


class _Bench:
    """The keys of a manifest, loaded once per process."""

    def __init__(self, manifest: bytes, private_key: bytes) -> None:
        self._manifest = parse_manifest(manifest)
        self._checker = BallotChecker(self._manifest)
        self._rsa = {s.id: blind_rsa.load_public_key(s.rsa_spki) for s in self._manifest.styles}
        self._key = OpeningKey(private_key) if private_key else None
        self._legal: dict[tuple[str, Choices], str] = {}

    def look_at(self, octets: bytes) -> CheckedBallot:
        """The checks of the box, word for word, then the seal."""
        try:
            entry = self._checker.check(octets)
        except VerificationError as error:
            flaw, detail = self._name(octets, error)
            return CheckedBallot(flaw=flaw.value, detail=detail)
        return self._answer(entry)

    def only_open(self, octets: bytes) -> CheckedBallot:
        """The seal alone; token and signature have been checked before."""
        try:
            return self._answer(self._checker.parse(octets))
        except VerificationError as error:
            flaw, detail = self._name(octets, error)
            return CheckedBallot(flaw=flaw.value, detail=detail)

    def _answer(self, entry: BallotEntry) -> CheckedBallot:
        spoiled, choices = self._open(self._key, entry) if self._key is not None else ("", Choices())
        return CheckedBallot(
            style=entry.style,
            credential=sha256(entry.credential)[:_DIGEST],
            sealed=sha256(entry.sealed)[:_DIGEST],
            spoiled=spoiled,
            choices=choices,
        )

    def _open(self, key: OpeningKey, entry: BallotEntry) -> tuple[str, Choices]:
        try:
            choices = open_choices(self._manifest, key, entry)
        except SealBroken:
            return SEAL_BROKEN, Choices()
        except (VerificationError, InvalidInput):
            return "unreadable", Choices()
        district = self._manifest.style(entry.style).district
        illegal = self._illegal(district, choices)
        return (illegal, Choices()) if illegal else ("", choices)

    def _illegal(self, district: str, choices: Choices) -> str:
        known = self._legal.get((district, choices))
        if known is not None:
            return known
        try:
            require_legal(self._manifest, district, choices)
            reason = ""
        except InvalidInput as error:
            reason = error.code.removeprefix("ballot.")
        if len(self._legal) < _MOST_REMEMBERED:
            self._legal[district, choices] = reason
        return reason

    def _name(self, octets: bytes, error: VerificationError) -> tuple[Flaw, str]:
        """The flaw behind a failed check."""
        if isinstance(error, EntryMalformed):
            reason = str(error.facts.get("reason", ""))
            named = {"truncated": Flaw.TRUNCATED, "extended": Flaw.EXTENDED}
            return named.get(reason, Flaw.ENTRY_MALFORMED), reason
        if isinstance(error, TokenInvalid):
            return self._name_token(octets), ""
        simple: dict[type[VerificationError], Flaw] = {
            SignatureHighS: Flaw.SIGNATURE_HIGH_S,
            SignatureBad: Flaw.SIGNATURE_BAD,
            BallotLength: Flaw.BALLOT_LENGTH,
            UnknownStyle: Flaw.TOKEN_OTHER_CALL,
        }
        return simple.get(type(error), Flaw.ENTRY_MALFORMED), error.code

    def _name_token(self, octets: bytes) -> Flaw:
        """Whose token it is, as far as the manifest's keys can tell."""
        election_hash = self._manifest.election_hash
        entry = self._checker.parse(octets)
        for style, key in self._rsa.items():
            message = entry.random + token_message(election_hash, style, entry.credential)
            try:
                blind_rsa.verify_token(key, message, entry.token)
            except TokenInvalid:
                continue
            return Flaw.TOKEN_OTHER_STYLE
        try:
            credential.verify_signature(
                entry.credential, entry.signed_message(election_hash), entry.signature
            )
        except VerificationError:
            return Flaw.TOKEN_OTHER_CALL
        return Flaw.TOKEN_FORGED
