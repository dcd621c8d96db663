"""Identity verification off: one token per confirmed mail address or station code (NDC-01).

For opinion surveys only, by the same blind path. A mailed code follows from the address and the time, so
that nothing about it is stored.
"""

from __future__ import annotations

import hmac
import re
import time
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import select

from pbvote.core.identity.national_id import CanonicalId
from pbvote.core.identity.voter_record import person_key
from pbvote.core.manifest import Manifest
from pbvote.core.rules.ruleset import Verification
from pbvote.core.types import CallId, StyleId, length_prefixed
from pbvote.platform import outbox
from pbvote.platform.runtime import Answer, MailTemplate, Runtime
from pbvote.rooms.registrar import attempts, keys, queries
from pbvote.rooms.registrar.errors import ContactInvalid, CounterChoice, IdentityWayClosed
from pbvote.rooms.registrar.identification import require_identify, settle, ticket_for
from pbvote.rooms.registrar.models import RollRow
from pbvote.rooms.registrar.roll import station_subject
from pbvote.rooms.registrar.tickets import Ticket

# plain atoms only: no comment, group, quotes or encoded word, by which one mailbox has many addresses
_ATOM = r"[a-z0-9!#$%&'*+/=^_`{|}~-]+"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:[a-z0-9-]+\.)+[a-z0-9-]{{2,24}}")
_CODE_SECONDS: Final = 900


def canonical_email(text: str) -> str:
    """A mail address in the one spelling that counts as one voter.

    Raises:
        ContactInvalid: not an address.
    """
    address = unicodedata.normalize("NFKC", text).strip().lower()
    if len(address) > 200 or not _EMAIL.fullmatch(address) or not address.isascii():
        raise ContactInvalid(field="email")
    return address


def request_contact_code(rt: Runtime, call_id: CallId, *, email: str, language: str) -> None:
    """A code goes to the address; nothing about it is stored (NDC-01: identity verification off).

    Raises:
        VoteNotReady, StageClosed, IdentityWayClosed, ContactInvalid.
        CodesSpent: enough were sent to this address today.
    """
    address = canonical_email(email)
    manifest, k_roll = _contact_poll(rt, call_id)
    now = rt.clock()
    with rt.main() as tx:
        attempts.count_code(tx, k_roll, call_id=call_id, address=address, now=now)
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


def confirm_contact_code(
    rt: Runtime,
    call_id: CallId,
    *,
    email: str,
    code: str,
    district: str,
    device: str,
    wait: Callable[[float], None] = time.sleep,
) -> Ticket:
    """A ticket for whoever reads the mail of this address; one token per address.

    Raises:
        As :func:`identify`; CounterChoice: no such district.
    """
    address = canonical_email(email)
    manifest, k_roll = _contact_poll(rt, call_id)
    style = _lightest_style(manifest, district)
    typed = unicodedata.normalize("NFKC", code).strip().replace(" ", "")
    good = _contact_codes(k_roll, call_id, address=address, now=rt.clock())
    matches = sum(hmac.compare_digest(one.encode(), typed.encode()) for one in good) > 0
    _one_attempt(
        rt, k_roll, call_id=call_id, number=f"mail:{address}", device=device, matches=matches, wait=wait
    )
    person = CanonicalId(f"mail:{address}")
    return ticket_for(rt, manifest, person=person, style=style, method="contact", transaction="")


def confirm_station_code(
    rt: Runtime,
    call_id: CallId,
    *,
    code: str,
    device: str,
    wait: Callable[[float], None] = time.sleep,
) -> Ticket:
    """A ticket for the holder of a station code; one token per code.

    Raises:
        As :func:`identify`.
    """
    manifest, k_roll = _contact_poll(rt, call_id)
    folded = unicodedata.normalize("NFKC", code).upper()
    typed = re.sub(r"[^0-9A-Z]", "", folded)[:32]
    person = station_subject(typed)
    with rt.read_main() as tx:
        style = tx.scalar(
            select(RollRow.style).where(
                RollRow.call_id == call_id,
                RollRow.person_key == person_key(k_roll, call_id, person),
                RollRow.channel == "station",
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
        wait=wait,
    )
    return ticket_for(
        rt, manifest, person=person, style=StyleId(style or ""), method="station", transaction=""
    )


def _contact_poll(rt: Runtime, call_id: CallId) -> tuple[Manifest, bytes]:
    with rt.read_main() as tx:
        manifest = queries.get_manifest(tx, call_id)
    require_identify(manifest, rt.clock())
    if manifest.ruleset.verification is not Verification.CONTACT:
        raise IdentityWayClosed(way=Verification.CONTACT.value)
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
    rt: Runtime,
    k_roll: bytes,
    *,
    call_id: CallId,
    number: str,
    device: str,
    matches: bool,
    wait: Callable[[float], None],
) -> None:
    with rt.main() as tx:
        claimed = attempts.claim(
            tx,
            k_roll,
            call_id=call_id,
            number=number,
            device=device,
            now=rt.clock(),
            limits=rt.settings.identity,
        )
    wait(attempts.delay(claimed.misses_before, rt.settings.identity))
    settle(rt, claimed, Answer.MATCH if matches else Answer.NO_MATCH)


def _lightest_style(manifest: Manifest, district: str) -> StyleId:
    styles = [style for style in manifest.styles if style.district == district]
    if not styles:
        raise CounterChoice(field="district")
    return min(styles, key=lambda style: style.weight).id
