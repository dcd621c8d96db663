"""The ways of identity (人別驗證): where somebody shows who they are, and what follows from it.

One object for each way. A ticket, the evidence of an issuance and a row of the roll carry the name of the way
that made them. To add a service: an entry here, its words in ``pbvote/words/ways.toml``, an adapter under
``pbvote/edges/identity`` and a line in docs/protocol.md; nothing else asks which way it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verification(StrEnum):
    """The names of this release's ways that a call can choose (NDC-01, NDC-05, PRA-13)."""

    ROLL = "roll"
    DESK = "counter"
    SANDBOX = "sandbox"
    CONTACT = "contact"


class Asks(StrEnum):
    """What the check-in's own page asks before anything else."""

    NUMBER = "number"  # identity number, birth date, and the code of a letter where there is one
    MAILBOX = "mailbox"
    CODE = "code"  # one that was handed out
    NOTHING = "nothing"  # the service asks everything itself
    DOCUMENTS = "documents"  # staff at a desk ask, no page does


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOfIdentity:
    """One way, and everything that other parts must know of it.

    asks: what our page asks. chosen: an officer chooses it for a call; else another way brings it along.
    demo_only: refused in production, and named by the verifier. has_person: a person of an identity number
    stands behind each token; without one it serves surveys only. reads_roll: an imported roll says who is
    eligible, and how many. on_roll: whoever it identified has a row on the roll. has_service: the answer
    comes from a service outside, through an adapter of the same name. brings: ways that come with it.
    needs: settings that have to be switched on.
    """

    name: str
    asks: Asks
    chosen: bool = True
    demo_only: bool = False
    has_person: bool = True
    reads_roll: bool = False
    on_roll: bool = False
    has_service: bool = False
    brings: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def at_desk(self) -> bool:
        """Whether staff look at documents."""
        return self.asks is Asks.DOCUMENTS


ROLL: Final = WayOfIdentity(name=Verification.ROLL, asks=Asks.NUMBER, reads_roll=True, on_roll=True)
DESK: Final = WayOfIdentity(name=Verification.DESK, asks=Asks.DOCUMENTS, on_roll=True)
SANDBOX: Final = WayOfIdentity(
    name=Verification.SANDBOX,
    asks=Asks.NUMBER,
    demo_only=True,
    has_service=True,
    needs=("identity.sandbox",),
)
STATION: Final = WayOfIdentity(name="station", asks=Asks.CODE, chosen=False, has_person=False, on_roll=True)
CONTACT: Final = WayOfIdentity(
    name=Verification.CONTACT, asks=Asks.MAILBOX, has_person=False, brings=(STATION.name,)
)

WAYS: Final[dict[str, WayOfIdentity]] = {way.name: way for way in (ROLL, DESK, SANDBOX, CONTACT, STATION)}


def choosable() -> list[WayOfIdentity]:
    """The ways that a call can choose, in the order of the list."""
    return [way for way in WAYS.values() if way.chosen]


class _Choosable:
    """The names of the ways that a call can choose, with those that were added since."""

    def __iter__(self) -> Iterator[str]:
        return (way.name for way in choosable())


CHOOSABLE: Final[Iterable[str]] = _Choosable()


def chosen_way(name: str) -> WayOfIdentity:
    """The way of that name, if a call can choose it. Raises ValueError."""
    way = WAYS.get(name)
    if way is None or not way.chosen:
        raise ValueError("no way of identity")
    return way
