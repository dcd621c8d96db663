"""Why ballots are spoiled, and which of two equal sealed parts is the copy.

A sealed part opens only under the credential that it was sealed for. Whatever does not open and stands
under another credential as well is a copy, in whatever order the two came into the log; the ballot that was
copied keeps its own reason, or counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

SEAL_BROKEN: Final = "seal-broken"
COPIED: Final = "copied"
_MET_TWICE: Final = -1


@dataclass(slots=True)
class Reasons:
    """Numbers of spoiled ballots by reason.

    ``before`` are the reasons as releases up to 0.1.0 named them: the later of two equal sealed parts was
    called the copy, if it was spoiled for whatever reason. Their records say so and stay valid.
    """

    now: dict[str, int] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    _seals: dict[bytes, int] = field(default_factory=dict)

    def take(self, sealed: bytes, reason: str) -> None:
        """Take one ballot: the digest of its sealed part, and why it is spoiled (or ``""``)."""
        is_broken = reason == SEAL_BROKEN
        waiting = self._seals.get(sealed)
        if reason:
            _count(self.before, COPIED if waiting is not None else reason)
            _count(self.now, COPIED if is_broken and waiting is not None else reason)
        if waiting is None:
            self._seals[sealed] = int(is_broken)
            return
        if waiting == 1:  # the one before was called broken: it is a copy of this one
            _count(self.now, SEAL_BROKEN, by=-1)
            _count(self.now, COPIED)
        self._seals[sealed] = _MET_TWICE


def _count(reasons: dict[str, int], reason: str, *, by: int = 1) -> None:
    """One more, or one fewer; a reason that nothing has is not listed."""
    reasons[reason] = reasons.get(reason, 0) + by
    if not reasons[reason]:
        del reasons[reason]
