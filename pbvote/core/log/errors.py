"""What can go wrong with entries, trees and checkpoints."""

from __future__ import annotations

from pbvote.core.errors import InvalidInput, ServiceUnavailable, VerificationError


class EntryMalformed(VerificationError):
    """The bytes are no entry of a known kind and version, or not exactly one (facts: kind, reason)."""

    code = "entry.malformed"


class InclusionInvalid(VerificationError):
    """The entry is not at this place of the tree with this root."""

    code = "inclusion.invalid"


class ConsistencyInvalid(VerificationError):
    """The smaller tree is not a beginning of the larger one."""

    code = "consistency.invalid"


class ProofImpossible(InvalidInput):
    """No proof exists for these places and sizes (facts: field)."""

    code = "log.proof-impossible"


class TileIncomplete(ServiceUnavailable):
    """A stored tile is missing or too short for the size asked (facts: level, index)."""

    code = "log.tile-incomplete"


class CheckpointMalformed(VerificationError):
    """The text is no checkpoint or no signed note (facts: reason)."""

    code = "checkpoint.malformed"


class CheckpointUnsigned(VerificationError):
    """The log's own key has not signed this checkpoint (facts: name)."""

    code = "checkpoint.unsigned"


class CheckpointOtherOrigin(VerificationError):
    """The checkpoint belongs to another log (facts: expected, found)."""

    code = "checkpoint.other-origin"


class VerifierKeyMalformed(VerificationError):
    """The line is no verifier key, or its key does not match its number (facts: reason)."""

    code = "checkpoint.key-malformed"
