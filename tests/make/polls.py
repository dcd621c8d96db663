"""A call on its way to the result, through the real services: people, freeze, ballots, keys, count.

``moderated_poll`` stops before the freeze, ``closed_poll`` after the last ballot; a poll's own methods take
it further. ``voting_poll`` is frozen at once with one project, for the tests of check-in and issue.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pbvote.core.ballot.ballot import pad_length
from pbvote.core.ballot.receipt import Receipt
from pbvote.core.crypto import blind_rsa, credential, sealing
from pbvote.core.identity.national_id import IdKind, invented_id
from pbvote.core.log.entry import token_message
from pbvote.core.manifest import BallotProject, BallotStyle, Manifest
from pbvote.core.rules.eligibility import Style, possible_styles
from pbvote.core.rules.stage import Progress
from pbvote.core.types import CallId, Choices, DistrictId, Role, StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import service as ballotbox_service
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.counting import service, steps
from pbvote.rooms.counting.ceremony import AUDITOR_FILE, OPENING_FILE, PUBLIC_FILE, ceremony_files
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals.workshop import enter_workshop_proposal
from pbvote.rooms.registrar import keys
from pbvote.rooms.registrar import queries as registrar
from pbvote.rooms.registrar import service as registrar_service
from pbvote.rooms.registrar.tickets import Ticket
from tests.make.calls import NO_GROUNDS, ONE_STYLE, SURVEY, published, published_call
from tests.make.people import Staff, hire, put_agency, staff_of
from tests.make.proposals import COLLECTING, MODERATION_UNTIL, workshop_values
from tests.make.services import MovableClock, close
from tests.make.votes import ExampleVoter, project

VOTING = datetime(2026, 5, 2, 4, 0, tzinfo=UTC)
BIRTH = date(1956, 3, 8)
AUDITOR_KEY = (7).to_bytes(32, "big")
OPENING_KEY = (5).to_bytes(32, "big")
PASSPHRASE = "correct horse battery"
AUDITOR_PASSPHRASE = "another long passphrase"
PROJECTS = (("d1", "3000000"), ("d1", "2500000"), ("d1", "1000000"), ("d2", "3000000"), ("d2", "2000000"))
STYLES = ("d1-w1", "d1-w2", "d2-w1")
ACCEPTED = tuple(StyleId(style) for style in (*STYLES, "d2-w2"))


@cache
def ceremony() -> dict[str, bytes]:
    """One ceremony for the whole test run: the passphrases are slow on purpose."""
    return ceremony_files(PASSPHRASE, AUDITOR_PASSPHRASE)


@cache
def rsa_key(number: int) -> bytes:
    """A token key as the key store holds it; made once per test run."""
    key = blind_rsa.generate_key(2048)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@dataclass(kw_only=True)
class Poll:
    """A call on its way to the result."""

    rt: Runtime
    call_id: CallId
    officer: Staff
    auditor: Staff
    frozen: Manifest | None = None
    receipts: list[Receipt] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)

    @property
    def manifest(self) -> Manifest:
        """The manifest of a frozen vote."""
        assert self.frozen is not None
        return self.frozen

    @property
    def clock(self) -> MovableClock:
        """The service's clock."""
        assert isinstance(self.rt.clock, MovableClock)
        return self.rt.clock

    def freeze(self, **more: Any) -> Manifest:
        """Freeze with every small style accepted."""
        options: dict[str, Any] = {"public_key_file": ceremony()[PUBLIC_FILE], "accept_small": ACCEPTED}
        self.frozen = service.freeze(self.rt, self.officer, self.call_id, **options | more)
        return self.frozen

    def advance(self) -> None:
        """One round of the worker."""
        steps.advance_vote(self.rt, self.call_id)

    def issue(self, number: int) -> ExampleVoter:
        """An invented person with the token that the registrar issued."""
        ticket = identify(self.rt, self, invented_id(number), device=f"device {number}")
        own = credential.generate_credential()
        point = credential.credential_point(own)
        asked = blinded(self.manifest, ticket.style, credential=point)
        issued = registrar_service.issue(self.rt, ticket, style=ticket.style, blinded=asked.blinded)
        key = blind_rsa.load_public_key(self.manifest.style(ticket.style).rsa_spki)
        token = blind_rsa.finalize(key, asked.message, issued.signature, asked.blinding.inverse)
        random = asked.message[: blind_rsa.PREFIX_LENGTH]
        return ExampleVoter(self.manifest, ticket.style, own, point, random, token)

    def vote(self, number: int, *choices: int) -> None:
        """An invented person names these projects."""
        self.cast(number, Choices.of_set(choices))

    def cast(self, number: int, choices: Choices) -> None:
        """An invented person votes, legally or not."""
        content = self.issue(number).ballot_of(choices).encode()
        self.receipts.append(ballotbox_service.cast_ballot(self.rt, self.call_id, content))
        self.entries.append(content)

    def open_voting(self) -> None:
        """The clock stands an hour after the opening, registrar and box are ready."""
        self.advance()
        self.clock.set(self.manifest.opens_at + timedelta(hours=1))

    def close(self) -> None:
        """The vote is over and both logs are closed."""
        self.clock.set(self.manifest.cast_until + timedelta(seconds=1))
        self.advance()

    def open_box(self, **more: Any) -> None:
        """The officer opens, and the worker counts."""
        options: dict[str, Any] = {
            "key_file": ceremony()[OPENING_FILE],
            "passphrase": PASSPHRASE,
            "totp": self.officer.code(self.clock),
        }
        service.open_box(self.rt, self.officer, self.call_id, **options | more)
        self.advance()

    def certify(self) -> None:
        """Both approve, and the worker publishes."""
        for person in (self.officer, self.auditor):
            service.certify(self.rt, person, self.call_id, totp=person.code(self.clock))
        self.advance()


