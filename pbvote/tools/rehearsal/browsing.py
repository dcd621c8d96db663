"""A person at a browser without scripts: pages, forms, uploads, sign-ins, and patience.

Every act here may be tried again: an answer that did not come says nothing about whether the act was
done, so each act looks first and then does what is left to do.
"""

from __future__ import annotations

import email
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import policy
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import pyotp

from pbvote.tools.rehearsal.errors import PhaseStuck
from pbvote.tools.rehearsal.state import MovedClock, StaffMember
from pbvote.tools.voter.errors import ServerRefused, ServerUnreachable
from pbvote.tools.voter.page import Form, Page
from pbvote.tools.voter.transport import (
    FORM,
    HttpTransport,
    Request,
    Response,
    Session,
    location,
    require_ok,
)

Result = TypeVar("Result")
Files = dict[str, tuple[str, bytes]]

_PATIENCE = 900.0
_PAUSE = 0.1
_WAITING = 0.2
_MAIL_SECONDS = 60.0
_LONGEST = 900.0
_SHOWN = 400
_TOTP_STEP = 30
_LINK = re.compile(r"/account/link/[\w-]+")


def persist(act: Callable[[], Result], *, phase: str) -> Result:
    """The act's result, tried again while the server is away.

    Raises:
        PhaseStuck: it stays away.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return act()
        except ServerUnreachable as error:
            if time.monotonic() > until:
                raise PhaseStuck(phase=phase) from error
            time.sleep(_PAUSE)


def wait_for(
    condition: Callable[[], Result | None], *, clock: MovedClock, phase: str, seconds: float = 3600
) -> Result:
    """What the condition gives once it gives something.

    Waiting is for the service's worker. The service's time runs ten times as fast meanwhile, so that
    the lease of a worker that was killed runs out soon.

    Raises:
        PhaseStuck: it never does.
    """
    until = time.monotonic() + seconds
    while True:
        found = persist(condition, phase=phase)
        if found is not None:
            return found
        if time.monotonic() > until:
            raise PhaseStuck(phase=phase)
        time.sleep(_WAITING)
        clock.forward(9 * _WAITING)


@dataclass(slots=True)
class Visitor:
    """One browser with its cookies."""

    origin: str
    phase: str = ""
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.session = Session(HttpTransport(self.origin, timeout=_LONGEST))

    def page(self, path: str) -> Page:
        """A page that has to be there. Raises ServerRefused, ServerUnreachable."""
        return Page(self.read(path))

    def read(self, path: str) -> str:
        """The text of a page that has to be there. Raises ServerRefused, ServerUnreachable."""
        return require_ok(self.session.get(path)).text

    def submit(self, form: Form, typed: dict[str, str], *, at: str, files: Files | None = None) -> str:
        """Send a form and return the path that it leads to.

        Raises:
            ServerRefused: with the first sentences of what the page complains about.
        """
        answer = self._send(form, typed, at=at, files=files)
        return location(answer) if answer.status in (302, 303) else form.action or at

    def answer(self, form: Form, typed: dict[str, str], *, at: str, files: Files | None = None) -> Page:
        """Send a form and return the page that it answers with. Raises ServerRefused."""
        return Page(self._send(form, typed, at=at, files=files).text)

    def _send(self, form: Form, typed: dict[str, str], *, at: str, files: Files | None) -> Response:
        values = form.with_(typed)
        if files is None:
            body, kind = urlencode(values).encode(), FORM
        else:
            body, kind = _multipart(values, files)
        headers = {"Content-Type": kind}
        answer = self.session.send(Request(method="POST", path=form.action or at, headers=headers, body=body))
        if answer.status in (200, 302, 303):
            return answer
        if answer.status in (502, 503, 504):
            raise ServerUnreachable(reason=f"status {answer.status}")
        raise ServerRefused(status=answer.status, refusal=complaint(answer.text))


def complaint(text: str) -> str:
    """The error summary of a refused form, or the start of the page's text, in one line."""
    summary = re.search(r'class="error-summary".*?</div>|<main.*?</main>', text, re.S)
    plain = re.sub(r"<[^>]+>", " ", summary[0] if summary else text)
    return re.sub(r"\s+", " ", plain).strip()[:_SHOWN]


