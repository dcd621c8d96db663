"""A whole vote over HTTP, resumable between any two steps (protocol, S2 to S8).

The check-in knows who and never sees the ballot; the ballot goes out on a request of its own, without
a cookie, over the same transport but outside the check-in's session.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from pbvote.core.ballot.receipt import Receipt
from pbvote.core.manifest import Manifest, parse_manifest
from pbvote.core.types import CallId, Choices, EntryHash, b64, unb64
from pbvote.tools.voter import steps
from pbvote.tools.voter.attempt import Attempt, Step
from pbvote.tools.voter.errors import NotIncluded, PageUnreadable
from pbvote.tools.voter.page import Page
from pbvote.tools.voter.steps import Poll
from pbvote.tools.voter.transport import Request, Response, Session, Transport, location, require_ok

OCTETS = "application/octet-stream"
JSON = {"Content-Type": "application/json", "Accept": "application/json"}

Save = Callable[[Attempt], None]
Choose = Callable[[str], Choices]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a voter types at the check-in; ``repr`` shows none of it.

    ``ground``: where there are several, the place in the rules of the one on which they vote.
    """

    national_id: str = field(repr=False)
    birth_on: date = field(repr=False)
    code: str = field(default="", repr=False)
    ground: str = field(default="", repr=False)


class Shelf(Protocol):
    """Where one voter's attempt is kept: ``save`` returns only when it is durable."""

    def load(self) -> Attempt | None:
        """The saved attempt, or None."""
        ...

    def save(self, attempt: Attempt) -> None:
        """Keep it."""
        ...


def fetch_manifest(transport: Transport, call_id: CallId) -> Manifest:
    """The frozen manifest as the box gives it; compare its hash with the notice.

    Raises:
        ManifestMalformed, ServerRefused, ServerUnreachable.
    """
    path = f"/box/{call_id}/manifest"
    manifest = parse_manifest(require_ok(transport.send(Request(method="GET", path=path))).body)
    if manifest.call != call_id:
        raise PageUnreadable(missing="call")
    return manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDesk:
    """The check-in's second page: identified, the style known, a token to be had."""

    session: Session
    style: str
    issue_url: str
    csrf: str

    def ask(self, blinded: bytes) -> dict[str, bytes]:
        """The service's answer to a blinded request: signature, salt, voter_record.

        Raises:
            ServerRefused: such as ``registrar.already-issued``.
            PageUnreadable: the answer is none.
        """
        body = json.dumps({"style": self.style, "blinded": b64(blinded)}).encode()
        headers = {**JSON, "X-CSRFToken": self.csrf}
        request = Request(method="POST", path=self.issue_url, headers=headers, body=body)
        values = require_ok(self.session.send(request)).json()
        try:
            return {name: unb64(str(values[name])) for name in ("signature", "salt", "voter_record")}
        except KeyError as error:
            raise PageUnreadable(missing=str(error)) from error


def check_in(poll: Poll, transport: Transport, person: Person) -> TokenDesk:
    """Read the notice, identify, arrive at the token desk (S3).

    Raises:
        ServerRefused: not identified or not eligible; ``refusal`` may be empty, the page says why.
    """
    session = Session(transport)
    door = f"/checkin/{poll.manifest.call}/"
    form = Page(require_ok(session.get(door)).text).form("national_id", to=door)
    path = location(require_ok(session.post(door, form.with_(_typed(person))), 303))
    if path.endswith("/statement"):
        asked = Page(require_ok(session.get(path)).text).form(to=path)
        stated = asked.with_({"ground": person.ground} if person.ground else {})
        path = location(require_ok(session.post(path, stated), 303))
    return _token_desk(session, path)


def _typed(person: Person) -> dict[str, str]:
    born = person.birth_on
    parts = {"birth_year": str(born.year), "birth_month": str(born.month), "birth_day": str(born.day)}
    return {"national_id": person.national_id, **parts, **({"code": person.code} if person.code else {})}


def _token_desk(session: Session, path: str) -> TokenDesk:
    page = Page(require_ok(session.get(path)).text)
    mark = page.mark("token-step")
    try:
        style, issue_url = mark["data-style"], mark["data-issue-url"]
    except KeyError as error:
        raise PageUnreadable(missing=str(error)) from error
    return TokenDesk(session=session, style=style, issue_url=issue_url, csrf=page.csrf)


def cast(poll: Poll, transport: Transport, attempt: Attempt) -> Attempt:
    """The same bytes as often as it takes, until the box promises (S6).

    Raises:
        ServerRefused, PromiseInvalid.
    """
    request = Request(
        method="POST",
        path=f"/box/{poll.manifest.call}/ballots",
        headers={"Content-Type": OCTETS, "Accept": "application/json"},
        body=attempt.entry,
    )
    return steps.take_promise(poll, attempt, _receipt(require_ok(transport.send(request), 200, 201)))


def _receipt(answer: Response) -> Receipt:
    values = answer.json()
    try:
        return Receipt(
            entry_hash=EntryHash(unb64(str(values["entry_hash"]))),
            include_by=int(values["include_by"]),
            signature=unb64(str(values["signature"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PageUnreadable(missing="receipt") from error


def vote(poll: Poll, transport: Transport, person: Person, *, choose: Choose, shelf: Shelf) -> Attempt:
    """From wherever the saved attempt stands to the box's promise.

    ``choose`` gives the choices for a district. Every step is saved before the next one
    begins; after an error the same call goes on where it stopped, with the same bytes.

    Raises:
        ServerUnreachable: try again. ServerRefused, VerificationError: do not; ask the agency.
    """
    attempt = shelf.load()
    if attempt is None or attempt.step is Step.PREPARED:
        attempt = _with_token(poll, check_in(poll, transport, person), attempt, shelf)
    if attempt.step is Step.ISSUED:
        district = poll.manifest.style(attempt.style).district
        attempt = _saved(shelf, steps.seal(poll, attempt, choose(district)))
    if attempt.step is Step.SEALED:
        attempt = _saved(shelf, cast(poll, transport, attempt))
    return attempt


def _with_token(poll: Poll, desk: TokenDesk, attempt: Attempt | None, shelf: Shelf) -> Attempt:
    if attempt is None:
        attempt = _saved(shelf, steps.prepare(poll, desk.style))
    steps.require_same_style(attempt, desk.style)
    return _saved(shelf, steps.take_token(poll, attempt, **desk.ask(attempt.blinded)))


def _saved(shelf: Shelf, attempt: Attempt) -> Attempt:
    shelf.save(attempt)
    return attempt


def check_inclusion(poll: Poll, transport: Transport, attempt: Attempt, *, shelf: Shelf) -> Attempt:
    """The attempt, proven to be in the public log (S8).

    Raises:
        NotIncluded: the log does not (yet) hold it, or proves something else.
    """
    path = f"/box/{poll.manifest.call}/proof/{attempt.entry_hash.hex()}"
    answer = transport.send(Request(method="GET", path=path))
    if answer.status == 404:
        raise NotIncluded(position=-1, size=-1)
    values = require_ok(answer).json()
    try:
        position, note = int(values["position"]), str(values["checkpoint"])
        proof = tuple(unb64(str(each)) for each in values["hashes"])
    except (KeyError, TypeError, ValueError) as error:
        raise PageUnreadable(missing="proof") from error
    return _saved(shelf, steps.take_proof(poll, attempt, position=position, proof=proof, checkpoint=note))


__all__ = [
    "Person",
    "Shelf",
    "TokenDesk",
    "cast",
    "check_in",
    "check_inclusion",
    "fetch_manifest",
    "vote",
]