def auditor_key_file() -> bytes:
    """The auditor's key file."""
    return ceremony()[AUDITOR_FILE]


def roll_csv(*people: int, styles: Sequence[str] = ("d1-w1",), extra: str = "") -> bytes:
    """A roll of invented people, all born on the same day, whose styles take turns."""
    lines = "".join(
        f"{invented_id(number)},{BIRTH.isoformat()},{styles[place % len(styles)]}\n"
        for place, number in enumerate(people)
    )
    return f"id,birth_date,style\n{lines}{extra}".encode()


def put_keys(rt: Runtime, call_id: CallId) -> tuple[Style, ...]:
    """Token keys for every style of the call, made once per test run."""
    with rt.read_main() as tx:
        styles = possible_styles(calls.get_call(tx, call_id).rules)
    for number, style in enumerate(styles):
        name = keys.rsa(call_id, style.id)
        if not rt.keystore.has(name):
            rt.keystore.put(name, rsa_key(number))
    return styles


def moderated_poll(
    rt: Runtime,
    *,
    people: int = 12,
    styles: Sequence[str] = STYLES,
    values: Mapping[str, str] | None = None,
    without: Iterable[str] = (),
) -> Poll:
    """A call with five accepted projects in two districts and a roll, ready to be frozen."""
    put_agency(rt, "shilin")
    officer = hire(rt, "officer", Role.OFFICER)
    auditor = hire(rt, "auditor", Role.AUDITOR)
    poll = Poll(
        rt=rt,
        call_id=published_call(rt, officer, values=values, without=without),
        officer=officer,
        auditor=auditor,
    )
    poll.clock.set(COLLECTING)
    for number, (district, cost) in enumerate(PROJECTS, start=1):
        typed = workshop_values(title=f"方案{number}", district=district, cost_twd=cost)
        proposal = enter_workshop_proposal(rt, officer, poll.call_id, typed)
        moderation_service.decide(
            rt, officer, proposal.id, decision="accept", reason="", correct_until=None, seen=None
        )
    if people:
        registrar_service.import_roll(rt, officer, poll.call_id, roll_csv(*range(people), styles=styles))
    poll.clock.set(MODERATION_UNTIL + timedelta(hours=1))
    put_keys(rt, poll.call_id)
    return poll


def closed_poll(rt: Runtime) -> Poll:
    """Eleven voters in two flushes; project 3 withdrawn in between; closed, not opened.

    Held once per test run; later calls put copies of its databases and keys into the runtime's folder.
    """
    if not _closed:
        poll = _held_poll(rt)
        kept = tempfile.TemporaryDirectory(prefix="pbvote-closed-")
        _closed.append((poll, kept))
        _copy(rt, rt.settings.state_dir, Path(kept.name))
    made, kept = _closed[0]
    _copy(rt, Path(kept.name), rt.settings.state_dir)
    poll = replace(made, rt=rt)
    poll.clock.set(made.manifest.cast_until + timedelta(minutes=2))
    return poll


_closed: list[tuple[Poll, tempfile.TemporaryDirectory[str]]] = []


def _copy(rt: Runtime, source: Path, target: Path) -> None:
    """Databases and keys; with every connection closed SQLite leaves no side file behind."""
    close(rt)
    shutil.copytree(source, target, dirs_exist_ok=True)


