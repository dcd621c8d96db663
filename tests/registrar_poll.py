"""A published and frozen call with its registrar ready, for tests of check-in and issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pbvote.core.crypto import blind_rsa, sealing, signing
from pbvote.core.identity.national_id import IdKind, invented_id
from pbvote.core.log.checkpoint import verifier_key
from pbvote.core.log.entry import token_message
from pbvote.core.manifest import BallotProject, BallotStyle, Manifest
from pbvote.core.rules.eligibility import possible_styles
from pbvote.core.rules.stage import Progress
from pbvote.core.types import Actor, CallId, DistrictId, ProjectNumber, Role, StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.registrar import keys, queries, service
from pbvote.rooms.registrar.tickets import Ticket
from tests.call_values import call_values, put_agency, staff_of

VOTING = datetime(2026, 5, 2, 4, 0, tzinfo=UTC)
BIRTH = date(1956, 3, 8)
AUDITOR = (7).to_bytes(32, "big")


@cache
def rsa_key(number: int) -> bytes:
    """A token key as the key store holds it; made once per test run."""
    key = blind_rsa.generate_key(2048)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What tests need to know of the call."""

    call_id: CallId
    officer: Actor
    auditor: Actor
    manifest: Manifest


def published(rt: Runtime, **changes: str) -> tuple[CallId, Actor, int]:
    """A call of one district and one weight, published; ``changes`` with ``__`` for the dot."""
    agency = put_agency(rt, "shilin")
    officer = staff_of(agency)
    values = {**call_values(), **{name.replace("__", "."): value for name, value in changes.items()}}
    kept = {name: value for name, value in values.items() if value != "-"}
    call = calls_service.create_call(rt, officer, kept)
    calls_service.publish_call(rt, officer, call.id)
    return call.id, officer, agency


ONE_STYLE = {
    "districts__1__name": "-",
    "districts__1__budget_twd": "-",
    "grounds__1__kind": "-",
    "grounds__1__area": "-",
    "grounds__1__cut_off_on": "-",
    "grounds__1__evidence": "-",
    "grounds__1__weight": "-",
}


def freeze(rt: Runtime, call_id: CallId) -> Manifest:
    """The manifest that the registrar has received; progress is FROZEN."""
    from pbvote.rooms.calls import queries as calls

    with rt.read_main() as tx:
        call = calls.get_call(tx, call_id)
        eligible = queries.eligible_per_style(tx, call_id)
    styles = possible_styles(call.rules)
    for number, style in enumerate(styles):
        name = keys.rsa(call_id, style.id)
        if not rt.keystore.has(name):
            rt.keystore.put(name, rsa_key(number))
    spki, roll_vkey = service.prepare_keys(rt, call_id, call.rules, styles=[s.id for s in styles])
    by_style = dict(spki)
    manifest = Manifest(
        mode=rt.settings.mode,
        call=call_id,
        agency=call.agency_name,
        title=call.title,
        origin=f"pb.example/{call_id}",
        styles=tuple(
            BallotStyle(
                id=s.id,
                district=s.district,
                weight=s.weight,
                rsa_spki=by_style[s.id],
                eligible=eligible.get(s.id, 0),
            )
            for s in styles
        ),
        hpke_pk=sealing.public_point((5).to_bytes(32, "big")),
        pad_to=64,
        box_vkey=verifier_key("pb.example/box", signing.public_key_of(bytes(32))),
        roll_vkey=roll_vkey,
        auditor_pk=sealing.public_point(AUDITOR),
        projects=(
            BallotProject(
                number=ProjectNumber(1),
                id="p1",
                district=DistrictId(styles[0].district),
                title="公園",
                summary="",
                place="",
                cost_twd=1000,
            ),
        ),
        ruleset=call.rules,
    )
    service.receive_manifest(rt, manifest)
    with rt.main() as tx:
        calls_service.set_progress(tx, call_id, Progress.FROZEN)
    return manifest


def roll_csv(*people: int, extra: str = "") -> bytes:
    """A roll of invented people, all born on the same day, in the call's only style."""
    lines = "".join(f"{invented_id(number)},{BIRTH.isoformat()},d1-w1\n" for number in people)
    return f"id,birth_date,style\n{lines}{extra}".encode()


def voting_poll(rt: Runtime, *people: int, **changes: str) -> Poll:
    """A call with these invented people on its roll, voting open as soon as the clock says so."""
    call_id, officer, agency = published(rt, **{**ONE_STYLE, **changes})
    if people:
        service.import_roll(rt, officer, call_id, roll_csv(*people))
    manifest = freeze(rt, call_id)
    auditor = staff_of(agency, Role.AUDITOR, account_id=2)
    return Poll(call_id=call_id, officer=officer, auditor=auditor, manifest=manifest)


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
    return service.identify(
        rt,
        poll.call_id,
        national_id=national_id,
        birth_on=birth_on,
        code=code,
        device=device,
        address=device,
    )


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
