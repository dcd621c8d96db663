"""What a rehearsal remembers between two starts: one small file, replaced whole after each step."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pbvote.edges.bootstrap import SteerableClock
from pbvote.tools.rehearsal.errors import StateMissing, StateNotEmpty, StateOfOther

_NAME = "poll.json"


def write_whole(path: Path, content: str) -> None:
    """The file holds the old content or the new one, never a part."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


@dataclass(slots=True, kw_only=True)
class StaffMember:
    """An invented account of the agency, with everything that signs it in."""

    login: str
    password: str
    totp_uri: str
    last_step: int = 0


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far the rehearsal is."""

    file: str
    voters: int
    main_url: str
    box_url: str
    record: str = ""
    port: int = 0
    done: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    restarts: int = 0
    staff: dict[str, dict[str, Any]] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    call_id: str = ""
    proposals: dict[str, int] = field(default_factory=dict)
    election_hash: str = ""
    ceremony_passphrase: str = ""
    auditor_passphrase: str = ""


class PollState:
    """The state folder: progress, clock, databases, keys, mail, logs and the voters' saved steps."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self.progress = progress
        self.clock = MovedClock(folder / "clock")
        self._lock = threading.Lock()

    @classmethod
    def begin(cls, folder: Path, progress: Progress) -> PollState:
        """A new state. Raises StateNotEmpty."""
        if (folder / _NAME).exists():
            raise StateNotEmpty(folder=str(folder))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        state = cls(folder, progress)
        state.save()
        return state

    @classmethod
    def resume(cls, folder: Path, wanted: Progress) -> PollState:
        """The state of an earlier start of the same poll. Raises StateMissing, StateOfOther."""
        try:
            values = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StateMissing(folder=str(folder)) from error
        known = {f.name for f in fields(Progress)}
        progress = Progress(**{name: value for name, value in values.items() if name in known})
        for name in ("file", "voters", "main_url", "box_url"):
            if getattr(progress, name) != getattr(wanted, name):
                raise StateOfOther(field=name)
        return cls(folder, progress)

    def save(self) -> None:
        """Keep the progress durably."""
        with self._lock:
            content = json.dumps(asdict(self.progress), ensure_ascii=False, indent=1)
            write_whole(self.folder / _NAME, content)

    def count_restart(self) -> None:
        """The server ended by itself and was started again."""
        self.progress.restarts += 1
        self.save()

    @contextmanager
    def phase(self, name: str) -> Iterator[bool]:
        """A phase: whether it is still to be done; its seconds add up over several starts."""
        todo = name not in self.progress.done
        started = time.monotonic()
        try:
            yield todo
            if todo:
                self.progress.done.append(name)
        finally:
            if todo:
                spent = self.progress.seconds.get(name, 0.0) + time.monotonic() - started
                self.progress.seconds[name] = round(spent, 2)
                self.save()


class MovedClock:
    """The rehearsal's hand on the steerable clock: forward only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = SteerableClock(path)

    def now(self) -> datetime:
        """The service's time."""
        return self._read()

    def forward_to(self, moment: datetime) -> None:
        """The service's time is at least this moment afterwards."""
        ahead = (moment - self.now()).total_seconds()
        if ahead > 0:
            self.forward(ahead)

    def forward(self, seconds: float) -> None:
        """The service's time moves on by these seconds."""
        try:
            offset = float(self.path.read_text())
        except (OSError, ValueError):
            offset = 0.0
        write_whole(self.path, f"{offset + seconds:.3f}")


def whole_minute_after(moment: datetime, **later: float) -> datetime:
    """A moment later, on the minute, in UTC."""
    later_on = moment.astimezone(UTC) + timedelta(minutes=1, **later)
    return later_on.replace(second=0, microsecond=0)