def _held_poll(rt: Runtime) -> Poll:
    poll = moderated_poll(rt)
    poll.freeze()
    poll.open_voting()
    choices = {"d1-w1": (1, 3), "d1-w2": (2,), "d2-w1": (4, 5)}
    for number in range(6):
        poll.vote(number, *choices[STYLES[number % 3]])
    service.withdraw_project(rt, poll.officer, poll.call_id, 3, "場地另有用途")
    poll.clock.forward(seconds=5)
    poll.advance()
    for number in range(6, 11):
        poll.vote(number, *choices[STYLES[number % 3]])
    poll.issue(11)  # a token that is never cast
    poll.close()
    return poll


# --- frozen at once: for the tests of check-in, issue and the ballot's pages


def voting_poll(
    rt: Runtime,
    *people: int,
    values: Mapping[str, str] | None = None,
    without: Iterable[str] = ONE_STYLE,
) -> Poll:
    """A call of one style with these invented people on its roll, frozen at once.

    Voting is open as soon as the clock says so.
    """
    call_id, officer = published(rt, values=values, without=without)
    if people:
        registrar_service.import_roll(rt, officer, call_id, roll_csv(*people))
    assert officer.agency_id is not None
    auditor = staff_of(officer.agency_id, Role.AUDITOR, account_id=2)
    manifest = freeze_at_once(rt, call_id)
    return Poll(rt=rt, call_id=call_id, officer=officer, auditor=auditor, frozen=manifest)


def survey_poll(rt: Runtime) -> Poll:
    """A survey that asks for no identity, frozen at once."""
    return voting_poll(rt, values=SURVEY, without=(*ONE_STYLE, *NO_GROUNDS))


def freeze_at_once(
    rt: Runtime,
    call_id: CallId,
    *,
    projects: Sequence[BallotProject] = (),
    eligible: int | None = None,
) -> Manifest:
    """The manifest that registrar and box have received, without the acts of a freeze."""
    projects = projects or (project(1, DistrictId("d1"), 1000),)
    styles = put_keys(rt, call_id)
    with rt.read_main() as tx:
        call = calls.get_call(tx, call_id)
        on_the_roll = registrar.eligible_per_style(tx, call_id)
    names = [style.id for style in styles]
    spki, roll_vkey = registrar_service.prepare_keys(rt, call_id, call.rules, styles=names)
    by_style = dict(spki)
    manifest = Manifest(
        mode=rt.settings.mode,
        call=call_id,
        agency=call.agency_name,
        title=call.title,
        origin=rt.settings.web.origin,
        styles=tuple(
            BallotStyle(
                id=style.id,
                district=style.district,
                weight=style.weight,
                rsa_spki=by_style[style.id],
                eligible=on_the_roll.get(style.id, 0) if eligible is None else eligible,
            )
            for style in styles
        ),
        hpke_pk=sealing.public_point(OPENING_KEY),
        pad_to=pad_length((each.number for each in projects), call.rules.ballot_form),
        box_vkey=ballotbox_service.prepare_key(rt, call_id, log_name=f"vote.example/box/{call_id}"),
        roll_vkey=roll_vkey,
        auditor_pk=sealing.public_point(AUDITOR_KEY),
        projects=tuple(projects),
        ruleset=call.rules,
    )
    registrar_service.receive_manifest(rt, manifest)
    ballotbox_service.receive_manifest(rt, manifest.bytes)
    with rt.main() as tx:
        calls_service.set_progress(tx, call_id, Progress.FROZEN)
    return manifest


# --- a voter at the registrar


def identify(
    rt: Runtime,
    poll: Poll,
    national_id: str,
    *,
    birth_on: date = BIRTH,
    code: str = "",
    device: str = "device",
) -> Ticket:
    """Identify, each device at an address of its own."""
    ticket = registrar_service.identify(
        rt,
        poll.call_id,
        national_id=national_id,
        birth_on=birth_on,
        code=code,
        device=device,
        address=device,
    )
    assert isinstance(ticket, Ticket)
    return ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A blinded message with what finalizes it."""

    message: bytes
    blinding: blind_rsa.Blinding

    @property
    def blinded(self) -> bytes:
        return self.blinding.blinded


def blinded(manifest: Manifest, style: StyleId, *, credential: bytes = b"\x04" + bytes(64)) -> Request:
    """What a voter's device asks to have signed."""
    message = blind_rsa.prepare(token_message(manifest.election_hash, style, credential))
    key = blind_rsa.load_public_key(manifest.style(style).rsa_spki)
    return Request(message=message, blinding=blind_rsa.blind(key, message))


def old_permit(number: int) -> str:
    """An old permit number."""
    return invented_id(number, kind=IdKind.RESIDENT_OLD)


def new_permit(number: int) -> str:
    """A new permit number."""
    return invented_id(number, kind=IdKind.RESIDENT)
