"""The outbox: mail commits with the state that causes it, and is sent afterwards by the worker."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import JSON, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from pbvote.core.errors import PbvoteError, ServiceUnavailable
from pbvote.platform import leaving
from pbvote.platform.db import Instant, MainBase
from pbvote.platform.runtime import MailTemplate, Message, Runtime, Text, TextTemplate

log = structlog.get_logger()

_GIVE_UP_AFTER = 12
_BATCH = 50
_ROUND_SECONDS = 30.0


class MessageNotSent(ServiceUnavailable):
    """The mail server did not take the message; it stays in the outbox."""

    code = "mail.not-sent"


class MailServerSilent(MessageNotSent):
    """Nobody answers at the mail server in time; what else is due would only wait as long again."""

    code = "mail.server-silent"


class OutboxMessage(MainBase):
    """A mail or a text message (``medium``) to be sent; the row goes when it has gone."""

    __tablename__ = "outbox_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str]
    template: Mapped[str]
    language: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    medium: Mapped[str] = mapped_column(default="mail", server_default="mail")


class OutboxLease(MainBase):
    """Which worker works; one row per duty."""

    __tablename__ = "outbox_lease"

    duty: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until_at: Mapped[datetime] = mapped_column(Instant)


def post(
    tx: Session, *, to: str, template: MailTemplate, due_at: datetime, language: str = "zh", **facts: Any
) -> None:
    """Put a mail into the outbox within the caller's transaction."""
    tx.add(
        OutboxMessage(
            recipient=to, template=template.value, language=language, facts=dict(facts), due_at=due_at
        )
    )


def post_text(
    tx: Session, *, to: str, template: TextTemplate, due_at: datetime, language: str = "zh", **facts: Any
) -> None:
    """Put a text message into the outbox within the caller's transaction."""
    tx.add(
        OutboxMessage(
            recipient=to,
            template=template.value,
            language=language,
            facts=dict(facts),
            due_at=due_at,
            medium="text",
        )
    )


def withdraw_texts(tx: Session, *, to: str) -> None:
    """Text messages to this number that were not sent yet are not sent any more."""
    tx.execute(delete(OutboxMessage).where(OutboxMessage.medium == "text", OutboxMessage.recipient == to))


def withdraw_mails(tx: Session, *, to: str) -> None:
    """Mail to this address that was not sent yet is not sent any more."""
    tx.execute(delete(OutboxMessage).where(OutboxMessage.medium == "mail", OutboxMessage.recipient == to))


def withdraw(tx: Session, *, fact: str, value: int) -> None:
    """Mail that carries this fact and was not sent yet is not sent any more."""
    tx.execute(delete(OutboxMessage).where(OutboxMessage.facts[fact].as_integer() == value))


class Duty(StrEnum):
    """What one worker at a time does."""

    WORKER = "worker"


def take_lease(rt: Runtime, duty: Duty, *, holder: str, seconds: int) -> bool:
    """Whether this worker holds the duty for the next seconds, by the service's clock."""
    now = rt.clock()
    with rt.main() as tx:
        lease = tx.scalars(select(OutboxLease).where(OutboxLease.duty == duty).with_for_update()).first()
        if lease is None:
            tx.add(OutboxLease(duty=duty, holder=holder, until_at=now + timedelta(seconds=seconds)))
            return True
        # a lease far ahead of the clock was taken under another clock (rehearsal): it is void
        void = lease.until_at > now + timedelta(seconds=3600)
        if lease.holder != holder and lease.until_at > now and not void:
            return False
        lease.holder, lease.until_at = holder, now + timedelta(seconds=seconds)
        return True


def send_due(rt: Runtime) -> int:
    """Send what is due, oldest first; a failure is tried again later. Returns how many went out.

    At least once: a crash between the mail server's yes and the deletion sends a mail twice. A round ends
    with the first mail that finds nobody, and after half a minute: votes wait behind it.
    """
    now, started = rt.clock(), time.monotonic()
    with rt.read_main() as tx:
        due = list(
            tx.scalars(
                select(OutboxMessage)
                .where(OutboxMessage.due_at <= now, OutboxMessage.attempts < _GIVE_UP_AFTER)
                .order_by(OutboxMessage.id)
                .limit(_BATCH)
            )
        )
    sent = 0
    for row in due:
        if time.monotonic() - started > _ROUND_SECONDS:
            break
        try:
            _send(rt, row)
        except MailServerSilent as error:
            _postpone(rt, row.id, now)
            log.warning("mail server does not answer", message=row.id, code=error.code, waiting=len(due))
            break
        except Exception as error:
            # whatever the reason: one mail holds up neither the others nor the votes that wait behind them
            _postpone(rt, row.id, now)
            code = error.code if isinstance(error, PbvoteError) else type(error).__name__
            log.warning("mail not sent", message=row.id, template=row.template, code=code)
            continue
        with rt.main() as tx:
            tx.execute(delete(OutboxMessage).where(OutboxMessage.id == row.id))
        sent += 1
    return sent


def _send(rt: Runtime, row: OutboxMessage) -> None:
    if row.medium == "mail":
        rt.messenger.send(_message(rt, row))
    elif rt.texter is None:  # ordered before text messages were turned off
        raise MessageNotSent(reason="no gateway")
    else:
        template = TextTemplate(row.template)
        rt.texter.send(Text(to=row.recipient, template=template, language=row.language, facts=row.facts))


def _message(rt: Runtime, row: OutboxMessage) -> Message:
    """The mail of a row; ``leave`` (a resident and a topic) becomes the link that ends such mail."""
    facts: dict[str, Any] = dict(row.facts)
    leave = facts.pop("leave", None)
    if leave is not None:
        facts["leave"] = leaving.token_of(rt.settings, resident_id=leave[0], topic=leave[1])
    template = MailTemplate(row.template)
    return Message(to=row.recipient, template=template, language=row.language, facts=facts)


def _postpone(rt: Runtime, message_id: int, now: datetime) -> None:
    with rt.main() as tx:
        row = tx.get(OutboxMessage, message_id)
        if row is not None:
            row.attempts += 1
            row.due_at = now + timedelta(seconds=min(3600, 15 * 2**row.attempts))
