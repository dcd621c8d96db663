"""Identity verification off: one token per confirmed mailbox or station code (NDC-01).

For opinion surveys only, by the same blind path. A mailed code follows from the address and the time, so
that nothing about it is stored. Mail goes to the address as typed; what is counted is the mailbox that it
leads to, so that ``name+1@`` and the dots of Gmail give nobody a second token. Whoever owns several
mailboxes, or a domain, still has several: the call's page and the threat model say so.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from typing import Final

from sqlalchemy import select

from pbvote.core.identity.national_id import CanonicalId
from pbvote.core.identity.voter_record import person_key
from pbvote.core.letters import narrow
from pbvote.core.manifest import Manifest
from pbvote.core.rules.ways import CONTACT, STATION, WayOfIdentity
from pbvote.core.types import CallId, StyleId, length_prefixed
from pbvote.platform import outbox
from pbvote.platform.identity import Answer
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.registrar import attempts, keys
from pbvote.rooms.registrar.errors import DeskChoice, IdentityWayClosed
from pbvote.rooms.registrar.identification import require_identify, ticket_for
from pbvote.rooms.registrar.models import RollRow
from pbvote.rooms.registrar.roll import station_subject
from pbvote.rooms.registrar.tickets import Ticket
from pbvote.rooms.registrar.tries import begin_try, settle
from pbvote.typed.errors import NotAnAddress
from pbvote.typed.texts import address_of, mailbox_of

_CODE_SECONDS: Final = 900
_LONGEST_STATION_CODE: Final = 32


def request_contact_code(rt: Runtime, call_id: CallId, *, email: str, language: str) -> None:
    """A code goes to the address; nothing about it is stored (NDC-01: identity verification off).

    Raises:
        VoteNotReady, StageClosed, IdentityWayClosed, NotAnAddress.
        CodesSpent: enough were sent to this address today.
    """
    address = _own_address(email)
    manifest, k_roll = _poll(rt, call_id, CONTACT)
    now = rt.clock()
    with rt.main() as tx:
        attempts.count_code(tx, k_roll, call_id=call_id, address=mailbox_of(address), now=now)
        outbox.post(
            tx,
            to=address,
            template=MailTemplate.CONTACT_CODE,
            due_at=now,
            language=language,
            code=_contact_codes(k_roll, call_id, address=address, now=now)[0],
            title=manifest.title,
            minutes=_CODE_SECONDS // 60,
        )


def _own_address(email: str) -> str:
    """The address as typed; letters of other scripts look like Latin ones, so they are none here."""
    address = address_of(email)
    if not address.isascii():
        raise NotAnAddress(field="email")
    return address


def confirm_contact_code(
    rt: Runtime,
    call_id: CallId,
    *,
    email: str,
    code: str,
    district: str,
    device: str,
    address: str = "",
) -> Ticket:
    """A ticket for whoever reads the mail of this address; one token per mailbox.

    Raises:
        As :func:`identify`; DeskChoice: no such district.
    """
    sent_to = _own_address(email)
    mailbox = mailbox_of(sent_to)
    manifest, k_roll = _poll(rt, call_id, CONTACT)
    style = _lightest_style(manifest, district)
    typed = narrow(code).replace(" ", "").replace("-", "")
    good = _contact_codes(k_roll, call_id, address=sent_to, now=rt.clock())
    matches = sum(hmac.compare_digest(one.encode(), typed.encode()) for one in good) > 0
    number = f"mail:{mailbox}"
    _one_attempt(rt, k_roll, call_id=call_id, number=number, device=device, matches=matches, address=address)
    person = CanonicalId(number)
    return ticket_for(rt, manifest, person=person, style=style, method=CONTACT.name, transaction="")


def confirm_station_code(
    rt: Runtime,
    call_id: CallId,
    *,
    code: str,
    device: str,
    address: str = "",
) -> Ticket:
    """A ticket for the holder of a station code; one token per code.

    Raises:
        As :func:`identify`.
    """
    manifest, k_roll = _poll(rt, call_id, STATION)
    typed = re.sub(r"[^0-9A-Z]", "", narrow(code).upper())
    person = station_subject(typed if len(typed) <= _LONGEST_STATION_CODE else "")
    with rt.read_main() as tx:
        style = tx.scalar(
            select(RollRow.style).where(
                RollRow.call_id == call_id,
                RollRow.person_key == person_key(k_roll, call_id, person),
                RollRow.channel == STATION.name,
            )
        )
    # a guess tells nothing about another code, so misses are counted for the device
    _one_attempt(
        rt,
        k_roll,
        call_id=call_id,
        number=f"station/{device}",
        device=device,
        matches=style is not None,
        address=address,
    )
    return ticket_for(
        rt, manifest, person=person, style=StyleId(style or ""), method=STATION.name, transaction=""
    )


def _poll(rt: Runtime, call_id: CallId, way: WayOfIdentity) -> tuple[Manifest, bytes]:
    """A vote in which somebody can be identified in this way now."""
    with rt.read_main() as tx:
        manifest = require_identify(tx, call_id, rt.clock())
    if way not in manifest.ruleset.ways:
        raise IdentityWayClosed(way=way.name)
    return manifest, rt.keystore.get(keys.k_roll(call_id))


def _contact_codes(k_roll: bytes, call_id: CallId, *, address: str, now: datetime) -> list[str]:
    """The six digits of this quarter of an hour and of the one before."""
    window = int(now.timestamp()) // _CODE_SECONDS
    parts = length_prefixed(call_id), length_prefixed(address)
    digests = [
        keys.derive(k_roll, "pbvote/contact-code/v1", *parts, number.to_bytes(8, "big"))
        for number in (window, window - 1)
    ]
    return [f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}" for digest in digests]


def _one_attempt(
    rt: Runtime, k_roll: bytes, *, call_id: CallId, number: str, device: str, matches: bool, address: str
) -> None:
    one = begin_try(rt, k_roll, call_id, number=number, device=device, address=address)
    settle(rt, one, Answer.MATCH if matches else Answer.NO_MATCH)


def _lightest_style(manifest: Manifest, district: str) -> StyleId:
    styles = [style for style in manifest.styles if style.district == district]
    if not styles:
        raise DeskChoice(field="district")
    return min(styles, key=lambda style: style.weight).id
