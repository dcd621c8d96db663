"""What can go wrong on the voter's side. Facts never hold an identity or a choice."""

from __future__ import annotations

from pbvote.core.errors import Conflict, NotPermitted, ServiceUnavailable, VerificationError


class ServerUnreachable(ServiceUnavailable):
    """The service did not answer; the same step may be tried again (facts ``reason``)."""

    code = "voter.server-unreachable"


class ServerRefused(NotPermitted):
    """The service refused a step (facts ``status`` and its own ``refusal`` code)."""

    code = "voter.server-refused"


class PageUnreadable(VerificationError):
    """An answer lacks what the protocol puts there (fact ``missing``)."""

    code = "voter.page-unreadable"


class OtherElection(VerificationError):
    """The manifest is not the one that the published notice names."""

    code = "voter.other-election"


class OtherStyle(Conflict):
    """The roll gives another ballot style than the saved step was made for (facts ``saved``, ``given``)."""

    code = "voter.other-style"


class StepOutOfOrder(Conflict):
    """A step was asked for that the saved state does not allow (facts ``at``, ``wanted``)."""

    code = "voter.step-out-of-order"


class NotIncluded(VerificationError):
    """The public log does not prove that the ballot is in it."""

    code = "voter.not-included"
