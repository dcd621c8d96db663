"""The states of a project that is carried out, in one list, and the kinds of what is said about it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """How far the carrying out of a winner is (執行狀態)."""

    APPROVED = "approved"  # 核定
    TENDERED = "tendered"  # 發包
    BUILDING = "building"  # 施工
    FINISHED = "finished"  # 完工
    CANCELLED = "cancelled"  # 取消

    @property
    def ended(self) -> bool:
        """Whether nothing more is awaited, so that nothing can be late."""
        return self in (State.FINISHED, State.CANCELLED)


STEPS: Final = (State.APPROVED, State.TENDERED, State.BUILDING, State.FINISHED)
"""The way of a project; small purchases pass over some of it."""
PLANNED: Final = STEPS[1:]
"""The steps that have a planned date; the first is the result itself."""


class ChangeKind(StrEnum):
    """What an entry of a project's history is about."""

    UPDATE = "update"
    SCHEDULE = "schedule"
    OFFICE = "office"
    PHOTO_REMOVED = "photo-removed"


class Moment(StrEnum):
    """When a photograph was taken."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


def needs_reason(before: State, after: State) -> bool:
    """Whether a change of state has to be explained: a cancellation, a step back, a new start."""
    if before == after:
        return False
    if State.CANCELLED in (before, after):
        return True
    return STEPS.index(after) < STEPS.index(before)
