"""Mail to a resident about a call: in their language, under the call's title, with the agency's contact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from pbvote.platform.runtime import MailTemplate
from pbvote.rooms.accounts import notices
from pbvote.rooms.calls.queries import CallView


def tell(
    tx: Session,
    call: CallView,
    resident_id: int | None,
    template: MailTemplate,
    *,
    at: datetime,
    needed_by: datetime | None = None,
    following: bool = False,
    **facts: Any,
) -> None:
    """Have the mail delivered as its receiver chose; None is somebody without an account, whom the agency
    tells (NDC-04). ``following``: its link ends all mail about the call, which they asked for.
    """
    if resident_id is None:
        return
    notices.deliver(
        tx,
        resident_id,
        template,
        at=at,
        title_for=call.title_for,
        topic=call.id if following else "",
        needed_by=needed_by,
        call_id=call.id,
        contact=call.contact,
        **facts,
    )
