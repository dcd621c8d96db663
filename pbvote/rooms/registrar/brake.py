"""The brake on guessing: after some misses for a number, the next try from the same address comes later.

Nobody waits inside the service: who comes too soon is told when to come again (HTTP 429). Kept in the
memory of one process under keyed hashes, so that no time of an attempt and no address is stored. Another
address is not held up, and what all addresses together may miss in a day is the cap of
:mod:`pbvote.rooms.registrar.attempts`.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from pbvote.core.types import length_prefixed
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import keys
from pbvote.rooms.registrar.errors import TooSoon

_MOST: Final = 20_000
_lock = threading.Lock()
_held: WeakKeyDictionary[Engine, OrderedDict[bytes, datetime]] = WeakKeyDictionary()


def subject(k_roll: bytes, person: bytes, address: str) -> bytes:
    """The keyed hash of a number (see ``attempts.person_subject``) tried from an address."""
    return keys.derive(k_roll, "pbvote/brake/v1", person, length_prefixed(address[:64]))


def require_unhurried(rt: Runtime, name: bytes) -> None:
    """Guarantee that the last miss of this subject is long enough ago.

    Raises:
        TooSoon: with ``retry_after`` in seconds; nothing is counted.
    """
    now, longest = rt.clock(), rt.settings.identity.slowest_seconds
    with _lock:
        until = _held.setdefault(rt.engine("main"), OrderedDict()).get(name, now)
    left = (until - now).total_seconds()
    if 0 < left <= longest:  # longer: the clock was set back meanwhile
        raise TooSoon(retry_after=math.ceil(left))


def hold(rt: Runtime, name: bytes, seconds: float) -> None:
    """The next attempt of this subject is open again after so many seconds."""
    if not seconds:
        return
    with _lock:
        held = _held.setdefault(rt.engine("main"), OrderedDict())
        held[name] = rt.clock() + timedelta(seconds=seconds)
        held.move_to_end(name)
        while len(held) > _MOST:
            held.popitem(last=False)


def release(rt: Runtime, name: bytes) -> None:
    """The subject was right: nothing holds it up."""
    with _lock:
        _held.setdefault(rt.engine("main"), OrderedDict()).pop(name, None)
