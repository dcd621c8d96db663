"""A resident's new mail address: theirs once the link that was mailed to it is pressed.

Whether somebody else has that address already is told to whoever reads its mail alone.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.types import Actor
from pbvote.platform import outbox
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.accounts import telephone
from pbvote.rooms.accounts.errors import EmailSame, LinkSpent
from pbvote.rooms.accounts.models import Confirmation, Resident
from pbvote.rooms.accounts.notices import held
from pbvote.rooms.accounts.service import clean_email

_KIND: Final = "email"
_LIVES: Final = timedelta(minutes=30)


def request_move(rt: Runtime, actor: Actor, email: str) -> None:
    """A link is on its way to the new address; an earlier one is void.

    Raises:
        EmailInvalid, EmailSame: not an address, or the one that is known. TextsMany: too often today.
    """
    address, now = clean_email(email), rt.clock()
    token = secrets.token_urlsafe(24)
    with rt.main() as tx:
        row = held(tx, actor.id)
        if row.email == address:
            raise EmailSame(field="email")
        for counted in sorted((f"mail to {address}", f"mail of {actor.id}")):
            telephone.count(rt, tx, counted, now=now, field="email")
        taken = tx.scalar(select(Resident.id).where(Resident.email == address)) is not None
        if not taken:
            tx.merge(
                Confirmation(
                    resident_id=row.id,
                    kind=_KIND,
                    value=address,
                    secret_sha256=_digest(token),
                    misses=0,
                    expires_at=now + _LIVES,
                )
            )
        outbox.post(
            tx,
            to=address,
            template=MailTemplate.EMAIL_TAKEN if taken else MailTemplate.EMAIL_CHANGE,
            due_at=now,
            language=row.language,
            token=token,
            minutes=int(_LIVES.total_seconds()) // 60,
        )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _waiting(rt: Runtime, tx: Session, token: str) -> Confirmation:
    row = tx.scalars(
        select(Confirmation).where(Confirmation.kind == _KIND, Confirmation.secret_sha256 == _digest(token))
    ).first()
    if row is None or rt.clock() >= row.expires_at:
        raise LinkSpent()
    return row


def require_link(rt: Runtime, token: str) -> None:
    """Guarantee that the link still works.

    Raises:
        LinkSpent: unknown, too old, or used.
    """
    with rt.read_main() as tx:
        _waiting(rt, tx, token)


def move(rt: Runtime, token: str) -> None:
    """The address of the link is the resident's; the old one hears of it, and every session ends.

    Raises:
        LinkSpent: unknown, too old, used, or the address has become somebody else's since.
    """
    now = rt.clock()
    with rt.main() as tx:
        waiting = _waiting(rt, tx, token)
        row = held(tx, waiting.resident_id)
        if tx.scalar(select(Resident.id).where(Resident.email == waiting.value)) is not None:
            raise LinkSpent()
        outbox.post(
            tx,
            to=row.email,
            template=MailTemplate.EMAIL_CHANGED,
            due_at=now,
            language=row.language,
            name=row.name,
        )
        row.email, row.session_number = waiting.value, row.session_number + 1
        tx.delete(waiting)
