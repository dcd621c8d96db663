"""What can be wrong with a proposal."""

from __future__ import annotations

from pbvote.core.errors import Conflict, InvalidInput, NotFound, NotPermitted, RateLimited


class ProposalUnknown(NotFound):
    """There is no such proposal, or it is not this person's to see."""

    code = "proposals.unknown"


class OwnerOnly(NotPermitted):
    """Something that only the proposer decides, tried by a co-author."""

    code = "proposals.owner-only"


class DraftStale(Conflict):
    """Another author changed the part since this one opened it (fact ``who``); both versions are kept."""

    code = "proposals.draft-stale"


class AsideUnknown(NotFound):
    """No version of this part is set aside."""

    code = "proposals.aside-unknown"


class WrongStatus(Conflict):
    """The proposal's status does not allow it (facts ``status``, ``move``)."""

    code = "proposals.wrong-status"


class CorrectionLate(Conflict):
    """The correction was due before now (fact ``due``)."""

    code = "proposals.correction-late"


class FieldMissing(InvalidInput):
    """A field that every proposal needs is empty (fact ``field``)."""

    code = "proposals.missing"


class CostInvalid(InvalidInput):
    """The cost is no whole number of NT$ above zero (facts ``field``, ``value``)."""

    code = "proposals.cost-invalid"


class CostOverLimit(InvalidInput):
    """The cost is above what the call allows for one proposal (facts ``field``, ``most``, ``value``)."""

    code = "proposals.cost-over-limit"


class CategoryUnknown(InvalidInput):
    """The call has no such category (facts ``field``, ``value``)."""

    code = "proposals.category-unknown"


class PointInvalid(InvalidInput):
    """Latitude and longitude are not two numbers inside Taiwan (fact ``field``)."""

    code = "proposals.point-invalid"


class DistrictUnknown(InvalidInput):
    """The call has no such district (facts ``field``, ``value``)."""

    code = "proposals.district-unknown"


class PictureType(InvalidInput):
    """Not a JPEG, PNG or WebP picture."""

    code = "proposals.picture-type"


class PictureLarge(InvalidInput):
    """The file has too many bytes (fact ``most``: megabytes)."""

    code = "proposals.picture-large"


class AltMissing(InvalidInput):
    """A picture has no words for those who cannot see it (facts ``field``, ``number``)."""

    code = "proposals.alt-missing"


class PictureBroken(InvalidInput):
    """The picture cannot be read."""

    code = "proposals.picture-broken"


class PicturesMany(RateLimited):
    """This account has sent many pictures within an hour (``retry_after`` seconds)."""

    code = "proposals.pictures-many"


class PicturesBusy(RateLimited):
    """Other pictures are being worked on (``retry_after`` seconds)."""

    code = "proposals.pictures-busy"


class PictureTooLarge(InvalidInput):
    """The picture has too many pixels (fact ``most``: megapixels)."""

    code = "proposals.picture-too-large"


class PicturesFull(Conflict):
    """The proposal already has as many pictures as it takes (fact ``most``)."""

    code = "proposals.pictures-full"


class PictureUnknown(NotFound):
    """There is no such picture, or it is not public."""

    code = "proposals.picture-unknown"


class SaysMissing(InvalidInput):
    """A document has no words on what stands in it (facts ``field``, ``number``)."""

    code = "proposals.says-missing"


class DocumentLarge(InvalidInput):
    """The file has too many bytes (facts ``field``, ``most``: megabytes)."""

    code = "proposals.document-large"


class DocumentsBusy(RateLimited):
    """Other documents are being read (``retry_after`` seconds)."""

    code = "proposals.documents-busy"


class DocumentsFull(Conflict):
    """The proposal already has as many documents as it takes (fact ``most``)."""

    code = "proposals.documents-full"


class DocumentUnknown(NotFound):
    """There is no such document, or it is not public."""

    code = "proposals.document-unknown"


class DraftsMany(Conflict):
    """The resident keeps as many drafts in this call as one person can use (fact ``most``)."""

    code = "proposals.drafts-many"


class ConsentMissing(InvalidInput):
    """A proposer under 18 would publish something without the representative's consent (fact ``field``)."""

    code = "proposals.consent-missing"


class ConsentOutstanding(Conflict):
    """The representative's consent on paper has not come to the agency yet."""

    code = "proposals.consent-outstanding"


class IdentityNumberTyped(InvalidInput):
    """An identity number where none is wanted (fact ``field``)."""

    code = "proposals.identity-number-typed"


class CoAuthorsFull(Conflict):
    """The proposal names as many co-authors as it takes (fact ``most``)."""

    code = "proposals.coauthors-full"


class CoAuthorSelf(InvalidInput):
    """The proposer named themselves (fact ``field``)."""

    code = "proposals.coauthor-self"


class InvitationsMany(RateLimited):
    """So many invitations within a day that the resident has to wait (fact ``retry_after``)."""

    code = "proposals.invitations-many"


class ProposalsMany(Conflict):
    """The resident has handed in as many proposals in this call as one person can (fact ``most``)."""

    code = "proposals.proposals-many"


class InvitationUnknown(NotFound):
    """There is no such invitation to this person."""

    code = "proposals.invitation-unknown"


class EnteredTwice(InvalidInput):
    """The same proposal of the same meeting stands there already (fact ``title``)."""

    code = "proposals.entered-twice"


class NumbersDisagree(Conflict):
    """The list to number is not the list of accepted proposals: freeze again (fact ``call``)."""

    code = "proposals.numbers-disagree"


class ProposalsOpen(Conflict):
    """An account with a proposal that waits for its decision is not closed."""

    code = "proposals.open"
