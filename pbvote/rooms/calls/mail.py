"""Mail to a resident about a call: in their language, under the call's title, with the agency's contact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from pbvote.platform import outbox
from pbvote.platform.runtime import MailTemplate
from pbvote.rooms.accounts import queries as accounts
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
