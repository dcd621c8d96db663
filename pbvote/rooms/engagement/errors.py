"""What can be wrong with an endorsement, a comment or a subscription."""

from __future__ import annotations

from pbvote.core.errors import Conflict, InvalidInput, NotFound, NotPermitted, RateLimited


class NoEndorsements(Conflict):
    """The call asks for no endorsements, or this proposal is decided already."""

    code = "engagement.no-endorsements"


class EndorsementsClosed(Conflict):
    """The time for endorsements has passed (fact ``until``)."""

    code = "engagement.endorsements-closed"


class OwnProposal(Conflict):
    """Authors and co-authors do not endorse their own proposal."""

    code = "engagement.own-proposal"


class ResidentNeeded(NotPermitted):
    """Only a signed-in resident does this; staff and guests do not."""

    code = "engagement.resident-needed"


class CommentEmpty(InvalidInput):
    """Nothing was written (fact ``field``)."""

    code = "engagement.comment-empty"


class CommentsMany(RateLimited):
    """So many comments within an hour that the resident has to wait (fact ``retry_after``)."""

    code = "engagement.comments-many"


class CommentUnknown(NotFound):
    """There is no such comment, or it is not to be seen."""

    code = "engagement.comment-unknown"


class CommentSettled(Conflict):
    """The time in which an author edits a comment has passed (fact ``minutes``)."""

    code = "engagement.comment-settled"


class CommentNotYours(NotPermitted):
    """Only whoever wrote a comment edits or deletes it."""

    code = "engagement.comment-not-yours"


class ReportReason(InvalidInput):
    """A report or the hiding of a comment needs a reason of 1 to 500 characters (fact ``field``)."""

    code = "engagement.report-reason"


class SubscriptionUnknown(NotFound):
    """The link does not belong to a subscription."""

    code = "engagement.subscription-unknown"
