"""Mail leaves by SMTP after the commit that causes it, and only then."""

from __future__ import annotations

import email
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.header import decode_header
from email.message import Message as Mail
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from sqlalchemy import select

from pbvote.edges import worker
from pbvote.edges.mail import LoginWithoutTls, SmtpMessenger
from pbvote.platform import outbox
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import MailTemplate, Message, Runtime
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
        facts = LINK | more
        outbox.post(tx, to="someone@example.tw", template=MailTemplate.SIGN_IN, due_at=rt.clock(), **facts)


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
            outbox.post(tx, to="x@example.tw", template=MailTemplate.SIGN_IN, due_at=posting.clock(), **LINK)
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
            outbox.post(
                tx,
                to="a@example.tw",
                template=MailTemplate.PROPOSAL_RECEIVED,
                due_at=posting.clock(),
                **facts,
            )
    assert outbox.send_due(posting) == 2
    for mail in inbox[0].mails:
        assert mail["Bcc"] is None
        words = decode_header(mail["Subject"])
        subject = "".join(part.decode(charset or "ascii") for part, charset in words)
        assert "= ?" in subject
        assert "\n" not in subject


def test_a_mail_that_cannot_be_written_holds_up_no_other(
    posting: Runtime,
    inbox: tuple[Inbox, int],
) -> None:
    with posting.main() as tx:
        outbox.post(tx, to=".:@?#b.tw", template=MailTemplate.SIGN_IN, due_at=posting.clock(), **LINK)
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


# --- whom the mail is handed to


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for a host name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@contextmanager
def _tls_server(folder: Path, name: str) -> Iterator[tuple[Inbox, int, list[str], Path]]:
    """A mail server under a certificate for that name, and the passwords that it was told."""
    certificate, key = _certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    told: list[str] = []

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        told.append(data.password.decode())
        return AuthResult(success=True)

    handler = Inbox()
    controller = AnyPort(
        handler,
        hostname="127.0.0.1",
        port=0,
        tls_context=context,
        authenticator=authenticate,
        auth_required=False,
    )
    controller.start()
    try:
        yield handler, controller.port, told, certificate
    finally:
        controller.stop()


def _over_tls(rt: Runtime, port: int, **more: Any) -> Runtime:
    settings = MailSettings(
        host="localhost", port=port, starttls=True, username="pb", password=SecretStr("secret"), **more
    )
    return replace(rt, messenger=SmtpMessenger(settings, origin="https://pb.example"))


def test_mail_goes_to_a_server_whose_certificate_holds(
    rt: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _tls_server(tmp_path, "localhost") as (inbox, port, told, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        posting = _over_tls(rt, port)
        _post(posting)
        assert outbox.send_due(posting) == 1
        assert len(inbox.mails) == 1
        assert told == ["secret"]


@pytest.mark.parametrize("name", ["localhost", "mail.example"], ids=["signed by nobody", "another name"])
def test_a_server_that_cannot_prove_who_it_is_gets_neither_password_nor_mail(
    rt: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with _tls_server(tmp_path, name) as (inbox, port, told, certificate):
        if name != "localhost":
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        posting = _over_tls(rt, port)
        _post(posting)
        assert outbox.send_due(posting) == 0
        assert (inbox.mails, told) == ([], [])


def test_no_login_goes_out_without_tls(rt: Runtime, inbox: tuple[Inbox, int]) -> None:
    settings = MailSettings(host="127.0.0.1", port=inbox[1], username="pb", password=SecretStr("secret"))
    messenger = SmtpMessenger(settings, origin="https://pb.example")
    with pytest.raises(LoginWithoutTls):
        messenger.send(
            Message(
                to="a@example.tw", template=MailTemplate.SIGN_IN, language="zh", facts={**LINK, "goes_to": ""}
            )
        )
    assert inbox[0].mails == []


def test_a_server_that_offers_no_tls_gets_no_mail_where_tls_is_asked_for(
    rt: Runtime, inbox: tuple[Inbox, int]
) -> None:
    posting = _over_tls(rt, inbox[1])
    _post(posting)
    assert outbox.send_due(posting) == 0
    assert inbox[0].mails == []


# --- a mail server that hangs


def test_a_round_ends_with_the_first_mail_that_finds_nobody(rt: Runtime) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as tarpit:  # takes connections and says nothing
        settings = MailSettings(host="127.0.0.1", port=tarpit.getsockname()[1], timeout_seconds=1)
        posting = replace(rt, messenger=SmtpMessenger(settings, origin="https://pb.example"))
        for _ in range(20):
            _post(posting)
        assert outbox.send_due(posting) == 0
        with rt.read_main() as tx:
            tried = [row.attempts for row in tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]
    assert tried == [1] + [0] * 19


class _Hangs:
    """A mail server that answers never."""

    def __init__(self) -> None:
        self.asked, self.release = threading.Event(), threading.Event()

    def send(self, _message: Message) -> None:
        self.asked.set()
        self.release.wait(60)


def test_a_mail_server_that_hangs_holds_up_no_duty_of_a_vote(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    messenger, stop, rounds = _Hangs(), threading.Event(), threading.Semaphore(0)
    posting = replace(
        rt, messenger=messenger, settings=rt.settings.model_copy(update={"worker_seconds": 0.05})
    )
    monkeypatch.setattr(worker.steps, "advance", lambda _rt: rounds.release())
    _post(posting)
    thread = threading.Thread(target=worker.run, args=(posting, stop))
    thread.start()
    try:
        assert messenger.asked.wait(30)
        for _ in range(5):
            assert rounds.acquire(timeout=30)
    finally:
        stop.set()
        messenger.release.set()
        thread.join(30)


def test_votes_come_before_mail_and_one_dutys_trouble_stops_no_other(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def failing(_rt: Runtime) -> None:
        order.append("votes")
        raise RuntimeError("a vote in trouble")

    monkeypatch.setattr(worker.steps, "advance", failing)
    monkeypatch.setattr(worker.outbox, "send_due", lambda _rt: order.append("mail"))
    monkeypatch.setattr(worker.accounts_service, "forget_old_links", lambda _rt: order.append("links"))
    worker.round_of_duties(rt)
    assert order == ["votes", "links", "mail"]
