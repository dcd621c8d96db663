"""What can be wrong with an identity number. Facts never hold the number itself."""

from __future__ import annotations

from pbvote.core.errors import InvalidInput


class IdMalformed(InvalidInput):
    """The text has the form of no identity number that may vote (facts: field)."""

    code = "identity.id-malformed"


class IdCheckDigit(InvalidInput):
    """The form is right but the check digit is not: a typing mistake (facts: field)."""

    code = "identity.id-check-digit"
