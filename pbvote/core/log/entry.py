"""Entries of the two logs: one kind each, canonical bytes, kind byte and version byte first.

Every kind has exactly one form: what a parser accepts, encodes to the same bytes again, and a byte less
or more is refused. ``L(s)`` is a length byte and UTF-8; integers are big-endian.

====  ===========  =====================================================================
kind  entry        bytes after the kind and version bytes
====  ===========  =====================================================================
00    manifest     canonical JSON
01    roll         L(style) || commitment 32
02    ballot       L(style) || credential 65 || random 32 || token || sequence 4 || len 2 || sealed || sig 64
03    notice       len 4 || canonical JSON || signature 64
04    batch        L(style or "") || number 4 || count 4 || time 8; stands after the entries it closes
05    close        canonical JSON {"counts": {style: n}, "time": seconds}
06    opening      len 1 || private key 32 || len 1 || tie seed 0 or 32
07    outcome      canonical JSON
====  ===========  =====================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Final, TypeAlias

from pbvote.core import canonical
from pbvote.core.canonical import Json
from pbvote.core.log.errors import EntryMalformed
from pbvote.core.log.merkle import leaf_hash
from pbvote.core.types import ElectionHash, EntryHash, StyleId, length_prefixed, sha256, tag

VERSION: Final = 1
CREDENTIAL_LENGTH: Final = 65
RANDOM_LENGTH: Final = 32
SIGNATURE_LENGTH: Final = 64
_HASH_LENGTH: Final = 32
_MOST_U16: Final = 0xFFFF
_MOST_U32: Final = 0xFFFF_FFFF
_MOST_TIME: Final = 2**53 - 1


class Kind(IntEnum):
    """First byte of an entry."""

    MANIFEST = 0
    ROLL = 1
    BALLOT = 2
    NOTICE = 3
    BATCH = 4
    CLOSE = 5
    OPENING = 6
    OUTCOME = 7


def _require(condition: object, kind: Kind, reason: str) -> None:
    if not condition:
        raise EntryMalformed(kind=int(kind), reason=reason)


def _head(kind: Kind) -> bytes:
    return bytes([kind, VERSION])


def _canonical(content: bytes, kind: Kind) -> Json:
    try:
        return canonical.decode(content)
    except canonical.NotCanonical as error:
        raise EntryMalformed(kind=int(kind), reason="not canonical JSON") from error


def _style_fits(style: str) -> bool:
    try:
        return 0 < len(style.encode()) <= 255
    except UnicodeEncodeError:
        return False


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """Entry 0 of the box log: the frozen manifest's bytes."""

    kind: ClassVar[Kind] = Kind.MANIFEST
    manifest: bytes

    def __post_init__(self) -> None:
        _canonical(self.manifest, self.kind)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return _head(self.kind) + self.manifest


@dataclass(frozen=True, slots=True)
class RollEntry:
    """One ballot token was issued for a style: a hiding commitment to whom."""

    kind: ClassVar[Kind] = Kind.ROLL
    style: StyleId
    commitment: bytes

    def __post_init__(self) -> None:
        _require(_style_fits(self.style), self.kind, "style")
        _require(len(self.commitment) == _HASH_LENGTH, self.kind, "commitment")

    def encode(self) -> bytes:
        """Canonical bytes."""
        return _head(self.kind) + length_prefixed(self.style) + self.commitment


@dataclass(frozen=True, slots=True)
class BallotEntry:
    """A sealed ballot with its token, signed by the voter's one-time credential."""

    kind: ClassVar[Kind] = Kind.BALLOT
    style: StyleId
    credential: bytes
    random: bytes
    token: bytes
    sequence: int
    sealed: bytes
    signature: bytes

    def __post_init__(self) -> None:
        _require(_style_fits(self.style), self.kind, "style")
        _require(len(self.credential) == CREDENTIAL_LENGTH, self.kind, "credential")
        _require(len(self.random) == RANDOM_LENGTH, self.kind, "random")
        _require(0 <= self.sequence <= _MOST_U32, self.kind, "sequence")
        _require(len(self.sealed) <= _MOST_U16, self.kind, "sealed")
        _require(len(self.signature) == SIGNATURE_LENGTH, self.kind, "signature")

    @property
    def body(self) -> bytes:
        """Everything before the signature."""
        return ballot_body(
            self.style,
            self.credential,
            random=self.random,
            token=self.token,
            sequence=self.sequence,
            sealed=self.sealed,
        )

    def signed_message(self, election_hash: ElectionHash) -> bytes:
        """What the credential signs."""
        return cast_message(election_hash, self.body)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return self.body + self.signature


