"""Why a ballot is not legal, or no ballot."""

from __future__ import annotations

from pbvote.core.errors import InvalidInput, VerificationError


class BallotTooFew(InvalidInput):
    """Fewer projects than the rules ask for (facts ``count``, ``least``)."""

    code = "ballot.too-few"


class BallotTooMany(InvalidInput):
    """More projects than the rules allow (facts ``count``, ``most``)."""

    code = "ballot.too-many"


class BallotTwice(InvalidInput):
    """The same project twice (fact ``number``)."""

    code = "ballot.project-twice"


class BallotForeignProject(InvalidInput):
    """A project that is not on this district's ballot (fact ``number``)."""

    code = "ballot.project-unknown"


class BallotOverBudget(InvalidInput):
    """The chosen projects cost more than the district has (facts ``cost_twd``, ``budget_twd``)."""

    code = "ballot.over-budget"


class BallotPointsTooMany(InvalidInput):
    """More points than a voter has (facts ``points``, ``most``)."""

    code = "ballot.points-too-many"


class BallotPointsRange(InvalidInput):
    """A project has no point or more than one project may get (facts ``number``, ``points``, ``most``)."""

    code = "ballot.points-range"


class BallotUnreadable(VerificationError):
    """A sealed ballot that opened to something that is no ballot."""

    code = "ballot.unreadable"
