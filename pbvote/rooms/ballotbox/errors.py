"""What can go wrong at the ballot box."""

from __future__ import annotations

from pbvote.core.errors import Conflict, NotFound, ServiceUnavailable, VerificationError


class VoteUnknown(NotFound):
    """The box has no manifest of that call."""

    code = "box.vote-unknown"


class OtherManifest(Conflict):
    """The box already holds another manifest for that call; a frozen vote never changes."""

    code = "box.other-manifest"


class BoxKeyWrong(Conflict):
    """The box's own key is not the one that the manifest names."""

    code = "box.key-wrong"


class CredentialUsed(Conflict):
    """Another ballot was already cast with this credential."""

    code = "ballot.credential-used"


class BoxSealed(Conflict):
    """The box is sealed; nothing more goes in."""

    code = "box.sealed"


class BoxNotSealed(Conflict):
    """The vote has not ended with its last checkpoint yet, so nothing may be opened."""

    code = "box.not-sealed"


class BoxNotOpened(Conflict):
    """The outcome follows the opening key; that has not been entered yet."""

    code = "box.not-opened"


class EnteredDifferently(Conflict):
    """The log already holds another opening key or outcome."""

    code = "box.entered-differently"


class OpeningKeyWrong(VerificationError):
    """The key does not belong to the vote's public key."""

    code = "opening.key-wrong"


class WithIdentity(VerificationError):
    """A ballot came with a cookie or credentials; the box must not see who casts."""

    code = "ballot.with-identity"


class TracesRemain(ServiceUnavailable):
    """Deleted ballots may still be in the database's files; the next round tries again."""

    code = "box.traces-remain"
