"""What can go wrong with accounts and roles."""

from __future__ import annotations

from pbvote.core.errors import Conflict, InvalidInput, NotFound, NotPermitted, RateLimited


class SignInFailed(InvalidInput):
    """Login, password or code are wrong, or the account is paused: always this one answer."""

    code = "accounts.sign-in-failed"


class SignInPaused(SignInFailed):
    """Too many wrong passwords for this login from this address (fact ``until``, such as 14:35)."""

    code = "accounts.sign-in-paused"


class TotpRefused(InvalidInput):
    """The six-digit code is wrong, used before, or the account is paused."""

    code = "accounts.totp-refused"


class TotpPaused(TotpRefused):
    """Too many wrong codes in a row (fact ``until``, such as 14:35)."""

    code = "accounts.totp-paused"


class LinkSpent(NotFound):
    """The sign-in link is unknown, too old, or was used."""

    code = "accounts.link-spent"


class NameNeeded(InvalidInput):
    """A new account needs a name (fact ``field``)."""

    code = "accounts.name-needed"


class EmailInvalid(InvalidInput):
    """Not a mail address."""

    code = "accounts.email-invalid"


class PasswordTooShort(InvalidInput):
    """A password needs more characters (fact ``least``)."""

    code = "accounts.password-too-short"


class LoginTaken(InvalidInput):
    """The login is in use, or is not one (fact ``value``)."""

    code = "accounts.login-taken"


class AgencyInvalid(InvalidInput):
    """The agency's short name or level cannot be used, or is taken (fact ``value``)."""

    code = "accounts.agency-invalid"


class RolesInvalid(InvalidInput):
    """A staff account needs at least one role, and only known ones."""

    code = "accounts.roles-invalid"


class AgencyUnknown(NotFound):
    """There is no such agency."""

    code = "accounts.agency-unknown"


class AccountUnknown(NotFound):
    """There is no such account, or it belongs to another agency."""

    code = "accounts.account-unknown"


class NotYours(NotFound):
    """The thing belongs to another agency; said in the words of something that does not exist."""

    code = "access.not-found"


class RoleNeeded(NotPermitted):
    """The act needs a role that the account does not hold (fact ``role``)."""

    code = "access.role-needed"


class OwnAccount(Conflict):
    """Nobody suspends their own account."""

    code = "accounts.own-account"


class PaceUnknown(InvalidInput):
    """None of the four choices how soon mail comes (fact ``field``)."""

    code = "accounts.pace-unknown"


class LanguageUnknown(InvalidInput):
    """Not a language that mail is written in (fact ``field``)."""

    code = "accounts.language-unknown"


class TextsOff(NotFound):
    """This service sends no text messages."""

    code = "accounts.texts-off"


class TextsMany(RateLimited):
    """Enough text messages to this number, or ordered from this account (fact ``retry_after``)."""

    code = "accounts.texts-many"


class CodeRefused(InvalidInput):
    """The code is wrong or too old, or was missed too often (fact ``field``)."""

    code = "accounts.code-refused"


class PhoneNeeded(InvalidInput):
    """Text messages need a confirmed number (fact ``field``)."""

    code = "accounts.phone-needed"


class EmailSame(InvalidInput):
    """The new mail address is the one that is known already."""

    code = "accounts.email-same"
