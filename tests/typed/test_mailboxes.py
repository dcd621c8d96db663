"""One mailbox, one token: tags, and at Gmail dots and its other domain, make no second one (NDC-01)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from pbvote.core.types import CallId
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import service
from pbvote.rooms.registrar.errors import AlreadyIssued
from tests.make.polls import Poll, blinded


def token(rt: Runtime, survey: Poll, email: str, number: int) -> None:
    """A token for whoever reads the mail of an address."""
    service.request_contact_code(rt, survey.call_id, email=email, language="zh")
    with rt.read_main() as tx:
        sent = tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert sent is not None
    assert sent.recipient == email
    ticket = service.confirm_contact_code(
        rt,
        CallId(survey.call_id),
        email=email,
        code=str(sent.facts["code"]),
        district="d1",
        device=f"device-{number}",
    )
    asked = blinded(survey.manifest, ticket.style, credential=b"\x04" + bytes([number]) * 64)
    service.issue(rt, ticket, style=ticket.style, blinded=asked.blinded)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("who@example.org", "who+1@example.org"),
        ("who+1@example.org", "who+2@example.org"),
        ("first.last@gmail.com", "firstlast@gmail.com"),
        ("f.irstlast+a@gmail.com", "first.last@googlemail.com"),
    ],
)
def test_another_address_of_the_same_mailbox_gets_no_second_token(
    rt: Runtime, survey: Poll, first: str, second: str
) -> None:
    token(rt, survey, first, 1)
    with pytest.raises(AlreadyIssued):
        token(rt, survey, second, 2)


@pytest.mark.parametrize("second", ["w.ho@example.org", "who@example.com"])
def test_another_mailbox_gets_its_own(rt: Runtime, survey: Poll, second: str) -> None:
    token(rt, survey, "who@example.org", 1)
    token(rt, survey, second, 2)
