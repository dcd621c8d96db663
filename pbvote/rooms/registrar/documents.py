"""At a desk: an officer looks at somebody's documents and hands the device over (PRA-13, PRA-14, PRA-16)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from pbvote.core.identity.errors import IdMalformed
from pbvote.core.identity.national_id import CanonicalId, canonical_id
from pbvote.core.identity.voter_record import person_key
from pbvote.core.rules.eligibility import Bond, decide_style
from pbvote.core.rules.ruleset import Ground, Ruleset
from pbvote.core.rules.ways import DESK
from pbvote.core.types import Actor, CallId, DistrictId, Role, StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.registrar import keys, queries
from pbvote.rooms.registrar.errors import DeskChoice, IdentityWayClosed
from pbvote.rooms.registrar.identification import require_identify, ticket_for
from pbvote.rooms.registrar.models import Assistance, RollRow
from pbvote.rooms.registrar.roll import Aliases
from pbvote.rooms.registrar.tickets import Ticket
from pbvote.typed.dates import taipei_day

_DESK_TICKET: Final = timedelta(minutes=60)


class Assisted(StrEnum):
    """Who assisted somebody who asked for it (PRA-16)."""

    NOT = ""
    COMPANION = "companion"
    STAFF = "staff"


def check_at_desk(
    rt: Runtime,
    actor: Actor,
    call_id: CallId,
    *,
    national_id: str,
    birth_on: date,
    ground: int,
    district: str,
    since: date,
    former_id: str = "",
    assistance: str = Assisted.NOT.value,
) -> Ticket:
    """A ticket for the person whose documents an officer has seen (PRA-13, PRA-14, PRA-16).

    Writes the same row of the roll that an import writes; ``ground`` is the position of the ground in
    the rules. The row itself opens nothing on line: it is good at a desk only.

    Raises:
        CallUnknown, RoleNeeded, VoteNotReady, StageClosed.
        IdentityWayClosed: the call has no desk.
        IdMalformed, IdCheckDigit, DeskChoice: what the officer typed.
        TooYoung, NoGround, StyleNotOffered: not eligible.
    """
    number = canonical_id(national_id)
    former = [_former(text) for text in former_id.replace("；", ";").split(";") if text.strip()]
    assisted = _assisted(assistance)
    with rt.read_main() as tx:
        calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
        manifest = require_identify(tx, call_id, rt.clock())
        merged = queries.merged_styles(tx, call_id)
    rules = manifest.ruleset
    if not rules.has_desk:
        raise IdentityWayClosed(way=DESK.name)
    bond = _bond_at_desk(rules, ground=ground, district=district, since=since)
    style = decide_style(rules, (bond,), birth_on=birth_on, at_desk=True).id
    style = merged.get(style, style)
    k_roll = rt.keystore.get(keys.k_roll(call_id))
    with rt.main() as tx:
        _write_desk_row(tx, k_roll, call_id=call_id, number=number, style=style)
        aliases = Aliases(rt, tx, call_id)
        person = aliases.link((number, *former)) if former else number
        if assisted is not Assisted.NOT:
            _count_assistance(tx, call_id, kind=assisted, now=rt.clock())
    ticket = ticket_for(
        rt, manifest, person=person, style=style, method=DESK.name, transaction=f"officer/{actor.id}"
    )
    return replace(ticket, ground=ground, expires_at=rt.clock() + _DESK_TICKET)


def _assisted(typed: str) -> Assisted:
    try:
        return Assisted(typed)
    except ValueError as error:
        raise DeskChoice(field="assistance") from error


def _former(text: str) -> CanonicalId:
    try:
        return canonical_id(text)
    except IdMalformed as error:
        raise IdMalformed(field="former_id") from error


def _bond_at_desk(rules: Ruleset, *, ground: int, district: str, since: date) -> Bond:
    if not 0 <= ground < len(rules.grounds):
        raise DeskChoice(field="ground")
    if district not in {known.id for known in rules.districts}:
        raise DeskChoice(field="district")
    chosen: Ground = rules.grounds[ground]
    return Bond(kind=chosen.kind, area=chosen.area, since_on=since, district=DistrictId(district))


def _write_desk_row(
    tx: Session, k_roll: bytes, *, call_id: CallId, number: CanonicalId, style: StyleId
) -> None:
    row = keys.insert(tx, RollRow).values(
        call_id=call_id,
        person_key=person_key(k_roll, call_id, number),
        check_hash=secrets.token_bytes(32),
        style=style,
        channel=DESK.name,
        with_code=False,
    )
    tx.execute(row.on_conflict_do_nothing(index_elements=["call_id", "person_key"]))


def _count_assistance(tx: Session, call_id: CallId, *, kind: Assisted, now: datetime) -> None:
    day = taipei_day(now)
    row = keys.insert(tx, Assistance).values(call_id=call_id, day=day, kind=kind.value, count=1)
    tx.execute(
        row.on_conflict_do_update(
            index_elements=["call_id", "day", "kind"], set_={"count": Assistance.count + 1}
        )
    )
