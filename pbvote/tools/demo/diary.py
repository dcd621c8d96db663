"""The city's diary: what happened when, told once under a clock that only moves forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pbvote.platform.runtime import Message, Messenger

_KEPT_BACK: Final = frozenset({"sign-in", "contact-code"})


@dataclass(slots=True)
class DiaryClock:
    """The time that the diary has come to."""

    now: datetime

    def __call__(self) -> datetime:
        """Now, as the city's past saw it."""
        return self.now


@dataclass(slots=True)
class Diary:
    """Acts by time; :meth:`tell` lets each happen at its own time, earlier entries first."""

    clock: DiaryClock
    _entries: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)

    def note(self, at: datetime, act: Callable[[], None]) -> None:
        """The act happens at that time."""
        self._entries.append((at.astimezone(UTC), len(self._entries), act))

    def tell(self) -> None:
        """Every act happens once, in order of time."""
        for at, _, act in sorted(self._entries, key=lambda entry: entry[:2]):
            self.clock.now = max(self.clock.now, at)
            act()
        self._entries.clear()


@dataclass(slots=True)
class Postbox:
    """Mail of the city's past: links and codes go to the invented people, the rest where mail goes."""

    inner: Messenger
    _facts: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def send(self, message: Message) -> None:
        """Keep what an invented person has to act on; hand on everything else."""
        if message.template in _KEPT_BACK:
            self._facts[message.template, message.to] = message.facts
        else:
            self.inner.send(message)

    def fact(self, template: str, to: str, name: str) -> str:
        """What a mail told somebody, such as the token of a link."""
        return str(self._facts[template, to][name])
