"""What can be wrong with a decision."""

from __future__ import annotations

from pbvote.core.errors import Conflict, InvalidInput


class DecisionInvalid(InvalidInput):
    """None of accept, correct, reject (fact ``value``)."""

    code = "moderation.decision-invalid"


class ReasonMissing(InvalidInput):
    """Asking for a correction or rejecting needs a reason that the proposer can act on (PRA-08)."""

    code = "moderation.reason-missing"


class CorrectionDate(InvalidInput):
    """A correction needs a date ahead of now and not after the moderation deadline (fact ``latest``)."""

    code = "moderation.correction-date"


class PartUnknown(InvalidInput):
    """A correction is asked for in a part that no proposal has (facts ``field``, ``value``)."""

    code = "moderation.part-unknown"


class ProposalChanged(Conflict):
    """The proposal was changed after the officer read it (facts ``seen``, ``current``)."""

    code = "moderation.proposal-changed"


class TrackUnknown(InvalidInput):
    """The call has no such track (fact ``value``)."""

    code = "moderation.track-unknown"


class EndorsementsFew(Conflict):
    """Fewer residents endorse the proposal than the call asks for (facts ``least``, ``found``)."""

    code = "moderation.endorsements-few"
