"""One whole small poll over the real applications with real files, watched from every side.

What nobody in the real world sees together is kept together here: who was issued what and cast what,
in which order. The tests then ask whether what is stored tells it too.
"""

from __future__ import annotations

import logging
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs
from werkzeug.test import Client

from pbvote.core.identity.national_id import invented_id
from pbvote.core.log.entry import entry_hash
from pbvote.core.types import CallId, Choices
from pbvote.edges.web.app import create_service
from pbvote.platform import outbox
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import queries as ballotbox
from pbvote.rooms.counting import service as counting_service
from pbvote.rooms.registrar import service as registrar_service
from pbvote.tools.voter import client
from pbvote.tools.voter.attempt import Attempt, Step
from pbvote.tools.voter.client import Person
from pbvote.tools.voter.steps import poll_of
from pbvote.tools.voter.transport import Request, Response
from tests.make.polls import BIRTH, Poll, moderated_poll
from tests.make.services import MovableClock
from tests.secrecy.dumps import Cell, sqlite_dump

K = 5
VOTERS = 60
FIRST_DAY = 44
BETWEEN = 41
EVERY = 12
STYLES = ("d1-w1", "d2-w1")
CHOICES = {
    "d1": (Choices((1,)), Choices((1, 2, 3)), Choices((2, 3))),
    "d2": (Choices((4,)), Choices((4, 5))),
}
NOTICE_ADDRESSES = ("one@example.org", "two@example.org", "three@example.org")
BATCHES = {"batch_least": str(K), "batch_seconds": "60"}


class TickingClock(MovableClock):
    """Time goes on by itself, so that two moments are the same only where one was handed on."""

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=7)
        return self.now


@dataclass
class Recorder:
    """The wire to the service: every header and cookie that passes is noted."""

    app: Any
    cookies: list[tuple[str, str]] = field(default_factory=list)

    def send(self, request: Request) -> Response:
        """One request without a cookie jar of its own."""
        answer = Client(self.app, use_cookies=False).open(
            path=request.path, method=request.method, headers=dict(request.headers), data=request.body
        )
        headers = tuple((name.lower(), value) for name, value in answer.headers)
        self.cookies += [(request.path, value) for name, value in headers if name == "set-cookie"]
        self.cookies += [
            (request.path, value) for name, value in request.headers.items() if name.lower() == "cookie"
        ]
        return Response(status=answer.status_code, headers=headers, body=answer.data)


@dataclass
class Device:
    """A voter's device that forgets nothing, for the tests' eyes alone."""

    saved: list[Attempt] = field(default_factory=list)

    def load(self) -> Attempt | None:
        """The newest state."""
        return self.saved[-1] if self.saved else None

    def save(self, attempt: Attempt) -> None:
        """One more state."""
        self.saved.append(attempt)

    def at(self, step: Step) -> Attempt:
        """The state at a step."""
        return next(each for each in self.saved if each.step is step)


@dataclass(frozen=True, kw_only=True)
class Voter:
    """The truth about one voter: rank of arrival, person, and both sides of the vote."""

    rank: int
    national_id: str
    style: str
    blinded: bytes
    inverse: bytes
    message: bytes
    voter_record: bytes
    token: bytes
    entry: bytes

    @property
    def entry_hash(self) -> bytes:
        """The ballot's name in the log."""
        return bytes(entry_hash(self.entry))


@dataclass(frozen=True, kw_only=True)
class Flush:
    """One flush as somebody sees it who looks at the box before and after."""

    waiting_before: dict[str, set[bytes]]
    waiting_after: dict[str, set[bytes]]
    log_before: list[bytes]
    log_after: list[bytes]


@dataclass(kw_only=True)
class Held:
    """The poll, the truth, and what was left behind at five moments."""

    poll: Poll
    folder: Path
    wire: Recorder
    voters: list[Voter] = field(default_factory=list)
    flushes: list[Flush] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    logged_by_voters: list[str] = field(default_factory=list)
    activity_rows: list[int] = field(default_factory=list)
    waited: list[bytes] = field(default_factory=list)
    pages: dict[str, bytes] = field(default_factory=dict)

    def snapshot(self, moment: str) -> Path:
        """The state folder ``between`` flushes, in ``voting`` (just flushed), ``closed``, ``counted`` or
        ``certified``."""
        return self.folder / moment

    def voter_of(self, name: bytes) -> Voter:
        """Whose ballot an entry hash names."""
        return self._by_hash[name]

    @property
    def _by_hash(self) -> dict[bytes, Voter]:
        return {voter.entry_hash: voter for voter in self.voters}


