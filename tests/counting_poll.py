"""A whole vote through the real services, for tests of the count: people, freeze, ballots, keys."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pyotp
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from pbvote.core.ballot.ballot import seal_choices
from pbvote.core.ballot.receipt import Receipt
from pbvote.core.crypto import blind_rsa, credential
from pbvote.core.identity.national_id import invented_id
from pbvote.core.log.entry import BallotEntry, token_message
from pbvote.core.manifest import Manifest
from pbvote.core.rules.eligibility import possible_styles
from pbvote.core.types import Actor, CallId, Choices, Role, StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.ballotbox import service as ballotbox_service
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.counting import service, steps
from pbvote.rooms.counting.ceremony import AUDITOR_FILE, OPENING_FILE, PUBLIC_FILE, ceremony_files
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals.workshop import enter_workshop_proposal
from pbvote.rooms.registrar import keys
from pbvote.rooms.registrar import service as registrar_service
from tests.call_values import put_agency
from tests.conftest import MovableClock
from tests.proposal_values import COLLECTING, MODERATION_UNTIL, published_call, workshop_values
from tests.registrar_poll import BIRTH, rsa_key

PASSPHRASE = "correct horse battery"
AUDITOR_PASSPHRASE = "another long passphrase"
PROJECTS = (("d1", "3000000"), ("d1", "2500000"), ("d1", "1000000"), ("d2", "3000000"), ("d2", "2000000"))
STYLES = ("d1-w1", "d1-w2", "d2-w1")
ACCEPTED = tuple(StyleId(style) for style in (*STYLES, "d2-w2"))

_ceremony: dict[str, bytes] = {}


def ceremony() -> dict[str, bytes]:
    """One ceremony for the whole test run: the passphrases are slow on purpose."""
    if not _ceremony:
        _ceremony.update(ceremony_files(PASSPHRASE, AUDITOR_PASSPHRASE))
    return _ceremony


@dataclass(kw_only=True)
class Person:
    """A staff account with the authenticator in its hand."""

    actor: Actor
    totp: pyotp.TOTP

    def code(self, clock: MovableClock) -> str:
        """A code that was not used before: the clock moves on by one."""
        clock.forward(seconds=31)
        return str(self.totp.at(clock.now))


@dataclass(kw_only=True)
class Poll:
    """A call on its way to the result."""

    rt: Runtime
    clock: MovableClock
    call_id: CallId
    officer: Person
    auditor: Person
    manifest: Manifest | None = None
    receipts: list[Receipt] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)

    @property
    def frozen(self) -> Manifest:
        """The manifest of a frozen vote."""
        assert self.manifest is not None
        return self.manifest

    def freeze(self, **more: object) -> Manifest:
        """Freeze with every small style accepted."""
        options: dict[str, object] = {"public_key_file": ceremony()[PUBLIC_FILE], "accept_small": ACCEPTED}
        self.manifest = service.freeze(
            self.rt,
            self.officer.actor,
            self.call_id,
            **{**options, **more},  # type: ignore[arg-type]
        )
        return self.manifest

    def advance(self) -> None:
        """One round of the worker."""
        steps.advance_vote(self.rt, self.call_id)

    def issue(self, number: int) -> tuple[EllipticCurvePrivateKey, bytes, bytes, StyleId]:
        """A token for an invented person: credential, prepared message, token, style."""
        ticket = registrar_service.identify(
            self.rt,
            self.call_id,
            national_id=invented_id(number),
            birth_on=BIRTH,
            code="",
            device=f"device {number}",
        )
        own = credential.generate_credential()
        point = credential.credential_point(own)
        key = blind_rsa.load_public_key(self.frozen.style(ticket.style).rsa_spki)
        message = blind_rsa.prepare(token_message(self.frozen.election_hash, ticket.style, point))
        blinding = blind_rsa.blind(key, message)
        issued = registrar_service.issue(self.rt, ticket, style=ticket.style, blinded=blinding.blinded)
        token = blind_rsa.finalize(key, message, issued.signature, blinding.inverse)
        return own, message, token, ticket.style

    def vote(self, number: int, *choices: int) -> None:
        """An invented person names these projects."""
        self.cast(number, Choices.of_set(choices))

    def cast(self, number: int, choices: Choices) -> None:
        """An invented person votes, legally or not."""
        own, message, token, style = self.issue(number)
        point = credential.credential_point(own)
        entry = BallotEntry(
            style=style,
            credential=point,
            random=message[:32],
            token=token,
            sequence=0,
            sealed=seal_choices(self.frozen, style=style, point=point, choices=choices),
            signature=bytes(64),
        )
        signed = credential.sign(own, entry.signed_message(self.frozen.election_hash))
        content = replace(entry, signature=signed).encode()
        self.receipts.append(ballotbox_service.cast_ballot(self.rt, self.call_id, content))
        self.entries.append(content)

    def open_voting(self) -> None:
        """The clock stands an hour after the opening, registrar and box are ready."""
        self.advance()
        self.clock.set(self.frozen.opens_at + timedelta(hours=1))

    def close(self) -> None:
        """The vote is over and both logs are closed."""
        self.clock.set(self.frozen.cast_until + timedelta(seconds=1))
        self.advance()

    def open_box(self, **more: object) -> None:
        """The officer opens, and the worker counts."""
        options: dict[str, object] = {
            "key_file": ceremony()[OPENING_FILE],
            "passphrase": PASSPHRASE,
            "totp": self.officer.code(self.clock),
        }
        service.open_box(
            self.rt,
            self.officer.actor,
            self.call_id,
            **{**options, **more},  # type: ignore[arg-type]
        )
        self.advance()

    def certify(self) -> None:
        """Both approve, and the worker publishes."""
        for person in (self.officer, self.auditor):
            service.certify(self.rt, person.actor, self.call_id, totp=person.code(self.clock))
        self.advance()


def auditor_key_file() -> bytes:
    """The auditor's key file."""
    return ceremony()[AUDITOR_FILE]


