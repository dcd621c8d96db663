"""How far a vote has come between the freeze and the publication, and the names of its secrets."""

from __future__ import annotations

from enum import IntEnum

from pbvote.core.types import CallId


class Step(IntEnum):
    """Numbered steps; each is taken once, and taking it again after a crash changes nothing."""

    FROZEN = 0  # the officer froze; registrar and box still have to receive the manifest
    HANDED = 1  # both have it; batches run
    SEALED = 2  # both logs are closed under their final checkpoints
    OPENED = 3  # the officer brought the opening key
    COUNTED = 4  # counted in memory and checked; nothing of the count is stored
    APPROVED = 5  # officer and auditor have certified
    PUBLISHED = 6  # key and outcome are in the log, the outcome is stored
    DONE = 7  # the opening key is gone from the key store
    EXPLAINED = 8  # why every project won or did not is stored


class Handing(IntEnum):
    """What became of a notice on its way to the box."""

    WAITING = 0
    HANDED = 1
    TOO_LATE = 2  # the box was sealed before


def opening_name(call_id: CallId) -> str:
    """Where the key store holds the opening key between opening and publication."""
    return f"call/{call_id}/opening"


def tie_seed_name(call_id: CallId) -> str:
    """Where the key store holds the seed of the lot."""
    return f"call/{call_id}/tie-seed"