@contextmanager
def every_log_line(into: list[str]) -> Iterator[None]:
    """Whatever any logger says, before anything is blanked."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            into.append(f"{record.name}: {record.getMessage()}")

    handler = Keep(level=logging.DEBUG)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with capture_logs() as written:
            yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    into.extend(str(event) for event in written)


def hold(rt: Runtime, clock: TickingClock, folder: Path) -> Held:
    """Sixty voters on two days, two styles, every flush watched; certified at the end."""
    poll = moderated_poll(rt, people=VOTERS + 4, styles=STYLES, values=BATCHES)
    lines = "".join(f"{invented_id(n)},{BIRTH.isoformat()},{STYLES[n % 2]}\n" for n in range(VOTERS + 4))
    registrar_service.import_roll(rt, poll.officer, poll.call_id, f"id,birth_date,style\n{lines}".encode())
    poll.freeze()
    poll.open_voting()
    held = Held(poll=poll, folder=folder, wire=Recorder(create_service(rt)))
    with every_log_line(held.logged):
        _vote_two_days(held, clock)
        _end(held, clock)
    return held


def _vote_two_days(held: Held, clock: TickingClock) -> None:
    poll = held.poll
    order = list(range(VOTERS))
    random.Random(20260501).shuffle(order)
    for rank, number in enumerate(order):
        _vote(held, rank=rank, number=number)
        clock.forward(seconds=20)
        if rank % EVERY == EVERY - 1:
            _watched(held, poll.advance)
        if rank == BETWEEN:
            _keep(held, "between")
        if rank == FIRST_DAY:
            for address in NOTICE_ADDRESSES:
                registrar_service.notify_after_issue(poll.rt, poll.call_id, address)
            counting_service.withdraw_project(poll.rt, poll.officer, poll.call_id, 3, "場地另有用途")
            clock.forward(hours=24)
            _watched(held, poll.advance)
            outbox.send_due(poll.rt)
        if rank == VOTERS - 5:
            clock.forward(seconds=120)
            _watched(held, poll.advance)
            _keep(held, "voting")
            with poll.rt.read_box() as tx:
                log = {bytes(entry_hash(each)) for each in ballotbox.entries(tx, poll.call_id)}
            held.waited.extend(v.entry_hash for v in held.voters if v.entry_hash not in log)


def _end(held: Held, clock: TickingClock) -> None:
    poll = held.poll
    _watched(held, poll.close)
    _keep(held, "closed")
    poll.open_box()
    _keep(held, "counted")
    call = f"/calls/{poll.call_id}"
    for path in ("/", f"{call}/", f"{call}/results", f"/box/{poll.call_id}/entries"):
        held.pages[path] = held.wire.send(Request(method="GET", path=path)).body
    poll.certify()
    outbox.send_due(poll.rt)
    _keep(held, "certified")


def _vote(held: Held, *, rank: int, number: int) -> None:
    poll, device = held.poll, Device()
    person = Person(national_id=invented_id(number), birth_on=BIRTH)

    def choose(district: str) -> Choices:
        options = CHOICES[district]
        return options[number % len(options)]

    lines: list[str] = []
    with every_log_line(lines):
        client.vote(poll_of(poll.manifest), held.wire, person, choose=choose, shelf=device)
    held.logged_by_voters += lines
    held.activity_rows.append(_activity_rows(poll.rt))
    asked, got = device.at(Step.PREPARED), device.at(Step.ISSUED)
    held.voters.append(
        Voter(
            rank=rank,
            national_id=person.national_id,
            style=asked.style,
            blinded=asked.blinded,
            inverse=asked.inverse,
            message=asked.message,
            voter_record=got.voter_record,
            token=got.token,
            entry=device.at(Step.CAST).entry,
        )
    )


def _activity_rows(rt: Runtime) -> int:
    with rt.engine("main").connect() as connection:
        count = connection.exec_driver_sql("select count(*) from activity_entry").scalar_one()
        connection.rollback()
    return int(count)


def box_log(rt: Runtime, call_id: CallId) -> list[bytes]:
    """The entries of the box log."""
    with rt.read_box() as tx:
        return list(ballotbox.entries(tx, call_id))


def waiting(rt: Runtime) -> dict[str, set[bytes]]:
    """Hashes of the waiting ballots by style."""
    found: dict[str, set[bytes]] = {}
    with rt.engine("box").connect() as connection:
        rows = connection.exec_driver_sql("select style, entry_hash from ballotbox_pending").all()
        connection.rollback()
    for style, name in rows:
        found.setdefault(str(style), set()).add(bytes(name))
    return found


def _watched(held: Held, act: Callable[[], None]) -> None:
    rt, call_id = held.poll.rt, held.poll.call_id
    before, log = waiting(rt), box_log(rt, call_id)
    act()
    held.flushes.append(
        Flush(
            waiting_before=before,
            waiting_after=waiting(rt),
            log_before=log,
            log_after=box_log(rt, call_id),
        )
    )


def _keep(held: Held, moment: str) -> None:
    """Copy the state folder as a disk image would: connections open, write-ahead logs as they are."""
    shutil.copytree(held.poll.rt.settings.state_dir, held.folder / moment)
    # the image is read through copies, because opening a database replays its write-ahead log
    shutil.copytree(held.folder / moment, held.folder / f"{moment}-opened")


def cells_of(held: Held, moment: str, which: str) -> tuple[Cell, ...]:
    """Every value of a database at a moment."""
    return sqlite_dump(held.folder / f"{moment}-opened" / f"{which}.db")
