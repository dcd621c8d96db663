"""Mail leaves by SMTP after the commit that causes it, and only then."""

from __future__ import annotations

import email
from collections.abc import Iterator
from dataclasses import replace
from email.header import decode_header
from email.message import Message as Mail
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from pbvote.edges.mail import SmtpMessenger
from pbvote.platform import outbox
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import MailSettings

LINK = {"token": "abc", "minutes": 30}


class Inbox:
    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.refuse = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuse:
            return "451 later"
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 ok"


class AnyPort(Controller):
    """Learns the port that the system gave before it is knocked at."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    handler = Inbox()
    controller = AnyPort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    yield handler, controller.port
    controller.stop()


@pytest.fixture
def posting(rt: Runtime, inbox: tuple[Inbox, int]) -> Runtime:
    settings = MailSettings(host="127.0.0.1", port=inbox[1], sender="pb@example.tw")
    return replace(rt, messenger=SmtpMessenger(settings, origin="https://pb.example"))


def _post(rt: Runtime, **more: Any) -> None:
    with rt.main() as tx:
        outbox.post(tx, to="someone@example.tw", template="sign-in", due_at=rt.clock(), **{**LINK, **more})


def test_a_mail_is_really_sent_over_smtp_once(posting: Runtime, inbox: tuple[Inbox, int]) -> None:
    _post(posting)
    assert outbox.send_due(posting) == 1
    assert outbox.send_due(posting) == 0
    (mail,) = inbox[0].mails
    assert mail["To"] == "someone@example.tw"
    assert mail["Subject"]
    body = mail.get_payload(decode=True)
    assert b"https://pb.example/account/link/abc" in body


def test_nothing_is_sent_when_the_act_fails(posting: Runtime, inbox: tuple[Inbox, int]) -> None:
    def fail() -> None:
        with posting.main() as tx:
            outbox.post(tx, to="x@example.tw", template="sign-in", due_at=posting.clock(), **LINK)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert outbox.send_due(posting) == 0
    assert not inbox[0].mails


def test_a_refused_mail_stays_and_goes_later(posting: Runtime, inbox: tuple[Inbox, int], clock: Any) -> None:
    _post(posting)
    inbox[0].refuse = True
    assert outbox.send_due(posting) == 0
    inbox[0].refuse = False
    assert outbox.send_due(posting) == 0, "not before its time"
    clock.forward(minutes=5)
    assert outbox.send_due(posting) == 1


def test_a_line_break_in_a_fact_cannot_add_a_header(posting: Runtime, inbox: tuple[Inbox, int]) -> None:
    _post(posting, token="惡\nBcc: victim@example.tw")
    outbox.send_due(posting)
    (mail,) = inbox[0].mails
    assert mail["Bcc"] is None


def test_an_encoded_word_in_a_title_stays_what_was_typed(posting: Runtime, inbox: tuple[Inbox, int]) -> None:
    with posting.main() as tx:
        for title in ("=?x?q?=ff?=", "=?utf-8?q?a=0D=0ABcc=3A_victim=40example.tw?="):
            facts: dict[str, Any] = {
                "name": "王",
                "call_title": "主題",
                "proposal_title": title,
                "proposal_id": 1,
            }
            outbox.post(tx, to="a@example.tw", template="proposal-received", due_at=posting.clock(), **facts)
    assert outbox.send_due(posting) == 2
    for mail in inbox[0].mails:
        assert mail["Bcc"] is None
        words = decode_header(mail["Subject"])
        subject = "".join(part.decode(charset or "ascii") for part, charset in words)
        assert "= ?" in subject
        assert "\n" not in subject


def test_a_mail_that_cannot_be_written_holds_up_no_other(
    posting: Runtime, inbox: tuple[Inbox, int], clock: Any
) -> None:
    with posting.main() as tx:
        outbox.post(tx, to=".:@?#b.tw", template="sign-in", due_at=posting.clock(), **LINK)
    _post(posting)
    assert outbox.send_due(posting) == 1
    assert [mail["To"] for mail in inbox[0].mails] == ["someone@example.tw"]
    assert outbox.send_due(posting) == 0, "not before its time"


def test_only_one_worker_holds_the_lease(rt: Runtime, clock: Any) -> None:
    assert outbox.take_lease(rt, "worker", holder="a", seconds=60)
    assert not outbox.take_lease(rt, "worker", holder="b", seconds=60)
    assert outbox.take_lease(rt, "worker", holder="a", seconds=60)
    clock.forward(seconds=61)
    assert outbox.take_lease(rt, "worker", holder="b", seconds=60)