def ballot_body(
    style: StyleId, credential: bytes, *, random: bytes, token: bytes, sequence: int, sealed: bytes
) -> bytes:
    """The bytes of a ballot entry before its signature."""
    return b"".join(
        (
            _head(Kind.BALLOT),
            length_prefixed(style),
            credential,
            random,
            token,
            sequence.to_bytes(4, "big"),
            len(sealed).to_bytes(2, "big"),
            sealed,
        )
    )


def cast_message(election_hash: ElectionHash, body: bytes) -> bytes:
    """What the credential signs over a ballot entry's body."""
    return tag("pbvote/cast/v1") + election_hash + body


@dataclass(frozen=True, slots=True)
class NoticeEntry:
    """A statement signed by the agency's main service, such as a withdrawn project."""

    kind: ClassVar[Kind] = Kind.NOTICE
    statement: bytes
    signature: bytes

    def __post_init__(self) -> None:
        _canonical(self.statement, self.kind)
        _require(len(self.statement) <= _MOST_U32, self.kind, "statement")
        _require(len(self.signature) == SIGNATURE_LENGTH, self.kind, "signature")

    def signed_message(self, election_hash: ElectionHash) -> bytes:
        """What the signature covers."""
        return notice_message(election_hash, self.statement)

    def encode(self) -> bytes:
        """Canonical bytes."""
        length = len(self.statement).to_bytes(4, "big")
        return _head(self.kind) + length + self.statement + self.signature


def notice_message(election_hash: ElectionHash, statement: bytes) -> bytes:
    """What a notice's signature covers."""
    return tag("pbvote/notice/v1") + election_hash + statement


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """The ``count`` entries right before it were appended together; the style is ``""`` for the roll."""

    kind: ClassVar[Kind] = Kind.BATCH
    style: StyleId
    number: int
    count: int
    time: int

    def __post_init__(self) -> None:
        _require(not self.style or _style_fits(self.style), self.kind, "style")
        _require(0 <= self.number <= _MOST_U32, self.kind, "number")
        _require(0 <= self.count <= _MOST_U32, self.kind, "count")
        _require(0 <= self.time <= _MOST_TIME, self.kind, "time")

    def encode(self) -> bytes:
        """Canonical bytes."""
        number, count = self.number.to_bytes(4, "big"), self.count.to_bytes(4, "big")
        return _head(self.kind) + length_prefixed(self.style) + number + count + self.time.to_bytes(8, "big")


def _close_members(content: bytes) -> tuple[dict[StyleId, int], int]:
    value = _canonical(content, Kind.CLOSE)
    if not isinstance(value, dict) or set(value) != {"counts", "time"}:
        raise EntryMalformed(kind=int(Kind.CLOSE), reason="members")
    listed, time = value["counts"], value["time"]
    if not isinstance(listed, dict) or not isinstance(time, int) or time < 0:
        raise EntryMalformed(kind=int(Kind.CLOSE), reason="members")
    counts = {StyleId(k): n for k, n in listed.items() if isinstance(n, int) and n >= 0}
    if len(counts) != len(listed):
        raise EntryMalformed(kind=int(Kind.CLOSE), reason="counts")
    return counts, time


