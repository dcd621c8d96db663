"""The identity service of demo and tests: invented people who answer by their number (NDC-05).

Whoever is asked for in :data:`PEOPLE` exists; anybody else is no match. The special numbers answer like
a service on a bad day, so that every page a voter may meet can be seen. Never in production. (A roll
imported by an agency needs no service: the registrar compares with it directly.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from pbvote.core.identity.national_id import IdKind, invented_id
from pbvote.core.rules.ruleset import GroundKind
from pbvote.core.types import sha256
from pbvote.platform.identity import (
    Answer,
    Fields,
    IdentityAnswer,
    IdentityRequest,
    Pending,
    Picture,
    Redirect,
    StatedBond,
)
from pbvote.platform.settings import Settings

AREA: Final = "雲海市"
DISTRICTS: Final = ("d1", "d2", "d3")
_SINCE: Final = date(2010, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPerson:
    """An invented person: what they type and what the service answers."""

    national_id: str
    birth_on: date
    answer: Answer
    bonds: tuple[StatedBond, ...] = ()
    shows: str = ""  # what a visitor of the demo can see with this number
    goes: str = ""  # "redirect": to a page of the service; "picture": to their phone


def _bond(district: str, *, kind: GroundKind = GroundKind.REGISTERED, area: str = AREA) -> StatedBond:
    return StatedBond(kind=kind.value, area=area, district=district, since_on=_SINCE)


def _kind(number: int, birth_year: int) -> GroundKind:
    """The first sixty are registered; the others live, work or study in the city (PRA-03)."""
    if number <= 60:
        return GroundKind.REGISTERED
    if birth_year >= 1996:
        return GroundKind.ENROLLED
    return GroundKind.RESIDENT if number % 2 else GroundKind.EMPLOYED


def _resident(number: int) -> SandboxPerson:
    """Invented resident ``number`` of the demo city, born between 1942 and 2005."""
    birth_year = 1942 + number * 7 % 64
    return SandboxPerson(
        national_id=invented_id(number),
        birth_on=date(birth_year, 1 + number % 12, 1 + number % 28),
        answer=Answer.MATCH,
        bonds=(_bond(DISTRICTS[number % len(DISTRICTS)], kind=_kind(number, birth_year)),),
        shows="match",
    )


def _special(number: int, shows: str) -> SandboxPerson:
    answers = {answer.value: answer for answer in Answer}
    return SandboxPerson(
        national_id=invented_id(900 + number),
        birth_on=date(2019, 5, 5) if shows == "too-young" else date(1980, 5, 5),
        answer=answers.get(shows, Answer.MATCH),
        bonds=(_bond("d1", area="外縣市" if shows == "no-ground" else AREA),),
        shows=shows,
        goes=shows if shows in ("redirect", "picture") else "",
    )


def _permit_holder() -> SandboxPerson:
    return SandboxPerson(
        national_id=invented_id(1, kind=IdKind.RESIDENT),
        birth_on=date(1990, 9, 9),
        answer=Answer.MATCH,
        bonds=(_bond("d1"), _bond("d1", kind=GroundKind.RESIDENT)),
        shows="permit",
    )


_SPECIAL: Final = ("no-match", "locked", "down", "timeout", "too-young", "no-ground", "redirect", "picture")

PEOPLE: Final[tuple[SandboxPerson, ...]] = (
    *(_resident(number) for number in range(1, 121)),
    *(_special(number, shows) for number, shows in enumerate(_SPECIAL, 1)),
    _permit_holder(),
)


class SandboxVerifier:
    """Answers for invented people; equal questions get equal answers.

    Most answer at once. One is sent to a page of the service and comes back, one confirms on a phone: that
    one has confirmed when they are asked for the second time.
    """

    def __init__(self, people: Iterable[SandboxPerson] = PEOPLE) -> None:
        self._people: Mapping[str, SandboxPerson] = {one.national_id: one for one in people}
        self._asked: Counter[str] = Counter()

    def begin(self, asked: IdentityRequest) -> Pending | Answer:
        """At once for most; an unknown person is asked for no further step."""
        person = self._people.get(asked.claim.canonical_id) if asked.claim else None
        if person is None or not person.goes:
            return Pending(show=Fields())
        if person.goes == "picture":
            return Pending(
                show=Picture(text=f"pbvote-sandbox:{asked.nonce}"), state=asked.nonce, poll_after=2
            )
        page = asked.back.removesuffix("/back") + "/sandbox"
        return Pending(show=Redirect(url=f"{page}?state={asked.nonce}"), state=asked.nonce)

    def finish(self, pending: Pending, given: Mapping[str, str]) -> IdentityAnswer:
        """The person's answer; a wrong birth date is no match."""
        claim = pending.claim
        person = self._people.get(claim.canonical_id) if claim else None
        if claim is None or person is None or person.birth_on != claim.birth_on:
            said = person.answer if person and person.answer is not Answer.MATCH else Answer.NO_MATCH
            return IdentityAnswer(answer=said)
        if person.answer is not Answer.MATCH:
            return IdentityAnswer(answer=person.answer)
        if person.goes == "picture" and not self._has_confirmed(pending.state):
            return IdentityAnswer(answer=Answer.WAITING)
        if person.goes == "redirect" and given.get("answer") != "yes":
            return IdentityAnswer(answer=Answer.NO_MATCH)
        number = sha256(f"{claim.call_id}/{claim.canonical_id}".encode()).hex()[:12]
        return IdentityAnswer(answer=Answer.MATCH, bonds=person.bonds, transaction=f"sandbox-{number}")

    def _has_confirmed(self, state: str) -> bool:
        self._asked[state] += 1
        return self._asked[state] > 1


def adapter(settings: Settings) -> SandboxVerifier:
    """The service, if the settings want it."""
    return SandboxVerifier()
