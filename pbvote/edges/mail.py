"""Mail: rendered from ``templates/mail`` and sent over SMTP, or put into a folder (demo, tests)."""

from __future__ import annotations

import os
import secrets
import smtplib
import socket
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from pbvote.platform.outbox import MailServerSilent, MessageNotSent
from pbvote.platform.runtime import MailTemplate, Message
from pbvote.platform.settings import MailSettings
from pbvote.words import mails

_ONE_LINE = frozenset({"name", "call_title", "proposal_title"})
"""Facts that stand in subject lines: what somebody typed into them never becomes a line of the mail."""


class LoginWithoutTls(MessageNotSent):
    """The settings name a login for the mail server and no TLS: a password never goes out in clear."""

    code = "mail.login-without-tls"


class MailRenderer:
    """Turns a message into a mail; the first line of a template is ``Subject: …``."""

    def __init__(self, *, origin: str, sender: str) -> None:
        self._environment = Environment(
            loader=FunctionLoader(mails.load),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 -- plain text
            trim_blocks=True,
            keep_trailing_newline=True,
        )
        self._origin, self._sender = origin, sender

    def mail(self, message: Message) -> EmailMessage:
        """The mail as it goes out."""
        facts = dict(message.facts)
        leave = facts.pop("leave", "")
        if message.template is MailTemplate.DIGEST:
            facts["items"] = [self._item(each, message.language) for each in facts["items"]]
        subject, body = self._text(message.template, message.language, facts)
        if leave:
            foot = self._environment.get_template(f"_foot.{message.language}.txt")
            body = f"{body.rstrip()}\n\n{foot.render(origin=self._origin, leave=leave)}"
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = message.to
        # "=?" opens an encoded word: what a proposer typed into a title stays what it is
        mail["Subject"] = subject.replace("=?", "= ?")
        mail["Message-ID"] = f"<{secrets.token_hex(16)}@pbvote.invalid>"
        mail["Auto-Submitted"] = "auto-generated"
        if leave:  # RFC 8058
            mail["List-Unsubscribe"] = f"<{self._origin}/unsubscribe/{leave}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(body, charset="utf-8")
        return mail

    def _text(self, template: str, language: str, facts: Mapping[str, Any]) -> tuple[str, str]:
        """Subject and text of a template; what somebody typed into a subject never becomes a line."""
        tidy = {
            name: " ".join(value.split()) if name in _ONE_LINE and isinstance(value, str) else value
            for name, value in facts.items()
        }
        text = self._environment.get_template(f"{template}.{language}.txt").render(
            origin=self._origin, **tidy
        )
        subject, _, body = text.partition("\n")
        return subject.removeprefix("Subject:").strip(), body.lstrip("\n")

    def _item(self, item: Mapping[str, Any], language: str) -> dict[str, str]:
        """A mail within a digest: its subject as a heading, its text without the greeting."""
        subject, body = self._text(item["template"], language, {**item["facts"], "name": ""})
        return {"subject": subject, "body": body.partition("\n\n")[2].strip()}


class SmtpMessenger:
    """Hands mail to the agency's mail server."""

    def __init__(self, settings: MailSettings, *, origin: str) -> None:
        self._settings = settings
        self._renderer = MailRenderer(origin=origin, sender=settings.sender)
        self._tls = ssl.create_default_context()

    def send(self, message: Message) -> None:
        """Send one mail.

        Raises:
            MessageNotSent: the server did not take it, or is not who it should be; it may be tried again.
            MailServerSilent: nobody answers there at all.
            LoginWithoutTls: a password would go out in clear.
        """
        settings = self._settings
        mail = self._renderer.mail(message)
        try:
            with smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds) as server:
                if settings.starttls:
                    # the default context knows whom it speaks to: certificate and name are checked
                    server.starttls(context=self._tls)
                if settings.username and not settings.starttls:
                    raise LoginWithoutTls()
                if settings.username:
                    server.login(settings.username, settings.password.get_secret_value())
                server.send_message(mail)
        except (TimeoutError, ConnectionError, socket.gaierror, smtplib.SMTPServerDisconnected) as error:
            raise MailServerSilent(reason=type(error).__name__) from error
        except (OSError, smtplib.SMTPException) as error:
            raise MessageNotSent(reason=type(error).__name__) from error


class FolderMessenger:
    """Leaves mail as ``.eml`` files for the demo's mail page; never in production."""

    def __init__(self, folder: Path, *, origin: str, sender: str) -> None:
        self._folder = folder
        self._renderer = MailRenderer(origin=origin, sender=sender)

    def send(self, message: Message) -> None:
        """Write the mail; names sort by arrival."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)  # sign-in links lie in here
        number = len(list(self._folder.glob("*.eml")))
        name = f"{number:08d}-{secrets.token_hex(4)}.eml"
        fresh = self._folder / f".{name}"
        fresh.write_bytes(bytes(self._renderer.mail(message)))
        os.replace(fresh, self._folder / name)
