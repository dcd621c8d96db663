"""What can go wrong between the freeze and the publication."""

from __future__ import annotations

from pbvote.core.errors import Conflict, InvalidInput, NotFound, VerificationError


class VoteNotFrozen(NotFound):
    """The call has no frozen vote yet."""

    code = "counting.not-frozen"


class FreezeUndecided(Conflict):
    """Proposals still wait for a decision or a correction (facts ``count``, ``proposals``)."""

    code = "counting.undecided"


class FreezeWithoutProjects(Conflict):
    """A district has no accepted proposal (fact ``district``)."""

    code = "counting.no-projects"


class BallotImpossible(Conflict):
    """A district has fewer projects than a ballot must name (facts ``district``, ``least``)."""

    code = "counting.ballot-impossible"


class BallotTooDear(Conflict):
    """The cheapest legal number of projects costs more than the district has.

    Facts ``district``, ``least``, and in whole NT$ ``needed`` and ``budget``.
    """

    code = "counting.ballot-too-dear"


class BallotPointsShort(Conflict):
    """A ballot has fewer points than projects it must name (facts ``district``, ``least``, ``points``)."""

    code = "counting.ballot-points-short"


class DemoPartAtFreeze(Conflict):
    """In production no vote is frozen with a part that is for demonstrations only (fact ``parts``)."""

    code = "counting.demo-part"


class CeremonyFileInvalid(InvalidInput):
    """The uploaded file is not the ``public.json`` of a ceremony (facts ``field``, ``problem``)."""

    code = "counting.ceremony-file"


class SmallStyle(InvalidInput):
    """A ballot style has under 20 eligible voters: accept it by name or merge it (fact ``style``)."""

    code = "counting.small-style"


class MergeImpossible(InvalidInput):
    """These two ballot styles cannot be merged (facts ``style``, ``into``)."""

    code = "counting.merge-impossible"


class WithdrawalReasonMissing(InvalidInput):
    """A withdrawn project needs a reason that the voters can read."""

    code = "counting.reason-missing"


class BoxNotClosed(Conflict):
    """The final checkpoint of the vote is not there yet; nothing is opened before it."""

    code = "counting.not-closed"


class OpeningKeyOther(VerificationError):
    """The key file holds a key, but not the one of this vote."""

    code = "counting.key-other"


class NotCounted(Conflict):
    """The count has not been made and checked yet; certifying comes after it."""

    code = "counting.not-counted"


class ChecksFailed(Conflict):
    """The verifier found flaws, so the result cannot be certified (fact ``codes``)."""

    code = "counting.checks-failed"


class ApprovedAlready(Conflict):
    """This person has certified already; the second one has to be somebody else."""

    code = "counting.approved-already"


class NotCertified(NotFound):
    """There is no certified result yet, so there is nothing to read."""

    code = "counting.not-certified"


class DistrictUnknown(NotFound):
    """The vote has no such district (fact ``district``)."""

    code = "counting.district-unknown"


class DestructionDate(InvalidInput):
    """The complaint and appeal periods must be over: a day after certification, not in the future."""

    code = "counting.destruction-date"


class DestroyedAlready(Conflict):
    """The keys on the list have been destroyed before."""

    code = "counting.destroyed-already"


class ExportFolderInUse(Conflict):
    """The folder for the record exists and is not empty (fact ``folder``)."""

    code = "record.folder-in-use"
