"""What a use case is given: the clock, the databases, the keys and the ways out.

The only place that commits. A use case opens one transaction per database that it touches::

    with rt.main() as tx:      # commits on success, rolls back on any error
        ...

No network call belongs inside one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pbvote.core.errors import ServiceUnavailable
from pbvote.core.rules.ways import WayOfIdentity
from pbvote.platform.identity import IdentityVerifier
from pbvote.platform.settings import Settings


class DatabaseElsewhere(ServiceUnavailable):
    """This process was started without that database (fact ``which``)."""

    code = "runtime.database-elsewhere"


class Clock(Protocol):
    """The only source of time: aware UTC."""

    def __call__(self) -> datetime:
        """Now."""
        ...


class KeyStore(Protocol):
    """Secret keys by name, encrypted at rest, never in a database or its backup.

    Names are paths such as ``call/<id>/rsa/<style>``.
    """

    def put(self, name: str, secret: bytes) -> None:
        """Store durably, replacing what was there."""
        ...

    def get(self, name: str) -> bytes:
        """The secret. Raises KeyMissing."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is one."""
        ...

    def shred(self, name: str) -> None:
        """Overwrite and remove; nothing happens where there is none."""
        ...


class MailTemplate(StrEnum):
    """The mails that the service writes: ``templates/mail/<value>.<language>.txt``."""

    ACCOUNT_CLOSED = "account-closed"
    COAUTHOR_INVITED = "coauthor-invited"
    COMMENT_ANSWERED = "comment-answered"
    COMMENT_HIDDEN = "comment-hidden"
    CONTACT_CODE = "contact-code"
    CORRECTION_DUE = "correction-due"
    DELIVERY_CHANGED = "delivery-changed"
    DIGEST = "digest"
    DRAFT_UNSENT = "draft-unsent"
    EMAIL_CHANGE = "email-change"
    EMAIL_CHANGED = "email-changed"
    EMAIL_TAKEN = "email-taken"
    PROJECT_WITHDRAWN = "project-withdrawn"
    PROPOSAL_ACCEPTED = "proposal-accepted"
    PROPOSAL_ANSWERED = "proposal-answered"
    PROPOSAL_CORRECTION = "proposal-correction"
    PROPOSAL_DECIDED = "proposal-decided"
    PROPOSAL_RECEIVED = "proposal-received"
    PROPOSAL_REJECTED = "proposal-rejected"
    QUESTION_ANSWERED = "question-answered"
    QUESTION_ASKED = "question-asked"
    SIGN_IN = "sign-in"
    TOKEN_ISSUED = "token-issued"  # noqa: S105 -- the name of a template
    VOTE_LAST_DAY = "vote-last-day"
    VOTE_OPENS = "vote-opens"
    VOTE_RESULTS = "vote-results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail: a template of ``templates/mail`` with its facts, rendered when it is sent."""

    to: str
    template: MailTemplate
    language: str
    facts: Mapping[str, Any]


class Messenger(Protocol):
    """The way out for mail. Raises MessageNotSent."""

    def send(self, message: Message) -> None:
        """Hand over to the mail server, or raise."""
        ...


class TextTemplate(StrEnum):
    """The text messages that the service writes: ``templates/sms/<value>.<language>.txt``."""

    LAST_DAY = "last-day"
    PHONE_CODE = "phone-code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text message: a template of ``templates/sms`` with its facts, rendered when it is sent.

    ``to``: ``+8869…``. It never carries a choice or a name.
    """

    to: str
    template: TextTemplate
    language: str
    facts: Mapping[str, Any]


class Texter(Protocol):
    """The way out for text messages. Raises MessageNotSent."""

    def send(self, message: Text) -> None:
        """Hand over to the gateway, or raise."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The ports, chosen by :mod:`pbvote.edges.bootstrap` alone."""

    settings: Settings
    clock: Clock
    keystore: KeyStore
    identity: Mapping[str, IdentityVerifier]
    messenger: Messenger
    texter: Texter | None = None
    main_engine: Engine | None = None
    box_engine: Engine | None = None

    def offers(self, way: WayOfIdentity) -> bool:
        """Whether this service has what a way of identity needs: its settings, and its adapter."""
        ready = all(self.settings.is_on(name) for name in way.needs)
        return ready and (not way.has_service or way.name in self.identity)

    def engine(self, which: str) -> Engine:
        """The engine of one database.

        Raises:
            DatabaseElsewhere: this process was started without it.
        """
        engine = self.main_engine if which == "main" else self.box_engine
        if engine is None:
            raise DatabaseElsewhere(which=which)
        return engine

    @contextmanager
    def _transaction(self, which: str, *, reading: bool = False) -> Iterator[Session]:
        engine = self.engine(which)
        bound = engine.execution_options(reading=True) if reading else engine
        with Session(bound, expire_on_commit=False) as session:
            try:
                yield session
            except BaseException:
                session.rollback()
                raise
            if reading:
                session.expunge_all()  # a rollback would empty the rows that were read
                session.rollback()
            else:
                session.commit()

    def main(self) -> AbstractContextManager[Session]:
        """One writing transaction on the main database (context manager giving a Session)."""
        return self._transaction("main")

    def box(self) -> AbstractContextManager[Session]:
        """One writing transaction on the box database (context manager giving a Session)."""
        return self._transaction("box")

    def read_main(self) -> AbstractContextManager[Session]:
        """A consistent view of the main database; nothing written in it stays."""
        return self._transaction("main", reading=True)

    def read_box(self) -> AbstractContextManager[Session]:
        """A consistent view of the box database; nothing written in it stays."""
        return self._transaction("box", reading=True)