@dataclass(frozen=True, slots=True)
class CloseEntry:
    """The vote is closed: ballots per style and the time."""

    kind: ClassVar[Kind] = Kind.CLOSE
    content: bytes

    def __post_init__(self) -> None:
        _close_members(self.content)

    @classmethod
    def of(cls, counts: Mapping[StyleId, int], time: int) -> CloseEntry:
        """The entry that says these ballots per style, at this time in unix seconds."""
        return cls(canonical.encode({"counts": dict(counts), "time": time}))

    @property
    def counts(self) -> dict[StyleId, int]:
        """Ballots per style."""
        return _close_members(self.content)[0]

    @property
    def time(self) -> int:
        """Unix seconds."""
        return _close_members(self.content)[1]

    def encode(self) -> bytes:
        """Canonical bytes."""
        return _head(self.kind) + self.content


@dataclass(frozen=True, slots=True)
class OpeningEntry:
    """The opening key becomes public, with the tie seed if the manifest committed to one."""

    kind: ClassVar[Kind] = Kind.OPENING
    private_key: bytes = field(repr=False)
    tie_seed: bytes = b""

    def __post_init__(self) -> None:
        _require(len(self.private_key) == 32, self.kind, "key")
        _require(len(self.tie_seed) in (0, 32), self.kind, "tie seed")

    def encode(self) -> bytes:
        """Canonical bytes."""
        lengths = bytes([len(self.private_key)]), bytes([len(self.tie_seed)])
        return _head(self.kind) + lengths[0] + self.private_key + lengths[1] + self.tie_seed


@dataclass(frozen=True, slots=True)
class OutcomeEntry:
    """The certified outcome's canonical JSON."""

    kind: ClassVar[Kind] = Kind.OUTCOME
    content: bytes

    def __post_init__(self) -> None:
        _canonical(self.content, self.kind)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return _head(self.kind) + self.content


Entry: TypeAlias = (
    ManifestEntry
    | RollEntry
    | BallotEntry
    | NoticeEntry
    | BatchEntry
    | CloseEntry
    | OpeningEntry
    | OutcomeEntry
)


class _Cursor:
    """Reads an entry from front to back and insists that nothing is left."""

    __slots__ = ("_at", "_kind", "_octets")

    def __init__(self, octets: bytes, kind: Kind) -> None:
        if octets[:2] != _head(kind):
            raise EntryMalformed(kind=int(kind), reason="kind or version")
        self._octets, self._kind, self._at = octets, kind, 2

    def take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._octets):
            raise EntryMalformed(kind=int(self._kind), reason="truncated")
        part = self._octets[self._at : end]
        self._at = end
        return part

    def integer(self, length: int) -> int:
        return int.from_bytes(self.take(length), "big")

    def style(self) -> StyleId:
        try:
            return StyleId(self.take(self.integer(1)).decode())
        except UnicodeDecodeError as error:
            raise EntryMalformed(kind=int(self._kind), reason="style") from error

    def end(self) -> None:
        if self._at != len(self._octets):
            raise EntryMalformed(kind=int(self._kind), reason="extended")

    def rest(self) -> bytes:
        return self.take(len(self._octets) - self._at)


def parse_manifest(octets: bytes) -> ManifestEntry:
    """A manifest entry. Raises EntryMalformed."""
    return ManifestEntry(_Cursor(octets, Kind.MANIFEST).rest())


def parse_roll(octets: bytes) -> RollEntry:
    """A roll entry. Raises EntryMalformed."""
    cursor = _Cursor(octets, Kind.ROLL)
    entry = RollEntry(cursor.style(), cursor.take(_HASH_LENGTH))
    cursor.end()
    return entry


def ballot_style(octets: bytes) -> StyleId:
    """The style that a ballot entry names, which decides the length of its token. Raises EntryMalformed."""
    return _Cursor(octets, Kind.BALLOT).style()


def parse_ballot(octets: bytes, *, token_length: int) -> BallotEntry:
    """A ballot entry whose token has this length. Raises EntryMalformed."""
    cursor = _Cursor(octets, Kind.BALLOT)
    entry = BallotEntry(
        style=cursor.style(),
        credential=cursor.take(CREDENTIAL_LENGTH),
        random=cursor.take(RANDOM_LENGTH),
        token=cursor.take(token_length),
        sequence=cursor.integer(4),
        sealed=cursor.take(cursor.integer(2)),
        signature=cursor.take(SIGNATURE_LENGTH),
    )
    cursor.end()
    return entry


