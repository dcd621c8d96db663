"""A ballot's plaintext, its rules, and the seal around it (protocol, S5 and S10).

plaintext = len16 || JSON array || zeros to ``pad_to``. The array holds project numbers, ascending for a
set and in order for a ranking, or pairs of number and points, ascending by number. The length is the same
for every choice, so that a sealed ballot shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from pbvote.core import canonical
from pbvote.core.crypto import blind_rsa, credential, sealing
from pbvote.core.errors import VerificationError
from pbvote.core.log.entry import BallotEntry, ballot_style, parse_ballot, token_message
from pbvote.core.manifest import Manifest
from pbvote.core.rules.ballot_form import BallotForm
from pbvote.core.rules.forms.errors import (
    BallotForeignProject,
    BallotOverBudget,
    BallotPointsRange,
    BallotPointsTooMany,
    BallotTooFew,
    BallotTooMany,
    BallotTwice,
    BallotUnreadable,
)
from pbvote.core.types import Choices, StyleId, length_prefixed, sha256, tag

__all__ = [
    "BallotChecker",
    "BallotForeignProject",
    "BallotLength",
    "BallotOverBudget",
    "BallotPointsRange",
    "BallotPointsTooMany",
    "BallotTooFew",
    "BallotTooMany",
    "BallotTwice",
    "BallotUnreadable",
    "decode_choices",
    "encode_choices",
    "open_choices",
    "pad_length",
    "require_legal",
    "seal_choices",
    "seal_info",
    "written",
]


class BallotLength(VerificationError):
    """The sealed part is not of the one length that this vote's manifest fixes."""

    code = "ballot.length"


def require_legal(manifest: Manifest, district: str, choices: Choices) -> None:
    """Guarantee that the choices obey the frozen rules.

    Notices do not matter here: a project withdrawn later stays legal to choose and is skipped by
    the tally (protocol, S1).

    Raises:
        BallotTooFew, BallotTooMany, BallotTwice, BallotForeignProject, BallotOverBudget,
            BallotPointsRange, BallotPointsTooMany.
    """
    form = manifest.ruleset.ballot_form
    form.type.require_legal(
        form,
        choices,
        costs={project.number: project.cost_twd for project in manifest.projects_of(district)},
        budget=manifest.ruleset.district(district).budget_twd,
    )


def pad_length(numbers: Iterable[int], form: BallotForm) -> int:
    """``pad_to`` for the longest legal ballot, rounded up to 16: len16, brackets, digits, commas, points."""
    longest = sorted((len(str(number)) for number in numbers), reverse=True)[: form.max_choices]
    need = 2 + 2 + sum(longest) + max(0, len(longest) - 1) + form.type.more_room(form, len(longest))
    return -(-need // 16) * 16


def written(choices: Choices) -> list[int] | list[list[int]]:
    """The JSON array of the plaintext."""
    if choices.points:
        return [list(pair) for pair in zip(choices.projects, choices.points, strict=True)]
    return list(choices.projects)


def encode_choices(choices: Choices, pad_to: int) -> bytes:
    """Plaintext of ``pad_to`` bytes.

    Raises:
        BallotTooMany: longer than ``pad_to`` (no legal ballot is).
    """
    body = canonical.encode(written(choices))
    if len(body) + 2 > pad_to:
        raise BallotTooMany(field="choices", count=len(body), most=pad_to)
    return len(body).to_bytes(2, "big") + body + bytes(pad_to - 2 - len(body))


def decode_choices(plaintext: bytes, form: BallotForm) -> Choices:
    """What a plaintext says, in the one spelling that the form allows.

    Raises:
        BallotUnreadable: any other bytes than :func:`encode_choices` makes of a ballot of this form.
    """
    length = int.from_bytes(plaintext[:2], "big")
    if len(plaintext) < 2 + length or any(plaintext[2 + length :]):
        raise BallotUnreadable(problem="padding")
    try:
        values = canonical.decode(plaintext[2 : 2 + length])
    except VerificationError as error:
        raise BallotUnreadable(problem="json") from error
    if not isinstance(values, list):
        raise BallotUnreadable(problem="not numbers")
    return form.type.read(values)


def seal_info(election_hash: bytes, style: str, point: bytes, sequence: int) -> bytes:
    """HPKE info of S5: binds the seal to the vote, the style and the credential."""
    binding = sha256(point + sequence.to_bytes(4, "big"))
    return tag("pbvote/ballot/v1") + election_hash + length_prefixed(style) + binding


def seal_choices(
    manifest: Manifest, *, style: str, point: bytes, choices: Choices, sequence: int = 0
) -> bytes:
    """The sealed ballot: ``pad_to + 81`` bytes, whatever the choice."""
    info = seal_info(manifest.election_hash, style, point, sequence)
    return sealing.seal(manifest.hpke_pk, info, encode_choices(choices, manifest.pad_to))


def open_choices(manifest: Manifest, key: sealing.OpeningKey, entry: BallotEntry) -> Choices:
    """The choices inside a sealed ballot; not yet held against the rules.

    Raises:
        SealBroken, BallotUnreadable: it counts as spoiled.
    """
    info = seal_info(manifest.election_hash, entry.style, entry.credential, entry.sequence)
    return decode_choices(key.open(info, entry.sealed), manifest.ruleset.ballot_form)


class BallotChecker:
    """What the box does before it stores a ballot, and the auditor afterwards, word for word."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self._keys = {s.id: blind_rsa.load_public_key(s.rsa_spki) for s in manifest.styles}
        self._token_lengths = {style: key.key_size // 8 for style, key in self._keys.items()}
        self._sealed_length = manifest.pad_to + sealing.SEALED_OVERHEAD

    @property
    def token_lengths(self) -> dict[StyleId, int]:
        """Bytes of a token per style; needed to parse an entry."""
        return dict(self._token_lengths)

    def parse(self, data: bytes) -> BallotEntry:
        """The entry by its form alone; nothing is verified.

        Raises:
            UnknownStyle, EntryMalformed.
        """
        style = self.manifest.style(ballot_style(data)).id
        return parse_ballot(data, token_length=self._token_lengths[style])

    def check(self, data: bytes) -> BallotEntry:
        """The entry, its token, length and signature verified.

        Raises:
            UnknownStyle, EntryMalformed, BallotLength, TokenInvalid, SignatureBad, SignatureHighS.
        """
        entry = self.parse(data)
        if len(entry.sealed) != self._sealed_length:
            raise BallotLength(length=len(entry.sealed))
        manifest = self.manifest
        message = entry.random + token_message(manifest.election_hash, entry.style, entry.credential)
        blind_rsa.verify_token(self._keys[entry.style], message, entry.token)
        credential.verify_signature(
            entry.credential, entry.signed_message(manifest.election_hash), entry.signature
        )
        return entry
