"""What can be wrong with a call."""

from __future__ import annotations

from pbvote.core.errors import Conflict, InvalidInput, NotFound


class CallUnknown(NotFound):
    """There is no such call, it is not published, or it is another agency's."""

    code = "calls.unknown"


class TextMissing(InvalidInput):
    """A text that every published call needs is missing (fact ``field``)."""

    code = "calls.text-missing"


class PrivacyNoticeIncomplete(InvalidInput):
    """A part of the personal-data notice is missing (個資法 art. 8, PRA-17; fact ``field``)."""

    code = "calls.notice-incomplete"


class DateInPast(InvalidInput):
    """The moment has passed, or is too close, for a call that is published now (fact ``field``)."""

    code = "calls.date-in-past"


class DeskNeeded(InvalidInput):
    """A ground is checked at a desk only, and the call offers no desk (fact ``field``)."""

    code = "calls.counter-needed"


class DocumentNeedsDesk(InvalidInput):
    """A document can be shown at a desk only (fact ``field``)."""

    code = "calls.document-needs-counter"


class VerificationUnavailable(InvalidInput):
    """This service does not run that kind of identity verification (facts ``field``, ``value``)."""

    code = "calls.verification-unavailable"


class ProductionRefuses(InvalidInput):
    """Allowed outside production only (facts ``field``, ``setting``, ``least``)."""

    code = "calls.production-refuses"


class ProgressOutOfOrder(Conflict):
    """A call takes one step after the other (facts ``now``, ``wanted``)."""

    code = "calls.progress-out-of-order"


class TranslationChanged(InvalidInput):
    """Somebody else gave another translation meanwhile (facts ``field``, ``value``: the one that stands)."""

    code = "calls.translation-changed"