def _multipart(values: dict[str, str], files: Files) -> tuple[bytes, str]:
    boundary = secrets.token_hex(16)
    parts = []
    for name, value in values.items():
        if name not in files:
            head = f'Content-Disposition: form-data; name="{name}"\r\n\r\n'
            parts.append(head.encode() + value.encode() + b"\r\n")
    for name, (file_name, content) in files.items():
        head = (
            f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        parts.append(head.encode() + content + b"\r\n")
    mark = f"--{boundary}\r\n".encode()
    body = mark + mark.join(parts) + f"--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


@dataclass(slots=True)
class StaffVisitor(Visitor):
    """An officer or auditor at the agency's desk."""

    member: StaffMember = field(kw_only=True)
    clock: MovedClock = field(kw_only=True)
    save: Callable[[], None] = field(kw_only=True)

    def code(self) -> str:
        """A one-time code that was not used before; the clock moves on where it has to."""
        step = int(self.clock.now().timestamp()) // _TOTP_STEP
        if step <= self.member.last_step:
            # the server takes the next step's code as well, but none twice
            ahead = (self.member.last_step + 1 - step) * _TOTP_STEP
            self.clock.forward(ahead)
            step = int(self.clock.now().timestamp()) // _TOTP_STEP
        self.member.last_step = step
        self.save()
        totp = pyotp.parse_uri(self.member.totp_uri)
        return str(pyotp.TOTP(totp.secret).at(step * _TOTP_STEP))

    def sign_in(self) -> None:
        """Signed in afterwards, with password and code."""
        persist(self._sign_in, phase=self.phase)

    def _sign_in(self) -> None:
        self.session = Session(HttpTransport(self.origin, timeout=_LONGEST))
        door = "/staff/sign-in"
        form = self.page(door).form("login")
        typed = {"login": self.member.login, "password": self.member.password}
        second = self.submit(form, typed, at=door)
        self.submit(self.page(second).form("code"), {"code": self.code()}, at=second)


@dataclass(slots=True)
class ResidentVisitor(Visitor):
    """Somebody who proposes, signed in by a mailed link."""

    address: str = field(kw_only=True)
    name: str = field(kw_only=True)
    mail: Path = field(kw_only=True)
    clock: MovedClock = field(kw_only=True)

    def sign_in(self) -> None:
        """Signed in afterwards, by the link in the mail that the worker sent."""
        for _ in range(3):
            link = self._ask_for_link()
            try:
                persist(lambda path=link: self._follow(path), phase=self.phase)  # type: ignore[misc]
            except ServerRefused:
                continue  # the answer was lost after the link was spent
            return
        raise PhaseStuck(phase=self.phase)

    def _ask_for_link(self) -> str:
        seen = set(self._links())

        def fresh() -> str | None:
            return next((link for link in self._links() if link not in seen), None)

        for _ in range(5):
            persist(self._ask, phase=self.phase)
            try:
                return wait_for(fresh, clock=self.clock, phase=self.phase, seconds=_MAIL_SECONDS)
            except PhaseStuck:
                self.clock.forward(1860)  # too many live links for one address: let them grow old
        raise PhaseStuck(phase=self.phase)

    def _ask(self) -> None:
        door = "/account/sign-in"
        self.submit(self.page(door).form("email"), {"email": self.address}, at=door)

    def _follow(self, link: str) -> None:
        self.submit(self.page(link).form(to=link), {"name": self.name}, at=link)

    def _links(self) -> list[str]:
        found = []
        for path in sorted(self.mail.glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            if message["To"] == self.address:
                body = message.get_body(("plain",))
                found += _LINK.findall(body.get_content() if body is not None else "")
        return found
