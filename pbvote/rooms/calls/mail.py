"""Mail to a resident about a call: in their language, under the call's title, with the agency's contact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from pbvote.platform import outbox
from pbvote.platform.runtime import MailTemplate
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts.queries import ResidentView
from pbvote.rooms.calls.queries import CallView


def tell(
    tx: Session,
    call: CallView,
    resident_id: int | None,
    template: MailTemplate,
    *,
    at: datetime,
    **facts: Any,
) -> None:
    """Put the mail into the outbox; None is somebody without an account, whom the agency tells (NDC-04)."""
    if resident_id is None:
        return
    to = accounts.resident_view(tx, resident_id)
    _post(tx, call, to, template, at, facts)


def tell_each(
    tx: Session,
    call: CallView,
    resident_ids: Iterable[int],
    template: MailTemplate,
    *,
    at: datetime,
    own: Callable[[int], Mapping[str, Any]],
    **facts: Any,
) -> int:
    """The same to many, read in one query; ``own``: facts of one of them. Returns how many mails that is."""
    found = accounts.residents_of(tx, resident_ids)
    for to in found:
        _post(tx, call, to, template, at, {**facts, **own(to.id)})
    return len(found)


def _post(
    tx: Session,
    call: CallView,
    to: ResidentView,
    template: MailTemplate,
    at: datetime,
    facts: Mapping[str, Any],
) -> None:
    outbox.post(
        tx,
        to=to.email,
        template=template,
        due_at=at,
        language=to.language,
        name=to.name,
        call_id=call.id,
        call_title=call.title_for(to.language),
        contact=call.contact,
        **facts,
    )
