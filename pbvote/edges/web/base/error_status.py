"""The one table from a family of errors to its HTTP status."""

from __future__ import annotations

from pbvote.core.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    NotPermitted,
    PbvoteError,
    RateLimited,
    ServiceUnavailable,
    VerificationError,
)

FAMILIES: tuple[tuple[type[PbvoteError], int], ...] = (
    (InvalidInput, 422),
    (NotPermitted, 403),
    (NotFound, 404),
    (Conflict, 409),
    (RateLimited, 429),
    (VerificationError, 400),
    (ServiceUnavailable, 503),
)


def status_of(error: PbvoteError) -> int:
    """The HTTP status of an error's family."""
    return next((status for family, status in FAMILIES if isinstance(error, family)), 500)
