"""What can be wrong with what an officer says about a project that is carried out."""

from __future__ import annotations

from pbvote.core.errors import Conflict, InvalidInput, NotFound


class NotCarriedOut(NotFound):
    """There is no such project, or no certified selection vote funds it (fact ``project``)."""

    code = "delivery.not-carried-out"


class DeliveryChanged(Conflict):
    """Somebody else has saved since the form was opened (facts ``seen``, ``current``)."""

    code = "delivery.changed"


class StateUnknown(InvalidInput):
    """None of the states (fact ``field``)."""

    code = "delivery.state-unknown"


class ReasonNeeded(InvalidInput):
    """A cancellation, a step back, a later date or a smaller sum has to be explained (fact ``field``)."""

    code = "delivery.reason-needed"


class OverGranted(InvalidInput):
    """More was spent than the result grants, without a word on it (facts ``field``, ``granted``)."""

    code = "delivery.over-granted"


class NothingSaid(InvalidInput):
    """The form says nothing that is not known already (fact ``field``)."""

    code = "delivery.nothing-said"


class PlanOutOfOrder(InvalidInput):
    """A step is planned before the step that comes first (fact ``field``)."""

    code = "delivery.plan-out-of-order"


class MilestonesFull(InvalidInput):
    """More milestones than a page shows (facts ``field``, ``most``)."""

    code = "delivery.milestones-full"


class PhotosFull(Conflict):
    """The project has as many photographs as it may (fact ``most``)."""

    code = "delivery.photos-full"


class PhotoUnknown(NotFound):
    """There is no such photograph, or it was taken away."""

    code = "delivery.photo-unknown"


class PhotoMissing(InvalidInput):
    """Something is said of a photograph, and there is none (fact ``field``)."""

    code = "delivery.photo-missing"


class PhotoNotKept(InvalidInput):
    """A photograph that waited for the rest of its form is not there any more (fact ``field``)."""

    code = "delivery.photo-not-kept"


class PhotosTwo(InvalidInput):
    """Two photographs at once, of which only one has its words (fact ``field``)."""

    code = "delivery.photos-two"


class MomentUnknown(InvalidInput):
    """Neither before, during nor after the work (fact ``field``)."""

    code = "delivery.moment-unknown"
