"""What mail is about, and how soon a resident wants it."""

from __future__ import annotations

from enum import StrEnum


class Pace(StrEnum):
    """How soon mail comes."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


class Subject(StrEnum):
    """What mail is about: what a resident chooses a pace for."""

    PROPOSALS = "proposals"
    FOLLOWED = "followed"
    COMMENTS = "comments"
    CALLS = "calls"
    LAST_DAY = "last-day"
    RESULTS = "results"
    CARRYING_OUT = "carrying-out"
