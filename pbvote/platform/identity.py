"""The port for identity services outside (NDC-05): begin, then finish.

A service asks on our own page, on a page of its own to which the browser goes and comes back, or on the
person's phone, by a picture. All three are begun with one call and finished with another::

    pending = service.begin(asked)             # show what it says, keep it sealed at the browser
    answer = service.finish(pending, given)    # at once; on the way back; again and again while it waits

Neither is called with a transaction open, and neither raises: a service that is down says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol


class Answer(StrEnum):
    """What an identity service says (NDC-05)."""

    MATCH = "match"
    NO_MATCH = "no-match"
    LOCKED = "locked"
    DOWN = "down"
    TIMEOUT = "timeout"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityClaim:
    """What a person typed, in canonical form; ``repr`` shows none of it."""

    call_id: str
    canonical_id: str = field(repr=False)
    birth_on: date = field(repr=False)
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRequest:
    """What a service is given to begin with.

    claim: what was typed on our page; None where our page asks nothing. back: our address to which a browser
    returns, without query. nonce: has to come back as ``state``, unchanged.
    """

    call_id: str
    claim: IdentityClaim | None
    back: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Nothing more to show: what was typed on our page is all, and it is finished at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """The person goes to a page of the service, which sends them back. Never an identity number in it."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The person scans a QR code with the service's app; ``link`` opens the app on the same device."""

    text: str
    link: str = ""


Show = Fields | Redirect | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An identification that has begun. state: the service's own reference to it.

    poll_after: seconds between two questions; expires_in: seconds until nobody can finish it.
    """

    show: Show
    state: str = field(default="", repr=False)
    claim: IdentityClaim | None = field(default=None, repr=False)
    poll_after: int = 5
    expires_in: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedBond:
    """A bond to an area as an identity service states it (values of core.rules)."""

    kind: str
    area: str
    district: str
    since_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityAnswer:
    """The answer, and for a match the person's bonds and the service's transaction number.

    person, birth_on: whom the service identified; a service to which nothing was claimed has to say it.
    """

    answer: Answer
    bonds: tuple[StatedBond, ...] = ()
    transaction: str = ""
    person: str = field(default="", repr=False)
    birth_on: date | None = field(default=None, repr=False)


class IdentityVerifier(Protocol):
    """An identity service behind an adapter."""

    def begin(self, asked: IdentityRequest) -> Pending | Answer:
        """Ask; a service that cannot begin answers at once, never with a match."""
        ...

    def finish(self, pending: Pending, given: Mapping[str, str]) -> IdentityAnswer:
        """The answer; ``given`` is what the browser brought back in the address, empty while polling."""
        ...
