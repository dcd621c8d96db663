"""Kinds of what residents write."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

EDITED_FOR: Final = timedelta(minutes=15)
"""How long whoever wrote a comment may write it anew."""


class CommentKind(StrEnum):
    """What somebody writes under a proposal."""

    COMMENT = "comment"
    QUESTION = "question"
    ANSWER = "answer"


class Voice(StrEnum):
    """For whom an answer speaks."""

    RESIDENT = "resident"
    AUTHOR = "author"
    AGENCY = "agency"