def parse_notice(octets: bytes) -> NoticeEntry:
    """A notice. Raises EntryMalformed."""
    cursor = _Cursor(octets, Kind.NOTICE)
    entry = NoticeEntry(cursor.take(cursor.integer(4)), cursor.take(SIGNATURE_LENGTH))
    cursor.end()
    return entry


def parse_batch(octets: bytes) -> BatchEntry:
    """A batch entry. Raises EntryMalformed."""
    cursor = _Cursor(octets, Kind.BATCH)
    entry = BatchEntry(
        style=cursor.style(),
        number=cursor.integer(4),
        count=cursor.integer(4),
        time=cursor.integer(8),
    )
    cursor.end()
    return entry


def parse_close(octets: bytes) -> CloseEntry:
    """A close entry. Raises EntryMalformed."""
    return CloseEntry(_Cursor(octets, Kind.CLOSE).rest())


def parse_opening(octets: bytes) -> OpeningEntry:
    """An opening entry. Raises EntryMalformed."""
    cursor = _Cursor(octets, Kind.OPENING)
    entry = OpeningEntry(cursor.take(cursor.integer(1)), cursor.take(cursor.integer(1)))
    cursor.end()
    return entry


def parse_outcome(octets: bytes) -> OutcomeEntry:
    """An outcome entry. Raises EntryMalformed."""
    return OutcomeEntry(_Cursor(octets, Kind.OUTCOME).rest())


_PARSERS: Final[Mapping[int, Callable[[bytes], Entry]]] = {
    Kind.MANIFEST: parse_manifest,
    Kind.ROLL: parse_roll,
    Kind.NOTICE: parse_notice,
    Kind.BATCH: parse_batch,
    Kind.CLOSE: parse_close,
    Kind.OPENING: parse_opening,
    Kind.OUTCOME: parse_outcome,
}


def parse_entry(octets: bytes, *, token_lengths: Mapping[StyleId, int]) -> Entry:
    """The entry of any kind; ``token_lengths`` gives the token length of each ballot style.

    Raises:
        EntryMalformed: unknown kind or version, unknown style of a ballot, truncated, extended, or not
            in canonical form.
    """
    if octets[:1] == bytes([Kind.BALLOT]):
        style = ballot_style(octets)
        if style not in token_lengths:
            raise EntryMalformed(kind=int(Kind.BALLOT), reason="unknown style")
        return parse_ballot(octets, token_length=token_lengths[style])
    if not octets or octets[0] not in _PARSERS:
        raise EntryMalformed(kind=octets[0] if octets else -1, reason="unknown kind")
    return _PARSERS[octets[0]](octets)


def entry_hash(octets: bytes) -> EntryHash:
    """The name of an entry: its RFC 6962 leaf hash."""
    return leaf_hash(octets)


def token_message(election_hash: ElectionHash, style: StyleId, credential: bytes) -> bytes:
    """What a ballot token signs, before its random prefix: election, style and credential."""
    return tag("pbvote/token/v1") + election_hash + length_prefixed(style) + credential


def roll_commitment(
    election_hash: ElectionHash, *, salt: bytes, voter_record: bytes, blinded: bytes
) -> bytes:
    """Hiding commitment of the roll entry; who holds salt and voter record can find the entry.

    Raises:
        ValueError: a salt or voter record that is not 32 bytes (fixed lengths keep the parts apart).
    """
    return roll_commitment_of(
        election_hash, salt=salt, voter_record=voter_record, blinded_hash=sha256(blinded)
    )


def roll_commitment_of(
    election_hash: ElectionHash, *, salt: bytes, voter_record: bytes, blinded_hash: bytes
) -> bytes:
    """:func:`roll_commitment` from the hash of the blinded message, which is all that the registrar keeps.

    Raises:
        ValueError: a part that is not 32 bytes (fixed lengths keep the parts apart).
    """
    if not len(salt) == len(voter_record) == len(blinded_hash) == _HASH_LENGTH:
        raise ValueError("salt, voter record and hash are 32 bytes each")
    return sha256(tag("pbvote/roll/v1") + election_hash + salt + voter_record + blinded_hash)
