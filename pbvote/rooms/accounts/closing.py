"""The end of a resident's account: the row stays empty, so that its number is never another's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pbvote.platform import outbox
from pbvote.platform.runtime import MailTemplate
from pbvote.rooms.accounts import telephone
from pbvote.rooms.accounts.models import Confirmation, Notice, PaceChosen, Resident, SignInLink


def close(tx: Session, row: Resident, *, at: datetime) -> None:
    """Name, address, number, choices and what waits are gone; the last mail says so to the address."""
    telephone.forget_in(tx, row)
    for table in (PaceChosen, Notice, Confirmation):
        tx.execute(delete(table).where(table.resident_id == row.id))
    tx.execute(delete(SignInLink).where(SignInLink.email == row.email))
    outbox.withdraw_mails(tx, to=row.email)
    outbox.post(tx, to=row.email, template=MailTemplate.ACCOUNT_CLOSED, due_at=at, language=row.language)
    row.email, row.name = f"left:{row.id}", ""
    row.left_at, row.session_number = at, row.session_number + 1