def person(rt: Runtime, slug: str, login: str, *roles: Role) -> Person:
    """A staff account of the agency."""
    account_id, uri = accounts_service.create_staff(
        rt, agency_slug=slug, login=login, name=login, roles=roles, password="long enough password"
    )
    with rt.read_main() as tx:
        actor = accounts.staff_actor(tx, account_id)
    assert actor is not None
    totp = pyotp.parse_uri(uri)
    assert isinstance(totp, pyotp.TOTP)
    return Person(actor=actor, totp=totp)


def roll_of(people: int) -> bytes:
    """Invented people, spread over three of the four styles."""
    lines = "".join(
        f"{invented_id(number)},{BIRTH.isoformat()},{STYLES[number % len(STYLES)]}\n"
        for number in range(people)
    )
    return f"id,birth_date,style\n{lines}".encode()


def moderated_poll(rt: Runtime, clock: MovableClock, *, people: int = 12, **changes: str) -> Poll:
    """A call with five accepted projects in two districts and a roll, ready to be frozen."""
    put_agency(rt, "shilin")
    officer = person(rt, "shilin", "officer", Role.OFFICER)
    auditor = person(rt, "shilin", "auditor", Role.AUDITOR)
    call_id = published_call(rt, officer.actor, **changes)
    clock.set(COLLECTING)
    for number, (district, cost) in enumerate(PROJECTS, start=1):
        values = workshop_values(title=f"方案{number}", district=district, cost_twd=cost)
        proposal = enter_workshop_proposal(rt, officer.actor, call_id, values)
        moderation_service.decide(
            rt, officer.actor, proposal.id, decision="accept", reason="", correct_until=None, seen=None
        )
    if people:
        registrar_service.import_roll(rt, officer.actor, call_id, roll_of(people))
    clock.set(MODERATION_UNTIL + timedelta(hours=1))
    with rt.read_main() as tx:
        rules = calls.get_call(tx, call_id).rules
    for number, style in enumerate(possible_styles(rules)):
        rt.keystore.put(keys.rsa(call_id, style.id), rsa_key(number))
    return Poll(rt=rt, clock=clock, call_id=call_id, officer=officer, auditor=auditor)


def closed_poll(rt: Runtime, clock: MovableClock) -> Poll:
    """Eleven voters in two flushes; project 3 withdrawn in between; closed, not opened.

    Held once per test run; later calls put copies of its databases and keys into the runtime's folder.
    """
    if not _closed:
        poll = _held_poll(rt, clock)
        kept = tempfile.TemporaryDirectory(prefix="pbvote-closed-")
        _closed.append((poll, kept))
        _copy(rt, rt.settings.state_dir, Path(kept.name))
    made, kept = _closed[0]
    _copy(rt, Path(kept.name), rt.settings.state_dir)
    clock.set(made.frozen.cast_until + timedelta(minutes=2))
    return replace(made, rt=rt, clock=clock)


_closed: list[tuple[Poll, tempfile.TemporaryDirectory[str]]] = []


def _copy(rt: Runtime, source: Path, target: Path) -> None:
    """Databases and keys; with every connection closed SQLite leaves no side file behind."""
    for which in ("main", "box"):
        rt.engine(which).dispose()
    shutil.copytree(source, target, dirs_exist_ok=True)


def _held_poll(rt: Runtime, clock: MovableClock) -> Poll:
    poll = moderated_poll(rt, clock)
    poll.freeze()
    poll.open_voting()
    choices = {"d1-w1": (1, 3), "d1-w2": (2,), "d2-w1": (4, 5)}
    for number in range(6):
        poll.vote(number, *choices[STYLES[number % 3]])
    service.withdraw_project(rt, poll.officer.actor, poll.call_id, 3, "場地另有用途")
    clock.forward(seconds=5)
    poll.advance()
    for number in range(6, 11):
        poll.vote(number, *choices[STYLES[number % 3]])
    poll.issue(11)  # a token that is never cast
    poll.close()
    return poll
