"""What can go wrong when a person is identified or a ballot token is issued. No fact names a person."""

from __future__ import annotations

from pbvote.core.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    NotPermitted,
    RateLimited,
    ServiceUnavailable,
    VerificationError,
)


class VoteNotReady(NotFound):
    """The call has no frozen manifest yet: nobody can check in (fact ``call``)."""

    code = "registrar.vote-not-ready"


class OtherManifest(Conflict):
    """The registrar has another manifest for this call (fact ``call``)."""

    code = "registrar.other-manifest"


class RollKeyWrong(Conflict):
    """The manifest names a key that this registrar does not hold (facts ``call``, ``key``)."""

    code = "registrar.key-wrong"


class RollClosed(Conflict):
    """The roll log has its closing entry: nothing is added."""

    code = "registrar.roll-closed"


class RollNotOver(Conflict):
    """The roll closes when the last token can no longer be cast, not before."""

    code = "registrar.roll-not-over"


class RollFrozen(Conflict):
    """After the freeze nobody is removed from the roll."""

    code = "registrar.roll-frozen"


class IdentityMismatch(NotPermitted):
    """Number, birth date and code do not belong together: one answer for all three (``left``)."""

    code = "identity.no-match"


class IdentityMismatchWithCode(IdentityMismatch):
    """The same where some voters of the call got a code by letter, so that the form asks for one."""

    code = "identity.no-match-with-code"


class IdentityLocked(NotPermitted):
    """The identity service has locked this number itself."""

    code = "identity.locked"


class IdentityServiceDown(ServiceUnavailable):
    """The identity service is out of order; nobody is let in, nothing typed is lost."""

    code = "identity.service-down"


class IdentityServiceTimeout(ServiceUnavailable):
    """The identity service did not answer in time."""

    code = "identity.service-timeout"


class RollBeyondFreeze(InvalidInput):
    """More people of a style than were published at the freeze (facts ``style``, ``most``, ``found``)."""

    code = "registrar.roll-beyond-freeze"


class IssuingEnded(Conflict):
    """The vote's box is sealed: nobody is identified and no token is issued any more."""

    code = "registrar.issuing-ended"


class IdentityWayClosed(NotPermitted):
    """This call does not check identities in this way (fact ``way``)."""

    code = "identity.way-closed"


class PairPaused(RateLimited):
    """Too many misses by this device for this number (``retry_after`` seconds, ``minutes``)."""

    code = "identity.paused"


class TooSoon(RateLimited):
    """This number was missed several times from this address: come again in ``retry_after`` seconds."""

    code = "identity.too-soon"


class LockedUntilTomorrow(RateLimited):
    """Too many misses for this number today; the help desk can unlock it."""

    code = "identity.locked-until-tomorrow"


class PrivacyNoticeNotRead(InvalidInput):
    """The privacy notice was not shown in its present version (PRA-17)."""

    code = "identity.notice-not-read"


class CodesSpent(RateLimited):
    """Enough codes were sent to this address today (``retry_after``)."""

    code = "registrar.codes-spent"


class StyleNotOffered(NotPermitted):
    """The manifest has no ballot for this person's ballot style (fact ``style``)."""

    code = "registrar.style-not-offered"


class WrongStyle(NotPermitted):
    """The token asked for is of another ballot style than the person has."""

    code = "registrar.wrong-style"


class AlreadyIssued(Conflict):
    """A token was issued to this person before, for another blinded message."""

    code = "registrar.already-issued"


class RequestTaken(Conflict):
    """The blinded message stands in another person's row: the device must make a fresh one."""

    code = "registrar.request-taken"


class PendingBroken(VerificationError):
    """Nothing was begun at an identity service by this browser in this call."""

    code = "identity.pending-broken"


class PendingForeign(VerificationError):
    """What came back from an identity service belongs to another identification."""

    code = "identity.pending-foreign"


class PendingUsed(Conflict):
    """This identification has been finished before."""

    code = "identity.pending-used"


class PendingExpired(NotPermitted):
    """It took too long at the identity service; begin again."""

    code = "identity.pending-expired"


class TicketBroken(VerificationError):
    """The check-in ticket is none, or for another call."""

    code = "registrar.ticket-broken"


class TicketExpired(NotPermitted):
    """The check-in took too long; identify again."""

    code = "registrar.ticket-expired"


class StationCodeCount(InvalidInput):
    """Between 1 and 5,000 codes at a time (fact ``field``)."""

    code = "registrar.station-code-count"


class DeskChoice(InvalidInput):
    """The ground or district is none of the call's (fact ``field``)."""

    code = "registrar.counter-choice"


class RollFileInvalid(InvalidInput):
    """Something is wrong with a roll file (family; fact ``line`` where it has one)."""


class RollIdMalformed(RollFileInvalid):
    """The line's number is no identity number (facts ``line``, ``column``)."""

    code = "roll.id-malformed"


class RollIdCheckDigit(RollFileInvalid):
    """The line's number has a wrong check digit (facts ``line``, ``column``)."""

    code = "roll.id-check-digit"


class RollIdTwice(RollFileInvalid):
    """The number stands in the file twice (facts ``line``, ``first``)."""

    code = "roll.id-twice"


class RollBirthDate(RollFileInvalid):
    """The line's birth date is none (fact ``line``)."""

    code = "roll.birth-date"


class RollTooYoung(RollFileInvalid):
    """The person is under the call's minimum age (facts ``line``, ``minimum_age``)."""

    code = "roll.too-young"


class RollStyleUnknown(RollFileInvalid):
    """The call has no such ballot style, or the line does not say which (facts ``line``, ``value``)."""

    code = "roll.style-unknown"


class RollDistrictMissing(InvalidInput):
    """A person without a district, where the call has several (facts ``line``, ``cell``)."""

    code = "roll.district-missing"


class RollDistrictUnknown(InvalidInput):
    """A district that the call does not have (facts ``line``, ``cell``, ``value``)."""

    code = "roll.district-unknown"


class RollWeightUnknown(InvalidInput):
    """A weight that the call's grounds do not give (facts ``line``, ``cell``, ``value``, ``known``)."""

    code = "roll.weight-unknown"


class RollCodeInvalid(RollFileInvalid):
    """A per-voter code has between 4 and 64 characters (fact ``line``)."""

    code = "roll.code-invalid"


class RollMore(RollFileInvalid):
    """There are more mistakes than shown (fact ``count``)."""

    code = "roll.more"


class AuditorKeyWrong(VerificationError):
    """The key is not the auditor's key of this vote."""

    code = "registrar.auditor-key-wrong"


class GroundUnstated(InvalidInput):
    """The person has not said on which ground they vote, and some are shown by a statement (``field``)."""

    code = "registrar.ground-unstated"


class RollNotImported(Conflict):
    """The roll is not imported yet: nobody can be looked up on it."""

    code = "registrar.roll-not-imported"
