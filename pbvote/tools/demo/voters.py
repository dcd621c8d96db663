"""Invented people vote by the real protocol, each with the voter's own client steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pbvote.core.manifest import Manifest
from pbvote.core.rules.ruleset import GroundKind
from pbvote.core.types import CallId, Choices, sha256
from pbvote.edges.identity.sandbox import PEOPLE, SandboxPerson
from pbvote.platform import outbox
from pbvote.platform.identity import Answer
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import service as ballotbox_service
from pbvote.rooms.registrar import service as registrar_service
from pbvote.rooms.registrar.tickets import Ticket
from pbvote.tools.demo.diary import Postbox
from pbvote.tools.voter import steps

FREE_REGISTERED: Final = 4
FREE_OTHERS: Final = 1


def can_vote(person: SandboxPerson) -> bool:
    """Whether the identity service answers for the person and states a ground."""
    return person.answer is Answer.MATCH and person.shows == "match"


def people_to_try() -> tuple[SandboxPerson, ...]:
    """People whose vote is left to visitors: some of each district and ground, and every special case."""
    left: dict[tuple[str, str], int] = {}
    chosen = []
    for person in PEOPLE:
        bond = person.bonds[0]
        place = bond.district, bond.kind
        free = FREE_REGISTERED if bond.kind == GroundKind.REGISTERED else FREE_OTHERS
        if not can_vote(person):
            chosen.append(person)
        elif left.get(place, 0) < free:
            left[place] = left.get(place, 0) + 1
            chosen.append(person)
    return tuple(chosen)


def people_who_voted(districts: Iterable[str]) -> Iterator[SandboxPerson]:
    """The others of these districts, one district after the other in turn."""
    free = {person.national_id for person in people_to_try()}
    voters = [p for p in PEOPLE if can_vote(p) and p.national_id not in free]
    wanted = set(districts)
    return (person for person in voters if person.bonds[0].district in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A frozen call at which the city's past votes."""

    rt: Runtime
    call_id: CallId
    popularity: Mapping[str, int]
    manifest: Manifest

    def vote_with_number(self, person: SandboxPerson) -> None:
        """Identify with number and birth date, then vote."""
        ticket = registrar_service.identify(
            self.rt,
            self.call_id,
            national_id=person.national_id,
            birth_on=person.birth_on,
            code="",
            device=f"past/{person.national_id}",
        )
        if isinstance(ticket, Ticket):  # nobody here answers on another page
            self._cast(ticket, seed=person.national_id)

    def vote_with_mail(self, email: str, postbox: Postbox) -> None:
        """Identify with a code that is mailed, then vote (identity verification off)."""
        registrar_service.request_contact_code(self.rt, self.call_id, email=email, language="zh")
        outbox.send_due(self.rt)
        ticket = registrar_service.confirm_contact_code(
            self.rt,
            self.call_id,
            email=email,
            code=postbox.fact("contact-code", email, "code"),
            district=self.manifest.styles[0].district,
            device=f"past/{email}",
        )
        self._cast(ticket, seed=email)

    def _cast(self, ticket: Ticket, *, seed: str) -> None:
        poll = steps.poll_of(self.manifest)
        attempt = steps.prepare(poll, ticket.style)
        if registrar_service.owes_statement(self.manifest.ruleset, ticket):
            ticket = registrar_service.stating(ticket, str(ticket.grounds[0]))
        issued = registrar_service.issue(self.rt, ticket, style=ticket.style, blinded=attempt.blinded)
        attempt = steps.take_token(
            poll,
            attempt,
            signature=issued.signature,
            salt=issued.salt,
            voter_record=issued.voter_record,
        )
        attempt = steps.seal(poll, attempt, self._choices(poll.manifest, ticket.style, seed=seed))
        receipt = ballotbox_service.cast_ballot(self.rt, self.call_id, attempt.entry)
        steps.take_promise(poll, attempt, receipt)

    def _choices(self, manifest: Manifest, style: str, *, seed: str) -> Choices:
        """Some of the district's projects, the popular ones more often; the same city votes alike."""
        district = manifest.style(style).district
        form = manifest.ruleset.ballot_form
        offered = [p for p in manifest.projects if p.district == district]
        liked = sorted(
            offered,
            key=lambda p: _draw(seed, p.title) * self.popularity.get(p.title, 5),
            reverse=True,
        )
        most = min(form.max_choices, len(liked))
        count = max(form.min_choices, 1 + int(_draw(seed, "count") * most))
        return form.type.filled(
            form,
            [project.number for project in liked[: min(most, count)]],
            costs={project.number: project.cost_twd for project in offered},
            budget=manifest.ruleset.district(district).budget_twd,
        )


def _draw(*parts: str) -> float:
    """A number from 0 to 1 that looks drawn, and is the same every time."""
    return int.from_bytes(sha256("/".join(parts).encode())[:6], "big") / 2**48
